"""Where a run computes, and what is said where it cannot: no driver, an old one, no GPU, few GPUs, little memory."""

import gc
import math
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from support import fake_driver, quakes, scenes, strict_arrays
from support.fake_driver import H100, SMALL

from esim.backends import array_module, devices, select
from esim.backends.devices import Choice, Gpu
from esim.backends.numpy.backend import NumpyBackend
from esim.cli.run import main
from esim.config import from_dict
from esim.config.ocean.run import OceanRunConfig
from esim.drivers import resources
from esim.drivers.resources import (
    CONTEXT,
    ON_HOST,
    Device,
    check_memory,
    explain_out_of_memory,
    select_device,
)
from esim.drivers.run import driver_of, prepared
from esim.errors import InputError, MachineError
from esim.parallel import mpi
from esim.parallel.comm import LocalComm, SerialComm, run_ranks
from esim.tools import doctor

UPPER = ("rank-2", "rank-3")  # those on a second node


@pytest.fixture
def node(monkeypatch):
    """Lets this node have a driver and cards; missing are packages that it lacks, built is the CUDA of CuPy."""

    def install(cards=(), missing=(), built=13, **more):
        found = fake_driver.libraries(cards, **more)
        monkeypatch.setattr(devices, "library", found.get)
        monkeypatch.setattr(devices, "packages_missing", lambda needed: [n for n in needed if n in missing])
        monkeypatch.setattr(devices, "cuda_of_packages", lambda: built)
        monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return install


@pytest.fixture
def bare(monkeypatch):
    """Lets this node have no driver."""
    monkeypatch.setattr(devices, "library", lambda name: None)
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)


def ranks(count, work, local=None):
    """Results of work on so many ranks of a node, or of nodes with `local` ranks each."""

    def one(comm):
        comm.local_rank, comm.local_size = comm.rank % (local or count), local or count
        return work(comm)

    return run_ranks(count, one)


# ------------------------------------------------------------------ questions


def test_gpus_are_told_with_what_is_free(node):
    node([H100, SMALL])
    assert devices.gpus() == [
        Gpu(0, "NVIDIA H100 80GB HBM3", (9, 0), 85_000_000_000, 84_000_000_000, "00" * 16),
        Gpu(1, "Small GPU", (8, 0), 2_000_000_000, 1_000_000_000, "01" * 16),
    ]
    node([H100], managed=False)  # nobody tells what is free
    assert devices.gpu(0).free == devices.gpu(0).memory


def test_versions_of_cuda_are_told_as_people_write_them():
    assert (devices.release(13000), devices.release(12040)) == ("13.0", "12.4")


def test_a_machine_without_a_driver_has_no_gpu(bare):
    assert devices.gpu_count() == 0 and devices.gpus() == [] and devices.driver() is None


# ------------------------------------------------------------------ what cannot be


def test_no_driver(bare):
    with pytest.raises(
        MachineError, match=r"cuda needs an NVIDIA GPU: there is no NVIDIA driver here .*use run"
    ):
        devices.gpu_of(0)


