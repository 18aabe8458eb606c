"""Topography as a staircase: what the ground does to waves where the answer is known.

A plane wave from below doubles at level ground, wherever that lies: at a free surface made by the differences, and at
one made of cells of air, at sea level or raised by cells. And ground that slopes by one in two is level ground seen
from aside: an explosion below it has to move it as it moves a flat free surface.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read

VP, VS, RHO = 3464.0, 2000.0, 2400.0  # m/s, kg/m3
SIGMA, DELAY = 0.16, 0.96  # s: waves up to 2.5 Hz
HIGHEST = 2.5  # Hz, where the spectrum of the velocity is 5 % of its largest value
CELL = 50.0  # m: 16 to the shortest wave of S
RAISED = {
    "surface": None,
    "staircase": 0,
    "plateau": 6,
}  # cells of rock above sea level, of cells of air if not None
START = 2000.0  # m: where plane waves start
SLOPES = (100.0, 50.0, 25.0)  # m: cells
TILT = np.arctan(0.5)
BELOW = 1000.0  # m: the explosion from the ground, along its normal
RECEIVERS = {
    "up": (1200.0, 0.0),
    "down": (-1200.0, 0.0),
    "across": (0.0, 1200.0),
    "over": (500.0, 500.0),
}  # m along the ground
LEVEL_LIMIT, WAVE_LIMIT, PEAK_LIMIT = 0.01, 0.25, 0.1


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named level-wave-ground, slope-cell and flat."""
    runs = {
        f"level-{wave}-{ground}": _level(folder / f"level-{wave}-{ground}", wave, ground)
        for wave in "ps"
        for ground in RAISED
    }
    cells = SLOPES[:2] if quick else SLOPES
    runs |= {f"slope-{cell:g}": _slope(folder / f"slope-{cell:g}", cell) for cell in cells}
    runs["flat"] = _flat(folder / "flat")
    return runs


def _level(folder: Path, wave: str, ground: str) -> ScenarioConfig:
    raised = RAISED[ground]
    source = {
        "kind": "plane_wave",
        "polarisation": "z" if wave == "p" else "x",
        "depth": START,
        "amplitude": 1.0,
    }
    grid = {"x": [-200, 200], "y": [-200, 200], "depth": [-600 if raised is not None else 0, 5000]}
    topography = None if raised is None else {"kind": "flat", "depth": -raised * CELL, "water": False}
    stations = [{"name": "ground", "x": 0, "y": 0}]
    return _run(folder, CELL, grid, {"kind": "periodic"}, topography, source, stations, 3.5)


def _slope(folder: Path, cell: float) -> ScenarioConfig:
    source = {
        "kind": "explosion",
        "moment": 1e15,
        "x": BELOW * np.sin(TILT),
        "y": 0,
        "depth": BELOW * np.cos(TILT),
    }
    grid = {"x": [-2400, 2800], "y": [-1600, 2400], "depth": [-1600, 3200]}
    stations = [{"name": name, "x": s * np.cos(TILT), "y": q} for name, (s, q) in RECEIVERS.items()]
    topography = {"kind": "slope", "depth": -0.5 * 200, "slope": 0.5, "direction": 90, "water": False}
    return _run(folder, cell, grid, {"kind": "cpml"}, topography, source, stations, 3.2)


def _flat(folder: Path) -> ScenarioConfig:
    source = {"kind": "explosion", "moment": 1e15, "x": 0, "y": 0, "depth": BELOW}
    grid = {"x": [-2400, 2400], "y": [-1600, 2400], "depth": [0, 3000]}
    stations = [{"name": name, "x": s, "y": q} for name, (s, q) in RECEIVERS.items()]
    return _run(folder, CELL, grid, {"kind": "cpml"}, None, source, stations, 3.2)


def _run(
    folder: Path,
    cell: float,
    grid: dict[str, Any],
    boundary: dict[str, Any],
    topography: dict[str, Any] | None,
    source: dict[str, Any],
    stations: list[dict[str, Any]],
    duration: float,
) -> ScenarioConfig:
    function = {"kind": "gaussian", "sigma": SIGMA, "delay": DELAY}
    return from_dict(
        {
            "scenario": "seismic",
            "title": "topography",
            "time": {"duration": duration},
            "grid": {"kind": "cartesian", "spacing": cell, "boundary": boundary, **grid},
            "medium": {
                "kind": "layers",
                "layers": [{"top": grid["depth"][0], "vp": VP, "vs": VS, "rho": RHO}],
            },
            "topography": topography,
            "physics": {"low_pass": False},
            "source": [source | {"time_function": function}],
            "stations": stations,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.02, "variables": ["velocity"]},
            },
        }
    )


def judge(runs: Runs) -> list[Bound]:
    """Largest errors, as shares of the largest value at the receiver."""
    bounds = []
    for name, folder in runs.items():
        kind, *parts = name.split("-")
        if kind == "level":
            wave, ground = parts
            error = _doubling(folder, wave, RAISED[ground] or 0)
            bounds.append(Bound(f"plane {wave.upper()} at level ground, {ground}", error, LEVEL_LIMIT, "%"))
        elif kind == "slope" and "flat" in runs:
            cell = float(parts[0])
            points = VS / (HIGHEST * cell)
            errors = _turned(folder, runs["flat"])
            label = f"slope 1:2, {points:.0f} cells to a wave"
            bounds.append(Bound(f"{label}, waveforms", errors[0], WAVE_LIMIT if cell <= CELL else None, "%"))
            bounds.append(
                Bound(f"{label}, largest velocity", errors[1], PEAK_LIMIT if cell <= CELL else None, "%")
            )
    return bounds


def _doubling(folder: Path, wave: str, raised: int) -> float:
    records = read(folder)
    known = 2 * np.exp(
        -0.5 * ((records.times - (START + raised * CELL) / (VP if wave == "p" else VS) - DELAY) / SIGMA) ** 2
    )
    found = records.at("ground")[2 if wave == "p" else 0]
    return float(min(np.abs(sign * found - known).max() for sign in (1, -1)) / 2)


def _turned(sloping: Path, level: Path) -> tuple[float, float]:
    """Largest error of the waveforms and of their largest velocities: those of the slope turned to level."""
    found, known = read(sloping), read(level)
    n = min(found.times.size, known.times.size)
    east, north, down = np.moveaxis(found.motion[..., :n], 1, 0)
    cos, sin = np.cos(TILT), np.sin(TILT)
    turned = np.stack([cos * east - sin * down, north, sin * east + cos * down], axis=1)
    size = np.linalg.norm(known.motion[..., :n], axis=1).max(1)
    waveforms = np.abs(turned - known.motion[..., :n]).max((1, 2)) / size
    peaks = np.abs(np.linalg.norm(turned, axis=1).max(1) / size - 1)
    return float(waveforms.max()), float(peaks.max())


CASE = Case(
    "topography", "plane waves at level ground, and an explosion below a staircase slope", configure, judge
)
