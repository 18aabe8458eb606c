"""What is drawn and written of an ensemble that has been computed?"""

import csv

import numpy as np
import pytest
import xarray as xr
from support.ensembles import ensemble

import esim
from esim.analysis.export.export import export
from esim.analysis.hazard import HazardOptions, hazard
from esim.analysis.plot import plot
from esim.analysis.reading.run import Run
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.errors import InputError


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    made = ensemble(folder, hazard={"thresholds": [0.05, 0.2], "annual_rate": 0.01, "quantiles": [0.5]})
    return simulate(from_dict(made))


def test_figures_of_curves_and_maps(out, tmp_path):
    found = plot(out, tmp_path)
    names = ["hazard_curves", "exceedance_0.05", "exceedance_0.2", "eta_max_quantile_0.5", "eta_max_worst"]
    names.append("arrival_time_quantile_0.5")
    assert [path.stem for path in found] == names
    assert all(path.stat().st_size > 10_000 for path in found)


def test_maps_of_thresholds_are_single_maps(out):
    with Run.open(out) as run, xr.open_dataset(out / "hazard.nc") as whole:
        assert run.maxima is not None and run.scenario == "ensemble"
        single = run.maxima["exceedance_probability_0.2"]
        assert np.array_equal(single, whole.exceedance_probability.sel(threshold=0.2)) and single.max() > 0
        assert "threshold 0.2" in single.attrs["long_name"]
    assert "hazard" in esim.open_run(out).children


def test_maps_become_geotiff(out, tmp_path):
    rioxarray = pytest.importorskip("rioxarray")
    paths = export(out, tmp_path, ["exceedance_probability_0.05"], crs="EPSG:32654")
    with rioxarray.open_rasterio(paths[0]) as picture, Run.open(out) as run:
        assert np.array_equal(picture[0, ::-1], run.maxima["exceedance_probability_0.05"])


def test_tables_have_the_numbers_of_the_file(out, tmp_path):
    curves, stations = hazard(out, tmp_path)
    with xr.open_dataset(out / "hazard.nc") as whole, curves.open() as stream:
        rows = list(csv.DictReader(stream))
        assert len(rows) == 2 * 81
        row = rows[81 + 40]
        found = whole.isel(station=1, level=40)
        assert row["station"] == "far" and float(row["level [m]"]) == pytest.approx(
            float(found.level), rel=1e-5
        )
        assert float(row["rate [1/year]"]) == pytest.approx(0.01 * float(found.hazard_curve), rel=1e-5)
        (near, _) = csv.DictReader(stations.open())
        assert float(near["eta_max_quantile_0.5 [m]"]) == pytest.approx(
            float(whole.station_eta_max_quantile[0, 0]), rel=1e-5
        )
        assert near["worst_member"] == str(whole.member.values[int(whole.station_worst_member[0])])


def test_what_only_members_have_is_refused_with_a_member(out, tmp_path):
    with pytest.raises(InputError, match=r"an ensemble has no .* of its own; .*members.m1"):
        export(out, tmp_path, format="geojson")
    with pytest.raises(InputError, match="--places has no meaning for an ensemble"):
        hazard(out, tmp_path, HazardOptions(places=tmp_path))
