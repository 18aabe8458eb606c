"""What starts the waves in the crust: point sources, finite faults, plane waves, and how they go in time."""

from esim.sources.seismic.build import build
from esim.sources.seismic.lowpass import low_pass
from esim.sources.seismic.plane_wave import PlaneWave
from esim.sources.seismic.point import PointSources, join

__all__ = ["PlaneWave", "PointSources", "build", "join", "low_pass"]