def test_a_driver_that_is_too_old_is_told_with_both_versions(node):
    node([H100], cuda=12040)
    said = "supports CUDA 12.4, and cupy-cuda13x needs CUDA 13.0; have driver 580 or newer installed, or pip install "
    with pytest.raises(MachineError, match=said + r"cupy-cuda12x 'numba-cuda\[cu12\]'"):
        devices.gpu_of(0)
    node([H100], cuda=12040, built=12)
    assert devices.gpu_of(0) == 0
    node([H100], cuda=11080)
    with pytest.raises(MachineError, match="supports CUDA 11.8, .* needs CUDA 13.0; have driver 580"):
        devices.gpu_of(0)


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_no_gpu_to_be_seen(node, monkeypatch, hidden):
    node([])
    with pytest.raises(MachineError, match=r"the NVIDIA driver sees no GPU; ask for one"):
        devices.gpu_of(0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    with pytest.raises(
        MachineError, match=f"CUDA_VISIBLE_DEVICES='{hidden}' leaves no GPU to be seen; unset it"
    ):
        devices.gpu_of(0)


def test_a_driver_that_does_not_start(node):
    node([H100], status=fake_driver.FOREIGN)
    with pytest.raises(MachineError, match=r"does not start \(CUDA error 999\); see what nvidia-smi says"):
        devices.gpu_of(0)


def test_packages_that_are_missing(node):
    node([H100], missing=("cupy", "numba_cuda"))
    with pytest.raises(
        MachineError, match=r"cupy and numba_cuda are not installed; pip install 'esim-hpc\[cuda\]'"
    ):
        devices.gpu_of(0)


def test_packages_are_known_by_their_import():
    assert devices.packages_missing(["numpy", "no_such_package"]) == ["no-such-package"]


def test_a_run_without_a_driver_ends_with_a_sentence_and_leaves_nothing(bare, tmp_path, capsys):
    scene = scenes.saved(scenes.channel(tmp_path / "out", backend="cuda"), tmp_path)
    assert main([str(scene)]) == MachineError.exit_code
    told = capsys.readouterr().err.strip()
    assert told.startswith("esim-run: run.backend: cuda needs an NVIDIA GPU") and "\n" not in told
    assert not (tmp_path / "out").exists()


def test_a_check_for_another_machine_warns_instead(bare, tmp_path, capsys, caplog):
    scene = scenes.channel(tmp_path / "out", backend="cuda")
    scene["output"]["checkpoint"] = None
    assert main([str(scenes.saved(scene, tmp_path)), "--check"]) == 0
    assert "memory " in capsys.readouterr().out
    assert [r.message for r in caplog.records if "NVIDIA" in r.message] == [
        "run.backend: cuda needs an NVIDIA GPU: there is no NVIDIA driver here (libcuda.so.1 is not found); run on a "
        "node with GPUs, or use run.backend: cpu (this machine's memory was not checked)"
    ]


# ------------------------------------------------------------------ auto


def test_auto_takes_a_gpu_that_can_be_used(node, bare):
    assert devices.best() == Choice("cpu")
    node([])
    assert devices.best() == Choice("cpu")
    node([H100])
    assert devices.best() == Choice("cuda")
    node([H100], missing=("cupy",))
    assert devices.best().name == "cpu"
    assert "although there is a GPU: cupy are not" not in devices.best().warning
    assert (
        "although there is a GPU: cupy is not installed; pip install 'esim-hpc[cuda]'"
        in devices.best().warning
    )
    node([H100], cuda=12080)
    assert devices.best().name == "cpu" and "supports CUDA 12.8" in devices.best().warning


def test_auto_without_a_gpu_is_the_cpu(bare):
    assert select("auto", "float32").name == "cpu"


def test_auto_is_the_same_on_all_ranks(node, monkeypatch):
    node([H100])
    place = select_device(OceanRunConfig(), SerialComm())
    assert (place.backend, place.gpu, place.warnings) == ("cuda", devices.gpu(0), ())
    answers = {"rank-0": Choice("cuda"), "rank-1": Choice("cpu")}
    monkeypatch.setattr(devices, "best", lambda: answers[threading.current_thread().name])
    places = ranks(2, lambda comm: select_device(OceanRunConfig(), comm))
    assert [place.backend for place in places] == ["cpu", "cpu"]
    assert places[0].warnings == (
        "run.backend: auto takes the CPU, as some ranks have no GPU that can be used",
    )


def test_an_error_on_one_rank_is_that_of_all(node, monkeypatch):
    node([H100])
    monkeypatch.setattr(
        devices, "require", lambda: (_ for _ in ()).throw(MachineError("run.backend: cuda needs a GPU"))
    )

    def work(comm):
        with pytest.raises(MachineError, match="cuda needs a GPU"):
            select_device(OceanRunConfig(backend="cuda"), comm)
        return True

    assert ranks(3, work) == [True] * 3


# ------------------------------------------------------------------ ranks and GPUs


def test_ranks_take_gpus_in_turn(node, monkeypatch):
    node([H100, SMALL])
    places = ranks(2, lambda comm: select_device(OceanRunConfig(backend="cuda"), comm))
    assert [(p.gpu.number, p.sharing, p.warnings) for p in places] == [(0, 1, ()), (1, 1, ())]
    monkeypatch.setattr(
        resources.platform, "node", lambda: f"node {threading.current_thread().name in UPPER}"
    )
    places = ranks(4, lambda comm: select_device(OceanRunConfig(backend="cuda"), comm), local=2)
    assert [(p.gpu.number, p.sharing, p.warnings) for p in places] == [(0, 1, ()), (1, 1, ())] * 2


def test_ranks_that_share_gpus_are_warned_of(node):
    node([H100, SMALL])
    places = ranks(5, lambda comm: select_device(OceanRunConfig(backend="cuda"), comm))
    assert [(p.gpu.number, p.sharing) for p in places] == [(0, 3), (1, 2), (0, 3), (1, 2), (0, 3)]
    assert set(places[0].warnings) == {
        "5 ranks of a node have 2 GPUs, and take them in turn: up to 3 ranks share one; start 2 on each node for the "
        "best speed"
    }


def test_ranks_that_each_see_a_gpu_of_their_own_share_none(node, monkeypatch):
    """As Slurm has it with --gpus-per-task: all see one GPU, number 0, and each another one."""
    node([H100])
    alone = devices.gpu(0)
    seen = lambda number: alone._replace(identity=threading.current_thread().name)  # noqa: E731
    monkeypatch.setattr(devices, "gpu", seen)
    places = ranks(3, lambda comm: select_device(OceanRunConfig(backend="cuda"), comm))
    assert [(p.gpu.number, p.sharing, p.warnings) for p in places] == [(0, 1, ())] * 3


# ------------------------------------------------------------------ memory


def held(free, sharing=1):
    """A place on a GPU with so many bytes free."""
    return Device("cuda", Gpu(0, "Small GPU", (8, 0), 10**10, free), sharing)


def test_device_memory_is_checked_with_what_would_fit():
    need = {"state": 4 * 10**9, "preparation": 10**5}
    check_memory(need, None, SerialComm(), held(4 * 10**9 + CONTEXT))
    with pytest.raises(InputError) as told:
        check_memory(
            need, None, SerialComm(), held(10**9 + CONTEXT), dimensions=2, savings=["run.precision: float32"]
        )
    assert str(told.value) == (
        "memory: a rank would need 4.6 GB of its GPU (state: 4 GB), and Small GPU has 1.6 GB free; use a grid.spacing "
        "2.00 times as large, about 4 GPUs, run.precision: float32 or a smaller box"
    )
    with pytest.raises(InputError, match=r"spacing 1\.59 times as large"):
        check_memory(need, None, SerialComm(), held(10**9 + CONTEXT), dimensions=3)


def test_ranks_that_share_a_gpu_share_its_memory():
    need = {"state": 4 * 10**9}
    with pytest.raises(InputError, match=r"Small GPU has 8\.6 GB free for the 2 ranks that share it"):
        check_memory(need, None, SerialComm(), held(8 * 10**9 + CONTEXT, sharing=2))
    check_memory(need, None, SerialComm(), held(8 * 10**9 + 2 * CONTEXT, sharing=2))


def test_a_limit_holds_for_the_gpu():
    with pytest.raises(
        InputError, match=r"of its GPU .*, and run\.memory_limit is 1 GB per rank; use .* 2 GPUs"
    ):
        check_memory({"state": 2 * 10**9}, 10**9, SerialComm(), held(8 * 10**9))


def test_the_host_is_checked_for_what_it_prepares():
    with pytest.raises(InputError, match=r"a rank would need 1e\+06 GB \(preparation.*the memory available"):
        check_memory({"state": 10, "preparation": 10**15}, None, SerialComm(), held(8 * 10**9))


def test_array_modules_need_their_strips(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nlcpy", strict_arrays.module("nlcpy"))
    sizes = []
    for name in ("nlcpy", "numpy"):
        setup = scenes.checked(from_dict(scenes.channel(tmp_path, backend="numpy", array_module=name)))
        sizes.append(setup.memory["strips"])
    assert sizes == [math.prod(setup.decomposition.blocks[0].allocated) * 4 * array_module.STRIP_VALUES, 0]


def test_memory_that_runs_out_is_a_machine_error():
    with pytest.raises(
        MachineError,
        match=r"^out of memory \(Out of memory allocating 512 bytes\); predicted need was .*GPUs",
    ):
        with explain_out_of_memory({"state": 10**9}):
            raise MemoryError("Out of memory allocating 512 bytes.")
    with pytest.raises(
        MachineError, match=r"^out of memory \(Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEM"
    ):
        with explain_out_of_memory({"state": 10**9}):
            raise RuntimeError("Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY")
    with pytest.raises(RuntimeError, match="^all else$"):
        with explain_out_of_memory({"state": 10**9}):
            raise RuntimeError("all else")


def predicted_and_taken(scene, ranks=1):
    """Bytes that arrays of the machine are predicted to take, and what they do after all is prepared, of all ranks."""

    def work(comm):
        config = from_dict(scene)
        setup = scenes.checked(config, comm)
        told = {name: size for name, size in setup.memory.items() if name not in (*ON_HOST, "strips")}
        with prepared(driver_of(config), setup) as run:
            comm.barrier()
            gc.collect()
            taken = strict_arrays.alive() - (run.backend._scratch.nbytes if ranks == 1 else 0)
            comm.barrier()
            run.outputs.abandon()
        return sum(told.values()), taken

    found = run_ranks(ranks, work)
    return sum(told for told, _ in found), found[0][1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"source": []},
        {
            "physics.dispersion": "serre",
            "physics.self_attraction_loading": True,
            "physics.seawater_compressibility": True,
            "run.precision": "float64",
        },
        {"grid.nests": [{"x": [-20e3, 20e3], "y": [-20e3, 20e3], "ratio": 2}]},
    ],
)
def test_the_memory_predicted_of_an_ocean_is_what_its_arrays_take(tmp_path, monkeypatch, changes):
    monkeypatch.setitem(sys.modules, "nlcpy", strict_arrays.module("nlcpy"))
    scene = scenes.channel(tmp_path, backend="numpy", array_module="nlcpy")
    for path, value in ({"grid.spacing": 1000} | changes).items():
        quakes.change(scene, path, value)
    told, taken = predicted_and_taken(scene)
    assert told == pytest.approx(taken, rel=0.1)


