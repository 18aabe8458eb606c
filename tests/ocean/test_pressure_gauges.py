"""What does a gauge on the sea floor record that rises with it? The change of the depth, and not the surface."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from esim.analysis import Run
from esim.analysis.ocean.misfit import compare_run
from esim.cli.run import main
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.parallel.comm import run_ranks

DEPTH, RISE, HALF = 1000.0, 1.0, 30e3  # m, of the sea, of the bed, and half the width of the ridge that rises
ABOVE, BESIDE = 1e3, 61e3  # m, of gauges, from the middle of the ridge
CELERITY = np.sqrt(9.81 * DEPTH)


def ridge(x: np.ndarray) -> np.ndarray:
    """How far the bed rises [m]."""
    return np.where(np.abs(x) < HALF, RISE * np.cos(0.5 * np.pi * x / HALF) ** 2, 0.0)


def surface(x: float, time: np.ndarray) -> np.ndarray:
    """The surface [m] when the sea has risen with the bed, by linear theory of long waves (d'Alembert)."""
    return 0.5 * (ridge(x - CELERITY * time) + ridge(x + CELERITY * time))


def channel(folder: Path, stations: str) -> dict[str, Any]:
    """A channel in which a ridge rises at once, and the sea above it with it."""
    x, y = np.arange(-139e3, 140e3, 2e3), np.arange(-1e3, 10e3, 2e3)
    rise = ridge(x) + 0 * y[:, None]
    axes = {name: (name, values, {"units": "m"}) for name, values in (("x", x), ("y", y))}
    xr.Dataset({"uplift": (("y", "x"), rise, {"units": "m"})}, axes).to_netcdf(folder / "rise.nc")
    (folder / "gauges.csv").write_text(stations)
    return {
        "scenario": "tsunami",
        "time": {"duration": 900},
        "grid": {
            "kind": "cartesian",
            "x": [-120e3, 120e3],
            "y": [0, 8e3],
            "spacing": 2000,
            "boundary": {"west": "open", "east": "open", "south": "wall", "north": "wall"},
        },
        "bathymetry": {"kind": "flat", "depth": DEPTH},
        "physics": {"manning": 0.0},
        "source": [{"kind": "deformation", "file": str(folder / "rise.nc")}],
        "stations": {"file": str(folder / "gauges.csv")},
        "output": {"directory": str(folder / "out"), "stations": {"every": 10}},
        "run": {"backend": "numpy"},
    }


@pytest.fixture(scope="module")
def risen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two gauges above the source and one beside it, each with the record of linear theory."""
    folder = tmp_path_factory.mktemp("risen")
    time = np.arange(0, 901, 5.0)
    rows = ["name,x,y,kind,observed"]
    for name, x, kind, levels in (
        ("floor", ABOVE, "pressure", surface(ABOVE, time) - ridge(np.array(ABOVE))),
        ("buoy", ABOVE, "", surface(ABOVE, time)),
        ("beside", BESIDE, "pressure", surface(BESIDE, time)),
    ):
        table = np.transpose([time, levels])
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", header="time,eta", comments="")
        rows.append(f"{name},{x},5e3,{kind},{name}.csv")
    simulate(from_dict(channel(folder, "\n".join(rows))))
    return folder / "out"


def test_a_pressure_gauge_sees_what_flows_off_and_a_surface_gauge_what_was_lifted(risen: Path) -> None:
    with xr.open_dataset(risen / "stations.nc", decode_times=False) as data:
        above, _, beside = (data.isel(station=n).load() for n in range(3))
    rise, time = ridge(np.array(ABOVE)), above.time.values
    np.testing.assert_allclose([above.eta[0], above.depth_change[0]], [rise, 0], rtol=0, atol=1e-4)  # float32
    np.testing.assert_allclose(above.eta, surface(ABOVE, time), atol=0.01)
    np.testing.assert_allclose(above.depth_change, surface(ABOVE, time) - rise, atol=0.01)
    assert above.depth_change.min() == pytest.approx(-rise, abs=0.01)
    np.testing.assert_allclose(above.depth_change, above.depth - DEPTH, rtol=0, atol=1e-9)
    # Beside the ridge half of it passes over a bed that has not moved.
    np.testing.assert_allclose(beside.depth_change, surface(BESIDE, time), atol=0.01)
    np.testing.assert_allclose(beside.depth_change, beside.eta, rtol=0, atol=1e-12)
    assert above.depth_change.attrs["units"] == "m" and "standard_name" not in above.depth_change.attrs


def test_a_pressure_gauge_is_compared_with_the_change_of_the_depth(risen: Path) -> None:
    """Each record is that of its own kind: of the other one it would be a metre away."""
    record = json.loads((risen / "run.json").read_text())
    assert [one.get("kind") for one in record["stations"]] == ["pressure", None, "pressure"]
    assert record["warnings"] == [
        "stations: sources move the ground under 'buoy' by +1.00 m; compared with the record is eta, as at kind: "
        "surface, but a gauge that moves with the ground needs kind: pressure"
    ]
    found = {one.station: one for one in compare_run(risen)[0]}
    for name in ("floor", "buoy", "beside"):
        assert found[name].normalised_rms == pytest.approx(0, abs=0.02), name
    assert found["beside"].crest_ratio == pytest.approx(1, abs=0.01)


def test_the_figure_draws_what_the_record_is_of(risen: Path) -> None:
    from esim.analysis.ocean.figures import gauges

    with Run.open(risen) as run:
        ((_, draw),) = gauges.figures(run)
        figure = draw()
    floor, buoy, _ = figure.axes
    assert (floor.get_ylabel(), buoy.get_ylabel()) == ("change of depth (m)", "elevation (m)")
    lines = [{line.get_label(): line.get_ydata() for line in axes.lines} for axes in (floor, buoy)]
    assert [float(one["computed"][0]) for one in lines] == pytest.approx([0, RISE], abs=0.01)
    assert [float(one["observed"][0]) for one in lines] == pytest.approx([0, RISE], abs=0.01)


def test_two_ranks_record_the_same_and_say_the_same(risen: Path, tmp_path: Path) -> None:
    """The first gauge is on the seam of the ranks, and each of them has half of the ridge."""
    made = channel(tmp_path, (risen.parent / "gauges.csv").read_text())
    for name in ("floor", "buoy", "beside"):
        shutil.copy(risen.parent / f"{name}.csv", tmp_path)
    cfg = from_dict(made)
    run_ranks(2, lambda comm: simulate(cfg, comm))
    records = [json.loads((folder / "run.json").read_text()) for folder in (risen, tmp_path / "out")]
    assert records[0]["warnings"] == records[1]["warnings"]
    assert records[1]["decomposition"] != records[0]["decomposition"]
    alone, both = (xr.load_dataset(folder / "stations.nc") for folder in (risen, tmp_path / "out"))
    assert alone.drop_attrs().identical(both.drop_attrs())


def test_another_kind_of_gauge_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = channel(tmp_path, "name,x,y,kind\ng,0,4e3,presure\n")
    path = tmp_path / "run.yaml"
    path.write_text(json.dumps(made))
    assert main([str(path), "--check"]) == 2
    error = capsys.readouterr().err
    assert "gauges.csv, line 2" in error and "'presure'" in error and "did you mean 'pressure'" in error
