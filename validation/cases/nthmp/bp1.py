"""NTHMP BP1: a solitary wave runs up a plane beach, against the analytic solution of Synolakis.

H/d = 0.019, slope 1 in 19.85, without friction. Profiles at t = 35 to 70 sqrt(d/g), two time series and the run-up;
criterion of NOAA OAR PMEL-135 for analytic benchmarks: 5 %. Errors are root mean squares over the range of what is
known. The solution takes the wave through the flat part of the flume by linear theory, and the run-up that is known
is where its table has water at t = 55, at 0.1 d apart; the law of Synolakis is given beside it.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.nthmp import nthmp
from esim.validation.cases.ocean import flow
from esim.validation.references.runup import law

HEIGHT, DEPTH = 0.019, 1.0  # over the depth; m
CELLS, QUICK = 20.0, 16.0  # in a depth
TIMES = (35, 40, 45, 50, 55, 60, 65, 70)  # sqrt(d/g)
PLACES = (0.25, 9.95)  # of the time series, in depths from the shore
EVERY = 5.0
LIMIT = 0.05
SEEN = 1e-3 * DEPTH  # m
FILES = ("bp01/canonical_profiles.txt", "bp01/canonical_ts.txt")


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """One run; `quick` has larger cells."""
    cells = QUICK if quick else CELLS
    return {
        "beach": nthmp.beach(
            folder / "beach", HEIGHT, DEPTH, cells, 80.0, every=EVERY, stations=PLACES, manning=0.0
        )
    }


def series() -> dict[float, np.ndarray]:
    """Time in sqrt(d/g) and surface over the depth (T, 2) at the two places."""
    both, first = nthmp.numbers(FILES[1], 4), nthmp.numbers(FILES[1], 2)
    return {PLACES[0]: np.concatenate([both[:, :2], first]), PLACES[1]: both[:, 2:]}


def judge(runs: Runs) -> list[Comparison]:
    """Profiles, time series, run-up and mass."""
    folder = runs["beach"]
    fields, known = flow.read(folder), nthmp.numbers(FILES[0], 9)
    lines: list[Comparison] = []
    for column, time in enumerate(TIMES, start=1):
        wet = np.isfinite(known[:, column])
        x, eta = known[wet, 0], known[wet, column]
        n = round(time / EVERY)
        error = nthmp.deviation(nthmp.profile(fields, n, DEPTH, x), eta)
        lines.append(Bound(f"profile at t = {time}", error, LIMIT, "%"))
        top = nthmp.highest(fields, n, DEPTH, SEEN, x)
        lines.append(Check(f"highest water at t = {time}", float(eta.max()), top, "d", LIMIT, True))
    for place, (times, found) in _found(folder).items():
        when, eta = series()[place].T
        inside = when <= times[-1]
        error = nthmp.deviation(np.interp(when[inside], times, found), eta[inside])
        lines.append(Bound(f"series at x = {place:g} d", error, LIMIT, "%"))
        lines.append(
            Check(f"crest at x = {place:g} d", float(np.nanmax(eta)), float(found.max()), "d", LIMIT, True)
        )
    found_up = nthmp.runup(folder, DEPTH, SEEN)
    lines.append(Check("run-up, the table", float(np.nanmax(known[:, 1:])), found_up, "d", LIMIT, True))
    lines.append(Check("run-up, the law", law(HEIGHT, nthmp.COT), found_up, "d", LIMIT, True))
    return [*lines, flow.lost("", fields.drift(), nthmp.MASS)]


def _found(folder: Path) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    times, found = nthmp.gauges(folder)
    # A gauge that has fallen dry shows nothing.
    tau = float(np.sqrt(DEPTH / flow.G))
    return {
        x: (times[np.isfinite(found[f"{x:g}"])] / tau, found[f"{x:g}"][np.isfinite(found[f"{x:g}"])] / DEPTH)
        for x in PLACES
    }


def draw(runs: Runs, output: Path) -> list[Path]:
    """Profiles near the shore and the two series."""
    import matplotlib.pyplot as plt

    folder = runs["beach"]
    fields, known = flow.read(folder), nthmp.numbers(FILES[0], 9)
    figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(TIMES)))
    for column, (time, colour) in enumerate(zip(TIMES, colours, strict=True), start=1):
        n = round(time / EVERY)
        wet = fields.h[n, 0] > SEEN
        axes[0].plot(fields.x[wet] / DEPTH, fields.eta[n, 0][wet] / DEPTH, color=colour, label=f"{time}")
        axes[0].plot(known[::3, 0], known[::3, column], "k.", ms=2)
    axes[0].plot(fields.x / DEPTH, fields.bed[0] / DEPTH, color="0.5")
    axes[0].set(xlim=(-2.2, 12), ylim=(-0.05, 0.1), xlabel="x / d", ylabel="surface / d")
    axes[0].legend(frameon=False, title="t", fontsize="small", ncols=2)
    for axis, (place, (times, found)) in zip(axes[1:], _found(folder).items(), strict=True):
        axis.plot(times, found, label="esim")
        axis.plot(*series()[place].T, "k--", lw=1, label="analytic")
        axis.set(xlim=(0, times[-1]), xlabel="t / sqrt(d/g)", title=f"x = {place:g} d")
        axis.legend(frameon=False)
    path = output / "bp1.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]


SUMMARY = "NTHMP BP1, analytic solitary wave on a plane beach: profiles, series, run-up"
CASE = Case(
    "bp1", SUMMARY, configure, judge, draw, missing=lambda quick: nthmp.missing(*FILES), about=__doc__
)
