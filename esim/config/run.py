"""How do runs of all scenarios use the machine, and how long are their steps?"""

from typing import Literal, Self

from pydantic import Field, model_validator

from esim.config.limits import StallTimeout, Step, Threads, Walltime
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Memory


class StepConfig(Section):
    """The time step of an engine."""

    dt: Step | None = Field(default=None, description="Time step [s]; null: from cfl.")


class ResourcesConfig(Section):
    """How a run uses the machine."""

    backend: Literal["auto", "numpy", "cpu", "cuda"] = Field(
        default="auto",
        description="auto (the fastest one available), numpy, cpu (compiled) or cuda (NVIDIA GPU).",
    )
    array_module: Literal["numpy", "cupy", "nlcpy"] = Field(
        default="numpy",
        description="Array module of backend numpy: numpy, cupy (a GPU) or nlcpy (NEC's vector engines).",
    )
    precision: Literal["float32", "float64"] = Field(default="float32", description="Precision of the state.")
    threads: Threads | None = Field(
        default=None, ge=1, description="Threads per rank; null: the cores this rank may use."
    )
    memory_limit: Memory | None = Field(
        default=None,
        gt=0,
        description="Largest memory per rank [bytes], such as '4 GB', on the GPU if it computes there; null: all "
        "available.",
    )
    stall_timeout: StallTimeout | None = Field(
        default=None,
        description="Wall-clock time [s] without any progress after which esim-run ends; null: 20 times the slowest "
        "recent step, at least 10 min. Six times that before the first step, three times while files are written.",
    )
    walltime: Walltime | None = Field(
        default=None,
        description="Wall-clock time [s] that the run may take, from its start: it stops in time with a checkpoint and "
        "exit code 75; null: the limit of the batch system, where that is known.",
    )

    @model_validator(mode="after")
    def _arrays_of_numpy(self) -> Self:
        if self.array_module != "numpy" and self.backend != "numpy":
            raise KeyProblem(
                "array_module",
                f"'{self.array_module}' goes with run.backend 'numpy', not with '{self.backend}'; set run.backend: "
                "numpy, or leave run.array_module out",
            )
        return self


class RunConfig(StepConfig, ResourcesConfig):
    """Options of the machine, and the time step, of a run of one engine."""
