"""Are the waves of slip the sum of those of unit sources? Against exact functions, and against runs of that slip."""

import json

import numpy as np
import pytest
import xarray as xr
from support.units import direct, slip_file, units

from esim.cli.main import main as esim
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.ensemble.linearity import linearity_errors
from esim.ensemble.slip_history import SlipHistory
from esim.ensemble.summation import superposed
from esim.ensemble.superposition import open_library
from esim.errors import InputError
from esim.sources.formats import csv_yaml

SLIP = [1.0, 0.5]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The output directory of an ensemble of unit sources."""
    return simulate(from_dict(units(tmp_path_factory.mktemp("units"))))


def at_once(n):
    return SLIP[n], 0.0, 0.0


def history(slip, start, rise) -> SlipHistory:
    """Slip of one subfault, the first, in some windows."""
    return SlipHistory(np.array([0]), *(np.array([values], float) for values in (slip, start, rise)))


def test_windows_of_slip_are_means_of_later_functions():
    time = np.arange(0.0, 101.0)
    greens = np.stack([3 + 2 * time, -time])[None]  # linear between samples, so that all is exact
    found = superposed(greens, time, history([2, 1], [10, 30], [20, 0]))

    def mean(value):  # of a + b t over a window of slip, by its antiderivative
        whole = lambda t: np.where(t > 0, value[0] * t + 0.5 * value[1] * t**2, 0.0)  # noqa: E731
        return 2 * (whole(time - 10) - whole(time - 30)) / 20

    for station, value in enumerate([(3, 2), (0, -1)]):
        late = np.where(time >= 30, value[0] + value[1] * (time - 30), 0.0)
        assert np.allclose(found[station], mean(value) + late, rtol=0, atol=1e-11)
    assert not found[:, :10].any()


def test_slip_that_begins_between_samples_is_interpolated():
    time = np.arange(0.0, 50.0, 5.0)
    found = superposed(2 * time[None, None], time, history([1.5], [7.0], [0.0]))
    assert np.allclose(found[0], 3 * np.maximum(time - 7, 0), atol=1e-12)


def test_one_subfault_is_its_own_member(library):
    found = open_library(library).superpose([0, 10])
    with xr.open_dataset(library / "members/s2/stations.nc", decode_times=False) as member:
        assert np.allclose(found["eta"].values, member["eta"].values, rtol=1e-14)
    assert float(abs(found["eta"]).max()) > 0.01


def test_a_superposition_is_a_run_of_that_slip_but_for_what_the_uplift_does_to_the_depth(library, tmp_path):
    """The rest is of second order in slip: four times as much by twice the slip, and small over deep water."""
    found = open_library(library)
    rest = []
    for factor in (40, 80):
        slip = slip_file(
            tmp_path / f"{factor}.csv", library / "subfaults.csv", lambda n, f=factor: (f * SLIP[n], 0.0, 0.0)
        )
        run = direct(tmp_path / f"run{factor}", slip)
        sum_of = found.superpose(slip)
        errors, remarks = linearity_errors(found, sum_of, run)
        assert remarks == []
        assert all(one.relative_error < 2e-5 * factor for one in errors)
        assert all(abs(one.crest_ratio - 1) < 2e-5 * factor for one in errors)
        with xr.open_dataset(run / "stations.nc", decode_times=False) as data:
            rest.append(abs(sum_of["eta"].values - data["eta"].values).max())
    assert 3.5 < rest[1] / rest[0] < 4.5


def test_rupture_and_rise_times_are_those_of_a_run(library, tmp_path):
    """Times that are whole steps, with slip that grows linearly over three of them."""
    slip = slip_file(tmp_path / "slip.csv", library / "subfaults.csv", lambda n: (SLIP[n], 20.0 * n, 30.0))
    found = open_library(library)
    errors, _ = linearity_errors(found, found.superpose(slip), direct(tmp_path / "run", slip))
    assert (
        max(one.relative_error for one in errors) < 0.05
    )  # of a step of 10 s, in which the bed moves evenly


def test_the_command_writes_stations_and_a_record(library, tmp_path, capsys):
    slip = slip_file(tmp_path / "slip.csv", library / "subfaults.csv", at_once)
    run, out = direct(tmp_path / "run", slip), tmp_path / "sum"
    assert (
        esim(["superpose", str(library), "--slip", str(slip), "--against", str(run), "--output", str(out)])
        == 0
    )
    text = capsys.readouterr().out
    assert "relative L2 error" in text and "depth over the moved bed" in text
    with xr.open_dataset(out / "stations.nc") as data:
        assert data["eta"].dims == ("station", "time") and data["eta"].attrs["units"] == "m"
        assert np.allclose(data["eta_max"], data["eta"].max("time"))
        assert list(data["station"].values) == ["near", "far"] and data["x"].values[0] == 2500
    record = json.loads((out / "superposition.json").read_text())
    assert [one["station"] for one in record["linearity_errors"]] == ["near", "far"]
    assert record["slip"]["sha256"] and record["against"] == str(run)
    assert record["magnitude"] == pytest.approx(csv_yaml.read(slip).magnitude(), abs=1e-9)
    assert esim(["superpose", str(library), "--slip", str(slip), "--output", str(run)]) == 2
    assert "of a run; expected another folder" in capsys.readouterr().err


def test_a_run_over_another_bathymetry_is_told(library, tmp_path):
    slip = slip_file(tmp_path / "slip.csv", library / "subfaults.csv", at_once)
    run = direct(tmp_path / "run", slip, bathymetry={"kind": "flat", "depth": 2000})
    found = open_library(library)
    errors, remarks = linearity_errors(found, found.superpose(slip), run)
    assert remarks == [f"--against: {run} differs from the library in bathymetry.depth"]
    assert max(one.relative_error for one in errors) > 0.1


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("s2,", "s2,9", "its centre is .* km from that of the nearest"),
        (",20.0,15.0,90.0,", ",25.0,15.0,90.0,", "its strike is 25 degrees, that of the nearest 20"),
        (",20.0,15.0,90.0,", ",20.0,15.0,80.0,", "its rake is 80 degrees, that of the nearest 90"),
        (",20000.0,", ",30000.0,", "its length is 30 km, that of the nearest 20 km"),
    ],
)
def test_slip_on_other_subfaults_is_refused(old, new, sentence, library, tmp_path):
    slip = slip_file(tmp_path / "slip.csv", library / "subfaults.csv", at_once)
    slip.write_text(slip.read_text().replace(old, new))
    with pytest.raises(InputError, match=f"is none of the library's subfaults: {sentence}"):
        open_library(library).superpose(slip)


def test_slip_before_the_origin_and_of_another_number_is_refused(library, tmp_path):
    found = open_library(library)
    slip = slip_file(tmp_path / "slip.csv", library / "subfaults.csv", lambda n: (1.0, -5.0, 0.0))
    with pytest.raises(InputError, match="slips before the origin time"):
        found.superpose(slip)
    with pytest.raises(InputError, match=r"expected 2 numbers \[m\]"):
        found.superpose([1.0, 2.0, 3.0])


def test_a_library_of_another_version_or_none_is_refused(library, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such library; expected greens_functions.zarr"):
        open_library(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has members but no greens_functions.zarr; complete them"):
        (tmp_path / "members").mkdir()
        open_library(tmp_path)
    monkeypatch.setattr("esim.ensemble.superposition.__version__", "99.0")
    with pytest.raises(InputError, match="and this is 99.0; make it again with esim-run"):
        open_library(library)
