"""What chambers, cracks, dipoles and rings leave behind, in both engines, against closed forms.

Each source is written once, with the keys that both engines have. The crust computes waves in a block with absorbing
sides until they have left, and the permanent displacement within half of the block counts; the ocean puts the
displacement of its half-space on the bed, and all cells of its grid count. In a coupled run the crust below a sea moves
the bed of the ocean, which counts within half of the block as well. Closed forms: a point and its image, a
cavity in the stress of that image, three small cracks for a dipole, Okada's rectangles for a dyke, a sill and the
patches of a ring, and a block that moves as a whole for an upright ring with a floor.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.sources import volcanic
from esim.sources.ocean import okada
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.references import chamber, pressurised_sphere

SIDE, DEPTH, CELL, QUICK = 12e3, 10e3, 250.0, 400.0  # m: half a block, its depth, cells
POISSON, RIGIDITY = 0.25, 3.24e10
RISE_TIME, DURATION = 2.0, 15.0  # s; waves have left the block by then
SEA, SEA_DURATION = 2e3, 30.0  # m: depth of the sea of a coupled run; s: it echoes longer
INNER = 0.5
LIMIT, SEA_LIMIT, OCEAN_LIMIT = 0.015, 0.03, 1e-5  # the seafloor is of second order in the cells
SIZE_LIMIT = 0.01  # of McTigue's first correction, at a radius of 0.4 of the depth
VOLUME_LIMIT = 0.03  # of a block with a step all around, of which cells have the value at their middle
RING = {"radius": 2500.0, "width": 2500.0, "slip": 1.0, "patches": 32, "piston": True}
SOURCES: dict[str, dict[str, Any]] = {
    "mogi": {"kind": "mogi", "depth": 3e3, "volume_change": 1e7},
    "sphere": {"kind": "sphere", "depth": 3e3, "radius": 1.2e3, "pressure": 1e7},
    "dyke": {
        "kind": "dyke",
        "depth": 2e3,
        "length": 4e3,
        "width": 3e3,
        "strike": 30.0,
        "dip": 70.0,
        "opening": 1.0,
    },
    "sill": {
        "kind": "sill",
        "depth": 3e3,
        "length": 4e3,
        "width": 3e3,
        "strike": 30.0,
        "volume_change": 1.2e7,
    },
    "clvd": {"kind": "clvd", "depth": 3e3, "moment": 5e17, "axis": "tension"},
    "ring_fault": {"kind": "ring_fault", "depth": 1500.0, "dip": 80.0, **RING},
    "trapdoor": {"kind": "ring_fault", "depth": 1500.0, "dip": 80.0, "hinge": 90.0, **RING, "slip": -1.0},
}
PISTON = {"kind": "ring_fault", "depth": 0.0, **RING, "patches": 96}  # in the ocean alone: up to the seafloor
AWAY = 0.25  # radii from the ring, within which its polygon is not the circle
Displacement = Callable[[np.ndarray, np.ndarray], np.ndarray]


def known(name: str) -> Displacement:
    """The closed form of a source: displacement east, north and up (3, n) [m] at points of the ground (n,) [m]."""
    values = SOURCES[name]
    depth, rock = float(values["depth"]), {"poisson": POISSON}
    match values["kind"]:
        case "mogi":

            def point(east: np.ndarray, north: np.ndarray) -> np.ndarray:
                at = np.stack([east, north, np.zeros_like(east)])
                return chamber.point(at, depth, values["volume_change"], POISSON) * [[1.0], [1.0], [-1.0]]

            return point
        case "sphere":
            radius = values["radius"]
            gained = np.pi * radius**3 * values["pressure"] / RIGIDITY
            potency = np.diag(chamber.sphere_potency(depth, radius, gained, POISSON))
            return lambda east, north: chamber.diagonal(east, north, depth, potency, **rock)
        case "clvd":
            along = 2 / np.sqrt(3) * values["moment"] / RIGIDITY
            dipole = along * np.array([-0.5, -0.5, 1.0])
            return lambda east, north: chamber.diagonal(east, north, depth, dipole, **rock)
        case _:
            return lambda east, north: _rectangles(values, east, north)


def _rectangles(values: Mapping[str, Any], east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Okada's rectangles, added up."""
    (section,) = _ocean(Path(), values, CELL).source
    fault = volcanic.ring(section) if section.kind == "ring_fault" else volcanic.crack(section)  # type: ignore[arg-type]
    total = np.zeros((3, east.size))
    for n in np.flatnonzero(fault.moving):
        x, y, top = fault.outline(int(n))[:2].mean(axis=0)  # the middle of the upper edge
        sizes = (top, fault.length[n], fault.width[n], fault.strike[n], fault.dip[n], fault.rake[n])
        moved = (fault.total_slip[n], fault.opening[n], POISSON)
        total += okada.displacement(east - x, north - y, *map(float, (*sizes, *moved)))
    return total


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """A run of each engine for each source; two sources where it should be quick, and all of them in the ocean."""
    cell = QUICK if quick else CELL
    waves = {f"crust-{name}": _crust(folder / f"crust-{name}", values, cell) for name, values in _some(quick)}
    water = {
        f"ocean-{name}": _ocean(folder / f"ocean-{name}", values, cell) for name, values in SOURCES.items()
    }
    both = {"coupled-mogi": _coupled(folder / "coupled-mogi", SOURCES["mogi"], cell)}
    return waves | water | {"ocean-piston": _ocean(folder / "ocean-piston", PISTON, cell)} | both


