"""Memory variables of attenuation in 16 bits: what is lost, beside what attenuation does?

A point source in a space without end, and receivers at 2 to 11 of the shortest wavelengths: waveforms with memory
variables as bfloat16 are compared with those of float32, whose difference from a run without attenuation is what
attenuation does; and with the exact solution. Then plane waves in a column of 4 x 4 cells, the worst case: all
columns of cells throw the same dice there, so what rounding does is not averaged across a wave front.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.attenuation import (
    BAND,
    DELAY,
    MOMENT,
    REFERENCE,
    RHO,
    VP,
    VS,
    decay,
    lossy,
    mechanisms,
    pulse,
)
from esim.validation.cases.crust.attenuation import plane as plane_wave
from esim.validation.cases.crust.records import largest_error, read
from esim.validation.references import full_space
from esim.validation.references.full_space import FullSpace
from esim.validation.references.law import Law, relaxing
from esim.validation.references.spectrum import Window

TYPES = {"float32": None, "bfloat16": "bfloat16"}
POINTS = {"coarse": 50, "conventional": 20}  # forms, and Q of S waves; that of P waves is twice as large
PLANES = {("s", "coarse"): 50, ("s", "conventional"): 20}
WAVES = np.array([2.0, 4.0, 7.0, 11.0])  # distances in wavelengths of S at the highest frequency
DIRECTION = np.array([0.97, 0.17, 0.14])
CELL = 62.5  # m: 8 to the shortest wave of S
MARGIN = 13  # cells around source and receivers: absorbing layers and some more
SPECTRUM = (0.4, 4.0)  # Hz: where the bell sends enough for a spectrum from a short record
# Of the waves, of what attenuation does, of the exponent of the decay; and of the decay of plane waves.
WAVE_LIMIT, EFFECT_LIMIT, DECAY_LIMIT, PLANE_LIMIT = 0.002, 0.01, 0.06, 0.05


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named point-form-type, point-none-float32 and plane-wave-form-type."""
    forms = ("coarse",) if quick else tuple(POINTS)
    runs = {
        f"point-{form}-{name}": _point(folder / f"point-{form}-{name}", form, memory)
        for form in forms
        for name, memory in TYPES.items()
    }
    runs["point-none-float32"] = _point(folder / "point-none-float32", "none", None)
    for (wave, form), q in () if quick else PLANES.items():
        for name, memory in TYPES.items():
            key = f"plane-{wave}-{form}-{name}"
            runs[key] = plane_wave(folder / key, wave, form, q, "float32", memory)
    return runs


def receivers() -> np.ndarray:
    """Places (R, 3) [m] of the receivers from the source."""
    return WAVES[:, None] * VS / BAND[1] * DIRECTION / np.linalg.norm(DIRECTION)


def _point(folder: Path, form: str, memory: str | None) -> ScenarioConfig:
    places, margin = receivers(), MARGIN * CELL
    ends = (CELL * np.ceil((places.max(0) + margin) / CELL)).tolist()
    stations = [
        {"name": str(n), "x": x, "y": y, "depth": z + margin} for n, (x, y, z) in enumerate(places.tolist())
    ]
    source = dict(zip(("mxx", "myy", "mzz", "mxy", "mxz", "myz"), MOMENT.tolist(), strict=True))
    qs = POINTS.get(form, 0)
    return lossy(
        folder,
        {"x": [-margin, ends[0]], "y": [-margin, ends[1]], "depth": [0.0, ends[2] + margin], "spacing": CELL},
        {"kind": "cpml"},
        {"qp": 2 * qs, "qs": qs} if qs else {},
        form,
        {"kind": "moment_tensor", "x": 0, "y": 0, "depth": margin, **source},
        stations,
        2 * DELAY + float(WAVES.max()) / BAND[1] + 0.2,
        "float32",
        memory,
    )


def judge(runs: Runs) -> list[Bound]:
    """Differences of waveforms, of spectra, and of the decay of plane waves."""
    bounds = []
    for form, q in POINTS.items():
        if f"point-{form}-bfloat16" in runs:
            bounds += _of_points(runs, form, q)
    for (wave, form), q in PLANES.items():
        if f"plane-{wave}-{form}-bfloat16" in runs:
            bounds += _of_planes(runs, wave, form, q)
    return bounds


def _of_points(runs: Runs, form: str, q: int) -> list[Bound]:
    whole, short = (read(runs[f"point-{form}-{name}"]) for name in TYPES)
    nothing = read(runs["point-none-float32"])
    label = f"point source, {form}, Qs = {q}"
    of_waves, of_effect = shares(short.motion, whole.motion, nothing.motion)
    _, exponents = exponent_errors(runs, form, q)
    known = solution(form, whole.times)
    bounds = []
    for n, far in enumerate(WAVES):
        where = f"{label}, {far:g} wavelengths"
        bounds += [
            Bound(f"{where}, of the waves", float(of_waves[n]), WAVE_LIMIT, "%"),
            Bound(f"{where}, of what attenuation does", float(of_effect[n]), EFFECT_LIMIT, "%"),
            Bound(
                f"{where}, of the exponent of the decay", float(np.abs(exponents[n]).max()), DECAY_LIMIT, "%"
            ),
        ]
    for name, records in (("float32", whole), ("bfloat16", short)):
        bounds.append(
            Bound(
                f"{label}, {name} against the exact solution", largest_error(records.motion, known), None, "%"
            )
        )
    return bounds


