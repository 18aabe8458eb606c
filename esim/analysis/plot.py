"""The figures of a run or a forecast, as files."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esim.analysis.figures.clock import warn_if_unused
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.figures.style import STYLE
from esim.analysis.forecast.figures.draw import draw as draw_forecast
from esim.analysis.forecast.files import ForecastFiles, is_forecast
from esim.analysis.ocean.misfit import TABLE, misfits, write_misfits
from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part
from esim.config.yaml.suggest import hint
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")

Draw = Callable[[], "Figure | None"]


def plot(directory: Path, output: Path | None = None, format: str = "png", look: Look = PLAIN) -> list[Path]:
    """Draws what the files of a run or forecast allow into `output` (by default its `figures`); returns the paths.

    Where stations have observed records, stations_misfit.csv beside the figures says how far the run is from them,
    unless the look wants some figures only.

    Raises InputError if the directory is no run, has nothing to draw or not what the look wants, or if Matplotlib is
    missing.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError(f"figures need Matplotlib: {install('analysis')}") from None
    folder = directory / "figures" if output is None else output
    with matplotlib.rc_context(_style(look)):
        paths = list((_of_forecast if is_forecast(directory) else _of_run)(directory, folder, format, look))
    if not paths:
        raise InputError(f"{directory}: nothing to draw{_why(look)}")
    return paths


def _of_run(directory: Path, folder: Path, format: str, look: Look) -> Iterator[Path]:
    with Run.open(directory) as run:
        warn_if_unused(run, look)
        sketches = dict(load_part(SCENARIOS[run.scenario].figures)(run, look))
        yield from _draw(sketches, folder, format, look)
        if not look.only and (found := list(misfits(run.parts.get("ocean", run)))):
            write_misfits(folder / TABLE, found)
            yield folder / TABLE


def _of_forecast(directory: Path, folder: Path, format: str, look: Look) -> Iterator[Path]:
    with ForecastFiles.open(directory) as forecast:
        yield from _draw(dict(draw_forecast(forecast, look)), folder, format, look)


def _draw(sketches: Mapping[str, Draw], folder: Path, format: str, look: Look) -> Iterator[Path]:
    """The files of the figures that the look wants, and that have something to show."""
    _check_names(look, list(sketches))
    for name, draw in sketches.items():
        if look.wants(name) and (figure := draw()) is not None:
            path = folder / f"{name}.{format}"
            _save(figure, path, format)
            yield path


def _style(look: Look) -> dict[str, Any]:
    return STYLE | ({} if look.dpi is None else {"savefig.dpi": look.dpi})


def _check_names(look: Look, names: list[str]) -> None:
    """Raises InputError for a name that no figure of the run has."""
    for word in look.only:
        if not any(Look(only=(word,)).wants(name) for name in names):
            raise InputError(f"--only {word}: the run has no such figure, {hint(word, names)}")


def _why(look: Look) -> str:
    """Why a run may have nothing to draw."""
    if look.extent is not None:
        return " within --extent"
    return (
        f" for --only {' '.join(look.only)}" if look.only else ", the run wrote no maxima, stations or fields"
    )


def _save(figure: "Figure", path: Path, format: str) -> None:
    metadata = {"Creator": "esim"} if format == "pdf" else None
    with whole_file(path) as temporary:
        figure.savefig(os.fspath(temporary), format=format, metadata=metadata)
