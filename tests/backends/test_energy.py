"""Joules of a run: counters of processors and GPUs, stood in for, ranks that share them, and what is missing."""

import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import pytest

from esim.backends import energy
from esim.backends.energy import (
    CounterError,
    Meter,
    PowerGpu,
    Reading,
    counters_here,
    domains,
    energy_lines,
    energy_record,
    gpu,
    total,
)
from esim.cli.progress import summary
from esim.config import from_dict
from esim.drivers.run import prepared
from esim.drivers.tsunami import Tsunami
from esim.parallel.comm import SerialComm, run_ranks

REACH = 262143328850  # uJ, at which the counter of a common package wraps around


class Powercap:
    """Folders as Linux shows them, whose counters a test moves."""

    def __init__(self, folder: Path, packages: int = 1, memory: bool = True) -> None:
        self.folder = folder
        (folder / "intel-rapl").mkdir(parents=True)  # the type of control; no domain
        for n in range(packages):
            self.add(f"intel-rapl:{n}", f"package-{n}")
            self.add(f"intel-rapl:{n}:0", "core")  # part of the package
            if memory:
                self.add(f"intel-rapl:{n}:1", "dram")

    def add(self, name: str, what: str, microjoules: int = 10**6) -> None:
        (self.folder / name).mkdir()
        (self.folder / name / "name").write_text(what + "\n")
        (self.folder / name / "max_energy_range_uj").write_text(f"{REACH}\n")
        self.set(name, microjoules)

    def set(self, name: str, microjoules: int) -> None:
        new = self.folder / name / "new"
        new.write_text(f"{microjoules}\n")
        new.replace(self.folder / name / "energy_uj")  # at once: a thread may be reading it

    def move(self, **joules: float) -> None:
        """Add joules to all domains of a kind; counters begin anew as those of the machine."""
        for folder in self.folder.glob("intel-rapl:*"):
            kind = (folder / "name").read_text().strip().split("-")[0]
            if kind in joules:
                now = int((folder / "energy_uj").read_text())
                self.set(folder.name, (now + round(joules[kind] * 1e6)) % REACH)


class NVMLError(Exception):
    pass


