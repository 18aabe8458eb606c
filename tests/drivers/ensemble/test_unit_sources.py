"""Do unit sources make a library, whole or not at all, whoever computes them?"""

import json
import shutil

import numpy as np
import pytest
from support.ensembles import base, write
from support.units import UNITS, basin, units

from esim.config import from_dict
from esim.drivers.ensemble.ensemble import Ensemble
from esim.drivers.run import simulate
from esim.ensemble.superposition import open_library
from esim.errors import InputError, MembersFailed
from esim.parallel.comm import SerialComm, run_ranks


def plan(ensemble) -> tuple[str, list[str]]:
    """What is said of an ensemble before it is computed, and its warnings."""
    setup = Ensemble().check(from_dict(ensemble), SerialComm())
    return "\n".join(Ensemble().describe(setup)), list(setup.warnings.texts)


def test_a_library_says_what_it_is_of_and_is_the_same_after_a_resumption(tmp_path):
    config = from_dict(units(tmp_path))
    out = simulate(config)
    first = open_library(out)
    assert first.names == ("s1", "s2") and first.stations == ("near", "far")
    assert first.values.shape == (2, 2, 13) and first.time[-1] == 120
    assert first.nonlinear_terms == "depth over the moved bed"
    inputs = json.loads(first.record.attributes["inputs"])
    assert [one["path"] for one in inputs] == [str(tmp_path / "base.yaml")] and inputs[0]["sha256"]
    about = first.record.variables["greens_function"].attributes
    assert about["units"] == "m" and about["coordinates"] == "x y"
    assert {"greens_functions.zarr", "subfaults.csv"} <= {
        path.rsplit("/", 1)[1] for path in json.loads((out / "run.json").read_text())["files"]
    }
    values = first.values
    shutil.rmtree(out / "members" / "s2")
    shutil.rmtree(out / "greens_functions.zarr")
    before = (out / "members/s1/stations.nc").stat().st_mtime_ns
    run_ranks(2, lambda comm: simulate(config, comm, resume=True))
    assert np.array_equal(open_library(out).values, values)
    assert (out / "members/s1/stations.nc").stat().st_mtime_ns == before


def test_functions_are_those_of_a_metre_whatever_the_members_slip(tmp_path):
    one, two = (
        open_library(
            simulate(from_dict(units(tmp_path / str(slip), {"slip": slip, "subfault": [40000, 20000]})))
        ).values
        for slip in (1, 2)
    )
    assert np.abs(two - one).max() < 1e-4 * np.abs(one).max()


def test_a_library_that_lacks_members_is_not_written(tmp_path, monkeypatch):
    """A unit source that fails is reported, and the next attempt makes the library."""
    from esim.drivers.ensemble import member

    compute = member._compute

    def fails(config, *others):
        if config.output.directory.name == "s2":
            raise InputError("this one fails")
        return compute(config, *others)

    config = from_dict(units(tmp_path))
    monkeypatch.setattr(member, "_compute", fails)
    with pytest.raises(MembersFailed, match="s2: this one fails"):
        simulate(config)
    out = tmp_path / "out"
    assert not (out / "greens_functions.zarr").exists()
    warnings = json.loads((out / "run.json").read_text())["warnings"]
    assert any("not written, 1 of 2 unit sources are missing; try --resume" in text for text in warnings)
    monkeypatch.undo()
    simulate(config, resume=True)
    assert len(open_library(out).names) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stations": []}, "base has no stations"),
        (
            {
                "forcing": [
                    {
                        "kind": "plane_pulse",
                        "x": 0,
                        "y": 0,
                        "amplitude": 100,
                        "speed": 300,
                        "width": 5000,
                        "direction": 90,
                    }
                ]
            },
            "base has 'forcing', whose waves would be in every member",
        ),
    ],
)
def test_a_base_without_functions_is_refused(changes, sentence, tmp_path):
    with pytest.raises(InputError, match=f"members.unit_sources: {sentence}"):
        Ensemble().check(from_dict(units(tmp_path, **changes)), SerialComm())


def test_the_plan_says_what_is_not_linear_and_where_base_differs(tmp_path):
    source = [{"kind": "okada", "kajiura": True, "faults": [UNITS["plane"] | {"rake": 90, "slip": 1}]}]
    found = units(tmp_path)
    write(tmp_path / "base.yaml", basin(source=source))
    text, warnings = plan(found)
    assert "2 (unit sources of a plane, 10 m of slip each)" in text and "length 20 km, width 20 km" in text
    assert "not linear     depth over the moved bed; a superposition is linear in slip" in text
    assert any(
        "members.unit_sources.kajiura: is false, and true in the source of base" in one for one in warnings
    )


def test_the_terms_of_a_nonlinear_base(tmp_path):
    text, _ = plan(units(tmp_path) | {"base": str(write(tmp_path / "other.yaml", base()))})
    assert "depth over the moved bed, advection, wetting and drying, friction;" in text
