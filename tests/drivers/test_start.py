"""What may be resumed, what is refused before anything is touched, and do all ranks compute the same run?"""

import json
import re
import threading
import time
from copy import deepcopy
from pathlib import Path

import pytest
from support import scenes
from support.commands import relief, settings, write_grid, write_sea
from support.files import contents
from support.quakes import change, compute, configured, quake
from support.scenes import but_checkpoints, differing, mpirun

from esim import __version__
from esim.cli.run import main
from esim.drivers import agreement, inputs
from esim.drivers.run import simulate
from esim.drivers.start import compare
from esim.errors import InputError, MachineError
from esim.io import checksum, provenance
from esim.io.cf import FILL
from esim.io.checkpoint.manifest import Checkpoint
from esim.parallel.comm import Comm, run_ranks


def command(config: Path, *sets: str, options: tuple[str, ...] = ()) -> int:
    """esim-run into out beside a configuration, on NumPy, with checkpoints."""
    often = "output.checkpoint={every: 60}", "run.backend=numpy"
    out = config.parent / "out"
    return main([str(config), "--quiet", "--output", str(out), *options, *settings(*often, *sets)])


# ------------------------------------------------------------------ inputs


def test_a_changed_input_is_refused_by_its_key_and_the_same_one_elsewhere_is_welcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_sea(tmp_path)
    assert command(config) == 0
    before = contents(tmp_path / "out")
    sea = (tmp_path / "sea.nc").read_bytes()
    write_grid(tmp_path / "sea.nc", relief() - 1, units="m")
    capsys.readouterr()
    assert command(config, options=("--resume",)) == 2
    error = capsys.readouterr().err
    assert f"bathymetry.file: {tmp_path}/sea.nc is not the file that it was (its checksum differs)" in error
    assert error.count("\n") == 1 and contents(tmp_path / "out") == before
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/same.nc").write_bytes(sea)
    assert command(config, f"bathymetry.file={tmp_path}/elsewhere/same.nc", options=("--resume",)) == 0
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert str(tmp_path / "elsewhere/same.nc") in [one["path"] for one in record["inputs"]]
    assert 0 < record["resumed"]["step"] < record["resumed"]["time"] < 1200


def test_inputs_are_read_once_by_all_ranks_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / name for name in "abcd"]
    for n, path in enumerate(files):
        path.write_bytes(bytes(1000 * n))
    summed: list[Path] = []

    def count(path: Path) -> dict:
        summed.append(path)
        return provenance.input_file(path)

    monkeypatch.setattr(inputs, "input_file", count)
    monkeypatch.setattr(checksum, "LARGE", 2000)
    found = run_ranks(3, lambda comm: inputs.sum_inputs(comm, files, threads=2))
    assert found[0] == found[1] == found[2] and sorted(summed) == files
    assert [sorted(one)[-1] for one in found[0]] == ["sha256", "sha256", "xxh3_128", "xxh3_128"]
    with pytest.raises(InputError, match=r"cannot read the input file .*nowhere: No such file"):
        run_ranks(2, lambda comm: inputs.sum_inputs(comm, [*files, tmp_path / "nowhere"]))


def test_copies_of_an_input_on_nodes_are_compared(tmp_path: Path) -> None:
    """Each rank is a node with a file system of its own."""

    def sums(comm: Comm, other: bytes) -> list[dict]:
        comm.local_rank = 0
        folder = tmp_path / f"node{comm.rank}"
        folder.mkdir(exist_ok=True)
        (folder / "sea.nc").write_bytes(other if comm.rank else b"sea")
        return inputs.sum_inputs(comm, [folder / "sea.nc"])

    alike = run_ranks(2, lambda comm: sums(comm, b"sea"))
    assert alike[0] == alike[1] and alike[0][0]["bytes"] == 3
    with pytest.raises(InputError, match=r"sea\.nc is another file for rank 1 than for rank 0"):
        run_ranks(2, lambda comm: sums(comm, b"sand"))


# ------------------------------------------------------------------ what may be another


