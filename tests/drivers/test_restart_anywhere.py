"""A run that goes on elsewhere, on other ranks and another backend, is the run that was never interrupted."""

import pytest
from support.simulator import in_simulator

# From 4 ranks on NumPy to one on compiled kernels, one in the CUDA simulator, which takes no threads, and 3 on NumPy.
SCRIPT = """
import sys
from pathlib import Path

import numpy as np
from support import quakes, scenes


def sea(directory, backend):
    made = scenes.channel(directory, backend=backend, adaptive=False)
    made["grid"] |= {"x": [0, 40e3], "y": [0, 32e3], "boundary": "wall", "sponge_cells": None}
    del made["grid"]["sponge_cells"]
    made["grid"]["nests"] = [{"x": [8e3, 24e3], "y": [8e3, 24e3], "ratio": 2, "activation_threshold": None}]
    made["bathymetry"] = {"kind": "flat", "depth": 900}
    made["physics"]["dispersion"] = "serre"
    made["source"] = [{"kind": "hump", "x": 17e3, "y": 13e3, "height": 3, "radius": "9 km"}]
    made["stations"] = [{"name": "a", "x": 15e3, "y": 15e3}, {"name": "b", "x": 33e3, "y": 5e3}]
    every = {"every": 10}
    made["output"] |= {"fields": every, "checkpoint": every, "stations": every}
    made["run"]["dt"], made["time"]["duration"] = 10, 60
    return made


def ground(directory, backend):
    made = quakes.quake(directory, "coarse", backend=backend)
    made["grid"] |= {"x": [-600, 600], "y": [-400, 400], "depth": [0, 700], "boundary": {"cells": 2}}
    made["source"] = [dict(made["source"][0], x=30, y=-20, depth=230), dict(made["source"][1], x=-130, y=60)]
    for source in made["source"]:
        source["time_function"] = {"kind": "triangle", "duration": 0.05}
    made["stations"] = [{"name": "a", "x": 110, "y": 40, "depth": 70}, {"name": "b", "x": -310, "y": 240}]
    every = {"every": 0.01}
    made["output"] |= {"checkpoint": every, "fields": every, "planes": [{"name": "deep", "depth": 250, **every}]}
    made["output"]["surface_displacement"] = {**every, "low_pass": True}
    made["time"]["duration"] = 0.05
    return made


folder, kind = Path(sys.argv[1]), sys.argv[2]
scene, module = {"sea": (sea, scenes), "ground": (ground, quakes)}[kind]
wanted = module.compute(scene(folder / "whole", "numpy"))
for backend, ranks, step in (("numpy", 4, 2), ("cpu", 1, 3), ("cuda", 1, 4)):
    def end(run, clock):
        if clock.step == step:
            raise scenes.Killed
    def work(comm, made=scene(folder / "cut", backend)):
        return scenes.observed(scenes.from_dict(made), comm, end, resume=ranks == 1)
    try:
        scenes.run_ranks(ranks, work, 600)
    except scenes.Killed:
        pass
    reached = scenes.steps(folder / "cut")[-1]
    assert reached == step - 1, reached
found = module.compute(scene(folder / "cut", "numpy"), 3, resume=True)
assert all(np.abs(found[name]).max() > 0 for name in found if name.startswith("fields.") or ".q" in name)
assert len(wanted) > 30 and scenes.differing(found, wanted) == []
print("the same bits")
"""


@pytest.mark.simulator
@pytest.mark.parametrize("kind", ["sea", "ground"])
def test_other_ranks_and_another_backend_give_the_same_bits(kind, tmp_path):
    """Nested, dispersive water, and ground with attenuation."""
    assert in_simulator(SCRIPT, tmp_path, kind) == "the same bits"
