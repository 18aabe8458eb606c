"""Far from its source a tsunami is late: compressed sea water and an Earth that gives way, over 10,000 km of ocean.

A hump 250 km across spreads over 4.5 km of water, on a rigid Earth with water of one density, and with either or both
of physics.seawater_compressibility and physics.self_attraction_loading. Known is the sum of its harmonic waves,
    eta(x, t) = sum eta_K cos(K x) cos(K c t),  c^2 = g h (r - G(K)),
with r of kernels.stratification and G of drivers.loading. Observed delays are up to 1 to 2 % of the travel time, and
a trough comes first (Watada et al. 2014, JGR 119:4287; Allgeyer & Cummins 2014, GRL 41:2368).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.ocean.forcing.compressibility import SOUND_SPEED
from esim.ocean.forcing.loading import CELERITY, SHORTEST, loading_response
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water

DEPTH, HALF, FAR = 4500.0, 125e3, 1e7  # m
BEGIN, END = -1.5e6, 1.15e7  # m
INTERVAL = 40.0  # s, of loading
CELLS, QUICK = 2600, 1300  # of 5 and 10 km
PHYSICS: Mapping[str, dict[str, bool]] = {
    "rigid": {},
    "stratified": {"seawater_compressibility": True},
    "loaded": {"self_attraction_loading": True},
    "both": {"seawater_compressibility": True, "self_attraction_loading": True},
}
LIMIT, TROUGH, PLACE = 0.03, 0.1, 1e-3  # of the delay, of the trough ahead, of the way, for cells of 5 km


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """One run for each choice of physics."""
    water = Water(lambda x, y: hump(x))
    arrival = FAR / np.sqrt(G * DEPTH)
    grid = flow.flume((BEGIN, END), QUICK if quick else CELLS, ("open", "open"))
    return {
        name: flow.configure(
            folder / name,
            grid,
            lambda x, y: -DEPTH,
            water,
            times=[arrival],
            physics={"manning": 0.0, "loading_interval": INTERVAL} | physics,
            run={"precision": "float64", "adaptive": False, "cfl": 0.4},
        )
        for name, physics in PHYSICS.items()
    }


def hump(x: np.ndarray) -> np.ndarray:
    """The surface [m] at t = 0."""
    return np.exp(-((x / HALF) ** 2))


def exact(x: np.ndarray, time: float, stratified: bool, loaded: bool) -> np.ndarray:
    """The surface [m] at a time [s], as the sum of waves on a circle so long that nothing comes round."""
    count = 2**14
    around = (np.arange(count) - count // 2) * 4 * END / count
    number = 2 * np.pi * np.fft.rfftfreq(count, 4 * END / count)
    m = G * DEPTH / SOUND_SPEED**2
    ratio = (1 + m / 2) / (1 + m) if stratified else 1.0
    given = loading_response(number, SHORTEST * CELERITY * INTERVAL) if loaded else 0.0
    turn = number * np.sqrt(G * DEPTH * (ratio - given)) * time
    return np.interp(x, around, np.fft.irfft(np.fft.rfft(hump(around)) * np.cos(turn), count))


def crest(x: np.ndarray, eta: np.ndarray) -> tuple[float, float]:
    """Where the highest water is, by a parabola through three points, and the lowest water ahead of it."""
    n = int(eta.argmax())
    left, top, right = eta[n - 1 : n + 2]
    place = x[n] + 0.5 * (left - right) / (left - 2 * top + right) * (x[1] - x[0])
    return float(place), float(eta[n:].min())


def judge(runs: Runs) -> list[Comparison]:
    """Delays against those of theory, and the trough ahead of the wave; errors grow with the square of the cells."""
    celerity = np.sqrt(G * DEPTH)
    lines: list[Comparison] = []
    known, found = {}, {}
    for name, folder in runs.items():
        fields = flow.read(folder)
        physics = PHYSICS[name]
        fine = np.linspace(BEGIN, END, 40001)
        theory = exact(
            fine,
            float(fields.times[-1]),
            "seawater_compressibility" in physics,
            "self_attraction_loading" in physics,
        )
        known[name], found[name] = crest(fine, theory), crest(fields.x, fields.eta[-1, 0])
    looser = (CELLS / fields.x.size) ** 2
    late = found["rigid"][0] - known["rigid"][0]
    lines.append(Bound("rigid: place of the crest, of the way", abs(late) / FAR, looser * PLACE, "%"))
    for name in ("stratified", "loaded", "both"):
        expected, delay = ((crests["rigid"][0] - crests[name][0]) / celerity for crests in (known, found))
        quantity = f"{name}: delay after {FAR / 1e3:.0f} km"
        lines.append(Check(quantity, expected, delay, "s", looser * LIMIT, relative=True))
        lines.append(Bound(f"{name}: delay, of the travel time", delay * celerity / FAR, unit="%"))
    for name in ("loaded", "both"):
        expected, trough = (100 * crests[name][1] for crests in (known, found))
        lines.append(Check(f"{name}: trough ahead", expected, trough, "cm", looser * TROUGH, relative=True))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """The waves after 10,000 km, and what is known of them."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for name, color in zip(runs, ("0.5", "#1f6f8b", "#c1440e", "k"), strict=False):
        fields = flow.read(runs[name])
        physics = PHYSICS[name]
        known = exact(
            fields.x,
            float(fields.times[-1]),
            "seawater_compressibility" in physics,
            "self_attraction_loading" in physics,
        )
        axes.plot(fields.x / 1e3, fields.eta[-1, 0], "-", color=color, lw=1.2, label=name)
        axes.plot(fields.x[::4] / 1e3, known[::4], ".", color=color, ms=3)
    axes.set(xlim=(FAR / 1e3 - 900, FAR / 1e3 + 500), xlabel="x [km]", ylabel="surface [m]")
    axes.set_title("after 10,000 km; dots: theory")
    axes.legend(frameon=False)
    path = output / "far_field.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "delays by compressed water and an elastic Earth after 10,000 km, and the trough ahead of the wave"
CASE = Case("far_field", SUMMARY, configure, judge, draw)