@pytest.mark.long
def test_a_longer_run_with_more_stations_and_outputs_goes_on_bit_for_bit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The new ones begin where the run is resumed; all else is that of a run which was longer from the start."""

    def scene(name: str) -> dict:
        made = change(quake(tmp_path / name), "time.duration", 0.06)
        made["stations"], made["output"]["planes"] = made["stations"][:2], made["output"]["planes"][:1]
        made["source"] = [made["source"][0] | {"time_function": {"kind": "triangle", "duration": 0.1}}]
        made["output"] |= {"checkpoint": {"every": 0.03}, "fields": None}
        made["output"]["planes"][0]["every"] = made["output"]["surface_displacement"]["every"] = 0.01
        return made

    compute(scene("cut"))
    wanted = compute(change(scene("whole"), "time.duration", 0.1))
    longer = change(scene("cut"), "time.duration", 0.1)
    longer["stations"] = [{"name": "new", "x": 120, "y": -60}, *longer["stations"]]
    longer["output"]["planes"].append({"name": "below", "depth": 800, "every": 0.01})
    longer["output"]["fields"] = {"every": 0.01}
    found = compute(longer, 2, resume=True)
    series = {name for name in wanted if name.startswith("stations.") and wanted[name].ndim == 2}
    for name in series:
        assert found[name][1:].tobytes() == wanted[name].tobytes(), name
        unknown = found[name][0] == FILL
        assert unknown[1] and not unknown[-1], name
    # Times are sums of steps that fit the duration, the same but for the last digits.
    kept = {name: values for name, values in but_checkpoints(wanted).items() if not name.endswith(".time")}
    rest = {name: found[name] for name in kept if not name.startswith("stations.")}
    assert len(rest) > 15 and differing(rest, {name: kept[name] for name in rest}) == []
    assert 0 < found["fields.step"][0] < found["fields.step"][-1] == wanted["plane_across.step"][-1]
    assert list(found["plane_below.step"]) == list(found["fields.step"])
    for text in ("output.planes.below begins at", "output.fields begins at", "stations: 'new' begin at"):
        assert text in caplog.text
    fewer = change(longer, "output.planes", longer["output"]["planes"][1:])
    with pytest.raises(InputError, match=r"output\.planes\.across was a mapping, is null"):
        simulate(configured(fewer), resume=True)


MADE = {
    "time": {"duration": 100.0},
    "bathymetry": {"file": "sha256 1"},
    "output": {"maxima": None, "fields": None, "surface_displacement": None, "planes": {"a": {"every": 1}}},
    "source": [{"slip": 3}],
}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("time.duration", 99.0, "time.duration was 100.0, is 99.0"),
        ("bathymetry.file", "xxh3_128 2", "bathymetry.file: sea.nc is not the file that it was"),
        ("source.0.slip", 30, "source.0.slip was 3, is 30"),
        ("output.planes.a.every", 2, "output.planes.a.every was 1, is 2"),
        ("output.planes.a.significant_bits", 9, "output.planes.a.significant_bits was null, is 9"),
        ("output.maxima", {"variables": ["pgv"]}, "output.maxima was null, is a mapping"),
        # Nobody has followed the ground from the beginning.
        ("output.surface_displacement", {"every": 1}, "output.surface_displacement was null, is a mapping"),
    ],
)
def test_what_differs_from_the_checkpoint_is_named(key: str, value: object, told: str) -> None:
    about = {"configuration": MADE, "time": [9, 0], "version": "0.0"}
    checkpoint = Checkpoint(Path("out/checkpoint/step_9"), 9, about, {}, [], {})
    now, files = change(deepcopy(MADE), key, value), {"bathymetry.file": Path("sea.nc")}
    longer = deepcopy(MADE) | {"time": {"duration": 101.0}}
    remark = f"out/checkpoint/step_9 was written by esim 0.0, this is {__version__}"
    assert compare(checkpoint, longer, files) == [remark]
    with pytest.raises(InputError, match=f"belongs to another configuration: {re.escape(told)}"):
        compare(checkpoint, now, files)


# ------------------------------------------------------------------ the directory


def fail(*_: object) -> None:
    raise MachineError("out of memory")


def test_a_run_does_not_remove_what_it_reads_nor_what_others_have_put_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_sea(tmp_path)
    fields = "output.fields={every: 60, variables: [eta, u, v]}"
    assert command(config, fields) == 0
    out, state = tmp_path / "out", f"source=[{{kind: state, file: {tmp_path}/out/fields.nc, time: 60}}]"
    (out / "fields_bathy.nc").write_text("of somebody else")
    before = contents(tmp_path)
    capsys.readouterr()
    assert command(config, fields, state, "output.overwrite=true") == 2
    assert f"source.0.file: {out}/fields.nc is fields.nc of the run in" in capsys.readouterr().err
    with monkeypatch.context() as patch:  # nothing is lost where the new run does not come to its first file
        patch.setattr("esim.drivers.tsunami.build_hierarchy", fail)
        assert command(config, "output.overwrite=true") == 4
    assert contents(tmp_path) == before
    assert command(config, "output.overwrite=true", "output.fields=null") == 0
    assert (out / "fields_bathy.nc").exists() and not (out / "fields.nc").exists()
    assert not (out / ".run_files.json").exists()


def test_a_finished_run_without_its_snapshots_leaves_no_stump(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, fields = write_sea(tmp_path), "output.fields={every: 30}"
    assert command(config, fields) == 0
    (tmp_path / "out/fields.nc").rename(tmp_path / "archive.nc")
    before = contents(tmp_path)
    capsys.readouterr()
    assert command(config, fields, options=("--resume",)) == 2
    error = capsys.readouterr().err
    assert (
        "no checkpoint in" in error and "out/fields.nc, where the end of a run puts it, is not there" in error
    )
    assert contents(tmp_path) == before
    (tmp_path / "archive.nc").rename(tmp_path / "out/fields.nc")
    assert command(config, fields, options=("--resume",)) == 0


# ------------------------------------------------------------------ all ranks


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"configuration": {"physics": {"manning": 0.2}}},
            "physics.manning is 0.02 on rank 0 and 0.2 on rank 2",
        ),
        ({"resume": True}, "option --resume is false on rank 0 and true on rank 2"),
        ({"version": "9"}, "version numpy is '8' on rank 0 and '9' on rank 2"),
        ({"error": "a.yaml:3: no"}, "rank 2 fails with 'a.yaml:3: no'"),
    ],
)
def test_ranks_that_differ_are_told_in_one_sentence(
    other: dict, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own() -> dict:
        return other if threading.current_thread().name == "rank-2" else {}

    monkeypatch.setattr(agreement, "versions", lambda: {"numpy": own().get("version", "8")})

    def work(comm: Comm) -> str:
        configuration = own().get("configuration", {"physics": {"manning": 0.02}})
        failed = InputError(own()["error"]) if "error" in own() else None
        with pytest.raises(InputError) as error:
            agreement.require_agreement(comm, failed or configuration, {"resume": own().get("resume", False)})
        return str(error.value)

    assert run_ranks(3, work) == 3 * [f"ranks 0 and 2 of 3 do not compute the same run: {sentence}"]


@pytest.mark.mpi
def test_ranks_with_other_files_or_options_end_at_once_with_2(tmp_path: Path) -> None:
    """Each rank changes its own configuration, or its options, by its number."""
    config = write_sea(tmp_path)
    (tmp_path / "other.yaml").write_text(config.read_text().replace("20 min", "21 min"))
    (tmp_path / "wrong.yaml").write_text(config.read_text().replace("duration", "durration"))
    script = tmp_path / "each.py"
    script.write_text(
        "import os, sys\nfrom esim.cli.run import main\n"
        "sys.exit(main(sys.argv[1 + int(os.environ['PMI_RANK'])].split()))"
    )
    for second, told in (
        ("other.yaml", "time.duration is 1200.0 on rank 0 and 1260.0 on rank 1"),
        ("wrong.yaml", "rank 1 fails with "),
        ("sea.yaml --nonsense", "rank 1 fails with 'unrecognized arguments: --nonsense; "),
        ("sea.yaml --resume", "option --resume is false on rank 0 and true on rank 1"),
    ):
        begun = time.monotonic()
        ran = mpirun(2, script, f"{config} --quiet", f"{tmp_path}/{second} --quiet")
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1) and told in ran.stderr, ran.stderr
        assert time.monotonic() - begun < 60 and not (tmp_path / "out").exists()


def test_an_error_before_the_first_step_leaves_no_file(tmp_path, monkeypatch):
    """Such as a full disk under the first snapshot."""

    def full(*_):
        raise MachineError("cannot write the first snapshot: no space")

    monkeypatch.setattr("esim.drivers.tsunami._begin", full)
    config = scenes.configured(scenes.channel(tmp_path))
    with pytest.raises(MachineError, match="first snapshot"):
        simulate(config)
    assert not [path for path in config.output.directory.rglob("*") if path.is_file()]
