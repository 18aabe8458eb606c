"""A run that was cut off and goes on is the run that was not, bit for bit."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.files import contents
from support.scenes import (
    but_checkpoints,
    channel,
    compute,
    configured,
    cut_off,
    differing,
    japan,
    latest,
    mpirun,
    saved,
    steps,
    written,
)

from esim.cli.run import main
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.io.cf import FILL
from esim.timestepping.signals import STOP
from esim.variables.ocean import STATIONS


@pytest.fixture(autouse=True)
def nobody_asks():
    """No test leaves a request to stop behind."""
    yield
    STOP.asked = False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the uninterrupted run of a scene writes."""
    found: dict = {}

    def get(scene) -> dict[str, np.ndarray]:
        if scene not in found:
            found[scene] = compute(scene(tmp_path_factory.mktemp("whole")))
        return found[scene]

    return get


# ------------------------------------------------------------------ the same bits


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(1, 1, marks=pytest.mark.long), (2, 3), pytest.param(4, 1, marks=pytest.mark.long)],
)
def test_a_killed_run_goes_on_from_its_checkpoint(before, after, whole, tmp_path):
    """The second fault of the scene breaks from 600 s to 2100 s; the checkpoint is at 1800 s."""
    scene = japan(tmp_path)
    cut_off(scene, 40, before)
    assert steps(tmp_path) == [28]
    assert 600 < latest(tmp_path).attributes["time"][0] < 2100
    assert differing(compute(scene, after, resume=True), whole(japan)) == []


@pytest.mark.parametrize(("before", "after"), [pytest.param(1, 2, marks=pytest.mark.long), (3, 1)])
def test_periodic_walls_and_an_adaptive_step_go_on_too(before, after, whole, tmp_path):
    """The source lies on the seam and still moves at the checkpoint at 600 s."""
    scene = channel(tmp_path)
    stop = [s for s in whole(channel)["fields.step"] if s > 0][1] - 2
    cut_off(scene, stop, before)
    assert 100 < latest(tmp_path).attributes["time"][0] < 900
    assert differing(compute(scene, after, resume=True), whole(channel)) == []


@pytest.mark.long
def test_a_run_is_cut_off_again_and_again(whole, tmp_path):
    scene = japan(tmp_path)
    for step, ranks in ((10, 1), (35, 2), (40, 1), (70, 3)):
        cut_off(scene, step, ranks, resume=True)
    assert differing(compute(scene, 2, resume=True), whole(japan)) == []


def test_a_finished_run_can_be_resumed(whole, tmp_path):
    scene = japan(tmp_path)
    compute(scene)
    assert differing(compute(scene, resume=True), whole(japan)) == []


