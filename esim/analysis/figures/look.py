"""What may the reader of figures choose? Part of the map, colours, title, local time, resolution, which of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from esim.analysis.reading.run import Run
from esim.config.yaml.suggest import nearest
from esim.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]  # west, east, south, north: degrees, or km
Sketch = tuple[
    str, "Callable[[], Figure | None]"
]  # name of a figure, and what draws it; None: nothing to be seen

PACKAGES = {
    "cmo.": "cmocean.cm",
    "cmc.": "cmcrameri.cm",
}  # of maps of colours, which register them when imported


@dataclass(frozen=True)
class Look:
    """The choices for the figures of a run; None leaves each to the figure.

    extent is the part of maps to show (west, east, south, north), in degrees, or in km where the map has km. cmap
    names a map of colours of Matplotlib, cmocean ("cmo.deep") or cmcrameri ("cmc.lapaz"). only keeps the figures of
    these names, and those that are numbered or named after them (`gauges`, also gauges_2).
    """

    extent: Box | None = None
    cmap: str | None = None
    title: str | None = None
    zone: tzinfo | None = None
    dpi: int | None = None
    only: tuple[str, ...] = ()

    def heading(self, run: Run) -> str:
        """The first line of a figure: the title that was chosen, or that of the run."""
        return run.title if self.title is None else self.title

    def colours(self, default: Any) -> Any:
        """The map of colours that was chosen, or the default."""
        return default if self.cmap is None else self.cmap

    def wants(self, name: str) -> bool:
        """Whether a figure of this name is to be drawn."""
        return not self.only or any(name == word or name.startswith(f"{word}_") for word in self.only)


PLAIN = Look()  # every choice left to the figures


def checked_extent(extent: tuple[float, float, float, float] | None) -> Box | None:
    """The box, if it is one. Raises InputError where west is not less than east, or south not less than north."""
    if extent is not None and not (extent[0] < extent[1] and extent[2] < extent[3]):
        west, east, south, north = extent
        raise InputError(
            f"--extent {west:g} {east:g} {south:g} {north:g} is no box; expected WEST EAST SOUTH NORTH, "
            "each pair rising (across the dateline: 170 190)"
        )
    return extent


def checked_colours(name: str | None) -> str | None:
    """The name of a map of colours, if Matplotlib knows it. Raises InputError with the nearest one if not."""
    from importlib import import_module

    from matplotlib import colormaps

    if name is None:
        return None
    if package := next((known for prefix, known in PACKAGES.items() if name.startswith(prefix)), None):
        try:
            import_module(package)
        except ImportError:
            raise InputError(f"--cmap {name} needs a package: pip install {package.split('.')[0]}") from None
    if name not in colormaps:
        near = nearest(name, colormaps)
        meant = (
            f"did you mean '{near}'?" if near else "expected one such as viridis, cividis, RdBu_r or cmo.deep"
        )
        raise InputError(f"--cmap: no map of colours is called '{name}', {meant}")
    return name


def checked_zone(name: str | None) -> tzinfo | None:
    """The time zone of a name such as Asia/Tokyo. Raises InputError with the nearest one if there is none."""
    from zoneinfo import ZoneInfo, available_timezones

    if name is None:
        return None
    if name not in available_timezones():
        near = nearest(name, available_timezones())
        meant = f"did you mean '{near}'?" if near else "expected one such as Asia/Tokyo"
        raise InputError(f"--timezone: no time zone is called '{name}', {meant}")
    return ZoneInfo(name)
