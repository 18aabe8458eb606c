"""Samples of slip as an ensemble: the files, their waves, and what cannot be."""

import numpy as np
import pytest
import xarray as xr
from support.forecasts import drawn, recorded
from support.twins import write_twin

from esim.cli.main import main
from esim.cli.run import main as run_main
from esim.config import load
from esim.errors import InputError
from esim.forecast.library import read_library
from esim.forecast.members import plan_members, write_members
from esim.forecast.moment import draw
from esim.forecast.run import Watch
from esim.forecast.slip_file import write_slip
from esim.forecast.uplift import read_fault
from esim.sources.formats import csv_yaml


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


@pytest.fixture(scope="module")
def found(library):
    return Watch(library, recorded(library, drawn(library, 21), 22)).forecast(1800.0)


def test_slip_is_what_the_file_has_with_the_rake_turned_where_it_is_negative(small, tmp_path):
    fault = read_fault(small[0].twin.unknowns, small[0].base)
    slip = np.array([[1.0, -2.0, 0.0, 3.0], [0.5, 1.0, 0.0, -4.0]])
    starts = np.array([[0.0, 5.0, 0.0, 7.0], [60.0, 65.0, 60.0, 67.0]])
    write_slip(tmp_path / "slip.csv", fault, slip, starts, 60.0)
    again = csv_yaml.read(tmp_path / "slip.csv")
    assert again.x.size == 5  # two forward only or both ways, one of nothing
    assert again.rigidity == fault.rigidity
    back = np.cos(np.deg2rad(again.rake - 90.0))  # the fault has a rake of 90 degrees: -1 where it is turned
    net = {}
    for n in range(again.x.size):
        key = round(float(again.x[n]), 4), round(float(again.y[n]), 4)
        net[key] = net.get(key, 0.0) + back[n] * again.slip[n]
        assert (again.rise[n] == 60.0).all()
    for k in (0, 1, 3):
        x, y = fault.centre(k)
        assert net[round(x, 4), round(y, 4)] == pytest.approx(slip[:, k]), k
    assert sorted(again.start[:, 0]) == [0.0, 5.0, 5.0, 7.0, 7.0]
    assert again.outline(0) == pytest.approx(fault.outline(0), abs=1.0)


def test_members_are_samples_of_the_posterior_and_run_to_a_probability(small, library, found, tmp_path):
    """From data to the exceedance of heights, which is that of the members' own maxima."""
    base = tmp_path / "nested.yaml"
    from support.twins import BASE

    from esim.config.yaml.write import to_yaml

    base.write_text(
        to_yaml(
            BASE
            | {
                "time": BASE["time"] | {"duration": "10 min"},
                "grid": BASE["grid"] | {"spacing": 0.5},
                "output": {"directory": "base", "maxima": {}},
            }
        )
    )
    folder = tmp_path / "members"
    said = list(write_members(folder, plan_members(library, 3, base), library, found, [1.0, 0.5]))
    assert said[0].startswith("3 samples of slip, Mw ") and "nested.yaml" in said[0]
    config = load(folder / "ensemble.yaml", [f"output.directory={tmp_path / 'out'}"])
    assert config.hazard.thresholds == (0.5, 1.0)
    slips = library.slip_mean[:, None] + library.slip_root @ draw(found.uncut, found.moment, 3, 0)
    moment = library.moment @ slips.reshape(2, 4, 3).sum(axis=0)
    for n in range(3):
        file = csv_yaml.read(folder / f"sample{n + 1}.csv")
        signs = np.where(np.abs(file.rake - 90.0) < 1.0, 1.0, -1.0)
        assert (signs * file.rigidity * file.length * file.width * file.total_slip).sum() == pytest.approx(
            moment[n]
        )
    assert run_main([str(folder / "ensemble.yaml"), "--set", f"output.directory={tmp_path / 'out'}"]) == 0
    highest = []
    for n in range(3):
        with xr.open_dataset(tmp_path / "out" / "members" / f"sample{n + 1}" / "maxima.nc") as data:
            highest.append(data["eta_max"].values)
    with xr.open_dataset(tmp_path / "out" / "hazard.nc") as data:
        over = (np.nan_to_num(np.stack(highest), nan=-1.0) > 0.5).mean(axis=0)
        found_over = data["exceedance_probability"].values[0]
        wet = np.isfinite(found_over)
        assert 0 < over[wet].max() and found_over[wet] == pytest.approx(over[wet], abs=1e-6)


def test_fewer_members_leave_none_of_an_earlier_forecast(library, found, tmp_path):
    (tmp_path / "sample_of_mine.csv").touch()
    for count in (3, 2):
        list(write_members(tmp_path, plan_members(library, count, None), library, found, [1.0]))
    assert sorted(path.name for path in tmp_path.glob("sample*")) == [
        "sample1.csv", "sample2.csv", "sample_of_mine.csv",
    ]  # fmt: skip
    assert len((tmp_path / "members.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time": {"start": "2011-03-11T05:50:00Z", "duration": "1 h"}}, "expected the same"),
        ({"output": {"directory": "base", "maxima": None}}, "has no output.maxima, from which flooding is told"),
    ],
)  # fmt: skip
def test_a_base_that_cannot_have_members_is_refused(changes, sentence, library, tmp_path):
    write_twin(tmp_path, base=changes)
    with pytest.raises(InputError) as error:
        plan_members(library, 2, tmp_path / "base.yaml")
    assert sentence in str(error.value)


def test_a_wrong_number_of_members_is_refused_before_anything_is_written(small, tmp_path, capsys):
    (tmp_path / "records.csv").write_text("time,near\n0,0\n")
    command = ["forecast", "run", str(small[1]), "--data", str(tmp_path / "records.csv"), "--members", "0"]
    assert main([*command, "--output", str(tmp_path / "out")]) == 2
    assert "--members 0: expected at least 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
