"""Memory that is predicted for what sources do at the start, beside what that takes."""

import tracemalloc

import pytest
from support.scenes import channel, checked, configured

from esim.ocean import memory
from esim.ocean.sources.displacement import displacement
from esim.ocean.sources.kajiura import filter_scale, smooth
from esim.parallel.comm import SerialComm

BATHYMETRY = {"kind": "flat", "depth": 6000}


def scene(directory, kajiura=True, faults=30, **grid):
    """The channel over a deep sea, with an earthquake that begins to slip again and again."""
    made = channel(directory)
    source = made["source"][0]
    fault = source["faults"][0]
    source["kajiura"] = kajiura
    source["faults"] = [
        fault | {"rupture_time": 20 * n, "rise_time": 10, "slip": 9 / faults} for n in range(faults)
    ]
    made["grid"] |= {"spacing": 1000} | grid
    made["bathymetry"] = BATHYMETRY
    made["source"] = [source]
    return made


def predicted(setup, rise=8, gpu=False):
    """Bytes of the displacements of a setup, and all that is predicted by name."""
    blocks = [level.decomposition.blocks for level in setup.levels]
    return (
        memory._displacements(setup.levels, blocks, setup.sources, rise),
        memory.predicted_memory(setup.config, setup.levels, blocks, setup.sources, 0, gpu),
    )


@pytest.mark.parametrize("kajiura", [False, True])
def test_displacements_take_what_is_predicted(tmp_path, kajiura):
    setup = checked(configured(scene(tmp_path, kajiura)))
    (level,), (source,) = setup.levels, setup.sources
    grid, elevation, comm = level.grid, level.media.elevation, SerialComm()
    box = source.region(grid)
    tracemalloc.start()
    field = displacement(comm, grid, source, box, elevation)
    if kajiura:
        field = smooth(comm, grid, elevation, box, field, filter_scale(grid, elevation, box, field))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(source.times) >= 30 and field.nbytes < peak
    assert peak <= 1.05 * predicted(setup, rise=0)[0] <= 1.6 * peak  # the filter leaves what it has freed


def test_the_filter_and_more_times_need_more(tmp_path):
    bare, filtered = (predicted(checked(configured(scene(tmp_path, k))), 0)[0] for k in (False, True))
    few = predicted(checked(configured(scene(tmp_path, False, faults=10))), 0)[0]
    assert filtered > 1.5 * bare and bare > 2.5 * few


def test_what_is_on_a_gpu_makes_no_room_on_the_host(tmp_path):
    setup = checked(configured(scene(tmp_path)))
    host, device = predicted(setup)[1], predicted(setup, gpu=True)[1]
    assert device["source displacements"] > host["source displacements"] > 0
    assert {name: size for name, size in host.items() if name != "source displacements"} == {
        name: size for name, size in device.items() if name != "source displacements"
    }
