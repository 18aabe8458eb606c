"""The moving picture of a run, as a file."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np

from esim.analysis.animation import film
from esim.analysis.animation.moving import Moving
from esim.analysis.animation.projections import WORDS, View, view
from esim.analysis.animation.screen import Progress, Screen
from esim.analysis.figures import chart
from esim.analysis.figures.clock import clock, warn_if_unused
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.figures.place import source
from esim.analysis.figures.style import STYLE
from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part
from esim.distribution import install
from esim.errors import InputError

DPI = {"mp4": 240, "gif": 120}
PIXELS = {"mp4": 900, "gif": 540}  # along the longer side of the map: more cells cannot be seen
FPS = 10.0  # frames per second


def animate(
    directory: Path,
    output: Path | None = None,
    *,
    what: str | None = None,
    planes: Sequence[str] = (),
    format: str = "mp4",
    fps: float = FPS,
    projection: str | None = None,
    look: Look = PLAIN,
    progress: Progress = lambda items, count: items,
) -> Path:
    """Writes every snapshot of a variable as a frame; returns the path, by default OUT/figures/NAME.mp4.

    what is a variable of the snapshots (by default the water surface, or a velocity), planes those through the crust,
    one below the other. The scale of colours is one for the whole run, and nests lie in their place with their own
    data. A grid of degrees may be shown on a projection: a name of esim.analysis.animation.projections, or "auto".

    Raises InputError if the run has no such snapshots, the projection cannot show it, or if Matplotlib or
    imageio-ffmpeg is missing.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError(f"moving pictures need Matplotlib: {install('analysis')}") from None
    film.check(format)
    with Run.open(directory) as run, matplotlib.rc_context(STYLE):
        warn_if_unused(run, look)
        scene, others = _scenes(run, what, planes, look)
        seen = _view(run, scene, projection, PIXELS[format])
        name = "_".join((str(scene.field.name), *planes, *([seen.name] if seen else [])))
        path = directory / "figures" / f"{name}.{format}" if output is None else output
        if seen is not None:
            scene = scene._replace(title=f"{scene.title}\n{WORDS[seen.name]} projection")
        screen = Screen(scene, clock(run, look), look.dpi or DPI[format], PIXELS[format], seen, below=others)
        film.write(path, screen.frames(progress), format, fps)
    return path


def _scenes(
    run: Run, what: str | None, planes: Sequence[str], look: Look
) -> tuple[Moving, list[tuple[str, Moving]]]:
    """What moves, and further planes with their names: at the times that all have, on the widest scale of colours."""
    moving = load_part(SCENARIOS[run.scenario].movie)
    first: Moving = moving(run, what, planes[0] if planes else None, look)
    scenes = [first, *(moving(run, str(first.field.name), plane, look) for plane in planes[1:])]
    if len(scenes) == 1:
        return first, []
    times = [np.round(scene.field["seconds"].values, 3) for scene in scenes]
    common = reduce(np.intersect1d, times)
    if common.size < 2:
        raise InputError(
            f"--plane {' '.join(planes)}: they have no two times in common; expected one of them"
        )
    widest = max(scenes, key=lambda scene: float(scene.norm.vmax) / scene.factor)
    scale = {name: getattr(widest, name) for name in ("factor", "words", "norm", "ticks")}
    scenes = [
        scene.at(np.searchsorted(own, common))._replace(**scale)
        for scene, own in zip(scenes, times, strict=True)
    ]
    return scenes[0], [(f"plane {name}", scene) for name, scene in zip(planes[1:], scenes[1:], strict=True)]


def _view(run: Run, scene: Moving, projection: str | None, pixels: int) -> View | None:
    """The projection on which a scene is shown; None for the plane of its grid."""
    if projection is None:
        return None
    if scene.bathymetry is None or not chart.lonlat(scene.bathymetry):
        raise InputError(f"--projection {projection} needs a grid of longitudes and latitudes")
    return view(projection, scene.bathymetry, pixels, source(run))
