"""How far is the run? A bar on a terminal, plain lines elsewhere; and a short summary at the end."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from esim.backends.energy import energy_lines
from esim.timestepping.clock import Clock


class Progress:
    """Progress of a run towards its end [s]: simulated time, ratio of simulated to wall time, time left."""

    def __init__(self, end: float, active: bool = True, interval: float = 5.0) -> None:
        self._end, self._active, self._interval = end, active, interval
        self._begun: tuple[float, float] | None = None
        self._last = 0.0
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        if self._active and sys.stdout.isatty():
            from rich.progress import BarColumn, Progress, TextColumn

            columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}")
            self._bar = Progress(*columns)
            self._task = self._bar.add_task("computing", total=self._end, text="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, clock: Clock) -> None:
        """Report the progress, if it is time to."""
        if not self._active:
            return
        now = time.monotonic()
        if self._begun is None:
            self._begun, self._last = (now, clock.time), now
        if now - self._last < (0.2 if self._bar else self._interval) and not clock.done:
            return
        self._last = now
        text = self._text(clock, now, *self._begun)
        if self._bar is not None:
            self._bar.update(self._task, completed=clock.time, text=text)
        else:
            say(f"  {100 * clock.time / self._end:5.1f} %  {text}")

    def _text(self, clock: Clock, now: float, begun: float, first: float) -> str:
        wall, simulated = now - begun, clock.time - first
        if wall <= 0 or simulated <= 0:
            return f"t = {span(clock.time)}"
        ratio = simulated / wall
        left = (self._end - clock.time) / ratio
        return f"t = {span(clock.time)}  step {clock.step:,}  {_ratio(ratio)} x real time  {span(left)} left"


def say(*lines: str) -> None:
    """Print lines; a reader that has gone, or a full disk under a log file, is no reason to end a run."""
    try:
        print(*lines, sep="\n", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ratio(value: float) -> str:
    """A ratio as printed: whole from ten on, else with two digits."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def span(seconds: float) -> str:
    """A duration as printed: 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def summary(record: dict[str, Any], scenario: Sequence[str], written: Sequence[Path]) -> list[str]:
    """Lines about a finished run: speed, lines of its scenario, warnings, files."""
    loop = record["timings"]["time loop"]
    simulated = record["simulated_seconds"]
    lines = [
        f"done: {record['steps']:,} steps, {span(simulated)} simulated in {loop:.1f} s ({_ratio(simulated / loop)} x "
        f"real time), {(record['cell_rate'] or 0) / 1e6:,.0f} million cell updates/s on {record['backend']['name']}",
        "time [s]: " + ", ".join(f"{name} {value:.1f}" for name, value in record["timings"].items()),
        f"memory: {record['peak_memory'] / 1e6:.0f} MB",
        *energy_lines(record["energy"]),
    ]
    lines += scenario
    lines += [f"warning: {text}" for text in record["warnings"]]
    return lines + ["written:"] + [f"  {path}" for path in (*written, _record_path(written))]


def _record_path(written: Sequence[Path]) -> str:
    return str(written[0].parent / "run.json") if written else "run.json"