@pytest.mark.parametrize(
    ("ranks", "changes"),
    [
        (1, {}),
        pytest.param(1, {"physics.attenuation": "coarse"}, marks=pytest.mark.long),
        (1, {"physics.attenuation": "conventional", "run.precision": "float64"}),
        (2, {"physics.order": 8}),
        (1, {"topography": {"kind": "flat", "depth": 150}, "source": [quakes.SLIP]}),
    ],
)
def test_the_memory_predicted_of_a_crust_is_what_its_arrays_take(tmp_path, monkeypatch, ranks, changes):
    monkeypatch.setitem(sys.modules, "nlcpy", strict_arrays.module("nlcpy"))
    scene = quakes.quake(tmp_path, backend="numpy", array_module="nlcpy")
    for path, value in ({"grid.spacing": 50} | changes).items():
        quakes.change(scene, path, value)
    told, taken = predicted_and_taken(scene, ranks)
    assert told == pytest.approx(taken, rel=0.1)


def test_a_run_that_does_not_fit_ends_before_anything_is_taken(node, tmp_path, capsys):
    node([SMALL])
    scene = scenes.channel(tmp_path / "out", backend="auto")
    scene["grid"]["spacing"] = 5
    assert main([str(scenes.saved(scene, tmp_path))]) == InputError.exit_code
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("esim-run: memory: a rank would need") and "Small GPU has 1 GB free" in told
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------ array modules


