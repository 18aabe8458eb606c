"""How are the members computed?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from esim.config.run import ResourcesConfig
from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Count
from esim.config.yaml.within import Within

Ranks = Annotated[Count, Within(1, 100_000_000, "no machine has more")]


class EnsembleRunConfig(ResourcesConfig):
    """The machine: what is not given here is as in `run` of the base."""

    engine: Literal["mpi", "dask", "slurm_array"] = Field(
        default="mpi",
        description="What computes the members: mpi, the ranks of esim-run, in groups; dask, workers of Dask, those of "
        "DASK_SCHEDULER_ADDRESS or else of this machine; slurm_array, the tasks of a job array (esim job), each some "
        "of them. The results are the same.",
    )
    ranks_per_member: Ranks = Field(default=1, description="Ranks that compute a member together.")
    workers: Ranks | None = Field(
        default=None,
        description="Workers of engine dask on this machine, or tasks of the job array; null: a worker for each core, "
        "a task for each member, but at most 100.",
    )

    @model_validator(mode="after")
    def _one_process(self) -> Self:
        if self.engine == "dask" and self.ranks_per_member > 1:
            raise KeyProblem(
                "ranks_per_member", "is 1 on Dask, whose workers compute each by itself; use engine: mpi"
            )
        if self.engine == "mpi" and self.workers is not None:
            raise KeyProblem(
                "workers", "are those of Dask or of a job array; engine mpi has the ranks of mpirun"
            )
        return self
