"""Tohoku 2011 with and without dispersion: first crests at three deep-ocean buoys, and what short waves do behind them.

The runs of the case tohoku2011, once more with physics.dispersion: serre. Observed values, and their limits, are
those of that case, but heights may be 35 % off: short waves are lost on coarse grids, all the more with dispersion.
The misfit is the root mean square of computed less observed levels over that of the observed
ones, from half an hour before the first crest to an hour and a half after it.
"""

from collections.abc import Mapping
from pathlib import Path

from esim.analysis import Run
from esim.analysis.comparison.observations import observed
from esim.analysis.ocean.misfit import normalised_rms
from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.tsunamis import tohoku2011

KINDS = {"serre": "serre", "shallow": "none"}
HEIGHT_LIMIT = 0.35  # of the observed height


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """The runs of the case tohoku2011 with either set of equations."""
    found: dict[str, ScenarioConfig] = {}
    for name, kind in KINDS.items():
        cfg = tohoku2011.configure(folder / name, quick)
        found[name] = cfg.model_copy(update={"physics": cfg.physics.model_copy(update={"dispersion": kind})})
    return found


def judge(runs: Runs) -> list[Comparison]:
    """First crests and misfits of both runs."""
    lines: list[Comparison] = []
    for name in sorted(runs):
        checks = tohoku2011.judge(runs[name])
        lines += [check.__class__(f"{name}: {check.quantity}", *_rest(check)) for check in checks]
        lines += [
            Bound(f"{name}: {buoy} misfit", misfit(runs[name], buoy), None, "%") for buoy in tohoku2011.BUOYS
        ]
    return lines


def _rest(check: tohoku2011.Check) -> tuple:
    limit = HEIGHT_LIMIT if check.relative else check.limit
    return check.known, check.computed, check.unit, limit, check.relative


def misfit(folder: Path, buoy: str) -> float | None:
    """Root mean square difference around the first crest over that of the record itself."""
    with Run.open(folder) as run:
        record = observed(buoy, run.start)
        times, levels = tohoku2011.series(run, buoy)
    assert record is not None
    return normalised_rms(times, levels, record)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Computed and observed levels at the buoys."""
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(len(tohoku2011.BUOYS), 1, figsize=(7, 7), layout="constrained", sharex=True)
    for axes, buoy in zip(rows, tohoku2011.BUOYS, strict=True):
        end = 0.0
        for name in sorted(runs):
            with Run.open(runs[name]) as run:
                times, levels = tohoku2011.series(run, buoy)
                record = observed(buoy, run.start)
            end = times[-1]
            axes.plot(times / 60, levels, label=name)
        if record is not None:
            shown = (record.time >= 0) & (record.time <= end)
            axes.plot(record.time[shown] / 60, record.eta[shown], "k", lw=0.8, label="observed")
        axes.set(ylabel=f"{buoy} [m]")
    rows[0].legend(frameon=False)
    rows[-1].set(xlabel="minutes after the earthquake")
    path = output / "tohoku_dispersion.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "first crests and misfits at three DART buoys with and without dispersion"
CASE = Case("tohoku_dispersion", SUMMARY, configure, judge, draw, about=__doc__)
