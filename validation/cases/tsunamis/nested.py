"""Nested grids: Tohoku 2011 on any number of ranks, and an island and a coast against a grid that is fine everywhere.

Tohoku: an ocean of 4 arc-minutes with a nest of 1 arc-minute over the source and the coast. One, two and four ranks
have to write the same bits, and without an earthquake the sea has to stay exactly at rest on both grids.

Island and coast, like those of Okushiri and of the mainland behind it: a hill of water on a sea 400 m deep runs over a
slope with a conical island to a straight coast. A grid, a nest of a third of its cells, and in that two more nests of a
third, one around the island and one along the coast, are compared with one grid that has the finest cells everywhere.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from esim import data
from esim.config import ScenarioConfig, from_dict, load
from esim.config.ocean.root import TsunamiConfig
from esim.drivers.run import simulate
from esim.io import netcdf
from esim.io.atomic import whole_file
from esim.parallel.comm import run_ranks
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean.flow import arrays

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "tohoku2011_nested.yaml"
RELIEF = ("bathymetry/nwpacific_4min.nc", "bathymetry/etopo1_1min_tohoku.nc")
RANKS = (1, 2, 4)
REST = "rest"

# ------------------------------------------------------------------ Tohoku


def tohoku(folder: Path, quick: bool) -> dict[str, ScenarioConfig]:
    """A run on several ranks, and one in which nothing moves; `quick` ends early, with a fault that slips at once."""
    minutes = 5 if quick else 60
    settings = [
        f"time.duration={minutes} min",
        "output.overwrite=true",
        "output.fields={every: 5 min, variables: [eta, u, v]}",
        "run.threads=1",
        *(["source.0.instantaneous=true"] if quick else []),
    ]
    runs: dict[str, ScenarioConfig] = {}
    for ranks in RANKS:
        runs[f"ranks_{ranks}"] = load(
            CONFIG, [*settings, f"output.directory={json.dumps(str(folder / f'ranks_{ranks}'))}"]
        )
    still = [
        "source=[]",
        "grid.nests.0.activation_threshold=null",
        f"output.directory={json.dumps(str(folder / REST))}",
    ]
    runs[REST] = load(CONFIG, [*settings[:4], *still])
    return runs


def on_ranks(cfg: ScenarioConfig) -> Path:
    """A run on as many ranks, threads of this process, as the name of its directory says."""
    name = cfg.output.directory.name
    ranks = int(name.split("_")[1]) if "_" in name else 2
    run_ranks(ranks, lambda comm: simulate(cfg, comm), timeout=600)
    return cfg.output.directory


def judge_tohoku(runs: Runs) -> list[Comparison]:
    """Bits, rest, and how long it took."""
    first = arrays(runs["ranks_1"])
    found: list[Comparison] = []
    for ranks in RANKS[1:]:
        other = arrays(runs[f"ranks_{ranks}"])
        different = [name for name in first if first[name].tobytes() != other[name].tobytes()]
        found.append(Bound(f"arrays of {len(first)} that differ on {ranks} ranks", len(different), 0))
    still = arrays(runs[REST])
    moved = max(float(np.abs(values).max()) for name, values in still.items() if _of_water(name))
    found.append(Bound("largest level or speed of the sea at rest, all grids", moved, 0, "m or m/s"))
    for name, folder in runs.items():
        record = json.loads((folder / "run.json").read_text())
        hours = record["simulated_seconds"] / 3600
        found.append(
            Bound(f"{name}: time for a simulated hour", record["timings"]["time loop"] / hours, unit="s")
        )
        for grid in record["grids"]:
            found.append(
                Bound(
                    f"{name}: fraction of time on {grid['name']}, {grid['cells']} cells",
                    grid["fraction"],
                    unit="%",
                )
            )
    return found


def _of_water(name: str) -> bool:
    return name.split(".")[-1] in ("eta", "u", "v", "eta_max", "eta_min", "speed_max")


def missing(quick: bool) -> str | None:
    """What is not there that Tohoku needs."""
    there = {known.name for known in data.table() if known.path is not None}
    gone = [name for name in RELIEF if name not in there]
    return f"needs {' and '.join(gone)} in $ESIM_DATA" if gone else None


TOHOKU = Case(
    "nested_tohoku",
    "a nest of 1 arc-minute in an ocean of 4: the same bits on 1, 2 and 4 ranks, exact rest, and the time it takes",
    tohoku,
    judge_tohoku,
    compute=on_ranks,
    missing=missing,
    about=__doc__ or "",
)

# ------------------------------------------------------------------ island and coast

FINE, R = 100.0, 3  # m, size of the finest cells, and ratio of one grid to the next
EXTENT = (54e3, 43.2e3)  # m
NESTS = {
    "shelf": ((18e3, 54e3), (5.4e3, 37.8e3)),
    "island": ((23.4e3, 37.8e3), (14.4e3, 28.8e3)),
    "coast": ((45e3, 54e3), (9e3, 34.2e3)),
}
CENTRE = (30.6e3, 21.6e3)  # m, of the island
DURATION, EVERY = 1500.0, 300.0  # s
GAUGES = {"lee": (36.45e3, 21.65e3), "shore": (46.55e3, 21.65e3), "slope": (20.75e3, 21.65e3)}
RUN_UP = 0.05  # largest error of a run-up height, as a share
LEVEL = 0.05  # of the largest level in a nest, root of the mean square


def ground(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bed [m]: flat, then a slope to a coast, and a cone on it."""
    slope = -400.0 + 0.0118 * np.maximum(x[None, :] - 14e3, 0) + 0 * y[:, None]
    cone = 250.0 - 0.06 * np.hypot(x[None, :] - CENTRE[0], y[:, None] - CENTRE[1])
    return np.maximum(slope, cone)