@pytest.mark.parametrize(
    ("ranks", "step"),
    [
        pytest.param(1, 1, marks=pytest.mark.long),
        (1, 70),
        (2, 12),
        pytest.param(3, 20, marks=pytest.mark.long),
    ],
)
def test_a_run_stops_on_request_and_goes_on(ranks, step, whole, tmp_path):
    """It stops at the next tenth step, also where outputs or a checkpoint are due: at 10, 20, ... and 28, 56."""
    scene = japan(tmp_path)
    cut_off(scene, step, ranks, stop=True)
    assert steps(tmp_path)[-1] == -(-step // 10) * 10
    assert not [*tmp_path.rglob("*.partial")]
    assert differing(but_checkpoints(compute(scene, 2, resume=True)), but_checkpoints(whole(japan))) == []


def test_nothing_due_at_the_step_of_a_stop_is_lost(tmp_path):
    """The stop comes at a step at which gauges, a snapshot and a checkpoint are due."""

    def scene(directory: Path) -> dict:
        found = japan(directory, dt=60)
        found["time"]["duration"] = 1800
        found["output"] |= {
            "fields": {"every": 600},
            "stations": {"every": 120},
            "checkpoint": {"every": 1200},
        }
        return found

    wanted = compute(scene(tmp_path / "whole"))
    assert list(wanted["fields.step"]) == [0, 10, 20, 30]
    for step in (10, 20):
        cut_off(scene(tmp_path / f"{step}"), step, stop=True)
        found = compute(scene(tmp_path / f"{step}"), resume=True)
        assert differing(but_checkpoints(found), but_checkpoints(wanted)) == []


# ------------------------------------------------------------------ what may not be resumed


def change(scene: dict, path: str, value) -> dict:
    *outer, last = path.split(".")
    section = scene
    for name in outer:
        section = section[int(name) if name.isdigit() else name]
    section[last] = value
    return scene


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("grid.spacing", 1.0),
        ("physics.manning", 0.03),
        ("source.0.kajiura", False),
        ("source.0.faults.1.slip", 5),
        ("time.duration", 3600),
        pytest.param("run.precision", "float64", marks=pytest.mark.compile),
        ("run.cfl", 0.5),
    ],
)
def test_another_configuration_is_refused(path, value, tmp_path, stopped):
    scene = change(japan(stopped), path, value)
    before = contents(stopped)
    with pytest.raises(InputError, match="belongs to another configuration"):
        simulate(configured(scene), resume=True)
    assert contents(stopped) == before


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The directory of a run that was stopped after ten steps."""
    directory = tmp_path_factory.mktemp("stopped")
    cut_off(japan(directory), 10, stop=True)
    return directory


def test_title_machine_and_compression_may_differ(whole, tmp_path):
    cut_off(japan(tmp_path), 10, stop=True)
    scene = japan(tmp_path, memory_limit="4 GB") | {"title": "Another one"}
    scene["output"]["compression"] = 4
    assert differing(but_checkpoints(compute(scene, resume=True)), but_checkpoints(whole(japan))) == []


def test_without_a_checkpoint_the_run_begins_anew(whole, tmp_path, caplog):
    scene = japan(tmp_path)
    cut_off(scene, 5)
    assert differing(compute(scene, resume=True), whole(japan)) == []
    assert "there is no checkpoint; starting from the beginning" in caplog.text


def test_a_finished_run_without_a_checkpoint_is_not_overwritten(tmp_path):
    scene = japan(tmp_path / "out")
    scene["time"]["duration"] = 600
    scene["output"]["checkpoint"] = None
    compute_only = simulate(configured(scene))
    before = (compute_only / "fields.nc").stat().st_mtime_ns
    with pytest.raises(InputError, match="is complete and has no checkpoint"):
        simulate(configured(scene), resume=True)
    assert (compute_only / "fields.nc").stat().st_mtime_ns == before
    scene["output"]["overwrite"] = True
    simulate(configured(scene), resume=True)


def test_a_damaged_checkpoint_is_skipped_for_the_one_before(whole, tmp_path, caplog):
    scene = japan(tmp_path)
    cut_off(scene, 60, 2)
    assert steps(tmp_path) == [28, 56]
    part = tmp_path / "checkpoint/step_0000000056/part_00001.npy"
    part.write_bytes(part.read_bytes()[:3000])
    assert differing(compute(scene, resume=True), whole(japan)) == []
    assert f"{part} has 3000 bytes in place of" in caplog.text


def test_where_all_checkpoints_are_damaged_the_run_begins_anew_only_if_it_may_replace_them(whole, tmp_path):
    scene = japan(tmp_path)
    cut_off(scene, 60)
    for path in (tmp_path / "checkpoint").glob("*/manifest.json"):
        path.write_bytes(b"damaged")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="no checkpoint in .* is whole: .*manifest.json is damaged"):
        simulate(configured(scene), resume=True)
    assert contents(tmp_path) == before and [*(tmp_path / "checkpoint").glob("fields_*.nc")]
    scene["output"]["overwrite"] = True
    assert differing(compute(scene, resume=True), whole(japan)) == []


# ------------------------------------------------------------------ other gauges


@pytest.mark.long
def test_a_resumed_run_may_have_other_gauges(whole, tmp_path, caplog):
    """One is left out, one moved, one new, and the others stand in another order: nothing else changes a bit."""
    scene, more = japan(tmp_path / "out"), {"name": "new", "lon": 146.3, "lat": 38.1}
    cut_off(scene, 40)
    moved = scene["stations"][3] | {"lon": 147.6}
    scene["stations"] = [more, *scene["stations"][:3:-1], moved, *scene["stations"][1:3]]
    found = but_stations(compute(scene, 2, resume=True), scene)
    assert differing(found[0], but_stations(whole(japan), japan(tmp_path))[0]) == []
    series, before = found[1], but_stations(whole(japan), japan(tmp_path))[1]
    kept = [f"g{n}" for n in range(9) if n not in (0, 3)]
    assert all(np.array_equal(series[name], before[name]) for name in kept)
    anew = japan(tmp_path / "anew")
    anew["stations"] = [more, moved]
    compute(anew)
    wanted = but_stations(written(tmp_path / "anew"), anew)[1]
    time = found[0]["stations.time"]
    late = time > 1800 + 3 * 65  # s, three steps: all around a sample were seen
    for name in ("new", "g3"):
        assert late.any() and (series[name][:, time < 1800] == FILL).all()
        assert np.array_equal(series[name][:, late], wanted[name][:, late])
    assert "stations: 'new', 'g3' begin at 1800 s, where the run is resumed" in caplog.text
    assert "stations: 'g0', 'g3' of the checkpoint are left out" in caplog.text


def but_stations(
    found: dict[str, np.ndarray], scene: dict
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What a run has written but of its gauges, and their series (variables, times) by name."""
    names = tuple(name for name in STATIONS if f"stations.{name}" in found)
    values = [found[f"stations.{name}"] for name in names]
    series = {
        one["name"]: np.array([value[n] for value in values]) for n, one in enumerate(scene["stations"])
    }
    of_gauges = {f"stations.{name}" for name in (*names, "station", "lon", "lat")}
    rest = {
        name: one
        for name, one in found.items()
        if name not in of_gauges and not name.endswith(("station_values", "station_step_values"))
    }
    return rest, series