def test_an_array_module_goes_with_backend_numpy(tmp_path):
    scene = scenes.channel(tmp_path, backend="cpu", array_module="cupy")
    with pytest.raises(
        InputError, match=r"run\.array_module: 'cupy' goes with run\.backend 'numpy', not with 'cpu'"
    ):
        from_dict(scene)


def test_an_array_module_that_is_not_installed(tmp_path, capsys):
    scene = scenes.saved(scenes.channel(tmp_path / "out", backend="numpy", array_module="nlcpy"), tmp_path)
    assert main([str(scene)]) == MachineError.exit_code
    said = "esim-run: run.array_module: 'nlcpy' is not installed; pip install nlcpy on a machine with vector engines"
    told = capsys.readouterr().err.strip()
    assert told.startswith(said) and "\n" not in told
    assert not (tmp_path / "out").exists()


def test_an_array_module_that_does_not_work(monkeypatch):
    def zeros(*given):
        raise RuntimeError("no device\nfound")

    monkeypatch.setitem(sys.modules, "nlcpy", SimpleNamespace(__name__="nlcpy", zeros=zeros))
    with pytest.raises(
        MachineError, match=r"'nlcpy' is installed but does not work here \(RuntimeError: no device fo"
    ):
        select("numpy", "float32", array_module="nlcpy")
    broken = strict_arrays.module("nlcpy")
    broken.zeros = lambda shape, dtype: strict_arrays.Array(np.ones(shape, dtype))
    with pytest.raises(MachineError, match="1 \\+ 1 \\+ 1 is not 3"):
        array_module.checked(broken)


