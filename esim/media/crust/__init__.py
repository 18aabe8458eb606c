"""Which media do seismic waves propagate through? Layers, gradients, files, random heterogeneity, air and water.

Depth is counted from sea level, positive down, also where there is topography: a mountain of 1000 m reaches up
to depth -1000 m, and a model is not bent to follow it unless it is draped.
"""

from esim.media.crust.build import build
from esim.media.crust.cells import cell_averages
from esim.media.crust.medium import Medium

__all__ = ["Medium", "build", "cell_averages"]
