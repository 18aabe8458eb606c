"""NTHMP BP6: solitary waves run round a conical island in a basin (Briggs et al. 1995; Liu et al. 1995).

Basin 25 m x 28.2 m, 32 cm deep; island of slope 1 in 4 whose toe has a radius of 3.6 m. Waves A, B and C come from the
paddle at x = 0. Each begins with its crest at the line of gauges 1 to 4, when it passed there, and with the height that
these recorded on the average. (The report's H/d are 0.045, 0.096 and 0.181; B's record gives less, so that B is also
computed with 0.096.) Criterion of NOAA OAR PMEL-135 as used by the NTHMP: 20 % for the crests at gauges 6, 9, 16 and 22
and for the run-up in front of the island and behind it. C's record of gauge 9 is cut off at 6.3 cm.

Two tables of the measured run-up have been published, which differ by up to a third: run2 and that of Liu et al.
(1995). What is judged is their mean; each is compared too, with the root mean square of the difference all round over
the range. The equations are the dispersive ones; shallow-water figures stand beside, as does the run-up by the
shallow-water equations that Geoscience Australia computed with FUNWAVE-TVD.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.nthmp import nthmp
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Water

DEPTH = 0.32  # m
BASIN, CENTRE = (25.0, 28.2), (12.96, 13.80)  # m
TOE, TOP, SLOPE = 3.6, 0.625, 0.25  # m, m
GAUGES = {"6": (9.36, 13.80), "9": (10.36, 13.80), "16": (12.96, 11.22), "22": (15.56, 13.80)}
COLUMNS = {"6": 5, "9": 6, "16": 7, "22": 8}  # of the records; 1 to 4 are the gauges of these numbers
START = {"A": 5.76, "B": 6.82, "C": 7.56}  # m, x of gauges 1 to 4
RECORDS = {"A": "bp06/ts2a.txt", "B": "bp06/ts2b.txt", "C": "bp06/ts2cnew1.txt"}
NOMINAL = 0.096  # H/d of B in the report
CELL = 0.05  # m
END = 12.0  # s after the crest at gauges 1 to 4
QUIET, FIRST = 24.0, 45.0  # s of the records: still before, and reflections from the basin after
SEEN = 1e-3  # m
LIMIT = 0.2
FRONT, BACK = 0.0, 180.0  # degrees from where the waves come
EQUATIONS = {"": False, "-serre": True}
FILES = (
    *RECORDS.values(),
    *(f"bp06/run2{case.lower()}.txt" for case in RECORDS),
    *(f"bp06/alternate_runup_case{case}.csv" for case in RECORDS),
    *(f"bp06/funwave_nondispersive_max_runup_case{case}.csv" for case in RECORDS),
)


class Measured(NamedTuple):
    """Records of a wave: times [s] after its crest at gauges 1 to 4, surfaces [m] by gauge, and its height [m]."""

    times: np.ndarray
    gauges: Mapping[str, np.ndarray]
    height: float


def measured(case: str) -> Measured:
    """The records less what the gauges showed before the wave."""
    table = nthmp.numbers(RECORDS[case], 9)
    times, eta = table[:, 0], table[:, 1:] - table[table[:, 0] < QUIET, 1:].mean(0)
    first = times < FIRST
    crests = eta[first, :4].argmax(0)
    height = float(eta[first, :4].max(0).mean())
    return Measured(times - times[crests].mean(), {n: eta[:, c - 1] for n, c in COLUMNS.items()}, height)


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named after the wave, with -serre for dispersion and -nominal for the height of the report."""
    if quick:
        return {"C": _one(folder / "C", "C", measured("C").height, False, CELL)}
    runs = {
        f"{case}{name}": _one(folder / f"{case}{name}", case, measured(case).height, serre, CELL)
        for case in RECORDS
        for name, serre in EQUATIONS.items()
    }
    runs["B-nominal"] = _one(folder / "B-nominal", "B", NOMINAL * DEPTH, False, CELL)
    return runs


