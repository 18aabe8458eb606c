"""A tsunami of a buried line source in one wavefield, against the superposition of Saito et al. (2019).

An ocean of constant depth over a half-space in which a line of moments grows. With gravity at the sea surface the run
gives its elevation; without, the displacement of the sea surface drives a linear tsunami (Saito, Baba, Inazu, Takemura
and Fukuyama 2019, Tectonophysics 769, 228166): for each wavenumber k of the displacement u,

    eta_tt + w^2 eta = u_tt,    w^2 = g k tanh(k H),

which is solved exactly for displacements that go straight between samples. The two agree as far as gravity does nothing
to sound, and the weight of the waves does not bend the ground. Gravity makes the first acoustic mode of 4 km of water
faster by 0.7 %; so the source is slow (sigma 5 s), lest sound that is out of step by then hide all else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.constants import GRAVITY
from esim.errors import InputError
from esim.validation.cases.case import Bound, Case, Runs

DEPTH, CELL, HALF, BOTTOM, ACROSS = 4000.0, 400.0, 44e3, 16e3, 4  # m, but cells along y
INNER = 28e3  # m from the source: nothing of the sides is seen there
DURATION, QUICK_DURATION, SAMPLE = 160.0, 80.0, 0.25  # s
SOURCE = 9000.0  # m, depth of the moments
TENSOR = {"mxx": -1e18, "myy": 0.0, "mzz": 1e18, "mxz": 8e17}  # N m in each cell along the line
LIMIT = 0.02
TIMES = (20.0, 40.0, 80.0, 120.0, 160.0)  # s, shown in the table


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs with and without gravity."""
    duration = QUICK_DURATION if quick else DURATION
    return {name: _run(folder / name, name == "with", duration) for name in ("with", "without")}


def _run(folder: Path, gravity: bool, duration: float) -> ScenarioConfig:
    moment = {"kind": "moment_tensor", **TENSOR, "x": 0.0, "depth": SOURCE}
    moment["time_function"] = {"kind": "gaussian", "sigma": 5.0, "delay": 20.0}
    columns = round(2 * HALF / CELL)
    output: dict[str, Any] = {
        "directory": str(folder),
        "overwrite": True,
        "maxima": None,
        "stations": {"every": SAMPLE, "variables": ["eta" if gravity else "displacement"]},
    }
    return from_dict(
        {
            "scenario": "seismic",
            "title": f"line source below a sea, {folder.name} gravity",
            "time": {"duration": duration},
            "grid": {
                "kind": "cartesian",
                "x": [-HALF, HALF],
                "y": [0, ACROSS * CELL],
                "depth": [0, BOTTOM],
                "spacing": CELL,
                "boundary": {"kind": "cpml", "y": "periodic"},
            },
            "medium": {
                "kind": "layers",
                "layers": [
                    {"top": 0, "vp": 1500, "vs": 0, "rho": 1000},
                    {"top": DEPTH, "vp": 5000, "vs": 2900, "rho": 2600},
                ],
            },
            "physics": {"gravity_surface": gravity, "attenuation": "none"},
            "source": [moment | {"y": CELL * (n + 0.5)} for n in range(ACROSS)],
            "stations": [
                {"name": f"x{n}", "x": CELL * (n + 0.5) - HALF, "y": CELL / 2, "in_water": True}
                for n in range(columns)
            ],
            "output": output,
        }
    )


def records(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (T,) [s], places (R,) [m] and a record (R, T) [m] of a run."""
    with Run.open(folder) as run:
        if run.stations is None or name not in run.stations:
            raise InputError(f"{folder}: no {name} in stations.nc")
        values = run.stations[name].transpose("station", "time").values.astype(float)
        x, time = (run.stations[axis].values.astype(float) for axis in ("x", "seconds"))
    return time, x, values


def superposed(rise: np.ndarray, cell: float, step: float, depth: float) -> np.ndarray:
    """Elevation (R, T) [m] of a linear tsunami that a displacement of the sea surface, upwards (R, T) [m], drives.

    R places are a cell [m] apart, T times a step [s]; beside the places nothing moves, and waves leave.
    """
    padded = 3 * rise.shape[0]  # so far apart are the images of a Fourier series
    forced = np.fft.rfft(rise, padded, axis=0)
    k = 2 * np.pi * np.fft.rfftfreq(padded, cell)
    w = np.sqrt(GRAVITY * k * np.tanh(k * depth))
    # The difference d of elevation and displacement obeys d_tt + w^2 d = -w^2 u: about -u it swings freely, but that u
    # goes straight from one sample to the next.
    c, s = np.cos(w * step), step * np.sinc(w * step / np.pi)
    difference, rate = np.zeros_like(forced[:, 0]), np.zeros_like(forced[:, 0])
    found = np.zeros_like(forced)
    found[:, 0] = forced[:, 0]
    for n in range(1, forced.shape[1]):
        before, after = forced[:, n - 1], forced[:, n]
        slope = (after - before) / step
        swing, swing_rate = difference + before, rate + slope
        difference, rate = c * swing + s * swing_rate - after, -(w**2) * s * swing + c * swing_rate - slope
        found[:, n] = after + difference
    return np.asarray(np.fft.irfft(found, padded, axis=0)[: rise.shape[0]])


def compared(runs: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times, places, elevation with gravity and by superposition (R, T), within the inner part."""
    time, x, eta = records(runs["with"], "eta")
    _, _, down = records(runs["without"], "uz")
    count = min(time.size, down.shape[1])
    known = superposed(-down[:, :count], CELL, time[1] - time[0], DEPTH)
    inner = np.abs(x) < INNER
    return time[:count], x[inner], eta[inner, :count], known[inner]


def judge(runs: Runs) -> list[Bound]:
    """Differences of the elevation, as shares of its largest value at the time, and of the largest of all."""
    time, _, eta, known = compared(runs)
    error, largest = np.abs(eta - known).max(0), np.abs(known).max(0)
    bounds = [Bound("elevation, at any time and place", float(error.max() / largest.max()), LIMIT, "%")]
    for at in TIMES:
        if at <= time[-1] + 0.5 * SAMPLE:
            n = int(np.argmin(np.abs(time - at)))
            share = float(error[n] / largest[n])
            bounds.append(Bound(f"elevation at {at:g} s, of its largest value", share, None, "%"))
    return bounds


def draw(runs: Runs, folder: Path) -> list[Path]:
    """Elevation along the line at some times."""
    from matplotlib.figure import Figure

    time, x, eta, known = compared(runs)
    shown = [at for at in TIMES if at <= time[-1] + 0.5 * SAMPLE]
    figure = Figure(figsize=(7, 1.6 * len(shown)), layout="constrained")
    for axes, at in zip(np.atleast_1d(figure.subplots(len(shown), 1, sharex=True)), shown, strict=True):
        n = int(np.argmin(np.abs(time - at)))
        axes.plot(x / 1e3, known[:, n], label="superposition")
        axes.plot(x / 1e3, eta[:, n], "--", label="gravity at the sea surface")
        axes.set_ylabel(f"{at:g} s\nelevation [m]")
    figure.axes[0].legend()
    figure.axes[-1].set_xlabel("distance from the source [km]")
    path = folder / "superposition.png"
    figure.savefig(path, dpi=120)
    return [path]


SUMMARY = "a tsunami in one wavefield with its earthquake, against the superposition of Saito et al. (2019)"
CASE = Case("superposition", SUMMARY, configure, judge, draw)
