"""Grids as people have them, through esim-run: --check refuses what a run refuses, and says what it assumes."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.commands import LAT, LON, relief, settings, write_grid, write_pond, write_sea

from esim.cli.run import main
from esim.config import from_dict

POND_X, POND_Y = np.arange(0.0, 32e3 + 1, 1e3), np.arange(0.0, 24e3 + 1, 1e3)


def refused(capsys: pytest.CaptureFixture[str], config: Path, *sets: str) -> str:
    """The one sentence with which both --check and the run refuse a configuration."""
    found = []
    for options in (["--check"], []):
        code = main([str(config), "--output", str(config.parent / "out"), *options, *settings(*sets)])
        found.append(capsys.readouterr().err)
        assert code == 2 and found[-1].count("\n") == 1, found
    assert found[0] == found[1] and not (config.parent / "out").exists()
    return found[0]


def checked(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, config: Path, *sets: str
) -> tuple[str, list[str]]:
    """The plan that --check prints, and the warnings."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert main([str(config), "--check", "--output", str(config.parent / "out"), *settings(*sets)]) == 0
    return capsys.readouterr().out, [
        record.getMessage() for record in caplog.records if record.name == "esim"
    ]


# Deformations


@pytest.mark.parametrize("place", ["land", "sea"])
def test_a_deformation_without_a_value_is_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    config = write_sea(tmp_path)
    lift = np.ones((LAT.size, LON.size))
    lon, lat = {"land": (172.5, 7.0), "sea": (180.0, 0.0)}[place]
    lift[np.flatnonzero(LAT == lat)[0], np.flatnonzero(LON == lon)[0]] = np.nan
    file = write_grid(tmp_path / "lift.nc", lift, name="uplift", units="m")
    error = refused(capsys, config, f"source=[{{kind: deformation, file: '{file}'}}]")
    assert (
        f"no value (NaN or missing) at 1 nodes within the grid, the first at lon {lon:g}, lat {lat:g}"
        in error
    )


def test_a_deformation_may_lack_values_outside_the_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    config = write_sea(tmp_path)
    lift = np.ones((LAT.size, LON.size))
    lift[0] = np.nan  # 10 S; the grid begins at 9 S
    file = write_grid(tmp_path / "lift.nc", lift, name="uplift", units="m")
    checked(capsys, caplog, config, f"source=[{{kind: deformation, file: '{file}'}}]")


@pytest.mark.parametrize("mark", ["-999", "-9999", "1e20"])
def test_an_undeclared_mark_in_a_deformation_is_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    config = write_pond(tmp_path)
    lift = np.zeros((POND_Y.size, POND_X.size))
    lift[5, 7] = float(mark)
    x, y = np.meshgrid(POND_X, POND_Y)
    np.savetxt(tmp_path / "lift.xyz", np.column_stack([x.ravel(), y.ravel(), lift.ravel()]))
    error = refused(capsys, config, f"source=[{{kind: deformation, file: '{tmp_path / 'lift.xyz'}'}}]")
    assert "lift.xyz: z is" in error and "at x 7000, y 5000, expected -1000 to 1000" in error


