"""The moving picture of a run, as a file. Only what moves is drawn for each frame."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.animation import film, globe
from esim.analysis.animation.moving import Moving
from esim.analysis.figures import chart
from esim.analysis.figures.clock import Clock, clock, duration, warn_if_unused
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.figures.place import source
from esim.analysis.figures.style import STYLE
from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part
from esim.distribution import install
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

SIZE = 5.4, 7.0  # inches: width of the picture, and its height at most
DPI = {"mp4": 200, "gif": 120}
PIXELS = {"mp4": 900, "gif": 540}  # along the longer side of the map: more cells cannot be seen
FPS = 10.0  # frames per second
HEADER, FOOTER, SIDE = 0.75, 1.0, 0.65  # inches above the map, below it, and on its left
BAR = 0.4, 0.11  # inches from the lower edge to the scale of colours, and its height

Progress = Callable[[Iterable[Any], int], Iterable[Any]]  # items and their number, to the same items


def animate(
    directory: Path,
    output: Path | None = None,
    *,
    what: str | None = None,
    plane: str | None = None,
    format: str = "mp4",
    fps: float = FPS,
    on_globe: bool = False,
    look: Look = PLAIN,
    progress: Progress = lambda items, count: items,
) -> Path:
    """Writes every snapshot of a variable as a frame; returns the path, by default OUT/figures/NAME.mp4.

    what is a variable of the snapshots (by default the water surface, or a velocity), plane a plane through the crust.
    The scale of colours is one for the whole run. on_globe shows a grid of degrees as from space.

    Raises InputError if the run has no such snapshots, or if Matplotlib or imageio-ffmpeg is missing.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError(f"moving pictures need Matplotlib: {install('analysis')}") from None
    film.check(format)
    with Run.open(directory) as run, matplotlib.rc_context(STYLE):
        warn_if_unused(run, look)
        scene: Moving = load_part(SCENARIOS[run.scenario].movie)(run, what, plane, look)
        name = "_".join(filter(None, (str(scene.field.name), plane, "globe" if on_globe else "")))
        path = directory / "figures" / f"{name}.{format}" if output is None else output
        screen = _screen(run, scene, on_globe, look, format)
        film.write(path, screen.frames(progress), format, fps)
    return path


def _screen(run: Run, scene: Moving, on_globe: bool, look: Look, format: str) -> "Screen":
    """The screen on which a scene is shown."""
    view = None
    if on_globe:
        if scene.bathymetry is None or not chart.lonlat(scene.bathymetry):
            raise InputError("--globe needs a grid of longitudes and latitudes")
        view = globe.globe(scene.bathymetry, PIXELS[format], source(run))
    return Screen(scene, clock(run, look), view, look.dpi or DPI[format], PIXELS[format])


class Screen:
    """A picture of which the field and the clock change; all else is drawn once."""

    def __init__(
        self, scene: Moving, times: Clock, view: "globe.Globe | None", dpi: int, pixels: int
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._view, self._times, self._factor = view, times, scene.factor
        self._field = scene.field if view else chart.thin(scene.field, pixels)
        first = self._field[0]
        ratio = _ratio(first, view)
        width = min(SIZE[0] - SIDE - 0.2, (SIZE[1] - HEADER - FOOTER) / ratio)
        height = width * ratio
        drawing = Figure(figsize=(SIZE[0], _even(height + HEADER + FOOTER, dpi)), dpi=dpi)
        self._canvas: Any = FigureCanvasAgg(drawing)
        tall = float(drawing.get_figheight())
        box = (SIDE / SIZE[0], FOOTER / tall, width / SIZE[0], height / tall)
        self._axes = drawing.add_axes(box)
        self._image = self._show(scene, first)
        drawing.text(0.02, 1 - 0.06 / tall, scene.title, va="top", fontsize=9)
        style: dict[str, Any] = {"fontsize": 10, "fontweight": "bold", "ha": "left", "va": "bottom"}
        self._clock = drawing.text(box[0], box[1] + box[3] + 0.05 / tall, "", **style)
        bar = drawing.add_axes((box[0] + 0.1 * box[2], BAR[0] / tall, 0.8 * box[2], BAR[1] / tall))
        scale = drawing.colorbar(self._image, cax=bar, orientation="horizontal", extend="both")
        scale.set_label(scene.words, fontsize=8.5, labelpad=2)
        scale.ax.tick_params(labelsize=8)
        self._above = self._animated()
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(drawing.bbox)

    def frames(self, progress: Progress) -> Iterator[np.ndarray]:
        """Every frame as an array (rows, columns, 3) of bytes."""
        for n in progress(range(self._field.sizes["time"]), self._field.sizes["time"]):
            yield self._frame(self._field[n])

    def _frame(self, snapshot: "xr.DataArray") -> np.ndarray:
        values = snapshot.values * self._factor
        self._image.set_data(values if self._view is None else self._view.seen(values))
        seconds = float(snapshot["seconds"])
        self._clock.set_text("   ".join((duration(seconds), *self._times.at(seconds, _form(self._field)))))
        self._canvas.restore_region(self._still)
        for artist in (self._image, *self._above, self._clock):
            self._canvas.figure.draw_artist(artist)
        picture = np.asarray(self._canvas.buffer_rgba())[..., :3]
        return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2].copy()

    def _show(self, scene: Moving, first: "xr.DataArray") -> Any:
        """The field on the dressed map."""
        style: dict[str, Any] = {"cmap": scene.cmap, "norm": scene.norm, "zorder": 2}
        if self._view is None:
            scene.dress(self._axes)
            return chart.image(self._axes, first, smooth=True, **style)
        assert scene.bathymetry is not None  # by _screen
        globe.dress(self._axes, self._view, scene.bathymetry)
        return self._axes.imshow(
            self._view.seen(first.values),
            extent=self._view.box,
            origin="lower",
            interpolation="nearest",
            **style,
        )

    def _animated(self) -> list[Any]:
        """What lies above the field and is drawn again on each frame, from below to above."""
        artists = [*self._axes.lines, *self._axes.collections, *self._axes.patches, *self._axes.texts]
        above = sorted(
            (each for each in artists if each.get_zorder() > 2), key=lambda each: each.get_zorder()
        )
        above += list(self._axes.spines.values()) if self._axes.axison else []
        for artist in (self._image, *above, self._clock):
            artist.set_animated(True)
        return above


def _ratio(field: "xr.DataArray", view: "globe.Globe | None") -> float:
    """Height of the map over its width."""
    if view is not None:
        return (view.box[3] - view.box[2]) / (view.box[1] - view.box[0])
    west, east, south, north = chart.extent(field)
    return (north - south) / (east - west) * chart.stretch(field, (south + north) / 2)


def _even(inches: float, dpi: int) -> float:
    """A height of an even number of pixels."""
    return 2 * round(inches * dpi / 2) / dpi


def _form(field: "xr.DataArray") -> str:
    """How clocks are written: with seconds where frames are closer than a minute."""
    step = float(field["seconds"][1] - field["seconds"][0])
    return "%H:%M" if step >= 60 and step % 60 == 0 else "%H:%M:%S"
