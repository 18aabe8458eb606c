"""A steady zonal flow in geostrophic balance on the turning sphere (Williamson et al. 1992, test 2).

38.6 m/s at the equator over 3 km of water, as in their test, on a band that goes round the globe between walls at 64
degrees north and south, for five days. What changes is error: of the depth in their norms, and the flow across. Walls
mirror the water, which slopes towards them: beside them the error is of a lower order, and it spreads from there.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.constants import EARTH_RADIUS
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water
from esim.validation.references import sphere

SPEED = 2 * np.pi * EARTH_RADIUS / (12 * 86400)  # m/s, round the globe in 12 days
DEPTH = 2.94e4 / flow.G  # m, at the equator
EDGE, INSIDE = 64.0, 45.0  # degrees of latitude: of the walls, and of what is far from them
DAYS = 5
SIZES, QUICK = (4.0, 2.0, 1.0), (4.0, 2.0)  # degrees
LIMIT = 1e-3  # depth L2, finest
ORDER = 1.5


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by the size of cells."""
    return {f"{size:g}": _one(folder / f"{size:g}", size) for size in (QUICK if quick else SIZES)}


def _one(folder: Path, size: float) -> ScenarioConfig:
    grid = {
        "kind": "lonlat", "west": 0.0, "east": 360.0, "south": -EDGE, "north": EDGE, "spacing": size,
        "boundary": ["periodic", "periodic", "wall", "wall"],
    }  # fmt: skip
    water = Water(
        lambda x, y: sphere.balanced(np.radians(y), SPEED), lambda x, y: SPEED * np.cos(np.radians(y))
    )
    times = 86400.0 * np.arange(1, DAYS + 1)
    return flow.configure(folder, grid, lambda x, y: -DEPTH, water, times=list(times))


def judge(runs: Runs) -> list[Comparison]:
    """Errors after some days on the whole band and far from the walls, their orders and growth, mass."""
    sizes = sorted(map(float, runs), reverse=True)
    found = [flow.read(runs[f"{size:g}"]) for size in sizes]
    errors = np.array([[_errors(fields, n) for n in range(1, DAYS + 1)] for fields in found])
    label, loose = f"{sizes[-1]:g} degrees, day {DAYS}", flow.loosened(SIZES[-1], sizes[-1], 2.0)
    last = errors[-1, -1]
    lines: list[Comparison] = [
        Bound(f"{label}: depth, L1", last[0], None),
        Bound(f"{label}: depth, L2", last[1], loose * LIMIT),
        Bound(f"{label}: depth, largest", last[2], None),
        Bound(f"{label}: depth within {INSIDE:g} degrees, L2", last[3], None),
        Bound(f"{label}: flow across, largest", last[4], None, "m/s"),
        Bound(f"{label}: error of day 1 (depth, L2)", errors[-1, 0, 1], None),
    ]
    if len(sizes) > 1:
        for n, name in ((1, "depth, L2"), (3, f"depth within {INSIDE:g} degrees, L2")):
            order = flow.orders(sizes, errors[:, -1, n])[-1]
            lines.append(Bound(f"order: {name}", order, ORDER, at_least=True))
    lines.append(flow.lost("", max(fields.drift() for fields in found)))
    return lines


def _errors(fields: Fields, day: int) -> tuple[float, float, float, float, float]:
    """Of the depth in L1, L2 and at most, far from the walls in L2, and the largest flow across [m/s]."""
    h, known, across = fields.h[day], fields.h[0], fields.v[day]
    area = np.broadcast_to(np.cos(np.radians(fields.y))[:, None], h.shape)

    def norm(power: float, rows: np.ndarray) -> float:
        off = (np.abs(h - known) ** power * area)[rows].sum()
        return float((off / (np.abs(known) ** power * area)[rows].sum()) ** (1 / power))

    everywhere, inside = np.full(fields.y.size, True), np.abs(fields.y) < INSIDE
    return (
        norm(1, everywhere),
        norm(2, everywhere),
        float(np.abs(h - known).max() / known.max()),
        norm(2, inside),
        float(np.abs(across).max()),
    )


def draw(runs: Runs, output: Path) -> list[Path]:
    """Growth of the error by days, and where it is."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for size in sorted(map(float, runs), reverse=True):
        fields = flow.read(runs[f"{size:g}"])
        days = range(1, DAYS + 1)
        axes[0].semilogy(days, [_errors(fields, n)[1] for n in days], "o-", label=f"{size:g} degrees")
        axes[1].plot(fields.y, (fields.h[-1] - fields.h[0]).mean(1), label=f"{size:g} degrees")
    axes[0].set(xlabel="days", ylabel="error of the depth, L2")
    axes[1].set(xlabel="latitude [degrees]", ylabel=f"change of the depth by day {DAYS} [m]")
    axes[0].legend(frameon=False)
    path = output / "rotating_sphere.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "a steady zonal flow on the turning sphere, five days: growth and order of the error"
CASE = Case("rotating_sphere", SUMMARY, configure, judge, draw, about=__doc__)
