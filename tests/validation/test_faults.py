"""The faults that strike at runs: drawn by a seed, of every kind and at every moment, and told in a table."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from esim.validation.faults import __main__ as command
from esim.validation.faults.plan import CHECKPOINT, KINDS, RECORD, draw
from esim.validation.faults.process import Ended
from esim.validation.faults.report import write_report
from esim.validation.faults.scenes import SCENES
from esim.validation.faults.strike import flip_bit
from esim.validation.faults.trial import Outcome

WRITES = [Path(name) for name in [".run.lock"] * 3 + [".fields.nc", "checkpoint/.a"] * 9 + [".m.nc"] * 4 + [".run.json.p"]]  # fmt: skip # noqa: E501
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def drawn(count: int, seed: int = 1) -> list:
    return list(draw(count, seed, {scene: WRITES for scene in SCENES}))


def test_a_seed_gives_the_same_faults_of_every_kind_and_moment():
    faults = drawn(400)
    assert faults == drawn(400) != drawn(400, seed=2)
    assert {(fault.kind.name, fault.moment) for fault in faults} == {
        (kind.name, moment) for kind in KINDS for moment in kind.moments
    }
    assert {fault.scene for fault in faults} == set(SCENES)
    for fault in faults:
        if fault.moment == CHECKPOINT:
            assert fault.on == "/checkpoint/" and 1 <= fault.at <= 9
        if fault.moment == RECORD:
            assert (fault.on, fault.at) == ("run.json", 1)
        assert fault.ranks in fault.kind.ranks


def test_faults_of_one_kind_alone_can_be_drawn():
    (kind,) = [kind for kind in KINDS if kind.name == "SIGTERM twice at once"]
    faults = list(draw(20, 3, {scene: WRITES for scene in SCENES}, [kind]))
    assert {fault.kind for fault in faults} == {kind} and {fault.moment for fault in faults} == {
        *kind.moments
    }


def test_a_kind_that_is_not_there_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(["--kind", "SIGTREM"])
    assert "--kind SIGTREM: expected a part of SIGKILL of one rank, " in capsys.readouterr().err


def test_the_table_counts_what_came_of_them(tmp_path):
    first, second, third = drawn(3)
    outcomes = [
        Outcome(first, Ended(first.kind.codes[0], 1.0, ""), Ended(0, 1.0, "")),
        Outcome(second, Ended(0, 1.0, ""), late=True),
        Outcome(third, Ended(1, 1.0, "Traceback"), Ended(0, 1.0, ""), problems=["exit code 1"]),
    ]
    write_report(tmp_path / "faults.md", outcomes, seed=5)
    text = (tmp_path / "faults.md").read_text()
    assert "3 faults, seed 5: 2 as they must be, 1 not." in text
    assert f"- {third.kind.name}, {third.moment}" in text and text.rstrip().endswith("exit code 1")


def test_one_bit_of_one_file_is_flipped(tmp_path):
    import random

    before = bytes(range(200))
    (tmp_path / "a.nc").write_bytes(before)
    (tmp_path / "empty").touch()
    flip_bit(tmp_path, random.Random(3))
    after = (tmp_path / "a.nc").read_bytes()
    assert sum((x ^ y).bit_count() for x, y in zip(before, after, strict=True)) == 1


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_the_shim_strikes_at_the_write_that_is_named(tmp_path):
    """The third write below the folder fails, and all later ones; what lies elsewhere is left alone."""
    script = (
        "import os, sys\n"
        "def write(path):\n"
        "    try:\n"
        "        with open(path, 'a', buffering=1) as file: file.write('x\\n')\n"
        "    except OSError as error: print(os.path.basename(path), error.errno)\n"
        "for name in ('a', 'b', 'a', 'b'): write(sys.argv[1] + '/' + name)\n"
        "write(sys.argv[1] + '_elsewhere')\n"
    )
    folder = tmp_path / "out"
    folder.mkdir()
    environment = {"LD_PRELOAD": str(command.build_shim(tmp_path)), "FAULT_ROOT": f"{folder}/"}
    environment |= {"FAULT_AT": "3", "FAULT_DO": "28", "FAULT_LOG": str(tmp_path / "log")}
    ran = subprocess.run(
        [sys.executable, "-c", script, folder], env=environment, capture_output=True, text=True
    )
    assert ran.stdout == "a 28\nb 28\n", ran.stderr
    assert (tmp_path / "log").read_text().splitlines()[:2] == [f"{folder}/a", f"{folder}/b"]


@pytest.mark.mpi
@pytest.mark.long
@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_some_faults_are_survived(tmp_path):
    assert command.main(["--count", "3", "--seed", "1", "--output", str(tmp_path / "faults.md")]) == 0
