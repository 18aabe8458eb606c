"""Waves of moving masses against linear theory: over level ground, down a beach, from land, and that of Liu et al.

The masses of `kind: landslide` are so thin that waves are linear to a per mille or so. Theirs are smaller than what the
bed rises from cell to cell, so that the shore is a wall somewhere in its cell: where short waves have come back from
it (in the submarine case, within 1000 m), they say how fine the grid is and are left out. The slide of Liu, Lynett and
Synolakis (2003), that of benchmark problem 3 of the Catalina workshop (slope 5.7 degrees, thickness 1 m, mu = 0.01),
changes its shape as it goes and comes from a NetCDF file of the seafloor in time. It is 1 m thick where the sea is some
metres deep, so that linear theory is good offshore and poor at the shore: errors count beyond 100 m from it, where the
thickness is a tenth of the depth, the limit. All errors are shares of the largest surface height of the profile.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.config import ScenarioConfig
from esim.io import netcdf
from esim.io.atomic import whole_file
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.references import landslide as known

DEPTH = 100.0  # m, of the level ground
SLOPE = 0.1
MU = 0.01  # of Liu et al.: thickness over length of their slide
SPACING, QUICK = 10.0, 20.0  # m


class Slide(NamedTuple):
    """A mass: its place and motion as in the configuration, the extent in x [m], the times of profiles [s]."""

    source: Mapping[str, Any]
    x: tuple[float, float]
    times: tuple[float, ...]
    seen: float
    limit: float


MOTION = {"kind": "slide", "acceleration": 0.4, "velocity": 25.0}
BODY = {
    "kind": "landslide",
    "shape": "gaussian",
    "y": 0.0,
    "direction": 90.0,
    "width": None,
    "motion": MOTION,
}
SLIDES = {
    "level": Slide(
        BODY | {"x": 8e3, "length": 2e3, "thickness": 0.05},
        (0.0, 24e3),
        (50.0, 100.0, 150.0, 200.0),
        0.0,
        0.01,
    ),
    "submarine": Slide(
        BODY | {"x": 1500.0, "length": 500.0, "thickness": 0.05},
        (-500.0, 12e3),
        (40.0, 80.0, 120.0),
        1000.0,
        0.01,
    ),
    "from-land": Slide(
        BODY | {"x": -700.0, "length": 400.0, "thickness": 0.05},
        (-1500.0, 12e3),
        (60.0, 90.0, 120.0),
        50.0,
        0.03,
    ),
    "liu2003": Slide({}, (-500.0, 16e3), (16.0, 32.0, 48.0, 80.0, 144.0), 100.0, 0.1),
}


def ground(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Height of the seafloor without the mass [m]."""
    return (lambda x: 0.0 * x - DEPTH) if name == "level" else (lambda x: -SLOPE * x)


def height(name: str) -> known.Height:
    """Thickness of the mass [m] at places and a time."""
    if name == "liu2003":
        rate = MU * np.sqrt(G)  # the thickness is 1 m
        return lambda x, time: np.exp(-((2 * MU * np.sqrt(np.maximum(x, 0.0) / SLOPE) - rate * time) ** 2))
    body = SLIDES[name].source
    middle, half, thickness = body["x"], body["length"] / 2, body["thickness"]
    top, first = MOTION["velocity"], MOTION["acceleration"]
    assert isinstance(top, float) and isinstance(first, float)

    def thick(x: np.ndarray, time: float) -> np.ndarray:
        way = top**2 / first * np.log(np.cosh(first * time / top))
        # A Gaussian that ends at three times its half-length.
        share = np.minimum(((x - middle - way) / half) ** 2, 9.0)
        return thickness * (np.exp(-share) - np.exp(-9.0)) / (1 - np.exp(-9.0))

    return thick


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """One run for each mass."""
    return {name: _one(folder / name, name, QUICK if quick else SPACING) for name in SLIDES}


