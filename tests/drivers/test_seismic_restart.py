"""A crust run on any ranks and threads, or cut off and gone on, is the same bit for bit; one that fails says where."""

import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from support.commands import command
from support.quakes import STATE, change, compute, configured, march, quake, written
from support.scenes import Killed, but_checkpoints, differing, mpirun, saved, steps
from support.simulator import in_simulator

from esim.drivers.run import simulate
from esim.errors import InputError, NumericalError, StopRequested
from esim.parallel.decomposition import decompose
from esim.timestepping.signals import STOP

SCENES = {"elastic": "none", "coarse": "coarse"}
# Blocks of several ranks have kernels of attenuation of their own, each half a minute to compile.
MARKED = ["elastic", pytest.param("coarse", marks=pytest.mark.compile)]


@pytest.fixture(autouse=True)
def nobody_asks():
    """No test leaves a request to stop behind."""
    yield
    STOP.asked = False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What one rank and one thread write of the scene, elastic or coarse, without interruption."""
    found: dict[str, dict[str, np.ndarray]] = {}

    def get(name: str) -> dict[str, np.ndarray]:
        if name not in found:
            found[name] = compute(quake(tmp_path_factory.mktemp(name), SCENES[name]))
        return found[name]

    return get


def cut_off(scene: dict, step: int, ranks: int = 1, stop: bool = False, resume: bool = False) -> None:
    """Run a scene to a step, where it is killed, or asked to stop."""

    def end(run, clock):
        if clock.step == step:
            if not stop:
                raise Killed
            STOP.ask()

    with pytest.raises(StopRequested if stop else Killed):
        march(scene, end, ranks, resume)
    STOP.asked = False


# ------------------------------------------------------------------ any ranks and threads


@pytest.mark.compile
def test_the_scene_is_worth_comparing(whole):
    """All is in motion, also in absorbing layers, and stations and sources lie beside the edges of blocks."""
    for name in SCENES:
        found = whole(name)
        newest = max(key.split(".")[0] for key in found if key.startswith("step_"))
        for array in STATE:
            assert np.abs(found[f"{newest}.{array}"]).max() > 0, array
        for file in ("stations.vx", "stations.pressure", "fields.vz", "surface_displacement.uy", "plane_across.vx",
                     "plane_along.vz", "plane_below.vy", "maxima.pga"):  # fmt: skip
            assert np.isfinite(found[file]).all() and np.abs(found[file]).max() > 0, file
        assert (np.abs(found["stations.vx"]).max(1) > 1e-6).all()
    assert not np.array_equal(whole("coarse")["stations.vx"], whole("elastic")["stations.vx"])
    cfg = configured(quake("unused"))
    grid = cfg.grid.build().horizontal
    blocks = decompose(grid.shape, 6, grid.periodic, halo=2).blocks
    owners = [
        {
            n
            for n, block in enumerate(blocks)
            for at in np.ndindex(4, 4)
            if block.owns(*(int(np.floor(p)) - 1 + a for p, a in zip(grid.index(x, y), at, strict=True)))
        }
        for x, y in [s.position for s in (*cfg.stations, *cfg.source)]
    ]
    assert sum(len(found) > 1 for found in owners) >= 4
    assert set(range(6)) - set().union(*owners[: len(cfg.stations)]) or len(set().union(*owners)) == 6


@pytest.mark.parametrize(
    ("name", "ranks"),
    [
        ("elastic", 2),
        pytest.param("elastic", 6, marks=pytest.mark.long),
        pytest.param("coarse", 2, marks=pytest.mark.compile),
    ],
)
def test_ranks_in_threads_equal_one_rank(name, ranks, whole, tmp_path):
    assert differing(compute(quake(tmp_path, SCENES[name]), ranks), whole(name)) == []


@pytest.mark.mpi
def test_ranks_of_mpi_equal_one_rank(whole, tmp_path):
    scene = saved(quake(tmp_path / "out", "coarse"), tmp_path)
    ran = mpirun(2, "-m", "esim.cli.run", scene, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert differing(written(tmp_path / "out"), whole("coarse")) == []


@pytest.mark.parametrize("name", MARKED)
def test_two_threads_equal_one(name, whole, tmp_path):
    assert differing(compute(quake(tmp_path, SCENES[name], threads=2)), whole(name)) == []


@pytest.mark.parametrize("name", MARKED)
def test_numpy_equals_the_compiled_bodies_on_any_ranks(name, tmp_path):
    """Few steps, which NumPy takes slowly: all that the sources send is on its way."""
    found = []
    for backend, ranks in (("cpu", 1), ("numpy", 2)):
        scene = change(quake(tmp_path / backend, SCENES[name], backend=backend), "time.duration", 0.12)
        change(scene, "output.checkpoint.every", 0.1)
        scene["output"]["fields"]["every"] = scene["output"]["planes"][0]["every"] = 0.1
        found.append(compute(scene, ranks))
    assert np.abs(found[0]["fields.vx"]).max() > 0
    assert differing(found[1], found[0]) == []


@pytest.mark.long
def test_stations_and_sources_that_only_one_rank_has(tmp_path):
    """Five ranks of six have no source, and none a station but the first."""

    def scene(folder: Path) -> dict:
        made = quake(folder)
        made["source"] = [dict(made["source"][0], x=-900, y=-800)]
        made["stations"] = [{"name": "only", "x": -800, "y": -700}]
        made["time"]["duration"] = 0.5
        return made

    wanted = compute(scene(tmp_path / "whole"))
    assert differing(compute(scene(tmp_path / "six"), 6), wanted) == []
    cut_off(scene(tmp_path / "cut"), 50, 6)
    found = compute(scene(tmp_path / "cut"), 4, resume=True)
    assert np.abs(found["stations.vx"]).max() > 1e-5 and differing(found, wanted) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["coast", "periodic"])
def test_rough_ground_and_joined_sides_are_the_same_on_ranks(kind, tmp_path):
    """On NumPy; the periodic block is filled with random rock, and its source lies on the seam."""

    def scene(folder: Path) -> dict:
        made = change(quake(folder, backend="numpy"), "time.duration", 0.12)
        made["medium"]["layers"][0]["top"], made["output"]["checkpoint"]["every"] = -1000, 0.06
        if kind == "coast":
            made["topography"] = {"kind": "slope", "depth": 0, "slope": 0.3, "direction": 60}
            made["grid"]["depth"], made["output"]["stations"]["variables"] = [-500, 1500], ["velocity"]
            made["source"] = [made["source"][0], made["source"][2]]
        else:
            made["medium"]["random"] = {"sigma": 0.05, "correlation": 300, "seed": 3}
            made["grid"]["boundary"] |= {"x": "periodic", "y": "periodic"}
            made["source"] = [made["source"][0] | {"x": 1190, "y": 1090}, made["source"][1] | {"x": -1195}]
        return made

    wanted = compute(scene(tmp_path / "one"))
    assert np.abs(wanted["maxima.pgv"]).max() > 0
    assert differing(compute(scene(tmp_path / "ranks"), 3), wanted) == []
    cut_off(scene(tmp_path / "cut"), 15, 2)
    assert differing(compute(scene(tmp_path / "cut"), 1, resume=True), wanted) == []


@pytest.mark.long
def test_double_precision_is_the_same_on_ranks_too(tmp_path):
    """On NumPy, whose steps are slow: few of them."""

    def scene(folder: Path) -> dict:
        made = change(quake(folder, "coarse", backend="numpy", precision="float64"), "time.duration", 0.05)
        return change(made, "output.checkpoint.every", 0.03)

    wanted = compute(scene(tmp_path / "one"))
    assert wanted["fields.vx"].dtype == np.float64
    assert differing(compute(scene(tmp_path / "two"), 2), wanted) == []


# ------------------------------------------------------------------ cut off and gone on


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("elastic", 1, 1),
        pytest.param("coarse", 1, 2, marks=pytest.mark.compile),
        pytest.param("coarse", 2, 1, marks=pytest.mark.compile),
    ],
)
def test_a_killed_run_goes_on_from_its_checkpoint(name, before, after, whole, tmp_path):
    """The sources are still active at the checkpoint at 0.3 s; snapshots are due before and after it."""
    scene = quake(tmp_path, SCENES[name])
    cut_off(scene, 70, before)
    assert len(steps(tmp_path)) == 1 and 30 < steps(tmp_path)[0] < 70
    assert differing(compute(scene, after, resume=True), whole(name)) == []


@pytest.mark.compile
def test_a_run_is_cut_off_again_and_again(whole, tmp_path):
    scene = quake(tmp_path, "coarse")
    for step, ranks in ((60, 2), (95, 3)):
        cut_off(scene, step, ranks, resume=True)
    assert differing(compute(scene, 2, resume=True), whole("coarse")) == []


@pytest.mark.parametrize(
    ("name", "ranks", "step"), [("elastic", 1, 3), pytest.param("coarse", 2, 20, marks=pytest.mark.compile)]
)
def test_a_run_stops_on_request_and_goes_on(name, ranks, step, whole, tmp_path):
    scene = quake(tmp_path, SCENES[name])
    cut_off(scene, step, ranks, stop=True)
    assert steps(tmp_path)[-1] == -(-step // 10) * 10
    found = but_checkpoints(compute(scene, 2, resume=True))
    assert differing(found, but_checkpoints(whole(name))) == []


def test_a_request_that_came_early_is_answered_with_75(whole, tmp_path, capsys):
    from esim.cli.run import main

    STOP.ask()
    scene = saved(quake(tmp_path / "out"), tmp_path)
    assert main([str(scene), "--quiet"]) == 75
    told = capsys.readouterr().err
    assert re.fullmatch(r"esim-run: stopped on request at t = .* with a checkpoint in .* --resume\n", told)
    assert steps(tmp_path / "out") == [10] and not (tmp_path / "out/run.json").exists()
    STOP.asked = False
    assert main([str(scene), "--quiet", "--resume"]) == 0
    found = but_checkpoints(written(tmp_path / "out"))
    assert differing(found, but_checkpoints(whole("elastic"))) == []


@pytest.mark.long
def test_a_sigterm_ends_the_command_with_75_and_it_can_go_on(tmp_path):
    scene = change(quake(tmp_path / "out"), "time.duration", 4000)  # it never comes to its end
    scene["stations"] = scene["stations"][:1]
    scene["output"] |= {
        "planes": [],
        "surface_displacement": None,
        "fields": {"every": 50},
        "stations": {"every": 1},
    }
    del scene["output"]["checkpoint"]
    file, reached = saved(scene, tmp_path), []
    for more in ([], ["--resume"]):
        process = subprocess.Popen(command(file, "--quiet", *more), stderr=subprocess.PIPE, text=True)
        try:
            while not [*(tmp_path / "out").rglob(".*.partial")]:
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 75, err
        assert re.search(r"^esim-run: stopped on request at t = [\d.]+ s .* --resume$", err, re.MULTILINE)
        reached += steps(tmp_path / "out")[-1:]
    assert 0 < reached[0] < reached[1]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The directory of a run that was stopped after ten steps."""
    directory = tmp_path_factory.mktemp("stopped")
    cut_off(quake(directory), 10, stop=True)
    return directory


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("grid.boundary.cells", 5),
        ("medium.layers.1.vp", 5100),
        ("physics.attenuation", "coarse"),
        ("source.0.rake", 71),
        ("source.1.time_function.sigma", 0.07),
        ("time.duration", 0.7),
        ("run.precision", "float64"),
        ("run.cfl", 0.5),
        ("output.stations.every", 0.04),
        ("output.planes.0.every", 0.1),
    ],
)
def test_another_configuration_is_refused(path, value, stopped):
    scene = change(quake(stopped, backend="numpy"), path, value)
    before = {p: p.stat().st_mtime_ns for p in stopped.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match="belongs to another configuration"):
        simulate(configured(scene), resume=True)
    assert {p: p.stat().st_mtime_ns for p in stopped.rglob("*") if p.is_file()} == before


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("ranks", [1, 3])
def test_a_nan_stops_the_run_where_it_is(ranks, tmp_path):
    at = (7, 9, 17)  # k, j, i

    def poison(run, clock):
        crust, block = run.engine.crust, run.engine.crust.block
        if clock.step == 49 and block.owns(*at[1:]):
            k, j, i = (n + block.halo for n in (at[0], at[1] - block.j0, at[2] - block.i0))
            crust.v[1, k, j, i] = np.nan

    with pytest.raises(NumericalError) as failure:
        march(quake(tmp_path), poison, ranks)
    assert failure.value.exit_code == 3
    found = re.fullmatch(
        r"step 50, t = (-?[\d.]+) s: velocities are not finite: v([xyz]) is nan at cell k = (\d+), j = (\d+), "
        r"i = (\d+), x = (-?\d+), y = (-?\d+), depth = (\d+) m",
        str(failure.value),
    )
    assert found is not None, str(failure.value)
    k, j, i = (int(found[n]) for n in (3, 4, 5))
    assert all(abs(a - b) <= 3 for a, b in zip((k, j, i), at, strict=True))
    assert [float(found[n]) for n in (6, 7, 8)] == [-1150 + 100 * i, -1050 + 100 * j, 50 + 100 * k]
    assert not [*tmp_path.glob("fields.nc")] and not [*tmp_path.rglob("*.partial")]


