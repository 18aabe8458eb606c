"""Sources of tsunamis: earthquakes, deformation from files, landslides, initial waves."""

from esim.sources.ocean.build import build
from esim.sources.ocean.landslide import Landslide
from esim.sources.ocean.recorded.motion import SeafloorMotionSource
from esim.sources.ocean.source import AnySource, InitialState, Source

__all__ = ["AnySource", "InitialState", "Landslide", "SeafloorMotionSource", "Source", "build"]
