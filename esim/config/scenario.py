"""What do the configurations of all scenarios have in common?"""

from pathlib import Path
from typing import Any

from pydantic import Field

from esim.config.section import Section
from esim.config.time import TimeConfig
from esim.data import locate


class ScenarioConfig(Section):
    """What every scenario says; frozen, in SI units and degrees, every default filled in."""

    scenario: str = Field(description="What is computed.")
    title: str = Field(default="", description="Title of the run, for people.")
    time: TimeConfig = Field(description="Origin time and length of the run.")

    def echo(self) -> dict[str, Any]:
        """The configuration in force with every default, as plain dicts, lists, numbers and text for JSON.

        Loading it again gives an equal configuration.
        """
        return self.model_dump(mode="json")

    def input_files(self) -> list[Path]:
        """All files that the run reads, each once, `data:NAME` as the file that it stands for.

        Raises InputError for one that is not there.
        """
        return list(dict.fromkeys(locate(file) for file in self.files))
