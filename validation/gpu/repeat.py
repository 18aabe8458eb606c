"""The same bits: computed twice, for any cut of a box, after a restart, and for two ranks on one GPU."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends import Backend, select
from esim.backends.devices import simulated
from esim.parallel.comm import Comm, run_ranks
from esim.parallel.decomposition import decompose
from esim.validation.gpu.equality import SMALL_CRUST, SMALL_OCEAN
from esim.validation.gpu.report import Finding, checked, gap
from esim.validation.gpu.runs import CRUSTS, earthquake, shaken, waved
from esim.validation.kernel_catalogue import (
    OCEAN,
    SIZE,
    VOLUME,
    compute_crust,
    compute_ocean,
    crust_cuts,
    ocean_cuts,
)

PATIENCE = 600.0  # s for two ranks
OCEAN_WAVES = "ocean with islands"
KINDS = (OCEAN_WAVES, "elastic, free surface, CPML", "viscoelastic, coarse-grained, free surface, CPML")
Fields = Mapping[str, np.ndarray]


def repeatability(tiny: bool) -> Iterator[Finding]:
    """All of it, bit for bit."""
    yield from _cuts(tiny)
    yield from _twice(tiny)
    yield from _ranks(tiny)
    yield _restarted(tiny)


def same(name: str, found: Fields, expected: Fields) -> Finding:
    """A check that two results are the same to the last bit."""
    different = [key for key, value in expected.items() if found[key].tobytes() != value.tobytes()]
    outcome = f"{', '.join(different)} differ" if different else f"the same bits in {len(expected)} arrays"
    return checked(name, outcome, "the same bits", not different and found.keys() == expected.keys())


def _cuts(tiny: bool) -> Iterator[Finding]:
    machine = select("cuda", "float32")
    size, grid = (SMALL_OCEAN, SMALL_CRUST) if tiny else (SIZE, VOLUME)
    kernel = OCEAN["step with everything"]
    whole, cut = (compute_ocean(machine, kernel, size, boxes) for boxes in ((), ocean_cuts(kernel, size)))
    yield same("step of the ocean, box in three parts", cut, whole)
    names = ("velocity", "stress") if tiny else ("velocity", "stress", "relax_x", "stress_y", "velocity_z")
    for order, variant in ((4, "plain"),) if tiny else ((4, "plain"), (8, "near_surface")):
        cuts = crust_cuts(grid, order)
        whole, cut = (compute_crust(machine, names, order, variant, grid, boxes) for boxes in ((None,), cuts))
        yield same(f"steps of the crust, order {order}, box in four parts", cut, whole)


def _size(name: str, tiny: bool) -> tuple[tuple[int, ...], int]:
    if name == OCEAN_WAVES:
        return ((10, 12), 3) if tiny else ((300, 400), 200)
    return ((9, 10, 11), 2) if tiny else ((40, 50, 60), 50)


def _moved(backend: Backend, name: str, tiny: bool, comm: Comm | None = None) -> Fields:
    """Arrays of the owned cells after some steps of a run of a kind."""
    size, steps = _size(name, tiny)
    if name == OCEAN_WAVES:
        return waved(backend, size, steps, comm)  # type: ignore[arg-type]
    return shaken(backend, size, steps, CRUSTS[name], comm)  # type: ignore[arg-type]


def _twice(tiny: bool) -> Iterator[Finding]:
    for name in KINDS[:2] if tiny else KINDS:
        one, other = (_moved(select("cuda", "float32"), name, tiny) for _ in range(2))
        yield same(f"the same run twice: {name}", one, other)


def _ranks(tiny: bool) -> Iterator[Finding]:
    for name in KINDS[:2] if tiny else KINDS:
        alone = _moved(select("cuda", "float32"), name, tiny)
        title = f"2 ranks on one GPU, threads of a process: {name}"
        if simulated():
            yield gap(title, "the simulator runs one kernel at a time in a process")
        else:
            results = run_ranks(2, partial(whole, name=name, tiny=tiny), timeout=PATIENCE)
            yield same(title, results[0], alone)
        program = mpirun()
        if program is None:
            yield gap("2 ranks on one GPU, through MPI", "there is no MPI library, or no mpirun")
            continue
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "whole.npz"
            command = [
                program,
                "-n",
                "2",
                sys.executable,
                "-m",
                "esim.validation.gpu.repeat",
                str(target),
                name,
            ]
            done = subprocess.run(
                command + ["--tiny"] * tiny, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            title = f"2 ranks on one GPU, through MPI: {name}"
            if done.returncode:
                said = (done.stderr.strip().splitlines() or ["no message"])[-1]
                yield checked(title, f"ended with code {done.returncode}: {said}", "the same bits", False)
                continue
            with np.load(target) as found:
                yield same(title, dict(found), alone)


def whole(comm: Comm, name: str, tiny: bool) -> dict[str, np.ndarray]:
    """The arrays of a run of a kind on the whole grid, computed by some ranks."""
    size, _ = _size(name, tiny)
    own = _moved(select("cuda", "float32", 1, comm.local_rank), name, tiny, comm)
    parts = comm.allgather(own)
    blocks = decompose(size[-2:], comm.size, halo=2).blocks  # type: ignore[arg-type]
    found = {key: np.zeros((len(part), *size), part.dtype) for key, part in own.items()}
    for block, part in zip(blocks, parts, strict=True):
        for key, array in part.items():
            found[key][..., block.j0 : block.j1, block.i0 : block.i1] = array
    return found


def mpirun() -> str | None:
    """The mpirun beside this Python, or on the PATH, where mpi4py finds a library."""
    if find_spec("mpi4py") is None:
        return None
    tried = subprocess.run([sys.executable, "-c", "from mpi4py import MPI"], capture_output=True, check=False)
    beside = Path(sys.executable).parent / "mpirun"
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("mpirun")
    return program if tried.returncode == 0 else None


def _restarted(tiny: bool) -> Finding:
    """A run that stops with a checkpoint half way, and resumes, against one that does not."""
    from esim.config import from_dict
    from esim.drivers.run import simulate
    from esim.errors import StopRequested
    from esim.validation.cases.crust.records import read

    attenuation = "none" if tiny else "coarse"
    with tempfile.TemporaryDirectory() as folder:

        def config(name: str, duration: float) -> Any:
            raw = earthquake(
                Path(folder) / name, "cuda", attenuation, tiny, checkpoint={"every": duration / 2}
            )
            return from_dict(raw)

        duration = 0.04 if tiny else 0.8
        through = read(simulate(config("through", duration)))
        cut = config("cut", duration)
        try:
            _stopped(cut, duration / 2)
        except StopRequested:
            pass
        after = read(simulate(cut, resume=True))
        return same("a restart from a checkpoint", {"motion": after.motion}, {"motion": through.motion})


def _stopped(cfg: Any, time: float) -> None:
    """Compute until a time, where the run is asked to stop; it raises StopRequested after its checkpoint."""
    from esim.drivers.run import driver_of, prepared
    from esim.parallel.comm import SerialComm
    from esim.timestepping.clock import Clock
    from esim.timestepping.signals import STOP

    def stop(clock: Clock) -> None:
        if clock.time >= time:
            STOP.ask()

    driver = driver_of(cfg)
    with prepared(driver, driver.check(cfg, SerialComm()), observers=[stop]) as run:
        try:
            run.compute()
        finally:
            STOP.asked = False


def main() -> None:
    """One of the ranks that mpirun starts: compute, and write the whole grid on the first one."""
    from esim.parallel.comm import connect

    target, name, *rest = sys.argv[1:]
    comm = connect()
    found = whole(comm, name, bool(rest))
    if comm.rank == 0:
        with open(target, "wb") as file:
            np.savez(file, **found)  # type: ignore[arg-type]
    comm.close()


if __name__ == "__main__":
    main()
