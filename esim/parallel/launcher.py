"""Which launcher starts ranks that find each other? srun where it speaks the library's protocol, else its mpirun.

Open MPI asks for PMIx, MPICH and its relatives for PMI-2; a launcher that offers the other one starts ranks that fail,
or that are each alone.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from typing import NamedTuple

from esim.distribution import install
from esim.errors import MachineError

PATIENCE = 30  # s for srun to answer
OPEN_MPI = "Open MPI"
PROTOCOLS = re.compile(r"\b(pmix(?:_v\d+)?|pmi2|cray_shasta)\b")


class Launcher(NamedTuple):
    """srun or mpirun, and what it is told: the protocol of srun --mpi, or whose mpirun it is."""

    command: str
    flavour: str


def choose(vendor: str | None, offered: Collection[str], wanted: str = "auto") -> Launcher:
    """The launcher for an MPI library, where srun offers some protocols (none where there is no srun).

    vendor is the library's as mpi4py names it; wanted is srun, mpirun or auto. Raises MachineError where srun is
    wanted and offers nothing that the library speaks, or where there is no library.
    """
    if vendor is None:
        raise MachineError(
            f"no MPI library could be loaded, so nothing can start ranks; load the site's MPI, or {install('mpi')}"
        )
    protocol = next((name for name in _spoken(vendor) if name in offered), None)
    if wanted != "mpirun" and protocol is not None:
        return Launcher("srun", protocol)
    if wanted == "srun":
        needed = " or ".join(_spoken(vendor)) or "its own mpirun"
        raise MachineError(
            f"srun offers {', '.join(sorted(offered)) or 'no protocol'}, and {vendor} needs {needed}; use mpirun, or "
            "an MPI library built for this Slurm"
        )
    return Launcher("mpirun", _family(vendor))


def _spoken(vendor: str) -> tuple[str, ...]:
    """Protocols of srun that a library speaks, the best first. Intel MPI is started by its own mpirun."""
    if vendor == OPEN_MPI:
        return ("pmix", "pmix_v5", "pmix_v4", "pmix_v3", "pmix_v2")
    if "intel" in vendor.lower():
        return ()
    return ("cray_shasta", "pmi2") if "cray" in vendor.lower() else ("pmi2",)


def _family(vendor: str) -> str:
    if vendor == OPEN_MPI:
        return "openmpi"
    return "intel" if "intel" in vendor.lower() else "mpich"


def offered_by_srun() -> list[str]:
    """The protocols that `srun --mpi=list` names; none where there is no srun, or it does not answer."""
    if shutil.which("srun") is None:
        return []
    try:
        ran = subprocess.run(["srun", "--mpi=list"], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted(set(PROTOCOLS.findall(ran.stdout + ran.stderr)))


def library_vendor() -> str | None:
    """Whose MPI library this esim loads, asked in a process of its own, without starting it; None without one."""
    code = "from esim.parallel.mpi import mpi_vendor; print(mpi_vendor() or '')"
    try:
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() or None


def launcher(wanted: str = "auto") -> Launcher:
    """The launcher for the MPI library and the srun that are here; raises MachineError as `choose` does."""
    return choose(library_vendor(), offered_by_srun(), wanted)
