"""How are the members computed?"""

from typing import Annotated, Literal

from pydantic import Field

from esim.config.run import ResourcesConfig
from esim.config.yaml.units import Count
from esim.config.yaml.within import Within

Ranks = Annotated[Count, Within(1, 100_000_000, "no machine has more")]


class EnsembleRunConfig(ResourcesConfig):
    """The machine: what is not given here is as in `run` of the base."""

    engine: Literal["mpi"] = Field(
        default="mpi", description="What computes the members: mpi, the ranks of esim-run, in groups."
    )
    ranks_per_member: Ranks = Field(default=1, description="Ranks that compute a member together.")
