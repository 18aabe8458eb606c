"""Uplift of cells of the seafloor as unknowns: what they are, their waves against a run, and their forecast."""

import numpy as np
import pytest
import xarray as xr
from support.forecasts import drawn, forward, recorded
from support.twins import prepared, write_twin

from esim.analysis.report.page import report
from esim.cli.main import main
from esim.config.forecast.unknowns import UpliftConfig
from esim.constants import SEA_DENSITY
from esim.errors import InputError
from esim.forecast.build import build
from esim.forecast.cell_uplift import rising_cells
from esim.forecast.library import read_library
from esim.forecast.members import plan_members
from esim.forecast.reciprocity import cell_area
from esim.forecast.run import Watch
from esim.grids.grid import Grid

GRID = Grid("lonlat", 140.0, 34.0, 0.25, 0.25, 40, 36)
AREA = [[142.0, 37.0], [144.0, 37.0], [144.0, 39.0], [142.0, 39.0]]
UNKNOWNS = {"kind": "uplift", "area": AREA, "cells": 4, "windows": 2, "window": "60 s"}


def flat(x, y):
    return np.full((y.size, x.size), -3000.0)


def squares(area=AREA, cells=2, bed=flat, kajiura=False):
    config = UpliftConfig.model_validate({"kind": "uplift", "area": area, "cells": cells})
    return rising_cells(config, GRID, bed, 1e-3, kajiura=kajiura)


@pytest.fixture(scope="module")
def lifted(tmp_path_factory):
    """A library of uplift, and what it was built from."""
    folder = tmp_path_factory.mktemp("uplift")
    path = write_twin(
        folder,
        unknowns=UNKNOWNS,
        prior={"mean": 0, "spread": "1 m", "correlation": "100 km"},
        sensors=[
            {"name": "near", "lon": 143.4, "lat": 38.2, "kind": "pressure"},
            {"name": "east", "lon": 146.5, "lat": 38.0},
        ],
        targets=[{"name": "south", "lon": 145.1, "lat": 35.9}],
    )
    found = prepared(path)
    return found, build(found, lambda text: None)


def test_squares_fill_the_area_once():
    found = squares()
    assert found.area.size == 16  # two degrees by two, in squares of half a degree
    assert found.uplifts.bed.sum(axis=0) == pytest.approx(np.ones((8, 8)))
    assert found.area.sum() == pytest.approx(8 * cell_area(GRID, found.uplifts.box).sum())
    assert found.centres[0] == pytest.approx([142.25, 37.25]) and found.outlines.shape == (16, 4, 3)
    assert found.outlines[0, 0] == pytest.approx([142.0, 37.0, 3000.0])
    assert found.rise(142.3, 37.3).tolist() == [1.0] + 15 * [0.0]
    assert not found.rise(146.0, 37.3).any()


def test_land_is_no_part_of_a_square():
    def bed(x, y):
        return np.where(x[None, :] < 142.25, 10.0, -3000.0) + np.zeros((y.size, 1))

    found = squares(bed=bed)
    assert found.area.size == 16 and found.uplifts.bed[0].sum() == 2
    assert found.rise(142.1, 37.1).tolist() == 16 * [0.0]
    with pytest.raises(InputError, match="unknowns.area: holds no water in the grid of base"):
        squares(area=[[140.0, 35.0], [142.0, 35.0], [142.0, 36.0]], bed=bed)


def test_the_filter_spreads_water_and_keeps_its_volume():
    found = squares(kajiura=True)
    areas = cell_area(GRID, found.uplifts.box)
    for bed, surface in zip(found.uplifts.bed, found.uplifts.surface, strict=True):
        assert surface.max() < bed.max() and (surface * areas).sum() == pytest.approx(
            (bed * areas).sum(), rel=2e-3
        )


