"""A run that has not enough time left writes a checkpoint and leaves; one that will be done is not cut."""

import time
from datetime import datetime

import pytest
from support.commands import settings, write_pond

from esim.cli.run import main
from esim.supervision.pulse import PULSE
from esim.supervision.time_limit import TimeLimit, find_limit
from esim.supervision.wall_clock import MARGIN, WallClock

DATE = "2026-11-30T18:30:00"
END = datetime.fromisoformat(DATE).timestamp()


def answers(**found: str):
    """What commands of Slurm print, by their names."""
    return lambda command: found.get(command[0], "")


@pytest.mark.parametrize(
    ("environment", "printed", "end", "source"),
    [
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_END_TIME": "2000000000"}, {}, 2e9, "SLURM_JOB_END_TIME"),
        ({"SLURM_JOB_ID": "7"}, {"squeue": f"{DATE}\n"}, END, "squeue"),
        ({"SLURM_JOB_ID": "7"}, {"squeue": "NONE\n", "scontrol": f"JobId=7 EndTime={DATE} X=1"}, END, "scontrol"),
        ({"SLURM_JOB_ID": "7"}, {"squeue": "N/A\n"}, None, ""),  # no limit
        ({"COBALT_ENDTIME": "2000000000"}, {}, 2e9, "COBALT_ENDTIME"),
        ({}, {"squeue": DATE}, None, ""),  # in no job
    ],
)  # fmt: skip
def test_the_limit_of_a_batch_system(environment, printed, end, source):
    found = find_limit(None, environment, answers(**printed))
    assert (found.end, found.source) == (end, source) if end else found is None


def test_a_length_counts_from_the_start_of_the_job():
    found = find_limit(None, {"PBS_WALLTIME": "3600"})
    assert found is not None and found.length == pytest.approx(3600) and found.begin <= time.time()


def test_the_earlier_one_counts():
    walltime = find_limit(5.0, {"SLURM_JOB_END_TIME": "4e9"})
    assert walltime is not None and walltime.source == "run.walltime" and walltime.length == 5.0
    batch = find_limit(1e12, {"SLURM_JOB_END_TIME": "4e9"})
    assert batch is not None and batch.source == "SLURM_JOB_END_TIME"


def ticking(limit: float, checkpoint: float, steps: int, seconds: float, end: float) -> float | None:
    """When [s] a run leaves whose steps take so many seconds each and simulate 1 s; None if it comes to its end [s]."""
    clock, now = WallClock(), [0.0]
    clock.now = lambda: now[0]
    clock.start(TimeLimit(limit, 0.0, "test"), 0.0)
    clock.measured(-checkpoint, 1, 1.0)
    for step in range(1, steps + 1):
        now[0] += seconds
        if step % 10 == 0 and clock.due(float(step), end):
            return now[0]
        if step >= end:
            return None
    raise AssertionError("it neither leaves nor ends")


def test_it_leaves_in_time_for_its_checkpoint():
    left = ticking(limit=3600, checkpoint=100, steps=100_000, seconds=1, end=1e6)
    assert left is not None
    assert 3600 - 100 - MARGIN - 2 * 10 <= left <= 3600 - 100 - MARGIN


def test_a_slow_checkpoint_has_a_larger_margin():
    left = ticking(limit=36000, checkpoint=1000, steps=100_000, seconds=1, end=1e6)
    assert left is not None and 36000 - 1500 - 20 <= left <= 36000 - 1500


def test_a_run_that_will_be_done_is_not_cut():
    """At 3440 s it would have to leave; its last step is done at 3460 s."""
    assert ticking(limit=3600, checkpoint=100, steps=100_000, seconds=1, end=3460) is None


def test_a_run_that_is_not_quite_done_is_cut():
    assert ticking(limit=3600, checkpoint=100, steps=100_000, seconds=1, end=3590) is not None


def test_the_command_leaves_with_75_goes_on_and_says_so_in_its_record(tmp_path, capsys):
    """The limit has passed long ago, as this process of tests is older: it stops at the first question."""
    import json

    pond = str(write_pond(tmp_path))
    given = [pond, "--output", str(tmp_path / "out"), "--quiet", *settings("run.backend=numpy")]
    assert main([*given, *settings("run.walltime='1 ms'")]) == 75
    assert "stopped before the limit of wall-clock time at t = " in capsys.readouterr().err
    assert PULSE.checkpoint is not None and PULSE.checkpoint[0] == 10
    assert main([*given, "--resume", *settings("run.walltime='300 d'")]) == 0
    record = json.loads((tmp_path / "out/run.json").read_text())["wall_clock"]
    assert record["source"] == "run.walltime" and record["limit"].startswith("20")
