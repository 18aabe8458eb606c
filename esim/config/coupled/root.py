"""The whole configuration of scenario coupled, complete and checked."""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from esim.config.coupled.sections import CoupledSections
from esim.config.coupled.translate import crust_run, ocean_run


class CoupledConfig(CoupledSections):
    """Complete configuration of scenario coupled."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        crust_run(self)
        ocean_run(self)
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The input files of both parts."""
        return tuple(dict.fromkeys((*crust_run(self).files, *ocean_run(self).files)))
