"""The configuration: what a YAML file may say, and whether this one is valid."""

from esim.config.load import from_dict, load
from esim.config.scenario import ScenarioConfig
from esim.config.schema import schema

__all__ = ["ScenarioConfig", "from_dict", "load", "schema"]
