"""A day over the whole Pacific with dispersion: does it stay sound over real, rough ground, and what does it cost?

The source of Satake et al. (2013) off Tohoku, on ETOPO1 every 6 arc-minutes from 65 S to 65 N, sponges around, once
with physics.dispersion: serre and once without. After the first hour, when all faults have slipped, the potential
energy of the waves falls in every hour.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim import data
from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Comparison, Runs

RELIEF = "bathymetry/etopo1_6min_pacific.nc"
SOURCE = Path(__file__).resolve().parents[3] / "configs/sources/satake2013.csv"
RUNS = {"serre": "serre", "shallow": "none"}
FULL = {"spacing": "6 arcmin", "duration": 24 * 3600.0, "every": 3600.0}
QUICK = {"spacing": "24 arcmin", "duration": 3600.0 * 4, "every": 3600.0}
COST = 5.0  # times plain shallow water


def missing(quick: bool) -> str | None:
    """What is not there that the case needs."""
    if any(known.name == RELIEF and known.path is not None for known in data.table()):
        return None
    return f"needs {RELIEF} in the folder named by ESIM_DATA"


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """A run with and a run without dispersion."""
    size = QUICK if quick else FULL
    return {
        name: from_dict(
            {
                "scenario": "tsunami",
                "title": f"Pacific, dispersion: {kind}",
                "time": {"start": "2011-03-11T05:46:24Z", "duration": size["duration"]},
                "grid": {
                    "kind": "lonlat",
                    "west": 100.4,
                    "east": 299.6,
                    "south": -64.4,
                    "north": 64.4,
                    "spacing": size["spacing"],
                    "boundary": "sponge",
                },
                "bathymetry": {"file": f"data:{RELIEF}"},
                "physics": {"dispersion": kind},
                "source": [
                    {
                        "kind": "finite_fault",
                        "file": str(SOURCE),
                        "kajiura": True,
                        "horizontal_on_slope": True,
                    }
                ],
                "output": {
                    "directory": str(folder / name),
                    "overwrite": True,
                    "fields": {"every": size["every"], "variables": ["eta"], "significant_bits": 12},
                },
            }
        )
        for name, kind in RUNS.items()
    }


def energies(folder: Path) -> np.ndarray:
    """Potential energy of the waves at sea [J] over g rho at each time."""
    with Run.open(folder) as run:
        fields = run.fields
        assert fields is not None
        cells = np.cos(np.deg2rad(fields["lat"].values))[:, None]
        sea = fields["bathymetry"].values < 0
        found = [
            float(((np.nan_to_num(eta.values.astype(float)) ** 2) * sea * cells).sum())
            for eta in fields["eta"]
        ]
    return np.array(found)


def judge(runs: Runs) -> list[Comparison]:
    """Growth from hour to hour, crests at the end, cells where waves broke, and the cost of dispersion."""
    lines: list[Comparison] = []
    rates = {}
    for name in sorted(runs):
        with Run.open(runs[name]) as run:
            record = run.record
            assert run.fields is not None
            highest = float(np.abs(run.fields["eta"][-1].where(run.fields["bathymetry"] < 0)).max())
        energy = energies(runs[name])
        later = energy[1:]
        rates[name] = record["cell_rate"]
        lines.append(Bound(f"{name}: hours simulated", record["simulated_seconds"] / 3600))
        lines.append(
            Bound(
                f"{name}: largest growth of the energy in an hour", float((later[1:] / later[:-1]).max()), 1.0
            )
        )
        lines.append(Bound(f"{name}: energy at the end over that after an hour", float(later[-1] / later[0])))
        lines.append(Bound(f"{name}: highest at the end", highest, 5.0, "m"))
        if "dispersion" in record:
            lines.append(
                Bound(f"{name}: cells where waves broke", float(sum(record["dispersion"]["broken_cells"])))
            )
    if {"serre", "shallow"} <= set(rates):
        lines.append(Bound("cost over shallow water", rates["shallow"] / rates["serre"], COST))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Energy against time."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name in sorted(runs):
        energy = energies(runs[name])
        axes.semilogy(np.arange(energy.size), energy / energy[1], label=name)
    axes.set(xlabel="hours", ylabel="potential energy over that after an hour")
    axes.legend(frameon=False)
    path = output / "pacific_energy.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "24 hours over the Pacific with dispersion: no growth, and the cost"
CASE = Case("pacific", SUMMARY, configure, judge, draw, missing=missing, about=__doc__)
