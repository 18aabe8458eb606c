"""Gravity and sound in a tank of water: frequencies of its modes against those of a compressible ocean.

A periodic box of water over rock that is heavy and hard, on a base that does not move. A line of explosions in the
middle makes waves that are even about it, as in a tank between walls there and at half the length of the box. Elevation
is a sum of cosines with 1, 2, 4 and 8 waves in the length, the last as long as the water is deep. In each of them there
are the gravity wave and acoustic modes; their frequencies are fitted, and compared with those of a compressible ocean
(validation.references.compressible_ocean). The rock makes acoustic modes lower by less than 0.2 %, which is in these.

Cells are cubes, so many to the depth, and so to the shortest wave; with less than 10 layers of water the surface lies
below cells of air, else it is the flat free surface. In the long run, in float32, gravity waves must stay as high.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.errors import InputError
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.references.compressible_ocean import (
    Floor,
    Ocean,
    acoustic_mode,
    gravity_mode,
    over_rock,
)

WATER = Ocean(depth=1000.0, speed=1500.0, density=1000.0)
ROCK = Floor(thickness=600.0, vp=6000.0, vs=3000.0, density=20000.0)
DEPTH = WATER.depth
LENGTH = 8 * DEPTH  # of the box; the tank is half of it
WAVES = (1, 2, 4, 8)  # in the length of the box
ACOUSTIC = (1, 2, 3)  # acoustic modes, of 1/4, 3/4 and 5/4 of a wavelength from top to bottom
JUDGED = (1, 2)  # of them; the third is fitted with them
HEARD = 1e-3  # of a series: acoustic modes that are weaker are not judged
POINTS, QUICK_POINTS = (5, 10, 20), (5, 10)  # cells to the depth, and to the shortest wave
STATED, LIMIT = 10, 0.01  # cells for which the limit is
ACROSS = 4  # cells along y
DURATION, LONG = 100.0, 1800.0  # s: one period of the longest wave, and twenty
LONG_POINTS, AMPLITUDE_LIMIT = 5, 1e-3
BEGIN, SAMPLE = 2.5, 0.1  # s, when the source has ended, and between values


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by cells to the depth; the long one is of single precision, the others of double."""
    points = QUICK_POINTS if quick else POINTS
    runs = {str(n): _run(folder / str(n), n, DURATION, "float64") for n in points}
    return runs if quick else runs | {"long": _run(folder / "long", LONG_POINTS, LONG, "float32")}


def _run(folder: Path, points: int, duration: float, precision: str) -> ScenarioConfig:
    size = DEPTH / points
    columns = round(LENGTH / size)
    x = [size * (n + 0.5) for n in range(columns)]
    burst = {
        "kind": "explosion",
        "x": LENGTH / 2,
        "depth": 0.3 * DEPTH,
        "moment": 1e18 / points,
        "time_function": {"kind": "gaussian", "sigma": 0.2, "delay": 1.0},
    }
    return from_dict(
        {
            "scenario": "seismic",
            "title": f"closed tank, {points} cells to the depth",
            "time": {"duration": duration},
            "grid": {
                "kind": "cartesian",
                "x": [0, LENGTH],
                "y": [0, ACROSS * size],
                "depth": [0, DEPTH + ROCK.thickness],
                "spacing": size,
                "boundary": {"kind": "periodic", "bottom": "wall"},
            },
            "medium": {
                "kind": "layers",
                "layers": [
                    {"top": 0, "vp": WATER.speed, "vs": 0, "rho": WATER.density},
                    {"top": DEPTH, "vp": ROCK.vp, "vs": ROCK.vs, "rho": ROCK.density},
                ],
            },
            "physics": {"gravity_surface": True, "attenuation": "none", "low_pass": False},
            "source": [burst | {"y": size * (n + 0.5)} for n in range(ACROSS)],
            "stations": [
                {"name": f"x{n}", "x": at, "y": size / 2, "in_water": True} for n, at in enumerate(x)
            ],
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": SAMPLE, "variables": ["eta"]},
            },
            "run": {"precision": precision},
        }
    )


