"""The configuration: what a YAML file may say, and whether this one is valid."""

from esim.config.load import from_dict, load
from esim.config.root import Config
from esim.config.run import CFL_BOUND
from esim.config.schema import schema

__all__ = ["CFL_BOUND", "Config", "from_dict", "load", "schema"]