def test_cupy_needs_a_gpu_and_takes_that_of_the_rank(node, bare, monkeypatch):
    with pytest.raises(
        MachineError, match="array_module: cupy needs an NVIDIA GPU: there is no NVIDIA driver"
    ):
        select("numpy", "float32", array_module="cupy")
    node([H100, SMALL], missing=("numba_cuda",))
    used, made = [], strict_arrays.module("cupy")
    made.cuda = SimpleNamespace(Device=lambda number: SimpleNamespace(use=lambda: used.append(number)))
    monkeypatch.setitem(sys.modules, "cupy", made)
    backend = select("numpy", "float32", local_rank=3, array_module="cupy")
    assert isinstance(backend, NumpyBackend) and backend.xp is made and used == [1]
    place = select_device(OceanRunConfig(backend="numpy", array_module="cupy"), SerialComm())
    assert (place.backend, place.gpu) == ("numpy", devices.gpu(0))


# ------------------------------------------------------------------ MPI and GPUs


@pytest.mark.parametrize(
    ("said", "forced", "aware"),
    [
        (True, None, True),
        (False, None, False),
        (None, None, False),
        (True, "0", False),
        (None, "1", True),
        (True, "1", True),
        (False, "trust", True),
        (False, "0", False),
    ],
)
def test_whether_mpi_takes_gpu_memory_is_asked_and_can_be_told(monkeypatch, said, forced, aware):
    monkeypatch.setattr(mpi, "library_cuda_aware", lambda: said)
    monkeypatch.delenv("ESIM_CUDA_AWARE_MPI", raising=False)
    if forced is not None:
        monkeypatch.setenv("ESIM_CUDA_AWARE_MPI", forced)
    assert mpi.cuda_aware() is aware


def test_an_mpi_that_cannot_take_gpu_memory_is_not_forced_to(node, monkeypatch):
    node([H100])
    monkeypatch.setattr(mpi, "library_cuda_aware", lambda: False)
    monkeypatch.setenv("ESIM_CUDA_AWARE_MPI", "1")

    class Asking(LocalComm):
        direct = property(lambda self: mpi.cuda_aware())

    def work(one):
        one.__class__ = Asking
        with pytest.raises(
            MachineError, match="this MPI library says that it cannot; unset it to send through pi"
        ):
            select_device(OceanRunConfig(backend="cuda"), one)
        return True

    assert ranks(2, work) == [True, True]
    assert (
        select_device(OceanRunConfig(backend="cuda"), SerialComm()).backend == "cuda"
    )  # one rank sends nothing


