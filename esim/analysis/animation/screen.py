"""How does a scene become frames? A picture of which the fields and the clock change; all else is drawn once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.animation import layers
from esim.analysis.animation.moving import Moving
from esim.analysis.animation.projections import View
from esim.analysis.figures import chart
from esim.analysis.figures.clock import Clock, duration
from esim.analysis.figures.inlay import BASE

if TYPE_CHECKING:
    import xarray as xr

WIDTH, HIGHEST = 4.5, 4.8  # inches: width of the picture, and height of a map at most
LEFT, RIGHT = 0.6, 0.32  # inches beside a map
TOP, BELOW = 0.3, 0.42  # inches above a map for the clock or its name, and below it for its ticks and words
FOOTER = 0.62  # inches for the scale of colours below all maps
BAR = 0.42, 0.11  # inches from the lower edge to that scale, and its height
TITLE, CLOCK, SMALL = 9.0, 11.0, 8.5  # points
TICKS = 5  # of the scale of colours, about, at most
LINE, LETTERS = 0.165, 60  # inches a line of the title, and letters on it

Progress = Callable[[Iterable[Any], int], Iterable[Any]]  # items and their number, to the same items


class Place(NamedTuple):
    """Where a map is on the picture [inches]."""

    left: float
    low: float
    width: float
    height: float


class Screen:
    """The picture of a scene, with other scenes below it that have the same snapshots and scale of colours."""

    def __init__(
        self,
        scene: Moving,
        times: Clock,
        dpi: int,
        pixels: int,
        view: View | None = None,
        below: Sequence[tuple[str, Moving]] = (),
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._times, self._field, self._captions = times, scene.field, scene.captions
        title = [part for line in scene.title.splitlines() for part in wrap(line, LETTERS)]
        scenes = [("", scene), *below]
        ratios = [_ratio(each.field[0]) for _, each in scenes]
        if view is not None:
            ratios[0] = view.ratio
        tall, places = _places(ratios, len(title), dpi)
        drawing = Figure(figsize=(WIDTH, tall), dpi=dpi)
        self._canvas: Any = FigureCanvasAgg(drawing)
        self._maps = [drawing.add_axes(_part(place, tall)) for place in places]
        self._layers = (
            layers.plain(self._maps[0], scene, pixels)
            if view is None
            else layers.projected(self._maps[0], scene, view)
        )
        for axes, place, (name, other) in zip(self._maps[1:], places[1:], below, strict=True):
            self._layers += layers.plain(axes, other, pixels)
            at = place.left / WIDTH, (place.low + place.height + 0.05) / tall
            drawing.text(*at, name, fontsize=SMALL, color=chart.INK, va="bottom")
        drawing.text(0.02, 1 - 0.06 / tall, "\n".join(title), va="top", fontsize=TITLE)
        first = places[0]
        style: dict[str, Any] = {"fontsize": CLOCK, "fontweight": "bold", "ha": "left", "va": "bottom"}
        at = first.left / WIDTH, (first.low + first.height + 0.05) / tall
        self._clock = drawing.text(*at, "", **style)
        self._caption = self._maps[0].text(
            0.02, 0.97, "", va="top", fontsize=SMALL, zorder=10, **_plate(scene)
        )
        self._caption.set_transform(self._maps[0].transAxes)
        self._colours(drawing, scene, tall)
        self._above = self._animated()
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(drawing.bbox)

    def frames(self, progress: Progress) -> Iterator[np.ndarray]:
        """Every frame as an array (rows, columns, 3) of bytes."""
        count = self._field.sizes["time"]
        for n in progress(range(count), count):
            yield self._frame(n)

    def _frame(self, n: int) -> np.ndarray:
        for layer in self._layers:
            layer.image.set_data(layer.seen(n))
        seconds = float(self._field["seconds"][n])
        self._clock.set_text("   ".join((duration(seconds), *self._times.at(seconds, _form(self._field)))))
        if self._captions:
            self._caption.set_text(self._captions[n])
        self._canvas.restore_region(self._still)
        for artist in (*self._above, self._clock):
            self._canvas.figure.draw_artist(artist)
        picture = np.asarray(self._canvas.buffer_rgba())[..., :3]
        return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2].copy()

    def _colours(self, drawing: Any, scene: Moving, tall: float) -> None:
        """The scale of colours, below all maps."""
        bar = drawing.add_axes((0.13, BAR[0] / tall, 0.74, BAR[1] / tall))
        scale = drawing.colorbar(self._layers[0].image, cax=bar, orientation="horizontal", extend="both")
        scale.set_label(scene.words, fontsize=SMALL, labelpad=2)
        scale.ax.tick_params(labelsize=SMALL)
        if scene.ticks is None:
            scale.ax.locator_params(nbins=TICKS)
        else:
            scale.set_ticks(
                scene.ticks, labels=[f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in scene.ticks]
            )
            scale.ax.minorticks_off()

    def _animated(self) -> list[Any]:
        """What changes, and what lies above it and is drawn again on each frame, from below to above."""
        found: list[Any] = []
        for axes in self._maps:
            parts = (axes.images, axes.lines, axes.collections, axes.patches, axes.texts)
            above = [each for part in parts for each in part if each.get_zorder() >= BASE]
            found += sorted(above, key=lambda each: each.get_zorder())
            found += list(axes.spines.values()) if axes.axison else []
        for artist in (*found, self._clock):
            artist.set_animated(True)
        return found


def _plate(scene: Moving) -> dict[str, Any]:
    """What a caption stands on; nothing where there are none."""
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5}
    return {"bbox": box, "color": chart.INK} if scene.captions else {}


def _places(ratios: Sequence[float], lines: int, dpi: int) -> tuple[float, list[Place]]:
    """Height of the picture [inches] and its maps, one below the other, by their heights over their widths."""
    most = WIDTH - LEFT - RIGHT
    widths = [min(most, HIGHEST / ratio) for ratio in ratios]
    heights = [width * ratio for width, ratio in zip(widths, ratios, strict=True)]
    header = 0.1 + LINE * lines
    tall = _even(header + FOOTER + sum(height + TOP + BELOW for height in heights), dpi)
    top, places = tall - header, []
    for width, height in zip(widths, heights, strict=True):
        low = top - TOP - height
        places.append(Place(LEFT + (most - width) / 2, low, width, height))
        top = low - BELOW
    return tall, places


def _part(place: Place, tall: float) -> tuple[float, float, float, float]:
    """A place as parts of the picture."""
    return place.left / WIDTH, place.low / tall, place.width / WIDTH, place.height / tall


def _ratio(field: "xr.DataArray") -> float:
    """Height of a map over its width."""
    west, east, south, north = chart.extent(field)
    return (north - south) / (east - west) * chart.stretch(field, (south + north) / 2)


def _even(inches: float, dpi: int) -> float:
    """A height of an even number of pixels."""
    return 2 * round(inches * dpi / 2) / dpi


def _form(field: "xr.DataArray") -> str:
    """How clocks are written: with seconds where frames are closer than a minute."""
    step = float(field["seconds"][1] - field["seconds"][0])
    return "%H:%M" if step >= 60 and step % 60 == 0 else "%H:%M:%S"
