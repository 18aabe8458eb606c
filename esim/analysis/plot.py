"""The figures of a run, as files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.ocean.misfit import TABLE, misfits, write_misfits
from esim.analysis.run import Run
from esim.config.scenarios import SCENARIOS, load_part
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

    Where stations have observed records, stations_misfit.csv beside the figures says how far the run is from them.

    Raises InputError if the directory is no run or has nothing to draw, or if Matplotlib is missing.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError(f"figures need Matplotlib: {install('analysis')}") from None
    folder = directory / "figures" if output is None else output
    paths = []
    with Run.open(directory) as run, matplotlib.rc_context(STYLE):
        for name, figure in load_part(SCENARIOS[run.scenario].figures)(run):
            paths.append(folder / f"{name}.{format}")
            _save(figure, paths[-1], format)
        if found := list(misfits(run)):
            paths.append(folder / TABLE)
            write_misfits(paths[-1], found)
    if not paths:
        raise InputError(f"{directory}: nothing to draw, the run wrote no maxima, stations or fields")
    return paths


def _save(figure: "Figure", path: Path, format: str) -> None:
    metadata = {"Creator": "esim"} if format == "pdf" else None
    with whole_file(path) as temporary:
        figure.savefig(os.fspath(temporary), format=format, metadata=metadata)