# ------------------------------------------------------------------ doctor


def told(findings):
    """Findings by topic."""
    return {finding.topic: finding for finding in findings}


def test_the_doctor_tells_gpus_driver_and_ranks(node):
    node([H100, SMALL])
    found = list(doctor.gpus())
    assert [finding.found for finding in found[:3]] == [
        "580.82.07, supports CUDA 13.0",
        "0: NVIDIA H100 80GB HBM3, compute capability 9.0, 85.0 GB, 84.0 GB of it free",
        "1: Small GPU, compute capability 8.0, 2.0 GB, 1.0 GB of it free",
    ]
    assert {finding.state for finding in found[:3]} == {doctor.FAST}
    assert found[-1].found == "rank n of a node takes GPU n modulo 2" and "mpirun -n 2" in found[-1].advice


def test_the_doctor_tells_why_gpus_cannot_be_used(node, bare, monkeypatch):
    monkeypatch.setattr(doctor, "_gpu_names", lambda: [])
    assert told(doctor.gpus())["GPUs"].found == "no NVIDIA driver"
    monkeypatch.setattr(doctor, "_gpu_names", lambda: ["GPU 0: NVIDIA H100"])
    assert "nvidia-smi sees GPU 0: NVIDIA H100" in told(doctor.gpus())["GPUs"].advice
    node([H100], cuda=12040, managed=False)
    found = list(doctor.gpus())
    assert found[0].found == "supports CUDA 12.4"
    last = found[-1]
    assert last.state == doctor.MISSING and last.found.startswith(
        "cannot be used: the NVIDIA driver supports CUDA 12.4"
    )
    assert last.advice.startswith("have driver 580 or newer installed, or pip install cupy-cuda12x")
    node([])
    assert told(doctor.gpus())["GPUs"].found == "cannot be used: the NVIDIA driver sees no GPU"


def test_the_doctor_tells_which_way_gpu_halos_go(monkeypatch):
    monkeypatch.delenv("ESIM_CUDA_AWARE_MPI", raising=False)
    assert doctor._cuda_aware(True, "").state == doctor.FAST
    assert "device memory" in doctor._cuda_aware(True, "").found
    assert "the library does not say so): GPU halos go through pinned" in doctor._cuda_aware(False, "").found
    monkeypatch.setenv("ESIM_CUDA_AWARE_MPI", "0")
    assert "ESIM_CUDA_AWARE_MPI=0): GPU halos go through pinned" in doctor._cuda_aware(False, "").found
    assert doctor._cuda_aware(False, "it cannot") == doctor.Finding(
        "CUDA-aware MPI", "it cannot", doctor.MISSING
    )


def test_the_doctor_tells_array_modules_and_counters():
    (modules_found,), (energy,) = doctor.array_modules(), doctor.energy()
    assert modules_found.found.startswith("numpy") and energy.found.startswith("cpu: ")


@pytest.mark.parametrize("kind", ["ocean", "crust"])
def test_memory_that_runs_out_while_arrays_are_made_ends_with_a_sentence(tmp_path, monkeypatch, capsys, kind):
    made = strict_arrays.module("nlcpy")
    zeros = made.zeros

    def few(shape, dtype):
        if math.prod(np.atleast_1d(shape)) > 1000:
            raise MemoryError("Out of memory allocating 4,096 bytes (allocated so far: 0 bytes).")
        return zeros(shape, dtype)

    made.zeros = few
    monkeypatch.setitem(sys.modules, "nlcpy", made)
    make = scenes.channel if kind == "ocean" else quakes.quake
    scene = make(tmp_path / "out", backend="numpy", array_module="nlcpy")
    assert main([str(scenes.saved(scene, tmp_path)), "--quiet"]) == MachineError.exit_code
    told = capsys.readouterr().err.strip()
    assert told.startswith(
        "esim-run: out of memory (Out of memory allocating 4,096 bytes (allocated so far: 0 bytes)"
    )
    assert "\n" not in told
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
