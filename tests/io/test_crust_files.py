"""Are the files of a crust run right, readable by the tools of the field, and whole or not there?"""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from esim.errors import InputError, MachineError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.io import cf, directory
from esim.io.crust.receiver_history import ReceiverHistory, merge
from esim.io.crust.seismograms import StationTable, write_seismograms
from esim.io.crust.station_codes import MINISEED, SAC, changed_codes, changes_warning
from esim.io.crust.waveforms import Event, write_miniseed, write_sac
from esim.io.gather import gather_slabs, section_blocks
from esim.io.gridded import writer
from esim.io.gridded.frame import Frame, horizontal, section
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import MapVariable
from esim.parallel.decomposition import Block, decompose
from esim.variables import crust as table

START = datetime(2016, 4, 15, 16, 25, 5, 470000, tzinfo=UTC)
GRID = Grid("cartesian", -3000.0, 1000.0, 100.0, 200.0, nx=17, ny=11)
VOLUME = Grid3D(GRID, nz=9, dz=50.0)
LON, LAT = np.meshgrid(130 + GRID.x() / 1e5, 32 + GRID.y() / 1e5)
RNG = np.random.default_rng(0)
NAMES = ("KMMH16", "BO.Mashiki", "益城")


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several slabs per field even on these small grids."""
    monkeypatch.setattr(writer, "CHUNK", 8)


def attributes() -> dict[str, str]:
    return cf.global_attributes("test", {"run": {"cfl": 0.9}}, "esim-run a.yaml")


def values(frame: Frame, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(frame.shape).astype("f4")


def fill(file: SnapshotFile | MaximaFile, name: str, array: np.ndarray) -> None:
    for first in range(0, len(array), 6):
        file.slab(name, first, array[first : first + 6])


def stations(located: bool = True) -> StationTable:
    more = {"lon": [130.8, 130.9, 131.0], "lat": [32.8, 32.7, 32.6]} if located else {}
    return StationTable(NAMES, [0.0, 3000.0, -50.0], [0.0, 4000.0, 10.0], [0.0, 0.0, 255.0], **more)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- maps


def test_surface_snapshots_have_metres_and_degrees(tmp_path: Path) -> None:
    frame = horizontal(GRID, lonlat=(LON, LAT))
    fields = SnapshotFile(tmp_path, frame, ["vx", "vz"], attributes(), start=START, static="elevation")
    fill(fields, "elevation", values(frame, 9))
    for step in (0, 10):
        fields.append(0.25 * step, step)
        for name in ("vx", "vz"):
            fill(fields, name, values(frame, step))
    fields.close()
    with xr.open_dataset(tmp_path / "fields.nc") as data:
        assert data.vx.dims == ("time", "y", "x")
        assert (
            set(data.vx.coords) == {"time", "y", "x", "lon", "lat"} == set(data.elevation.coords) | {"time"}
        )
        np.testing.assert_array_equal(data.lon, LON)
        np.testing.assert_array_equal(data.lat, LAT)
        np.testing.assert_array_equal(data.x, GRID.x())
        assert data.lon.attrs.keys() == {"standard_name", "units", "long_name"}
        assert data.time.values[1] == np.datetime64("2016-04-15T16:25:07.970")
        np.testing.assert_array_equal(data.vz[1], values(frame, 10))
        np.testing.assert_array_equal(data.elevation, values(frame, 9))
        assert data.vz.units == "m s-1" and "downward" in data.vz.long_name


@pytest.mark.parametrize(("along", "across", "points"), [("x", "y", GRID.x()), ("y", "x", GRID.y())])
def test_a_vertical_plane_knows_its_depths_and_where_it_cuts(
    tmp_path: Path, along: str, across: str, points: np.ndarray
) -> None:
    at = 1500.0
    lonlat = (np.linspace(130, 131, points.size), np.linspace(32, 33, points.size))
    frame = section(VOLUME, along, at, lonlat)
    plane = SnapshotFile(tmp_path, frame, ["vy"], attributes(), stem="plane_cut", static=None)
    plane.append(0.5, 2)
    fill(plane, "vy", values(frame))
    plane.close()
    with xr.open_dataset(tmp_path / "plane_cut.nc") as data:
        assert data.vy.dims == ("time", "depth", along) and data.vy.shape == (1, 9, points.size)
        np.testing.assert_array_equal(data.vy[0], values(frame))
        np.testing.assert_array_equal(data[along], points)
        np.testing.assert_array_equal(data.depth, 25.0 + 50.0 * np.arange(9))
        assert data.depth.positive == "down" and data.depth.axis == "Z"
        assert data.vy.coords[across] == at and data.vy.coords["lat"].dims == (along,)


def test_a_horizontal_plane_keeps_its_depth(tmp_path: Path) -> None:
    frame = horizontal(GRID, depth=125.0)
    plane = SnapshotFile(tmp_path, frame, ["vx"], attributes(), stem="plane_deep", static=None)
    plane.append(0.0, 0)
    plane.close()
    with xr.open_dataset(tmp_path / "plane_deep.nc") as data:
        assert data.vx.coords["depth"] == 125.0 and data.vx.dims == ("time", "y", "x")


def test_planes_of_one_run_go_on_after_a_crash_each_for_itself(tmp_path: Path) -> None:
    """The name of one plane begins like that of the other, and both are beside fields.nc."""
    stems = {"fields": ["vx"], "surface_displacement": ["uz"], "plane_a": ["vx"], "plane_a_b": ["vx", "vz"]}
    frame = horizontal(GRID)

    listed: dict[tuple[str, int], list[dict]] = {}

    def run(folder: Path, steps: range, resume: int | None = None) -> list[SnapshotFile]:
        files = [SnapshotFile(folder, frame, v, {}, stem=stem, static=None) for stem, v in stems.items()]
        for number, (file, variables) in enumerate(zip(files, stems.values(), strict=True)):
            if resume is not None:
                file.resume(resume, listed[file.stem, resume])
            for step in steps:
                file.append(0.1 * step, step)
                for name in variables:
                    fill(file, name, values(frame, 100 * number + step))
                if step in (1, 3):
                    file.checkpoint(step)
                    listed[file.stem, step] = file.pieces()
        return files

    for file in run(tmp_path / "whole", range(6)):
        file.close()
    run(tmp_path / "a", range(5))  # and dies
    assert "checkpoint/plane_a_b_0000000003.nc" in names(tmp_path / "a")
    for file in run(tmp_path / "a", range(2, 6), resume=1):
        file.close()
    assert names(tmp_path / "a") == sorted(f"{stem}.nc" for stem in stems)
    for stem in stems:
        reference = xr.load_dataset(tmp_path / "whole" / f"{stem}.nc")
        xr.testing.assert_identical(xr.load_dataset(tmp_path / "a" / f"{stem}.nc"), reference)
        assert list(reference.step) == list(range(6))


def test_maps_of_shaking(tmp_path: Path) -> None:
    angle = RNG.uniform(-3, 3, LON.shape)
    frame = horizontal(GRID, lonlat=(LON, LAT, angle))
    units = {"pgv": "m s-1", "pga": "m s-2", "pgd": "m", "pgv_horizontal": "m s-1", "pga_horizontal": "m s-2"}
    assert tuple(units) == table.USUAL_MEASURES
    parts = ("east", "north", "vertical")
    units |= {f"{name}_{part}": units[name] for name in ("pgv", "pga") for part in parts}
    assert set(units) == set(table.SHAKING_MEASURES)
    variables = [*units, "elevation"]
    maxima = MaximaFile(tmp_path, frame, attributes(), variables=[MapVariable(name) for name in variables])
    maxima.open()
    for seed, name in enumerate(variables):
        fill(maxima, name, values(frame, seed))
    maxima.close()
    with xr.open_dataset(tmp_path / "maxima.nc") as data:
        for seed, name in enumerate(variables):
            np.testing.assert_array_equal(data[name], values(frame, seed))
            assert {"lon", "lat"} <= set(data[name].coords)
        for name, unit in units.items():
            assert data[name].units == unit
            assert data[name].cell_methods == "time: maximum"
        np.testing.assert_array_equal(data.pgv.meridian_convergence, angle)
        assert data.meridian_convergence.long_name == "azimuth of y of the grid, clockwise from true north"
        assert "true east" in data.pgv_east.long_name
        assert "horizontal vector" in data.pga_horizontal.long_name and "three" in data.pga.long_name


class Ranks:
    """A communicator that remembers what was sent to rank 0."""

    def __init__(self, rank: int, mail: list[list[np.ndarray]]) -> None:
        self.rank, self._mail = rank, mail

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        self._mail[self.rank].append(array)

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        array[...] = self._mail[source].pop(0)


@pytest.mark.parametrize("ranks", [1, 2, 5, 6])
@pytest.mark.parametrize(("axis", "at"), [("row", 0), ("row", 10), ("column", 12)])
def test_a_vertical_plane_is_gathered_from_the_ranks_it_crosses(ranks: int, axis: str, at: int) -> None:
    whole = RNG.standard_normal(VOLUME.shape)
    plane = whole[:, at] if axis == "row" else whole[:, :, at]
    blocks = decompose(GRID.shape, ranks).blocks
    parts = section_blocks(blocks, VOLUME.nz, **{axis: at})
    assert sum(part.cells for part in parts) == plane.size
    mail: list[list[np.ndarray]] = [[] for _ in blocks]
    for rank in reversed(range(ranks)):
        b = blocks[rank]
        cells = whole[:, b.j0 : b.j1, b.i0 : b.i1]
        crossed = parts[rank].cells > 0
        local = np.zeros((0, 0))
        if crossed:
            local = cells[:, at - b.j0] if axis == "row" else cells[:, :, at - b.i0]
        slabs = gather_slabs(Ranks(rank, mail), parts, parts[rank], local, 4)  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.concatenate([slab for _, slab in slabs]), plane)


def test_a_plane_needs_a_place() -> None:
    with pytest.raises(ValueError, match="row or a column"):
        section_blocks([Block(0, 4, 0, 4)], 3)


# --- stations.nc


@pytest.mark.parametrize("located", [True, False])
def test_seismograms_are_read_by_xarray_without_arguments(tmp_path: Path, located: bool) -> None:
    units = {
        "m s-1": ("vx", "vy", "vz"),
        "m": ("ux", "uy", "uz"),
        "m s-2": ("ax", "ay", "az"),
        "1": ("exx", "eyy", "ezz", "exy", "exz", "eyz"),
        "Pa": ("pressure",),
    }
    series = {name: RNG.standard_normal((3, 40)) for group in units.values() for name in group}
    series["uz"][2, 5] = np.nan
    time = 0.01 * np.arange(40)
    write_seismograms(tmp_path, stations(located), time, series, attributes(), START)
    with xr.open_dataset(tmp_path / "stations.nc") as data:
        assert dict(data.sizes) == {"station": 3, "time": 40} and set(data.data_vars) == set(series)
        assert list(data.station.values) == list(NAMES) and data.featureType == "timeSeries"
        for unit, group in units.items():
            for name in group:
                np.testing.assert_array_equal(data[name], series[name])
                assert data[name].units == unit and data[name].long_name
        position = {"station", "time", "x", "y", "depth"}
        assert set(data.vx.coords) == position | ({"lon", "lat"} if located else set())
        assert data.vx.sel(station="益城").depth == 255.0 and data.depth.positive == "down"
        assert data.time.values[3] == np.datetime64("2016-04-15T16:25:05.500")


@pytest.mark.parametrize("true_axes", [True, False])
def test_seismograms_say_to_which_axes_their_components_are(tmp_path: Path, true_axes: bool) -> None:
    angle = np.array([8.0, -1.0, 0.5])
    places = replace(stations(), convergence=angle, true_axes=true_axes)
    series = {name: RNG.standard_normal((3, 4)) for name in ("vx", "exy", "rz", "wx", "pressure")}
    write_seismograms(tmp_path, places, np.arange(4.0) - 2, series, attributes(), START)
    with xr.open_dataset(tmp_path / "stations.nc") as data:
        np.testing.assert_array_equal(data.meridian_convergence, angle)
        assert data.time.values[0] == np.datetime64("2016-04-15T16:25:03.470")  # before the origin time
        for name in ("vx", "exy", "rz", "wx"):
            assert ("true east" if true_axes else "of the grid") in data[name].axes
        words = "to true east" if true_axes else "along x of the grid"
        assert words in data.vx.long_name and "axes" not in data.pressure.attrs
        assert "about" in data.wx.long_name and "anticlockwise seen from above" in data.rz.long_name
        assert (data.wx.units, data.rz.units) == ("radian s-1", "radian")


def test_ocean_and_crust_share_no_name() -> None:
    ocean = ("eta", "u", "v", "h", "depth", "eta_max", "speed_max", "arrival_time", "uplift", "bathymetry")
    assert all("ground_" not in cf.variable_attributes(name, False).get("long_name", "") for name in ocean)
    assert cf.variable_attributes("v", True)["standard_name"] == "northward_sea_water_velocity"
    for unknown in ("vw", "pgx", "pgv_max", "exxx", "ew", "ezw"):
        with pytest.raises(KeyError):
            cf.variable_attributes(unknown, False)


# --- SAC and miniSEED


TIME = 0.005 * np.arange(600)
MOTION = np.sin(TIME * np.arange(1, 10)[:, None]).reshape(3, 3, 600)
EVENT = Event(0.0, 0.0, 12000.0, lon=130.76, lat=32.75, magnitude=7.0)


def test_components_along_a_turned_grid_are_not_called_east_and_north(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy")
    places = replace(stations(), convergence=np.array([8.0, -1.0, 0.5]), true_axes=False)
    write_sac(tmp_path, places, TIME, MOTION, event=replace(EVENT, low_pass=3.4))
    for letter, azimuth, row in (("1", 359.0, 1), ("2", 89.0, 0), ("Z", 0.0, 2)):
        read = [obspy.read(str(path))[0] for path in (tmp_path / "sac").glob(f"*HX{letter}.SAC")]
        n, (trace,) = 1, [trace for trace in read if trace.stats.sac.user0 == 3000]
        assert trace.stats.channel == f"HX{letter}"
        assert trace.stats.sac.cmpaz == pytest.approx(azimuth)
        assert trace.stats.sac.user3 == pytest.approx(3.4) and trace.stats.sac.kuser2.strip() == "LP HZ U3"
        np.testing.assert_allclose(np.abs(trace.data), np.abs(MOTION[row, n]), rtol=1e-6)


def test_sac_files_are_read_by_obspy_with_up_as_z(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy")
    paths = write_sac(tmp_path, stations(), TIME, MOTION, start=START, event=EVENT)
    assert names(tmp_path) == sorted(str(path.relative_to(tmp_path)) for path in paths)
    assert len(paths) == 9 and "sac/BO.Mashiki..HXE.SAC" in names(tmp_path)
    for number, (letter, sign, azimuth, incidence) in enumerate(
        [("E", 1, 90, 90), ("N", 1, 0, 90), ("Z", -1, 0, 0)]
    ):
        (trace,) = obspy.read(tmp_path / "sac" / f"SY.KMMH16..HX{letter}.SAC")
        np.testing.assert_array_equal(trace.data, np.float32(sign * MOTION[number, 0]))
        assert trace.id == f"SY.KMMH16..HX{letter}" and trace.stats.delta == pytest.approx(0.005)
        assert trace.stats.starttime == obspy.UTCDateTime(START)
        sac = trace.stats.sac
        assert (sac.cmpaz, sac.cmpinc) == (azimuth, incidence)
        assert (sac.stlo, sac.stla) == pytest.approx((130.8, 32.8))
        assert (sac.evlo, sac.evla, sac.evdp, sac.mag) == pytest.approx((130.76, 32.75, 12.0, 7.0))
        assert sac.kuser0.strip() == "M/S" and sac.kuser1.strip() == "Z IS UP" and sac.o == 0.0
        # 4.0 km east and 5.6 km north by 111.2 km a degree, times cos 32.8 degrees along the parallel.
        assert sac.dist == pytest.approx(6.7, abs=0.1) and sac.az == pytest.approx(34, abs=1)


def test_without_lon_lat_and_date_sac_has_plane_distances_and_starts_in_1970(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy")
    write_sac(
        tmp_path, stations(False), TIME, MOTION, motion="displacement", event=Event(0, 0, 2000, onset=0.5)
    )
    (trace,) = obspy.read(tmp_path / "sac" / "BO.Mashiki..HXN.SAC")
    sac = trace.stats.sac
    assert trace.stats.starttime == obspy.UTCDateTime(0) and sac.o == 0.5
    assert (sac.dist, sac.az, sac.baz) == pytest.approx((5.0, 36.8699, 216.8699))
    assert "stla" not in sac and "evla" not in sac and "mag" not in sac
    assert (sac.user0, sac.user1) == (3000, 4000) and sac.kuser0.strip() == "M"


def test_miniseed_has_every_channel(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy")
    path = write_miniseed(tmp_path, stations(), TIME, MOTION, start=START)
    assert names(tmp_path) == ["waveforms.mseed"] and path == tmp_path / "waveforms.mseed"
    stream = obspy.read(path)
    assert len(stream) == 9
    (up,) = stream.select(id="BO.Maiki..HXZ")
    np.testing.assert_array_equal(up.data, np.float32(-MOTION[2, 1]))
    assert up.stats.starttime == obspy.UTCDateTime(START) and up.stats.delta == pytest.approx(0.005)
    assert {trace.stats.station for trace in stream} == {"KMH16", "Maiki", "S"}


REAL = [
    "KMMH16",
    "KMMH14",
    "KMMH03",
    "KMMH01",
    "KMMH1",
    "KMMH2",
    "NZ.BFZ",
    "IU.ANMO.00",
    "IU.ANMO.10",
    "熊本",
    "大分",
]
REAL += ["DB.X20", "very_long_station_name_number_1", "very_long_station_name_number_2", "sta 1", "sta-1"]


def test_codes_are_kept_where_a_format_holds_them() -> None:
    sac = dict(zip(REAL, (code.text for code in SAC.codes(REAL)), strict=True))
    seed = dict(zip(REAL, (code.text for code in MINISEED.codes(REAL)), strict=True))
    for name in REAL[:6]:
        assert sac[name] == f"SY.{name}"
    for name in ("NZ.BFZ", "IU.ANMO.00", "IU.ANMO.10", "DB.X20"):
        assert sac[name] == seed[name] == name
    assert seed["KMMH1"] == "SY.KMMH1" and seed["KMMH2"] == "SY.KMMH2"
    assert [seed[name] for name in REAL[:4]] == ["SY.KMH16", "SY.KMH14", "SY.KMH03", "SY.KMH01"]
    assert sac["sta-1"] == seed["sta-1"] == "SY.sta-1" and sac["sta 1"] == seed["sta 1"] == "SY.sta1"
    for codes in (sac, seed):
        assert len(set(codes.values())) == len(REAL)
    changed = changed_codes(REAL, [SAC, MINISEED])
    assert list(changed["SAC"]) == ["熊本", "大分", *REAL[12:15]]
    assert changed["miniSEED"] == {
        name: code for name, code in seed.items() if code not in (name, f"SY.{name}")
    }
    (text,) = changes_warning(changed)
    assert "in SAC, which holds codes of 8 letters and digits, '熊本' is SY.S, '大分' is SY.S2, " in text
    assert (
        "'KMMH16' is SY.KMH16, 'KMMH14' is SY.KMH14, 'KMMH03' is SY.KMH03 and 6 more; all codes are in"
        in text
    )
    assert list(changes_warning({"SAC": {}, "miniSEED": {}})) == []


def test_no_station_has_the_code_of_another() -> None:
    """Neither one that is shortened, nor one of which only the case is changed, nor two names of one meaning."""
    given = [
        "BO.ABCDEF.00",
        "BO.ABCDEF.10",
        "BO.ABDEF",
        "ABCDEF",
        "abdef",
        "A",
        "SY.A",
        "IU.X.",
        "IU.X.--",
        "IU.X",
        "a.b.c.d",
    ]
    seed = [code.text for code in MINISEED.codes(given)]
    assert seed[2] == "BO.ABDEF" and seed[4] == "SY.abdef" and len(set(seed)) == len(seed)
    assert seed[0][:-3] == seed[1][:-3] != seed[2] and (seed[0][-2:], seed[1][-2:]) == ("00", "10")
    assert seed[3] == "SY.ABCD2" and seed[5:7] == ["SY.A", "SY.A2"]
    assert [code[:2] for code in MINISEED.codes(["sta.1", "NET.STA", "N.KMMH"])] == [
        ("SY", "sta1"),
        ("SY", "NESTA"),
        ("N", "KMMH"),
    ]
    many = MINISEED.codes(["ABCDEFGH", *(f"ABCDEFG{n}" for n in range(119))])
    assert len(set(many)) == 120 and max(len(code.station) for code in many) == 5


def test_codes_stand_in_the_headers_and_beside_the_series(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy")
    table = StationTable(
        ("IU.ANMO.10", "KMMH16"), np.zeros(2), np.zeros(2), np.zeros(2), formats=(SAC, MINISEED)
    )
    write_sac(tmp_path, table, TIME, MOTION[:, :2], start=START)
    write_miniseed(tmp_path, table, TIME, MOTION[:, :2], start=START)
    (trace,) = obspy.read(tmp_path / "sac/IU.ANMO.10.HXZ.SAC")
    assert trace.id == "IU.ANMO.10.HXZ" and trace.stats.sac.khole.strip() == "10"
    assert {trace.id for trace in obspy.read(tmp_path / "waveforms.mseed").select(channel="HXE")} == {
        "IU.ANMO.10.HXE", "SY.KMH16..HXE",
    }  # fmt: skip
    write_seismograms(tmp_path, table, np.arange(2.0), {"vx": np.zeros((2, 2))}, {}, START)
    with xr.open_dataset(tmp_path / "stations.nc") as data:
        assert data.sac_code.values.tolist() == ["IU.ANMO.10", "SY.KMMH16"]
        assert data.miniseed_code.values.tolist() == ["IU.ANMO.10", "SY.KMH16"]


@pytest.mark.parametrize("write", [write_sac, write_miniseed])
def test_without_obspy_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object
) -> None:
    monkeypatch.setitem(sys.modules, "obspy", None)
    with pytest.raises(
        InputError, match=r"output\.stations\.\w+ needs ObsPy.*pip install 'esim-hpc\[seismology\]'"
    ):
        write(tmp_path, stations(), TIME, MOTION)  # type: ignore[operator]
    assert names(tmp_path) == []


@pytest.mark.parametrize("write", [write_sac, write_miniseed])
def test_a_crash_while_waveforms_are_written_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object
) -> None:
    pytest.importorskip("obspy")

    def half(self: object, path: str, *more: object, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("obspy.io.sac.SACTrace.write", half)
    monkeypatch.setattr("obspy.Stream.write", half)
    with pytest.raises(MachineError, match="No space left"):
        write(tmp_path, stations(), TIME, MOTION)  # type: ignore[operator]
    assert names(tmp_path) == []


def test_a_crash_while_stations_are_written_keeps_the_old_file(tmp_path: Path) -> None:
    series = {"vx": np.zeros((3, 2))}
    write_seismograms(tmp_path, stations(), np.arange(2.0), series, {})
    with pytest.raises(KeyError):
        write_seismograms(tmp_path, stations(), np.arange(2.0), series | {"nothing": series["vx"]}, {})
    with pytest.raises(ValueError):
        write_seismograms(tmp_path, stations(), np.arange(3.0), {"vx": np.zeros((2, 5))}, {})
    assert names(tmp_path) == ["stations.nc"]
    assert xr.load_dataset(tmp_path / "stations.nc").sizes["time"] == 2


# --- records and what follows from them


def test_a_history_keeps_every_step_and_goes_on_from_a_checkpoint() -> None:
    records = RNG.standard_normal((50, 2, 3)).astype("f4")
    unbroken = ReceiverHistory(["vx", "vz"], 3, block=7)
    unbroken.append(records)
    assert unbroken.steps == 50
    np.testing.assert_array_equal(unbroken.values, np.moveaxis(records, 0, -1))
    first, second = (ReceiverHistory(["vx", "vz"], 3, block=7) for _ in range(2))
    for begin in range(0, 30, 4):
        first.append(records[begin : begin + 4])
    second.restore(first.values)
    second.append(records[32:])
    assert second.values.tobytes() == unbroken.values.tobytes()
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        first.append(np.zeros((1, 3, 2)))


def test_an_empty_history_has_no_steps() -> None:
    history = ReceiverHistory(["vx"], 0)
    history.append(np.zeros((5, 1, 0)))
    assert history.values.shape == (1, 0, 5)
    assert ReceiverHistory(["vx"], 2).values.shape == (1, 2, 0)


def test_records_of_the_ranks_are_merged_by_receiver() -> None:
    whole = RNG.standard_normal((2, 5, 6)).astype("f4")
    owners = [np.array([3, 0]), np.array([], int), np.array([1, 4, 2])]
    merged = merge([(numbers, whole[:, numbers]) for numbers in owners], 5)
    assert merged.tobytes() == whole.tobytes()


def records(dt: float, steps: int) -> dict[str, np.ndarray]:
    """A motion that begins smoothly: velocity sin^4 t, strain rate the same, stress -2 sin^4 t MPa, eta 3 sin^4 t m."""
    n = np.arange(1, steps + 1)
    raw = {name: np.sin(n * dt)[None] ** 4 for name in (*table.VELOCITY, *table.STRAIN, *table.ROTATION_RATE)}
    raw |= {name: -2 * np.sin((n + 0.5) * dt)[None] ** 4 for name in table.NORMAL_STRESSES}
    return raw | {name: 3 * np.sin((n + 0.5) * dt)[None] ** 4 for name in table.ETA}


def test_records_begin_where_the_low_pass_no_longer_runs_ahead() -> None:
    raw = {name: np.arange(1.0, 13.0)[None] for name in table.VELOCITY}
    got = table.derive_series(["velocity", "displacement"], raw, 0.5, every=2, hidden=4)
    assert table.sample_times(12, 0.5, 2, early=6, hidden=4).tolist() == [-1, 0, 1, 2, 3]
    assert got["vx"].tolist() == [[4, 6, 8, 10, 12]]
    assert got["uy"][0, 0] == 0.5 * (1 + 2 + 3 + 2)  # what moved before counts


def test_all_that_is_derived_is_right_to_second_order_in_the_step() -> None:
    errors = []
    for dt, every in ((0.02, 4), (0.01, 8)):
        steps = round(2.4 / dt)
        got = table.derive_series(table.STATION_QUANTITIES, records(dt, steps), dt, every)
        t = table.sample_times(steps, dt, every)
        velocity = np.sin(t) ** 4
        exact = {
            "vz": velocity,
            "uy": (12 * t - 8 * np.sin(2 * t) + np.sin(4 * t)) / 32,
            "ax": 4 * np.sin(t) ** 3 * np.cos(t),
            "exy": (12 * t - 8 * np.sin(2 * t) + np.sin(4 * t)) / 32,
            "rz": (12 * t - 8 * np.sin(2 * t) + np.sin(4 * t)) / 32,
            "wx": velocity,
            "pressure": 2e6 * velocity,
            "eta": 3 * velocity,
        }
        assert all(series.shape == (1, t.size) for series in got.values())
        last = slice(None, -1)  # the slope at the last step is one-sided
        errors.append([abs(got[name][0] - exact[name])[last].max() for name in exact])
    assert set(got) == {
        *table.VELOCITY,
        *table.STRAIN,
        *table.ROTATION,
        *table.ROTATION_RATE,
        "ux",
        "uy",
        "uz",
        "ax",
        "ay",
        "az",
        "pressure",
        "eta",
    }
    coarse, fine = np.array(errors)
    exactly = np.array([name in ("vz", "wx") for name in exact])
    assert (fine[exactly] < 1e-15).all() and (coarse[~exactly] / fine[~exactly] > 3.7).all()
    assert (fine[1:5] < 4e-4).all()


def test_slopes_at_the_ends_are_one_sided_and_start_from_rest() -> None:
    raw = {name: np.array([[1.0, 4.0, 9.0]]) for name in table.VELOCITY}
    got = table.derive_series(["acceleration", "displacement"], raw, 0.5)
    assert got["ax"].tolist() == [[1.0, 4.0, 8.0, 10.0]]
    assert got["uz"].tolist() == [[0.0, 0.25, 1.5, 4.75]]


def test_a_run_without_a_step_has_only_the_rest_at_its_start() -> None:
    names = (*table.VELOCITY, *table.STRAIN, *table.ROTATION_RATE, *table.NORMAL_STRESSES, *table.ETA)
    raw = {name: np.zeros((2, 0)) for name in names}
    got = table.derive_series(table.STATION_QUANTITIES, raw, 0.1, 3)
    assert table.sample_times(0, 0.1, 3).tolist() == [0.0]
    assert all(series.tolist() == [[0.0], [0.0]] for series in got.values())


def test_what_has_to_be_recorded_is_named_once() -> None:
    assert table.needed_quantities(["velocity", "displacement"]) == ("vx", "vy", "vz")
    assert table.needed_quantities(["pressure", "acceleration"]) == (
        "sxx",
        "syy",
        "szz",
        "vx",
        "vy",
        "vz",
    )


# --- the directory


def test_the_predicted_size_bounds_the_real_one_closely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHUNK", 128)
    grid = Grid("cartesian", 0, 0, 1, 1, nx=300, ny=200)
    frame = horizontal(grid, lonlat=tuple(RNG.standard_normal((2, *grid.shape))))  # type: ignore[arg-type]
    file = SnapshotFile(tmp_path, frame, ["vx", "vz"], attributes(), static=None, compression=0)
    for step in range(3):
        file.append(step, step)
        for name in ("vx", "vz"):
            file.slab(name, 0, values(frame, step))
    file.close()
    cells = 300 * 200
    predicted = directory.predict_sum([(cells, 2, 3), (cells, 4, 1)], files=1)
    written = (tmp_path / "fields.nc").stat().st_size
    assert 0.8 * predicted < written < predicted
    series = directory.predict_sum([], (10, 3, 1000), waveforms=2, checkpoint=7, files=0)
    assert series == 10 * 1000 * (3 * 8 + 2 * 12) + 14
