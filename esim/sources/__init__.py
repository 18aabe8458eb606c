"""What starts the wave: earthquakes, deformation from files, landslides, waves."""

from esim.sources.build import build
from esim.sources.landslide import Landslide
from esim.sources.source import AnySource, InitialState, Source

__all__ = ["AnySource", "InitialState", "Landslide", "Source", "build"]
