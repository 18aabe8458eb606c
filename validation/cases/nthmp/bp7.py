"""NTHMP BP7: the run-up in the valley of Monai, Okushiri 1993, in a 1:400 model (Matsuyama and Tanaka 2001).

The measured bathymetry, 5.5 m x 3.4 m; the wave that was measured at x = 0 comes in there, the other sides are
walls. Criterion of NOAA OAR PMEL-135 for laboratories: 10 %, of the first wave's crest at gauges 5, 7 and 9 and of the
run-up in the valley, the mean of six runs, which themselves lie between 8 and 10 cm. What is judged is computed with
the cells of the bathymetry; the run-up in the valley with half of them stands beside. Records of the gauges count from
their mean over the first two seconds.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim import data
from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.io import netcdf
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.nthmp import nthmp
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Water

X0, Y0, SPACING, NX, NY = 0.0, 0.0, 0.014, 393, 244  # m, of the nodes of the bathymetry
GAUGES = {"5": (4.521, 1.196), "7": (4.521, 1.696), "9": (4.521, 2.196)}
INPUT, RECORDS, RUNUP, RELIEF = (
    f"bp07/{name}"
    for name in ("Benchmark_2_input.txt", "output_ch5-7-9.csv", "OBS_RUNUP.txt", "monai_bathymetry.nc")
)
END = 22.5  # s, that of the wave that comes in
STILL = 2.0  # s of the records before anything comes
FIRST = (10.0, 20.0)  # s, the crest of the first wave
RADIUS = 0.05  # m round a point, within which the highest water is its run-up
SEEN = 5e-4  # m
REFINE = 2  # cells in one of the bathymetry, along a side
LIMIT = 0.1
LABELS = {"monai": "shallow water", "monai-serre": "dispersive", "monai-fine": "shallow water, 7 mm"}
FILES = (INPUT, RECORDS, RUNUP, RELIEF)


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named monai, with -serre for dispersion and -fine for half the cells; `quick` has the first."""
    runs = {"monai": (False, 1), "monai-serre": (True, 1), "monai-fine": (False, REFINE)}
    names = list(runs)[: 1 if quick else None]
    return {name: _one(folder / name, *runs[name]) for name in names}


def _one(folder: Path, serre: bool, refine: int) -> ScenarioConfig:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "incident.csv"
    wave = nthmp.numbers(INPUT, 2)
    np.savetxt(file, wave, delimiter=",", header="time,eta", comments="")
    half = 0.5 * SPACING
    grid = {
        "kind": "cartesian",
        "x": [X0 - half, X0 + NX * SPACING - half],
        "y": [Y0 - half, Y0 + NY * SPACING - half],
        "spacing": SPACING / refine,
        "boundary": ["incident", "wall", "wall", "wall"],
    }
    return flow.configure(
        folder, grid, relief, Water(lambda x, y: 0.0),
        times=[END],
        physics=nthmp.physics(serre),
        source=[],
        incident=[{"side": "west", "kind": "series", "file": str(file)}],
        stations=[{"name": name, "x": x, "y": y} for name, (x, y) in GAUGES.items()],
        output={"stations": {"every": 0.05}, "maxima": {"variables": ["eta_max", "inundation_depth_max"]}},
        run={"precision": "float32", "adaptive": True},
    )  # fmt: skip