def modes(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times (T,) [s] after the source, and the amplitudes (waves, T) [m] of cosines along the box."""
    with Run.open(folder) as run:
        if run.stations is None or "eta" not in run.stations:
            raise InputError(f"{folder}: no eta in stations.nc")
        eta = run.stations["eta"].transpose("station", "time").values.astype(float)
        x, time = (run.stations[name].values.astype(float) for name in ("x", "seconds"))
    cosines = np.cos(2 * np.pi * np.outer(WAVES, x - LENGTH / 2) / LENGTH)
    later = time > BEGIN
    return time[later], 2 * (cosines @ eta)[:, later] / x.size


def known(waves: int) -> np.ndarray:
    """Exact angular frequencies of the gravity wave and of acoustic modes, of so many waves in the box."""
    k = 2 * np.pi * waves / LENGTH
    rigid = [gravity_mode(k, WATER), *(acoustic_mode(n, k, WATER) for n in ACOUSTIC)]
    return np.array([over_rock(w, k, WATER, ROCK) for w in rigid])


def fitted(time: np.ndarray, series: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angular frequencies of the modes of a series, from those near by, and their amplitudes."""
    from scipy.optimize import least_squares

    size = np.linalg.norm(series)

    def waves(stretch: np.ndarray) -> np.ndarray:
        phase = np.outer(time, start * (1 + stretch))
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)

    def rest(stretch: np.ndarray) -> np.ndarray:
        modes = waves(stretch)
        return np.asarray(series - modes @ np.linalg.lstsq(modes, series, rcond=None)[0]) / size

    best = least_squares(rest, np.zeros(start.size), x_scale=1e-3, xtol=1e-12, ftol=1e-12, gtol=1e-12)
    parts = np.linalg.lstsq(waves(best.x), series, rcond=None)[0]
    return start * (1 + best.x), np.hypot(*np.split(parts, 2))


def judge(runs: Runs) -> list[Bound]:
    """Errors of the frequencies of gravity waves and of acoustic modes, and what becomes of waves in a long run."""
    bounds = []
    for name in sorted((name for name in runs if name != "long"), key=int):
        time, series = modes(runs[name])
        limit = LIMIT if int(name) >= STATED else None
        errors = np.array([_errors(time, one, waves) for waves, one in zip(WAVES, series, strict=True)])
        for waves, error in zip(WAVES, errors[:, 0], strict=True):
            bounds.append(Bound(f"{name} cells: gravity, {_length(waves)}", float(error), limit, "%"))
        for n in JUDGED:
            worst = float(np.nanmax(errors[:, n]))
            bounds.append(Bound(f"{name} cells: acoustic mode {n}, worst length", worst, limit, "%"))
    if "long" in runs:
        first, last = _amplitudes(*modes(runs["long"]))
        for waves, ratio in zip(WAVES, last / first, strict=True):
            change = abs(float(ratio) - 1)
            bounds.append(
                Bound(f"amplitude after {LONG / 60:g} min, {_length(waves)}", change, AMPLITUDE_LIMIT, "%")
            )
    return bounds


def _errors(time: np.ndarray, series: np.ndarray, waves: int) -> np.ndarray:
    """Relative errors of the frequencies of all modes, NaN for one that is not heard."""
    exact = known(waves)
    found, sizes = fitted(time, series, exact)
    return np.where(sizes > HEARD * np.abs(series).max(), np.abs(found / exact - 1), np.nan)


def _length(waves: int) -> str:
    return f"{LENGTH / waves / DEPTH:g} depths long"


def _amplitudes(time: np.ndarray, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes of the gravity waves in the first and in the last five minutes."""
    # The grid's own frequencies first, of a part so short that those of the ocean are near enough to begin with.
    short = time < time[0] + DURATION
    starts = [fitted(time[short], one[short], known(n))[0] for n, one in zip(WAVES, series, strict=True)]
    first, last = (
        np.array(
            [fitted(time[part], one[part], start)[1][0] for one, start in zip(series, starts, strict=True)]
        )
        for part in (time < time[0] + 300, time > time[-1] - 300)
    )
    return first, last


SUMMARY = "gravity waves and sound in a closed tank of water, against the exact dispersion relation"
CASE = Case("tank", SUMMARY, configure, judge)
