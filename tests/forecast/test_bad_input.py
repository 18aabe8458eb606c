"""What cannot be forecast ends with one sentence and exit code 2, and leaves nothing behind."""

import netCDF4
import numpy as np
import pytest
from support.twins import prepared, write_twin

from esim.cli.main import main
from esim.forecast.build import build

TIMES = np.arange(0, 1801, 30)
SENSORS = [{"name": "a", "lon": 145, "lat": 38}]


def sentence_of(arguments, capsys):
    """The one line that is written of an error."""
    assert main(["forecast", *map(str, arguments)]) == 2
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0 and "Traceback" not in error
    return error


@pytest.fixture
def table(tmp_path):
    def write(title, times, value=0.1):
        path = tmp_path / "data.csv"
        path.write_text(f"{title}\n" + "".join(f"{time},{value}\n" for time in times))
        return path

    return write


@pytest.mark.parametrize(
    ("lon", "sentence"),
    [
        (140.6, "sensor 'a' lies on land on the grid of base; the nearest water is"),
        (120, "sensor 'a'"),
    ],
    ids=["on land", "outside"],
)
def test_a_sensor_that_is_not_in_the_water(tmp_path, capsys, lon, sentence):
    path = write_twin(tmp_path, sensors=[{"name": "a", "lon": lon, "lat": 38}])
    error = sentence_of(["build", path, "--check"], capsys)
    assert sentence in error and (lon == 140.6 or "outside" in error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("title", "times", "value", "more", "sentence"),
    [
        ("time,near", TIMES - 9000, 0.1, [], "all are from before the origin time; expected times in s since"),
        ("time,near [hPa]", TIMES, 0.1, [], "a column has the unit 'hPa'; expected m, cm, mm or ft"),
        ("time,near", (0, 600), 150, [], "is it the depth, or another unit?"),
        ("time,near", (0, 10, 20, 30), 0.1, [], "expected at least those of one window of slip, 60 s"),
        ("time,nowhere", TIMES, 0.1, [], "none of the sensors of the library, near, north, east; the data have"),
        ("time,near", TIMES, 0.1, ["--lowpass", "fast"], "--lowpass: 'fast' is not a time"),
        ("time,near", TIMES, 0.1, ["--detide", "near"], "--detide: 'near' has 1 values in the 0 h before the origin"),
        ("time,near", TIMES, 0.1, ["--lowpass", "1 h"], "expected at least those of one window of slip, 60 s"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used(small, table, tmp_path, capsys, title, times, value, more, sentence):
    out = tmp_path / "out"
    arguments = ["run", small[1], "--data", table(title, times, value), *more, "--output", out]
    assert sentence in sentence_of(arguments, capsys)
    assert not out.exists()


def test_a_depth_is_no_error_but_what_is_taken_from_it_is_said_and_kept(small, table, tmp_path, capsys):
    data, out = table("time,near", TIMES, 150), tmp_path / "out"
    assert main(["forecast", "run", str(small[1]), "--data", str(data), "--output", str(out)]) == 0
    note = "values are taken as depths of the water in m"
    assert f"near: {note}" in capsys.readouterr().out
    with netCDF4.Dataset(out / "forecast.nc") as found:
        assert found["record_processing"][0].startswith(note) and found["record_processing"][1] == ""


def test_a_file_that_is_not_there_and_one_of_another_instrument(small, table, tmp_path, capsys):
    run = ["run", small[1], "--data"]
    assert "cannot be read" in sentence_of([*run, tmp_path / "none.csv"], capsys)
    two = tmp_path / "two.csv"
    two.write_text("time,a,b\n0,1,2\n")
    assert "the file has 2 records, a, b; expected one" in sentence_of([*run, f"near={two}"], capsys)


def test_a_library_of_another_version_or_bathymetry(tmp_path, table, capsys):
    sampling = {"every": "60 s", "observed": "4 min", "forecast_every": "60 s", "duration": "5 min"}
    path = write_twin(
        tmp_path, sensors=SENSORS, targets=[{"name": "b", "lon": 146, "lat": 38}], sampling=sampling
    )
    library = build(prepared(path), lambda text: None)
    run = ["run", library, "--data", table("time,a", range(0, 241, 60))]
    (tmp_path / "fault.csv").write_text((tmp_path / "fault.csv").read_text().replace("15,90", "16,90"))
    error = sentence_of(run, capsys)
    assert "was built for another" in error and "has changed since; build it again" in error
    with netCDF4.Dataset(library, "a") as data:
        data.esim_version = "0.0.1"
    assert "was built by esim 0.0.1, and this is" in sentence_of(run, capsys)
