"""The compile gate: a few kernels pass it, and each of its checks fails for a kernel made bad on purpose."""

import ast
import importlib
import inspect
import json
import multiprocessing
import pkgutil
import types
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from support.bad_kernels import bad, plain_ptx, ptx_of, unwrapped, wrapped

import esim.drivers
import esim.kernels
from esim.backends import linker
from esim.backends.cuda import compile_check, jit
from esim.cli.main import main
from esim.errors import MachineError
from esim.kernels.crust import anelastic, cpml, elastic, free_surface, sponge
from esim.kernels.kernel import Kernel
from esim.validation.kernel_catalogue import BODIES, compiled

CRUST = (elastic, anelastic, cpml, free_surface, sponge)
needs_compiler = pytest.mark.skipif(bool(compile_check.missing()), reason=compile_check.missing())


def apart(function, *arguments):
    """Call a function in a process that is prepared as those of the gate are."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=compile_check._begin) as pool:
        return pool.submit(function, *arguments).result()


# ------------------------------------------------------------------ the catalogue


def modules() -> list[types.ModuleType]:
    """Modules of kernels."""
    names = [found.name for found in pkgutil.walk_packages(esim.kernels.__path__, "esim.kernels.")]
    return [importlib.import_module(name) for name in names]


def test_every_kernel_is_in_the_catalogue():
    known = {kernel.name for kernel in compiled().values()}
    made = {k.name for module in modules() for k in vars(module).values() if isinstance(k, Kernel)}
    assert len(made) > 20
    assert made - known == set()


def test_the_catalogue_knows_all_that_makes_kernels():
    makers = {
        f"{module.__name__}.{name}"
        for module in modules()
        for name, made in vars(module).items()
        if inspect.isfunction(made)
        and made.__module__ == module.__name__
        and inspect.signature(made).return_annotation is Kernel
    }
    used = {
        "ocean.shallow_water.step",
        "ocean.deep_water.step",
        "ocean.deep_layer.with_absorption",
        "ocean.deep_faces.flux",
        "ocean.maxima.recording",
        "ocean.absorbing_layer.with_absorption",
        "ocean.nesting.flux",
        "ocean.dispersion.load",
        "ocean.tracer.with_tracer",
        "ocean.structures.with_structures",
        "ocean.structures.without_dispersion_beside",
        "crust.elastic.kernel",
    }
    assert makers == {f"esim.kernels.{name}" for name in used}, (
        "new ones belong into validation/kernel_catalogue.py"
    )
    engines = [path for name in ("ocean", "crust") for path in (Path(esim.__path__[0]) / name).rglob("*.py")]
    for path in [*engines, *Path(esim.drivers.__path__[0]).glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Kernel")), path


def test_every_body_of_the_crust_is_in_the_catalogue():
    known = {body for group in BODIES.values() for body in group}
    bodies = {
        function
        for module in CRUST
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and list(inspect.signature(function).parameters)[:3] == ["k", "j", "i"]
        and jit._written(function)
    }
    called = {name for body in bodies for name in body.__code__.co_names}
    assert len(bodies) > 15
    assert {body for body in bodies if body.__name__ not in called} - known == set()


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("step", 28),
        ("velocity 4 plain", 52),
        ("stress 8 plain", 68),
        ("stress_relaxing 4 plain", 68 + 56),
        ("stress_relaxing_bf16 4 plain", 68 + 8 + 24),
    ],
)
def test_least_bytes_are_those_of_the_design(name, least):
    kernel = compiled()[name]
    assert compile_check.traffic(kernel).least_bytes(kernel, 4) == least


# ------------------------------------------------------------------ kernels that are good


@needs_compiler
def test_kernels_pass_and_their_figures_are_told(tmp_path, capsys):
    names = ["wall", "velocity 4 plain"]
    files = ["--json", str(tmp_path / "all.json"), "--report", str(tmp_path / "main.md")]
    assert main(["gpu", "compile", "--only", *names, "--precision", "float32", *files]) == 0
    told = capsys.readouterr().out
    assert "2 kernels" in told and "none failed" in told and "nothing ran on a GPU" in told
    found = json.loads((tmp_path / "all.json").read_text())
    assert [(f["kernel"], f["architecture"]) for f in found] == [
        (name, architecture) for name in names for architecture in compile_check.ARCHITECTURES
    ]
    velocity = found[-1]
    assert velocity["least_bytes"] == 52
    # Each value of the stencil once: 3 velocities, 4 densities, 33 stresses.
    assert velocity["loads"] == 40 and velocity["stores"] == 3
    assert velocity["bytes_of_loads"] == 43 * 4
    assert 100 < velocity["loop_instructions"] < velocity["instructions"] < 400
    assert velocity["floating"] + velocity["integer"] + velocity["memory"] <= velocity["loop_instructions"]
    assert "not measurements" in (tmp_path / "main.md").read_text()
    assert "| velocity 4 plain | float32 | sm_90 |" in (tmp_path / "main.md").read_text()


# ------------------------------------------------------------------ kernels that are bad


@needs_compiler
def test_spills_float64_in_float32_and_what_is_refused_fail():
    found = compile_check.examine(bad, precisions=["float32"], architectures=["sm_90"], processes=1)
    literal, refused, crowded = found
    assert refused.faults[0].startswith("does not compile: TypingError: ")
    assert [fault for fault in literal.faults if "float64 instructions" in fault]
    assert "bytes of registers" in crowded.faults[0] and crowded.spill_bytes > 0
    assert crowded.where == "crowded, float32, sm_90"


@needs_compiler
def test_float64_may_be_in_float64():
    left_out = [("refused", "float64"), ("crowded", "float64")]
    (found,) = compile_check.examine(bad, None, ["float64"], ["sm_80"], processes=1, left_out=left_out)
    assert found.kernel == "literal" and found.faults == ()


@needs_compiler
def test_wrapped_negative_indices_are_seen():
    assert compile_check.wraparounds(compile_check.ptx_loop(apart(plain_ptx, wrapped))) >= 3
    assert compile_check.wraparounds(compile_check.ptx_loop(apart(plain_ptx, unwrapped))) == 0


@pytest.mark.parametrize(
    "lines",
    [
        ["setp.lt.s64 \t%p1, %rd1, 0;", "selp.b64 \t%rd2, %rd9, 0, %p1;", "add.s64 \t%rd3, %rd2, %rd1;"],
        ["shr.s64 \t%rd8, %rd1, 63;", "and.b64 \t%rd2, %rd8, %rd9;", "add.s64 \t%rd3, %rd2, %rd1;"],
        ["setp.gt.s64 \t%p1, %rd1, -1;", "add.s64 \t%rd2, %rd1, %rd9;", "selp.b64 \t%rd3, %rd1, %rd2, %p1;"],
    ],
)
def test_each_way_to_write_a_wrapped_index_is_known(lines):
    rest = ["shl.b64 \t%rd4, %rd3, 2;", "add.s64 \t%rd5, %rd7, %rd4;", "ld.global.nc.f32 \t%f1, [%rd5+4];"]
    assert compile_check.wraparounds([*lines, *rest]) == 1
    # The larger of an index and zero is no such thing.
    larger = ["setp.gt.s64 \t%p1, %rd1, 0;", "selp.b64 \t%rd3, %rd1, 0, %p1;"]
    assert compile_check.wraparounds([*larger, *rest]) == 0


@needs_compiler
def test_a_wrapped_index_and_a_copy_of_a_body_fail():
    name = "velocity 4 plain"
    ptx = apart(ptx_of, name)
    said = {"registers": 40, "shared_bytes": 0, "stack_bytes": 0, "spill_bytes": 0}

    def faults(text):
        return compile_check._judge(name, compiled()[name], "float32", "sm_90", text, [], said).faults

    assert faults(ptx) == ()
    store = next(line for line in ptx.splitlines() if "st.global" in line)
    (copied,) = faults(ptx.replace(store, f"{store}\n{store}"))
    assert "4 stores" in copied and "3" in copied
    sign = "\tshr.s64 \t%rd901, %rd900, 63;\n\tand.b64 \t%rd902, %rd901, %rd899;\n\tadd.s64 \t%rd903, %rd902, %rd900;"
    address = store[store.index("[") + 1 : store.index("]")]
    (wraps,) = faults(ptx.replace(store, f"{sign}\n{store.replace(address, '%rd903')}"))
    assert "1 loads or stores of wrapped negative indices" in wraps
    (double,) = faults(ptx.replace(store, f"\tadd.f64 \t%fd1, %fd2, %fd3;\n{store}"))
    assert "1 float64 instructions" in double


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"spill_bytes": 8}, "spills 8 bytes of registers"),
        ({"stack_bytes": 16}, "uses 16 bytes of local memory"),
        ({"registers": 300}, "needs 300 registers"),
        ({"shared_bytes": 50000}, "needs 50000 bytes of shared memory"),
    ],
)
def test_what_the_assembler_says_is_judged(said, expected):
    good = {"registers": 40, "shared_bytes": 0, "stack_bytes": 0, "spill_bytes": 0}
    ptx = ".entry k()\nst.global.f32 \t[%rd1], %f1;\n"
    kernel = bad()["literal"]
    assert compile_check._judge("k", kernel, "float32", "sm_80", ptx, [], good).faults == ()
    found = compile_check._judge("k", kernel, "float32", "sm_80", ptx, [], good | said)
    assert len(found.faults) == 1 and found.faults[0].startswith(expected)
    assert bool(found.warnings) == bool({"registers", "spill_bytes"} & set(said))


def test_a_failed_kernel_is_told_in_one_line_and_by_the_exit_code(monkeypatch, capsys):
    good = {"registers": 40, "shared_bytes": 0, "stack_bytes": 0, "spill_bytes": 8}
    ptx = ".entry k()\nst.global.f32 \t[%rd1], %f1;\n"
    figures = compile_check._judge("wall", bad()["literal"], "float32", "sm_80", ptx, [], good)
    monkeypatch.setattr(compile_check, "examine", lambda *arguments: [figures])
    assert main(["gpu", "compile"]) == 1
    told = capsys.readouterr().out
    assert "FAIL: wall, float32, sm_80: spills 8 bytes of registers, 0 are allowed\n" in told
    assert "1 FAILED" in told


# ------------------------------------------------------------------ what the user may get wrong


def test_unknown_names_are_refused(capsys):
    assert main(["gpu", "compile", "--only", "nothing"]) == 2
    assert "there is no kernel 'nothing'" in capsys.readouterr().err
    assert main(["gpu", "compile", "--arch", "sm_70"]) == 2
    assert "expected sm_80 or sm_90" in capsys.readouterr().err


def test_a_missing_compiler_is_told(monkeypatch):
    monkeypatch.setattr(compile_check, "MODULES", ("numba.cuda", "no_such_package.of_compilers"))
    with pytest.raises(MachineError, match=r"no_such_package.*esim-hpc\[cuda-compile\]"):
        compile_check.examine(compiled)


def test_the_simulator_compiles_nothing(monkeypatch):
    monkeypatch.setattr(compile_check, "simulated", lambda: True)
    with pytest.raises(MachineError, match="NUMBA_ENABLE_CUDASIM"):
        compile_check.examine(compiled)


def test_arrays_of_a_kernel_are_seen_in_both_ways():
    kernel = bad()["crowded"]
    found = compile_check.traffic(kernel)
    assert found.read == {("vx", 0)} and found.written == {("vy", 0)} and found.stores == 1
    assert linker.array_names(kernel) == ["vx", "vy"]
