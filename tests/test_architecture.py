"""What only a test can say of imports and bodies; who may import whom is in the contracts of pyproject.toml."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
LINKS = ("kernels", "drivers", "configs", "jobscripts", "validation")
HEAVY = (
    "matplotlib",
    "xarray",
    "dask",
    "pooch",
    "scipy",
    "pyproj",
    "obspy",
    "nbformat",
    "nbclient",
    "IPython",
)

pytestmark = pytest.mark.skipif(
    not (TOP / "kernels").is_dir(), reason="needs a checkout, not an installation"
)


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of esim by its path below the checkout, links as real folders."""
    found = {}
    for path in sorted((TOP / "esim").rglob("*.py")):
        found[str(path.relative_to(TOP))] = ast.parse(path.read_text())
    for name in LINKS:
        for path in sorted((TOP / name).rglob("*.py")):
            found[f"esim/{path.relative_to(TOP)}"] = ast.parse(path.read_text())
    return found


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """A thousand trees would make the rest of a session slow, whenever Python looks for garbage."""
    yield
    sources.cache_clear()


def imported(node: ast.AST) -> Iterator[str]:
    """Full names that an import statement brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports hide who imports whom"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(path: str, everywhere: bool = True) -> set[str]:
    """Names imported in a module, or only those imported as soon as it is."""
    tree = sources()[path]
    nodes = ast.walk(tree) if everywhere else at_once(tree)
    return {name for node in nodes for name in imported(node)}


def at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not in functions, nor under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from at_once(node)


def within(name: str, packages: tuple[str, ...] | list[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


@pytest.mark.skipif(
    not (TOP / ".git").exists(), reason="needs a checkout: a source distribution has no links"
)
def test_the_links_are_there():
    assert len(sources()) > 60
    for name in LINKS:
        link = TOP / "esim" / name
        assert link.is_symlink() and link.readlink() == Path("..") / name
        assert link.resolve() == TOP / name and (TOP / name).is_dir()


def offenders(
    packages: str | tuple[str, ...], banned: tuple[str, ...], everywhere: bool = True
) -> dict[str, list[str]]:
    """Modules of packages (paths begin with these) that import what they must not, and what that is."""
    paths = [path for path in sources() if path.startswith(packages)]
    assert paths, packages
    found = {path: [n for n in imports(path, everywhere) if within(n, banned)] for path in paths}
    return {path: names for path, names in found.items() if names}


def test_kernels_import_kernels_only():
    found = {}
    for path in (path for path in sources() if path.startswith("esim/kernels/")):
        allowed = ["esim.kernels", "typing", "types", "collections.abc"]
        if path.endswith(("/scalar.py", "/ocean/state.py")):
            allowed.append("numpy")  # the scalar functions are NumPy's; constants are cast to its types
        found[path] = [name for name in imports(path) if not within(name, allowed)]
    assert len(found) > 10 and {path: names for path, names in found.items() if names} == {}


def test_numpy_is_not_used_in_cell_bodies():
    for path, function in bodies():
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        assert "np" not in names, f"{path}: {function.name}"


def test_mpi_is_loaded_only_when_it_is_asked_for():
    assert offenders("esim/parallel/mpi.py", ("mpi4py",), everywhere=False) == {}


def test_heavy_libraries_are_imported_where_they_are_used():
    assert offenders("esim/", HEAVY, everywhere=False) == {}


def test_the_top_level_folders_are_never_imported_by_their_short_names():
    assert offenders("esim/", LINKS) == {}
    for path in (TOP / "tests").rglob("*.py"):
        names = {n for node in ast.walk(ast.parse(path.read_text())) for n in imported(node)}
        assert not [name for name in names if within(name, LINKS)], path


# ------------------------------------------------------------------ bodies


def bodies() -> Iterator[tuple[str, ast.FunctionDef]]:
    """All cell bodies, and the plain functions beside them that take the constants p."""
    for path, tree in sources().items():
        if path.startswith("esim/kernels/"):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    arguments = [a.arg for a in node.args.args]
                    if arguments[:2] == ["j", "i"] or "p" in arguments:
                        yield path, node


def test_bodies_hold_no_bare_float():
    found = [(path, body.name) for path, body in bodies()]
    assert len(found) > 15
    for path, body in bodies():
        floats = [
            n.value for n in ast.walk(body) if isinstance(n, ast.Constant) and isinstance(n.value, float)
        ]
        assert floats == [], f"{path}: {body.name} has {floats}: in float32 they would compute in float64"


def test_bodies_have_no_branches_or_loops():
    banned = (ast.If, ast.IfExp, ast.For, ast.While, ast.BoolOp, ast.Try, ast.Pow)
    for path, body in bodies():
        assert not [node for node in ast.walk(body) if isinstance(node, banned)], f"{path}: {body.name}"


def test_an_index_in_a_body_is_a_whole_offset():
    """Bodies see j and i only as indices with whole offsets, so that a backend may put anything in their place."""
    for path, body in bodies():
        inside = {
            id(name)
            for sub in ast.walk(body)
            if isinstance(sub, ast.Subscript)
            for name in ast.walk(sub.slice)
        }
        handed = {id(a) for call in ast.walk(body) if isinstance(call, ast.Call) for a in call.args}
        for name in ast.walk(body):
            if isinstance(name, ast.Name) and name.id in ("j", "i"):
                assert id(name) in inside | handed, f"{path}: {body.name}"


# ------------------------------------------------------------------ what importing costs


def fresh(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


ALL = """
import importlib, pkgutil, sys, esim
for module in pkgutil.walk_packages(esim.__path__, "esim."):
    if module.name not in ("esim.cli.run.__main__", "esim.backends.cuda"):
        importlib.import_module(module.name)
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("kernels", "drivers", "validation")))
print(len([name for name in sys.modules if name.startswith("esim")]))
"""


def test_no_module_is_there_twice():
    twice, count = fresh(ALL).split("\n")[:2]
    assert twice == "" and int(count) > 60


@pytest.mark.parametrize("module", ["esim.cli.run", "esim.cli.main"])
@pytest.mark.parametrize("arguments", [["--help"], ["no-such-thing", "--nor-this"]])
def test_help_and_wrong_usage_load_nothing_heavy(module, arguments):
    code = f"""
import sys
from {module} import main
try:
    main({arguments})
except SystemExit:
    pass
heavy = ("numba", "llvmlite", "xarray", "dask", "mpi4py", "matplotlib", "netCDF4", "xxhash", "zarr", "pydantic")
heavy += ("scipy",)
print("loaded:", *[name for name in heavy if name in sys.modules])
"""
    assert fresh(code).splitlines()[-1].strip() == "loaded:"


def test_a_serial_run_does_not_start_mpi():
    code = """
import sys
from esim.cli.run import main
code = main(["/no/such/file.yaml"])
print(code, "mpi4py" in sys.modules)
"""
    env_free = "import os\nfor n in [*os.environ]:\n    n.startswith(('PMI', 'OMPI', 'SLURM')) and os.environ.pop(n)\n"
    assert fresh(env_free + code).split() == ["2", "False"]
