"""The water above a moving bed on a nest that cuts the source: what the filter needs lies beyond its sides."""

import numpy as np
import pytest
from support.nested import states, tree
from support.oceans import plane
from support.seafloor import at_once

from esim.grids.grid import Grid
from esim.ocean.nesting.bathymetry import nested_bathymetries
from esim.ocean.sources import seafloor_motion
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.comm import run_ranks
from esim.sources.ocean import kajiura

GRID = plane(70, 50, 2e3)
# The source lies across the east side of the first and a corner of the second, near the first's side. One-way, so that
# the parents' beds are those of the formula.
COMMON = {"activation_threshold": None, "two_way": False}
NESTS = [
    {"x": [40e3, 70e3], "y": [30e3, 66e3], "ratio": 2, **COMMON},
    {"x": [60e3, 66e3], "y": [34e3, 46e3], "ratio": 3, **COMMON},
]


def bed(x, y):
    """Land in the west; linear between centres of the whole grid's cells, so that it is the same on all grids."""
    slope = np.interp(x, [0.0, 21e3, 101e3], [900.0, 300.0, -3500.0])
    return slope[None, :] - np.interp(y, [11e3, 89e3], [0.0, 600.0])[:, None]


def block(x, y):
    """A block with steep sides, which the filter rounds off."""
    return 4.0 * ((np.abs(x - 71e3) < 14e3)[None, :] & (np.abs(y - 50e3) < 16e3)[:, None])


def surfaces(grid, nests, formula, lift, comm=None):
    """What the water of each grid has risen by, and the wider grids' beds."""
    family, _ = tree(grid, nests, formula, comm=comm)
    placed = [level.place for level in family.levels]
    beds = nested_bathymetries(
        placed, [lambda x, y: formula(x, y) + np.zeros((y.size, x.size))] * len(placed)
    )
    for level, elevation in zip(family.levels, beds, strict=True):
        around = None if level is family.root else family.root.motion
        level.motion = SeafloorMotion(
            level.ocean, [at_once(lift, kajiura=True)], elevation.with_halo, around=around
        )
        level.motion.begin()
    return {name: q[0] for name, q in states(family).items()}, beds


def everywhere(ratio, level):
    """The water that would rise in a nest's box on a grid as fine as the nest everywhere."""
    fine = plane(GRID.nx * ratio, GRID.ny * ratio, GRID.dx / ratio)
    found = surfaces(fine, [], bed, block)[0]["root"]
    (west, east), (south, north) = (
        np.round(np.array(NESTS[level][key]) / fine.dx).astype(int) for key in "xy"
    )
    return found[south:north, west:east]


@pytest.mark.parametrize(("level", "ratio"), [(0, 2), (1, 6)])
def test_the_filter_sees_beyond_the_sides_of_a_nest(level, ratio, monkeypatch):
    wanted = everywhere(ratio, level)
    found = surfaces(GRID, NESTS, bed, block)[0][f"nest{level + 1}"]
    assert np.ptp(wanted) > 1.0
    np.testing.assert_allclose(found, wanted, rtol=0, atol=4e-6)
    monkeypatch.setattr(seafloor_motion, "widen", lambda grid, *_: grid)
    mirrored = surfaces(GRID, NESTS, bed, block)[0][f"nest{level + 1}"]
    assert np.abs(mirrored - wanted).max() > 0.1


def test_water_rises_alike_on_both_sides_of_a_nest_on_the_sphere():
    """Beside the side of a nest its means over the parent's cells are what the parent has there."""
    grid = Grid("lonlat", 140.0, 36.0, 0.05, 0.05, 60, 48)
    nests = [
        {"west": 141.0, "east": 142.0, "south": 36.6, "north": 37.8, "ratio": 3, "activation_threshold": None}
    ]

    def sea(x, y):
        return -6000.0 + 0.0 * x[None, :] * y[:, None]

    def ridge(x, y):
        return 5.0 * np.exp(-(((x[None, :] - 142.06) / 0.12) ** 2) - ((y[:, None] - 37.2) / 0.4) ** 2)

    found, _ = surfaces(grid, nests, sea, ridge)
    j0, i0 = 12, 20
    means = found["nest1"].reshape(24, 3, 20, 3).mean((1, 3))
    parent = found["root"][j0 : j0 + 24, i0 : i0 + 20]
    assert parent[:, -1].max() > 2.0
    np.testing.assert_allclose(means, parent, rtol=0, atol=0.04)


@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_raise_the_same_water(ranks):
    alone = surfaces(GRID, NESTS, bed, block)[0]
    for found in run_ranks(ranks, lambda comm: surfaces(GRID, NESTS, bed, block, comm)[0]):
        for name, surface in found.items():
            np.testing.assert_array_equal(surface, alone[name])


def test_beyond_its_sides_a_nest_has_the_bed_of_those_around_it():
    beds = surfaces(GRID, NESTS, bed, block)[1]
    grid, inner = beds[2].geometry.grid, beds[2]
    # From within the whole grid, through both nests: x from 22 km to 90 km.
    x, y = grid.x(-114, 90), grid.y(-60, 84)
    np.testing.assert_allclose(inner.with_halo(x, y), bed(x, y), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(inner.with_halo(grid.x(), grid.y()), inner(grid.x(), grid.y()))
    np.testing.assert_array_equal(inner.with_halo(x, y)[60:96, 114:132], inner(grid.x(), grid.y()))
    np.testing.assert_array_equal(inner.with_halo(x[5:9], y[3:8]), inner.with_halo(x, y)[3:8, 5:9])


def test_parts_of_a_sea_share_its_reference_depths():
    whole = kajiura.reference_depths(6000.0, 300.0)
    assert set(kajiura.reference_depths(2500.0, 300.0, 6000.0)) < set(whole)
    assert 2500.0 <= kajiura.reference_depths(2500.0, 300.0, 6000.0)[-1] < 1.5 * 2500.0
    # A nest that sees a deeper hole has one more; where it is much deeper it goes by itself.
    assert kajiura.reference_depths(6500.0, 300.0, 6000.0) == [*whole, 6500.0]
    assert kajiura.reference_depths(9500.0, 300.0, 6000.0) == kajiura.reference_depths(9500.0, 300.0)
    assert kajiura.reference_depths(20.0, 300.0, 6000.0) == [0.0]
