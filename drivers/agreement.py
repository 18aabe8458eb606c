"""Do all ranks compute the same run? Configuration, options and versions are compared before anything else is done."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from esim.config.yaml.suggest import several, shown
from esim.drivers.start import differences
from esim.errors import EsimError, InputError
from esim.io.provenance import plain, versions
from esim.parallel.comm import Comm

# Variables of the environment that decide what is computed, or how ranks talk.
ENVIRONMENT = ("ESIM_CUDA_AWARE_MPI", "ESIM_CUDA_CODEGEN", "NUMBA_DISABLE_JIT", "NUMBA_ENABLE_CUDASIM")


def require_agreement(
    comm: Comm, configuration: Mapping[str, Any] | EsimError, options: Mapping[str, Any]
) -> None:
    """Raises InputError, the same on all ranks, where these do not have the same of what decides a run. Collective.

    configuration is what a rank has loaded, or the error with which it failed; where all failed alike, that is raised.
    """
    failed = configuration if isinstance(configuration, EsimError) else None
    mine = plain(
        {
            "options": dict(options),
            "version": {k: v for k, v in versions().items() if k != "mpi"},
            "variable": {name: os.environ.get(name) for name in ENVIRONMENT},
            "error": str(failed) if failed else None,
            "configuration": None if failed else configuration,
        }
    )
    digests = comm.allgather(hashlib.sha256(json.dumps(mine, sort_keys=True).encode()).hexdigest())
    if digests.count(digests[0]) < comm.size:
        other = next(rank for rank, digest in enumerate(digests) if digest != digests[0])
        first, second = comm.bcast(mine), comm.bcast(mine, other)
        told = several(list(_differences(first, second, other)))
        raise InputError(f"ranks 0 and {other} of {comm.size} do not compute the same run: {told}")
    if failed:
        raise failed


def _differences(first: Mapping[str, Any], second: Mapping[str, Any], other: int) -> Iterator[str]:
    """What differs between rank 0 and another one; the configuration of a rank that failed is not compared."""
    for rank, one, two in ((0, first, second), (other, second, first)):
        if one["error"] and not two["error"]:
            yield f"rank {rank} fails with '{one['error']}'"
            return
    for (kind, *key), one, two in differences(first, second):
        name = ".".join(key)
        if kind == "options":
            name = f"option --{name}"
        elif kind != "configuration":
            name = f"{kind} {name}".strip()
        yield f"{name} is {shown(one)} on rank 0 and {shown(two)} on rank {other}"
