"""What stands between a run and its disk, so that writes fail, hang or are slow? A library that is preloaded."""

import shutil
import subprocess
from pathlib import Path

SHIM = Path(__file__).parent / "shim.c"


def build_shim(folder: Path) -> Path:
    """Compile the library that is preloaded; raises SystemExit where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SystemExit("faults: no C compiler (cc); install one, such as gcc")
    library = folder / "shim.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    return library
