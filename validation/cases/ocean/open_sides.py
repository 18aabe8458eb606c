"""Waves leave through open sides, at any angle, and along a shore: reflection, and maxima against a larger basin.

Packets of plane waves, 16 cells from crest to crest, come to one side of a basin that is periodic along it. What is
there after they have left is taken apart into wave numbers: the reflection is the part that runs back at the angle of
the packet over what a wall sends back. "open" absorbs in 10 cells, "sponge" in 20, and "radiating" is the
characteristic condition alone, which reflects (1 - cos a) / (1 + cos a) of a wave at an angle a to the normal; it has
no limit here.

The maxima are those of a crest and a trough in a square basin, at 4000 m of depth, and on a shelf, where the depth
varies along and across the sides and a shore meets two of them; a trough that came back would be a crest. They are
compared where they are above 2 % of the crest and outside of the layers with those of a basin four times as large.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water

DEPTH, CELL = 4000.0, 2000.0  # m
SPEED = np.sqrt(G * DEPTH)
WAVE = 16  # cells from crest to crest
HEIGHT = 1e-3  # m, of the packets: linear waves
KINDS: Mapping[str, dict[str, Any]] = {
    "open": {"boundary": "open", "open_cells": 10},
    "sponge": {"boundary": "sponge", "sponge_cells": 20},
    "radiating": {"boundary": "open", "open_cells": 0},
    "wall": {"boundary": "wall"},
}
ANGLES, QUICK = (0, 30, 45, 60, 75), (0, 60)  # degrees from the normal
LIMITS = {0: 0.01, 30: 0.01, 45: 0.02, 60: 0.05, 75: 0.15}
BOXES = ("flat", "shelf")
CELLS, LARGE, WIDTH = (
    80,
    4,
    3000.0,
)  # cells of a box along a side, how much larger the other is, their size [m]
BRIEF = 60  # cells, in the quick runs
SEEN, EXACT = 0.02, 0.03  # of the hump: maxima that are compared; of the maxima: the limit


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by the kind of side and the angle, and by the bed and the size of the box."""
    angles, boxes = (QUICK, BOXES[:1]) if quick else (ANGLES, BOXES)
    kinds = ("open", "wall") if quick else tuple(KINDS)
    packets = [(f"packet-{kind}-{angle}", kind, angle) for kind in kinds for angle in angles]
    runs = {name: _packet(folder / name, kind, angle) for name, kind, angle in packets}
    for bed in boxes:
        for name, size in ((f"box-{bed}-small", 1), (f"box-{bed}-large", LARGE)):
            runs[name] = _box(folder / name, bed, BRIEF if quick else CELLS, size)
    return runs