def _some(quick: bool) -> list[tuple[str, dict[str, Any]]]:
    return [item for item in SOURCES.items() if not quick or item[0] in ("sphere", "dyke")]


def _both(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a source that both engines take."""
    return {"x": 0.0, "y": 0.0, "rigidity": RIGIDITY, "poisson": POISSON} | dict(values)


def _ocean(folder: Path, values: Mapping[str, Any], cell: float) -> TsunamiConfig:
    found = from_dict(
        {
            "scenario": "tsunami",
            "title": f"uplift by {values['kind']}",
            "time": {"duration": 1.0},
            "grid": {
                "kind": "cartesian",
                "x": [-SIDE, SIDE],
                "y": [-SIDE, SIDE],
                "spacing": cell,
                "boundary": "wall",
            },
            "bathymetry": {"kind": "flat", "depth": 1000.0},
            "source": [_both(values)],
            "output": {"directory": str(folder), "overwrite": True},
        }
    )
    assert isinstance(found, TsunamiConfig)
    return found


def _crust(folder: Path, values: Mapping[str, Any], cell: float) -> ScenarioConfig:
    vs = (RIGIDITY / 2700.0) ** 0.5
    return from_dict(
        {
            "scenario": "seismic",
            "title": f"permanent displacement by {values['kind']}",
            "time": {"duration": DURATION},
            "grid": {
                "kind": "cartesian",
                "x": [-SIDE, SIDE],
                "y": [-SIDE, SIDE],
                "depth": [0.0, DEPTH],
                "spacing": cell,
            },
            "medium": {"kind": "layers", "layers": [{"top": 0, "vp": vs * 3**0.5, "vs": vs, "rho": 2700}]},
            "source": [_both(values) | {"rise_time": RISE_TIME}],
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "surface_displacement": {"every": DURATION},
            },
        }
    )


def _coupled(folder: Path, values: Mapping[str, Any], cell: float) -> ScenarioConfig:
    """Below a sea, whose waves take longer to leave."""
    vs = (RIGIDITY / 2700.0) ** 0.5
    sides = {"kind": "cartesian", "x": [-SIDE, SIDE], "y": [-SIDE, SIDE], "spacing": cell}
    return from_dict(
        {
            "scenario": "coupled",
            "title": f"a tsunami by {values['kind']}",
            "time": {"duration": 2 * SEA_DURATION},
            "source": [_both(values) | {"rise_time": RISE_TIME, "draped": True}],
            "crust": {
                "duration": SEA_DURATION,
                "until": None,
                "grid": sides | {"depth": [0.0, DEPTH + SEA]},
                "medium": {
                    "kind": "layers",
                    "layers": [{"top": 0, "vp": vs * 3**0.5, "vs": vs, "rho": 2700}],
                },
                "topography": {"kind": "flat", "depth": SEA},
            },
            "ocean": {"grid": sides | {"boundary": "wall"}, "bathymetry": {"kind": "flat", "depth": SEA}},
            "output": {"directory": str(folder), "overwrite": True},
        }
    )


def ground(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """East and north [m] of the inner points of the ground of a run of the crust, and how they moved (3, n) [m]."""
    with Run.open(folder) as run:
        data = run.surface_displacement
        if data is None:
            raise InputError(f"{folder}: no surface_displacement.nc")
        inner = {name: np.flatnonzero(np.abs(data[name].values) <= INNER * SIDE) for name in ("x", "y")}
        last = data.isel({"time": -1, **inner})
        moved = np.stack([last[name].values.ravel() for name in ("ux", "uy", "uz")]).astype(float)
        moved[2] *= -1  # files have z down
        east, north = np.meshgrid(last["x"].values, last["y"].values)
        return east.ravel(), north.ravel(), moved


def bed(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """East and north [m] of the cells of a run of the ocean, and how far the bed rose (n,) [m]."""
    with Run.open(folder) as run:
        if run.maxima is None:
            raise InputError(f"{folder}: no maxima.nc")
        data = run.maxima["uplift"]
        east, north = np.meshgrid(data["x"].values, data["y"].values)
        return east.ravel(), north.ravel(), np.nan_to_num(data.values.ravel().astype(float))


def judge(runs: Runs) -> Sequence[Bound]:
    """Largest errors over the largest displacement: of the crust along the vertical and the level, of the ocean."""
    bounds = []
    for run, folder in runs.items():
        engine, name = run.split("-")
        if name == "piston":
            bounds += _piston(folder)
        elif engine == "coupled":
            east, north, rise = bed(folder / "ocean")
            near = np.maximum(np.abs(east), np.abs(north)) <= INNER * SIDE
            wanted = known(name)(east[near], north[near])[2]
            error = np.abs(rise[near] - wanted).max() / np.abs(wanted).max()
            bounds += [Bound(f"coupled, {name}: uplift", float(error), SEA_LIMIT, "%")]
        elif engine == "crust":
            east, north, found = ground(folder)
            wanted = known(name)(east, north)
            error = np.abs(found - wanted).max(axis=1) / np.abs(wanted).max()
            bounds += [
                Bound(f"crust, {name}: vertical", float(error[2]), LIMIT, "%"),
                Bound(f"crust, {name}: horizontal", float(error[:2].max()), LIMIT, "%"),
            ]
        else:
            east, north, rise = bed(folder)
            wanted = known(name)(east, north)[2]
            error = np.abs(rise - wanted).max() / np.abs(wanted).max()
            bounds += [Bound(f"ocean, {name}: uplift", float(error), OCEAN_LIMIT, "%")]
            bounds += _pressed(name, np.hypot(east, north), rise)
    return bounds


def _pressed(name: str, distance: np.ndarray, rise: np.ndarray) -> list[Bound]:
    """Of a chamber of finite size: how far McTigue's displacement is from that by an even pressure on its wall."""
    if name != "sphere":
        return []
    values = SOURCES[name]
    pressure = values["pressure"] / RIGIDITY
    wanted = pressurised_sphere.solve(values["radius"], values["depth"], pressure, POISSON).ground(distance)[
        1
    ]
    error = float(np.abs(rise - wanted).max() / wanted.max())
    return [Bound("ocean, sphere: uplift, against an even pressure on the wall", error, SIZE_LIMIT, "%")]


def _piston(folder: Path) -> list[Bound]:
    """How far the block of an upright ring with a floor is from one that goes down as a whole, and its volume."""
    east, north, rise = bed(folder)
    distance = np.hypot(east, north) / RING["radius"]
    inside, outside = distance < 1 - AWAY, distance > 1 + AWAY
    error = max(np.abs(rise[inside] + RING["slip"]).max(), np.abs(rise[outside]).max())
    cell = np.ptp(np.unique(east)[:2]) ** 2
    volume = -rise.sum() * cell / (np.pi * RING["radius"] ** 2 * RING["slip"])
    return [
        Bound("ocean, piston: block and ground around it", float(error) / RING["slip"], 0.01, "%"),
        Bound("ocean, piston: volume", float(abs(volume - 1)), VOLUME_LIMIT, "%"),
    ]


def draw(runs: Runs, output: Path) -> list[Path]:
    """Displacement along a line to the east: closed forms as lines, the engines as marks."""
    import matplotlib.pyplot as plt

    names = [name for name in SOURCES if f"crust-{name}" in runs]
    columns = min(4, len(names) + 1)
    rows = -(-(len(names) + 1) // columns)
    size = 3.3 * columns, 2.9 * rows
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    x = np.linspace(-INNER * SIDE, INNER * SIDE, 241)
    for name, axis in zip(names, axes.flat, strict=False):
        east, north, found = ground(runs[f"crust-{name}"])
        line = np.abs(north - north[np.argmin(np.abs(north))]) < 1.0
        wanted = known(name)(x, np.full_like(x, north[line][0]))
        for k, colour, word in ((2, "C3", "up"), (0, "C0", "east")):
            axis.plot(x / 1e3, wanted[k], color=colour, lw=1.2, label=f"{word}, closed form")
            axis.plot(
                east[line][::2] / 1e3,
                found[k, line][::2],
                "o",
                color=colour,
                ms=3.5,
                mfc="none",
                label=f"{word}, crust",
            )
        places, across, rise = bed(runs[f"ocean-{name}"])
        line = (np.abs(across - across[np.argmin(np.abs(across))]) < 1.0) & (np.abs(places) <= INNER * SIDE)
        axis.plot(places[line][1::2] / 1e3, rise[line][1::2], "k+", ms=4.5, label="up, ocean")
        axis.set_title(name.replace("_", " "), loc="left")
        axis.axhline(0.0, color="0.7", lw=0.6, zorder=0)
    for axis in list(axes.flat)[len(names) :]:
        axis.set_axis_off()
    axes.flat[-1].legend(*axes.flat[0].get_legend_handles_labels(), frameon=False, loc="center left")
    figure.supxlabel("east of the source (km)")
    figure.supylabel("displacement of the ground (m)")
    path = output / "volcanic.png"
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return [path]


SUMMARY = "permanent displacement by volcanic sources, in both engines, against closed forms"
CASE = Case("volcanic", SUMMARY, configure, judge, draw)
