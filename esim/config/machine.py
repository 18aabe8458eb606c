"""What may a file say of a cluster? Its nodes, their accelerators, its batch system, and how fast it computes."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from esim.config.interconnect import DiskConfig, NetworkConfig, PowerConfig
from esim.config.yaml.document import read
from esim.config.yaml.problems import input_error
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.suggest import hint, shown
from esim.config.yaml.units import Bandwidth, Count, Duration, Memory, Number
from esim.errors import InputError

FOLDER = Path(__file__).parents[1] / "configs" / "machines"
EXAMPLE = "description: nodes of our cluster"


def _slurm_word(value: Any) -> str:
    """One word of an option of sbatch: Slurm reads these lines, not the shell, and no quote makes others safe there."""
    if isinstance(value, str) and re.fullmatch(r"[\w.,:=&|*()\[\]+/@-]{1,200}", value, re.ASCII):
        return value
    raise ValueError(
        f"{shown(value)} is not one word for Slurm; expected letters, digits and '_.,:=&|*()[]+/@-'"
    )


def _variable_name(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        return value
    raise ValueError(
        f"{shown(value)} is not the name of an environment variable; expected letters, digits and '_'"
    )


_TEXT = WithJsonSchema({"type": "string"})
SlurmWord = Annotated[str, BeforeValidator(_slurm_word), _TEXT]
VariableName = Annotated[str, BeforeValidator(_variable_name), _TEXT]


class AcceleratorsConfig(Section):
    """GPUs or vector engines of a node; each gets one rank."""

    count: Count = Field(ge=1, description="Accelerators of a node.")
    kind: Literal["gpu", "vector"] = Field(
        default="gpu", description="gpu (NVIDIA), or vector (NEC's vector engines)."
    )
    memory: Memory = Field(gt=0, description="Memory [bytes] of one of them, such as '80 GB'.")
    memory_bandwidth: Bandwidth | None = Field(
        default=None, gt=0, description="Bytes per second [B/s] that one of them moves; null: 1.5 TB/s."
    )
    gres: SlurmWord | None = Field(
        default=None,
        description="What Slurm calls them in --gres, such as 'gpu:a100'; null: --gpus-per-node for GPUs, nothing "
        "for vector engines.",
    )
    numa: tuple[Count, ...] = Field(
        default=(),
        description="NUMA domain next to each of them ('nvidia-smi topo -m'); Slurm binds the rank's cores there.",
    )
    nics: tuple[SlurmWord, ...] = Field(
        default=(), description="Network card next to each of them, as UCX names it, such as 'mlx5_0:1'."
    )

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        for name in ("numa", "nics"):
            given = len(getattr(self, name))
            if given not in (0, self.count):
                raise KeyProblem(
                    name, f"has {given} entries for {self.count} accelerators; expected one for each, or none"
                )
        return self


class NodesConfig(Section):
    """The nodes, which are alike."""

    cores: Count = Field(ge=1, description="Cores of a node, without hyperthreads.")
    numa_domains: Count = Field(
        default=1,
        ge=1,
        description="NUMA domains of a node; each gets one rank where there are no accelerators.",
    )
    memory: Memory = Field(gt=0, description="Memory [bytes] of a node that jobs may use, such as '240 GB'.")
    memory_bandwidth: Bandwidth | None = Field(
        default=None,
        gt=0,
        description="Bytes per second [B/s] that all cores of a node move together; null: no limit is known.",
    )
    power: PowerConfig | None = Field(
        default=None, description="Power of a node; null: energy is not predicted."
    )
    most: Count = Field(default=1000, ge=1, description="Nodes that a job may have at most.")
    exclusive: bool = Field(default=True, description="Whether a job has its nodes for itself.")
    accelerators: AcceleratorsConfig | None = Field(
        default=None, description="GPUs or vector engines; null: there are none."
    )

    @model_validator(mode="after")
    def _enough_cores(self) -> Self:
        if self.numa_domains > self.cores:
            raise KeyProblem(
                "numa_domains", f"{self.numa_domains} is more than the {self.cores} cores of a node"
            )
        if self.accelerators is not None and self.accelerators.count > self.cores:
            raise KeyProblem(
                ("accelerators", "count"),
                f"{self.accelerators.count} is more than the {self.cores} cores of a node; each needs one for its rank",
            )
        return self


class SlurmConfig(Section):
    """Options of sbatch, and how its jobs end."""

    partition: SlurmWord | None = Field(default=None, description="Partition; null: that of the site.")
    account: SlurmWord | None = Field(default=None, description="Account that is charged; null: your own.")
    qos: SlurmWord | None = Field(default=None, description="Quality of service.")
    constraint: SlurmWord | None = Field(default=None, description="Features that the nodes must have.")
    options: tuple[SlurmWord, ...] = Field(
        default=(), description="More options, such as '--mail-type=END', one word each."
    )
    time: Duration = Field(
        default=14400.0, ge=60, description="Time limit [s] of an analysis, whose time is not predicted."
    )
    longest: Duration = Field(
        default=86400.0,
        ge=60,
        description="Longest time limit [s]; what takes longer is put back into the queue.",
    )
    notice: Duration = Field(
        default=180.0,
        ge=10,
        le=7200,
        description="Time [s] before the limit at which the run is told to write a checkpoint.",
    )
    restarts: Count = Field(
        default=20, ge=0, le=10000, description="Times that a job is put back into the queue at most."
    )


class StartConfig(Section):
    """How ranks are started, and in which environment."""

    launcher: Literal["auto", "srun", "mpirun"] = Field(
        default="auto",
        description="srun or mpirun; auto: srun where it offers what the MPI library needs, else mpirun.",
    )
    mpi: SlurmWord | None = Field(
        default=None,
        description="What srun --mpi is to be, such as pmix or pmi2; null: what fits the MPI library, of those that "
        "'srun --mpi=list' offers.",
    )
    commands: str | None = Field(
        default=None,
        description="Folder of esim-run on the nodes; null: that of the esim which writes the script.",
    )
    setup: tuple[str, ...] = Field(
        default=(),
        description="Lines of bash that are run first as they are, such as 'module load openmpi'.",
    )
    environment: dict[VariableName, str] = Field(
        default={}, description="Environment variables; their values are taken literally."
    )

    @model_validator(mode="after")
    def _mpi_of_srun(self) -> Self:
        if self.mpi is not None and self.launcher == "mpirun":
            raise KeyProblem(
                "mpi", "is an option of srun, and start.launcher is 'mpirun'; leave one of them out"
            )
        return self


class RatesConfig(Section):
    """Cell updates per second of a whole node, as `esim bench` measures them; null: unknown."""

    ocean: Number | None = Field(default=None, gt=0, description="Of tsunamis.")
    elastic: Number | None = Field(default=None, gt=0, description="Of seismic waves without attenuation.")
    viscoelastic: Number | None = Field(default=None, gt=0, description="Of seismic waves with attenuation.")


class MachineConfig(Section):
    """A cluster, for `esim job` and `esim plan`."""

    description: str = Field(default="", description="What it is.")
    nodes: NodesConfig = Field(description="The nodes, which are alike.")
    network: NetworkConfig = Field(default=NetworkConfig(), description="How ranks reach each other.")
    disk: DiskConfig = Field(default=DiskConfig(), description="Where outputs go.")
    slurm: SlurmConfig = Field(default=SlurmConfig(), description="Options of sbatch, and how its jobs end.")
    start: StartConfig = Field(default=StartConfig(), description="How ranks are started.")
    rates: RatesConfig = Field(
        default=RatesConfig(), description="Cell updates per second of a whole node ('esim bench')."
    )

    @model_validator(mode="after")
    def _time_for_the_notice(self) -> Self:
        shortest = min(self.slurm.time, self.slurm.longest)
        if self.slurm.notice >= shortest:
            raise KeyProblem(
                ("slurm", "notice"),
                f"{self.slurm.notice:g} s leaves no time to compute in a job of {shortest:g} s; expected less",
            )
        return self


def machine_names() -> list[str]:
    """The machines that come with esim."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def machine_file(name: str | os.PathLike[str]) -> Path:
    """The file of a machine: that path, or one that comes with esim; InputError names the nearest of them."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = FOLDER / f"{path.name.removesuffix('.yaml')}.yaml"
    if path.name == str(path) and shipped.is_file():
        return shipped
    raise InputError(
        f"--machine {path}: there is no such file, nor a machine of that name, "
        f"{hint(str(path), machine_names())}"
    )


def load_machine(name: str | os.PathLike[str]) -> MachineConfig:
    """A machine from its file, or by the name of one that comes with esim.

    Raises InputError with a sentence per problem, each with file, line and column and the key.
    """
    document = read(machine_file(name), EXAMPLE)
    try:
        return MachineConfig.model_validate(document.data)
    except ValidationError as error:
        raise input_error(error, document) from None
