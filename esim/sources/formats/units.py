"""How do files spell the units of what sources are made of? Nothing at all counts as the SI unit."""

METRE = ("", "m", "metre", "metres", "meter", "meters")
METRE_PER_SECOND = ("", "m/s", "m s-1", "m s^-1", "m s**-1", "m.s-1")
SECOND = ("", "s", "sec", "seconds")
