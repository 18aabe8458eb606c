"""Do absorbing layers know which ground guides waves against their crests?"""

import numpy as np
import pytest
from support.quakes import configured

from esim.crust.guided_waves import guiding_contrast
from esim.crust.settings import crust_settings
from esim.drivers.seismic import Seismic
from esim.media.crust.wave_speeds import Speeds
from esim.parallel.comm import Comm, SerialComm, run_ranks

FIRM = ((-500, 4000, 2000), (400, 5500, 3000), (800, 6000, 3464))  # top [m], vp, vs [m/s]
SILL = ((-500, 4000, 2000), (400, 6000, 3464), (800, 5500, 3000))
SEA = ((-500, 1500, 0), (400, 4000, 2000), (800, 6000, 3464))


def scene(layers, **more):
    names = ("top", "vp", "vs", "rho")
    return {
        "scenario": "seismic",
        "time": {"duration": 0.1},
        "grid": {
            "kind": "cartesian", "x": [0, 1000], "y": [0, 1200], "depth": [0, 1600], "spacing": 100,
            "boundary": {"cells": 3},
        },
        "medium": {"kind": "layers", "layers": [dict(zip(names, (*one, 2500), strict=True)) for one in layers]},
        "source": [],
        "stations": [],
        "output": {"directory": "unused"},
    } | more  # fmt: skip


def setup(made, comm: Comm | None = None):
    return Seismic().check(configured(made), comm or SerialComm())


@pytest.mark.parametrize(
    ("layers", "inversion", "guiding"),
    [(FIRM, 1.0, 1.0), (SILL, 3464 / 3000, 3.0), (SEA, 1.0, 4.0)],
    ids=["firm", "sill", "sea"],
)
def test_ground_guides_where_it_is_faster_than_what_lies_below(layers, inversion, guiding):
    found = setup(scene(layers))
    assert found.ground.survey.inversion == pytest.approx(inversion, abs=1e-6)
    assert crust_settings(found.config, found.ground, found.discretisation).guiding == pytest.approx(
        guiding, rel=1e-6
    )


def test_what_lies_beside_counts_as_well_on_any_rank():
    """Topography puts sea beside rock: the rock is faster than the sea in the same layer."""
    slope = {"kind": "slope", "depth": 300, "slope": 0.3, "direction": 0}
    made = scene(FIRM, topography=slope)
    found = run_ranks(3, lambda comm: setup(made, comm).ground.survey.inversion)
    assert found == [pytest.approx(3000 / 1500)] * 3


def test_contrast_and_fast_p_waves_guide_as_well():
    even = Speeds(6000.0, 2000.0, 1.7, 2.0)
    assert guiding_contrast(even, 1.0) == 1 and guiding_contrast(even, 1.05) == 3
    assert guiding_contrast(Speeds(7000.0, 2000.0, 1.7, 1.8), 1.0) == 3.5
    parts = [guiding_contrast(Speeds(6000.0, 2000.0, 1.7, ratio), 1.0) for ratio in np.linspace(2, 2.5, 5)]
    assert parts == pytest.approx(np.linspace(1, 3, 5))
