"""What sources do is the same to the last bit on any number of threads."""

import numpy as np
import pytest
from support.oceans import plane

from esim.config.ocean.source import OkadaConfig
from esim.ocean.sources.displacement import displacement
from esim.ocean.sources.kajiura import filter_scale, smooth
from esim.parallel.comm import SerialComm
from esim.parallel.threads import on_threads
from esim.sources.ocean.build import build

GRID = plane(90, 70, 2e3)
FAULT = {
    "depth": "5 km",
    "length": "60 km",
    "width": "30 km",
    "strike": 20,
    "dip": 15,
    "rake": 90,
    "slip": "3 m",
}


def bed(x, y):
    """A slope down to 6 km, and a ridge."""
    return -6000 * x[None, :] / 180e3 + 800 * np.exp(-(((y[:, None] - 50e3) / 1e4) ** 2))


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_uplift_and_filter_do_not_depend_on_threads(threads):
    faults = [
        FAULT | {"x": 80e3, "y": 70e3},
        FAULT | {"x": 120e3, "y": 40e3, "rupture_time": 20, "rise_time": 35},
    ]
    config = OkadaConfig(kind="okada", faults=faults, kajiura=True, horizontal_on_slope=True)
    source, comm = build(config, False), SerialComm()
    box = (3, 68, 0, 90)
    fields = [displacement(comm, GRID, source, box, bed, many) for many in (1, threads)]
    np.testing.assert_array_equal(*fields)
    assert len(fields[0]) > 3 and fields[0].max() > 0.5
    scale = filter_scale(GRID, bed, box, fields[0])
    surfaces = [smooth(comm, GRID, bed, box, fields[0], scale, many) for many in (1, threads)]
    np.testing.assert_array_equal(*surfaces)
    assert np.abs(surfaces[0] - fields[0]).max() > 0.01


def test_an_error_on_a_thread_is_raised():
    def work(item):
        if item:
            raise KeyError(item)
        return item

    assert on_threads(abs, [-3, 2, -1], 2) == [3, 2, 1]
    with pytest.raises(KeyError, match="4"):
        on_threads(work, [0, 4, 5], 3)
