"""The page of a run as one file, which needs nothing else: styles, scripts and pictures are inside."""

import base64
import hashlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esim import __version__
from esim.analysis.figures.style import STYLE
from esim.analysis.forecast.files import ForecastFiles, is_forecast
from esim.analysis.reading.run import Run
from esim.analysis.report import shared
from esim.analysis.report.forecast.sections import sections
from esim.analysis.report.section import Choices, Section
from esim.config.scenarios import SCENARIOS, load_part
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import jinja2

NAME = "report.html"
LARGE = 10e6  # bytes
TEMPLATES = Path(__file__).parent / "templates"


def report(directory: Path, output: Path | None = None, choices: Choices | None = None) -> Path:
    """Writes the page of a finished run, or of a forecast, by default OUT/report.html; returns its path.

    Raises InputError if the directory is neither, a choice has no meaning for it, or a package is missing.
    """
    path = directory / NAME if output is None else output
    if path.is_dir():
        raise InputError(f"--output {path}: is a folder; expected a file, such as {path / NAME}")
    matplotlib = _require()
    with matplotlib.rc_context(STYLE):
        text = (_of_forecast if is_forecast(directory) else _of_run)(directory, choices or Choices())
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    if (size := path.stat().st_size) > LARGE:
        logging.getLogger("esim").warning("%s has %.0f MB: too much for many mailboxes", path, size / 1e6)
    return path


def _of_run(directory: Path, choices: Choices) -> str:
    with Run.open(directory) as run:
        parts = list(load_part(SCENARIOS[run.scenario].report)(run, choices))
        return render(run.title, [*parts, *shared.sections(run)])


def _of_forecast(directory: Path, choices: Choices) -> str:
    with ForecastFiles.open(directory) as forecast:
        return render(forecast.title, sections(forecast, choices))


def render(title: str, sections: Iterable[Section]) -> str:
    """The page of some sections. Only the scripts of esim may run in it, and nothing is fetched from a network."""
    parts = list(sections)
    scripts = list(_scripts(parts))
    return _templates().get_template("page.html").render(
        title=title,
        sections=parts,
        style=(TEMPLATES / "style.css").read_text(encoding="utf-8"),
        scripts=scripts,
        allowed=" ".join(map(_digest, scripts)),
        version=__version__,
    )  # fmt: skip


def _scripts(sections: list[Section]) -> Iterator[str]:
    """The scripts that the sections need: Plotly only where something is plotted."""
    if any(section.data.get("plots") for section in sections):
        from plotly.offline import get_plotlyjs

        yield get_plotlyjs()
    yield (TEMPLATES / "script.js").read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """What a Content-Security-Policy calls a script (W3C CSP Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"


def _templates() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _require() -> Any:
    """Matplotlib. Raises InputError where it, Jinja or Plotly is missing."""
    try:
        import jinja2  # noqa: F401
        import matplotlib
        import plotly  # noqa: F401
    except ImportError as error:
        raise InputError(f"a report needs {error.name}: {install('report')}") from None
    return matplotlib
