"""`esim gpu check`: on the simulator of CUDA it finds all right, and says that there was no GPU."""

import json
import os
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from esim.backends import select
from esim.backends.bandwidth import bandwidth
from esim.cli.main import main
from esim.errors import InputError
from esim.tools.kernel_rates import Rate
from esim.validation.gpu import equality, repeat, runs, speed
from esim.validation.gpu.report import Finding, Report, checked, gap

parts = import_module("esim.validation.gpu.check")  # the package has a function of that name


class Device:
    """A backend as far as a report asks."""

    @staticmethod
    def describe() -> dict:
        return {"device": "NVIDIA Toy 3000"}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """An empty report."""
    return Report(tmp_path, Device(), "esim gpu check")  # type: ignore[arg-type]


def written(report: Report) -> dict:
    return json.loads(report.path.with_suffix(".json").read_text())


@pytest.mark.simulator
def test_the_command_on_the_simulator(tmp_path):
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    command = [sys.executable, "-W", "ignore", "-m", "esim.cli.main", "gpu", "check", "--tiny"]
    command += ["--only", "kernels,rest,ocean,speed,sanitizer", "--output", str(tmp_path)]
    command[3:5] = ["-c", "import sys; from esim.cli.main import main; sys.exit(main(sys.argv[1:]))"]
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "gpu_cuda_simulator.json").read_text())
    assert found["complete"] and found["failed"] == 0 and found["facts"]["simulated"]
    assert {name: {one["result"] for one in part} for name, part in found["parts"].items()} == {
        "kernels": {"pass"},
        "rest": {"pass"},
        "speed": {"not there"},
        "ocean": {"pass"},
        "sanitizer": {"not there"},
    }
    # The simulator rounds as NumPy does.
    assert {one["numbers"]["ulps"] for one in found["parts"]["kernels"]} == {0.0}
    text = (tmp_path / "gpu_cuda_simulator.md").read_text()
    assert "This is Numba's CUDA simulator, not a GPU" in text and "GB/s" not in text


def test_without_a_gpu_the_command_ends_with_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setattr("esim.backends.devices.driver", lambda: None)
    assert main(["gpu", "check", "--output", str(tmp_path)]) == 4
    assert "there is no NVIDIA driver here" in capsys.readouterr().err


def test_an_unknown_part_is_named():
    with pytest.raises(InputError, match="there is no part 'spede'; expected kernels, repeat"):
        parts.check(["spede"])


# ------------------------------------------------------------------ parts and the report


def test_a_part_that_breaks_off_fails_and_keeps_what_it_found(report):
    def part():
        yield checked("one", "1", "1", True)
        raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")

    parts._run(report, "kernels", part, time.monotonic() + 60)
    assert [one["result"] for one in written(report)["parts"]["kernels"]] == ["pass", "FAIL"]
    assert "CUDA_ERROR_ILLEGAL_ADDRESS" in report.path.read_text() and report.failed == 1


def test_a_missing_package_is_a_gap(report):
    def part():
        raise ModuleNotFoundError("No module named 'pydantic'", name="pydantic")
        yield

    parts._run(report, "ocean", part, time.monotonic() + 60)
    assert [one["result"] for one in written(report)["parts"]["ocean"]] == ["not there"]
    assert report.failed == 0 and "pydantic is not installed" in report.path.read_text()


def test_time_that_is_up_ends_a_part_and_those_after_it(report):
    closed = threading.Event()

    def part():
        try:
            while True:
                yield Finding("again", "and again")
        finally:
            closed.set()

    parts._run(report, "kernels", part, time.monotonic() + 0.05)
    assert closed.is_set() and report.parts["kernels"][-1].word == "not there"
    parts._run(report, "speed", part, time.monotonic() - 1)
    assert [one.found for one in report.parts["speed"]] == ["time was up before it began"]


def test_a_goal_that_is_not_reached_is_no_failure(report):
    slow = speed._finding("elastic", Cuda(), 1000, Rate(1e10, 120, None), 3e12)
    fast = speed._finding("elastic", Cuda(), 1000, Rate(2e10, 120, 4.0), 3e12)
    assert (slow.word, fast.word) == ("not reached", "reached")
    assert "40.0 % of the floor of 120 B" in slow.found and ">= 75 %" in slow.wanted and "4 J" in fast.found
    report.parts["speed"] = [slow, gap("x|y", "none")]
    report.write(over=True)
    assert report.failed == 0 and "1 not reached, 1 not there." in report.path.read_text()
    assert report.path.name == "gpu_toy_3000.md" and "x/y" in report.path.read_text()


