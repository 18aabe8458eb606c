"""Steady flows over uneven beds with Manning friction (MacDonald et al. 1997, as in SWASHES).

Channels of 1000 m, among them one through the critical depth and one with a hydraulic jump. Uniform flow extends before
and after, far enough that nothing from the ends of the grid comes in. A swell of 10 cm is put on the steady flow; it
runs out, and after half an hour the flow must be steady again: the depth as known, the discharge the same everywhere.
The discharge written is that at the end of a step, after its friction, and half a step of friction below the flux of
mass: its error falls with the step, that of the depth with its square. The subcritical flow is within 2 % of the
critical one at its ends, where short waves barely propagate: what is left there is not steady yet.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water
from esim.validation.references import macdonald
from esim.validation.references.macdonald import CHANNELS, LENGTH, Profile

SIZES, QUICK = (10.0, 5.0, 2.5), (10.0, 5.0)  # m
QUICK_CHANNELS = ("transcritical", "jump")
SWELL, PLACE, WIDTH = 0.1, 250.0, 40.0  # m
END, FAST, SLOW = 1800.0, 6.5, 1.6  # s; the fastest waves downstream and upstream [m/s]
LOWEST = 1.0  # m, so that no part of the bed is sea
LIMITS = {
    "subcritical": 0.002,
    "supercritical": 0.002,
    "transcritical": 0.002,
    "jump": 0.01,
}  # depth L1, finest
DISCHARGE_LIMIT = 0.015  # L1
ORDERS = {"subcritical": None, "supercritical": 1.5, "transcritical": 1.5, "jump": 0.5}
JUMP_LIMIT = 3.0  # cells


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named channel-size."""
    return {
        f"{name}-{size:g}": _one(folder / f"{name}-{size:g}", name, size)
        for name in (QUICK_CHANNELS if quick else CHANNELS)
        for size in (QUICK if quick else SIZES)
    }


def _one(folder: Path, name: str, size: float) -> ScenarioConfig:
    channel, known = CHANNELS[name], _profile(name)
    first, last = known.x[0], known.x[-1]
    first, last = (float(np.trunc(end / 10.0)) * 10.0 for end in (first, last))
    lift = LOWEST - known.bed.min()

    def bed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.interp(x, known.x, known.bed) + lift

    def depth(x: np.ndarray) -> np.ndarray:
        return np.interp(x, known.x, known.h) + SWELL * np.exp(-(((x - PLACE) / WIDTH) ** 2))

    water = Water(lambda x, y: bed(x, y) + depth(x), lambda x, y: channel.q / depth(x))
    grid = flow.flume((first, last), round((last - first) / size), ("open", "open"))
    return flow.configure(
        folder, grid, bed, water, times=[END / 2, END], physics={"manning": channel.manning}
    )


def _profile(name: str) -> Profile:
    return macdonald.profile(CHANNELS[name], FAST * END, 200.0 if name == "supercritical" else SLOW * END)


def judge(runs: Runs) -> list[Comparison]:
    """Errors of the depth and the discharge, their orders, where the jump is, and whether the flow is steady."""
    lines: list[Comparison] = []
    for name in CHANNELS:
        sizes = sorted((float(key.split("-")[1]) for key in runs if key.startswith(name)), reverse=True)
        if not sizes:
            continue
        found = [flow.read(runs[f"{name}-{size:g}"]) for size in sizes]
        errors = np.array([_errors(name, fields) for fields in found])
        coarser = sizes[-1] / SIZES[-1]
        loose, loose_q = (flow.loosened(1.0, coarser, order) for order in (1.5, 1.0))
        label = f"{name}, {sizes[-1]:g} m"
        lines.append(Bound(f"{label}: depth, L1", errors[-1, 0], loose * LIMITS[name], "%"))
        lines.append(Bound(f"{label}: depth, largest", errors[-1, 1], None, "%"))
        lines.append(Bound(f"{label}: discharge, L1", errors[-1, 2], loose_q * DISCHARGE_LIMIT, "%"))
        lines.append(Bound(f"{label}: change in the last 15 minutes", errors[-1, 3], None, "%"))
        if len(sizes) > 1:
            order = flow.orders(sizes, errors[:, 0])[-1]
            lines.append(Bound(f"{name}: order of the depth", order, ORDERS[name], at_least=True))
        if name == "jump":
            lines.append(Bound(f"{label}: jump off by, in cells", _jump(found[-1]), JUMP_LIMIT))
    return lines


def _errors(name: str, fields: Fields) -> tuple[float, float, float, float]:
    """Of the depth in L1 and at most, of the discharge in L1, and the change of the depth since half-time in L1."""
    inside = (fields.x > 0) & (fields.x < LENGTH)
    h, before = fields.h[-1, 0, inside], fields.h[-2, 0, inside]
    channel = CHANNELS[name]
    known = channel.depth(fields.x[inside])
    q = h * fields.u[-1, 0, inside]
    return (
        flow.share(h, known),
        flow.share(h, known, np.inf),
        flow.share(q, np.full_like(q, channel.q)),
        flow.share(before, h),
    )


def _jump(fields: Fields) -> float:
    """How many cells the steepest rise is from where it should be."""
    near = np.abs(fields.x - LENGTH / 2) < 150.0
    x, h = fields.x[near], fields.h[-1, 0, near]
    steepest = int(np.diff(h).argmax())
    return float(abs(0.5 * (x[steepest] + x[steepest + 1]) - LENGTH / 2) / fields.grid.dx)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Surfaces over the beds, and the discharges."""
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(2, len(CHANNELS), figsize=(14, 5.5), layout="constrained", sharex=True)
    for name, axes in zip(CHANNELS, rows.T, strict=True):
        sizes = [float(key.split("-")[1]) for key in runs if key.startswith(name)]
        if not sizes:
            continue
        fields = flow.read(runs[f"{name}-{min(sizes):g}"])
        inside = (fields.x > 0) & (fields.x < LENGTH)
        x = fields.x[inside]
        axes[0].plot(x, CHANNELS[name].depth(x), "k-", lw=0.8, label="known")
        axes[0].plot(x, fields.h[-1, 0, inside], ".", ms=2.5, color="#c1440e", label="esim")
        axes[0].axhline(
            (CHANNELS[name].q ** 2 / flow.G) ** (1 / 3), color="0.6", ls=":", lw=1, label="critical"
        )
        axes[0].set(title=f"{name}, {fields.grid.dx:g} m", ylabel="depth [m]")
        axes[0].legend(frameon=False)
        q = (fields.h * fields.u)[-1, 0, inside]
        axes[1].axhline(CHANNELS[name].q, color="k", lw=0.8)
        axes[1].plot(x, q, ".", ms=2.5, color="#c1440e")
        axes[1].set(xlabel="x [m]", ylabel="discharge [m2/s]")
    path = output / "macdonald.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "steady flows with Manning friction, sub-, super- and transcritical, with a jump: depth, discharge"
CASE = Case("macdonald", SUMMARY, configure, judge, draw, about=__doc__)