def shares(short: np.ndarray, whole: np.ndarray, nothing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What 16 bits change (R,), as a share of the waves and of what attenuation does: roots of mean squares."""

    def size(motion: np.ndarray) -> np.ndarray:
        return np.asarray(np.sqrt((motion**2).sum((1, 2))))

    return size(short - whole) / size(whole), size(short - whole) / size(whole - nothing)


def exponent_errors(runs: Runs, form: str, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies [Hz], and what 16 bits change in ln(amplitude) (R, F), as a share of pi f t / Q of S waves."""
    whole, short = (read(runs[f"point-{form}-{name}"]) for name in TYPES)
    frequencies = np.geomspace(*SPECTRUM, 60)
    waves = np.exp(-2j * np.pi * np.outer(whole.times, frequencies))
    a, b = (np.sqrt((np.abs(r.motion @ waves) ** 2).sum(1)) for r in (whole, short))
    exponent = np.pi * frequencies * (WAVES / BAND[1])[:, None] / q
    return frequencies, np.log(b / a) / exponent


def _of_planes(runs: Runs, wave: str, form: str, q: int) -> list[Bound]:
    label = f"plane {wave.upper()}, {form}, Q = {q}"
    worst = {}
    for name in TYPES:
        _, found, known = decay(runs[f"plane-{wave}-{form}-{name}"], wave, form, q)
        worst[name] = float(np.max(np.abs(found / known - 1.0)))
    return [
        Bound(f"{label}, {name}, amplitude", worst[name], PLANE_LIMIT if name != "float32" else None, "%")
        for name in TYPES
    ]


def solution(form: str, times: np.ndarray) -> np.ndarray:
    """Velocity (R, 3, T) [m/s] of the point source in the medium that the mechanisms of a form make."""
    law = relaxing(mechanisms(form), REFERENCE)
    p, s = (partial(_factor, law, 1 / q) for q in (2 * POINTS[form], POINTS[form]))
    return full_space.displacement(
        FullSpace(VP, VS, RHO, p, s),
        receivers(),
        pulse,
        times,
        moment=MOMENT,
        window=Window(float(2 * times[-1]), 8.0, 1e-6),
        derivatives=1,
    )


def _factor(law: Law, inverse_q: float, omega: np.ndarray) -> np.ndarray:
    return law(omega, inverse_q)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Seismograms at the last receiver with what 16 bits change, and the error of the decay by frequency."""
    import matplotlib.pyplot as plt

    forms = [form for form in POINTS if f"point-{form}-bfloat16" in runs]
    figure, rows = plt.subplots(
        len(forms), 2, figsize=(10, 3.2 * len(forms)), layout="constrained", squeeze=False
    )
    nothing = read(runs["point-none-float32"])
    for (left, right), form in zip(rows, forms, strict=True):
        whole, short = (read(runs[f"point-{form}-{name}"]) for name in TYPES)
        scale = np.abs(nothing.motion[-1, 0]).max()
        left.plot(nothing.times, nothing.motion[-1, 0] / scale, color="0.7", label="no attenuation")
        left.plot(whole.times, whole.motion[-1, 0] / scale, "k", label="float32")
        left.plot(short.times, short.motion[-1, 0] / scale, "--", color="C1", label="bfloat16")
        difference = (short.motion - whole.motion)[-1, 0] / scale
        left.plot(whole.times, 500 * difference, color="C0", lw=0.8, label="difference, 500 times")
        left.set(
            xlabel="time (s)",
            ylabel="velocity along x",
            title=f"{form}, Qs = {POINTS[form]}, {WAVES[-1]:g} wavelengths",
        )
        left.legend(frameon=False, fontsize=8)
        frequencies, errors = exponent_errors(runs, form, POINTS[form])
        for far, error in zip(WAVES, errors, strict=True):
            right.plot(frequencies, 100 * error, label=f"{far:g} wavelengths")
        right.axhline(0, color="0.7", lw=0.8)
        right.set(
            xscale="log",
            xlabel="frequency (Hz)",
            ylabel="of the exponent (%)",
            title="decay with bfloat16 against float32",
        )
        right.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
        right.minorticks_off()
        right.legend(frameon=False, fontsize=8)
    output.mkdir(parents=True, exist_ok=True)
    path = output / "memory16.png"
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return [path]


CASE = Case(
    "memory16",
    "memory variables of attenuation in 16 bits, beside float32",
    configure,
    judge,
    draw,
)