def write_ground(path: Path, cell: float) -> None:
    """The bed at the centres of the finest cells, and some beyond the edge."""
    nx, ny = (round(size / cell) + 2 for size in EXTENT)
    x, y = ((np.arange(n) - 0.5) * cell for n in (nx, ny))
    with whole_file(path) as temporary, netcdf.create(temporary) as file:
        for name, values in (("y", y), ("x", x)):
            file.createDimension(name, values.size)
            file.createVariable(name, "f8", (name,)).setncatts({"units": "m"})
            file[name][:] = values
        file.createVariable("elevation", "f8", ("y", "x")).setncatts({"units": "m"})
        file["elevation"][:] = ground(x, y)


def okushiri(folder: Path, quick: bool) -> dict[str, ScenarioConfig]:
    """Nested grids, the finest one everywhere, and the coarsest alone; `quick` makes no difference."""
    fine = FINE
    folder.mkdir(parents=True, exist_ok=True)
    write_ground(folder / "ground.nc", fine)
    nests = [
        {"name": name, "x": list(x), "y": list(y), "ratio": R, "activation_threshold": "0.1 mm"}
        for name, (x, y) in NESTS.items()
    ]
    made: dict[str, ScenarioConfig] = {}
    for name, cell, inner in (
        ("nested", R * R * fine, nests),
        ("fine", fine, []),
        ("coarse", R * R * fine, []),
    ):
        made[name] = _configured(folder, name, cell, inner)
    return made


def _configured(folder: Path, name: str, cell: float, nests: Sequence[Mapping[str, Any]]) -> TsunamiConfig:
    cfg = from_dict(
        {
            "scenario": "tsunami",
            "title": f"An island and a coast: {name}",
            "time": {"duration": DURATION},
            "grid": {
                "kind": "cartesian",
                "x": [0, EXTENT[0]],
                "y": [0, EXTENT[1]],
                "spacing": cell,
                "boundary": "wall",
                "nests": list(nests),
            },
            "bathymetry": {"file": str(folder / "ground.nc")},
            "physics": {"manning": 0.025},
            "source": [{"kind": "hump", "x": 9e3, "y": CENTRE[1], "height": 8, "radius": "5 km"}],
            "stations": [{"name": name, "x": x, "y": y} for name, (x, y) in GAUGES.items()],
            "output": {
                "directory": str(folder / name),
                "overwrite": True,
                "fields": {"every": EVERY, "variables": ["h"]},
                "stations": {"every": 5},
            },
            "run": {"precision": "float64"},
        }
    )
    assert isinstance(cfg, TsunamiConfig)
    return cfg


def read(folder: Path, file: str, variable: str) -> np.ndarray:
    """A variable of a file of a run, NaN where it is missing."""
    with netcdf.LIBRARY, netcdf.read(folder / f"{file}.nc") as found:
        return np.ma.filled(found[variable][...].astype(np.float64), np.nan)


def part(field: np.ndarray, name: str, cell: float) -> np.ndarray:
    """The part of a map of the finest cells that a nest covers."""
    (west, east), (south, north) = NESTS[name]
    j0, j1, i0, i1 = (round(edge / cell) for edge in (south, north, west, east))
    return field[..., j0:j1, i0:i1]


def run_up(level: np.ndarray, bed: np.ndarray) -> float:
    """Largest height [m] to which the water came on land."""
    return float(np.nanmax(np.where(bed > 0, level, np.nan)))


