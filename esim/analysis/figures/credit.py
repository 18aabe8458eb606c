"""Where are the data of a figure from? One line below it, with the papers of what comes with esim."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from esim import __version__
from esim.analysis.figures import coastline
from esim.analysis.reading.run import Run
from esim.data import ORIGINALS, PREFIX

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 5.0  # points between a figure and the line below it
SIZE, SLIM = 6.5, 0.54  # points, of its letters, and how wide they are, of that
CONFIGS = Path(__file__).parents[2] / "configs"
DATA = {
    "etopo1_nwpacific_6min.nc": "ETOPO1 (NOAA, doi:10.7289/V5C8276M)",
    "etopo1_pacific_15min.nc": "ETOPO1 (NOAA, doi:10.7289/V5C8276M)",
    "bathymetry/nwpacific_4min.nc": "Geoscience Australia (PTHA, japan_dem.tif)",
}
SHIPPED = {
    "sources/satake2013.csv": "Satake et al. (2013, doi:10.1785/0120120122)",
    "sources/kumamoto2016.csv": "in the plane of Kubo et al. (2016, doi:10.1186/s40623-016-0536-8)",
    "models/jma2001.txt": "JMA2001 (Ueno et al. 2002)",
    "models/ak135.txt": "AK135 (Kennett et al. 1995)",
    "models/prem.txt": "PREM (Dziewonski and Anderson 1981)",
}


def line(drawing: "Figure", run: Run, coast: bool = False) -> None:
    """A line below a figure that says where its data are from. Call it last: everything must have its place."""
    parts = [
        *_files(run),
        *([f"coastline {coastline.CREDIT}"] if coast else []),
        f"computed with esim {__version__}",
    ]
    if (layout := drawing.get_layout_engine()) is not None:
        layout.execute(drawing)
        drawing.set_layout_engine("none")  # which would do the same again on each drawing
    boxes = [axes.get_tightbbox() for axes in drawing.axes if axes.get_visible()]
    left, low = (min(getattr(box, side) for box in boxes if box is not None) for side in ("x0", "y0"))
    x, y = drawing.transFigure.inverted().transform((left, low - GAP * drawing.dpi / 72))
    letters = int(72 * (drawing.get_figwidth() * (1 - x)) / (SLIM * SIZE))
    text = "\n".join(wrap("; ".join(parts), max(letters, 40), break_long_words=False, break_on_hyphens=False))
    drawing.text(x, y, text, va="top", fontsize=SIZE, color="0.35")


def _files(run: Run) -> list[str]:
    """The files of bathymetry and sources of a run, by name; those known to esim by their origin."""
    told = run.record["configuration"]
    nests = told.get("grid", {}).get("nests") or ()
    beds = [bed for part in (told, *nests) for bed in _sections(part.get("bathymetry"))]
    groups = {"bathymetry": beds, "source": told.get("source") or (), "model": _sections(told.get("medium"))}
    return [f"{what} {', '.join(names)}" for what, parts in groups.items() if (names := _names(run, parts))]


def _sections(part: Any) -> list[Any]:
    """One section, a list of them, or none, as a list."""
    return part if isinstance(part, list) else [] if part is None else [part]


def _names(run: Run, parts: Iterable[Any]) -> list[str]:
    """What the files that sections name are called, each once."""
    files = [part["file"] for part in parts if isinstance(part, dict) and isinstance(part.get("file"), str)]
    return list(dict.fromkeys(_origin(run, file) for file in files))


def _origin(run: Run, file: str) -> str:
    """Where a data file is from, as far as esim knows, or what the file is called."""
    name = file.removeprefix(PREFIX)
    if file.startswith(PREFIX) or name in DATA:
        known = re.match(r"[^,(/]+\([^)]*\)", DATA.get(name) or ORIGINALS.get(name, ""))
        return known[0] if known else name.rsplit("/", 1)[-1]
    shipped = next((credit for one, credit in SHIPPED.items() if _same(run, file, CONFIGS / one)), None)
    return shipped or Path(file).name


def _same(run: Run, file: str, shipped: Path) -> bool:
    """Whether the run read a file that has the bytes of one that comes with esim, by the sum in its record."""
    if Path(file).name != shipped.name or not shipped.is_file():
        return False
    entries = run.record.get("inputs") or ()
    sums = {entry.get("sha256") for entry in entries if Path(str(entry.get("path"))).name == shipped.name}
    return sums == {hashlib.sha256(shipped.read_bytes()).hexdigest()}
