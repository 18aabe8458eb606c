"""Blocks, halos, clock, schedule, ranks and the cache of compiled kernels."""

import errno
import math
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from esim.backends import kernel_cache
from esim.backends.numpy.backend import NumpyBackend
from esim.errors import InputError, MachineError
from esim.ocean.sources.seafloor_motion import Uplift
from esim.parallel.comm import LAUNCHERS, RANK_ONLY, SerialComm, connect, launched_ranks, run_ranks
from esim.parallel.decomposition import HALO, MIN_CELLS, Block, CostMap, decompose
from esim.parallel.halo import HaloExchange
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every
from esim.timestepping.simulation import Callback, Simulation
from esim.timestepping.step_plan import split

SHAPES = [(41, 67), (4, 400), (400, 4), (20, 20), (97, 13)]
WRAPS = [(False, False), (False, True), (True, False), (True, True)]


def most_ranks(shape):
    return (shape[0] // MIN_CELLS) * (shape[1] // MIN_CELLS)


# ------------------------------------------------------------------ decomposition


@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_cover_the_grid_exactly_once(shape):
    for size in range(1, min(24, most_ranks(shape)) + 1):
        found = decompose(shape, size)
        assert len(found.blocks) == size
        owners = np.zeros(shape, int)
        for block in found.blocks:
            assert min(block.shape) >= MIN_CELLS
            owners[block.j0 : block.j1, block.i0 : block.i1] += 1
        assert (owners == 1).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_largest_number_of_ranks_is_the_one_in_the_message(shape):
    most = most_ranks(shape)
    assert len(decompose(shape, most).blocks) == most
    with pytest.raises(InputError, match=rf"{most + 1} ranks are too many .* at most {most} ranks"):
        decompose(shape, most + 1)


@pytest.mark.parametrize("size", [2, 3, 5, 7, 12, 24])
def test_shares_of_the_cost_are_equal(size):
    shape = (300, 400)
    y, x = np.mgrid[: shape[0], : shape[1]]
    wet = ((x - 290) ** 2 + (y - 100) ** 2 < 150**2) | (x > 330)
    cells = np.where(wet, 1.0, 0.2)
    cost = CostMap(np.arange(shape[0] + 1), np.arange(shape[1] + 1), cells)
    balanced, plain = decompose(shape, size, cost=cost), decompose(shape, size)
    exact = [cells[b.j0 : b.j1, b.i0 : b.i1].sum() for b in balanced.blocks]
    assert balanced.imbalance(cost) == pytest.approx(max(exact) / np.mean(exact), rel=1e-12)
    assert balanced.imbalance(cost) < 1.06
    assert plain.imbalance(cost) > balanced.imbalance(cost) + 0.1


def test_a_map_in_bins_balances_too():
    edges_j, edges_i = np.array([0, 7, 20, 50]), np.array([0, 30, 31, 60])
    density = np.array([[1.0, 5.0, 2.0], [0.0, 1.0, 1.0], [4.0, 2.0, 0.5]])
    cost = CostMap(edges_j, edges_i, density * np.outer(np.diff(edges_j), np.diff(edges_i)))
    cells = np.repeat(np.repeat(density, np.diff(edges_j), 0), np.diff(edges_i), 1)
    found = decompose((50, 60), 6, cost=cost)
    for block in found.blocks:
        exact = cells[block.j0 : block.j1, block.i0 : block.i1].sum()
        assert cost.of(block) == pytest.approx(exact, rel=1e-12)
    assert found.imbalance(cost) < 1.25


def test_a_grid_without_cost_is_cut_all_the_same():
    nothing = CostMap(np.array([0, 30]), np.array([0, 40]), np.array([[0.0]]))
    assert sum(block.cells for block in decompose((30, 40), 7, cost=nothing).blocks) == 1200


@pytest.mark.parametrize(
    "sides", [(w, e, s, n) for w in (0, 1) for e in (0, 1) for s in (0, 1) for n in (0, 1)]
)
@pytest.mark.parametrize("shape", [(4, 4), (4, 9), (11, 5), (12, 13)])
def test_strips_and_the_middle_cover_a_block_once(shape, sides):
    block = Block(0, shape[0], 0, shape[1])
    strips, middle = split(block, tuple(map(bool, sides)))
    count = np.zeros([n + 2 * HALO for n in shape], int)
    for (j0, j1), (i0, i1) in [*strips, middle]:
        count[j0:j1, i0:i1] += 1
    inner = count[HALO:-HALO, HALO:-HALO]
    assert (inner == 1).all() and count.sum() == inner.sum()
    # What a neighbour needs, the cells within HALO of that side, is never in the middle.
    (j0, j1), (i0, i1) = middle
    if j0 < j1 and i0 < i1:
        west, east, south, north = (HALO if side else 0 for side in sides)
        assert i0 >= HALO + west and i1 <= HALO + shape[1] - east
        assert j0 >= HALO + south and j1 <= HALO + shape[0] - north


# ------------------------------------------------------------------ halo


def exchanged(shape, periodic, size, seed=5) -> bool:
    """Whether all halos within the (continued) grid hold the values of the global array after an exchange."""
    world = np.random.default_rng(seed).random((3, *shape))
    edges = [
        np.sort(np.random.default_rng(seed + n).choice(np.arange(1, s), 3, False))
        for n, s in enumerate(shape)
    ]
    edges = [np.array([0, *e, s]) for e, s in zip(edges, shape, strict=True)]
    cost = CostMap(edges[0], edges[1], np.random.default_rng(seed).random((4, 4)) + 0.05)
    found = decompose(shape, size, periodic, cost)

    def work(comm):
        block = found.blocks[comm.rank]
        backend = NumpyBackend(np.dtype("float64"))
        state = np.full((3, *block.allocated), -1.0)
        (j0, j1), (i0, i1) = block.interior
        state[:, j0:j1, i0:i1] = world[:, block.j0 : block.j1, block.i0 : block.i1]
        halo = HaloExchange(comm, found, 3, backend)
        for _ in range(2):  # persistent buffers serve again
            halo.start(state)
            halo.finish(state)
        rows, columns = (
            np.arange(block.j0 - HALO, block.j1 + HALO),
            np.arange(block.i0 - HALO, block.i1 + HALO),
        )
        padded = world[:, rows % shape[0]][:, :, columns % shape[1]]
        in_j = np.full(rows.size, True) if periodic[0] else (rows >= 0) & (rows < shape[0])
        in_i = np.full(columns.size, True) if periodic[1] else (columns >= 0) & (columns < shape[1])
        known = in_j[:, None] & in_i[None, :]
        mine = state[:, : rows.size, : columns.size]
        assert np.array_equal(mine[:, known], padded[:, known])
        assert (mine[:, ~known] == -1).all()
        beyond = state.copy()
        beyond[:, : rows.size, : columns.size] = -1
        assert (beyond == -1).all()
        return halo.bytes

    sent = run_ranks(size, work, timeout=20)
    assert (sum(sent) > 0) == (size > 1)
    return True


@pytest.mark.parametrize("periodic", WRAPS)
@pytest.mark.parametrize("size", range(1, 8))
def test_halos_hold_what_the_neighbours_have(size, periodic):
    for shape in [(23, 31), (MIN_CELLS, 37), (30, 9)]:
        assert exchanged(shape, periodic, size)


def test_a_halo_is_started_once_and_finished_once():
    found = decompose((8, 8), 1, (True, True))
    halo = HaloExchange(SerialComm(), found, 1, NumpyBackend(np.dtype("float32")))
    state = np.zeros((1, *found.blocks[0].allocated), np.float32)
    with pytest.raises(RuntimeError, match="finished without being started"):
        halo.finish(state)
    halo.start(state)
    with pytest.raises(RuntimeError, match="started twice"):
        halo.start(state)
    halo.finish(state)
    with pytest.raises(RuntimeError, match="finished without being started"):
        halo.finish(state)


def test_neighbours_agree_on_every_message():
    for periodic in WRAPS:
        found = decompose((23, 31), 7, periodic)
        for a in range(7):
            taken = sum(o.cells for b in range(7) for o in found.needs(a, b))
            block = found.blocks[a]
            rows = [1 if periodic[0] else 0 <= j < 23 for j in range(block.j0 - HALO, block.j1 + HALO)]
            columns = [1 if periodic[1] else 0 <= i < 31 for i in range(block.i0 - HALO, block.i1 + HALO)]
            assert taken == sum(rows) * sum(columns) - block.cells


# ------------------------------------------------------------------ clock, schedule, loop


def test_a_million_steps_do_not_drift():
    clock = Clock(1e9)
    for _ in range(1_000_000):
        clock.advance(0.1, 1e9)
    plain = 0.0
    for _ in range(1_000_000):
        plain += 0.1
    exact = math.fsum([0.1] * 1_000_000)
    assert abs(clock.time - exact) <= math.ulp(exact) < abs(plain - exact)
    assert clock.time - clock.lost == pytest.approx(exact, abs=math.ulp(exact))
    assert clock.step == 1_000_000


@pytest.mark.parametrize("limit", [0.3, 1.0, 7.7, 59.99, 60.0, 61.0, 1e6])
def test_due_times_are_reached_exactly_with_equal_steps(limit):
    every, clock = Every(60.0, 600.0), Clock(600.0)
    reached, steps = [], []
    while not clock.done:
        due = every.after(clock.time)
        dt = clock.next_dt(limit, due)
        assert 0 < dt <= limit * (1 + 1e-9)
        clock.advance(dt, due)
        steps.append(dt)
        reached += [clock.time] if clock.time == due else []
    assert reached == [60.0 * n for n in range(1, 11)]
    assert max(steps) - min(steps) < 1e-9 * max(steps)
    assert len(steps) == 10 * math.ceil(60 / limit * (1 - 1e-9))


def test_a_schedule_names_each_time_once():
    every = Every(0.1, 1.05)
    time, found = 0.0, []
    while (time := every.after(time)) < math.inf:
        found.append(time)
    assert found == [n * 0.1 for n in range(1, 11)] + [1.05]
    assert Every(7.0, 5.0).after(0.0) == 5.0 and Every(7.0, 5.0).after(5.0) == math.inf


class Drift:
    """A model that does nothing but keep what it was told."""

    def __init__(self, limit: float) -> None:
        self.longest, self.told = limit, []

    def limit(self) -> float:
        return self.longest

    def step(self, begin: float, end: float, dt: float) -> None:
        self.told.append((begin, end, dt))


def test_steps_follow_each_other_without_a_gap_and_callbacks_come_on_time():
    model, calls = Drift(0.7), []
    schedule = {"a": Every(5.0, 20.0), "b": Every(3.0, 20.0), "late": Every(0.25, 20.0)}

    def note(name: str) -> Callable[[Clock], None]:
        return lambda clock: calls.append((name, clock.time))

    simulation = Simulation(
        model,
        Clock(20.0),
        [Callback(schedule[name], note(name), binding=name != "late") for name in schedule],
        [note("look")],
        [note("after")],
    )
    simulation.run()
    begins, ends = [t[0] for t in model.told], [t[1] for t in model.told]
    assert begins == [0.0, *ends[:-1]] and ends[-1] == 20.0
    assert [t for name, t in calls if name == "a"] == [5.0, 10.0, 15.0, 20.0]
    assert [t for name, t in calls if name == "b"] == [3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 20.0]
    assert [t for name, t in calls if name == "late"] == ends  # once a step, as the steps are longer
    order = [name for name, t in calls if t == 15.0]
    assert order == ["look", "a", "b", "late", "after"]


@pytest.mark.parametrize("dt", [0.1, 0.2, 0.3, 0.7, 1 / 3])
def test_a_jump_of_the_seafloor_happens_exactly_once(dt):
    """A step that ends within rounding of the time of a jump neither loses it nor makes it twice."""
    numbers = random.Random(1)
    clock, every, spans = Clock(300.0), Every(100.0, 300.0), []
    model = Drift(dt)
    simulation = Simulation(model, clock, [Callback(every, lambda clock: None)])
    simulation.run()
    spans = [(begin, end) for begin, end, _ in model.told]
    for n in range(300):
        at = dt * numbers.randint(1, int(299 / dt)) if n % 2 else numbers.uniform(0.01, 300)
        jump, ramp = Uplift(at, at, (None, None)), Uplift(at, at + 7.3, (None, None))
        assert sum(jump.share(*span) for span in spans) == 1.0
        total = math.fsum(ramp.share(*span) for span in spans)
        assert total == pytest.approx(min(1.0, (300.0 - at) / 7.3), abs=1e-12)


# ------------------------------------------------------------------ ranks


def test_ranks_in_threads_know_mpis_words():
    def work(comm):
        assert comm.allgather(comm.rank**2) == [0, 1, 4, 9]
        assert comm.bcast("root" if comm.rank == 2 else None, root=2) == "root"
        assert comm.gather(comm.rank, root=3) == ([0, 1, 2, 3] if comm.rank == 3 else None)
        assert comm.allreduce_max(float(-comm.rank)) == 0.0
        got = np.zeros((2, 3))
        comm.send(np.full((2, 3), comm.rank), (comm.rank + 1) % 4, 7)
        comm.recv(got, (comm.rank - 1) % 4, 7)
        comm.barrier()
        return got[0, 0]

    assert run_ranks(4, work) == [3, 0, 1, 2]


def test_one_rank_that_fails_ends_the_others_with_its_error():
    def work(comm):
        if comm.rank == 1:
            raise ValueError("rank one")
        comm.barrier()

    with pytest.raises(ValueError, match="rank one"):
        run_ranks(3, work)


def test_a_message_that_never_comes_is_a_machine_error():
    with pytest.raises(MachineError, match="rank 0: no message from rank 1 with tag 5"):
        run_ranks(2, lambda comm: comm.recv(np.zeros(1), 1, 5) if comm.rank == 0 else None, timeout=0.1)


@pytest.fixture
def alone(monkeypatch):
    """No sign of a launcher in the environment."""
    for name in [*os.environ]:
        if name in (*LAUNCHERS, *RANK_ONLY) or name.startswith(("SLURM_", "PMI")):
            monkeypatch.delenv(name)
    return monkeypatch


def test_launchers_are_recognised(alone):
    assert launched_ranks() == 0
    for name in LAUNCHERS:
        with alone.context() as m:
            m.setenv(name, "4")
            assert launched_ranks() == 4
    for name in RANK_ONLY:
        with alone.context() as m:
            m.setenv(name, "3")
            assert launched_ranks() == 1
    alone.setenv("SLURM_NTASKS", "8")
    alone.setenv("SLURM_PROCID", "0")
    assert launched_ranks() == 0  # the batch script itself
    alone.setenv("SLURM_STEP_ID", "0")
    alone.setenv("SLURM_STEP_NUM_TASKS", "6")
    assert launched_ranks() == 6


def test_without_a_launcher_mpi_is_not_loaded(alone):
    alone.setitem(sys.modules, "mpi4py", None)  # importing it would fail
    comm = connect()
    assert (comm.rank, comm.size, comm.local_rank, comm.local_size) == (0, 1, 0, 1)


class LonelyComm:
    """COMM_WORLD of an MPI library that does not understand the launcher."""

    def Get_size(self):  # noqa: N802
        return 1


def test_a_launcher_and_a_library_that_do_not_match_are_an_error(alone):
    mpi = SimpleNamespace(COMM_WORLD=LonelyComm(), Get_library_version=lambda: "Other MPI 1.0, more\n")
    alone.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=mpi))
    alone.setenv("PMI_SIZE", "4")
    with pytest.raises(MachineError, match=r"started 4 ranks, but MPI \(Other MPI 1.0\) sees one"):
        connect()