def relief(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The bathymetry [m, positive up] between its nodes, bilinear."""
    from scipy.interpolate import RegularGridInterpolator

    with netcdf.read(data.locate(f"data:nthmp/{RELIEF}")) as found:
        depth = np.asarray(found["depth"][:], float)
    nodes = (np.arange(NY) * SPACING, np.arange(NX) * SPACING)
    inside = (np.clip(y, 0.0, nodes[0][-1]), np.clip(x, 0.0, nodes[1][-1]))
    return -np.asarray(RegularGridInterpolator(nodes, depth)(np.broadcast_arrays(*inside)[0:2]))


def records() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times [s] and surfaces [m] by the names of the gauges."""
    table = nthmp.numbers(RECORDS, 4)
    eta = 0.01 * (table[:, 1:] - table[table[:, 0] < STILL, 1:].mean(0))
    return table[:, 0], dict(zip(GAUGES, eta.T, strict=True))


def observed() -> np.ndarray:
    """x, y [m], and the mean, least and largest run-up [m] at the three points."""
    table = nthmp.numbers(RUNUP, 8)
    runs = table[:, 2:]
    return np.column_stack([table[:, :2], runs.mean(1), runs.min(1), runs.max(1)])


def runups(folder: Path) -> np.ndarray:
    """Run-up [m] at the three points: the highest water on land near them."""
    with Run.open(folder) as run:
        assert run.maxima is not None
        x, y = run.maxima["x"].values, run.maxima["y"].values
        level = np.nan_to_num(run.maxima["eta_max"].values)
        wet = np.nan_to_num(run.maxima["inundation_depth_max"].values) > SEEN
    return np.array(
        [
            np.where(wet & (np.hypot(x[None, :] - px, y[:, None] - py) < RADIUS), level, 0.0).max()
            for px, py in observed()[:, :2]
        ]
    )


def judge(runs: Runs) -> list[Comparison]:
    """First crests, series, and run-up at the three points."""
    lines: list[Comparison] = []
    when, known = records()
    for name, folder in runs.items():
        label = LABELS[name]
        times, found = nthmp.gauges(folder)
        for gauge in GAUGES:
            first = (when >= FIRST[0]) & (when <= FIRST[1])
            mine = (times >= FIRST[0]) & (times <= FIRST[1])
            crest, top = known[gauge][first].max(), np.nanmax(found[gauge][mine])
            lines.append(
                Check(
                    f"{label}: first crest at gauge {gauge}",
                    100 * float(crest),
                    100 * float(top),
                    "cm",
                    LIMIT,
                    True,
                )
            )
            late = float(
                times[mine][np.nanargmax(found[gauge][mine])] - when[first][known[gauge][first].argmax()]
            )
            lines.append(Bound(f"{label}: first crest at gauge {gauge}, later by", late, None, "s"))
            inside = when <= END
            wet = np.isfinite(found[gauge])  # gauge 9 falls dry as the water draws back
            series = np.interp(when[inside], times[wet], found[gauge][wet])
            error = nthmp.deviation(series, known[gauge][inside])
            lines.append(Bound(f"{label}: series at gauge {gauge}", error, None, "%"))
        for (_, y, mean, least, most), up in zip(observed(), runups(folder), strict=True):
            where = "run-up in the valley" if y < 2.0 else f"run-up at y = {y:.2f} m"
            text = f"{label}: {where} ({100 * least:.2f} to {100 * most:.2f})"
            if y < 2.0 and not name.endswith("-fine"):
                lines.append(Check(text, 100 * mean, 100 * up, "cm", LIMIT, True))
            else:
                line = f"{text}, mean {100 * mean:.2f} cm, computed {100 * up:.2f} cm"
                lines.append(Bound(line, nthmp.relative(up, mean), None, "%"))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Series at the gauges, and the highest water near the valley."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(17, 3.8), layout="constrained")
    when, known = records()
    for axis, gauge in zip(axes, GAUGES, strict=False):
        for name, folder in runs.items():
            times, found = nthmp.gauges(folder)
            label = LABELS[name]
            axis.plot(times, 100 * found[gauge], label=label)
        axis.plot(when, 100 * known[gauge], "k.", ms=2, label="laboratory")
        axis.set(xlim=(0, END), ylim=(-2, 5.5), xlabel="s", ylabel="surface [cm]", title=f"gauge {gauge}")
    axes[0].legend(frameon=False)
    with Run.open(next(iter(runs.values()))) as run:
        assert run.maxima is not None
        maxima = run.maxima
        x, y = maxima["x"].values, maxima["y"].values
        ground, thick = maxima["bathymetry"].values, np.nan_to_num(maxima["inundation_depth_max"].values)
        level = np.where((thick > SEEN) & (ground > 0), maxima["eta_max"].values, np.nan)
    mesh = axes[3].pcolormesh(x, y, 100 * level, cmap="viridis", vmin=0, vmax=10, rasterized=True)
    axes[3].contour(x, y, ground, [0.0], colors="k", linewidths=0.8)
    axes[3].contour(x, y, ground, np.arange(0.02, 0.13, 0.02), colors="0.6", linewidths=0.4)
    for px, py, mean, *_ in observed():
        axes[3].plot(px, py, "r+")
        axes[3].annotate(f"{100 * mean:.1f}", (px, py), color="r", xytext=(3, 3), textcoords="offset points")
    axes[3].set(
        xlim=(4.6, 5.4), ylim=(1.2, 2.6), xlabel="x [m]", ylabel="y [m]", title="highest water on land [cm]"
    )
    figure.colorbar(mesh, ax=axes[3])
    path = output / "bp7.png"
    figure.savefig(path, dpi=100)
    plt.close(figure)
    return [path]


SUMMARY = "NTHMP BP7, the valley of Monai in the laboratory: three gauges, run-up"
CASE = Case(
    "bp7", SUMMARY, configure, judge, draw, missing=lambda quick: nthmp.missing(*FILES), about=__doc__
)
