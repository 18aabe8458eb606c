"""From a YAML file to the complete configuration of a forecast, or one clear sentence."""

import os

from pydantic import ValidationError

from esim.config.forecast.root import TwinConfig
from esim.config.load import load
from esim.config.ocean.root import TsunamiConfig
from esim.config.yaml.document import read
from esim.config.yaml.problems import input_error
from esim.errors import InputError


def load_twin(path: str | os.PathLike[str]) -> TwinConfig:
    """Read the YAML file of a forecast, and check it; raises InputError with a sentence per problem."""
    document = read(path, "base: tsunami.yaml")
    try:
        return TwinConfig.model_validate(document.data, context={"directory": document.directory})
    except ValidationError as error:
        raise input_error(error, document) from None


def load_base(twin: TwinConfig) -> TsunamiConfig:
    """The scenario that a forecast rests on; raises InputError where it is no tsunami."""
    config = load(twin.base)
    if not isinstance(config, TsunamiConfig):
        raise InputError(f"base: {twin.base.name} is of scenario {config.scenario}; expected tsunami")
    return config
