"""A coupled run is its parts by hand, in turns or side by side, on any ranks, cut off and gone on: the same bits."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from support.commands import esim_run
from support.coupled import compute, configured, march, results, scene
from support.scenes import Killed, differing, mpirun
from support.simulator import in_simulator

from esim.drivers.run import simulate
from esim.errors import InputError


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Where one rank computes in turns, without interruption."""
    return tmp_path_factory.mktemp("coupled") / "whole"


@pytest.fixture(scope="module")
def whole(directory):
    """What it computes."""
    return compute(scene(directory))


def outputs(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Without checkpoints: which ones are left depends on interruptions, and the clocks of schedules."""
    return {name: values for name, values in found.items() if "/step_" not in name}


def test_the_scene_is_worth_comparing(whole):
    """Crust, bed and water move, and the crust has ended by itself."""
    assert np.nanmax(np.abs(whole["crust/stations.vz"])) > 0.01
    assert np.nanmax(whole["ocean/maxima.eta_max"]) > 0.3
    assert np.ptp(whole["ocean/stations.eta"][np.isfinite(whole["ocean/stations.eta"])]) > 0.1
    assert whole["crust/stations.time"][-1] < 39


@pytest.mark.parametrize("ranks", [2, pytest.param(4, marks=pytest.mark.long)])
@pytest.mark.long
def test_any_ranks_in_turns(whole, ranks, tmp_path):
    found = compute(scene(tmp_path / "out"), ranks)
    assert differing(outputs(found), outputs(whole)) == []


@pytest.mark.parametrize("ranks", [2, pytest.param(3, marks=pytest.mark.long)])
def test_side_by_side(whole, ranks, tmp_path):
    made = scene(tmp_path / "out", schedule="side_by_side")
    found = compute(made, ranks)
    assert differing(outputs(found), outputs(whole)) == []
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert 1 <= record["decomposition"]["crust_ranks"] < ranks
    for part in ("crust", "ocean"):
        assert record["parts"][part]["decomposition"]["ranks"] < ranks


@pytest.mark.long
def test_by_hand_through_the_file(whole, tmp_path):
    """The two runs that run.json of the parts describe, one after the other."""
    compute(scene(tmp_path / "out"))
    for part in ("crust", "ocean"):
        made = json.loads((tmp_path / "out" / part / "run.json").read_text())["configuration"]
        made["output"]["directory"] = str(tmp_path / "hand" / part)
        if part == "ocean":
            made["source"][0]["file"] = str(tmp_path / "hand/crust/surface_displacement.nc")
        file = tmp_path / f"{part}.yaml"
        file.write_text(yaml.safe_dump(made))
        done = esim_run(file, "--quiet")
        assert done.returncode == 0, done.stderr
    assert differing(outputs(results(tmp_path / "hand")), outputs(whole)) == []


@pytest.mark.parametrize(
    ("part", "time", "ranks"),
    [
        ("crust", 10.0, 1),
        pytest.param("crust", 20.0, 3, marks=pytest.mark.long),
        pytest.param("ocean", 15.0, 3, marks=pytest.mark.long),
        pytest.param("ocean", 70.0, 3, marks=pytest.mark.long),
    ],
)
def test_cut_off_in_either_part_and_gone_on(whole, part, time, ranks, tmp_path):
    made = scene(tmp_path / "out")

    def end(clock):
        if clock.name == part and clock.time >= time:
            raise Killed

    with pytest.raises(Killed):
        march(made, end, ranks=2)
    assert not (tmp_path / "out/run.json").exists()
    assert differing(outputs(compute(made, ranks, resume=True)), outputs(whole)) == []


@pytest.mark.long
def test_a_complete_crust_is_not_computed_again(whole, tmp_path):
    """Nor may another one be taken for it."""
    made = scene(tmp_path / "out")

    def end(clock):
        if clock.name == "ocean" and clock.time > 50:
            raise Killed

    with pytest.raises(Killed):
        march(made, end)
    other = scene(tmp_path / "out")
    other["source"][0]["magnitude"] = 7.2
    with pytest.raises(
        InputError, match="crust.*is complete, of another configuration: source.0.magnitude was 7.0"
    ):
        compute(other, resume=True)
    other["output"]["overwrite"] = True  # nor where it might be computed anew: that is said without --resume
    with pytest.raises(InputError, match="of another configuration: source.0.magnitude was 7.0"):
        compute(other, resume=True)
    parts = []
    march(made, lambda clock: parts.append(clock.name), resume=True)
    assert set(parts) == {"ocean"}
    files = json.loads((tmp_path / "out/run.json").read_text())["files"]
    assert {Path(file).parent.name for file in files} == {"crust", "ocean"}
    assert differing(outputs(results(tmp_path / "out")), outputs(whole)) == []


@pytest.mark.usefixtures("whole")
def test_the_results_of_an_earlier_run_go_when_a_new_one_begins(directory, tmp_path):
    """Those of its ocean too, or a run that is cut off in the crust would be taken up with another's ocean."""
    made = scene(tmp_path / "out")
    shutil.copytree(directory, tmp_path / "out")
    with pytest.raises(InputError, match="already has a run"):
        compute(made)
    made["output"]["overwrite"] = True

    def end(clock):
        raise Killed

    with pytest.raises(Killed):
        march(made, end)
    assert not list((tmp_path / "out/ocean").glob("*.nc"))
    assert not (tmp_path / "out/ocean/run.json").exists()


@pytest.mark.usefixtures("whole")
def test_the_record_tells_of_both_parts(directory):
    record = json.loads((directory / "run.json").read_text())
    assert record["configuration"]["scenario"] == "coupled"
    assert {Path(file).parent.name for file in record["files"]} == {"crust", "ocean"}
    source = record["parts"]["ocean"]["sources"][0]
    assert source["volume_error"] < 1e-6
    assert source["largest_uplift_m"] > 0.5
    assert configured(record["configuration"]).echo() == record["configuration"]


# ------------------------------------------------------------------ methods


@pytest.mark.long
def test_the_static_method_moves_the_bed_at_once(whole, tmp_path):
    found = compute(scene(tmp_path / "out", "static"))
    assert np.array_equal(found["crust/stations.vz"], whole["crust/stations.vz"])
    uplift, kinematic = found["ocean/maxima.uplift"], whole["ocean/maxima.uplift"]
    np.testing.assert_allclose(uplift, kinematic, atol=1e-4 * np.abs(kinematic).max())
    first = found["ocean/fields.eta"][0]
    assert np.abs(first[np.abs(first) < 1e3]).max() > 0.5  # at the origin time


@pytest.mark.long
def test_the_surface_method_moves_the_water_alone(tmp_path):
    found = compute(scene(tmp_path / "out", "surface"))
    assert np.abs(found["ocean/maxima.uplift"]).max() == 0
    eta = found["ocean/maxima.eta_max"]
    assert 0.3 < eta[eta < 1e3].max() < 10


def test_the_okada_method_takes_the_fault_and_no_motion(tmp_path):
    fault = tmp_path / "fault.csv"
    fault.write_text(
        "x,y,depth,length,width,strike,dip,rake,slip,rupture_time,rise_time\n0,0,5000,9000,6000,0,30,90,1,0,4\n"
    )
    made = scene(tmp_path / "out", "okada")
    made["source"] = [{"kind": "finite_fault", "file": str(fault)}]
    made["crust"]["until"], made["crust"]["duration"], made["time"]["duration"] = None, 4.0, 20.0
    simulate(configured(made))
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["parts"]["ocean"]["sources"][0]["source"] == "fault.csv"
    assert not (tmp_path / "out/crust/surface_displacement.nc").exists()


# ------------------------------------------------------------------ real ranks, other backends


@pytest.mark.mpi
def test_side_by_side_under_mpirun(whole, tmp_path):
    made = scene(tmp_path / "out", schedule="side_by_side")
    file = tmp_path / "scene.yaml"
    file.write_text(yaml.safe_dump(made))
    done = mpirun(3, "-m", "esim.cli.run", file)
    assert done.returncode == 0, done.stderr
    assert "crust" in done.stdout and "side by side" in done.stdout
    assert differing(outputs(results(tmp_path / "out")), outputs(whole)) == []


@pytest.mark.mpi
def test_a_part_that_fails_ends_the_other(tmp_path):
    """The crust becomes unstable while the ocean waits for its motion."""
    made = scene(tmp_path / "out", schedule="side_by_side")
    made["run"]["crust"] = {"dt": 0.9}
    file = tmp_path / "scene.yaml"
    file.write_text(yaml.safe_dump(made))
    done = mpirun(2, "-m", "esim.cli.run", file)
    assert done.returncode in (2, 3), done.stderr


@pytest.mark.compile
def test_compiled_kernels_and_numpy_agree_bit_for_bit(whole, tmp_path):
    made = scene(tmp_path / "out")
    made["run"]["backend"] = "cpu"
    assert differing(outputs(compute(made)), outputs(whole)) == []


SIMULATED = """
import sys
from pathlib import Path
from support import coupled, scenes

folder = Path(sys.argv[1])

def tiny(name, backend):
    made = coupled.scene(folder / name)
    made["crust"]["duration"], made["crust"]["until"], made["time"]["duration"] = 1.0, None, 20.0
    made["crust"]["grid"] |= {"x": [-10e3, 10e3], "y": [-10e3, 10e3], "depth": [0, 17.5e3]}
    made["ocean"]["grid"] |= {"x": [-9e3, 9e3], "y": [-9e3, 9e3], "boundary": "wall"}
    del made["ocean"]["grid"]["nests"]
    made["stations"] = {"crust": [{"name": "A", "x": 3e3, "y": 0}], "ocean": [{"name": "G", "x": 3e3, "y": 1e3}]}
    del made["output"]["checkpoint"]
    made["output"]["ocean"]["fields"]["every"] = 10.0
    made["coupling"]["every"] = 0.5
    made["run"]["backend"] = backend
    return coupled.compute(made)

wrong = scenes.differing(tiny("cuda", "cuda"), tiny("numpy", "numpy"))
assert not wrong, wrong
"""


@pytest.mark.simulator
def test_the_simulator_and_numpy_agree_bit_for_bit(tmp_path):
    in_simulator(SIMULATED, tmp_path)


def test_checkpoints_of_both_parts_are_there(whole):
    assert {name.split("/")[0] for name in whole if "/step_" in name} == {"crust", "ocean"}
