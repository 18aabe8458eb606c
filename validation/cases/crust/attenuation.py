"""Attenuation in a space without end: how amplitudes decay, and whether waveforms are those of the law.

Plane waves pass two receivers; the ratio of the spectra there is to be exp(-pi f t / Q), with the time t between
them, over the band in which Q is to be constant. Waves of a point source are compared with the solution for a
medium that has just the modulus of the engine's mechanisms: what is left is the error of the grid.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.media.crust.attenuation import Mechanisms, coarse_grained, conventional
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import largest_error, read
from esim.validation.references import full_space
from esim.validation.references.full_space import FullSpace
from esim.validation.references.law import Law, constant_q, relaxing
from esim.validation.references.spectrum import Window

VP, VS, RHO = 3464.0, 2000.0, 2400.0  # m/s, kg/m3
BAND, REFERENCE = (0.04, 4.0), 1.0  # Hz
FORMS = {"coarse": coarse_grained, "conventional": conventional}
SIGMA, DELAY = 0.13, 0.8  # s: the spectrum of this bell is 0.5 % at the highest frequency of the band
DECAY_LIMIT, WAVE_LIMIT = 0.02, 0.03

# Plane waves: (form, Q) and wavelengths between the receivers at the highest frequency.
DECAYS = {("coarse", 50): 10.0, ("conventional", 50): 10.0, ("conventional", 20): 3.5}
SPEEDS = {"s": VS, "p": VP}
TAIL = 4.0  # s: how long what follows a wave is recorded, over the second half ever less of it
PLANE_CELL = 50.0  # m: 10 to the shortest wave of S

# Point source, in a block around it and its receivers.
POINT_CELL = 62.5  # m: 8 to the shortest wave of S
POINT_Q = (100.0, 50.0)  # of P and S
MOMENT = np.array([1.0, -0.5, 0.7, 0.6, -0.8, 0.4]) * 1e15  # N m
RECEIVERS = np.array([[1700.0, 1700, 1700], [2500, 1000, 800], [400, 2700, 1000], [900, 900, 2600]])


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named plane-wave-form-Q and point-form."""
    runs = {
        f"plane-{wave}-{form}-{q}": plane(folder / f"plane-{wave}-{form}-{q}", wave, form, q)
        for form, q in DECAYS
        for wave in SPEEDS
    }
    for form in ("coarse",) if quick else FORMS:
        runs[f"point-{form}"] = _point(folder / f"point-{form}", form)
    return runs


def plane(
    folder: Path, wave: str, form: str, q: int, precision: str = "float64", memory: str | None = None
) -> ScenarioConfig:
    """The block is so high that nothing comes back from its ends: layers do not absorb the longest waves."""
    speed, apart, start = SPEEDS[wave], _apart(wave, form, q), 20 * PLANE_CELL
    duration = 2 * DELAY + (apart + start) / speed + TAIL
    deeper = (
        _cells(0.5 * speed * (2 * DELAY + TAIL)) + apart
    )  # depth of the receiver near which the wave starts
    height = deeper + start + _cells(0.5 * speed * duration)
    stations = [{"name": str(n), "x": 0, "y": 0, "depth": deeper - n * apart} for n in range(2)]
    return lossy(
        folder,
        {"x": [-100, 100], "y": [-100, 100], "depth": [0, height], "spacing": PLANE_CELL},
        {"kind": "periodic"},
        {"qp": q, "qs": q},
        form,
        {
            "kind": "plane_wave",
            "polarisation": "x" if wave == "s" else "z",
            "depth": deeper + start,
            "amplitude": 1.0,
        },
        stations,
        duration,
        precision,
        memory,
    )


def _cells(distance: float) -> float:
    """A distance [m] in whole cells, or a little more."""
    return float(PLANE_CELL * np.ceil(distance / PLANE_CELL))


def _apart(wave: str, form: str, q: int) -> float:
    """Distance [m] between the receivers: whole cells."""
    return float(PLANE_CELL * round(DECAYS[form, q] * SPEEDS[wave] / BAND[1] / PLANE_CELL))


def _point(folder: Path, form: str) -> ScenarioConfig:
    margin = 14 * POINT_CELL
    extents = {
        axis: [-margin, POINT_CELL * np.ceil((RECEIVERS[:, n].max() + margin) / POINT_CELL)]
        for n, axis in enumerate("xyz")
    }
    extents["depth"] = [0.0, extents.pop("z")[1] + margin]
    stations = [
        {"name": str(n), "x": x, "y": y, "depth": z + margin}
        for n, (x, y, z) in enumerate(RECEIVERS.tolist())
    ]
    source = dict(zip(("mxx", "myy", "mzz", "mxy", "mxz", "myz"), MOMENT.tolist(), strict=True))
    return lossy(
        folder,
        {**extents, "spacing": POINT_CELL},
        {"kind": "cpml"},
        {"qp": POINT_Q[0], "qs": POINT_Q[1]},
        form,
        {"kind": "moment_tensor", "x": 0, "y": 0, "depth": margin, **source},
        stations,
        2 * DELAY + float(np.linalg.norm(RECEIVERS, axis=1).max()) / VS,
    )