class Cuda:
    """A backend as far as a rate asks."""

    name, dtype = "cuda", np.dtype("float32")


def test_every_part_can_be_found():
    for name in parts.PARTS:
        assert iter(parts._part(name, True))
    assert parts.WHERE.keys() == parts.PARTS.keys()


# ------------------------------------------------------------------ what is compared


def test_ulps_are_those_of_the_largest_value_of_each_variable():
    expected = np.array([[[1.0, 1e-9]], [[1000.0, 1.0]]], np.float32)
    found = expected.copy()
    assert equality.ulps(found, expected) == 0
    found[0, 0, 1] += 3 * np.spacing(np.float32(1))
    assert equality.ulps(found, expected) == pytest.approx(3, rel=1e-2)
    found[1, 0, 1] = np.nan
    assert equality.ulps(found, expected) == float("inf")
    words = np.array([0x3F80, 0x3F00], np.uint16)
    assert equality.ulps(words + np.uint16(1), words) == 1
    never = np.array([[[1e30, 2.0]]], np.float32)
    assert equality.ulps(np.array([[[1e30, 2.0 + 2**-22]]], np.float32), never) == 1


def test_a_kernel_that_is_wrong_or_ends_its_process_fails(monkeypatch):
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    job = ["ocean", "step", "float32"]
    told = {"job": job, "ulps": 3.0, "worst": "q", "by": {"q": 3.0}}
    assert equality.judged(told).word == "pass"
    assert equality.judged(told | {"ulps": 1e6}).word == "FAIL"
    found = list(equality.process([["ocean", "no such kernel", "float32"]], True, threading.Event()))
    assert [one["job"][1] for one in found] == ["no such kernel"]
    finding = equality.judged(found[0])
    assert finding.word == "FAIL" and "KeyError" in finding.found


def test_runs_that_differ_or_do_nothing_fail():
    still = {"v": np.zeros((3, 2, 2), np.float32)}
    assert runs.compared("still", lambda backend: still, 1e-4).word == "FAIL"
    results = {"numpy": {"v": np.ones((1, 2))}, "cuda": {"v": np.array([[1.0, 1.001]])}}
    assert runs.compared("other", results.__getitem__, 1e-4).word == "FAIL"
    assert runs.compared("other", results.__getitem__, 1e-2).word == "pass"
    assert repeat.same("bits", results["cuda"], results["numpy"]).word == "FAIL"
    assert repeat.same("bits", results["cuda"], results["cuda"]).word == "pass"


@pytest.mark.parametrize(
    "name",
    repeat.KINDS,
)
def test_two_ranks_give_the_bits_of_one(name, monkeypatch):
    from functools import partial

    from esim.parallel.comm import run_ranks

    monkeypatch.setattr(repeat, "select", lambda *given: select("numpy", "float32"))
    alone = repeat._moved(select("numpy", "float32"), name, True)
    for found in run_ranks(2, partial(repeat.whole, name=name, tiny=True)):
        assert repeat.same("ranks", found, alone).word == "pass"


def test_a_lake_on_numpy_is_at_rest():
    moved, islands = runs.lake(select("numpy", "float32"), 5, (20, 30))
    assert moved == 0 and 0.05 < islands < 0.5


@pytest.mark.compile
def test_rates_are_measured_on_any_backend(monkeypatch):
    monkeypatch.setattr(
        "esim.tools.kernel_rates.best", lambda work, seconds=0.0, least=1: bool(work()) or 1.0
    )
    monkeypatch.setattr(speed, "bandwidth", lambda backend: bandwidth(backend, repeats=1))
    found = list(speed.rates(select("numpy", "float32"), 30, 16))
    names = [one.name.split(", float32")[0] for one in found]
    assert names == [
        "copy, before",
        "ocean",
        "ocean, kernel alone",
        "ocean with extremes",
        "elastic",
        "viscoelastic",
        "viscoelastic, 16 bits",
        "copy, after",
    ]
    assert all(one.numbers["cells_per_s"] > 0 for one in found[1:-1])