@pytest.mark.long
def test_records_and_forecasts_are_those_of_a_run(lifted, tmp_path):
    """Two squares that rise in different windows, in an ordinary run of a moving seafloor."""
    found, path = lifted
    library = read_library(path)
    cells = found.unknowns.uplifts
    metres = np.zeros((2, found.unknowns.count))
    metres[0, 0], metres[1, -1] = 2.0, -1.0
    bed = np.tensordot(np.cumsum(np.vstack([0 * metres[:1], metres]), axis=0), cells.bed, 1)
    j0, j1, i0, i1 = cells.box
    whole = np.zeros((3, *found.grid.shape))
    whole[:, j0:j1, i0:i1] = bed
    coordinates = {
        "time": ("time", [0.0, 60.0, 120.0], {"units": "s"}),
        "lat": ("lat", found.grid.y(), {"units": "degrees_north"}),
        "lon": ("lon", found.grid.x(), {"units": "degrees_east"}),
    }
    uplift = xr.DataArray(whole, coordinates, ("time", "lat", "lon"), "uplift", {"units": "m"})
    uplift.to_netcdf(tmp_path / "uplift.nc")
    known = forward(found, {"kind": "deformation", "file": str(tmp_path / "uplift.nc")}, tmp_path)
    x = np.linalg.solve(library.slip_root, metres.ravel())
    forecast = library.forecast_design[0] @ x
    assert np.linalg.norm(forecast - known[:, 2]) < 0.02 * np.linalg.norm(known[:, 2])
    seen = (library.sensor_design @ x)[:, 1::2]
    at = np.round(library.sensor_time[1::2] / 60).astype(int)
    rise = whole[np.minimum(at, 2), *(round(one) for one in found.grid.index(143.4, 38.2))]
    for n, wave in enumerate((known[at, 0] - rise, known[at, 1])):
        assert np.linalg.norm(seen[n] - wave) < 0.02 * np.linalg.norm(wave), n


def test_a_forecast_has_the_water_that_was_lifted_and_no_magnitude(lifted, tmp_path, capsys):
    found, path = lifted
    library = read_library(path)
    x = drawn(library, 5)
    records = recorded(library, x, 6)
    rows = zip(library.sensor_time, *(records[name].value for name in library.sensors), strict=True)
    table = tmp_path / "records.csv"
    table.write_text("\n".join(["time,near,east", *(",".join(map(str, row)) for row in rows)]) + "\n")
    command = ["forecast", "run", str(path), "--data", str(table), "--output", str(tmp_path / "out")]
    assert main([*command, "--follow"]) == 0
    text = capsys.readouterr().out
    assert "uplift         volume lifted " in text and "energy         " in text and "Mw" not in text
    metres = (library.slip_root @ x).reshape(2, -1).sum(axis=0)
    with xr.open_dataset(tmp_path / "out" / "forecast.nc") as data:
        assert "magnitude" not in data and data["cell_uplift"].dims == ("window", "cell")
        low, middle, high = data["volume"].values
        assert low < middle < high and low < library.area @ metres < high
        energy = 0.5 * SEA_DENSITY * 9.81 * (library.area @ metres**2)
        assert data["energy"].values[0] < energy < data["energy"].values[2] * 1.5
    with xr.open_dataset(tmp_path / "out" / "sharpening.nc") as data:
        assert data["volume"].values[-1] == pytest.approx([low, middle, high]) and "magnitude" not in data
    page = report(tmp_path / "out").read_text()
    assert f"volume lifted {middle / 1e9:.2f} km³ ({low / 1e9:.2f} to {high / 1e9:.2f})" in page
    with pytest.raises(InputError, match="the library has free uplift; expected one whose unknowns are slip"):
        plan_members(library, 3, None)
    assert Watch(library, records).forecast(1800.0).moment is None


def test_a_magnitude_cap_is_of_slip(tmp_path):
    path = write_twin(tmp_path, unknowns=UNKNOWNS, prior={"magnitude_cap": 9})
    with pytest.raises(InputError, match="prior.magnitude_cap: is of slip, and unknowns are of kind uplift"):
        prepared(path)
