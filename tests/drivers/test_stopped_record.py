"""What is left of a run that was stopped: a record that does not pretend to be that of a finished one."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.scenes import Killed, channel, configured, cut_off

from esim.analysis.accessor import open_run
from esim.cli.run import main
from esim.drivers.driver import Driver
from esim.drivers.run import checked, driver_of, prepared, simulate
from esim.errors import InputError
from esim.parallel.comm import SerialComm
from esim.timestepping.signals import STOP

CHECKPOINTS = {"fields": {"every": 600}, "checkpoint": {"every": 600}}


@pytest.fixture(autouse=True)
def nobody_asks() -> Any:
    """No test leaves a request to stop behind."""
    yield
    STOP.asked = False


def scene(folder: Path) -> dict[str, Any]:
    found = channel(folder, backend="numpy")
    return found | {"time": {"duration": 1800}, "output": found["output"] | CHECKPOINTS}


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_stopped_run_leaves_a_record_until_it_is_resumed(tmp_path: Path, ranks: int) -> None:
    out, given = tmp_path / "out", scene(tmp_path / "out")
    cut_off(given, 10, ranks, stop=True)
    record = json.loads((out / "stopped.json").read_text())
    assert not (out / "run.json").exists() and record["state"] == "stopped"
    stopped = record["stopped"]
    assert (stopped["step"], stopped["end"], record["steps"]) == (10, 1800, 10)
    assert 0 < stopped["time"] < 1800 and "on request" in stopped["why"]
    assert record["timings"]["time loop"] > 0 and record["wall_clock"]["checkpoint_seconds"] >= 0
    assert record["decomposition"]["ranks"] == ranks and record["files"] == []
    compared = record["prediction"]  # a part of a run is not compared with the prediction of the whole
    assert compared["predicted"]["time"] > 0 and {*compared["measured_over_predicted"]} == {"memory"}
    said = r"out: the run was stopped at t = \d+\.\d s of 1800\.0 s \(.* UTC\), with a checkpoint; .*--resume"
    with pytest.raises(InputError, match=said):
        open_run(out)

    simulate(configured(given), resume=True)
    assert not (out / "stopped.json").exists()
    record = json.loads((out / "run.json").read_text())
    assert record["state"] == "complete" and record["resumed"]["step"] == 10


def test_a_coupled_run_is_stopped_where_its_part_is(tmp_path: Path) -> None:
    record = {"stopped": {"time": 12.0, "end": 60.0}, "ended": "2026-05-04T10:11:12+00:00"}
    (tmp_path / "ocean").mkdir()
    (tmp_path / "ocean/stopped.json").write_text(json.dumps(record))
    with pytest.raises(
        InputError, match=r"ocean: the run was stopped at t = 12.0 s of 60.0 s \(2026-05-04 10:11 UTC"
    ):
        open_run(tmp_path)


def test_the_record_goes_when_a_resumed_run_begins(tmp_path: Path) -> None:
    """A run that is killed later was not stopped there."""
    given = scene(tmp_path / "out")
    cut_off(given, 10, stop=True)
    cut_off(given, 15, resume=True)
    assert not (tmp_path / "out/stopped.json").exists()
    with pytest.raises(InputError, match="not the output directory of a finished run"):
        open_run(tmp_path / "out")


def test_a_stopped_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    given = scene(tmp_path / "out")
    cut_off(given, 10, stop=True)
    with pytest.raises(InputError, match="already has a run"):
        simulate(configured(given))
    overwriting = given | {"output": given["output"] | {"overwrite": True}}
    with pytest.raises(Killed):
        _killed_at_once(overwriting)
    assert not (tmp_path / "out/stopped.json").exists()


def _killed_at_once(given: dict[str, Any]) -> None:
    def end(clock: Any) -> None:
        raise Killed

    config = configured(given)
    driver = driver_of(config)
    with prepared(driver, checked(driver, config, SerialComm()), observers=[end]) as run:
        run.compute()


def test_a_record_that_cannot_be_written_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The checkpoint is there, so the run ends as it would."""
    out = tmp_path / "out"

    def obstruct(run: Any, clock: Any) -> None:
        if clock.step == 10:
            (out / "stopped.json").mkdir()

    cut_off(scene(out), 10, stop=True, observe=obstruct)
    assert f"cannot write {out}/stopped.json: " in caplog.text and [*(out / "checkpoint").glob("step_*")]


def test_a_run_is_predicted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its plan, and for the record."""
    asked: list[Any] = []
    config = configured(scene(tmp_path / "out"))
    driver = type(driver_of(config))
    workload = driver.workload

    def counted(self: Driver[Any, Any, Any], setup: Any, ranks: int) -> Any:
        asked.append(setup)
        return workload(self, setup, ranks)

    monkeypatch.setattr(driver, "workload", counted)
    path = tmp_path / "scene.yaml"
    path.write_text(json.dumps(scene(tmp_path / "out")))
    assert main([str(path)]) == 0
    assert len(asked) == 1
