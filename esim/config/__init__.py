"""The configuration: what a YAML file may say, and whether this one is valid."""

from esim.config.load import AnyConfig, from_dict, load
from esim.config.root import Config
from esim.config.run import CFL_BOUND
from esim.config.schema import schema
from esim.config.seismic import SeismicConfig

__all__ = ["CFL_BOUND", "AnyConfig", "Config", "SeismicConfig", "from_dict", "load", "schema"]