def lossy(
    folder: Path,
    grid: dict[str, Any],
    boundary: dict[str, Any],
    q: dict[str, float],
    form: str,
    source: dict[str, Any],
    stations: list[dict[str, Any]],
    duration: float,
    precision: str = "float64",
    memory: str | None = None,
) -> ScenarioConfig:
    """A run without a free surface in rock that is the same everywhere, with a bell as the source's time function."""
    return from_dict(
        {
            "scenario": "seismic",
            "title": "attenuation",
            "time": {"duration": duration},
            "grid": {"kind": "cartesian", "surface": "absorbing", "boundary": boundary, **grid},
            "medium": {"kind": "layers", "layers": [{"top": 0, "vp": VP, "vs": VS, "rho": RHO, **q}]},
            "physics": {
                "attenuation": form,
                "band": list(BAND),
                "reference_frequency": REFERENCE,
                "max_frequency": BAND[1],
                "low_pass": False,
                "memory_variable_precision": memory,
            },
            "source": [source | {"time_function": {"kind": "gaussian", "sigma": SIGMA, "delay": DELAY}}],
            "stations": stations,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.01, "variables": ["velocity"]},
            },
            "run": {"precision": precision},
        }
    )


def judge(runs: Runs) -> list[Bound]:
    """Decay of plane waves, and errors of waveforms."""
    bounds = []
    for name, folder in runs.items():
        kind, *parts = name.split("-")
        if kind == "plane":
            wave, form, q = parts
            frequencies, found, known = decay(folder, wave, form, int(q))
            worst = float(np.max(np.abs(found / known - 1.0)))
            label = f"plane {wave.upper()}, {form}, Q = {q}, {BAND[0]:g} to {BAND[1]:g} Hz"
            bounds.append(Bound(f"{label}, amplitude", worst, DECAY_LIMIT, "%"))
            bounds.append(Bound(f"{label}, least amplitude left", float(known.min()), None, "%"))
        else:
            bounds += _waveforms(folder, parts[0])
    return bounds


def decay(folder: Path, wave: str, form: str, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies [Hz] of the band, the amplitudes left at the second receiver of a plane wave, and exp(-pi f t/Q)."""
    records = read(folder)
    motion = records.motion[:, 0 if wave == "s" else 2]
    frequencies = np.geomspace(*BAND, 50)
    fade = np.clip((records.times[-1] - records.times) / (0.5 * TAIL), 0.0, 1.0)
    motion = motion * np.sin(0.5 * np.pi * fade) ** 2
    spectra = motion @ np.exp(-2j * np.pi * np.outer(records.times, frequencies))
    slowness = np.real(constant_q(REFERENCE)(2 * np.pi * frequencies + 0j, 1 / q) ** -0.5) / SPEEDS[wave]
    time = _apart(wave, form, q) * slowness
    return frequencies, np.abs(spectra[1] / spectra[0]), np.exp(-np.pi * frequencies * time / q)


def _waveforms(folder: Path, form: str) -> list[Bound]:
    records = read(folder)
    laws = {"its own law": relaxing(mechanisms(form), REFERENCE), "constant Q": constant_q(REFERENCE)}
    bounds = []
    for label, law in laws.items():
        error = largest_error(records.motion, solution(law, records.times))
        limit = WAVE_LIMIT if label == "its own law" else None
        bounds.append(Bound(f"point source, {form}, against {label}", error, limit, "%"))
    error = largest_error(records.motion, solution(None, records.times))
    return [*bounds, Bound(f"point source, {form}, against no attenuation", error, None, "%")]


def mechanisms(form: str) -> Mechanisms:
    """What the runs of a form are computed with."""
    return FORMS[form](BAND)


def solution(law: Law | None, times: np.ndarray) -> np.ndarray:
    """Velocity (R, 3, T) [m/s] of the point source, in a medium with a law of attenuation, or without any."""
    medium = FullSpace(VP, VS, RHO)
    if law is not None:
        p, s = (partial(_factor, law, 1 / q) for q in POINT_Q)
        medium = FullSpace(VP, VS, RHO, p, s)
    window = Window(float(2 * times[-1]), 8.0, 1e-6)
    return full_space.displacement(
        medium, RECEIVERS, pulse, times, moment=MOMENT, window=window, derivatives=1
    )


def _factor(law: Law, inverse_q: float, omega: np.ndarray) -> np.ndarray:
    return law(omega, inverse_q)


def pulse(times: np.ndarray) -> np.ndarray:
    """The moment rate per unit moment [1/s]."""
    return np.exp(-0.5 * ((times - DELAY) / SIGMA) ** 2) / (SIGMA * np.sqrt(2 * np.pi))


CASE = Case(
    "attenuation", "decay of plane waves with Q, and a point source in a lossy space", configure, judge
)
