"""The figures of a run, as files."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.crust import record_section, shaking, wavefield
from esim.analysis.ocean import gauges, heights, inundation, runup, snapshots, uplift
from esim.analysis.run import Run, open_run
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.linewidth": 0.7,
    "figure.titlesize": 10,
    "savefig.dpi": 160,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.08,
    "contour.negative_linestyle": "dashed",
    "svg.fonttype": "none",
}


def plot(directory: Path, output: Path | None = None, format: str = "png") -> list[Path]:
    """Draws what the files of a run allow into `output` (by default its `figures`); returns the paths.

    Raises InputError if the directory is no run or has nothing to draw, or if Matplotlib is missing.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError(f"figures need Matplotlib: {install('analysis')}") from None
    folder = directory / "figures" if output is None else output
    paths = []
    with open_run(directory) as run, matplotlib.rc_context(STYLE):
        for name, figure in _figures(run):
            paths.append(folder / f"{name}.{format}")
            _save(figure, paths[-1], format)
    if not paths:
        raise InputError(f"{directory}: nothing to draw, the run wrote no maxima, stations or fields")
    return paths


def _figures(run: Run) -> "Iterator[tuple[str, Figure]]":
    """The figures of the scenario of a run, with their names."""
    return _crust(run) if run.scenario == "seismic" else _ocean(run)


def _ocean(run: Run) -> "Iterator[tuple[str, Figure]]":
    for name, module in (("uplift", uplift), ("heights", heights), ("snapshots", snapshots)):
        if (figure := module.figure(run)) is not None:
            yield name, figure
    for name in run.grids:
        suffix = f"_{name}" if name else ""
        if name and (figure := heights.figure(run, name)) is not None:
            yield f"heights{suffix}", figure
        if (figure := inundation.figure(run, name)) is not None:
            yield f"inundation{suffix}", figure
        if (figure := runup.figure(run, name)) is not None:
            yield f"runup{suffix}", figure
    for n, figure in enumerate(gauges.figures(run), start=1):
        yield "gauges" if n == 1 else f"gauges_{n}", figure


def _crust(run: Run) -> "Iterator[tuple[str, Figure]]":
    for motion, (words, _) in record_section.MOTIONS.items():
        if (figure := record_section.figure(run, motion)) is not None:
            yield "record_section" if motion == "v" else f"record_section_{words}", figure
    yield from shaking.figures(run)
    yield from wavefield.figures(run)


def _save(figure: "Figure", path: Path, format: str) -> None:
    metadata = {"Creator": "esim"} if format == "pdf" else None
    with whole_file(path) as temporary:
        figure.savefig(os.fspath(temporary), format=format, metadata=metadata)
