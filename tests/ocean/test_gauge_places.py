"""Gauges on land, in lakes, moved into water, left out: where they are recorded, and what they record."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.oceans import plane
from support.scenes import checked, cut_off

from esim.analysis.ocean.misfit import compare_run
from esim.cli.run import main
from esim.config import from_dict
from esim.config.ocean.station import GaugeConfig
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.ocean.output import gauge_places
from esim.ocean.output.gauge_places import FirstWater, place_gauges
from esim.parallel.comm import run_ranks

BEACH = plane(40, 10, 100.0)


def coast(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A beach that rises 1 cm a metre eastward from the shore at 2 km, and a lake 1 m deep at 3.25 km."""
    bed = 0.01 * (x - 2000)[None, :] + np.zeros((y.size, 1))
    return np.where(np.abs(x - 3250) < 60, -1.0, bed)


def gauge(x: float, y: float, **more: Any) -> GaugeConfig:
    """A gauge at x, y [m]."""
    return GaugeConfig(name=more.pop("name", "g"), x=x, y=y, **more)


def placed(*gauges: GaugeConfig, waters: list[FirstWater] | None = None) -> list[tuple[Any, ...]]:
    """Position, way moved, ground, whether dry, of gauges on the beach."""
    found = place_gauges(waters or [FirstWater(BEACH, coast, [], 1e-3)], gauges)
    return [(one.position, one.moved, pytest.approx(one.ground), one.dry) for one in found]


def test_gauges_at_sea_on_land_and_in_a_lake_stay_where_they_are() -> None:
    assert placed(gauge(1234, 432), gauge(2680, 432), gauge(3250, 432)) == [
        ((1234, 432), 0, -7.5, False),
        ((2680, 432), 0, 6.5, True),
        ((3250, 432), 0, -1, False),
    ]


def test_a_gauge_on_land_moves_to_the_nearest_wet_cell() -> None:
    """The last wet column has its centre at 1950 m, and the lake at 3250 m; rows have theirs at 50, 150 ... m."""
    wet = {"snap": "water"}
    assert placed(
        gauge(2230, 450, **wet), gauge(2230, 480, **wet), gauge(2910, 450, **wet), gauge(1999, 450, **wet)
    ) == [
        ((1950, 450), 280, 2.5, False),
        ((1950, 450), pytest.approx(np.hypot(280, 30)), 2.5, False),
        ((3250, 450), 340, 9.5, False),
        ((1999, 450), 0, -0.5, False),
    ]


def test_all_gauges_far_from_water_are_told_at_once() -> None:
    far = [gauge(2640, 450, name=name, snap="water", snap_distance=500) for name in ("A", "B")]
    with pytest.raises(InputError) as error:
        placed(far[0], gauge(2230, 450, snap="water"), far[1], gauge(2460, 450, name="C", snap="water"))
    dry = "above the water, and there is no water within snap_distance, 500 m; the nearest is"
    assert str(error.value).splitlines() == [
        f"stations: gauge 'A' at (2640, 450) is on land, 6.5 m {dry} 610 m away, at (3250, 450)",
        f"stations: gauge 'B' at (2640, 450) is on land, 6.5 m {dry} 610 m away, at (3250, 450)",
        f"stations: gauge 'C' at (2460, 450) is on land, 4.5 m {dry} 510 m away, at (1950, 450)",
    ]