def bed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The cone on the floor of the basin [m]."""
    return np.clip(SLOPE * (TOE - np.hypot(x - CENTRE[0], y - CENTRE[1])), 0.0, TOP) - DEPTH


def _one(folder: Path, case: str, height: float, serre: bool, cell: float) -> ScenarioConfig:
    south = CENTRE[1] - 0.5 * BASIN[1]
    grid = {"kind": "cartesian", "x": [0.0, BASIN[0]], "y": [south, south + BASIN[1]], "spacing": cell}
    return flow.configure(
        folder, grid | {"boundary": "wall"}, bed, Water(lambda x, y: 0.0),
        times=[END],
        physics=nthmp.physics(serre),
        source=[nthmp.solitary(height, DEPTH, x=START[case], direction=90.0, exact=serre)],
        stations=[{"name": name, "x": x, "y": y} for name, (x, y) in GAUGES.items()],
        output={"stations": {"every": 0.04}, "maxima": {"variables": ["eta_max", "inundation_depth_max"]}},
        run={"precision": "float32", "adaptive": True},
    )  # fmt: skip


def around(folder: Path, angles: np.ndarray) -> np.ndarray:
    """Run-up [m] at angles [degrees] from where the waves come: the water highest up each ray from the centre."""
    with Run.open(folder) as run:
        assert run.maxima is not None
        x, y = run.maxima["x"].values, run.maxima["y"].values
        thickness = np.nan_to_num(run.maxima["inundation_depth_max"].values)
        level = run.maxima["eta_max"].values
    cell = x[1] - x[0]
    radii = np.arange(TOE - TOP / SLOPE, TOE - DEPTH / SLOPE + cell, cell / 4)[:, None]
    turn = np.radians(np.asarray(angles))
    i = np.rint((CENTRE[0] - radii * np.cos(turn) - x[0]) / cell).astype(int)
    j = np.rint((CENTRE[1] + radii * np.sin(turn) - y[0]) / cell).astype(int)
    wet = thickness[j, i] > SEEN
    highest = level[j, i][wet.argmax(0), np.arange(turn.size)]
    return np.where(wet.any(0), highest, 0.0)


def tables(case: str) -> dict[str, np.ndarray]:
    """Angles from where the waves come [degrees] and run-up [m], (n, 2), of the published tables."""
    run2 = nthmp.numbers(f"bp06/run2{case.lower()}.txt", 4)[:, 1:3] * [1.0, 0.01]
    liu = nthmp.numbers(f"bp06/alternate_runup_case{case}.csv", 5)[:, [0, 3]]
    funwave = nthmp.numbers(f"bp06/funwave_nondispersive_max_runup_case{case}.csv", 2)
    # Of these two the front is at 270 degrees.
    for table in (run2, funwave):
        table[:, 0] = (table[:, 0] - 270.0) % 360.0
    return {"run2": run2, "Liu": liu, "FUNWAVE-TVD": funwave[np.argsort(funwave[:, 0])]}


def published(table: np.ndarray, angle: float) -> float:
    """The run-up of a table at the nearest angle."""
    return float(table[np.abs((table[:, 0] - angle + 180.0) % 360.0 - 180.0).argmin(), 1])


def judge(runs: Runs) -> list[Comparison]:
    """Crests at the gauges, run-up and mass."""
    lines: list[Comparison] = []
    drifts = []
    for name, folder in runs.items():
        case, serre = name[0], name.endswith("-serre")
        fields = flow.read(folder)
        drifts.append(fields.drift())
        limit = LIMIT if serre or len(runs) == 1 else None
        label = f"{case}{', dispersive' if serre else ''}{', H/d 0.096' if 'nominal' in name else ''}"
        record = measured(case)
        times, found = nthmp.gauges(folder)
        for gauge in GAUGES:
            inside = (record.times > 0) & (record.times < END)
            eta = record.gauges[gauge][inside]
            crest, top = float(eta.max()), float(np.nanmax(found[gauge]))
            lines.append(_compare(f"{label}: crest at gauge {gauge}", crest, top, limit))
            series = np.interp(record.times[inside], times, np.nan_to_num(found[gauge]))
            lines.append(Bound(f"{label}: series at gauge {gauge}", nthmp.deviation(series, eta), None, "%"))
        known = tables(case)
        for where, angle in (("front", FRONT), ("back", BACK)):
            up = float(around(folder, np.array([angle]))[0])
            mean = 0.5 * (published(known["run2"], angle) + published(known["Liu"], angle))
            lines.append(_compare(f"{label}: run-up, {where}, mean of the tables", mean, up, limit))
            for source, table in known.items():
                lines.append(
                    _compare(f"{label}: run-up, {where}, {source}", published(table, angle), up, None)
                )
        for source in ("run2", "Liu"):
            angles, up = known[source].T
            lines.append(
                Bound(
                    f"{label}: run-up all round, {source}",
                    nthmp.deviation(around(folder, angles), up),
                    None,
                    "%",
                )
            )
    return [*lines, flow.lost("", max(drifts), nthmp.MASS)]


def _compare(label: str, known: float, found: float, limit: float | None) -> Comparison:
    if limit is not None:
        return Check(f"{label} [cm]", 100 * known, 100 * found, "cm", limit, True)
    text = f"{label}: {100 * known:.2f} cm, computed {100 * found:.2f} cm"
    return Bound(text, nthmp.relative(found, known), None, "%")


def draw(runs: Runs, output: Path) -> list[Path]:
    """Series at the gauges and run-up all round, one row a wave."""
    import matplotlib.pyplot as plt

    cases = sorted({name[0] for name in runs})
    figure, axes = plt.subplots(
        len(cases), 5, figsize=(17, 3.2 * len(cases)), layout="constrained", squeeze=False
    )
    styles = {"": ("C0", "shallow water"), "-serre": ("C1", "dispersive")}
    for row, case in zip(axes, cases, strict=True):
        record = measured(case)
        for axis, gauge in zip(row, GAUGES, strict=False):
            for suffix, (colour, label) in styles.items():
                if f"{case}{suffix}" in runs:
                    times, found = nthmp.gauges(runs[f"{case}{suffix}"])
                    axis.plot(times, 100 * found[gauge], color=colour, label=label)
            axis.plot(record.times, 100 * record.gauges[gauge], "k", lw=0.8, label="laboratory")
            axis.set(xlim=(-1, END), xlabel="s", ylabel="surface [cm]", title=f"{case}, gauge {gauge}")
        angles = np.arange(0.0, 360.0, 2.0)
        for suffix, (colour, _) in styles.items():
            if f"{case}{suffix}" in runs:
                row[4].plot(angles, 100 * around(runs[f"{case}{suffix}"], angles), color=colour)
        marks = {"run2": "k.", "Liu": "k^", "FUNWAVE-TVD": "0.6"}
        for source, table in tables(case).items():
            style = {"color": "0.6", "lw": 1} if source == "FUNWAVE-TVD" else {}
            row[4].plot(
                table[:, 0], 100 * table[:, 1], *([] if style else [marks[source]]), label=source, **style
            )
        row[4].set(
            xlabel="degrees from the front", ylabel="run-up [cm]", title=f"{case}, run-up", xlim=(0, 360)
        )
    axes[0, 0].legend(frameon=False, fontsize="small")
    axes[0, 4].legend(frameon=False, fontsize="small")
    path = output / "bp6.png"
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return [path]


SUMMARY = "NTHMP BP6, solitary waves round a conical island: crests at four gauges, run-up all round"
CASE = Case(
    "bp6", SUMMARY, configure, judge, draw, missing=lambda quick: nthmp.missing(*FILES), about=__doc__
)