def test_what_is_not_finite_never_gets_into_a_checkpoint(tmp_path):
    """The checkpoint is due at a step at which nobody else looks at the state."""

    def poison(run, clock):
        if clock.step == due - 1:
            run.engine.crust.s[0, 9, 9, 9] = np.inf

    due = steps_between_checkpoints(tmp_path / "good")
    assert due % 50
    with pytest.raises(NumericalError, match=f"step {due}"):
        march(quake(tmp_path / "bad"), poison)
    assert not [*(tmp_path / "bad").rglob("step_*")]


def steps_between_checkpoints(directory: Path) -> int:
    compute(change(quake(directory), "time.duration", 0.35))
    earlier, last = steps(directory)
    return last - earlier


def grow(run, clock):
    """What an unstable absorbing layer does: everything grows by a few per cent with every step."""
    run.engine.crust.v[...] *= np.float32(1.03)
    run.engine.crust.s[...] *= np.float32(1.03)


def growing(directory: Path, **run) -> dict:
    """The scene without stations, whose sources end after 0.5 s, and which then goes on."""
    scene = change(quake(directory, **run), "physics.low_pass", False)
    scene["time"]["duration"], scene["stations"] = 3, []
    scene["output"] = {"directory": str(directory)}
    return scene


def test_a_run_that_grows_after_its_sources_have_ended_is_stopped(tmp_path):
    scene = growing(tmp_path / "out")
    with pytest.raises(
        NumericalError, match="velocities have grown .* although the sources ended at"
    ) as failure:
        march(scene, grow)
    found = re.match(r"step (\d+), t = ([\d.]+) s: ", str(failure.value))
    assert found and 0.7 < float(found[2]) < 2 and "kind: sponge" in str(failure.value)
    assert failure.value.exit_code == 3 and not [*(tmp_path / "out").glob("*.nc")]


