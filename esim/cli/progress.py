"""How far is the run? A bar on a terminal, lines now and then in a log; and a short summary at the end."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from esim.backends.energy import energy_lines
from esim.timestepping.clock import Clock

FIRST, LONGEST = 10.0, 600.0  # s of wall time between two lines in a log: at first, and at most
SPARSER = (
    10  # a line in a log comes when this part, 1 / SPARSER, of the time until the last one has passed again
)
SILENCE = 60.0  # s without a step, or before the first, after which a log says so
ROUND_OFF = 1e-12  # of the time: a tenth that is reached is done
REDRAW = 0.2  # s between two states of the bar on a terminal


class Progress:
    """Progress of a run, or of its parts one after another: simulated time, ratio to wall time, time left.

    Without a terminal, and in ranks of a launcher, there is a line at each tenth of the run, and one when a tenth of
    the time since the first step has passed since the last one, but at least 10 s and at most 10 minutes: so at least
    every minute in the first ten. now() is the wall-clock time [s].
    """

    def __init__(
        self,
        active: bool = True,
        now: Callable[[], float] = time.monotonic,
        launched: bool = False,
    ) -> None:
        self._active, self._now, self._launched = active, now, launched
        self._begun: tuple[float, float] | None = None
        self._tenths, self._part_name = 0, ""
        self._bar: Any = None
        self._opened = self._last = self._moved = now()

    def __enter__(self) -> "Progress":
        # Open MPI gives its ranks a terminal of their own, whatever becomes of their output.
        if self._active and not self._launched and sys.stdout.isatty():
            from rich.progress import BarColumn, Progress, TextColumn

            columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}")
            self._bar = Progress(*columns)
            self._task = self._bar.add_task("computing", total=None, text="")
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
        now = self._moved = self._now()
        if clock.name != self._part_name:
            self._begun, self._part_name = None, clock.name
        if self._begun is None:
            self._begun, self._last = (now, clock.time), now
            self._tenths = self._tenths_of(clock)
        if self._bar is not None:
            self._draw(clock, now)
        else:
            self._log(clock, now)

    def remind(self) -> None:
        """Say in a log that the run is still there, if no step has ended for long; another thread may call it."""
        now = self._now()
        if not self._active or self._bar is not None or now - self._moved < SILENCE:
            return
        if now - self._last >= max(SILENCE, self._patience):
            self._last = now
            what = "preparing" if self._begun is None else "in the same step"
            say(f"  {what} for {span(now - self._moved)}")

    @property
    def _patience(self) -> float:
        """How long [s] after a line the next one comes."""
        begun = self._opened if self._begun is None else self._begun[0]
        return min(max((self._last - begun) / SPARSER, FIRST), LONGEST)

    def _draw(self, clock: Clock, now: float) -> None:
        """Move the bar."""
        if now - self._last >= REDRAW or clock.done:
            self._last = now
            done, whole = clock.time - clock.begin, clock.end - clock.begin
            what = clock.name or "computing"
            self._bar.update(
                self._task, description=what, completed=done, total=whole, text=self._text(clock, now)
            )

    def _log(self, clock: Clock, now: float) -> None:
        """Print a line, if another tenth is done, or nothing was said for long."""
        tenths, waited = self._tenths_of(clock), now - self._last >= self._patience
        if not (tenths > self._tenths or waited or clock.done):
            return
        self._last, self._tenths = now, tenths
        name = f"{clock.name} " if clock.name else ""
        say(f"  {name}{100 * self._part(clock):5.1f} %  {self._text(clock, now)}")

    def _tenths_of(self, clock: Clock) -> int:
        """How many tenths of the run are done."""
        return int(10 * self._part(clock) * (1 + ROUND_OFF))

    def _part(self, clock: Clock) -> float:
        """What part of the run is done."""
        return (clock.time - clock.begin) / (clock.end - clock.begin)

    def _text(self, clock: Clock, now: float) -> str:
        assert self._begun is not None  # by __call__
        begun, first = self._begun
        wall, simulated = now - begun, clock.time - first
        if clock.counts:
            rest = f"  {span((clock.end - clock.time) * wall / simulated)} left" if simulated > 0 else ""
            return f"{clock.time:,.0f} of {clock.end:,.0f} {clock.counts}{rest}"
        if wall <= 0 or simulated <= 0:
            return f"t = {span(clock.time)}"
        ratio = simulated / wall
        left = (clock.end - clock.time) / ratio
        return f"t = {span(clock.time)}  step {clock.step:,}  {_ratio(ratio)} x real time  {span(left)} left"


def track(items: Iterable[Any], count: int) -> Iterator[Any]:
    """The items, with a bar on a terminal, or a line at each fifth in a log, on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track as bar

        yield from bar(items, description="frames", total=count, console=Console(stderr=True))
        return
    for n, item in enumerate(items, start=1):
        yield item
        if n == count or (5 * n) // count > (5 * (n - 1)) // count:
            print(f"  frame {n} of {count}", file=sys.stderr, flush=True)


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
    """A duration, or a time that may lie before the origin time, as printed: 1:02:03, 2:03 or -0:05."""
    minutes, rest = divmod(abs(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if round(seconds) < 0 else ""
    return sign + (f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}")


def summary(record: dict[str, Any], scenario: Sequence[str], written: Sequence[Path]) -> list[str]:
    """Lines about a finished run: speed, lines of its scenario, warnings, files; of each part, if it has several."""
    lines = []
    for name, part in record.get("parts", {"": record}).items():
        head = [name] if name else []
        lines += [*head, *(f"  {line}" if name else line for line in _speed(part))]
    if "steps" not in record:
        lines.append(f"in all: {record['timings']['time loop']:.1f} s")
    lines += scenario
    lines += [f"warning: {text}" for text in record["warnings"]]
    records = _records(record, written) if "state" in record else []
    return lines + ["written:"] + [f"  {path}" for path in (*_shown(written), *records)]


def _speed(record: dict[str, Any]) -> list[str]:
    """What a run of one engine took; nothing of one that has none."""
    if "steps" not in record:
        return []
    loop, simulated = record["timings"]["time loop"], record["simulated_seconds"]
    return [
        f"done: {record['steps']:,} steps, {span(simulated)} simulated in {loop:.1f} s ({_ratio(simulated / loop)} x "
        f"real time), {(record['cell_rate'] or 0) / 1e6:,.0f} million cell updates/s on {record['backend']['name']}",
        "time [s]: " + ", ".join(f"{name} {value:.1f}" for name, value in record["timings"].items()),
        f"memory: {record['peak_memory'] / 1e6:.0f} MB",
        *energy_lines(record["energy"]),
    ]


def _shown(written: Sequence[Path]) -> list[Path]:
    """Paths of files, of those in a folder of their own only that."""
    return list(dict.fromkeys(path.parent if path.suffix == ".SAC" else path for path in written))


def _records(record: dict[str, Any], written: Sequence[Path]) -> list[str]:
    """Paths of the records of a run and its parts."""
    if not written:
        return ["run.json"]
    folders = dict.fromkeys(path.parent for path in written if path.suffix != ".SAC")
    if "parts" not in record:
        return [str(written[0].parent / "run.json")]
    return [*(str(folder / "run.json") for folder in folders), str(written[0].parent.parent / "run.json")]
