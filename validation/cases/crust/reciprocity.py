"""Reciprocity in a lossy layered half-space: what a force at A does at B is what a force at B does at A.

Also what a moment at A does at B, which is the strain that a force at B makes at A. A lies in the ground between
nodes, B on the free surface. Then each moment and force for itself, on the free surface and at depths down to four
cells below it, against forces in the ground.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read

LAYERS = (
    {"top": 0, "vp": 4000, "vs": 2000, "rho": 2600, "qp": 120, "qs": 40},
    {"top": 1000, "vp": 6000, "vs": 3464, "rho": 2700, "qp": 155.9, "qs": 69.3},
)
POINTS = {"A": {"x": -1430, "y": -690, "depth": 1570}, "B": {"x": 1310, "y": 870, "depth": 0}}  # m
AXES = "xyz"
FORCE = 1e12  # N
MOMENT = dict(
    zip(("mxx", "myy", "mzz", "mxy", "mxz", "myz"), (4e14, -2e14, 3e14, 5e14, -3e14, 2e14), strict=True)
)
STRAINS = {"exx": 1, "eyy": 1, "ezz": 1, "exy": 2, "exz": 2, "eyz": 2}  # how often each is in a tensor
FREQUENCY = 0.25  # Hz, of the wavelet
LIMITS = {"conventional": 1e-3, "coarse": 5e-3}  # cells of the latter differ from each other
# Near the surface: places between nodes [m], sources, depths [cells] of elastic runs and of others.
NEAR, FAR = {"x": -430.0, "y": -270.0}, {"x": 620.0, "y": 410.0, "depth": 830.0}
CELL = 100.0  # m
COMPONENTS = {"mxx": "exx", "mzz": "ezz", "mxy": "exy", "mxz": "exz", "fx": "vx", "fz": "vz"}
DEPTHS, FEW = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0), (0.25, 1.0, 2.0)
NEAR_RUNS: Mapping[str, tuple[int, str, tuple[float, ...]]] = {
    "elastic": (4, "none", DEPTHS),
    "eighth order": (8, "none", FEW),
    "conventional": (4, "conventional", FEW),
    "coarse": (4, "coarse", FEW),
}
HIGHEST = 1.0  # Hz, of the wavelet's peak: ten cells to the shortest wave of S, of 2.5 times that
MISFIT, AMPLITUDE = 0.03, 0.02


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by form of attenuation, place and axis of a force, or M for the moment at A; then those near it."""
    return _apart(folder, quick) | _near(folder, quick)


def _apart(folder: Path, quick: bool) -> dict[str, ScenarioConfig]:
    runs = {}
    for form in ("conventional",) if quick else LIMITS:
        for where, along in ("Ax", "Az", "Bx", "Bz", "AM"):
            name = f"{form}-{where}{along}"
            kind = (
                {"kind": "moment_tensor", **MOMENT} if along == "M" else {"kind": "force", f"f{along}": FORCE}
            )
            runs[name] = _run(folder / name, form, {**kind, **POINTS[where]})
    return runs


def _near(folder: Path, quick: bool) -> dict[str, ScenarioConfig]:
    """Runs named near-KIND-far-AXIS of a force in the ground, and near-KIND-COMPONENT-DEPTH."""
    runs = {}
    for kind, (order, form, depths) in NEAR_RUNS.items():
        if quick and kind != "elastic":
            continue
        sources = {f"far-{axis}": {"kind": "force", f"f{axis}": FORCE, **FAR} for axis in AXES}
        for name in COMPONENTS:
            for depth in FEW if quick else depths:
                if depth or name != "mxz":  # on the surface there is no such strain
                    what = {"kind": "force" if name[0] == "f" else "moment_tensor", name: FORCE}
                    sources[f"{name}-{depth:g}"] = {**what, **NEAR, "depth": depth * CELL}
        for name, source in sources.items():
            run = f"near-{kind}-{name}"
            runs[run] = _small(folder / run.replace(" ", "_"), order, form, source, depths)
    return runs


