"""Halos on a GPU that works when it likes: packing, staging, device buffers, overlap, and what MPI can take."""

import ctypes
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support import crusts, fake_device, oceans, quakes, scenes
from support.fake_device import Mpi

from esim.backends import select
from esim.backends.cuda import device as devices
from esim.backends.cuda.backend import CudaBackend
from esim.config import from_dict
from esim.drivers.engine import EngineSetup
from esim.drivers.run import simulate
from esim.parallel import mpi as mpi_library
from esim.parallel.comm import LocalComm, run_ranks
from esim.parallel.decomposition import decompose
from esim.parallel.halo import HaloExchange, halo_record
from esim.validation import switches

PATIENCE = 300.0  # s for ranks that compile on a busy machine
LATE = None  # the GPU does nothing before somebody waits
SEEDS = (LATE, *range(4))
STEPS = 7  # the third one from either of the sea's two states is a graph


@pytest.fixture(autouse=True)
def cupy():
    with fake_device.installed():
        yield


# ------------------------------------------------------------------ whole engines


def sea(
    machine: Any, comm: Any, boundary: tuple = oceans.OPEN, steps: int = STEPS, **more: Any
) -> np.ndarray:
    """Owned cells of an ocean after some steps."""
    grid = oceans.plane(26, 23, 2000.0, boundary)
    made = oceans.ocean(
        grid,
        oceans.rough(),
        lambda x, y: 3 * np.exp(-(((x[None] - 20e3) / 6e3) ** 2) - ((y[:, None] - 25e3) / 6e3) ** 2),
        backend=machine,
        comm=comm,
        dtype="float32",
        given=oceans.physics(manning=0.03, coriolis=True),
        maxima=True,
        **more,
    )
    for n in range(steps):  # of different lengths, as they are with run.adaptive
        getattr(machine, "log", []).append(("step",))
        made.step(2.0 + 0.1 * n, 2.0 * (n + 1))
    return np.concatenate([oceans.state(made), made.own(made.maxima)])


def rock(machine: Any, comm: Any, steps: int = STEPS, **more: Any) -> np.ndarray:
    """Owned cells of a crust after some steps."""
    made = crusts.build(
        (9, 20, 22), crusts.rough((9, 20, 22)), backend=machine, comm=comm, dtype="float32", **more
    )
    blast = crusts.explosion(made, (4, 11, 10))
    for _ in range(steps):
        getattr(machine, "log", []).append(("step",))
        crusts.march(made, 1, blast)
    return np.concatenate([made.own(made.v), made.own(made.s)])


ENGINES = {
    "sea": (sea, {}),
    "sea around the world": (sea, {"boundary": oceans.PERIODIC}),
    "sea, all of it moving": (sea, {"skip": False, "boundary": oceans.WALL}),
    "rock": (rock, {}),
    "rock around the world, losing energy": (
        rock,
        {"kinds": crusts.PERIODIC, "attenuate": "coarse", "free": False},
    ),
}


def alone(name: str) -> np.ndarray:
    """What one rank computes with NumPy."""
    engine, given = ENGINES[name]
    return engine(select("numpy", "float32"), None, **given)