def test_a_launcher_without_any_mpi_library_is_an_error(alone):
    alone.setitem(sys.modules, "mpi4py", None)
    alone.setenv("OMPI_COMM_WORLD_SIZE", "2")
    with pytest.raises(MachineError, match="no MPI library could be loaded"):
        connect()
    alone.setenv("OMPI_COMM_WORLD_SIZE", "1")
    assert connect().size == 1


def test_the_command_tells_of_the_mismatch_and_ends_with_4(alone, tmp_path):
    pytest.importorskip("mpi4py.MPI", reason="needs an MPI library")
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("scenario: tsunami\n")
    command = [sys.executable, "-m", "esim.cli.run", str(scenario)]
    # A variable of another MPI than the one that is loaded: exactly what a wrong mpirun leaves.
    other = "PALS_SIZE"
    ran = subprocess.run(command, env=os.environ | {other: "4"}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 4 and ran.stderr.count("\n") == 1
    assert re.match("esim-run: the launcher started 4 ranks, but MPI .* sees one: ", ran.stderr)


# ------------------------------------------------------------------ cache of compiled kernels

TINY = """
import sys, time
from pathlib import Path
import numpy as np
from esim.backends import select
from esim.backends.kernel_cache import cache_directory
from esim.kernels.ocean import boundary

while len(sys.argv) > 2 and not Path(sys.argv[2]).exists():
    time.sleep(0.005)
results = []
for name in ("numpy", "cpu"):
    backend = select(name, "float64")
    rng = np.random.default_rng(1)
    zeta, normal, along, bed = rng.random((4, 1, 20, 40)) - 0.5
    given = {"zeta": zeta, "normal": normal, "along": along, "bed": bed}
    values = boundary.BoundaryParams(*map(np.float64, (1, 9.81, 0.5, 0, 1, 1e-3)))
    backend.bind(boundary.WALL, ((0, 20), (1, 2)), given)(backend.constants(values))
    results.append(np.stack([zeta, normal, along]).tobytes())
assert results[0] == results[1]
print(cache_directory())
"""


def tiny(environment: dict[str, str], *arguments: str) -> subprocess.Popen:
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("ESIM_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    }
    return subprocess.Popen(
        [sys.executable, "-c", TINY, "x", *arguments],
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> Path:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return Path(out.strip())


def compiled(folder: Path) -> dict[Path, tuple[int, int]]:
    """All files of compiled code with size and time of change."""
    files = [path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc", ".py")]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def test_processes_that_start_at_once_share_an_empty_cache_and_the_next_compiles_nothing(tmp_path):
    environment, go = {"ESIM_CACHE_DIR": str(tmp_path)}, tmp_path / "go"
    four = [tiny(environment, str(go)) for _ in range(4)]
    time.sleep(1.0)
    go.touch()
    assert [finish(process) for process in four] == [tmp_path / "esim"] * 4
    first = compiled(tmp_path)
    assert {path.suffix for path in first} == {".nbi", ".nbc", ".py"}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".esim")]
    finish(tiny(environment))
    assert compiled(tmp_path) == first


def test_a_read_only_installation_and_home_are_no_obstacle(tmp_path):
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "below")  # not even root can make a folder below a file
    package = Path(kernel_cache.__file__).parents[1]
    before = compiled(package)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {
        "HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "ESIM_CACHE_DIR": nowhere,
        "TMPDIR": str(temporary),
    }
    folder = finish(tiny(environment))
    assert folder == temporary / f"esim-cache-{os.getuid()}"
    assert any(path.suffix == ".nbc" for path in compiled(folder))
    assert {p for p in compiled(package) if p.suffix != ".py"} == {p for p in before if p.suffix != ".py"}


def test_compiled_code_in_somebody_elses_folder_is_not_trusted(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for name in ("ESIM_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "below"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"esim-cache-{os.getuid()}"
    assert kernel_cache.cache_directory.__wrapped__() == folder
    monkeypatch.setattr(kernel_cache.os, "getuid", lambda: 4711)
    other = kernel_cache.cache_directory.__wrapped__()
    assert other.parent == tmp_path and other.name != "esim-cache-4711" and other != folder


def test_a_damaged_source_in_the_cache_is_written_anew(tmp_path):
    path = tmp_path / "source.py"
    kernel_cache.write_once(path, "x = 1\n")
    stamp = path.stat().st_mtime_ns
    kernel_cache.write_once(path, "x = 1\n")
    assert path.stat().st_mtime_ns == stamp
    path.write_text("")
    kernel_cache.write_once(path, "x = 1\n")
    assert path.read_text() == "x = 1\n" and [*tmp_path.iterdir()] == [path]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(kernel_cache.os, "link", refuse)
    kernel_cache.write_once(tmp_path / "source.py", "x = 1\n")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["x = 1\n"]


def test_two_processes_do_not_compile_the_same_at_once(tmp_path):
    code = (
        "import sys, time\nfrom esim.backends.kernel_cache import compiling\n"
        "with compiling('kernel'):\n    begun = time.time(); time.sleep(0.3)\n    print(begun, time.time())"
    )
    environment = os.environ | {"ESIM_CACHE_DIR": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = sorted(tuple(map(float, process.communicate()[0].split())) for process in both)
    assert first[1] <= second[0]
