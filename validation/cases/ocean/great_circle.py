"""A round wave spreads over a flat ocean on the sphere: it must arrive along all great circles at the same time.

A hump of 10 cm and 5 degrees at 10 degrees north on 4000 m of water, without rotation; stations 25 and 50 degrees away
in eight directions, on a grid of degrees that is far from square there. What is known is the Legendre series of the
linear wave.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.constants import EARTH_RADIUS
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.references import sphere

HEIGHT, WIDTH, DEPTH = 0.1, 5.0, 4000.0  # m, degrees, m
POLE = (0.0, 10.0)  # degrees east, north
FAR, NEAR = 50.0, 25.0  # degrees
BEARINGS = tuple(range(0, 360, 45))
SIZES, QUICK = (1.0, 0.5, 0.25), (1.0, 0.5)  # degrees
EVERY = 120.0  # s, longer than the steps
END = 60 * np.radians(1.0) * EARTH_RADIUS / np.sqrt(G * DEPTH)  # s, over 60 degrees
TIME_LIMIT, HEIGHT_LIMIT, SERIES_LIMIT = 30.0, 0.01, 0.02  # s (a thousandth of the way) and shares, finest


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by the size of cells."""
    return {f"{size:g}": _one(folder / f"{size:g}", size) for size in (QUICK if quick else SIZES)}


def _one(folder: Path, size: float) -> ScenarioConfig:
    grid = {"kind": "lonlat", "west": -75.0, "east": 75.0, "south": -60.0, "north": 72.0, "spacing": size}
    pole = np.radians(POLE)
    water = Water(lambda x, y: _hump(sphere.distance(np.radians(x), np.radians(y), *pole)))
    stations = [
        {"name": f"{angle:g}-{bearing}", "lon": lon, "lat": lat}
        for angle in (NEAR, FAR)
        for bearing in BEARINGS
        for lon, lat in [sphere.place(*POLE, angle, bearing)]
    ]
    return flow.configure(
        folder, grid, lambda x, y: -DEPTH, water, times=[END], stations=stations,
        physics={"coriolis": False}, output={"stations": {"every": EVERY}}, run={"adaptive": False},
    )  # fmt: skip


def _hump(angle: np.ndarray) -> np.ndarray:
    return HEIGHT * np.exp(-((np.degrees(angle) / WIDTH) ** 2))


def judge(runs: Runs) -> list[Comparison]:
    """Times and heights of the crests in all directions, the series, and their orders."""
    sizes = sorted(map(float, runs), reverse=True)
    lines: list[Comparison] = []
    loose = flow.loosened(SIZES[-1], sizes[-1], 2.0)
    for angle in (NEAR, FAR):
        errors = np.array([_errors(runs[f"{size:g}"], angle) for size in sizes])
        label = f"{angle:g} degrees away, cells {sizes[-1]:g}"
        time, height, series, spread = errors[-1]
        lines.append(Bound(f"{label}: crest, time, worst direction", time, loose * TIME_LIMIT, "s"))
        lines.append(Bound(f"{label}: crest, time, spread of directions", spread, loose * TIME_LIMIT, "s"))
        lines.append(Bound(f"{label}: crest, height, worst direction", height, loose * HEIGHT_LIMIT, "%"))
        lines.append(Bound(f"{label}: series, L2, worst direction", series, loose * SERIES_LIMIT, "%"))
        if len(sizes) > 1:
            order = flow.orders(sizes, errors[:, 2])[-1]
            lines.append(Bound(f"{angle:g} degrees away: order of the series", order, 1.5, at_least=True))
    times, known, *_ = _series(runs[f"{sizes[-1]:g}"], FAR)
    lines.append(
        Bound(f"time of the crest {FAR:g} degrees away, as known", flow.crest(times, known)[0], None, "s")
    )
    return lines


def _errors(folder: Path, angle: float) -> tuple[float, float, float, float]:
    """Worst of all directions: time of the crest [s], its height and the series as shares; spread of times [s]."""
    times, known, *found = _series(folder, angle)
    time, height = flow.crest(times, known)
    crests = [flow.crest(times, eta) for eta in found]
    return (
        max(abs(t - time) for t, _ in crests),
        max(abs(top / height - 1) for _, top in crests),
        max(flow.share(eta, known, 2) for eta in found),
        float(np.ptp([t for t, _ in crests])),
    )


def _series(folder: Path, angle: float) -> list[np.ndarray]:
    """Times, what is known, and what was found at each bearing."""
    with Run.open(folder) as run:
        assert run.stations is not None
        stations = run.stations
        times = stations["seconds"].values.astype(float)
        names = list(stations["station"].values)
        eta = stations["eta"].transpose("station", "time").values.astype(float)
        found = [eta[names.index(f"{angle:g}-{bearing}")] for bearing in BEARINGS]
    return [times, _known(tuple(times), angle), *found]


@cache
def _known(times: tuple[float, ...], angle: float) -> np.ndarray:
    return np.asarray(sphere.spread(_hump, np.array(times), np.radians(angle), DEPTH)[:, 0])


def draw(runs: Runs, output: Path) -> list[Path]:
    """Series at all stations of the finest grid, and errors of the crest by bearing."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    size = min(runs, key=float)
    for angle, colour in ((NEAR, "#c1440e"), (FAR, "#1f6f8b")):
        times, known, *found = _series(runs[size], angle)
        for eta in found:
            axes[0].plot(times / 3600, 100 * eta, color=colour, lw=1)
        axes[0].plot(times / 3600, 100 * known, "k--", lw=0.8)
        off = [flow.crest(times, eta)[0] - flow.crest(times, known)[0] for eta in found]
        axes[1].plot(BEARINGS, off, "o-", color=colour, label=f"{angle:g} degrees away")
    axes[0].set(xlabel="time [h]", ylabel="surface [cm]", title=f"eight directions, cells {size} degrees")
    axes[1].set(xlabel="bearing [degrees]", ylabel="crest after the known one by [s]")
    axes[1].legend(frameon=False)
    path = output / "great_circle.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "a round wave on the sphere: arrival and height of its crest in eight directions"
CASE = Case("great_circle", SUMMARY, configure, judge, draw, about=__doc__)
