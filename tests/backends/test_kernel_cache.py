"""Where compiled kernels are kept, also when many processes start at once."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from esim.backends import compiled_code, kernel_cache

TINY = """
import sys, time
from pathlib import Path
import numpy as np
from esim.backends import select
from esim.backends.kernel_cache import cache_directory
from esim.kernels.ocean import boundary

while len(sys.argv) > 2 and not Path(sys.argv[2]).exists():
    time.sleep(0.005)
results = []
for name in ("numpy", "cpu"):
    backend = select(name, "float64")
    rng = np.random.default_rng(1)
    zeta, normal, along, bed = rng.random((4, 1, 20, 40)) - 0.5
    given = {"zeta": zeta, "normal": normal, "along": along, "bed": bed}
    values = boundary.BoundaryParams(*map(np.float64, (1, 9.81, 0.5, 0, 1, 1e-3)))
    backend.bind(boundary.WALL, ((0, 20), (1, 2)), given)(backend.constants(values))
    results.append(np.stack([zeta, normal, along]).tobytes())
assert results[0] == results[1]
print(cache_directory())
"""


@pytest.fixture(autouse=True)
def nothing_remarked(monkeypatch):
    """What is said of the caches of these tests does not stay for the runs of others."""
    monkeypatch.setattr(kernel_cache, "remarks", [])


def tiny(environment: dict[str, str], *arguments: str) -> subprocess.Popen:
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("ESIM_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    }
    return subprocess.Popen(
        [sys.executable, "-c", TINY, "x", *arguments],
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> Path:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return Path(out.strip())


def compiled(folder: Path) -> dict[Path, tuple[int, int]]:
    """All files of compiled code with size and time of change."""
    files = [path for path in folder.rglob("*") if path.suffix in (".code", ".py")]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.mark.compile
def test_processes_that_start_at_once_share_an_empty_cache_and_the_next_compiles_nothing(tmp_path):
    environment, go = {"ESIM_CACHE_DIR": str(tmp_path)}, tmp_path / "go"
    four = [tiny(environment, str(go)) for _ in range(4)]
    time.sleep(1.0)
    go.touch()
    assert [finish(process) for process in four] == [tmp_path / "esim"] * 4
    first = compiled(tmp_path)
    assert {path.suffix for path in first} == {".code", ".py"}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".esim")]
    finish(tiny(environment))
    assert compiled(tmp_path) == first


def test_a_read_only_installation_and_home_are_no_obstacle(tmp_path):
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "below")  # not even root can make a folder below a file
    package = Path(kernel_cache.__file__).parents[1]
    before = compiled(package)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {
        "HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "ESIM_CACHE_DIR": nowhere,
        "TMPDIR": str(temporary),
    }
    folder = finish(tiny(environment))
    assert folder == temporary / f"esim-cache-{os.getuid()}"
    assert any(path.suffix == ".code" for path in compiled(folder))
    assert {p for p in compiled(package) if p.suffix != ".py"} == {p for p in before if p.suffix != ".py"}


def test_compiled_code_in_somebody_elses_folder_is_not_trusted(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for name in ("ESIM_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "below"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"esim-cache-{os.getuid()}"
    assert kernel_cache.cache_directory.__wrapped__() == folder
    monkeypatch.setattr(kernel_cache.os, "getuid", lambda: 4711)
    other = kernel_cache.cache_directory.__wrapped__()
    assert other.parent == tmp_path and other.name != "esim-cache-4711" and other != folder


def test_a_damaged_source_in_the_cache_is_written_anew(tmp_path):
    path = tmp_path / "source.py"
    kernel_cache.write_once(path, b"x = 1\n")
    stamp = path.stat().st_mtime_ns
    kernel_cache.write_once(path, b"x = 1\n")
    assert path.stat().st_mtime_ns == stamp
    path.write_text("")
    kernel_cache.write_once(path, b"x = 1\n")
    assert path.read_text() == "x = 1\n" and [*tmp_path.iterdir()] == [path]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(kernel_cache.os, "link", refuse)
    kernel_cache.write_once(tmp_path / "source.py", b"x = 1\n")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["x = 1\n"]


def test_two_processes_do_not_compile_the_same_at_once(tmp_path):
    code = (
        "import sys, time\nfrom esim.backends.kernel_cache import compiling\n"
        "with compiling('kernel'):\n    begun = time.time(); time.sleep(0.3)\n    print(begun, time.time())"
    )
    environment = os.environ | {"ESIM_CACHE_DIR": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = sorted(tuple(map(float, process.communicate()[0].split())) for process in both)
    assert first[1] <= second[0]


FUNCTION = """
from esim.backends import compiled_code, kernel_cache
from esim.backends.compiled_code import kept, kept_callback
from numba.core import types
import numba

