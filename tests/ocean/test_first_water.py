"""Land, sea, polders and lakes as the first state has them: what is flooded and what stays, in nests as well."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.scenes import configured

from esim.drivers.run import simulate
from esim.drivers.tsunami import Tsunami
from esim.errors import InputError
from esim.parallel.comm import SerialComm, run_ranks

DRY_LAND, FLOODED, SEA = range(3)
POLDER, DIKE, LAKE = -2.0, 5.0, 25.0  # m
# x [m] of the ends of the sea, the dike and the polder; beyond lies a hill of 30 m with a lake in it.
SHORE, HEEL, HILL = 3200.0, 3600.0, 7200.0


def elevation(x, y):
    """A sea 20 m deep, a dike, a polder below the sea and a hill with a basin; (ny, nx) [m]."""
    x, y = np.meshgrid(x, y)
    basin = (np.abs(x - 8200) < 400) & (np.abs(y - 1600) < 600)
    ground = np.where(x < HILL, POLDER, np.where(basin, 20.0, 30.0))
    return np.where(x < SHORE, -20.0, np.where(x < HEEL, DIKE, ground))


def first_surface(x, y):
    """The sea at zero, a dry polder, the lake 5 m deep; NaN where there is no water."""
    ground = elevation(x, y)
    return np.where(ground == 20.0, LAKE, np.where(np.asarray(x)[None, :] < SHORE, 0.0, np.nan))


def write(path: Path, name: str, values, step: float = 50.0) -> Path:
    """A file of values(x, y) at the centres of cells of 10 by 3.2 km."""
    x, y = np.arange(step / 2, 10e3, step), np.arange(step / 2, 3200, step)
    data = xr.Dataset({name: (("y", "x"), values(x, y), {"units": "m"})}, {"x": x, "y": y})
    for axis in "xy":
        data[axis].attrs["units"] = "m"
    data.to_netcdf(path)
    return path


def polder(folder: Path, **more) -> dict:
    """Nothing moves in it."""
    folder.mkdir(exist_ok=True)
    return {
        "scenario": "tsunami",
        "title": "a polder and a lake",
        "time": {"duration": 120},
        "grid": {"kind": "cartesian", "x": [0, 10e3], "y": [0, 3200], "spacing": 200, "boundary": "wall"},
        "bathymetry": {"file": str(write(folder / "bed.nc", "z", elevation))},
        "source": [{"kind": "state", "file": str(write(folder / "state.nc", "eta", first_surface))}],
        "output": {"directory": str(folder / "out"), "overwrite": True},
        "run": {"backend": "numpy"},
    } | more


def computed(made: dict, ranks: int = 1) -> tuple[dict, dict[str, xr.Dataset]]:
    """What the coasts add up to, and the maxima of all grids by the names of their files."""
    config = configured(made)
    run_ranks(ranks, lambda comm: simulate(config, comm))
    directory, found = Path(config.output.directory), {}
    for file in sorted(directory.glob("maxima*.nc")):
        with xr.open_dataset(file) as data:
            found[file.stem] = data.load()
    return json.loads((directory / "run.json").read_text())["hazard"], found


def assert_at_rest(coasts: dict, grids: dict[str, xr.Dataset]) -> None:
    """To the last bit."""
    for name, coast in coasts.items():
        assert coast["flooded_km2"] == coast["exposed_km2"] == 0, name
        assert coast["largest_drawdown_m"] in (0, None)
    for name, grid in grids.items():
        assert not grid.speed_max.fillna(0).values.any(), name
        assert not grid.arrival_time.notnull().values.any(), name
        np.testing.assert_array_equal(grid.eta_max.fillna(-99), grid.eta_max.where(grid.extent == SEA, -99))
        assert set(np.unique(grid.eta_max.values[grid.extent.values == SEA])) <= {0.0, LAKE}


NESTS = [
    {"name": "coast", "x": [2400, 8800], "y": [400, 2800], "ratio": 2},
    {"name": "town", "x": [2800, 8400], "y": [800, 2000], "ratio": 3},
    {"name": "quay", "x": [3000, 4800], "y": [1000, 1800], "ratio": 2},
]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(
    ("nests", "sides"),
    [(0, "wall"), (0, "open"), (0, "sponge"), (1, "open"), pytest.param(3, "wall", marks=pytest.mark.long)],
)
def test_a_dry_polder_and_a_high_lake_stay_as_they_are(tmp_path, nests, sides, precision):
    made = polder(tmp_path, run={"backend": "numpy", "precision": precision})
    made["grid"] |= {"boundary": sides, "sponge_cells": 5, "nests": NESTS[:nests]}
    if nests:
        made["time"]["duration"] = 30
    coasts, grids = computed(made)
    assert len(grids) == 1 + nests
    assert_at_rest(coasts, grids)
    sea = (grids["maxima"].extent == SEA).values
    np.testing.assert_array_equal(sea, np.isfinite(first_surface(grids["maxima"].x, grids["maxima"].y)))


def test_a_flooded_polder_is_flooded_land(tmp_path):
    """What the maxima say is what the fields at each step say, and water in the polder counts from its ground."""
    wave = {"kind": "hump", "x": 1500, "y": 1600, "height": 15, "radius": 1200}
    made = polder(tmp_path, time={"duration": 600})
    made["source"].append(wave)
    made["output"] |= {
        "fields": {"every": 0.01, "variables": ["eta", "h", "u", "v"]},
        "maxima": {
            "variables": [
                "eta_max", "speed_max", "momentum_flux_max", "inundation_depth_max", "arrival_time", "extent",
                "eta_max_time", "inundation_duration", "drawdown_max",
            ]
        },
    }  # fmt: skip
    made["run"] = {"backend": "numpy", "adaptive": True, "precision": "float64"}
    made["output"]["fields"]["every"] = 2.0
    coasts, grids = computed(made)
    found = grids["maxima"]
    with xr.open_dataset(Path(made["output"]["directory"]) / "fields.nc") as data:
        fields = data.load()
    first = np.isfinite(first_surface(found.x, found.y))
    wet = (fields.h > 1e-3).values
    flooded = wet.any(axis=0) & ~first
    behind = flooded & ((found.x > HEEL) & (found.x < HILL)).values
    assert behind.sum() > 50
    assert (found.extent.values[flooded] == FLOODED).all()
    assert coasts["grid"]["flooded_km2"] == pytest.approx((found.extent == FLOODED).sum().item() * 0.04)
    deepest = fields.h.max("time").values
    assert (found.inundation_depth_max.values[behind] >= deepest[behind] - 1e-9).all()
    np.testing.assert_allclose(found.inundation_depth_max.values[behind], deepest[behind], atol=0.05)
    assert np.isnan(found.drawdown_max.values[~first]).all()
    # Waves come into the polder when its ground is first wet, to the interval of the fields and a centimetre.
    times = (
        fields.time.values / np.timedelta64(1, "s") if fields.time.dtype.kind == "m" else fields.time.values
    )
    deep = behind & (deepest > 0.02)
    when = times[np.argmax(fields.h.values > 0.01, axis=0)][deep]
    assert (np.abs(found.arrival_time.values[deep] - when) <= 2.0).all()


@pytest.mark.parametrize(
    "ratio", [2, pytest.param(3, marks=pytest.mark.long), pytest.param(5, marks=pytest.mark.long)]
)
def test_a_dike_holds_where_it_crosses_the_side_of_a_nest(tmp_path, ratio):
    """A dike of one cell of the whole grid, 5 m high, before land 1 m high, and a wave of 4 m; files are finer."""

    def bed(x, y):
        x, y = np.meshgrid(x, y)
        return np.where(x < 4000, -20.0, np.where(x < 4100, DIKE, 1.0))

    made = polder(tmp_path)
    made["bathymetry"] = {"file": str(write(tmp_path / "levee.nc", "z", bed))}
    made["grid"] |= {"spacing": 100, "nests": [{"x": [3e3, 6e3], "y": [1e3, 2e3], "ratio": ratio}]}
    made |= {"time": {"duration": 240}, "run": {"backend": "numpy", "adaptive": True}}
    made["source"] = [{"kind": "hump", "x": 1500, "y": 1500, "height": 5, "radius": 800}]
    coasts, grids = computed(made)
    assert grids["maxima"].eta_max.sel(x=slice(3500, 4000)).max() > 3.0
    assert coasts["grid"]["flooded_km2"] == 0
    for grid in grids.values():
        assert grid.eta_max.sel(x=slice(4100, None)).isnull().all()


def test_the_same_bits_on_any_number_of_ranks(tmp_path):
    made = polder(tmp_path, run={"backend": "numpy", "adaptive": True})
    made["source"].append({"kind": "hump", "x": 1500, "y": 1600, "height": 15, "radius": 1200})
    made["grid"]["nests"] = NESTS[:1]
    made["output"]["maxima"] = {"arrival_threshold": [0.01, 0.1], "variables": ["eta_max", "arrival_time"]}
    made["output"]["runup"] = {}
    (coasts, one), (others, two) = computed(made), computed(made, ranks=2)
    assert coasts == others
    for name, grid in one.items():
        assert "arrival_time_2" in grid and "arrival_time_3" not in grid
        xr.testing.assert_identical(grid.drop_attrs(), two[name].drop_attrs())


# ------------------------------------------------------------------ dry land and lakes by key


POLDER_CORNERS = [[HEEL, -1], [HILL, -1], [HILL, 3201], [HEEL, 3201]]
LAKE_CORNERS = [[7700, 900], [8700, 900], [8700, 2300], [7700, 2300]]


def geojson(path: Path, *corners) -> str:
    """A file of polygons."""
    shapes = [{"type": "Polygon", "coordinates": [[*one, one[0]]]} for one in corners]
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def mask(path: Path) -> str:
    """A file that is 1 in the polder."""
    return str(write(path, "polder", lambda x, y: (elevation(x, y) == POLDER).astype(float)))


@pytest.mark.parametrize("kind", ["corners", "geojson", "mask"])
def test_dry_land_and_lakes_by_key_are_those_of_a_state(tmp_path, kind):
    made = polder(tmp_path, source=[])
    made["grid"]["nests"] = NESTS[:1]
    dry = {
        "corners": {"polygon": POLDER_CORNERS},
        "geojson": {"file": geojson(tmp_path / "polders.geojson", POLDER_CORNERS)},
        "mask": {"file": mask(tmp_path / "mask.nc")},
    }[kind]
    made["water"] = {"dry": [dry], "lakes": [{"polygon": LAKE_CORNERS, "level": "25 m"}]}
    coasts, grids = computed(made)
    assert_at_rest(coasts, grids)
    whole = grids["maxima"]
    surface = first_surface(whole.x, whole.y)
    np.testing.assert_array_equal((whole.extent == SEA).values, np.isfinite(surface))
    np.testing.assert_array_equal(whole.eta_max, surface)


def warned(made: dict) -> list[str]:
    config = configured(made)
    return Tsunami().check(config, SerialComm()).warnings.texts


def test_a_pool_that_the_sea_does_not_reach_is_said(tmp_path):
    made = polder(tmp_path, source=[])
    (text,) = [text for text in warned(made) if "pool" in text]
    # 3.6 by 3.2 km, and 2 m deep; the lake is on land, and none as long as nobody says that there is one.
    assert text.startswith("1 pool below sea level not joined to the sea, the largest of 11.5 km2 at x ")
    assert "to 2 m deep: filled to sea level" in text and "water.dry" in text
    assert not warned(made | {"water": {"dry": [POLDER_CORNERS]}})
    assert not warned(polder(tmp_path))


def test_water_that_runs_off_at_once_is_said(tmp_path):
    made = polder(tmp_path, source=[])
    made["water"] = {"lakes": [{"polygon": LAKE_CORNERS, "level": 31}], "dry": [POLDER_CORNERS]}
    (text,) = warned(made)
    assert "the first water is not at rest: between " in text and "by up to 1 m at x" in text


@pytest.mark.parametrize(
    ("water", "words"),
    [
        ({"dry": [[[0, 0], [1, 1]]]}, "water.dry.0.polygon: has 2 corners; expected at least 3"),
        ({"dry": [[[0, 0], [9e3, 3e3], [9e3, 0], [0, 3e3]]]}, "water.dry.0: its polygon is not one (Self-inter"),
        ({"dry": [{}]}, "expected either polygon or file"),
        ({"dry": [[[2e4, 0], [2e4, 10], [3e4, 10]]]}, "water: no cell of the grid has its centre in water.dry.0"),
        ({"lakes": [{"polygon": POLDER_CORNERS}]}, "water.lakes.0.level"),
        ({"lake": []}, "water.lake: unknown key, did you mean 'lakes'"),
    ],
)  # fmt: skip
def test_bad_regions_are_explained(tmp_path, water, words):
    with pytest.raises(InputError) as raised:
        warned(polder(tmp_path, source=[], water=water))
    assert words in str(raised.value)


def test_a_file_without_polygons_is_refused(tmp_path):
    path = tmp_path / "line.geojson"
    path.write_text('{"type": "LineString", "coordinates": [[0, 0], [1, 1]]}')
    made = polder(tmp_path, source=[], water={"dry": [{"file": str(path)}]})
    with pytest.raises(InputError, match="has LineString, expected polygons"):
        warned(made)
    path.write_text("no json")
    with pytest.raises(InputError, match="is no region that can be read"):
        warned(made)


def test_a_state_and_regions_may_not_both_say_where_the_water_is(tmp_path):
    with pytest.raises(InputError, match="water and state.nc both say where all the water is"):
        warned(polder(tmp_path, water={"dry": [POLDER_CORNERS]}))


# ------------------------------------------------------------------ sources that move nothing


def slope_run(folder: Path, **more) -> dict:
    """A beach whose shore is at x = 14 km."""
    return {
        "scenario": "tsunami",
        "time": {"duration": 60},
        "grid": {"kind": "cartesian", "x": [0, 20e3], "y": [0, 2e3], "spacing": 200},
        "bathymetry": {"kind": "slope", "depth": 20, "slope": 0.005, "direction": 90},
        "source": [{"kind": "hump", "x": 18e3, "y": 1e3, "height": 5, "radius": 500}],
        "output": {"directory": str(folder / "out"), "overwrite": True},
        "run": {"backend": "numpy"},
    } | more


def test_a_source_on_dry_land_moves_no_water(tmp_path):
    made = slope_run(tmp_path)
    computed(made)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "source hump moves no water: all of it lies on dry land" in record["warnings"]
    assert record["sources"][0]["moves_water"] is False
    made["source"][0]["x"] = 13e3
    computed(made)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["sources"][0]["moves_water"] is True
    assert not any("moves no" in text for text in record["warnings"])


def test_a_grid_without_water_is_refused_whatever_the_source(tmp_path):
    with pytest.raises(
        InputError, match="there is no water on this grid, whose lowest cell is 100.0 m above it"
    ):
        warned(slope_run(tmp_path, bathymetry={"kind": "flat", "depth": -100}))


def test_walls_are_seen_by_what_is_said_of_the_first_water(tmp_path):
    """A wall instead of the dike: the polder behind it is a pool, and stays dry where it is said to be."""

    def bed(x, y):
        x, y = np.meshgrid(x, y)
        return np.where(x < SHORE, -20.0, np.where(x < HILL, POLDER, 10.0))

    made = polder(tmp_path, source=[])
    made["bathymetry"] = {"file": str(write(tmp_path / "no_dike.nc", "z", bed))}
    assert not warned(made)
    made["structures"] = [{"name": "wall", "points": [[SHORE, -100], [SHORE, 3300]], "crest": "2 m"}]
    (text,) = warned(made)
    assert text.startswith("1 pool below sea level not joined to the sea, the largest of 12.8 km2")
    made["water"] = {"dry": [[[SHORE, -1], [HILL, -1], [HILL, 3201], [SHORE, 3201]]]}
    assert not warned(made)
    coasts, grids = computed(made)
    assert_at_rest(coasts, grids)
    made["structures"][0]["crest"] = "-1 m"
    (text,) = warned(made)
    assert (
        "the first water is not at rest: between 16 pairs of cells" in text and "by up to 2 m at x 3" in text
    )
