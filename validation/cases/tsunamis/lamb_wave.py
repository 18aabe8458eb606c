"""A Lamb wave over the sea, and the wave that it drives ahead of all free ones, on a globe of one depth and in nature.

*One depth.* A bell of 2 hPa at 25 degrees that runs in circles at 315 m/s over 4000 m of water without rotation, and
decays as sin(r/R)^-1/2; gauges 25 and 40 degrees away in eight directions. What is known is the Legendre series of the
linear wave, forced and free: under the bell the water stands up by about p / (rho g) c^2 / (U^2 - c^2) (Proudman 1929),
and behind it, at the celerity c, comes a free wave of the other sign.

*The Pacific.* configs/tonga2022.yaml, the eruption of Hunga Tonga of 2022, at eight deep-ocean buoys. The pressure on
the sea floor, water and air, should be about p / (rho g) U^2 / (U^2 - c^2) when the pulse passes. The sea is not of one
depth: c is that of the mean depth of the last 500 km, a length of the pulse, and the islands near 51407 add to it. The
first free wave, by the fastest way at sqrt(g h), comes hours later.
No records of these buoys come with esim. Fujii and Satake (2024, doi:10.1007/s00024-024-03477-1) fitted the speed of
310 m/s and the rise from 04:16 on, which the scenario has, to 23 buoys: arrivals are as right as these are.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis import Run
from esim.analysis.ocean.air_wave import AirWave, air_waves, at, free_wave_times
from esim.analysis.ocean.distance import distance
from esim.config import ScenarioConfig, from_dict, load
from esim.constants import EARTH_RADIUS, SEA_DENSITY
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G
from esim.validation.references import sphere

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

CONFIG = Path(__file__).resolve().parents[3] / "configs/tonga2022.yaml"
PACIFIC = "pacific"
PEAK, SPEED, WIDTH, DEPTH = 200.0, 315.0, 4e5, 4000.0  # Pa, m/s, m, m
POLE = (0.0, 10.0)  # degrees east, north
NEAR, FAR = 25.0, 40.0  # degrees
BEARINGS = tuple(range(0, 360, 45))
SIZES, QUICK, COARSE = (1.0, 0.5, 0.25), (1.0, 0.5), "30 arcmin"
EVERY, END = 60.0, 24_600.0  # s; then waves are back from the layers at the sides
TIME_LIMIT, HEIGHT_LIMIT, SERIES_LIMIT = 20.0, 0.01, 0.02  # s and shares, on the finest grid
FAR_FIELD = 3e6  # m, from where on the free waves are well behind
LATE, HIGH = 300.0, 0.3  # s, of the crest; share of the height, over a sea that is not of one depth
LENGTH = 5e5  # m, of the way over whose depth the mean is taken
QUIET = 0.01  # of the crest, before the pulse is there


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs on a globe of one depth, named by the size of cells, and the Pacific."""
    runs = {f"{size:g}": _globe(folder / f"{size:g}", size) for size in (QUICK if quick else SIZES)}
    sets = [f"output.directory={folder / PACIFIC}", "output.overwrite=true", "output.fields=null"]
    return runs | {PACIFIC: load(CONFIG, sets + [f"grid.spacing={COARSE}"] * quick)}


def _globe(folder: Path, size: float) -> ScenarioConfig:
    lon, lat = POLE
    stations = [
        {"name": f"{angle:g}-{bearing}", "lon": x, "lat": y}
        for angle in (NEAR, FAR)
        for bearing in BEARINGS
        for x, y in [sphere.place(*POLE, angle, bearing)]
    ]
    return from_dict(
        {
            "scenario": "tsunami",
            "title": f"Lamb wave, cells of {size:g} degrees",
            "time": {"duration": END},
            "grid": {"kind": "lonlat", "west": -75, "east": 75, "south": -60, "north": 72, "spacing": size},
            "bathymetry": {"kind": "flat", "depth": DEPTH},
            "physics": {"coriolis": False, "manning": 0.0},
            "source": [],
            "forcing": [
                {"kind": "circular_pulse", "lon": lon, "lat": lat, "amplitude": PEAK, "speed": SPEED}
                | {"width": WIDTH, "distance": float(np.radians(NEAR) * EARTH_RADIUS)}
            ],
            "stations": stations,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "stations": {"every": EVERY},
                "maxima": None,
            },
            "run": {"precision": "float64"},
        }
    )