def test_the_watchdog_goes_on_with_the_run(tmp_path):
    """A run that grows only after it was taken up is measured by what there was before."""
    scene, seen = growing(tmp_path / "out"), []
    cut_off(scene, 110, stop=True)

    def look(run, clock):
        seen.append((run.stability.most, run.stability.opened))
        grow(run, clock)

    with pytest.raises(NumericalError, match="velocities have grown"):
        march(scene, look, 2, resume=True)
    assert seen[0][0] > 0 and seen[0][1] > 0


def test_the_watchdog_can_be_told_to_look_away(tmp_path):
    assert march(growing(tmp_path / "out", watchdog=False), grow)[0].simulation.clock.done


SIMULATED = """
import sys
from pathlib import Path
from support.quakes import change, compute, quake
from support.scenes import differing

def scene(backend, attenuation):
    made = quake(Path(sys.argv[1]) / f"{attenuation}-{backend}", attenuation, backend=backend)
    made["grid"] |= {"x": [-300, 300], "y": [-300, 200], "depth": [0, 700], "boundary": {"cells": 2}}
    made["source"] = [dict(made["source"][0], x=30, y=-20, depth=230), dict(made["source"][1], x=-130, y=60)]
    made["stations"] = [{"name": "a", "x": 110, "y": 40, "depth": 70}]
    made["output"]["planes"][1]["x"], made["output"]["planes"][2]["depth"] = -80, 250
    made["output"]["checkpoint"]["every"] = 0.01
    for plane in made["output"]["planes"]:
        plane["every"] = 0.01
    made["output"]["fields"]["every"] = made["output"]["surface_displacement"]["every"] = 0.01
    made["time"]["duration"] = 0.02
    for source in made["source"]:
        source["time_function"] = {"kind": "triangle", "duration": 0.05}
    return made

wanted = compute(scene("numpy", sys.argv[2]))
assert abs(wanted["stations.vx"]).max() > 0
assert differing(compute(scene("cuda", sys.argv[2])), wanted) == []
print("the same bits")
"""


@pytest.mark.simulator
@pytest.mark.parametrize("attenuation", [pytest.param("none", marks=pytest.mark.thorough), "coarse"])
def test_the_cuda_kernels_in_the_simulator_equal_numpy(tmp_path, attenuation):
    assert in_simulator(SIMULATED, tmp_path, attenuation) == "the same bits"
