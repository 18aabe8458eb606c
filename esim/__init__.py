"""esim: tsunamis and earthquakes on CPUs, GPUs and MPI clusters from one physics source."""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"
__all__ = ["__version__", "open_run"]


def __getattr__(name: str) -> Any:
    """`open_run`, imported when it is asked for: a run should not load what reads results."""
    if name == "open_run":
        return import_module("esim.analysis.accessor").open_run
    raise AttributeError(f"module 'esim' has no attribute '{name}'")
