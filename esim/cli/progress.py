"""How far is the run? A bar on a terminal, plain lines elsewhere; and a short summary at the end."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from esim.timestepping.clock import Clock
from esim.tools.energy import energy_lines


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

            columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}")
            self._bar = Progress(*columns)
            self._task = self._bar.add_task("computing", total=self._end, told="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, clock: Clock) -> None:
        """Tell how far it is, if it is time to."""
        if not self._active:
            return
        now = time.monotonic()
        if self._begun is None:
            self._begun, self._last = (now, clock.time), now
        if now - self._last < (0.2 if self._bar else self._interval) and not clock.done:
            return
        self._last = now
        told = self._tell(clock, now)
        if self._bar is not None:
            self._bar.update(self._task, completed=clock.time, told=told)
        else:
            say(f"  {100 * clock.time / self._end:5.1f} %  {told}")

    def _tell(self, clock: Clock, now: float) -> str:
        assert self._begun is not None
        wall, simulated = now - self._begun[0], clock.time - self._begun[1]
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
    """A ratio for people: whole from ten on, else with two digits."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def span(seconds: float) -> str:
    """A duration for people: 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def summary(record: dict[str, Any], written: Sequence[Path]) -> list[str]:
    """Lines about a finished run: speed, sources, warnings, files."""
    loop = record["timings"]["time loop"]
    simulated = record["simulated_seconds"]
    lines = [
        f"done: {record['steps']:,} steps, {span(simulated)} simulated in {loop:.1f} s ({_ratio(simulated / loop)} x "
        f"real time), {(record['cell_rate'] or 0) / 1e6:,.0f} million cell updates/s on {record['backend']['name']}",
        "time [s]: " + ", ".join(f"{name} {value:.1f}" for name, value in record["timings"].items()),
        f"memory: {record['peak_memory'] / 1e6:.0f} MB",
        *energy_lines(record["energy"]),
    ]
    if record.get("at_rest"):
        lines.append(f"at rest: {100 * record['at_rest']['skipped']:.0f} % of the cell updates were skipped")
    lines += _grid_lines(record)
    lines += [_hazard_line(name, grid) for name, grid in record.get("hazard", {}).items()]
    lines += [_source_line(source) for source in record["sources"]]
    lines += [f"warning: {text}" for text in record["warnings"]]
    return lines + ["written:"] + [f"  {path}" for path in (*written, _record_path(written))]


def _grid_lines(record: dict[str, Any]) -> list[str]:
    """How the time was shared among nested grids; nothing where there are none."""
    hours, loop = record["simulated_seconds"] / 3600, record["timings"]["time loop"]
    grids = record.get("grids", [])
    lines = [f"nested grids: {loop / hours:.1f} s for each simulated hour"] if grids else []
    for grid in grids:
        cells, ratio = (
            f"{grid['cells']:,} cells",
            f", {grid['substeps']} steps for one" if grid["parent"] else "",
        )
        begun = "" if grid["awake_from"] is not None else ", never moved"
        lines.append(f"  {grid['name']}: {100 * grid['share']:.0f} % of the time, {cells}{ratio}{begun}")
    return lines


def _hazard_line(name: str, grid: dict[str, Any]) -> str:
    """What the water did to the coast of a grid."""
    parts = [f"{grid['flooded_km2']:.3g} km2 of land flooded"]
    if grid["highest_runup_m"] is not None:
        parts[0] += (
            f", to {grid['deepest_flood_m']:.2f} m deep, up to ground {grid['highest_runup_m']:.2f} m high"
        )
    parts.append(f"{grid['exposed_km2']:.3g} km2 of sea floor exposed")
    if grid["largest_drawdown_m"] is not None:
        parts.append(f"largest drawdown {grid['largest_drawdown_m']:.2f} m")
    return f"coast{'' if name == 'grid' else f' of {name}'}: " + "; ".join(parts)


def _source_line(source: dict[str, Any]) -> str:
    """What a source did: to the seafloor, or by its moment."""
    magnitude = f"Mw {source['magnitude']:.2f}" if source["magnitude"] else ""
    if "largest_uplift_m" in source:
        begin = f"{magnitude}, " if magnitude else ""
        return (
            f"source {source['source']}: {begin}largest uplift {source['largest_uplift_m']:.2f} m, "
            f"subsidence {source['largest_subsidence_m']:.2f} m"
        )
    if "displaced_m3" in source:
        return (
            f"source {source['source']}: {source['volume_m3']:.4g} m3, moved by {source['run_out_m']:.4g} m at up to "
            f"{source['largest_speed_m_s']:.3g} m/s, displaces {source['displaced_m3']:.4g} m3 of water"
        )
    if "highest_m" in source:
        return (
            f"source {source['source']}: water from {source['lowest_m']:.4g} to {source['highest_m']:.4g} m"
        )
    moment = f"M0 {source['moment']:.3g} N m, " if source["moment"] else ""
    return f"source {source['name']}: {moment}{magnitude or 'no moment'}, depth {source['depth']:g} m"


def _record_path(written: Sequence[Path]) -> str:
    return str(written[0].parent / "run.json") if written else "run.json"