def test_a_dtopo_file_moves_the_sea_as_the_same_netcdf_file_does(tmp_path: Path) -> None:
    """Bit for bit, at rest until t0 and risen by the whole amount at the end."""
    config = write_pond(tmp_path)
    shape = np.rint(64 * np.exp(-((POND_X[None, :] - 16e3) ** 2 + (POND_Y[:, None] - 12e3) ** 2) / 4e7)) / 64
    records = np.stack([0 * shape, shape / 2, shape])
    header = "33 mx\n25 my\n3 mt\n0 xlower\n0 ylower\n20 t0\n1000 dx\n1000 dy\n30 dt\n"
    rows = "\n".join(" ".join(map(str, row)) for values in records for row in values[::-1])
    (tmp_path / "lift.dtt3").write_text(header + rows)
    coords = {"time": ("time", [20.0, 50.0, 80.0], {"units": "s"}), "y": POND_Y, "x": POND_X}
    xr.Dataset({"dz": (("time", "y", "x"), records, {"units": "m"})}, coords).to_netcdf(tmp_path / "lift.nc")
    found = {}
    for name in ("lift.dtt3", "lift.nc"):
        out = tmp_path / f"out_{name}"
        source = f"source=[{{kind: deformation, file: '{tmp_path / name}'}}]"
        arguments = [str(config), "--quiet", "--backend", "numpy", "--output", str(out), *settings(source)]
        assert main(arguments) == 0
        found[name] = {path.stem: xr.load_dataset(path) for path in out.glob("*.nc")}
    xr.testing.assert_equal(found["lift.dtt3"]["fields"].eta, found["lift.nc"]["fields"].eta)
    uplift = found["lift.dtt3"]["maxima"].uplift
    middle = 0.25 * (shape[11:13, 15:17].sum())  # cell centres lie between four nodes
    assert float(uplift[11, 15]) == pytest.approx(middle, abs=1e-6)
    assert float(abs(found["lift.dtt3"]["fields"].eta[0]).max()) == 0


# Bathymetry


def test_depths_that_are_taken_for_elevations_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """All positive, or positive where the sea is: refused; with the key it is the sea that it was."""
    config = write_sea(tmp_path)
    plan, warned = checked(capsys, caplog, config)
    depth = next(line for line in plan.splitlines() if "deepest water" in line)
    write_grid(tmp_path / "sea.nc", -np.minimum(relief(), -10.0), units="m")
    assert "z is above 0 on all of the grid, taken as elevation, positive up; say which" in refused(
        capsys, config
    )
    assert depth in checked(capsys, caplog, config, "bathymetry.positive=down")[0]
    write_grid(tmp_path / "sea.nc", -relief(), units="m")
    error = refused(capsys, config)
    assert "grid 'root' lies 3" in error and "say which with positive: down (depths) or positive: up" in error
    assert depth in checked(capsys, caplog, config, "bathymetry.positive=down")[0]
    write_grid(tmp_path / "sea.nc", -relief() / 50, units="m")
    plan, warned = checked(capsys, caplog, config, "stations=[]")
    assert any("if sea.nc holds depths, set positive: down" in text for text in warned)
    write_grid(tmp_path / "sea.nc", -relief() / 50, units="m", long_name="water depth")
    assert "say which with positive: down" in refused(capsys, config)
    assert not any(
        "sea.nc" in text
        for text in checked(capsys, caplog, config, "bathymetry.positive=up", "stations=[]")[1]
    )
    write_grid(tmp_path / "sea.nc", -relief(), units="m", long_name="water depth positive down")
    plan, warned = checked(capsys, caplog, config)
    assert depth in plan
    assert any(
        "read as a depth, positive down, as its long_name is 'water depth positive down'" in t for t in warned
    )


