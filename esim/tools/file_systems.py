"""On which file systems are output and compiled kernels, and do they suit?"""

import os
from pathlib import Path

PARALLEL = ("lustre", "gpfs", "beegfs", "ceph", "panfs", "orangefs", "pvfs2", "daos", "wekafs")
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs")
MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mounts")


def file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """Type of the file system that holds a path, or would: that of its nearest folder that exists; empty if unknown."""
    path = Path(os.path.realpath(path))
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    # Of several mounts on a folder the last counts; blanks in names are written as octal numbers.
    known = {_plain(words[1]): words[2] for words in lines if len(words) > 2}
    return next((known[str(folder)] for folder in (path, *path.parents) if str(folder) in known), "")


def _plain(name: str) -> str:
    return name.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def judge_output(kind: str) -> str:
    """What is to be said of the file system of outputs; empty where it suits."""
    if _base(kind) in NETWORK:
        return (
            f"{kind} is slow for large outputs, and its locks may fail: write to the scratch file system of the site "
            "(--output)"
        )
    if kind in MEMORY:
        return f"{kind} lies in memory, counts against that of the job, and is lost with the node (--output)"
    return ""


def judge_cache(kind: str) -> str:
    """What is to be said of the file system of the compile cache; empty where it suits."""
    if _base(kind) in NETWORK:
        return (
            f"{kind}, as of many home folders, is slow when many nodes start at once, and may have a quota: set "
            "ESIM_CACHE_DIR to a folder on the scratch file system of the site"
        )
    if kind in MEMORY:
        return f"{kind} is empty again in the next job: set ESIM_CACHE_DIR to a folder that lasts, or each job compiles"
    return ""


def _base(kind: str) -> str:
    return kind if kind in NETWORK else kind.removeprefix("fuse.")
