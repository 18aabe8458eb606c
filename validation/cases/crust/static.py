"""What the ground keeps: permanent displacement above buried faults, on land and below a sea, against Okada (1985).

Strike slip, a thrust and an opening dyke, at up to five times the depth of their middle, between absorbing layers. A
sea leaves the ground as it is: at rest it presses as before. Then sides of several kinds are moved towards the dyke on
land; what they add is the difference from the block in which they are far away.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.crust.advice.static_displacement import side_error
from esim.errors import InputError
from esim.sources.ocean import okada
from esim.validation.cases.case import Bound, Case, Runs

CELL, SEA = 500.0, 3e3  # m: cells, depth of the sea
DEPTH, SIZE, STRIKE = 6e3, 4.8e3, 20.0  # m, m, degrees: middle of a square fault below the ground, its sides
FAULTS = {  # dip, rake [degrees], slip, opening [m]
    "strike_slip": (90.0, 0.0, 1.0, 0.0),
    "thrust": (30.0, 90.0, 1.0, 0.0),
    "opening": (90.0, 0.0, 0.0, 1.0),
}
LAYER = 10  # cells of the absorbing layers
REACH, QUICK_REACH = (
    5.0,
    2.0,
)  # depths from the fault to the absorbing layers, and how far errors are looked at
BELOW = 2.0  # depths from the ground to the layer below
RISE_TIME, LEFT, DURATION = 6.0, 45.0, 90.0  # s; at LEFT waves are gone
RINGS = (0.0, 0.5, 1.0, 2.0, 5.0)  # depths away, as errors are given
LIMIT, VOLUME_LIMIT = 0.03, 0.03
VOLUME_REACH = 2.0  # depths: farther out a slow heave of the whole block is a part of the volume
SIDES, QUICK_SIDES = (0.5, 1.0, 2.0, 3.0), (0.5, 1.0)  # depths from the fault to the layers
SIDE_KINDS = {  # kind and cells
    "cpml of 10": ("cpml", 10),
    "cpml of 5": ("cpml", 5),
    "cpml of 3": ("cpml", 3),
    "sponge of 10": ("sponge", 10),
}
FIGURE = "static_sides.png"


class Surface(NamedTuple):
    """x (i,), y (j,) [m], times (T,) [s], displacement east, north, up (T, 3, j, i) [m], and Okada's (3, j, i)."""

    x: np.ndarray
    y: np.ndarray
    times: np.ndarray
    found: np.ndarray
    known: np.ndarray

    def within(self, reach: float) -> "Surface":
        """The square that goes so many depths from the fault."""
        j, i = (np.flatnonzero(np.abs(way) < reach * DEPTH) for way in (self.y, self.x))
        found, known = (motion[..., j[:, None], i] for motion in (self.found, self.known))
        return Surface(self.x[i], self.y[j], self.times, found, known)

    def distance(self) -> np.ndarray:
        """Distance from above the middle of the fault, in depths (j, i)."""
        return np.hypot(self.x, self.y[:, None]) / DEPTH


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by ground and fault, and by kind of sides and their distance in depths."""
    reach = QUICK_REACH if quick else REACH
    runs = {
        f"{ground}-{fault}": _run(folder / f"{ground}-{fault}", fault, SEA if ground == "sea" else 0.0, reach)
        for ground in ("land", "sea")
        for fault in FAULTS
    }
    for sides, (kind, cells) in SIDE_KINDS.items():
        for way in QUICK_SIDES if quick else SIDES:
            name = f"{sides.replace(' ', '_')}-{way:g}"
            runs[name] = _run(folder / name, "opening", 0.0, way, kind, cells)
    return runs


def geometry(fault: str) -> dict[str, float]:
    """A fault as esim.sources.ocean.okada takes it, below the ground."""
    dip, rake, slip, opening = FAULTS[fault]
    top = DEPTH - 0.5 * SIZE * np.sin(np.deg2rad(dip))
    return {
        "depth": float(top),
        "length": SIZE,
        "width": SIZE,
        "strike": STRIKE,
        "dip": dip,
        "rake": rake,
        "slip": slip,
        "opening": opening,
    }


def upper_edge(fault: str) -> tuple[float, float]:
    """x, y [m] of the middle of the upper edge of a fault whose middle lies below the origin."""
    level, strike = 0.5 * SIZE * np.cos(np.deg2rad(FAULTS[fault][0])), np.deg2rad(STRIKE)
    return float(-level * np.cos(strike)), float(level * np.sin(strike))


def _run(
    folder: Path, fault: str, water: float, reach: float, kind: str = "cpml", cells: int = LAYER
) -> ScenarioConfig:
    folder.mkdir(parents=True, exist_ok=True)
    table, edge = folder / "fault.csv", upper_edge(fault)
    row = geometry(fault) | {"rupture_time": 0.0, "rise_time": RISE_TIME}
    row["depth"] += water
    table.write_text(
        f"# rigidity: 3.24e10\nx,y,{','.join(row)}\n{','.join(f'{value:.9g}' for value in (*edge, *row.values()))}\n",
        "utf-8",
    )
    side = reach * DEPTH + cells * CELL
    settings: dict[str, Any] = {
        "scenario": "seismic",
        "title": f"permanent displacement, {fault}",
        "time": {"duration": DURATION},
        "grid": {
            "kind": "cartesian",
            "x": [-side, side],
            "y": [-side, side],
            "depth": [0, water + BELOW * DEPTH + cells * CELL],
            "spacing": CELL,
            "boundary": {"kind": kind, "cells": cells},
        },
        "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 6000, "vs": 6000 / 3**0.5, "rho": 2700}]},
        "source": [{"kind": "finite_fault", "file": str(table)}],
        "output": {
            "directory": str(folder),
            "overwrite": True,
            "maxima": None,
            "surface_displacement": {"every": 5.0},
        },
    }
    return from_dict(settings | ({"topography": {"kind": "flat", "depth": water}} if water else {}))


def surface(folder: Path, fault: str, cells: int = LAYER) -> Surface:
    """The surface of a run, without absorbing layers of so many cells."""
    with Run.open(folder) as run:
        data = run.surface_displacement
        if data is None:
            raise InputError(f"{folder}: no surface_displacement.nc")
        inner = data.isel(x=slice(cells, -cells), y=slice(cells, -cells))
        found = np.stack([inner[name].values for name in ("ux", "uy", "uz")], axis=1).astype(float)
        x, y = (inner[name].values.astype(float) for name in "xy")
        times = inner["seconds"].values.astype(float)
    found[:, 2] *= -1  # files have z down
    east, north = upper_edge(fault)
    known = okada.displacement(x - east, y[:, None] - north, **geometry(fault))
    return Surface(x, y, times, found, np.stack(known))


def judge(runs: Runs) -> list[Bound]:
    """Largest errors by distance, of the largest displacement, errors of the uplift volume, and what sides add."""
    bounds: list[Bound] = []
    for name, folder in runs.items():
        ground, fault = name.split("-")
        if ground in ("land", "sea"):
            bounds += _against_okada(f"{ground}, {fault.replace('_', ' ')}", surface(folder, fault))
    if "land-opening" in runs:
        far = surface(runs["land-opening"], "opening")
        bounds += [
            Bound(f"{sides} cells, {way:g} depths away: added", added, side_limit(sides, way), "%")
            for sides, way, added, _ in _sides(runs, far)
        ]
    return bounds


def side_limit(sides: str, way: float) -> float | None:
    """What esim.crust.advice.static_displacement promises of layers so many depths away; None of a sponge."""
    kind, cells = SIDE_KINDS[sides]
    return side_error(cells, way) if kind == "cpml" else None


def _against_okada(label: str, motion: Surface) -> list[Bound]:
    size, distance = np.abs(motion.known).max(), motion.distance()
    error = np.abs(motion.found - motion.known).max(1) / size
    rings = [(distance >= a) & (distance < b) for a, b in zip(RINGS, RINGS[1:], strict=False)]
    bounds = [
        Bound(f"{label}: {a:g} to {b:g} depths away", float(error[-1][ring].max()), LIMIT, "%")
        for a, b, ring in zip(RINGS, RINGS[1:], rings, strict=False)
        if ring.any()
    ]
    later = motion.times >= LEFT
    bounds.append(Bound(f"{label}: anywhere, from {LEFT:g} s on", float(error[later].max()), LIMIT, "%"))
    near = motion.within(VOLUME_REACH)
    volumes = [np.maximum(up, 0).sum() for up in (near.found[-1, 2], near.known[2])]
    return [
        *bounds,
        Bound(
            f"{label}: uplift volume within {VOLUME_REACH:g} depths",
            abs(volumes[0] / volumes[1] - 1),
            VOLUME_LIMIT,
            "%",
        ),
    ]


def _sides(runs: Runs, far: Surface) -> Iterator[tuple[str, float, float, float]]:
    """Sides, distance [depths], what they add and the error against Okada, as shares of the largest displacement."""
    for name, folder in runs.items():
        sides, way = name.replace("_", " ").split("-")
        if sides not in SIDE_KINDS or float(way) * DEPTH > far.x.max() + CELL:
            continue
        near = surface(folder, "opening", SIDE_KINDS[sides][1])
        known, size = far.within(float(way)), np.abs(far.known).max()
        added = np.abs(near.found[-1] - known.found[-1]).max() / size
        yield sides, float(way), float(added), float(np.abs(near.found[-1] - near.known).max() / size)


def draw(runs: Runs, output: Path) -> list[Path]:
    """What sides add, and errors against Okada, by the distance of the sides."""
    import matplotlib.pyplot as plt

    if "land-opening" not in runs:
        return []
    found = list(_sides(runs, surface(runs["land-opening"], "opening")))
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for n, sides in enumerate(SIDE_KINDS):
        rows = sorted(row[1:] for row in found if row[0] == sides)
        if not rows:
            continue
        way, added, error = np.transpose(rows)
        axes.loglog(way, 100 * added, f"C{n}o-", label=f"{sides} cells")
        axes.loglog(way, 100 * error, f"C{n}s:", markersize=3)
    axes.plot([], [], "ks:", markersize=3, label="error against Okada")
    axes.axhline(100 * LIMIT, color="0.6", linewidth=0.8)
    axes.set(
        xlabel="distance from the fault to the absorbing layers [its depth]",
        ylabel="added, of the largest displacement [%]",
        ylim=(1e-2, 4e2),
        xticks=SIDES,
        xticklabels=[f"{way:g}" for way in SIDES],
    )
    axes.minorticks_off()
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    path = output / FIGURE
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "permanent displacement above buried faults, on land and below a sea, against Okada (1985)"
CASE = Case("static", SUMMARY, configure, judge, draw)
