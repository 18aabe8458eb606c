"""Huge, deep, damaged and endless input: one short sentence at once, whatever a file claims."""

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from support.commands import LAT, LON, POND, relief, write_grid, write_pond

from esim.config import load
from esim.config.json_file import read_json
from esim.config.stations import groups
from esim.errors import InputError
from esim.io.gridded import reader
from esim.sources.formats import csv_yaml, srf

PLANES = "2.0\nPLANE 1\n142 0 {n} {n} 2 1\n200 12 5 0 0\nPOINTS 1\n"
PLACE = "142 0 {depth} 200 12 1e10 0 {step} 3e5 2.7\n90 {slip} 2 0 0 0 0\n0 {rate}\n"


def said(call: Any, *arguments: Any) -> str:
    """The sentence of an InputError, which fits on a few lines of a terminal."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 700 and text.isprintable()
    return text


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("scale_factor", "ten", "z has the attribute scale_factor 'ten', expected a number"),
        ("scale_factor", 0.0, "z has the attribute scale_factor 0.0, expected a number other than 0"),
        ("add_offset", float("nan"), "z has the attribute add_offset nan, expected a finite number"),
        ("valid_min", [1.0, 2.0], "z has the attribute valid_min with 2 numbers, expected 1"),
    ],
)
def test_attributes_that_the_library_cannot_apply(
    tmp_path: Path, name: str, value: Any, expected: str
) -> None:
    path = write_grid(tmp_path / "sea.nc", relief())
    with netCDF4.Dataset(path, "a") as data:
        data["z"].setncattr(name, value)
    assert expected in said(reader.describe, path, None, True)


def claimed(path: Path, shape: tuple[int, int], chunks: tuple[int, int]) -> Path:
    """A NetCDF-4 file that claims a size that nobody has written."""
    with netCDF4.Dataset(path, "w") as file:
        for name, n, span in (("lat", shape[0], (-10, 10)), ("lon", shape[1], (170, 191))):
            file.createDimension(name, n)
            axis = file.createVariable(name, "f8", (name,), chunksizes=(min(n, 10**6),))
            axis.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
            if n < 10**7:
                axis[:] = np.linspace(*span, n)
        file.createVariable("z", "f4", ("lat", "lon"), chunksizes=chunks)
    return path


def test_files_that_claim_more_than_can_be_read(tmp_path: Path) -> None:
    x, y = LON[4:-4:4], LAT[4:-4:4]
    huge = claimed(tmp_path / "huge.nc", (10**5, 10**6), (1000, 1000))
    assert "values on the grid" in said(lambda: reader.read_field(huge, None, x, y, True))
    axis = claimed(tmp_path / "axis.nc", (10, 10**12), (10, 10**6))
    assert "lon has 1e+12 values" in said(reader.describe, axis, None, True)
    chunk = claimed(tmp_path / "chunk.nc", (20000, 20000), (20000, 20000))
    assert "stored in chunks of 1.6 GB" in said(reader.describe, chunk, None, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLANES.format(n="1e10"), "line 3: nstk x ndip are 1e+20 subfaults, expected at most 1e+08"),
        ("2.0\nPOINTS 1\n" + PLACE.format(depth=5, step=1, slip="1e30", rate=0), "slip1 is 1e+30 cm"),
        ("2.0\nPOINTS 1\n" + PLACE.format(depth=1e9, step=1, slip=9, rate=0), "dep is 1e+09, expected"),
        ("2.0\nPOINTS 1\n" + PLACE.format(depth=5, step=1, slip=9, rate="1e9"), "a slip rate is 1e+09 cm/s"),
        (
            "2.0\nPOINTS 1\n" + PLACE.format(depth=5, step=1, slip="9" * 200_000, rate=0),
            "(200,002 characters)",
        ),
    ],
)
def test_ruptures(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "fault.srf"
    path.write_text(text)
    assert expected in said(srf.read, path)


def test_faults_of_a_table(tmp_path: Path) -> None:
    path, head = tmp_path / "fault.csv", "lon,lat,depth_km,length_km,width_km,strike,dip,rake,slip\n"
    path.write_text(head + "142,0,10,20,15,200,12,90,1e30\n")
    assert "slip is 1e+30 and is too large; expected at most 1000: in m; the largest slip" in said(
        csv_yaml.read, path
    )
    path.write_text(head + "142,0,10,1e9,15,200,12,90,3\n")
    assert "length is 1e+12 and is too large" in said(csv_yaml.read, path)
    path.write_text(head + f"142,0,10,20,15,200,12,90,{'x' * 200_000}\n")
    assert "line 2: cannot be divided into cells" in said(csv_yaml.read, path)


def test_nested_aliases_and_brackets(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    bomb += "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    path.write_text(POND + bomb)
    assert "its aliases (*name) stand for more than 100,000 values" in said(load, path)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json(tmp_path / "deep.json")
    (tmp_path / "nan.json").write_text('{"x": NaN}')
    with pytest.raises(ValueError, match="'NaN' is no number"):
        read_json(tmp_path / "nan.json")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("output.fields.every=0.0002", "are 1e+06 records"),
        (
            "time.duration=1e300",
            "time.duration: 1e+300 is too large; expected at most 3.2e+07: that is a year",
        ),
        (
            "source.0.height=-5 km",
            "source.0.height: '-5 km' is too small; expected at least -3000: in m; the highest",
        ),
        ("bathymetry.depth=2e9", "bathymetry.depth: 2000000000.0 is too large; expected at most 12000"),
        (
            "output.checkpoint.every=1e-9",
            "output.checkpoint.every: 1e-09 is too small; expected at least 0.001",
        ),
        ("run.dt=true", "run.dt: true is not a time"),
        (f"output.directory={'o' * 256}", "is too long; expected at most 255 bytes between slashes"),
        (f"stations.0.observed={'o' * 256}.csv", "cannot be looked for: File name too long"),
    ],
)
def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, expected: str) -> None:
    monkeypatch.setattr("esim.config.output.MOST_RECORDS", 1e5)
    assert expected in said(load, write_pond(tmp_path), [setting])


def test_many_stations_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, reads = tmp_path / "c.yaml", []
    path.write_text(POND.replace("stations: [{name: gauge, x: 20 km, y: 12 km}]", "stations: {file: g.csv}"))
    (tmp_path / "g.csv").write_text("name,x,y\n" + "".join(f"s{n},20000,{12000 + n}\n" for n in range(50)))
    monkeypatch.setattr(groups, "_of_file", lambda *given, of=groups._of_file: reads.append(1) or of(*given))
    config: Any = load(path)
    assert (
        len(config.gauges) == 50
        and not config.gauges_outside
        and config.restart_identity({})
        and len(reads) == 1
    )
    other = config.model_copy(update={"stations": ()})
    assert other.gauges == () and len(config.gauges) == 50
