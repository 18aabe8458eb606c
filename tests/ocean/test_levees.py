"""Levees of the bathymetry's file that are narrower than a cell: told, and kept."""

import numpy as np
import pytest
import xarray as xr
from support.nested import states
from support.scenes import checked, configured
from support.walls import scene

from esim.drivers.run import driver_of, prepared, simulate
from esim.io import netcdf
from esim.parallel.comm import SerialComm, run_ranks

OBLIQUE = [(slope, ratio) for slope in (0.03, -0.2, 0.9, 1.3) for ratio in (2, 3, 4, 5)]


def polder(directory, **changes):
    """A levee two nodes of the file wide, oblique, 4 m high, between a sea with a wave and land 0.5 m above it."""
    x, y = np.arange(-50, 1551, 10.0), np.arange(-50, 1251, 10.0)
    way = 700 + 0.3 * y[:, None]
    ground = np.where(x < way, -6.0, 0.5)
    ground = np.where(np.abs(x - way) <= 12, 4.0, ground)
    directory.mkdir(exist_ok=True)
    xr.Dataset(
        {"elevation": (("y", "x"), ground, {"units": "m"})},
        {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
    ).to_netcdf(directory / "polder.nc")
    return {
        "scenario": "tsunami",
        "time": {"duration": 60},
        "grid": {"kind": "cartesian", "x": [0, 1500], "y": [0, 1200], "spacing": 100, "boundary": "wall"},
        "bathymetry": {"file": str(directory / "polder.nc")},
        "source": [{"kind": "hump", "x": 300, "y": 600, "height": 4, "radius": 300}],
        "output": {"directory": str(directory / "out"), "fields": {"every": 30, "variables": ["h", "eta"]}},
        "run": {"backend": "numpy", "precision": "float64"},
    } | changes


def test_crests_of_the_file_that_cells_do_not_have_are_told(tmp_path):
    setup = checked(configured(polder(tmp_path)))
    told = [text for text in setup.warnings.texts if text.startswith("bathymetry: crests of the file")]
    assert len(told) == 1 and "a cell of 'root' are lost at " in told[0] and "levees: 0.5 m keeps" in told[0]
    assert setup.levels[0].structures is None
    lost = float(told[0].split("up to ")[1].split(" m")[0])
    level = setup.levels[0]
    x, y = level.grid.x(), level.grid.y()
    ground = level.media.elevation(x, y)
    way = 700 + 0.3 * y[:, None]
    across = (way > x[:-1] - 12) & (way < x[1:] + 12)
    along = (700 + 0.3 * y[:-1, None] < x + 12) & (700 + 0.3 * y[1:, None] > x - 12)
    lower = [
        np.maximum(ground[:, :-1], ground[:, 1:])[across].min(),
        np.maximum(ground[:-1], ground[1:])[along].min(),
    ]
    assert lost == pytest.approx(4 - min(lower), abs=0.01) and lost > 3


@pytest.mark.parametrize("nests", [[], [{"x": [400, 1200], "y": [300, 900], "ratio": 2}]])
def test_a_levee_that_is_kept_holds_the_water_back(nests, tmp_path):
    behind = {}
    for levees in (None, 0.5):
        made = polder(tmp_path, levees=levees)
        made["grid"]["nests"] = nests
        compute_plain(made)
        behind[levees] = land_water(tmp_path / "out", "nest1" if nests else None)
    assert behind[None] > 0.1 and behind[0.5] == 0.0


def compute_plain(made):
    """Run a scene without checkpoints."""
    simulate(configured(made | {"output": made["output"] | {"overwrite": True}}), SerialComm())


def land_water(directory, nest):
    """Depth [m] of the deepest water on the land behind the levee."""
    found = 0.0
    for file in ("fields.nc", *([f"fields_{nest}.nc"] if nest else [])):
        with netcdf.LIBRARY, netcdf.read(directory / file) as data:
            x, y, h = data["x"][...], data["y"][...], np.ma.filled(data["h"][-1], 0.0)
        size = x[1] - x[0]
        found = max(found, h[(x[None, :] > 700 + 0.3 * y[:, None] + size)].max())
    return found


def test_a_grid_without_a_finer_file_has_no_levees(tmp_path):
    setup = checked(configured(scene(tmp_path, levees=0.5)))
    assert "levees: the bathymetry of 'root' is no file finer than its cells" in " ".join(
        setup.warnings.texts
    )


def test_levees_are_the_same_on_two_ranks(tmp_path):
    cfg = configured(polder(tmp_path, levees=0.5))
    alone, *_ = run_ranks(1, lambda comm: checked(cfg, comm).levels[0].structures)
    for other in run_ranks(2, lambda comm: checked(cfg, comm).levels[0].structures):
        for name in ("axis", "j", "i", "crest"):
            np.testing.assert_array_equal(getattr(other.faces, name), getattr(alone.faces, name))


@pytest.mark.parametrize(
    ("slope", "ratio"),
    [(0.3, 5), (-0.6, 3), *(pytest.param(*pair, marks=pytest.mark.long) for pair in OBLIQUE)],
)
def test_waters_on_both_sides_of_a_levee_are_at_rest_through_a_nest(slope, ratio, tmp_path):
    """Also where it crosses the sides of the nest between the centres of cells of the nest and of its parent."""
    made = polder(tmp_path, levees=0.5)
    write_levee(tmp_path / "polder.nc", slope)
    made["grid"]["nests"] = [
        {"x": [400, 1000], "y": [300, 900], "ratio": ratio, "activation_threshold": None}
    ]
    cfg = configured(made | {"source": []})
    with prepared(driver_of(cfg), checked(cfg)) as run:
        hierarchy = run.hierarchy
        for one in hierarchy.levels:
            x, y = one.ocean.grid.x(), one.ocean.grid.y()
            ground = one.ocean.own(one.ocean.bed)[0]
            surface = np.where(x[None, :] < 700 + slope * (y[:, None] - 600), 1.0, -2.0)
            zeta = np.where(ground < 0, np.maximum(surface, ground), np.maximum(surface - ground, 0))
            one.ocean.fill(zeta)
        hierarchy.begin()
        for n in range(3):
            hierarchy.step(n * 1.0, n + 1.0, 1.0)
        assert [np.abs(found[1:]).max() for found in states(hierarchy).values()] == [0.0, 0.0]
        run.outputs.abandon()


def write_levee(path, slope):
    """An oblique levee over flat ground, two or three nodes wide."""
    x, y = np.arange(-50, 1551, 5.0), np.arange(-50, 1251, 5.0)
    beside = np.abs(x - 700 - slope * (y[:, None] - 600)) / np.hypot(1, slope)
    xr.Dataset(
        {"elevation": (("y", "x"), np.where(beside <= 7, 4.0, -6.0), {"units": "m"})},
        {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
    ).to_netcdf(path)
