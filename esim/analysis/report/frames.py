"""What moves, as pictures with a slider: the frames of `esim animate`."""

from collections.abc import Iterator

import numpy as np

from esim.analysis.animation.animate import Screen
from esim.analysis.animation.moving import Moving
from esim.analysis.figures.clock import Clock, clock
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.pictures import frame
from esim.analysis.report.section import Choices, Picture, Section

FRAMES = 72  # of all moving pictures of a page, about, at most; of more snapshots some are shown
PRINTED = 6  # at most, on paper
DPI, PIXELS = 150, 700  # of a frame, and cells along a side of its map


def frames(run: Run, title: str, scene: Moving, choices: Choices, scenes: int = 1) -> Iterator[Section]:
    """A section with a slider over the snapshots of a scene, one of several, which has two or more of them."""
    count = scene.field.sizes["time"]
    chosen = np.unique(np.linspace(0, count - 1, min(count, FRAMES // scenes + 1)).round().astype(int))
    part = scene._replace(field=scene.field.isel(time=chosen))
    shown = list(_pictures(part, clock(run, choices.look)))
    said = f"{len(chosen)} of the {count} snapshots are shown." if len(chosen) < count else ""
    data = {"frames": shown, "printed": _printed(len(shown)), "said": said}
    yield Section(title, "frames.html", data)


def _pictures(scene: Moving, times: Clock) -> Iterator[Picture]:
    screen = Screen(scene, times, None, DPI, PIXELS)
    step = float(np.diff(scene.field["seconds"].values).min())
    for pixels, field in zip(screen.frames(lambda items, count: items), scene.field, strict=True):
        snapshot = field.load()
        when = words.moment(float(snapshot["seconds"]), times, exact=step < 60)
        low, high = (words.number(scene.factor * float(end)) for end in (snapshot.min(), snapshot.max()))
        yield frame(pixels, f"Map of {scene.words}: {low} to {high}, {when} after the origin", when)


def _printed(count: int) -> set[int]:
    """Which frames stand on paper: some, evenly from after the first to the last."""
    return {int(n) for n in np.linspace(0, count - 1, min(count, PRINTED + 1)).round()[-PRINTED:]}
