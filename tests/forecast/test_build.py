"""A library: what is in it, what is not computed again, and what is refused."""

import numpy as np
import pytest
from support.twins import FAULT, prepared, write_twin

from esim.cli.main import main
from esim.errors import InputError
from esim.forecast import build as module
from esim.forecast.library import read_library, write_library
from esim.io import netcdf


def test_the_library_is_read_as_it_was_written(small, tmp_path):
    library = read_library(small[1])
    write_library(tmp_path / "again.nc", library)
    again = read_library(tmp_path / "again.nc")
    for name in ("sensor_design", "forecast_design", "uplift", "target_coastal"):
        assert np.array_equal(getattr(again, name), getattr(library, name)), name
    assert again.about == library.about and again.sensors == ("near", "north", "east")
    assert library.about["inputs"][0]["what"] == "fault" and library.start is not None
    assert library.target_depth[1] > 0  # the town is in the water


def test_runs_that_are_there_are_not_repeated(tmp_path, monkeypatch):
    path = write_twin(
        tmp_path,
        sensors=[{"name": "a", "lon": 145, "lat": 38}],
        targets=[{"name": "b", "lon": 146, "lat": 38}],
    )
    said: list[str] = []
    first = module.build(prepared(path), said.append)
    bits = first.read_bytes()
    assert not any("was there" in text for text in said)
    monkeypatch.setattr(module, "respond", None)
    module.build(prepared(path), said.append)
    assert [text.split(": ")[1] for text in said[2:]] == ["was there"] * 2
    assert netcdf_equal(first, bits, tmp_path)
    monkeypatch.undo()
    (tmp_path / "fault.csv").write_text(FAULT.replace("200,15", "200,25"))
    said.clear()
    module.build(prepared(path), said.append)
    assert not any("was there" in text for text in said)


def netcdf_equal(path, bits, folder):
    """Whether a library has the arrays that it had."""
    (folder / "before.nc").write_bytes(bits)
    with netcdf.read(path) as now, netcdf.read(folder / "before.nc") as before:
        return all(np.array_equal(now[name][:], before[name][:]) for name in now.variables)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"sensors": [{"name": "a", "lon": 140.6, "lat": 38}]},
            "sensor 'a' lies on land on the grid of base; the nearest water is ",
        ),
        (
            {"sensors": [{"name": "a", "lon": 155, "lat": 38}]},
            "sensor 'a', lon 155, lat 38, lies outside the grid",
        ),
        (
            {"sensors": [{"name": "a", "x": 5, "y": 8}]},
            "sensor 'a' is not placed by lon and lat, as the grid of base is",
        ),
        (
            {"targets": [{"name": "b", "lon": 140.6, "lat": 38, "snap_distance": "1 km"}]},
            "target 'b': no water within 1 km",
        ),
        ({"levels": "jmaa"}, "'jmaa' is no file of warning levels, did you mean 'jma'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(changes, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        prepared(write_twin(tmp_path, **changes))
    assert sentence in str(error.value)


def test_sensors_outside_are_skipped_where_asked_for(tmp_path):
    places = [{"name": "a", "lon": 155, "lat": 38, "outside": "skip"}, {"name": "c", "lon": 146, "lat": 38}]
    assert [place.name for _, place in prepared(write_twin(tmp_path, sensors=places)).sensors] == ["c"]


def test_a_library_of_another_version_or_of_inputs_that_changed_is_refused(small, tmp_path):
    found = prepared(write_twin(tmp_path))
    library = read_library(small[1])
    about = dict(library.about) | {"inputs": found.inputs}
    changed = type(library)(**{**vars(library), "about": about})
    write_library(tmp_path / "library.nc", changed)
    read_library(tmp_path / "library.nc")
    (tmp_path / "fault.csv").write_text(FAULT + "\n")
    with pytest.raises(
        InputError, match=r"was built for another fault: .*fault.csv has changed since; build it again"
    ):
        read_library(tmp_path / "library.nc")
    (tmp_path / "fault.csv").unlink()
    read_library(tmp_path / "library.nc")
    with netcdf.netCDF4.Dataset(tmp_path / "library.nc", "a") as data:
        data.esim_version = "0.0.1"
    with pytest.raises(InputError, match=r"was built by esim 0\.0\.1, and this is .*; build it again"):
        read_library(tmp_path / "library.nc")


def test_the_command_says_what_it_assumes_and_takes_first(tmp_path, capsys):
    assert main(["forecast", "build", str(write_twin(tmp_path)), "--check"]) == 0
    text = capsys.readouterr().out
    assert "without its friction" in text and "moved          to the nearest water: town" in text
    assert "data           180 of all sensors, for 8 unknowns" in text
    assert "memory         " in text and "predicted time " in text
    assert not (tmp_path / "out").exists()