def judge_okushiri(runs: Runs) -> list[Comparison]:
    """Run-up, largest levels, gauges and volume of the nested grids, against the fine one."""
    fine = read(runs["fine"], "maxima", "eta_max")
    cell = EXTENT[0] / fine.shape[1]
    found: list[Comparison] = []
    for name in ("island", "coast"):
        own, true = read(runs["nested"], f"maxima_{name}", "eta_max"), part(fine, name, cell)
        bed = part(read(runs["fine"], "maxima", "bathymetry"), name, cell)
        height = run_up(true, bed)
        mine = run_up(own, read(runs["nested"], f"maxima_{name}", "bathymetry"))
        found.append(Check(f"run-up on the {name}", height, mine, "m", RUN_UP, relative=True))
        error = np.sqrt(np.nanmean((own - true) ** 2)) / np.nanmax(np.abs(true))
        found.append(Bound(f"largest levels in {name}, rms difference / largest", float(error), LEVEL, "%"))
    for n, name in enumerate(GAUGES):
        for run, limit in (("nested", LEVEL), ("coarse", None)):
            time, eta = read(runs[run], "stations", "time"), read(runs[run], "stations", "eta")[n]
            true = np.interp(
                time, read(runs["fine"], "stations", "time"), read(runs["fine"], "stations", "eta")[n]
            )
            error = np.sqrt(np.mean((eta - true) ** 2)) / np.abs(true).max()
            found.append(Bound(f"gauge {name}, {run}, rms difference / largest", float(error), limit, "%"))
    found.append(Bound("change of the volume of water", drift(runs["nested"]), 1e-6, "%"))
    times = [
        json.loads((runs[run] / "run.json").read_text())["timings"]["time loop: compute"]
        for run in ("nested", "fine")
    ]
    found.append(Bound("time of the nested run over that of the fine one", times[0] / times[1], unit="%"))
    return found


def drift(folder: Path) -> float:
    """Largest change of the volume of water that is not under a nest, as a share."""
    record = json.loads((folder / "run.json").read_text())
    grids = {grid["name"]: grid for grid in record["grids"]}
    total: Any = 0.0
    for name in grids:
        depth = read(folder, "fields" if name == "root" else f"fields_{name}", "h")
        size = cell_of(name, grids)
        corner = NESTS[name] if name in NESTS else ((0.0, 0.0), (0.0, 0.0))
        for nest in (other for other, about in grids.items() if about["parent"] == name):
            (west, east), (south, north) = NESTS[nest]
            j0, j1 = (round((edge - corner[1][0]) / size) for edge in (south, north))
            i0, i1 = (round((edge - corner[0][0]) / size) for edge in (west, east))
            depth[:, j0:j1, i0:i1] = 0
        total = total + size**2 * np.nansum(depth, axis=(1, 2))
    return float(np.abs(total / total[0] - 1).max())


def cell_of(name: str, grids: Mapping[str, Mapping[str, Any]]) -> float:
    """Size of the cells of a grid [m]."""
    if name == "root":
        return EXTENT[0] / grids[name]["nx"]
    return cell_of(grids[name]["parent"], grids) / grids[name]["ratio"]


def draw_okushiri(runs: Runs, folder: Path) -> list[Path]:
    """Largest levels of the fine grid and of the nested ones, and the gauges."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    most = float(np.nanmax(read(runs["fine"], "maxima", "eta_max")))
    for axis, title, files in (
        (axes[0], "one fine grid", {"fine": ["maxima"]}),
        (axes[1], "nested grids", {"nested": ["maxima", *(f"maxima_{name}" for name in NESTS)]}),
    ):
        for run, names in files.items():
            for name in names:
                x, y = (read(runs[run], name, axis_name) / 1e3 for axis_name in ("x", "y"))
                image = axis.pcolormesh(
                    x, y, read(runs[run], name, "eta_max"), vmin=0, vmax=most, cmap="viridis"
                )
        for west, south in [(x[0], y) for x, y in NESTS.values()] if title == "nested grids" else []:
            axis.plot([west / 1e3] * 2, [south[0] / 1e3, south[1] / 1e3], "w-", lw=0.8)
        axis.set(title=f"largest level [m], {title}", xlabel="x [km]", ylabel="y [km]", aspect="equal")
    figure.colorbar(image, ax=axes[1])
    for n, name in enumerate(GAUGES):
        for run, style in (("fine", "k-"), ("nested", "C3--"), ("coarse", "C0:")):
            time, eta = read(runs[run], "stations", "time"), read(runs[run], "stations", "eta")[n]
            axes[2].plot(time / 60, eta + 6 * n, style, lw=1, label=run if n == 0 else None)
        axes[2].text(0, 6 * n + 0.4, name)
    axes[2].set(title="level at the gauges [m], shifted", xlabel="minutes")
    axes[2].legend(loc="upper left", fontsize=8)
    path = folder / "nested_island.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]


ISLAND = Case(
    "nested_island",
    "an island and a coast in nested grids, three to one twice, against one grid as fine as the finest",
    okushiri,
    judge_okushiri,
    draw_okushiri,
)
CASES: tuple[Case, ...] = (ISLAND, TOHOKU)
