"""Which numbers can a key have at all? Bounds that are wider than all that is known, each with what sets it.

They stop slips of the pen (a slip of 1e30 m, a height in mm) before anything is computed, not unusual studies.
"""

from typing import Annotated

from esim.config.yaml.units import Acceleration, Count, Duration, Frequency, Length, Number, Pressure, Speed
from esim.config.yaml.within import Within

LONGEST = 3.2e7  # s, a year
LEVEL = Within(-12_000.0, 12_000.0, "in m; the deepest trench has 10,935 m, the highest mountain 8,849 m")
WAVE = Within(-3000.0, 3000.0, "in m; the highest wave known, in Lituya Bay, ran up 524 m")
IN_EARTH = Within(-12_000.0, 6.4e6, "in m; the Earth has a radius of 6.37e6 m")
FAULT_SIZE = Within(0.0, 5e6, "in m; the longest rupture known, of 1960, had about 1e6 m")
RUPTURE = Within(-LONGEST, LONGEST, "in seconds, that is a year; the slowest earthquakes last an hour")
STIFFNESS = Within(1e6, 2e12, "in Pa; mud has 1e7, the crust 3e10, the deepest mantle 3e11")
FLOW = Within(-1000.0, 1000.0, "in m/s; water and landslides are below 200 m/s")
SLIP = Within(-1000.0, 1000.0, "in m; the largest slip known, of 2011, is some 60 m")

# Places and sizes.
Level = Annotated[Length, LEVEL]
WaterDepth = Annotated[Length, Within(0.0, 12_000.0, "the deepest trench has 10,935 m")]
WaveHeight = Annotated[Length, WAVE]
Wall = Annotated[Length, Within(0.0, 1000.0, "no wall is that high in m")]
Slope = Annotated[Number, Within(-10.0, 10.0, "rise over run; 10 are 84 degrees")]
InEarth = Annotated[Length, IN_EARTH]
FaultSize = Annotated[Length, FAULT_SIZE]
Slip = Annotated[Length, SLIP]
SlideThickness = Annotated[Length, Within(0.0, 5000.0, "the thickest landslides known have 1000 m")]
Cells = Annotated[Count, Within(0, 10_000_000, "no side of a grid has more cells")]
Threads = Annotated[Count, Within(1, 65_536, "no machine has more")]

# Times.
Simulated = Annotated[Duration, Within(0.0, LONGEST, "that is a year in seconds")]
Moments = Annotated[Duration, Within(-LONGEST, LONGEST, "that is a year in seconds")]
Step = Annotated[Duration, Within(1e-9, 1e5, "a time step in seconds")]
Interval = Annotated[Duration, Within(1e-4, LONGEST, "in seconds; time steps are longer")]
BetweenCheckpoints = Annotated[
    Duration,
    Within(1e-3, LONGEST, "simulated time in seconds; to write one takes longer than to compute it anew"),
]
StallTimeout = Annotated[Duration, Within(1.0, LONGEST, "wall-clock time in seconds")]
Walltime = Annotated[Duration, Within(1e-3, LONGEST, "wall-clock time in seconds; no job may take a year")]
RiseTime = Annotated[Duration, Within(0.0, 1e6, "in seconds; the slowest earthquakes last an hour")]

# Physics.
FlowSpeed = Annotated[Speed, FLOW]
PulseSpeed = Annotated[Speed, Within(0.0, 5000.0, "in m/s; sound in air has 340 m/s, shocks some times that")]
ParticleVelocity = Annotated[Speed, Within(-1000.0, 1000.0, "in m/s; the strongest shaking known has 4 m/s")]
Gravity = Annotated[Acceleration, Within(0.0, 100.0, "in m/s2; on the Earth it is 9.8")]
AirPressure = Annotated[Pressure, Within(0.0, 2e5, "in Pa; on the Earth it is about 101325 at sea level")]
PulsePressure = Annotated[Pressure, Within(-1e6, 1e6, "in Pa; that is ten atmospheres")]
Rigidity = Annotated[Pressure, STIFFNESS]
ChamberPressure = Annotated[Pressure, Within(-1e9, 1e9, "in Pa; rock breaks at some 1e7")]
PoissonRatio = Annotated[Number, Within(0.0, 0.5, "0.25 to 0.3 in rock, 0.5 in a fluid")]
Patches = Annotated[Count, Within(3, 1000, "the sides of a polygon; 16 to 64 are usual")]
QualityFactor = Annotated[Number, Within(0.0, 1e10, "leave it out where nothing attenuates")]
Ratio = Annotated[Number, Within(0.0, 1000.0, "a ratio of two values of one rock")]
PerSpeed = Annotated[Number, Within(0.0, 1e5, "Qs per km/s of vs is about 50")]
WaveFrequency = Annotated[Frequency, Within(0.0, 1e6, "waves in rock and water are below 1 MHz")]
Concentration = Annotated[Number, Within(-1e30, 1e30, "a concentration in any unit that float32 can hold")]
Coordinate = Annotated[Number, Within(-5e7, 5e7, "in degrees or m; the Earth is 4.0e7 m around")]
PointsPerWavelength = Annotated[Number, Within(2.0, 1000.0, "5 to 10 are usual")]
Deviations = Annotated[Number, Within(0.0, 100.0, "in standard deviations")]
StandardDeviations = Annotated[Number, Within(-5.0, 5.0, "in standard deviations; 5 are one in a million")]
Seed = Annotated[Count, Within(0, 2**63 - 1, "seeds are whole numbers of 63 bits")]
Steepness = Annotated[Number, Within(0.0, 1e6, "1 is that of a solitary wave")]
