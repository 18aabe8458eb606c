"""Physical constants, SI units."""

GRAVITY = 9.81  # m/s2
STANDARD_GRAVITY = 9.80665  # m/s2, the unit g of accelerations
EARTH_RADIUS = 6_371_000.0  # m, mean radius
DEGREE = 111_194.93  # m, of latitude on a sphere of that radius
EARTH_ROTATION = 7.292115e-5  # rad/s
SEA_DENSITY = 1025.0  # kg/m3, sea water