class Packet:
    """Plane waves at an angle [degrees] to the normal of the east side, in an envelope of one wave across it.

    The angle is bent a little, so that whole cells repeat along the side.
    """

    def __init__(self, angle: float) -> None:
        slope = np.sin(np.radians(angle))
        self.rows = round(WAVE / slope) if angle else flow.ACROSS
        self.along = 2 * np.pi / (self.rows * CELL) if angle else 0.0
        across = np.sqrt((2 * np.pi / (WAVE * CELL)) ** 2 * (1 - slope**2))
        self.across = self.along / np.tan(np.radians(angle)) if angle else across
        self.width = 2 * np.pi / self.across
        self.sine, self.cosine = slope, np.cos(np.radians(angle))
        self.columns = round(6 * self.width / CELL)
        self.duration = 6 * self.width / (SPEED * self.cosine)

    def water(self) -> Water:
        """The packet amid the free cells, on its way east."""

        def eta(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            envelope = np.exp(-(((x - 3 * self.width) / self.width) ** 2))
            return np.asarray(HEIGHT * envelope * np.cos(self.across * x + self.along * y))

        def part(share: float) -> flow.Formula:
            return lambda x, y: share * np.sqrt(G / DEPTH) * eta(x, y)

        return Water(eta, part(self.cosine), part(self.sine))

    def size(self, fields: flow.Fields, eta: np.ndarray, way: int) -> float:
        """Of its wave numbers in a surface [m] over the free cells: those on the way east (1) or back (-1)."""
        phase = way * self.across * fields.x[None, : self.columns] + self.along * fields.y[:, None]
        return float(np.abs((eta[:, : self.columns] * np.exp(-1j * phase)).sum()))


def _packet(folder: Path, kind: str, angle: int) -> ScenarioConfig:
    packet, side = Packet(angle), KINDS[kind]
    columns = packet.columns + max(side.get("open_cells", 0), side.get("sponge_cells", 0))
    grid = {
        "kind": "cartesian",
        "x": [0.0, columns * CELL],
        "y": [0.0, packet.rows * CELL],
        "spacing": CELL,
        **side,
        "boundary": ["wall", side["boundary"], "periodic", "periodic"],
    }
    every = [packet.duration]
    run = {"adaptive": False, "cfl": 0.8}
    return flow.configure(folder, grid, lambda x, y: -DEPTH, packet.water(), times=every, run=run)


def _shelf(x: np.ndarray, y: np.ndarray, side: float) -> np.ndarray:
    """A bed from 500 m high land in the west to 3000 m of water in the east, by a fifth higher and lower along y."""
    slope = np.clip((x - 0.25 * side) / (0.5 * side), -1, 1)
    return -np.where(slope < 0, 500 * slope, 3000 * slope) * (1 + 0.2 * np.sin(2 * np.pi * y / side))


def _box(folder: Path, bed: str, cells: int, size: int) -> ScenarioConfig:
    """A crest and a trough in a box, or in the middle of one `size` times as large, until the box has been left."""
    side, out = cells * WIDTH, 0.5 * (size - 1) * cells * WIDTH
    grid = {
        "kind": "cartesian",
        "x": [-out, side + out],
        "y": [-out, side + out],
        "spacing": WIDTH,
        "boundary": "open",
        "open_cells": 10,
    }
    reach = 5 * WIDTH

    def crest_and_trough(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across = ((x - 0.55 * side) / reach) ** 2
        humps = (np.exp(-across - ((y - at * side) / reach) ** 2) for at in (0.5, 0.3))
        return np.asarray(next(humps) - next(humps))

    ground = (lambda x, y: -DEPTH) if bed == "flat" else (lambda x, y: _shelf(x, y, side))
    duration = [(1.9 if bed == "flat" else 2.5) * side / SPEED]
    output: dict[str, Any] = {"maxima": {}}
    return flow.configure(folder, grid, ground, Water(crest_and_trough), times=duration, output=output)


def judge(runs: Runs) -> list[Comparison]:
    """Reflection by angle and kind of side, and errors of the maxima."""
    lines: list[Comparison] = []
    for name in runs:
        what, kind, last = name.split("-")
        if what == "packet" and kind != "wall":
            angle = int(last)
            limit = LIMITS[angle] if kind != "radiating" else None
            lines.append(
                Bound(f"{kind}, {angle} degrees: reflection", reflection(runs, kind, angle), limit, "%")
            )
        elif last == "small":
            error = maxima_error(runs[name], runs[f"box-{kind}-large"])
            lines.append(Bound(f"{kind} box: largest error of eta_max", error, EXACT, "%"))
    return lines


def reflection(runs: Runs, kind: str, angle: int) -> float:
    """What comes back at the angle of a packet [degrees] from a kind of side, as a fraction of what a wall returns."""
    packet = Packet(angle)
    found, known = (flow.read(runs[f"packet-{one}-{angle}"]) for one in (kind, "wall"))
    return packet.size(found, found.eta[-1], -1) / packet.size(known, known.eta[-1], -1)


def maxima_error(small: Path, large: Path) -> float:
    """Largest relative error of the maxima of a box, outside of its layers, against those of a larger one."""
    with Run.open(small) as run, Run.open(large) as other:
        assert run.maxima is not None and other.maxima is not None
        found, damped = run.maxima["eta_max"].values, run.maxima["absorbing_layer"].values > 0
        wide = other.maxima["eta_max"].values
        land = run.maxima["bathymetry"].values >= 0
    rows, columns = ((wide.shape[n] - found.shape[n]) // 2 for n in (0, 1))
    known = wide[rows : rows + found.shape[0], columns : columns + found.shape[1]]
    compared = ~damped & ~land & (np.nan_to_num(known) > SEEN)
    return float(np.abs(found[compared] / known[compared] - 1).max())


def draw(runs: Runs, output: Path) -> list[Path]:
    """Reflection against the angle for each kind of side, beside that of the characteristic condition."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(5, 3.4), layout="constrained")
    a = np.linspace(0, 80, 161)
    cosine = np.cos(np.radians(a))
    axis.semilogy(a, (1 - cosine) / (1 + cosine) + 1e-12, "k-", lw=0.8, label="(1 - cos a) / (1 + cos a)")
    for kind, marker in (("open", "o"), ("sponge", "s"), ("radiating", "d")):
        angles = sorted(int(name.split("-")[2]) for name in runs if name.startswith(f"packet-{kind}-"))
        found = [max(reflection(runs, kind, angle), 1e-5) for angle in angles]
        axis.semilogy(angles, found, marker, label=kind)
    axis.set(xlabel="angle to the normal [degrees]", ylabel="reflection", ylim=(1e-5, 1))
    axis.legend(frameon=False)
    path = output / "open_sides.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "open sides: reflection by angle, maxima against a basin four times as large"
CASE = Case("open_sides", SUMMARY, configure, judge, draw, about=__doc__)