class Nvml:
    """NVML with GPUs by bus address: joules that a test sets, or the power only."""

    NVMLError = NVMLError

    def __init__(self, *buses: str, counts: bool = True) -> None:
        self.joules = dict.fromkeys(buses, 5000.0)
        self.watts = dict.fromkeys(buses, 0.0)
        self.counts, self.lost = counts, False

    def nvmlDeviceGetHandleByPciBusId(self, bus: str) -> str:
        if bus not in self.joules:
            raise NVMLError("Not Found")
        return bus

    def nvmlDeviceGetHandleByIndex(self, n: int) -> str:
        return list(self.joules)[n]

    def nvmlDeviceGetCount(self) -> int:
        return len(self.joules)

    def nvmlDeviceGetUUID(self, bus: str) -> str:
        return f"GPU-{bus}"

    def nvmlDeviceGetTotalEnergyConsumption(self, bus: str) -> int:
        if self.lost or not self.counts:
            raise NVMLError("GPU is lost" if self.lost else "Not Supported")
        return round(self.joules[bus] * 1e3)

    def nvmlDeviceGetPowerUsage(self, bus: str) -> int:
        return round(self.watts[bus] * 1e3)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters are read every 10 ms."""
    for counter in (energy.Domain, energy.Gpu, energy.PowerGpu):
        monkeypatch.setattr(counter, "period", 0.01)


# ------------------------------------------------------------------ the processor


def test_packages_and_memories_count_but_not_their_parts(tmp_path: Path) -> None:
    machine = Powercap(tmp_path, packages=2)
    machine.add("intel-rapl:2", "psys")  # the whole platform, packages included
    machine.add("intel-rapl-mmio:0", "package-0")  # the first package once more
    with Meter(0, powercap=tmp_path) as meter:
        machine.move(package=100, dram=7, core=60, psys=300)
    told = total([meter.reading])
    assert told["by"] == {"cpu": pytest.approx(200), "dram": pytest.approx(14), "gpu": None}
    assert told["joules"] == pytest.approx(214) and told["source"] == "CPU: RAPL (2); memory: RAPL (2)"


def test_a_package_without_a_counter_of_memory(tmp_path: Path) -> None:
    machine = Powercap(tmp_path, memory=False)
    with Meter(0, powercap=tmp_path) as meter:
        machine.move(package=3)
    told = total([meter.reading])
    assert (
        told["by"] == {"cpu": pytest.approx(3), "dram": None, "gpu": None}
        and "not counted" not in told["note"]
    )


def test_a_counter_that_begins_anew(tmp_path: Path) -> None:
    machine = Powercap(tmp_path, memory=False)
    machine.set("intel-rapl:0", REACH - 10**6)
    (domain,) = domains(tmp_path)
    machine.move(package=3)
    assert domain.passed() == pytest.approx(3)
    assert domain.passed() == 0
    machine.move(package=200e3)
    assert domain.passed() == pytest.approx(200e3)
    machine.move(package=100e3)  # 300 kJ in all, more than the counter holds
    assert domain.passed() == pytest.approx(100e3)


@pytest.mark.usefixtures("soon")
def test_a_long_run_passes_the_end_of_the_counter_many_times(tmp_path: Path) -> None:
    machine = Powercap(tmp_path, memory=False)
    with Meter(0, powercap=tmp_path) as meter:
        for turn in range(4):
            machine.move(package=200e3)
            seen, give_up = (turn + 1) * 200e3, time.monotonic() + 10
            while (
                sum(j for _, _, j in meter.reading.joules.values()) < seen - 1 and time.monotonic() < give_up
            ):
                time.sleep(0.002)
    assert total([meter.reading])["joules"] == pytest.approx(800e3)


def test_no_thread_is_left_and_none_is_started_for_nothing(tmp_path: Path) -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "energy"]

    with Meter(0, powercap=tmp_path):
        assert threads() == []
    Powercap(tmp_path / "one")
    with pytest.raises(KeyError), Meter(0, powercap=tmp_path / "one"):
        assert threads() == ["energy"]
        raise KeyError
    assert threads() == []


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(61, "No data available")]
)
def test_counters_that_only_root_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    Powercap(tmp_path)
    read = Path.read_text

    def refuse(path: Path) -> str:  # the tests may be run by root, whom no file mode holds back
        if path.name == "energy_uj":
            raise error
        return read(path)

    monkeypatch.setattr(Path, "read_text", refuse)
    with Meter(0, powercap=tmp_path) as meter:
        pass
    told = total([meter.reading])
    assert told["joules"] is None and told["source"] is None
    expected = (
        rf"CPU not counted: the processor's energy counters are for root only; chmod a\+r {tmp_path}/intel-rapl:\*"
        r"/energy_uj on each node would let everybody read them"
        if isinstance(error, PermissionError)
        else r"CPU not counted: the processor's energy counter cannot be read \(.*: .*No data available\)"
    )
    assert re.fullmatch(expected, told["note"])
    assert energy_lines(energy_record(SerialComm(), meter.reading, 10, 10)) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_counter_with_the_mode_of_linux(tmp_path: Path) -> None:
    Powercap(tmp_path)
    (tmp_path / "intel-rapl:0/energy_uj").chmod(0)
    with pytest.raises(CounterError, match="root only"):
        domains(tmp_path)


@pytest.mark.usefixtures("soon")
def test_a_counter_that_vanishes_is_not_told_at_all(tmp_path: Path) -> None:
    machine = Powercap(tmp_path)
    with Meter(0, powercap=tmp_path) as meter:
        machine.move(package=100, dram=50)
        (tmp_path / "intel-rapl:0:1/energy_uj").unlink()
    told = total([meter.reading])
    assert told["by"] == {"cpu": pytest.approx(100), "dram": None, "gpu": None}
    assert "memory not counted: the processor's energy counter cannot be read" in told["note"]


def test_a_counter_that_stands_still_is_not_told(tmp_path: Path) -> None:
    machine = Powercap(tmp_path)
    with Meter(0, powercap=tmp_path) as meter:
        machine.move(package=1)
    told = total([meter.reading])
    assert told["by"]["dram"] is None and told["note"].endswith(
        "memory not counted: its counter did not move"
    )


# ------------------------------------------------------------------ the GPU


def test_a_gpu_that_counts(tmp_path: Path) -> None:
    nvml = Nvml("0000:0A:00.0", "0000:0B:00.0")
    with Meter(1, "0000:0B:00.0", tmp_path, nvml) as meter:
        nvml.joules["0000:0A:00.0"] += 1000  # of somebody else
        nvml.joules["0000:0B:00.0"] += 250.5
    told = total([meter.reading])
    assert told["by"] == {"cpu": None, "dram": None, "gpu": pytest.approx(250.5)}
    assert told["source"] == "GPU: NVML (1)"


def test_an_old_gpu_tells_its_power_only(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml, now = Nvml("bus", counts=False), [100.0]
    monkeypatch.setattr(energy.time, "perf_counter", lambda: now[0])
    nvml.watts["bus"] = 100.0
    counter = gpu("bus", nvml)
    assert isinstance(counter, PowerGpu) and counter.period <= 1
    for power, expected in ((300.0, 400.0), (300.0, 600.0), (100.0, 400.0)):
        now[0] += 2.0
        nvml.watts["bus"] = power
        assert counter.passed() == pytest.approx(expected)


@pytest.mark.usefixtures("soon")
def test_power_is_summed_up_while_the_run_goes_on(tmp_path: Path) -> None:
    nvml = Nvml("bus", counts=False)
    nvml.watts["bus"] = 400.0
    begun = time.perf_counter()
    with Meter(1, "bus", tmp_path, nvml) as meter:
        inside = time.perf_counter()
        time.sleep(0.1)
        nvml.watts["bus"] = 400.0
        least = time.perf_counter() - inside
    told = total([meter.reading])
    assert 400 * least <= told["joules"] <= 400 * (time.perf_counter() - begun)
    assert "power" in told["source"]


def test_a_gpu_that_is_not_there_or_is_lost(tmp_path: Path) -> None:
    with pytest.raises(CounterError, match=r"the GPU's energy counter cannot be read \(Not Found\)"):
        gpu("elsewhere", Nvml("bus"))
    machine, nvml = Powercap(tmp_path), Nvml("bus")
    with Meter(0, "bus", tmp_path, nvml) as meter:
        machine.move(package=5, dram=1)
        nvml.joules["bus"] += 100
        nvml.lost = True
    told = total([meter.reading])
    assert told["joules"] == pytest.approx(6) and told["by"]["gpu"] is None
    assert "GPU not counted: the GPU's energy counter cannot be read (GPU is lost)" in told["note"]


def test_without_the_package_that_reads_nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with Meter(1, "bus", tmp_path) as meter:
        pass
    assert (
        "nvidia-ml-py, which is not installed; pip install 'esim-hpc[cuda]'" in total([meter.reading])["note"]
    )


# ------------------------------------------------------------------ many ranks


def ranks_on_nodes(tmp_path: Path, nodes: int, each: int, nvml: Nvml, gpus: int) -> list[dict]:
    """Records of ranks, so many on each node; every node has its own counters, and GPUs that its ranks share."""
    machines = [Powercap(tmp_path / str(node), packages=2) for node in range(nodes)]

    def work(comm):
        node, local = divmod(comm.rank, each)
        bus = f"{node}-{local % gpus}"
        with Meter(local, bus, machines[node].folder, nvml) as meter:
            comm.barrier()
            if comm.rank == 0:
                for machine in machines:
                    machine.move(package=1000, dram=100)
                for name in nvml.joules:
                    nvml.joules[name] += 10_000
            comm.barrier()
        return energy_record(comm, meter.reading, simulated=50, updates=10**10)

    return run_ranks(nodes * each, work)


def test_packages_count_once_for_each_node_and_gpus_once_for_all_their_ranks(tmp_path: Path) -> None:
    nvml = Nvml("0-0", "0-1", "0-2", "1-0", "1-1", "1-2")  # the third one of each node is not used
    records = ranks_on_nodes(tmp_path, 2, 4, nvml, 2)
    assert all(record == records[0] for record in records)
    record = records[0]
    assert record["by"] == {k: pytest.approx(v) for k, v in (("cpu", 4000), ("dram", 400), ("gpu", 40_000))}
    assert record["joules"] == pytest.approx(44_400)
    assert record["joules_per_simulated_second"] == pytest.approx(888)
    assert record["joules_per_1e9_updates"] == pytest.approx(4440)
    assert record["source"] == "CPU: RAPL (4); memory: RAPL (4); GPU: NVML (4)"


def test_what_one_node_does_not_tell_is_not_told(tmp_path: Path) -> None:
    told = Reading({"p": ("cpu", "RAPL", 100.0), "m": ("dram", "RAPL", 10.0), "g": ("gpu", "NVML", 7.0)})
    blind = Reading({"h": ("gpu", "NVML", 8.0)}, {"cpu": "root only"})
    record = energy_record(SerialComm(), told, 0, 0)
    assert record["joules"] == 117 and record["joules_per_simulated_second"] is None
    assert record["joules_per_1e9_updates"] is None  # of a run that had nothing left to do
    both = total([told, blind])
    assert both["by"] == {"cpu": None, "dram": None, "gpu": 15} and both["joules"] == 15
    assert both["note"] == "all that ran on these nodes and GPUs is counted; CPU not counted: root only"


# ------------------------------------------------------------------ in a run


def lake(directory: Path) -> dict:
    return {
        "scenario": "tsunami",
        "time": {"duration": 600},
        "grid": {"kind": "cartesian", "x": [0, 24e3], "y": [0, 20e3], "spacing": 1000},
        "bathymetry": {"kind": "flat", "depth": 4000},
        "source": [{"kind": "hump", "x": 12e3, "y": 10e3, "radius": 4e3, "height": 1}],
        "output": {"directory": str(directory)},
        "run": {"backend": "numpy"},
    }


def finished(directory: Path) -> tuple[dict, list[str]]:
    config, driver = from_dict(lake(directory)), Tsunami()
    with prepared(driver, driver.check(config, SerialComm())) as run:
        record = run.compute()
    return record, summary(record, driver.summarize(record), run.written)


def test_a_run_tells_its_joules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Powercap(tmp_path / "sys")
    end = Meter.__exit__

    def last(meter, *error):
        machine.move(package=1500, dram=300)
        end(meter, *error)

    monkeypatch.setattr(Meter, "__exit__", last)
    monkeypatch.setattr(Meter.__init__, "__defaults__", (None, tmp_path / "sys", None))
    record, lines = finished(tmp_path / "out")
    told = json.loads((tmp_path / "out/run.json").read_text())["energy"]
    assert told == record["energy"] and told["joules"] == pytest.approx(1800)
    assert told["joules_per_simulated_second"] == pytest.approx(3)
    updates = 24 * 20 * record["steps"]
    assert told["joules_per_1e9_updates"] == pytest.approx(1800e9 / updates)
    assert any(
        re.fullmatch(
            r"energy: CPU 1.5 kJ, memory 300 J, 3 J per simulated second, \S+ J per 1e9 cell updates", line
        )
        for line in lines
    )


def test_a_run_on_a_machine_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meter.__init__, "__defaults__", (None, tmp_path / "sys", None))
    record, lines = finished(tmp_path / "out")
    told = json.loads((tmp_path / "out/run.json").read_text())
    assert told["energy"]["joules"] is None and told["energy"]["joules_per_1e9_updates"] is None
    assert told["energy"]["note"] == (
        f"CPU not counted: the processor's energy counters are not available here (no package in {tmp_path}/sys)"
    )
    assert told["warnings"] == [] and not any("energy" in line for line in lines)


# ------------------------------------------------------------------ what a machine has


def test_what_counts_energy_here(tmp_path: Path) -> None:
    assert counters_here(powercap=tmp_path) == {
        "cpu": f"the processor's energy counters are not available here (no package in {tmp_path})"
    }
    Powercap(tmp_path / "two", packages=2)
    assert counters_here(True, tmp_path / "two", Nvml("a")) == {
        "cpu": "RAPL, 2 counters",
        "dram": "RAPL, 2 counters",
        "gpu": "NVML, 1 GPU",
    }
    assert "power" in counters_here(True, tmp_path, Nvml("a", "b", counts=False))["gpu"]
    assert counters_here(True, tmp_path, Nvml())["gpu"] == "NVML sees no GPU"