module = kernel_cache.load_module("double", "def double(x):\\n    return 2 * x\\n")
once = kept(numba.njit(module.double))
again = kept_callback(types.int64(types.int64), module.double, {})
"""
DAMAGES = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "garbage": lambda content: bytes((7 * n * n + 13) % 256 for n in range(len(content))),
    "a flipped bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
}


def start(monkeypatch, folder: Path, *sites: Path) -> tuple[int, list[str]]:
    """What a new process with this cache finds: functions that it did not compile, and what it remarks."""
    monkeypatch.setattr(kernel_cache, "cache_directory", lambda: folder)
    monkeypatch.setattr(compiled_code, "site_directories", lambda: sites)
    monkeypatch.setattr(kernel_cache, "remarks", [])
    monkeypatch.delitem(sys.modules, "esim_generated_double", raising=False)
    scope: dict[str, Any] = {}
    exec(FUNCTION, scope)
    assert scope["once"](21) == 42 and scope["again"].ctypes(21) == 42
    found = sum(scope["once"].stats.cache_hits.values()) + scope["again"].cache_hits
    return found, list(kernel_cache.remarks)


def test_a_damaged_file_is_compiled_anew_with_a_warning_and_mended(tmp_path, monkeypatch):
    assert start(monkeypatch, tmp_path) == (0, [])
    files = sorted(path for path in tmp_path.iterdir() if path.is_file())
    assert [path.suffix for path in files] == [".code", ".code", ".py"]
    for damage in DAMAGES.values():
        for path in files:
            path.write_bytes(damage(path.read_bytes()))
        found, said = start(monkeypatch, tmp_path)
        assert found == 0 and len(said) == 2 and all("compiled anew" in text for text in said)
    assert start(monkeypatch, tmp_path) == (2, [])


def test_code_of_another_function_or_machine_is_not_run(tmp_path, monkeypatch):
    start(monkeypatch, tmp_path)
    first, second = sorted(tmp_path.glob("*.code"))
    first.write_bytes(second.read_bytes())  # whole, and of another key
    second.unlink()
    second.mkdir()  # cannot be read
    found, said = start(monkeypatch, tmp_path)
    assert found == 0 and any("another function" in text for text in said) and len(said) >= 2


def test_a_full_disk_keeps_nothing_and_ends_nothing(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kernel_cache.tempfile, "mkstemp", full)
    found, said = start(monkeypatch, tmp_path)
    assert found == 0 and len(said) == 1 and "No space left on device" in said[0]
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    with kernel_cache.compiling("kernel"):
        pass
    monkeypatch.setattr(kernel_cache.os, "open", full)
    with kernel_cache.compiling("kernel"):
        pass


def test_a_folder_that_others_can_write_is_not_used(tmp_path, monkeypatch):
    for name in ("ESIM_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernel_cache, "remarks", [])
    named = tmp_path / "ESIM_CACHE_DIR" / "esim"
    assert kernel_cache.cache_directory.__wrapped__() == named and named.stat().st_mode & 0o777 == 0o700
    named.chmod(0o770)
    assert kernel_cache.cache_directory.__wrapped__() == tmp_path / "XDG_CACHE_HOME" / "esim"
    (said,) = kernel_cache.remarks
    assert "can be written by others" in said and f"chmod go-w {named}" in said


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A folder of compiled kernels as a site offers it: nobody can write it."""
    folder = tmp_path / "site" / "esim"
    folder.mkdir(parents=True)
    assert start(monkeypatch, folder) == (0, [])
    folder.chmod(0o555)
    monkeypatch.delenv("ESIM_SITE_CACHE", raising=False)
    return folder


def test_kernels_of_the_site_are_read_and_its_folder_is_not_written(tmp_path, monkeypatch, site):
    own, before = tmp_path / "own", compiled(site)
    own.mkdir()
    assert start(monkeypatch, own, tmp_path / "nothing", site) == (2, [])
    assert compiled(site) == before and not [*own.glob("*.code")]


def test_a_stale_or_damaged_kernel_of_the_site_is_compiled_into_the_own_cache(tmp_path, monkeypatch, site):
    own = tmp_path / "own"
    own.mkdir()
    first, second = sorted(site.glob("*.code"))
    first.rename(site / f"{first.name.partition('.')[0]}.double.0123456789abcdef0123.code")  # of another key
    second.write_bytes(DAMAGES["a flipped bit"](second.read_bytes()))
    before = compiled(site)
    found, said = start(monkeypatch, own, site)
    assert found == 0 and len(said) == 1 and str(second) in said[0] and "checksum" in said[0]
    assert compiled(site) == before and len([*own.glob("*.code")]) == 2
    assert start(monkeypatch, own, site) == (2, [])  # the own one comes first


def test_a_damaged_kernel_of_the_own_cache_is_taken_from_the_site(tmp_path, monkeypatch, site):
    own = tmp_path / "own"
    own.mkdir()
    for path in site.glob("*.code"):
        (own / path.name).write_bytes(b"")
    found, said = start(monkeypatch, own, site)
    assert found == 2 and len(said) == 2 and all(str(own) in text for text in said)


def test_the_folders_of_the_site_are_named_by_the_environment(tmp_path, monkeypatch, site):
    named = kernel_cache.site_directories.__wrapped__
    assert named() == ()
    other = tmp_path / "other"
    monkeypatch.setenv("ESIM_SITE_CACHE", f"{site.parent}:{other}:")
    assert named() == (site,)
    (said,) = kernel_cache.remarks
    assert str(other) in said and "No such file" in said
    site.chmod(0o777)
    assert named() == ()
    assert "can be written by all users" in kernel_cache.remarks[-1]
