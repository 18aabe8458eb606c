"""Run a loaded configuration from Python: notebooks, validation, tests."""

from pathlib import Path

from esim.config import AnyConfig, SeismicConfig
from esim.drivers.driver import Driver
from esim.drivers.output_directory import claimed, prepare_directory
from esim.drivers.resources import explain_out_of_memory
from esim.drivers.seismic import Seismic
from esim.drivers.tsunami import Tsunami
from esim.parallel.comm import Comm, SerialComm


def scenario(cfg: AnyConfig, comm: Comm) -> Driver:
    """The run, on this rank, that a configuration describes."""
    return Seismic(cfg, comm) if isinstance(cfg, SeismicConfig) else Tsunami(cfg, comm)


def simulate(cfg: AnyConfig, comm: Comm | None = None, resume: bool = False) -> Path:
    """Compute a scenario and return the directory with its files; raises esim.errors.EsimError."""
    run = scenario(cfg, comm or SerialComm())
    run.check()
    with claimed(run), explain_out_of_memory(run.predicted_memory):
        prepare_directory(run, resume)
        run.prepare(resume)
        run.run()
    return cfg.output.directory
