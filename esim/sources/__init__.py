"""What starts the wave: earthquakes, deformation from files, humps of water."""

from esim.sources.build import build
from esim.sources.source import Source

__all__ = ["Source", "build"]
