"""A run tells how far it is: in a log now and then, by a clock that the test turns."""

import pytest

from esim.cli.progress import LONGEST, Progress
from esim.timestepping.clock import Clock


class Wall:
    """Wall-clock time that passes only when it is told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def told(
    capsys: pytest.CaptureFixture[str], steps: int, seconds: float, start: int = 0
) -> list[tuple[float, str]]:
    """Wall-clock time [s] and text of the lines of a run of so many steps of 60 s that take so many seconds each."""
    wall, lines = Wall(), []
    with Progress(now=wall) as progress:
        for step in range(start + 1, steps + 1):
            wall.time += seconds
            progress(Clock(60.0 * steps, 60.0 * step, step=step))
            out = capsys.readouterr().out
            assert out.count("\n") <= 1
            lines += [(wall.time - 1000, out)] if out else []
    return lines


def test_each_tenth_of_a_quick_run_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, 1000, 1e-3)
    assert [float(text.split("%")[0]) for _, text in lines] == [10 * n for n in range(1, 11)]
    # 60 s in a millisecond: the ratio that is printed.
    assert "t = 1:40:00  step 100  60,000 x real time  0:01 left" in lines[0][1]


def test_a_slow_run_is_never_silent_for_long(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten hours of wall time in steps of a second: a line at least every minute at first, then ever sparser."""
    lines = told(capsys, 36000, 1.0)
    times = [time for time, _ in lines]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert times[:3] == [11, 21, 31]
    assert max(gap for gap, time in zip(gaps, times, strict=False) if time < 600) <= 60
    assert max(gaps) == LONGEST
    assert {3600.0 * n for n in range(1, 11)} <= set(times) and len(times) < 36000 / LONGEST + 60


def test_a_log_says_so_where_no_step_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """The watchdog reminds every second: of a preparation of 200 s, and of a step that takes 100 s."""
    wall, lines = Wall(), []

    def remind(seconds: int) -> None:
        for _ in range(seconds):
            wall.time += 1
            progress.remind()
            out = capsys.readouterr().out
            lines.extend([(wall.time - 1000, out)] if out else [])

    with Progress(now=wall) as progress:
        remind(200)
        progress(Clock(6000.0, 60.0, step=1))
        remind(100)
    assert lines == [
        (60, "  preparing for 1:00\n"),
        (120, "  preparing for 2:00\n"),
        (180, "  preparing for 3:00\n"),
        (260, "  in the same step for 1:00\n"),
    ]


def test_a_resumed_run_counts_from_where_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, 1000, 1e-3, start=550)
    assert [float(text.split("%")[0]) for _, text in lines] == [60, 70, 80, 90, 100]
    assert "60,000 x real time  0:00 left" in lines[-1][1]


def test_a_rank_has_no_bar_though_its_launcher_gives_it_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open MPI does, also where the output goes into a log."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with Progress(launched=True) as progress:
        progress(Clock(600.0, 0.0))
        progress(Clock(600.0, 600.0, step=10))
    out = capsys.readouterr().out
    assert out.startswith("  100.0 %  t = 10:00") and "\x1b" not in out


def test_a_rank_that_is_not_the_first_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    wall = Wall()
    with Progress(active=False, now=wall) as progress:
        for step in range(1, 11):
            wall.time += 1000
            progress(Clock(600.0, 60.0 * step, step=step))
    assert capsys.readouterr().out == ""
