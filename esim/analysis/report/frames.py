"""What moves, as pictures with a slider: the frames of `esim animate`."""

from collections.abc import Iterator

import numpy as np

from esim.analysis.animation.moving import Moving
from esim.analysis.animation.screen import Screen
from esim.analysis.figures.clock import Clock, clock
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.pictures import frame
from esim.analysis.report.section import Choices, Picture, Section
from esim.analysis.report.words import listed

FRAMES, MAPS = 72, 96  # of all moving pictures of a page, about, at most; of more snapshots some are shown
PRINTED = 6  # at most, on paper
INSETS = 3  # nests, the finest ones, that have maps of their own below that of the whole grid
DPI, PIXELS = 160, 700  # of a frame, and cells along a side of its map


def frames(run: Run, title: str, scene: Moving, choices: Choices, scenes: int = 1) -> Iterator[Section]:
    """A section with a slider over the snapshots of a scene, one of several, which has two or more of them."""
    count = scene.field.sizes["time"]
    most = min(FRAMES, MAPS // (1 + min(len(scene.nests), INSETS))) // scenes + 1
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    shown = list(_pictures(scene.at(chosen), clock(run, choices.look)))
    said = f"{len(chosen)} of the {count} snapshots are shown." if len(chosen) < count else ""
    data = {"frames": shown, "printed": _printed(len(shown)), "said": said}
    yield Section(title, "frames.html", data)


def _pictures(scene: Moving, times: Clock) -> Iterator[Picture]:
    below = [(f"nest {name}", nest) for name, nest in scene.nests.items()][-INSETS:]
    screen = Screen(scene, times, DPI, PIXELS, below=below)
    nests = f"; below it {listed([name for name, _ in below])} at full resolution" if below else ""
    step = float(np.diff(scene.field["seconds"].values).min())
    for pixels, field in zip(screen.frames(lambda items, count: items), scene.field, strict=True):
        snapshot = field.load()
        when = words.moment(float(snapshot["seconds"]), times, exact=step < 60)
        low, high = (words.number(scene.factor * float(end)) for end in (snapshot.min(), snapshot.max()))
        yield frame(pixels, f"Map of {scene.words}: {low} to {high}, {when} after the origin{nests}", when)


def _printed(count: int) -> set[int]:
    """Which frames stand on paper: some, evenly from after the first to the last."""
    return {int(n) for n in np.linspace(0, count - 1, min(count, PRINTED + 1)).round()[-PRINTED:]}
