"""What does every scenario say?"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from esim.config.output import DirectoryConfig, OutputConfig, check_records
from esim.config.run import ResourcesConfig
from esim.config.time import TimeConfig
from esim.config.yaml.section import Section
from esim.data import locate

# Settings of the output that may differ between a run and the one that resumes from its checkpoint, and those of the
# machine that may not.
NOT_IN_IDENTITY = ("directory", "overwrite", "format", "compression", "checkpoint")
IN_IDENTITY = ("precision", "cfl", "dt", "adaptive")


class ScenarioConfig(Section):
    """The keys that all scenarios share; frozen, in SI units and degrees, every default filled in."""

    scenario: str = Field(description="Scenario.")
    title: str = Field(default="", description="Descriptive title.")

    if TYPE_CHECKING:  # each scenario declares its own kind of these, in the order of its YAML file
        output: DirectoryConfig
        run: ResourcesConfig

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As of pydantic; what was found of the stations stays with them and the grid only."""
        copy = super().model_copy(update=update, deep=deep)
        if {"stations", "grid"} & set(update or ()):
            copy.__dict__.pop("listing", None)
        return copy

    def echo(self) -> dict[str, Any]:
        """The configuration in force with every default, as plain dicts, lists, numbers and text for JSON.

        Loading it again gives an equal configuration.
        """
        return self.model_dump(mode="json")

    def restart_identity(self, sums: Mapping[Path, str]) -> dict[str, Any]:
        """The part of the configuration that decides what a state means and which steps lead to the next.

        sums are the checksums of its input files, which stand in place of their paths.
        """
        everything = _summed(self.model_dump(), sums)
        output, run = everything.pop("output"), everything.pop("run")
        del everything["title"]
        return everything | {
            "output": {key: value for key, value in output.items() if key not in NOT_IN_IDENTITY},
            "run": {key: value for key, value in run.items() if key in IN_IDENTITY},
        }

    def input_files(self) -> list[Path]:
        """All files that the run reads, each once, `data:NAME` as the file that it stands for.

        Raises InputError for one that is not there.
        """
        return list(dict.fromkeys(locate(file) for file in self.files))


class SimulationConfig(ScenarioConfig):
    """The keys of a scenario that is computed in steps of time; an ensemble consists of several such."""

    time: TimeConfig = Field(description="Origin time and length of the run.")

    if TYPE_CHECKING:
        output: OutputConfig

    @model_validator(mode="after")
    def _records_that_fit(self) -> Self:
        check_records(self.output, self.time.duration)
        return self


def _summed(value: Any, sums: Mapping[Path, str]) -> Any:
    """A value with checksums in place of paths."""
    if isinstance(value, Mapping):
        return {key: _summed(item, sums) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_summed(item, sums) for item in value]
    return sums.get(value, value) if isinstance(value, Path) else value