def pressure(angle: np.ndarray, time: float) -> np.ndarray:
    """The bell [Pa] at an angle [radians] from its pole; within a width from there it is no higher."""
    reach = 4 * WIDTH
    s = (EARTH_RADIUS * angle - (SPEED * time - reach)) / reach
    spread = np.sqrt(np.sin(np.radians(NEAR)) / np.maximum(np.sin(angle), np.sin(WIDTH / EARTH_RADIUS)))
    return np.asarray(PEAK * spread * np.maximum(1 - s**2, 0.0) ** 8)


@cache
def _known(angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and the surface [m] at an angle [degrees], as the series has it."""
    times = np.arange(0.0, END + 1.0, EVERY)
    return times, sphere.forced(pressure, times, np.radians(angle), DEPTH, SEA_DENSITY)[:, 0]


def _series(folder: Path, angle: float) -> list[np.ndarray]:
    """What was found at each bearing, at the times of what is known."""
    with Run.open(folder) as run:
        assert run.stations is not None
        seconds = run.stations["seconds"].values.astype(float)
        times = _known(angle)[0]
        return [
            np.interp(times, seconds, run.stations["eta"].sel(station=f"{angle:g}-{bearing}").values)
            for bearing in BEARINGS
        ]


def judge(runs: Runs) -> list[Comparison]:
    """Forced and free waves on the globe, then what passes the buoys."""
    sizes = sorted((float(name) for name in runs if name != PACIFIC), reverse=True)
    lines = [line for angle in (NEAR, FAR) if sizes for line in _judge_globe(runs, sizes, angle)]
    return lines + (_judge_pacific(runs[PACIFIC]) if PACIFIC in runs else [])


def _judge_globe(runs: Runs, sizes: list[float], angle: float) -> list[Comparison]:
    errors = np.array([_errors(runs[f"{size:g}"], angle) for size in sizes])
    loose = flow.loosened(SIZES[-1], sizes[-1], 2.0)
    label = f"{angle:g} degrees away, cells {sizes[-1]:g}"
    time, height, series, after = errors[-1]
    lines: list[Comparison] = [
        Bound(f"{label}: crest, time, worst direction", time, loose * TIME_LIMIT, "s"),
        Bound(f"{label}: crest, height, worst direction", height, loose * HEIGHT_LIMIT, "%"),
        Bound(f"{label}: series, L2, worst direction", series, loose * SERIES_LIMIT, "%"),
    ]
    if angle == NEAR:
        lines.append(Bound(f"{label}: trough of the free wave, worst", after, loose * SERIES_LIMIT, "%"))
    if len(sizes) > 1:
        order = flow.orders(sizes, errors[:, 2])[-1]
        lines.append(Bound(f"{angle:g} degrees away: order of the series", order, 1.5, at_least=True))
    times, known = _known(angle)
    c2 = G * DEPTH
    still = PEAK * np.sqrt(np.sin(np.radians(NEAR)) / np.sin(np.radians(angle))) / (SEA_DENSITY * G)
    share = float(known.max() / (still * c2 / (SPEED**2 - c2)))
    lines.append(Bound(f"{angle:g} degrees away: crest of the series over that of Proudman (1929)", share))
    return lines


def _errors(folder: Path, angle: float) -> tuple[float, float, float, float]:
    """Worst of all directions: the crest's time [s] and height, the series, and the trough behind (shares)."""
    times, known = _known(angle)
    time, height = flow.crest(times, known)
    found = _series(folder, angle)
    crests = [flow.crest(times, eta) for eta in found]
    return (
        max(abs(t - time) for t, _ in crests),
        max(abs(top / height - 1) for _, top in crests),
        max(flow.share(eta, known, 2) for eta in found),
        max(abs(eta.min() / known.min() - 1) for eta in found),
    )


def _judge_pacific(folder: Path) -> list[Comparison]:
    lines: list[Comparison] = []
    with Run.open(folder) as run:
        assert run.stations is not None
        wave = next(air_waves(run))
        free = free_wave_times(run, wave)
        assert free is not None and run.maxima is not None
        for name in map(str, run.stations["station"].values):
            station = run.stations.sel(station=name).load()
            x, y = float(station["lon"]), float(station["lat"])
            r = float(distance(np.array(x), np.array(y), wave.x, wave.y, lonlat=True))
            depth = _mean_depth(run.maxima["bathymetry"], wave, x, y, min(1.0, LENGTH / r))
            lines += _judge_buoy(name, station, wave, r, depth, at(free, x, y))
    return lines


def _mean_depth(bathymetry: "xr.DataArray", wave: AirWave, x: float, y: float, share: float) -> float:
    """Mean depth [m] of the sea along the last share of the way of a pulse to a place."""
    lon, lat = sphere.between((wave.x, wave.y), (x, y), np.linspace(1 - share, 1, 200))
    return float(np.mean([max(0.0, -at(bathymetry, *place)) for place in zip(lon, lat, strict=True)]))


def _judge_buoy(
    name: str, station: "xr.Dataset", wave: AirWave, r: float, depth: float, free: float
) -> list[Comparison]:
    """What passes a buoy at a distance r [m] over a depth [m], where the first free wave would be at a time [s]."""
    times = station["seconds"].values.astype(float)
    felt, air = station["bottom_pressure_change"].values, station["air_pressure"].values
    passes, c2 = wave.departure + r / wave.speed, G * depth
    height = float(air.max()) / (SEA_DENSITY * G) * wave.speed**2 / (wave.speed**2 - c2)
    ahead = np.abs(felt[air == 0][times[air == 0] < passes]).max(initial=0.0)
    label = f"{name}, {r / 1e3:.0f} km"
    time, top = flow.crest(times, np.where(np.abs(times - passes) < 1800, felt, 0.0))
    lines: list[Comparison] = [
        Bound(f"{label}: largest change before the pulse, of the crest", float(ahead / top), QUIET, "%")
    ]
    if r < FAR_FIELD:
        return lines
    return [
        *lines,
        Check(f"{label}: crest at the sea floor, time", passes, time, "s", LATE),
        Check(f"{label}: crest at the sea floor, height", 100 * height, 100 * top, "cm", HIGH, relative=True),
        Bound(f"{label}: ahead of the first free wave", (free - time) / 3600, 1.0, "h", at_least=True),
    ]


def draw(runs: Runs, output: Path) -> list[Path]:
    """Series on the globe in all directions, and the buoys with both arrivals."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    size = min((name for name in runs if name != PACIFIC), key=float)
    for angle, colour in ((NEAR, "#c1440e"), (FAR, "#1f6f8b")):
        times, known = _known(angle)
        for eta in _series(runs[size], angle):
            axes[0].plot(times / 3600, 100 * eta, color=colour, lw=1)
        axes[0].plot(times / 3600, 100 * known, "k--", lw=0.8)
    axes[0].set(
        xlabel="time [h]", ylabel="surface [cm]", title=f"one depth, 25 and 40 degrees, cells {size} degrees"
    )
    with Run.open(runs[PACIFIC]) as run:
        _draw_buoys(axes[1], run)
    path = output / "lamb_wave.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


def _draw_buoys(axes: "Axes", run: Run) -> None:
    """Pressure on the sea floor by distance, and the times of the pulse and of the first free wave."""
    assert run.stations is not None
    wave = next(air_waves(run))
    free = free_wave_times(run, wave)
    assert free is not None
    lon, lat = run.stations["lon"].values, run.stations["lat"].values
    away = distance(lon, lat, wave.x, wave.y, lonlat=True) / 1e3
    order = np.argsort(away)
    for n, above in zip(order, [*away[order][1:], np.inf], strict=True):
        station = run.stations.isel(station=int(n))
        felt = station["bottom_pressure_change"].values
        axes.plot(station["seconds"] / 3600, away[n] + 1.5e4 * felt, color="#0072B2", lw=0.9)
        crowded = above - away[n] < 500
        name = str(station["station"].values)
        axes.annotate(
            name, (0.1, away[n]), (0, -1 if crowded else 1), textcoords="offset points", fontsize=7,
            va="top" if crowded else "bottom",
        )  # fmt: skip
    axes.plot(wave.passes(lon, lat)[order] / 3600, away[order], "--", color="#b3541e", label="air wave")
    arrivals = np.array([at(free, float(x), float(y)) for x, y in zip(lon, lat, strict=True)])
    axes.plot(arrivals[order] / 3600, away[order], ".", color="#2a7f62", label="first free wave")
    axes.set(
        xlabel="time [h]", ylabel="distance [km], 15 km for 1 mm", title="pressure on the sea floor, Pacific"
    )
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.15, 0.78))


SUMMARY = "the wave under a Lamb wave, on a globe of one depth and over the Pacific"
CASE = Case("lamb_wave", SUMMARY, configure, judge, draw, about=__doc__)
