"""How do ranks find each other? MPI under a launcher, else one rank alone; the protocol is the same for all."""

import os

from esim.parallel.local import LocalComm, SerialComm, run_ranks
from esim.parallel.mpi import load_mpi
from esim.parallel.protocol import Comm, Reduction, Request

__all__ = [
    "Comm",
    "LocalComm",
    "Reduction",
    "Request",
    "SerialComm",
    "connect",
    "launched_ranks",
    "run_ranks",
]

# Environment variables in which the common launchers give the number of ranks.
LAUNCHERS = (
    "PMI_SIZE",
    "PMIX_SIZE",
    "OMPI_COMM_WORLD_SIZE",
    "MV2_COMM_WORLD_SIZE",
    "PALS_SIZE",
    "FLUX_JOB_SIZE",
)
RANK_ONLY = ("PMI_RANK", "PMIX_RANK", "PALS_RANKID", "ALPS_APP_PE", "FLUX_TASK_RANK")
LOCAL_SIZES = (
    "MPI_LOCALNRANKS",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
    "SLURM_NTASKS_PER_NODE",
    "MV2_COMM_WORLD_LOCAL_SIZE",
)


def launched_ranks() -> int:
    """Number of ranks that a launcher says it started; 0 where there is no sign of one."""
    for name in LAUNCHERS:
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    # A Slurm step (srun); in the batch script itself, outside any step, the variables describe the job.
    if os.environ.get("SLURM_STEP_ID", "").isdigit() and "SLURM_PROCID" in os.environ:
        return int(os.environ.get("SLURM_STEP_NUM_TASKS") or os.environ.get("SLURM_NTASKS") or 1)
    return 1 if any(name in os.environ for name in RANK_ONLY) else 0


def connect() -> Comm:
    """Communicator of this process: MPI under a launcher, else one rank alone, without loading MPI.

    Raises MachineError where a launcher started several ranks and the MPI library sees only one each: the two do
    not belong together, and every rank would silently compute the whole problem.
    """
    ranks = launched_ranks()
    if ranks == 0:
        return SerialComm()
    if _oversubscribed():
        # MPICH's waiting ranks otherwise take the processor from those they wait for.
        os.environ.setdefault("MPIR_CVAR_ENABLE_HEAVY_YIELD", "1")
    return load_mpi(ranks) or SerialComm()


def _oversubscribed() -> bool:
    local = next((int(v) for v in map(os.environ.get, LOCAL_SIZES) if v and v.isdigit()), 1)
    return local > len(os.sched_getaffinity(0))
