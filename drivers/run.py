"""Run a loaded configuration from Python: notebooks, validation, tests."""

from pathlib import Path

from esim.comm import Comm, SerialComm
from esim.config import Config
from esim.drivers.directory import claimed, prepare_directory
from esim.drivers.tsunami import Tsunami


def simulate(cfg: Config, comm: Comm | None = None, resume: bool = False) -> Path:
    """Compute a scenario and return the directory with its files; raises esim.errors.EsimError."""
    run = Tsunami(cfg, comm or SerialComm())
    run.check()
    with claimed(run):
        prepare_directory(run, resume)
        run.prepare(resume)
        run.run()
    return cfg.output.directory