def together(
    name: str, ranks: int, direct: bool, seed: int | None, **machine: Any
) -> tuple[np.ndarray, list[Mpi]]:
    """What some ranks compute, each with a GPU and an MPI of its own; and these."""
    engine, given = ENGINES[name]
    shape = (23, 26) if engine is sea else (20, 22)
    closed = oceans.PERIODIC in given.values(), crusts.PERIODIC in given.values()
    blocks = decompose(shape, ranks, (closed[0], any(closed))).blocks

    def work(comm: LocalComm) -> tuple[Any, Mpi]:
        own = None if seed is None else 100 * seed + comm.rank
        backend = fake_device.Backend("float32", own, **machine)
        mpi = Mpi(comm, direct, own, log=backend.log)
        return engine(backend, mpi, **given), mpi

    found = run_ranks(ranks, work, timeout=PATIENCE)
    whole = np.full((*found[0][0].shape[:-2], *shape), np.nan, np.float32)
    for block, (piece, _) in zip(blocks, found, strict=True):
        whole[..., block.j0 : block.j1, block.i0 : block.i1] = piece
    return whole, [mpi for _, mpi in found]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name != "sea" else name for name in ENGINES]
)
def test_ranks_with_gpus_compute_what_one_does_without(name: str) -> None:
    expected = alone(name)
    assert np.isfinite(expected).all() and np.ptp(expected[0]) > 0
    for n, seed in enumerate(SEEDS):
        for ranks in (1, 2, 4):
            direct = bool((n + ranks) % 2)
            found, _ = together(name, ranks, direct, seed)
            np.testing.assert_array_equal(found, expected, f"{ranks} ranks, seed {seed}, direct {direct}")


def whole_run(scene: dict, ranks: int, seed: int | None, monkeypatch: pytest.MonkeyPatch) -> dict:
    """Run a scenario on ranks with GPUs; returns its record."""

    def backend(setup: EngineSetup) -> fake_device.Backend:
        own = None if seed is None else 10 * seed + setup.comm.rank
        return fake_device.Backend(setup.config.run.precision, own)

    monkeypatch.setattr(EngineSetup, "open_backend", backend)
    run_ranks(ranks, lambda comm: simulate(from_dict(scene), Mpi(comm, seed=seed)), timeout=PATIENCE)
    monkeypatch.undo()
    return json.loads((Path(scene["output"]["directory"]) / "run.json").read_text())


SCENES = {"japan": scenes.japan, "channel": scenes.channel, "quake": quakes.quake}


@pytest.mark.long
@pytest.mark.parametrize("name", SCENES)
def test_whole_runs_write_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = quakes if name == "quake" else scenes
    scene, other = (SCENES[name](tmp_path / folder, backend="numpy") for folder in ("plain", "gpus"))
    for one in (scene, other):
        one["time"]["duration"] = 0.35 if name == "quake" else 1800
    simulate(from_dict(scene))
    record = whole_run(other, 2, 3, monkeypatch)
    assert scenes.differing(module.written(tmp_path / "gpus"), module.written(tmp_path / "plain")) == []
    assert record["backend"]["device"] == "a GPU for tests" and record["backend"]["graphs"]
    assert record["halo"]["transport"] == ["pinned memory"]
    assert min(record["halo"]["bytes_sent"]) > 0 and min(record["halo"]["exposed_s"]) > 0


# These have arrays and exchanges of their own.
SWITCHES = [
    "dispersion",
    "loading",
    "landslide",
    "gridded pressure",
    "nest with dispersion",
    "adaptive steps",
]