# ------------------------------------------------------------------ signals


@pytest.mark.parametrize("name", [pytest.param("SIGUSR1", marks=pytest.mark.long), "SIGTERM"])
def test_a_signal_ends_the_command_with_75_and_it_can_go_on(name, tmp_path):
    scene = japan(tmp_path / "out", dt=5)
    scene["time"]["duration"] = 3e7  # it never comes to its end
    del scene["output"]["checkpoint"]
    scene["output"] |= {"fields": {"every": 86400}, "stations": {"every": 3600}}
    file, reached = saved(scene, tmp_path), []
    for more in ([], ["--resume"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "esim.cli.run", str(file), "--quiet", *more],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for(process, lambda: [*(tmp_path / "out").rglob(".*.partial")])
            process.send_signal(getattr(signal, name))
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 75, err
        assert re.search(r"^esim-run: stopped on request at t = [\d.]+ s .* --resume$", err, re.MULTILINE)
        reached += steps(tmp_path / "out")[-1:]
    assert 0 < reached[0] < reached[1]


def wait_for(process: subprocess.Popen, condition) -> None:
    while not condition():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


@pytest.mark.mpi
def test_the_command_stops_and_resumes_under_mpi(whole, tmp_path):
    """Stopped on three ranks, resumed on two by the command itself."""
    scene = japan(tmp_path / "out")
    cut_off(scene, 33, 3, stop=True)
    ran = mpirun(2, "-m", "esim.cli.run", saved(scene, tmp_path), "--resume", "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert differing(but_checkpoints(written(tmp_path / "out")), but_checkpoints(whole(japan))) == []


def test_a_request_that_came_early_is_heard(tmp_path, capsys):
    """A signal during the preparation is answered after the first steps, with code 75."""
    STOP.ask()
    assert main([str(saved(japan(tmp_path / "out"), tmp_path)), "--quiet"]) == 75
    assert "stopped on request" in capsys.readouterr().err
    assert steps(tmp_path / "out") == [10]


SLOW = """
import sys, time
from esim.cli import run
from esim.cli.run import main
from esim.io.checkpoint import write
from esim.timestepping.signals import STOP

publish = write.publish

def slowly(*arguments):
    time.sleep(3)
    publish(*arguments)

run.PATIENCE = 1.5
write.publish = slowly
STOP.ask()
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.mpi
def test_no_rank_ends_the_one_that_still_writes_the_last_checkpoint(tmp_path):
    """However long the disk takes: ranks that have an error wait some seconds for each other, and no longer."""
    (tmp_path / "slow.py").write_text(SLOW)
    ran = mpirun(2, tmp_path / "slow.py", saved(japan(tmp_path / "out"), tmp_path), "--quiet")
    assert ran.returncode == 75, ran.stderr
    told = [line for line in ran.stderr.splitlines() if not line.startswith("output.stations.every")]
    assert len(told) == 1 and told[0].startswith("esim-run: stopped on request at t = ")
    assert steps(tmp_path / "out") == [10] and not [*(tmp_path / "out").rglob("*.partial")]
