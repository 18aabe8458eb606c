"""Is it said what spoils permanent displacement, and nothing where nothing does?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from esim.config import from_dict
from esim.crust.advice import static_displacement
from esim.crust.advice.static_displacement import MomentCloud, depth_error, relaxation, side_error
from esim.crust.medium.attenuation import Attenuation
from esim.drivers.seismic import Seismic
from esim.media.crust.attenuation import coarse_grained
from esim.parallel.comm import SerialComm

KEY = static_displacement.KEY


def scene() -> dict[str, Any]:
    """A quake 1 km deep in a block of 48 x 48 x 40 cells, far from layers and ground; nothing is wrong with it."""
    return {
        "scenario": "seismic",
        "time": {"duration": 1.0},
        "grid": {
            "kind": "cartesian",
            "x": [-2400, 2400],
            "y": [-2400, 2400],
            "depth": [0, 4000],
            "spacing": 100,
            "boundary": {},
        },
        "medium": {
            "kind": "layers",
            "layers": [{"top": 0, "vp": 5000, "vs": 2900, "rho": 2600, "qp": 200, "qs": 100}],
        },
        "physics": {"attenuation": "none"},
        "source": [
            {"kind": "double_couple", "x": 0, "y": 0, "depth": 1000, "strike": 30, "dip": 60, "rake": 70}
            | {"magnitude": 4.0, "time_function": {"kind": "cosine", "duration": 0.5}}
        ],
        "output": {"directory": "out", "surface_displacement": {"every": 0.5}},
    }


def remarks(change: Callable[[dict[str, Any]], object] = lambda _: None) -> list[str]:
    """Warnings about permanent displacement of the scene after a change."""
    settings = scene()
    change(settings)
    setup = Seismic().check(from_dict(settings), SerialComm())
    return [text for text in setup.warnings.texts if text.startswith(KEY)]


@pytest.mark.quick
def test_nothing_is_said_of_defaults_that_keep_it() -> None:
    assert remarks() == []
    assert remarks(lambda s: s["source"][0].update(x=900)) == [], "five cells from the layer"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s["grid"]["boundary"].update(kind="sponge"), "sponge sides (grid.boundary.x, "),
        (lambda s: s["grid"]["boundary"].update(x="wall"), "wall sides (grid.boundary.x) hold"),
        (lambda s: s["grid"]["boundary"].update(y="periodic"), "periodic sides (grid.boundary.y) repeat"),
        (lambda s: s["source"][0].update(x=1500), "100 % of the moment is released in the absorbing layers"),
        (
            lambda s: s["grid"].update(boundary={"cells": 2}) or s["source"][0].update(x=1800),
            "CPML of 2 cells",
        ),
        (lambda s: s["source"][0].update(depth=200), "within 4.5 cells of the ground"),
        (lambda s: s.update(topography={"kind": "flat", "depth": 500}), "within 6.6 cells of the ground"),
        (lambda s: s["physics"].update(attenuation="coarse"), "attenuation relaxes the moduli"),
    ],
)
def test_what_spoils_it_is_said(change: Callable[[dict[str, Any]], object], words: str) -> None:
    found = remarks(change)
    assert len(found) == 1 and words in found[0]


@pytest.mark.quick
def test_nothing_is_said_where_it_is_not_asked_for() -> None:
    def change(settings: dict[str, Any]) -> None:
        settings["grid"]["boundary"].update(kind="sponge")
        settings["output"].pop("surface_displacement")

    assert remarks(change) == []


@pytest.mark.quick
def test_advice_on_cells_is_enough() -> None:
    """As many as it names are not warned of."""

    def near(cells: int) -> Callable[[dict[str, Any]], object]:
        return lambda s: s["grid"]["boundary"].update(cells=cells) or s["source"][0].update(x=1800)

    (text,) = remarks(near(2))
    wanted = int(text.split("grid.boundary.cells: ")[1].split(",")[0])
    distance = 400 / 1000  # of the layers from the source, over its depth
    assert side_error(2, distance) > static_displacement.ALLOWED >= side_error(wanted, distance)
    assert side_error(wanted - 1, distance) > static_displacement.ALLOWED


@pytest.mark.quick
def test_size_is_the_depth_of_a_point_and_grows_with_the_area() -> None:
    point = MomentCloud(*(np.array([value]) for value in (0.0, 0.0, 5e3, 4e3, 1.0)))
    assert point.size == pytest.approx(4e3)
    a, b = (
        axis.ravel() for axis in np.meshgrid(np.linspace(-30e3, 30e3, 401), np.linspace(-10e3, 10e3, 401))
    )
    flat = MomentCloud(a, b, np.full(a.size, 4e3), np.full(a.size, 4e3), np.full(a.size, 1 / a.size))
    assert flat.size == pytest.approx(np.hypot(4e3, np.sqrt(60e3 * 20e3 / (2 * np.pi))), rel=0.01)


@pytest.mark.quick
def test_near_points_count_most_for_the_distance_of_sides() -> None:
    cloud = MomentCloud(*(np.zeros(2) for _ in range(4)), np.array([0.5, 0.5]))
    assert cloud.distance(np.array([3e3, 3e3]), 100.0) == pytest.approx(3e3)
    assert 1e3 < cloud.distance(np.array([1e3, 1e9]), 100.0) == pytest.approx(2**0.5 * 1e3)
    assert cloud.distance(np.full(2, np.inf), 100.0) == np.inf, "no layer"
    assert cloud.distance(np.array([-5e3, -5e3]), 100.0) == pytest.approx(100.0), "inside a layer"


@pytest.mark.quick
def test_errors_fall_with_cells() -> None:
    assert side_error(10, 0.5) < 0.015 < side_error(3, 0.5) < side_error(3, 0.25) == side_error(3, 0.1)
    assert side_error(10, 0.0) < static_displacement.ALLOWED, "of the default"
    assert depth_error(8, sea=True) == pytest.approx(depth_error(4, sea=True) / 4)
    assert depth_error(8, sea=True) > depth_error(8, sea=False)


@pytest.mark.quick
def test_relaxation_follows_the_law_of_constant_q() -> None:
    """Between the middle of the slowest mechanisms and the reference: 2 / (pi Q) per factor e of frequency."""
    mechanisms = coarse_grained((0.01, 1.0))
    found = relaxation(Attenuation("coarse", mechanisms, 1.0, 100.0))
    assert found == pytest.approx(2 / (np.pi * 100) * np.log(1 / 0.003), rel=0.3)
    assert relaxation(Attenuation("coarse", mechanisms, 1.0, 50.0)) == pytest.approx(2 * found, rel=0.1)
