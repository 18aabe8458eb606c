"""Many sources, and many points of a fault: one line for all of them, and a plan within seconds."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from esim.cli.run import main
from esim.crust.sources.lines import plan_lines, summary_lines
from esim.io import netcdf
from esim.sources.crust import PointSources
from esim.sources.crust.rates import Shifted
from esim.sources.crust.time_function import Cosine, Ricker


def plan(folder: Path, capsys: pytest.CaptureFixture[str], sources: str, medium: str = "") -> str:
    """What --check prints for sources in a block of 40 km."""
    layers = "{kind: layers, layers: [{top: 0, vp: 6000, vs: 3464, rho: 2700}]}"
    (folder / "c.yaml").write_text(
        "scenario: seismic\ntime: {duration: 30 s}\n"
        "grid: {kind: cartesian, x: [-50 km, 50 km], y: [-50 km, 50 km], depth: [0, 40 km], spacing: 2 km, "
        "boundary: {kind: cpml, cells: 4}, origin: {lon: 0, lat: 0}}\n"
        f"medium: {medium or layers}\nsource: {sources}\noutput: {{directory: out}}\nrun: {{threads: 1}}\n"
    )
    assert main([str(folder / "c.yaml"), "--check"]) == 0
    return capsys.readouterr().out


def test_many_sources_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    function = "time_function: {{kind: cosine, duration: 1 s}}"
    one = f"{{{{kind: explosion, x: {{x}} km, y: 0, depth: 5 km, moment: {{m}}e15, {function}}}}}"
    many = "[" + ", ".join(one.format(x=n - 49, m=1 + n) for n in range(98)) + "]"
    out = plan(tmp_path, capsys, many)
    assert [line for line in out.splitlines() if line.startswith("  source")] == [
        "  source         explosion x 98, Mw 3.99 to 5.32, together 6.45"
    ]
    passed, absorbed = (text for text in caplog.messages if text.startswith("source."))
    assert "source.0, source.1, source.2 and 95 more: send waves up to 1.6" in passed
    assert "; they are low-passed at 0.346 Hz" in passed
    assert (
        "source.0, source.1, source.2 and 10 more: lie in the absorbing layer, the outer 4 cells" in absorbed
    )
    few = "[" + ", ".join(one.format(x=n - 1, m=1) for n in range(3)) + "]"
    caplog.clear()
    out = plan(tmp_path, capsys, few)
    assert (
        out.count("source         explosion, Mw 3.99") == 3
        and sum(": sends waves up to" in text for text in caplog.messages) == 3
    )


def test_lines_of_sources_of_several_kinds() -> None:
    def source(name: str, moment: float, wavelet: bool = False) -> PointSources:
        tensor = np.array([[0, 0, 0, moment, 0, 0]])
        rates = Shifted(Ricker(1.0) if wavelet else Cosine(1.0), np.zeros(1))
        return PointSources(name, *np.zeros((3, 1)), tensor, np.zeros((1, 3)), rates)

    found = [source("double_couple", 10 ** (1.5 * mw + 9.1)) for mw in (3.0, 5.0, 4.0, 4.0)]
    found += [source("push", 1e15, wavelet=True), source("last", 10**15.1)]
    assert list(plan_lines(found)) == [
        "source         double_couple x 4, Mw 3.00 to 5.00, together 5.02",
        "source         push",
        "source         last, Mw 4.00",
    ]
    records = [{"name": "fault", "moment": 10**15.1, "depth": 100.0 * n} for n in range(1, 6)]
    records += [{"name": "push", "moment": None, "depth": 5.0}]
    assert list(summary_lines(records)) == [
        "source fault x 5: M0 6.29e+15 N m, Mw 4.00, together 4.47, depth 100 to 500 m",
        "source push: no moment, depth 5 m",
    ]


def gridded(path: Path) -> Path:
    """A model on 41 x 41 x 21 nodes."""
    nodes, depths = np.linspace(-60e3, 60e3, 41), np.linspace(0, 50e3, 21)
    with netcdf.create(path) as data:
        for name, values in (("depth", depths), ("y", nodes), ("x", nodes)):
            data.createDimension(name, values.size)
            data.createVariable(name, "f8", (name,))[:] = values
        for name, value in (("vp", 6000.0), ("vs", 3464.0), ("rho", 2700.0)):
            data.createVariable(name, "f4", ("depth", "y", "x"))[:] = np.full((21, 41, 41), value)
    return path


def rupture(path: Path, count: int) -> None:
    """A fault of so many subfaults in 20 rows, without rock: its rigidity comes from the medium."""
    along = count // 20
    rates = np.sin(np.pi * (np.arange(20) + 0.5) / 20)
    series = "\n".join(" ".join(f"{rate:.5e}" for rate in rates[n : n + 6]) for n in range(0, 20, 6))
    with path.open("w") as file:
        file.write(f"1.0\nPOINTS {count}\n")
        for n in range(count):
            lat, dep = (n % along) / along * 0.4 - 0.2, 0.5 + n // along
            file.write(
                f"0.0 {lat:.6f} {dep} 0 90 1e8 {n % along * 1e-3:.3f} 0.1\n0 {rates.sum() / 10:.5f} 20 0 0 0 0\n"
            )
            file.write(series + "\n")


@pytest.mark.parametrize("count", [2000, pytest.param(100_000, marks=pytest.mark.long)])
def test_the_plan_of_a_fault_of_many_points(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    """Of 1e5 points in a gridded medium it took 13 minutes; it takes 4 s of processor time."""
    rupture(tmp_path / "fault.srf", count)
    medium = f"{{kind: grid, file: {gridded(tmp_path / 'model.nc')}}}"
    begun = time.process_time()
    out = plan(tmp_path, capsys, f"[{{kind: finite_fault, file: {tmp_path / 'fault.srf'}}}]", medium)
    slip = np.sin(np.pi * (np.arange(20) + 0.5) / 20).sum() / 1000
    expected: Any = 2700 * 3464**2 * 1e4 * slip * count
    assert f"source         fault.srf, Mw {(np.log10(expected) - 9.1) / 1.5:.2f}" in out
    assert time.process_time() - begun < 5.0 + 5.0 * count / 100_000