def test_a_nest_in_the_mountains_is_no_sea_upside_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not on the file of the whole grid; on one of its own it is asked about in a warning."""
    config = write_sea(tmp_path)
    high = np.where((LON > 181) & (LAT[:, None] > -6) & (LAT[:, None] < 0), 2500.0, relief())
    write_grid(tmp_path / "sea.nc", high, units="m")
    nest = {"west": 182, "east": 186, "south": -5, "north": -1, "ratio": 2}
    sets = ("stations=[]", f"grid.nests={json.dumps([nest])}")
    assert not any("sea.nc" in text for text in checked(capsys, caplog, config, *sets)[1])
    write_grid(tmp_path / "own.nc", high, units="m")
    nest["bathymetry"] = {"file": str(tmp_path / "own.nc")}
    _, warned = checked(capsys, caplog, config, "stations=[]", f"grid.nests={json.dumps([nest])}")
    assert any("grid 'nest1' lies 2500 m high" in text and "own.nc holds depths" in text for text in warned)


def test_undeclared_marks_are_refused_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_sea(tmp_path)
    write_grid(tmp_path / "sea.nc", np.where(LON > 185, -9999.0, relief()), units="m")
    assert "set missing: -9999 beside file" in refused(capsys, config)
    assert "no value (NaN or missing)" in refused(capsys, config, "bathymetry.missing=-9999")
    write_grid(tmp_path / "sea.nc", relief(), units="m")
    assert "no value (NaN or missing)" in refused(capsys, config, "bathymetry.missing=[7, 50]")


def test_several_files_in_the_plan_and_in_the_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    config = write_sea(tmp_path)
    write_grid(tmp_path / "bay.nc", relief()[20:60, 20:60] + 1, LON[20:60], LAT[20:60])
    write_grid(tmp_path / "far.nc", relief(), LON - 100, LAT)
    layers = [{"file": str(tmp_path / name)} for name in ("sea.nc", "bay.nc", "far.nc")]
    layers[1] |= {"blend": "100 km", "datum_shift": -1}
    plan, warned = checked(capsys, caplog, config, f"bathymetry={json.dumps(layers)}")
    assert (
        "bathymetry     of root: sea.nc\n" in plan
        and "on it        bay.nc, blended over 1.8 x 1.8 cells" in plan
    )
    assert warned == ["bathymetry: far.nc lies outside the grid and is not used"]
    nest = [{"west": 174, "east": 178, "south": -5, "north": -1, "ratio": 2, "bathymetry": layers[:2]}]
    plan, _ = checked(capsys, caplog, config, f"grid.nests={json.dumps(nest)}")
    assert "of root" not in plan and "of nest1: sea.nc\n    on it        bay.nc, blended over 3.6" in plan
    assert "nests.0.bathymetry.1.kind: 'flat' would cover" in refused(
        capsys,
        config,
        f"grid.nests={json.dumps([nest[0] | {'bathymetry': [layers[0], {'kind': 'flat', 'depth': 9}]}])}",
    )
    made = from_dict(
        {
            "scenario": "tsunami",
            "time": {"duration": 60},
            "grid": {
                "kind": "lonlat",
                "west": 171,
                "east": 190,
                "south": -9,
                "north": 9,
                "spacing": "30 arcmin",
            },
            "bathymetry": layers,
            "source": [],
            "output": {"directory": "out"},
        },
        tmp_path,
    )
    assert from_dict(made.echo()) == made
    assert [path.name for path in made.input_files()] == ["sea.nc", "bay.nc", "far.nc"]


def test_the_reference_system_of_a_geotiff_is_that_of_the_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("rioxarray")
    config = write_pond(tmp_path)
    sea = xr.DataArray(np.full((25, 33), -900.0), {"y": POND_Y[::-1], "x": POND_X}, ("y", "x"))
    sea.rio.write_crs("EPSG:32654").rio.to_raster(tmp_path / "sea.tif")
    file = f"bathymetry={{file: '{tmp_path / 'sea.tif'}'}}"
    plan, warned = checked(capsys, caplog, config, file)
    assert "deepest water  900 m" in plan
    assert "grid.crs is not given: taken to be WGS 84 / UTM zone 54N (EPSG:32654), that of sea.tif" in warned
    assert checked(capsys, caplog, config, file, "grid.crs=EPSG:32654")[1] == []
    error = refused(capsys, config, file, "grid.crs=EPSG:32655")
    assert "gdalwarp -t_srs EPSG:32655 sea.tif sea_warped.tif" in error
    rough = xr.full_like(sea, 0.03).rio.write_crs("EPSG:32655")
    rough.rio.to_raster(tmp_path / "n.tif")
    error = refused(
        capsys, config, f"physics.manning={{file: '{tmp_path / 'n.tif'}'}}", "grid.crs=EPSG:32654"
    )
    assert "n.tif: is in WGS 84 / UTM zone 55N" in error
