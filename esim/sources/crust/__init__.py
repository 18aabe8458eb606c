"""Sources of seismic waves: point sources, finite faults, plane waves, and their time functions."""

from esim.sources.crust.build import build
from esim.sources.crust.injected import InjectedField
from esim.sources.crust.lowpass import low_pass
from esim.sources.crust.plane_wave import PlaneWave
from esim.sources.crust.point import PointSources, join

__all__ = ["InjectedField", "PlaneWave", "PointSources", "build", "join", "low_pass"]