def _small(
    folder: Path, order: int, form: str, source: dict[str, Any], depths: tuple[float, ...]
) -> ScenarioConfig:
    settings = _run(folder, form, source).echo()
    settings["time"] = {"duration": 3.2}
    settings["grid"] |= {"x": [-1900, 2100], "y": [-1800, 2000], "depth": [0, 2200], "spacing": CELL}
    settings["medium"] = {"kind": "layers", "layers": [{**LAYERS[0], "vs": 2500}]}
    settings["physics"]["order"] = order
    settings["source"][0]["time_function"] = {"kind": "ricker", "frequency": HIGHEST}
    near = [{"name": f"{depth:g}", **NEAR, "depth": depth * CELL} for depth in depths]
    settings["stations"] = [{"name": "far", **FAR}, *near]
    settings["output"]["stations"]["every"] = 0.01
    return from_dict(settings)


def _run(folder: Path, form: str, source: dict[str, Any]) -> ScenarioConfig:
    return from_dict(
        {
            "scenario": "seismic",
            "title": "reciprocity",
            "time": {"duration": 13},
            "grid": {
                "kind": "cartesian",
                "x": [-3750, 3750],
                "y": [-3500, 3500],
                "depth": [0, 4500],
                "spacing": 125,
            },
            "medium": {"kind": "layers", "layers": list(LAYERS)},
            "physics": {"attenuation": form, "low_pass": False},
            "source": [source | {"time_function": {"kind": "ricker", "frequency": FREQUENCY}}],
            "stations": [{"name": name, **place} for name, place in POINTS.items()],
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.02, "variables": ["velocity", "strain"]},
            },
        }
    )


def judge(runs: Runs) -> list[Bound]:
    """Differences of what should be the same, as shares of its largest value; near the surface the worst depth."""
    bounds = []
    for form in dict.fromkeys(name.split("-")[0] for name in runs if not name.startswith("near-")):
        motion = {name: read(runs[f"{form}-{name}"]) for name in ("Ax", "Az", "Bx", "Bz", "AM")}
        for i in "xz":
            for j in "xz":
                there = motion["A" + i].at("B")[AXES.index(j)]
                back = motion["B" + j].at("A")[AXES.index(i)]
                bounds.append(
                    Bound(f"{form}, force {i} to motion {j}", _difference(there, back), LIMITS[form])
                )
        for j in "xz":
            there = motion["AM"].at("B")[AXES.index(j)] * FORCE
            back = _work(runs[f"{form}-B{j}"])
            bounds.append(Bound(f"{form}, moment to motion {j}", _difference(there, back), LIMITS[form]))
    for kind in dict.fromkeys(name.split("-")[1] for name in runs if name.startswith("near-")):
        bounds += _judge_near(kind, runs)
    return bounds


def _judge_near(kind: str, runs: Runs) -> list[Bound]:
    """The worst amplitude and misfit of each component at all depths."""
    bounds = []
    for name, quantity in COMPONENTS.items():
        first = f"near-{kind}-{name}-"
        depths = [run.removeprefix(first) for run in runs if run.startswith(first)]
        found = [
            _compared(runs[first + depth], [runs[f"near-{kind}-far-{a}"] for a in AXES], quantity, depth)
            for depth in depths
        ]
        amplitude, misfit = np.max(found, axis=0)
        label = f"near the surface, {kind}, {name}, worst of {len(depths)} depths"
        bounds.append(Bound(f"{label}, amplitude", float(amplitude), AMPLITUDE, "%"))
        bounds.append(Bound(f"{label}, misfit", float(misfit), MISFIT, "%"))
    return bounds


def _compared(folder: Path, far: list[Path], quantity: str, depth: str) -> tuple[float, float]:
    """How far the amplitude of a source is from that by reciprocity, and the misfit of its waveforms."""
    there = read(folder).at("far")
    back = np.stack([STRAINS.get(quantity, 1) * _series(run, quantity, depth) for run in far])
    power = np.sum(back**2)
    misfit = np.sqrt(np.sum((there - back) ** 2) / power)
    return float(abs(np.sum(there * back) / power - 1)), float(misfit)


def _series(folder: Path, quantity: str, station: str) -> np.ndarray:
    with Run.open(folder) as run:
        assert run.stations is not None
        return np.asarray(run.stations[quantity].sel(station=station).values)


def _work(folder: Path) -> np.ndarray:
    """The moment times the strain (T,) at A in a run."""
    with Run.open(folder) as run:
        assert run.stations is not None
        at = run.stations.isel(station=list(POINTS).index("A"))
        parts = zip(MOMENT.values(), STRAINS.items(), strict=True)
        return np.sum([m * times * at[name].values for m, (name, times) in parts], axis=0)


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / np.abs(a).max())


CASE = Case(
    "reciprocity", "sources and receivers change places in a lossy layered half-space", configure, judge
)
