"""What is wrong with a coupled configuration is said at the key where it stands there, not in one of its parts."""

from collections.abc import Callable
from typing import Any

import pytest
from support.coupled import KM, THRUST, scene

from esim.config import from_dict
from esim.config.coupled.translate import DrivenBedConfig, crust_run, ocean_run
from esim.drivers.run import checked, driver_of
from esim.errors import InputError
from esim.parallel.comm import SerialComm

SEA = {"kind": "layers", "layers": [{"top": 0, "vp": 1500, "vs": 0, "rho": 1000}]}


def changed(tmp_path, change: Callable[[dict[str, Any]], Any], method: str = "kinematic") -> dict[str, Any]:
    made = scene(tmp_path / "out", method)
    change(made)
    return made


def at(*path: str, **values: Any) -> Callable[[dict[str, Any]], Any]:
    """A change of the values of a section."""

    def change(made: dict[str, Any]) -> None:
        for name in path:
            made = made.setdefault(name, {})
        made.update(values)

    return change


def test_the_parts_are_whole_runs(tmp_path):
    config = from_dict(scene(tmp_path / "out"))
    crust, ocean = crust_run(config), ocean_run(config)
    assert crust.time.duration == 40 and ocean.time.duration == 90
    assert crust.output.directory.name == "crust" and ocean.output.directory.name == "ocean"
    assert crust.output.surface_displacement.low_pass and not crust.output.surface_displacement.sea_surface
    (motion,) = ocean.source
    assert isinstance(motion, DrivenBedConfig) and motion.file.parts[-2:] == (
        "crust",
        "surface_displacement.nc",
    )
    assert config.files == ()
    assert from_dict(config.echo()) == config


def test_the_identity_of_the_ocean_does_not_depend_on_where_it_is_written(tmp_path):
    one, other = (ocean_run(from_dict(scene(tmp_path / name))) for name in ("a", "b"))
    assert one.restart_identity({}) == other.restart_identity({})
    assert one.echo()["source"] != other.echo()["source"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            at("crust", "grid", spacing=1300),
            "crust.grid.spacing: 40000 m from west to east is 30.769231 cells",
        ),
        (at("ocean", "grid", spacing=1300), "ocean.grid.spacing: 55500 m from west to east is"),
        (
            at("crust", "medium", kind="layer"),
            "crust.medium.kind: unknown kind 'layer', did you mean 'layers'?",
        ),
        (at("ocean", manning=0.1), "ocean.manning: unknown key"),
        (at("crust", duration="ten"), "crust.duration: 'ten' is not a"),
        (
            at("coupling", method="kinetic"),
            "coupling.method: 'kinetic' is not a choice here, did you mean 'kinematic'?",
        ),
        (
            at("coupling", method="static", schedule="side_by_side"),
            "coupling.schedule: side_by_side cannot be",
        ),
        (at("coupling", method="surface", kajiura=True), "coupling.kajiura: cannot be true"),
        (at("run", "ocean", adaptive=True, dt=1), "run.ocean.adaptive: cannot be true where dt fixes"),
        (at("run", dt=1), "run.dt: unknown key"),
        (
            at("output", "crust", surface_displacement={"every": 1}),
            "output.crust.surface_displacement: is written",
        ),
        (at("output", "ocean", runup={}, maxima=None), "output.ocean.runup: is derived from the maxima"),
        (at("stations", ocean=[{"name": "G", "x": 90 * KM, "y": 0}]), "stations.ocean.0.x: station 'G'"),
        (at("stations", crust=[{"name": "A", "x": 90 * KM, "y": 0}]), "stations.crust.0.x: station 'A'"),
        (
            lambda made: made["source"].append(dict(THRUST, x=90 * KM)),
            "source.1.x: source at x 90000, y -2000, depth 8000 m is outside the grid",
        ),
        (
            at("ocean", source=[{"kind": "hump", "x": 90 * KM, "y": 0, "height": 1, "radius": 9 * KM}]),
            "ocean.source.0.x: hump at x 90000",
        ),
        (
            at("coupling", method="okada"),
            "source.0.kind: 'double_couple' cannot be computed in a uniform half-space",
        ),
    ],
)
def test_bad_input_is_one_sentence_at_its_key(tmp_path, change, sentence):
    with pytest.raises(InputError) as caught:
        from_dict(changed(tmp_path, change))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (at("ocean", "grid", x=[100 * KM, 130 * KM], y=[0, 30 * KM], nests=[]), "do not overlap"),
        (
            lambda made: (made["crust"].update(medium=SEA, physics={}), made.update(source=[])),
            "rock",
        ),
        (at("coupling", method="surface"), "sea"),
    ],
)
def test_what_the_grids_show_is_found_before_anything_is_computed(tmp_path, change, sentence):
    made = changed(tmp_path, change)
    made["stations"] = {}
    config = from_dict(made)
    with pytest.raises(InputError, match=sentence):
        checked(driver_of(config), config, SerialComm())
    assert not (tmp_path / "out").exists()
