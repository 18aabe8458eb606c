"""The configuration: what a YAML file may say, and whether this one is valid."""

from esim.config.crust import SeismicConfig
from esim.config.load import AnyConfig, from_dict, load
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.run import CFL_BOUND
from esim.config.schema import schema

__all__ = ["CFL_BOUND", "AnyConfig", "SeismicConfig", "TsunamiConfig", "from_dict", "load", "schema"]
