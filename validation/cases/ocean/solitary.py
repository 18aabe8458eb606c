"""Solitary waves of the Serre-Green-Naghdi equations over a hundred depths of way: height, place and shape.

eta = H sech^2(K (x - ct)), c^2 = g (d + H), K^2 = 3 H / (4 d^2 (d + H)) and u = c eta / (d + eta) solve the equations
with the factor alpha = 1 (Serre 1953; Su & Gardner 1969). Water 100 m deep closes on itself after 60 depths; grids
have so many cells over a depth. A wave in shallow water would have broken long before.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water

DEPTH, ROUND, WAY = 100.0, 60, 100  # m, depths, depths
HEIGHTS = (0.1, 0.3, 0.6)  # of the depth
CELLS, QUICK = (5, 10, 20), (4, 8)  # over a depth
QUICK_WAY = 20
LIMITS = {
    "height": 0.01,
    "place": 0.1,
    "shape": 0.03,
}  # of the height, depths in a hundred, of the height; finest grid


def wave(x: np.ndarray, height: float) -> np.ndarray:
    """The surface [m] around its crest at x = 0, in a channel that closes on itself."""
    size = height * DEPTH
    narrow = np.sqrt(3 * size / (4 * DEPTH**2 * (DEPTH + size)))
    half = ROUND * DEPTH / 2
    return size / np.cosh(narrow * ((x + half) % (2 * half) - half)) ** 2


def celerity(height: float) -> float:
    """Speed of the wave [m/s]."""
    return float(np.sqrt(G * DEPTH * (1 + height)))


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named height-way-cells."""
    heights, grids, way = (HEIGHTS[1:2], QUICK, QUICK_WAY) if quick else (HEIGHTS, CELLS, WAY)
    names = [(h, way, n) for h in heights for n in grids]
    return {f"{h:g}-{w}-{n}": _one(folder / f"{h:g}-{w}-{n}", h, w, n) for h, w, n in names}


def _one(folder: Path, height: float, way: int, cells: int) -> ScenarioConfig:
    def speed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        eta = wave(x, height)
        return celerity(height) * eta / (DEPTH + eta)

    half = ROUND * DEPTH / 2
    return flow.configure(
        folder,
        flow.flume((-half, half), ROUND * cells, ("periodic", "periodic")),
        lambda x, y: -DEPTH,
        Water(lambda x, y: wave(x, height), speed),
        times=[way * DEPTH / celerity(height)],
        physics={"manning": 0.0, "dispersion": "serre", "dispersion_alpha": 1.0},
    )


def errors(folder: Path, height: float, way: int) -> tuple[float, float, float]:
    """Height gained, place gained [depths] and largest error of the shape in place, heights over the wave's."""
    found = flow.read(folder)
    x, eta = found.x, found.eta[-1, 0]
    n = int(eta.argmax())
    left, top, right = eta[n - 1], eta[n], eta[(n + 1) % eta.size]
    part = 0.5 * (left - right) / (left - 2 * top + right)
    crest = x[n] + part * (x[1] - x[0])
    half = ROUND / 2
    place = (crest / DEPTH - way + half) % ROUND - half
    shape = np.abs(eta - wave(x - crest, height)).max()
    size = height * DEPTH
    return float((top - 0.25 * (left - right) * part) / size - 1), float(place), float(shape / size)


def judge(runs: Runs) -> list[Comparison]:
    """Errors of each wave, with limits on the finest grid, and the order with which the place is found."""
    lines: list[Comparison] = []
    sets = [name.split("-") for name in runs]
    for height, way in sorted({(float(h), int(w)) for h, w, _ in sets}):
        grids = sorted(int(n) for h, w, n in sets if (float(h), int(w)) == (height, way))
        found = [errors(runs[f"{height:g}-{way}-{n}"], height, way) for n in grids]
        for n, (top, place, shape) in zip(grids, found, strict=True):
            label = f"H = {height:g} d, {n} cells a depth, {way} d"
            limits = LIMITS if n == grids[-1] else dict.fromkeys(LIMITS)
            lines.append(Bound(f"{label}: height", abs(top), limits["height"], "%"))
            lines.append(Bound(f"{label}: place", abs(place), limits["place"], "d"))
            lines.append(Bound(f"{label}: shape", shape, limits["shape"], "%"))
        if len(grids) > 1:
            order = flow.orders([1 / n for n in grids], [abs(place) for _, place, _ in found])[-1]
            lines.append(Bound(f"H = {height:g} d: order of the place", order, 1.8, at_least=True))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """The waves at the end beside what they should be."""
    import matplotlib.pyplot as plt

    sets = [(float(h), int(w), int(n)) for h, w, n in (name.split("-") for name in runs)]
    heights = sorted({h for h, _, _ in sets})
    figure, rows = plt.subplots(
        len(heights), 1, figsize=(7, 2 * len(heights)), layout="constrained", squeeze=False
    )
    for axes, height in zip(rows[:, 0], heights, strict=True):
        for h, way, cells in sorted(sets):
            if h != height:
                continue
            found = flow.read(runs[f"{h:g}-{way}-{cells}"])
            place = (found.x / DEPTH - way + ROUND / 2) % ROUND - ROUND / 2
            order = place.argsort()
            axes.plot(place[order], found.eta[-1, 0, order] / DEPTH, label=f"{cells} cells a depth")
        x = np.linspace(-10, 10, 400)
        axes.plot(x, wave(x * DEPTH, height) / DEPTH, "k--", label="exact")
        axes.set(xlim=(-10, 10), xlabel="depths from where the crest should be", ylabel="surface over depth")
    rows[0, 0].legend(frameon=False)
    path = output / "solitary.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "solitary waves of the dispersive equations over a long way: height, place, shape"
CASE = Case("solitary", SUMMARY, configure, judge, draw, about=__doc__)