def test_a_gauge_on_the_sphere_moves_across_the_seam() -> None:
    """An island around the seam of the globe: the nearest water is west of it, on the other side of the file."""
    globe = Grid("lonlat", 0.0, -10.0, 0.5, 0.5, 720, 40, ("periodic", "periodic", "open", "open"))

    def island(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        east = (x + 180) % 360 - 180
        return np.where((east > -1) & (east < 3) & (np.abs(y) < 3)[:, None], 5.0, -1000.0)

    one = GaugeConfig(name="g", lon=0.1, lat=0.25, snap="water", snap_distance=200e3)
    (found,) = place_gauges([FirstWater(globe, island, [], 1e-3)], [one])
    assert found.position == (358.75, 0.25)
    # 1.35 degrees along the parallel of 0.25 degrees.
    assert found.moved == pytest.approx(6371e3 * np.deg2rad(1.35) * np.cos(np.deg2rad(0.25)), rel=1e-6)


def test_many_gauges_look_at_the_ground_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are where each alone is, in their order, moved or not, in a nest or not, in one band of rows or several."""
    numbers, fine, looks = np.random.default_rng(2), plane(40, 40, 10.0, x0=2000.0, y0=200.0), []

    def counted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        looks.append(x.size * y.size)
        return coast(x, y)

    waters = [FirstWater(BEACH, counted, [], 1e-3), FirstWater(fine, counted, [], 1e-3)]
    spots = numbers.uniform((51, 51), (3949, 949), (300, 2))
    snap = {"snap": "water", "snap_distance": 2e3}
    many = [gauge(*spot, name=f"g{n}", **(snap if n % 3 else {})) for n, spot in enumerate(spots)]
    alone = [place_gauges(waters, [one])[0] for one in many]
    before, together = len(looks), []
    for most in (10**6, 7 * BEACH.nx):
        looks.clear()
        monkeypatch.setattr(gauge_places, "MOST_KEPT", most)
        assert place_gauges(waters, many) == tuple(alone)
        together.append(len(looks))
    assert before > 300 and together[0] < before / 4 and together[1] < before / 2
    assert any(one.moved for one in alone) and any(one.dry for one in alone)


def test_the_finest_grid_decides() -> None:
    """The nest has resolved a basin of which the grid around it knows nothing."""
    fine = plane(40, 40, 10.0, x0=2400.0, y0=200.0)
    waters = [FirstWater(BEACH, coast, [], 1e-3), FirstWater(fine, lambda x, y: coast(x, y) - 100, [], 1e-3)]
    assert placed(gauge(2605, 405), gauge(2905, 405), waters=waters) == [
        ((2605, 405), 0, pytest.approx(-93.95), False),
        ((2905, 405), 0, 9.5, True),
    ]


def test_a_gauge_in_a_nest_on_land_moves_to_the_water_outside_it() -> None:
    """The nest begins 50 m from the last wet column of the grid around it; a pond of that grid is land in the nest."""
    fine = plane(40, 40, 10.0, x0=2000.0, y0=200.0)
    waters = [FirstWater(BEACH, coast, [], 1e-3), FirstWater(fine, coast, [], 1e-3)]
    inside = gauge(2035, 455, snap="water", snap_distance=200)
    assert placed(inside, waters=waters) == [
        ((1950, 450), pytest.approx(np.hypot(85, 5)), pytest.approx(0.35), False)
    ]
    pond = FirstWater(BEACH, lambda x, y: np.full((y.size, x.size), -1.0), [], 1e-3)
    with pytest.raises(InputError, match="no water within snap_distance, 50 m"):
        placed(gauge(2205, 455, snap="water"), waters=[pond, waters[1]])


# ------------------------------------------------------------------ whole runs


def shore(folder: Path, **more: Any) -> dict[str, Any]:
    """A hump of 3 m that floods a beach whose shore is at 2 km."""
    return {
        "scenario": "tsunami",
        "time": {"duration": "90 s"},
        "grid": {"kind": "cartesian", "x": [0, "3 km"], "y": [0, "400 m"], "spacing": 50, "boundary": "wall"},
        "bathymetry": {"kind": "slope", "depth": 5, "slope": 0.01, "direction": 90},
        "source": [{"kind": "hump", "x": 1500, "y": 200, "height": 3, "radius": 300}],
        "output": {"directory": str(folder), "stations": {"every": 2}},
        "run": {"backend": "numpy", "precision": "float64"},
        **more,
    }


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, xr.Dataset]:
    """A run with gauges in the street, on a hill, moved into the sea, and outside."""
    stations = [
        {"name": "sea", "x": 1210, "y": 210},
        {"name": "street", "x": 2110, "y": 210},
        {"name": "hill", "x": 2860, "y": 210},
        {"name": "pier", "x": 2110, "y": 225, "snap": "water"},
        {"name": "abroad", "x": 4e3, "y": 210, "outside": "skip"},
    ]
    folder = tmp_path_factory.mktemp("flooded") / "out"
    simulate(from_dict(shore(folder, stations=stations)))
    return folder, xr.load_dataset(folder / "stations.nc").set_index(station="station")


def test_a_gauge_on_land_has_no_depth_and_no_elevation_until_water_comes(
    flooded: tuple[Path, xr.Dataset],
) -> None:
    street, hill = (flooded[1].sel(station=name) for name in ("street", "hill"))
    wet = street.depth.values > 0
    assert 3 < wet.sum() < wet.size - 3 and not wet[:3].any()
    np.testing.assert_array_equal(np.isfinite(street.eta.values), wet)
    # It stands in the cell at 2125 m, whose ground is 1.25 m high, and sees no other.
    np.testing.assert_allclose((street.eta - street.depth).values[wet], 1.25, atol=1e-12)
    assert (street.u.values[~wet] == 0).all() and street.u.values[wet].max() > 0.1
    assert street.depth.values[wet].min() > 1e-3
    assert hill.eta.isnull().all() and (hill.depth == 0).all() and (hill.u == 0).all()


def test_a_moved_gauge_is_recorded_in_the_water_and_keeps_where_it_was_wanted(
    flooded: tuple[Path, xr.Dataset],
) -> None:
    """The last wet cell has its centre at 1975 m, where the sea is 0.25 m deep."""
    stations = flooded[1]
    pier = stations.sel(station="pier")
    assert (float(pier.x), float(pier.y)) == (1975, 225) and (float(pier.x_given), float(pier.y_given)) == (
        2110,
        225,
    )
    np.testing.assert_allclose((pier.depth - pier.eta)[:3], 0.25, atol=1e-12)
    assert stations.x_given.attrs == {"units": "m", "long_name": "distance east, as given"}
    record = json.loads((flooded[0] / "run.json").read_text())
    assert record["stations"] == [
        {"name": "sea", "x": 1210, "y": 210, "dry_at_first": False},
        {"name": "street", "x": 2110, "y": 210, "dry_at_first": True},
        {"name": "hill", "x": 2860, "y": 210, "dry_at_first": True},
        {
            "name": "pier",
            "x": 1975,
            "y": 225,
            "x_given": 2110,
            "y_given": 225,
            "moved_m": 135,
            "dry_at_first": False,
        },
    ]
    assert record["warnings"][:3] == [
        "stations: skipped, since they lie outside the grid: 'abroad'",
        "stations: moved to the nearest water: 'pier' by 135 m",
        "stations: on land, where eta is missing until water comes (snap: water moves them): 'street' (1.2 m above the "
        "water), 'hill' (8.8 m above the water)",
    ]


def test_two_ranks_record_the_same(tmp_path: Path) -> None:
    """Gauges in the street, on the seam of the ranks, and moved into the sea."""
    places = [(2010, 210), (1510, 190), (2110, 225)]
    stations = [{"name": f"g{n}", "x": x, "y": y} for n, (x, y) in enumerate(places)]
    stations[2]["snap"] = "water"
    found = []
    for ranks in (1, 2):
        cfg = from_dict(shore(tmp_path / f"{ranks}", stations=stations, time={"duration": 60}))
        run_ranks(ranks, lambda comm, cfg=cfg: simulate(cfg, comm))
        found.append(xr.load_dataset(tmp_path / f"{ranks}" / "stations.nc").drop_attrs())
    assert found[0].identical(found[1]) and found[0].eta.isnull().any() and found[0].depth[0].max() > 0


def test_the_plan_says_how_many_begin_dry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = [{"name": f"g{n}", "x": 1000 + 500 * n, "y": 200} for n in range(4)]
    config = tmp_path / "shore.yaml"
    config.write_text(json.dumps(shore(tmp_path / "out", stations=places)))
    assert main([str(config), "--check"]) == 0
    assert (
        "gauges         4, 1 of which begin dry, every 2 s, interpolated between steps"
        in capsys.readouterr().out
    )
    config.write_text(json.dumps(shore(tmp_path / "out", stations={"list": places, "snap": "water"})))
    assert main([str(config), "--check"]) == 2
    error = capsys.readouterr().err
    assert "gauge 'g3' at (2500, 200) is on land" in error and "no water within snap_distance, 250 m" in error


def test_neither_gauges_nor_checkpoints_make_steps_shorter(tmp_path: Path) -> None:
    """Water and steps are those of a run without; a sample between two steps is near that of steps half as long."""
    found, place = {}, {"name": "sea", "x": 1210, "y": 210}
    for name, dt, every, stations, more in (
        ("bare", 1.5, 15, [], {}),
        ("often", 1.5, 2.3, [place], {"checkpoint": {"every": 3}}),
        ("fine", 0.75, 2.3, [place], {}),
    ):
        made = shore(tmp_path / name, stations=stations)
        made["run"]["dt"] = dt
        made["output"] |= {"stations": {"every": every}, **more}
        simulate(from_dict(made))
        found[name] = json.loads((tmp_path / name / "run.json").read_text())["steps"]
    assert found == {"bare": 60, "often": 60, "fine": 120}
    water = [xr.load_dataset(tmp_path / name / "maxima.nc").drop_attrs() for name in ("bare", "often")]
    assert water[0].identical(water[1])
    series, fine = (xr.load_dataset(tmp_path / name / "stations.nc") for name in ("often", "fine"))
    np.testing.assert_allclose(series.time, [*2.3 * np.arange(40), 90.0], rtol=1e-12)
    eta = series.eta.values, fine.eta.values
    assert np.abs(eta[0] - eta[1]).max() < 0.02 * np.ptp(eta[1])


# ------------------------------------------------------------------ other gauges in a resumed run


def test_gauges_may_come_and_go_where_a_run_is_resumed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A stays, B goes, C is new and D moves; the water does not notice."""
    a, b, c, d = ({"name": name, "x": 1000 + 200 * n, "y": 200} for n, name in enumerate("ABCD"))

    def scene(folder: str, *stations: dict[str, Any]) -> dict[str, Any]:
        made = shore(tmp_path / folder, stations=list(stations))
        made["grid"]["spacing"], made["time"]["duration"] = 100, 40
        made["output"] |= {"checkpoint": {"every": 20}, "stations": {"every": 4}}
        return made

    moved = d | {"x": 1450}
    simulate(from_dict(scene("whole", a, b, c, moved)))
    cut_off(scene("cut", a, b, d), 8)
    simulate(from_dict(scene("cut", moved, c, a)), resume=True)
    found, wanted = (
        {name: xr.load_dataset(tmp_path / folder / f"{name}.nc") for name in ("stations", "maxima")}
        for folder in ("cut", "whole")
    )
    assert found["maxima"].drop_attrs().identical(wanted["maxima"].drop_attrs())
    series, known = (one["stations"].set_index(station="station").drop_attrs() for one in (found, wanted))
    assert series.time.identical(known.time) and series.station.values.tolist() == ["D", "C", "A"]
    assert series.sel(station="A").identical(known.sel(station="A"))
    record = json.loads((tmp_path / "cut" / "run.json").read_text())
    begin, names = record["resumed"]["time"], ["eta", "depth", "u", "v"]
    assert 20 <= begin < 20 + record["dt"]
    late = series.time > begin + 3 * record["dt"]  # of steps that new gauges have all seen
    assert late.any()
    for name in ("C", "D"):
        one, other = (both.sel(station=name)[names] for both in (series, known))
        assert (
            one.eta[series.time < begin].isnull().all() and one.eta[series.time > begin + 4].notnull().all()
        )
        assert one.isel(time=late).identical(other.isel(time=late))
    assert f"stations: 'D', 'C' begin at {begin:.6g} s, where the run is resumed" in caplog.text
    assert "stations: 'B', 'D' of the checkpoint are left out" in caplog.text
    cut_off(scene("none", a, b), 8)
    simulate(from_dict(scene("none")), resume=True)
    assert "stations: 'A', 'B' of the checkpoint are left out" in caplog.text
    without = xr.load_dataset(tmp_path / "none" / "maxima.nc").drop_attrs()
    assert without.identical(wanted["maxima"].drop_attrs())


def test_a_gauge_is_compared_with_a_record_of_its_own(tmp_path: Path) -> None:
    """The record is what another run computed, a quarter lower and four seconds earlier."""
    sea, time = {"name": "sea", "x": 1010, "y": 210}, {"duration": 160}
    simulate(from_dict(shore(tmp_path / "first", stations=[sea], time=time)))
    first = xr.load_dataset(tmp_path / "first" / "stations.nc")
    table = np.transpose([first.time.values - 4, 0.75 * first.eta.values[0]])
    np.savetxt(tmp_path / "sea.csv", table, delimiter=",", header="time,eta", comments="")
    (tmp_path / "gauges.csv").write_text("name,x,y,observed\nsea,1010,210,sea.csv\n")
    cfg = from_dict(shore(tmp_path / "out", stations={"file": "gauges.csv"}, time=time), tmp_path)
    simulate(cfg)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["stations"][0]["observed"] == str(tmp_path / "sea.csv")
    assert {Path(one["path"]).name for one in record["inputs"]} == {"gauges.csv", "sea.csv"}
    (found,), _ = compare_run(tmp_path / "out")
    assert found.lag == found.arrival_difference == found.crest_difference == 4
    assert found.crest_ratio == pytest.approx(4 / 3)


def test_records_that_cannot_be_read_are_refused_together(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,eta\n0,1\n")
    (tmp_path / "b.csv").write_text("time,eta\n2011-03-11,1\n2011-03-12,1\n")
    (tmp_path / "c.csv").write_text("time,eta\n900,1\n990,1\n")
    stations = [{"name": name, "x": 1200, "y": 200, "observed": f"{name}.csv"} for name in "abc"]
    with pytest.raises(InputError) as error:
        checked(from_dict(shore(tmp_path / "out", stations=stations), tmp_path))
    lines = str(error.value).splitlines()
    assert len(lines) == 2 and "stations: 'a': " in lines[0] and "has 1 values" in lines[0]
    assert "stations: 'b': " in lines[1] and "need time.start" in lines[1]
    late = stations[2] | {"snap_distance": "1 km"}
    bare = {"name": "d", "x": 1200, "y": 200}
    group = {"list": [late, bare], "observed_after": 60}
    texts = checked(from_dict(shore(tmp_path / "out", stations=group), tmp_path)).warnings.texts
    assert texts[1:3] == [
        "stations: snap_distance is not used without snap: 'c'",
        "stations: observed_after is not used without observed: 'd'",
    ]
    assert texts[0] == (
        "stations: 'c': c.csv is from 900 to 990 s after the origin, outside the run, which is from 0 to 90 s"
    )