@pytest.mark.long
@pytest.mark.parametrize("switch", SWITCHES)
def test_every_kind_of_sea_ends_in_the_same(
    switch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switches.write_inputs(tmp_path)
    found = []
    for name in ("plain", "gpus"):
        scene = switches.configuration(tmp_path, switch, "cartesian", "numpy")
        scene["time"]["duration"] = 200
        scene["output"] |= {"directory": str(tmp_path / name), "checkpoint": {"every": 100}}
        if name == "plain":
            simulate(from_dict(scene))
        else:
            whole_run(scene, 2, 1, monkeypatch)
        found.append(scenes.checkpoints(tmp_path / name))
    assert len(found[0]) >= 4 and scenes.differing(*found) == []


# ------------------------------------------------------------------ where messages lie


def test_pinned_memory_is_all_that_other_libraries_get() -> None:
    _, ranks = together("sea", 2, False, 1)
    for mpi in ranks:
        assert mpi.given and set(mpi.given) == {np.ndarray}


def test_a_cuda_aware_library_gets_memory_of_the_device() -> None:
    _, ranks = together("sea", 2, True, 1)
    for mpi in ranks:
        assert mpi.given and set(mpi.given) == {fake_device.Array}


def test_memory_of_the_device_for_a_library_that_cannot_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stand-in for MPI is there to tell."""
    monkeypatch.setattr(
        CudaBackend,
        "message_buffer",
        lambda self, size, comm: self.device.message_buffer(size, self.dtype, True),
    )
    with pytest.raises(AssertionError, match="ends the process"):
        together("sea", 2, False, LATE)


def exchange(machine: fake_device.Backend, mpi: Mpi) -> tuple[HaloExchange, Any, np.ndarray]:
    """An exchange of two variables around the world, a state on the device, and what it is to become."""
    decomposition = decompose((9, 12), mpi.size, (True, True))
    block = decomposition.blocks[mpi.rank]
    cells = np.arange(2 * 9 * 12, dtype=np.float32).reshape(2, 9, 12)
    around = np.pad(cells, ((0, 0), (2, 2), (2, 2)), mode="wrap")
    expected = around[:, block.j0 : block.j1 + 4, block.i0 : block.i1 + 4]
    own = np.full_like(expected, -1)
    own[:, 2:-2, 2:-2] = expected[:, 2:-2, 2:-2]
    return HaloExchange(mpi, decomposition, 2, machine), machine.from_host(own), expected


def sent(rank: int, ranks: int) -> int:
    """Bytes that a rank sends in such an exchange."""
    decomposition = decompose((9, 12), ranks, (True, True))
    others = [n for n in range(ranks) if n != rank]
    return 2 * 4 * sum(overlap.cells for n in others for overlap in decomposition.needs(n, rank))


@pytest.mark.parametrize("direct", [False, True], ids=["pinned", "direct"])
@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_every_cell_of_the_halo_comes_from_its_owner(ranks: int, direct: bool) -> None:
    def work(comm: LocalComm, seed: int | None) -> None:
        machine = fake_device.Backend("float32", seed)
        halo, state, expected = exchange(machine, Mpi(comm, direct, seed))
        for _ in range(3):
            halo.fill(state)
            np.testing.assert_array_equal(machine.to_host(state), expected)
        assert halo.bytes == sent(comm.rank, ranks) and halo.exchanges == 3
        assert halo.transports == ({"device memory" if direct else "pinned memory"} if ranks > 1 else set())

    for seed in SEEDS:
        run_ranks(ranks, lambda comm, seed=seed: work(comm, seed), timeout=PATIENCE)


# ------------------------------------------------------------------ overlap


def calls_of_a_step(name: str) -> list[tuple[str, ...]]:
    """What the host calls in the last step but one, of two ranks, in order."""
    _, ranks = together(name, 2, False, LATE)
    log = ranks[0].log
    first, last = [n for n, call in enumerate(log) if call == ("step",)][-2:]
    return log[first + 1 : last]


def test_the_inside_of_the_sea_is_queued_before_anything_is_waited_for() -> None:
    assert calls_of_a_step("sea") == [
        ("hold", "edges"),  # until the last step is done
        ("graph", "edges"),
        ("graph", "main"),
        ("wait", "edges"),  # until the buffers are empty
        ("wait", "edges"),  # until all is packed
        ("send",),
        ("receive",),
        ("hold", "main"),  # until the halo is there
        *[("launch", "main", "edge_open")] * 3,
    ]


def test_the_inside_of_the_rock_is_queued_before_anything_is_waited_for() -> None:
    exchange = [("send",), ("receive",), ("hold", "main")]
    assert calls_of_a_step("rock") == [
        ("hold", "edges"),  # until the last step is done
        ("graph", "edges"),
        ("hold", "main"),  # until velocities of the edges are there, not until they are packed
        ("graph", "main"),
        ("wait", "edges"),  # until all is packed
        *exchange,
        ("graph", "main"),  # velocities above the surface
        *[("hold", "edges"), ("wait", "edges"), *exchange],
        ("graph", "main"),  # stresses of the edges
        *[("hold", "edges"), ("wait", "edges"), *exchange],
    ]


@pytest.mark.parametrize(("late", "work", "least", "most"), [(0.2, 0.0, 0.2, 20.0), (0.2, 40.0, 0.0, 0.0)])
def test_waiting_beyond_the_work_in_between_is_counted(
    late: float, work: float, least: float, most: float
) -> None:
    def rank(comm: LocalComm) -> dict:
        machine = fake_device.Backend("float32", None if comm.rank else 1)
        halo, state, _ = exchange(machine, Mpi(comm, late=late))
        launch = machine.device.launcher(fake_device.Kernel(lambda: None, "inside", work), (1,), (1,))
        for _ in range(2):
            with machine.stream("edges"):
                halo.start(state)
            launch()
            halo.progress()
            halo.finish(state)
        return halo_record(comm, [halo])

    for told in run_ranks(2, rank):
        assert all(least <= waited <= most for waited in told["exposed_s"])
        assert told["bytes_sent"] == [2 * sent(rank, 2) for rank in (0, 1)]
        assert told["transport"] == ["pinned memory"]


# ------------------------------------------------------------------ what these tests would find


def deaf(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The host does not wait for a mark of an exchange."""

    def keep(halo: HaloExchange, mark: Any) -> None:
        halo.__dict__[name] = mark and SimpleNamespace(
            synchronize=lambda: None, wait=mark.wait, elapsed_since=mark.elapsed_since
        )

    monkeypatch.setattr(HaloExchange, name, property(lambda halo: halo.__dict__[name], keep), raising=False)


def careless(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    """A stream does not wait for the other one."""
    hold = devices.CupyDevice.wait_for
    monkeypatch.setattr(
        devices.CupyDevice,
        "wait_for",
        lambda self, event: None if self._current == stream else hold(self, event),
    )


def idle(monkeypatch: pytest.MonkeyPatch, kind: Any, name: str) -> None:
    """A method does nothing."""
    monkeypatch.setattr(kind, name, lambda *given: None)


FAULTS = {
    "streams wait for nothing": lambda patch: idle(patch, devices._Event, "wait"),
    "the edges do not wait for the last step": lambda patch: careless(patch, "edges"),
    "the inside does not wait for the edges": lambda patch: careless(patch, "main"),
    "the host waits for nothing": lambda patch: idle(patch, devices._Event, "synchronize"),
    "sent before it is packed": lambda patch: deaf(patch, "_packed"),
    "received before the buffer is empty": lambda patch: deaf(patch, "_landed"),
    "not brought to the host": lambda patch: idle(patch, devices._StagedBuffer, "pack"),
    "not brought to the device": lambda patch: idle(patch, devices._StagedBuffer, "unpack"),
    "in memory that is not pinned": lambda patch: patch.setattr(
        devices.CupyDevice, "pinned", lambda self, size, dtype: np.zeros(size, dtype)
    ),
}


@pytest.mark.parametrize("name", ["sea", "rock"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = alone(name)

    def shows(seed: int | None) -> bool:
        try:
            return not np.array_equal(together(name, 2, False, seed)[0], expected)
        except (AssertionError, fake_device.CUDARuntimeError):
            return True

    FAULTS[fault](monkeypatch)
    # The rock has other exchanges before the same buffers are used again, which wait for these as well.
    assert any(map(shows, SEEDS)) == ((fault, name) != ("received before the buffer is empty", "rock"))


# ------------------------------------------------------------------ what MPI says of itself


class Told:
    """An MPI with memory kinds and, if it has that, an answer about CUDA."""

    def __init__(self, patch: pytest.MonkeyPatch, kinds: str | None, **functions: Any) -> None:
        info = SimpleNamespace(Get=lambda key: kinds if key == "mpi_memory_alloc_kinds" else None)
        world = SimpleNamespace(Get_info=lambda: info)
        patch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=SimpleNamespace(COMM_WORLD=world)))
        patch.delenv("MPICH_GPU_SUPPORT_ENABLED", raising=False)
        patch.setattr(ctypes, "CDLL", self._load)
        self.loaded: list[str | None] = []
        self._functions = functions

    def _load(self, path: str | None) -> SimpleNamespace:
        self.loaded.append(path)
        if path and "deleted" in path:
            raise OSError("cannot open shared object file")
        return SimpleNamespace(**self._functions)


YES, NO = {"MPIX_Query_cuda_support": lambda: 1}, {"MPIX_Query_cuda_support": lambda: 0}


@pytest.mark.parametrize(
    ("kinds", "functions", "told"),
    [
        ("mpi,system", YES, False),  # the kinds are those that it takes now
        ("mpi, system ,cuda:device:pinned", NO, True),
        ("mpi,cuda", {}, True),
        ("mpi,rocm:device,notcuda", {}, False),
        (None, YES, True),
        (None, NO, False),
        ("", NO, False),
        (None, {}, None),
    ],
)
def test_what_mpi_says_of_memory_of_gpus(
    kinds: str | None, functions: dict, told: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Told(monkeypatch, kinds, **functions)
    assert mpi_library.library_cuda_aware() is told


@pytest.mark.parametrize(("value", "functions", "told"), [("1", {}, True), ("0", {}, None), ("1", NO, False)])
def test_what_cray_mpich_says(
    value: str, functions: dict, told: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Told(monkeypatch, None, **functions)
    monkeypatch.setenv("MPICH_GPU_SUPPORT_ENABLED", value)
    assert mpi_library.library_cuda_aware() is told


LIBRARY = "7f00-7f10 r-xp 00000000 08:01 42    /opt/mpi 4/libmpi.so.40"
MAPS = {
    "the library": (f"7f20-7f30 r--p 0 08:01 41 /opt/libmpi-4/libc.so\n7f30-7f40 rw-p 0 0:0 0\n{LIBRARY}", 0),
    "one with Fortran's": (f"{LIBRARY.replace('libmpi.so', 'libmpifort.so')}\n{LIBRARY}", 0),
    "part of the program": ("7f00-7f10 r-xp 00000000 08:01 42    /usr/bin/python3.11", None),
    "replaced by an update": (LIBRARY + " (deleted)", None),
    "no such list": (None, None),
}


@pytest.mark.parametrize("case", MAPS)
def test_where_the_library_is_asked(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, expected = MAPS[case]
    mpi = Told(monkeypatch, None, **YES)
    if text is not None:
        (tmp_path / "maps").write_text(text + "\n")
    assert mpi_library.library_cuda_aware(tmp_path / "maps") is True
    assert (mpi.loaded[-1] is None) == (expected is None)
    assert expected is None or str(mpi.loaded[-1]).startswith("/opt/mpi 4/libmpi")


ASK = r"""
from esim.errors import MachineError
from esim.parallel.comm import connect
from esim.parallel.mpi import library_cuda_aware
comm = connect()
assert comm.size == 2 and comm.library
try:
    answer = comm.direct
except MachineError as error:
    answer = f"refused: {error}"
print(f"{library_cuda_aware()} {answer}\n", end="", flush=True)
"""


@pytest.mark.mpi
@pytest.mark.parametrize("forced", [None, "0", "1"])
def test_the_mpi_that_is_installed(forced: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESIM_CUDA_AWARE_MPI", raising=False)
    if forced is not None:
        monkeypatch.setenv("ESIM_CUDA_AWARE_MPI", forced)
    ran = scenes.mpirun(2, "-c", ASK)
    assert ran.returncode == 0, ran.stderr
    for line in ran.stdout.splitlines():
        told, answer = line.split(maxsplit=1)
        if forced == "0":
            assert answer == "False"
        elif forced is None:
            assert answer == str(told == "True")
        elif told == "False":
            assert answer.startswith("refused: ESIM_CUDA_AWARE_MPI=1")
        else:
            assert answer == "True"