def _one(folder: Path, name: str, spacing: float) -> ScenarioConfig:
    slide, bed, mass = SLIDES[name], ground(name), height(name)
    ends = ("open", "open") if name == "level" else ("wall", "open")
    grid = flow.flume(slide.x, round((slide.x[1] - slide.x[0]) / spacing), ends)
    source: Mapping[str, Any] = slide.source
    formula: flow.Formula = lambda x, y: bed(x)  # noqa: E731
    if name == "liu2003":
        formula = lambda x, y: bed(x) + mass(x, 0.0)  # noqa: E731
        source = {"kind": "deformation", "file": str(folder / "moving.nc")}
        folder.mkdir(parents=True, exist_ok=True)
        _write_moving(folder / "moving.nc", grid, mass, slide.times[-1])
    every = float(np.gcd.reduce(np.array(slide.times, dtype=int)))
    times = list(np.arange(every, slide.times[-1] + every / 2, every))
    water = Water(lambda x, y: np.maximum(formula(x, y), 0.0))
    more = {"source": [dict(source)], "physics": {"dry_depth": 1e-4}}
    return flow.configure(folder, grid, formula, water, times=times, **more)


def _write_moving(path: Path, grid: Mapping[str, Any], mass: known.Height, end: float) -> None:
    """The rise of the seafloor since t = 0 at every half second."""
    times = np.arange(0.0, end + 0.5, 0.5)
    x = np.arange(grid["x"][0], grid["x"][1] + 1, grid["spacing"] / 2)
    y = np.array([0.0, grid["y"][1]])
    with whole_file(path) as temporary, netcdf.create(temporary) as data:
        for name, values, unit in (("time", times, "s"), ("y", y, "m"), ("x", x, "m")):
            data.createDimension(name, values.size)
            data.createVariable(name, "f8", (name,))[:] = values
            data[name].units = unit
        rise = np.array([mass(x, time) - mass(x, 0.0) for time in times])
        data.createVariable("uplift", "f8", ("time", "y", "x"))[:] = np.repeat(rise[:, None], 2, axis=1)
        data["uplift"].units = "m"


def judge(runs: Runs) -> list[Comparison]:
    """The largest error of each profile of each mass."""
    lines: list[Comparison] = []
    for name, slide in SLIDES.items():
        if name not in runs:
            continue
        fields = flow.read(runs[name])
        loose = 1.0 if fields.grid.dx <= SPACING else 2.0
        x, found, expected = profiles(name, fields)
        for time, one, other in zip(slide.times, found, expected, strict=True):
            label = f"{name}, {fields.grid.dx:g} m, {time:g} s: surface"
            lines.append(Bound(label, flow.share(one, other, np.inf), loose * slide.limit, "%"))
    return lines


def profiles(name: str, fields: flow.Fields) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places, and at each of the times the surface as it was found, and as it is known, (times, places)."""
    slide = SLIDES[name]
    seen = fields.x > slide.seen
    x = fields.x[seen]
    at = [int(np.abs(fields.times - time).argmin()) for time in slide.times]
    # The seafloor of the file is the last one; the water stands on that of its own time.
    bed = ground(name)(x) + np.array([height(name)(x, time) for time in slide.times])
    found = fields.h[at, 0][:, seen] + bed
    if name == "level":
        return x, found, np.array([known.level(height(name), DEPTH, x, time) for time in slide.times])
    return x, found, known.beach(height(name), SLOPE, x, slide.times, 1.5 * slide.x[1])


def draw(runs: Runs, output: Path) -> list[Path]:
    """Profiles beside what is known."""
    import matplotlib.pyplot as plt

    names = [name for name in SLIDES if name in runs]
    figure, axes = plt.subplots(
        len(names), 1, figsize=(8, 2.4 * len(names)), layout="constrained", squeeze=False
    )
    for name, ax in zip(names, axes[:, 0], strict=True):
        x, found, expected = profiles(name, flow.read(runs[name]))
        for one, other in zip(found, expected, strict=True):
            ax.plot(x / 1e3, other, "k-", lw=0.8)
            ax.plot(x[::5] / 1e3, one[::5], ".", ms=2.5, color="#c1440e")
        ax.set(xlabel="x [km]", ylabel="surface [m]", title=name)
    path = output / "landslide.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "waves of masses that slide under water and from land, against linear theory"
CASE = Case("landslide", SUMMARY, configure, judge, draw, about=__doc__)
