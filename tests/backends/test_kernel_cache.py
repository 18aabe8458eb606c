"""Where compiled kernels are kept, also when many processes start at once."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from esim.backends import kernel_cache

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
    files = [path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc", ".py")]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.mark.compile
def test_processes_that_start_at_once_share_an_empty_cache_and_the_next_compiles_nothing(tmp_path):
    environment, go = {"ESIM_CACHE_DIR": str(tmp_path)}, tmp_path / "go"
    four = [tiny(environment, str(go)) for _ in range(4)]
    time.sleep(1.0)
    go.touch()
    assert [finish(process) for process in four] == [tmp_path / "esim"] * 4
    first = compiled(tmp_path)
    assert {path.suffix for path in first} == {".nbi", ".nbc", ".py"}
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
    assert any(path.suffix == ".nbc" for path in compiled(folder))
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
    kernel_cache.write_once(path, "x = 1\n")
    stamp = path.stat().st_mtime_ns
    kernel_cache.write_once(path, "x = 1\n")
    assert path.stat().st_mtime_ns == stamp
    path.write_text("")
    kernel_cache.write_once(path, "x = 1\n")
    assert path.read_text() == "x = 1\n" and [*tmp_path.iterdir()] == [path]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(kernel_cache.os, "link", refuse)
    kernel_cache.write_once(tmp_path / "source.py", "x = 1\n")
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
