"""What esim compile has compiled is all that runs need, on one rank and on several, and it leaves no file of a run."""

import os
import subprocess
import sys

import pytest
from support import coupled, nested_scene, quakes, scenes

from esim.backends import kernel_cache
from esim.cli.main import main

CHECK = """
import sys
from esim.backends import kernel_cache
from esim.config import load
from esim.drivers.compilation import compile_scenario
from esim.drivers.run import simulate

config = load(sys.argv[1])
found = compile_scenario(config, 3)
left = [path for path in config.output.directory.rglob("*") if path.is_file()]
assert not left, left
needed = set(kernel_cache.used)
assert len(needed) == len(found.made) + len(found.found) > 4
assert set(sys.argv[2:]) <= set(found.made + found.found), found
simulate(config)
new = kernel_cache.used - needed
assert not new, new
"""


def short(scene: dict, seconds: float) -> dict:
    scene["time"]["duration"] = seconds
    return scene


SCENES = {
    "ocean": (lambda folder: short(scenes.japan(folder), 200), ["shallow_water", "uplift_bed"]),
    "nests": (lambda folder: short(nested_scene.scene(folder), 60), ["shallow_water"]),
    "crust": (lambda folder: quakes.change(quakes.quake(folder), "time.duration", 0.3), ["sweep"]),
    "coupled": (
        lambda folder: coupled.scene(folder) | {"run": {"threads": 1}},
        ["shallow_water", "sweep"],
    ),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.compile] * (name != "ocean")) for name in SCENES],
)
def test_a_run_compiles_and_loads_nothing_that_was_not_prepared(name, tmp_path):
    make, kernels = SCENES[name]
    path = scenes.saved(make(tmp_path / "out"), tmp_path)
    command = [sys.executable, "-c", CHECK, str(path), *kernels]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_wrong_input_and_a_cache_that_keeps_nothing_end_the_command(tmp_path, monkeypatch, capsys):
    assert main(["compile", str(tmp_path / "nothing.yaml")]) == 2
    assert "there is no such file" in capsys.readouterr().err
    monkeypatch.setattr(
        kernel_cache, "remarks", [f"{kernel_cache.NOT_KEPT} in /full (No space left on device)"]
    )
    path = scenes.saved(scenes.japan(tmp_path / "out"), tmp_path)
    assert main(["compile", str(path), "--set", "run.backend=numpy"]) == 4
    assert "No space left on device" in capsys.readouterr().err
