"""From which height of a tsunami is which warning given? The levels of the JMA, of the PTWC, or those of a file."""

from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from esim.config.limits import WaveHeight
from esim.config.yaml.document import read
from esim.config.yaml.problems import input_error
from esim.config.yaml.section import Section
from esim.config.yaml.suggest import hint
from esim.errors import InputError


class WarningLevel(Section):
    """A level of warning, given above a height of the tsunami at the coast."""

    name: str = Field(min_length=1, description="What the level is called.")
    above: WaveHeight = Field(
        gt=0, description="Height [m] above the still water which the level begins above."
    )


class WarningLevels(Section):
    """The levels of a warning centre, rising."""

    name: str = Field(default="", description="Whose levels these are.")
    none: str = Field(default="none", description="What is said where no level is reached.")
    levels: tuple[WarningLevel, ...] = Field(min_length=1, description="The levels, the lowest first.")

    @model_validator(mode="after")
    def _rising(self) -> "WarningLevels":
        heights = [level.above for level in self.levels]
        if sorted(set(heights)) != heights:
            raise ValueError(f"the heights of levels are {heights}; expected each above the one before it")
        return self

    def level(self, height: float) -> str:
        """The name of the highest level that a height [m] is above."""
        return next((one.name for one in reversed(self.levels) if height > one.above), self.none)


KNOWN = {
    # Forecast heights at the coast since 2013.
    "jma": {
        "name": "Japan Meteorological Agency",
        "levels": [
            {"name": "Tsunami Advisory", "above": 0.2},
            {"name": "Tsunami Warning", "above": 1.0},
            {"name": "Major Tsunami Warning", "above": 3.0},
        ],
    },
    # Classes of the products for the Pacific since 2014.
    "ptwc": {
        "name": "Pacific Tsunami Warning Center",
        "none": "less than 0.3 m",
        "levels": [
            {"name": "0.3 to 1 m", "above": 0.3},
            {"name": "1 to 3 m", "above": 1.0},
            {"name": "more than 3 m", "above": 3.0},
        ],
    },
}


def warning_levels(name: str) -> WarningLevels:
    """The levels of a warning centre by its name, or of a YAML file with the keys name, none and levels.

    Raises InputError for an unknown name, or with a sentence for each key that is wrong.
    """
    if name.lower() in KNOWN:
        return WarningLevels.model_validate(KNOWN[name.lower()])
    path = Path(name)
    if not path.is_file():
        raise InputError(f"'{name}' is no file of warning levels, {hint(name, KNOWN, 'nor one of')}")
    document = read(path, "levels: [{name: Advisory, above: 0.2 m}]")
    try:
        return WarningLevels.model_validate(document.data, context={"directory": document.directory})
    except ValidationError as error:
        raise input_error(error, document) from None
