"""Four ways to drive a tsunami by one rupture: a thrust below a sloping margin (configs/coupled_subduction.yaml).

The half-space is uniform and the margin gentle, so that the crust must come to rest with the displacement of Okada
(1985), and the tsunami of the moving bed must be that of the same fault in Okada's half-space. Between the other
methods there is no such equality: their differences at the gauges are what Abrahams, Krenz, Dunham, Gabriel and Saito
(2023, Geophysical Journal International) compare. They are told, and drawn.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis import Run
from esim.analysis.coupled.parts import parts_of
from esim.analysis.figures.style import STYLE
from esim.analysis.ocean.crest import first_crest
from esim.config import ScenarioConfig, load
from esim.errors import InputError
from esim.validation.cases.case import Bound, Case, Runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCENARIO = Path(__file__).parents[2].parent / "configs" / "coupled_subduction.yaml"
METHODS = {
    "okada": "the fault in a half-space (okada)",
    "static": "the final displacement at once (static)",
    "kinematic": "the moving bed (kinematic)",
    "surface": "the moving surface of a compressible sea (surface)",
}
REFERENCE = "okada"
QUICK = ("crust.grid.spacing=[2.5 km, 2.5 km, 1.25 km]", "ocean.grid.spacing=4 km", "time.duration=45 min")
QUICK_METHODS = ("okada", "kinematic")
LIMIT, VOLUME_LIMIT = 0.03, 1e-6
PASSED = 300.0  # s: seismic waves have left the gauges, and no tsunami has come to them
COLOURS = {"okada": "#1a1a1a", "static": "#999999", "kinematic": "#0072B2", "surface": "#D55E00"}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """A run of each method; of two of them where it should be quick."""
    return {
        method: load(
            SCENARIO,
            [
                f"coupling.method={method}",
                f"output.directory={folder / method}",
                "output.overwrite=true",
                *(QUICK if quick else ()),
            ],
        )
        for method in (QUICK_METHODS if quick else METHODS)
    }


def gauges(folder: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times (T,) [s], and the water surface [m] at the gauges of a run by their names, (T,) each."""
    with Run.open(folder) as run:
        data = parts_of(run).ocean.stations
        if data is None:
            raise InputError(f"{folder}: no gauges")
        names = map(str, data["station"].values)
        series = {name: data["eta"].isel(station=n).values.astype(float) for n, name in enumerate(names)}
        return data["seconds"].values.astype(float), series


def uplift(folder: Path) -> np.ndarray:
    """Final uplift [m] of the bed of the ocean."""
    with Run.open(folder) as run:
        data = parts_of(run).ocean.maxima
        if data is None:
            raise InputError(f"{folder}: no maxima")
        return np.asarray(data["uplift"].values, dtype=float)


def volume_error(folder: Path) -> float:
    """What the map from the crust to the ocean adds to the volume of the uplift, or takes from it, over that volume."""
    with Run.open(folder) as run:
        found = [
            one["volume_error"] for one in parts_of(run).ocean.record["sources"] if "volume_error" in one
        ]
    if not found:
        raise InputError(f"{folder}: run.json of the ocean has no volume_error of its source")
    return max(map(abs, found))


def judge(runs: Runs) -> Sequence[Bound]:
    """The bed and the gauges of the moving bed against Okada's, the volume, and the other methods for reading."""
    known, found = (uplift(runs[name]) for name in (REFERENCE, "kinematic"))
    bounds = [
        Bound(
            "kinematic: final uplift against okada",
            float(np.abs(found - known).max() / np.abs(known).max()),
            LIMIT,
            "%",
        ),
        Bound(
            "kinematic: volume of the uplift, crust to ocean", volume_error(runs["kinematic"]), VOLUME_LIMIT
        ),
    ]
    times, reference = gauges(runs[REFERENCE])
    for method in (one for one in ("kinematic", "static", "surface") if one in runs):
        limit = LIMIT if method == "kinematic" else None
        for name, series in gauges(runs[method])[1].items():
            crest, delay, difference = compare(times, series, reference[name])
            bounds += [
                Bound(f"{method}, {name}: first crest against okada", crest, limit, "%"),
                Bound(f"{method}, {name}: its delay", delay, None, "s"),
                Bound(f"{method}, {name}: r.m.s. difference over the peak", difference, limit, "%"),
            ]
    return bounds


def _largest(error: np.ndarray, known: np.ndarray) -> float:
    """The largest error over the largest known value."""
    return float(np.nanmax(np.abs(error)) / np.nanmax(np.abs(known)))


def compare(times: np.ndarray, series: np.ndarray, known: np.ndarray) -> tuple[float, float, float]:
    """Difference of the first crests over the known one, delay [s], and r.m.s. difference over the known peak.

    Of what comes after the seismic waves have passed.
    """
    later = times >= PASSED
    at, found, wanted = times[later], series[later], known[later]
    ours, theirs = first_crest(at, found), first_crest(at, wanted)
    if ours is None or theirs is None:
        raise InputError("a gauge has no crest; expected a longer run")
    rms = float(np.sqrt(np.mean((found - wanted) ** 2)) / np.abs(wanted).max())
    return abs(ours.height / theirs.height - 1), ours.time - theirs.time, rms


def draw(runs: Runs, folder: Path) -> Sequence[Path]:
    """The figure of the methods: the gauges, and how they differ from the fault in a half-space."""
    import matplotlib

    from esim.io.atomic import whole_file

    path = folder / "four_methods.png"
    with matplotlib.rc_context(STYLE), whole_file(path) as temporary:
        figure(runs).savefig(temporary, format="png")
    return [path]


def figure(runs: Runs) -> "Figure":
    """A row for each gauge: the water surface, and what the other methods make of it."""
    from matplotlib.figure import Figure

    series = {method: gauges(runs[method]) for method in METHODS if method in runs}
    names = list(series[REFERENCE][1])
    drawing = Figure(figsize=(8.4, 0.9 + 1.9 * len(names)), layout="constrained")
    panels = drawing.subplots(len(names), 2, sharex=True, squeeze=False)
    for (left, right), name in zip(panels, names, strict=True):
        for method, (times, found) in series.items():
            left.plot(times / 60, found[name], color=COLOURS[method], lw=1.1, label=METHODS[method])
            if method != REFERENCE:
                less = found[name] - np.interp(times, series[REFERENCE][0], series[REFERENCE][1][name])
                right.plot(times / 60, less, color=COLOURS[method], lw=0.9)
        _dress(left, f"{name}: water surface (m)")
        _dress(right, f"less that of {REFERENCE} (m)")
    for axes in panels[-1]:
        axes.set_xlabel("time since origin (min)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return drawing


def _dress(axes: "Axes", words: str) -> None:
    axes.axhline(0, color="0.75", lw=0.6, zorder=1)
    axes.set_ylabel(words)
    axes.spines[["top", "right"]].set_visible(False)


SUMMARY = "one rupture drives a tsunami in four ways; the moving bed against the fault in a half-space"
CASE = Case("four_methods", SUMMARY, configure, judge, draw)
