"""What should come out? Solutions found without a grid, to hold a run of the crust engine against.

Axes as in the engine: x east, y north, z down [m]. Time functions are callables of time [s] that take and return
arrays and vanish before 0. Times are uniform or not; results are motions at just these times.
"""
