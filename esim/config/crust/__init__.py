"""The configuration of scenario seismic: waves from a source through the crust to the stations."""

from esim.config.crust.root import SeismicConfig

__all__ = ["SeismicConfig"]
