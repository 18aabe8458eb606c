"""How many files and calls of Python does a run go through, before its first step, in a step, and down to a kernel?

    python validation/call_count.py --json calls.json

Counted are calls of functions written in the package, comprehensions included and bodies of modules and classes not,
on the main thread of one rank. A step is the call of `step` in the loop of `Simulation.run`. Depths are frames of the
package below that of `Simulation.run`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = os.path.join(ROOT, "esim", "")
LOOP, STEP = ("simulation.py", "run"), "step"
WATER = ["tohoku2011.yaml", "grid.spacing=12 arcmin", "time.duration=15 min", "run.threads=1"]
CRUST = ["halfspace_explosion.yaml", "grid.spacing=125 m", "time.duration=0.5 s", "run.threads=1"]
NEST = "grid.nests=[{name: coast, west: 140, east: 145, south: 36, north: 40, ratio: 2, activation_threshold: null}]"
RUNS = {"tsunami": WATER, "seismic": CRUST, "nested": [*WATER, NEST]}


class Counter:
    """A function for sys.setprofile that counts."""

    def __init__(self) -> None:
        self.imported: set[str] = set()
        self.importing: set[str] = set()  # files of functions that were called by imports, ...
        self.before: set[str] = set()  # ... otherwise before the first step, ...
        self.inside: set[str] = set()  # ... in steps, ...
        self.around: set[str] = set()  # ... and in the loop, steps included
        self.calls = {"importing": 0, "before": 0, "loop": 0}
        self.steps: list[int] = []  # calls in each step
        self.deepest: list[
            str
        ] = []  # names of the frames from the loop down to the deepest one of a step, ...
        self.kernel: list[str] = []  # ... and down to the deepest one that calls compiled code
        self._bodies = 0  # bodies of modules that are being executed
        self._loop: FrameType | None = None
        self._step: FrameType | None = None

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Take note of a call, or the end of one."""
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return
        if event == "call":
            self._enter(frame, code)
        elif event == "return":
            self._bodies -= code.co_name == "<module>"
            self._step = None if frame is self._step else self._step
            self._loop = None if frame is self._loop else self._loop

    def launch(self, frame: FrameType) -> None:
        """Take note of a call of a kernel from a frame."""
        if self._step is not None:
            self.kernel = max(self.kernel, self._chain(frame), key=len)

    def _enter(self, frame: FrameType, code: CodeType) -> None:
        file = code.co_filename.removeprefix(PACKAGE)
        if not code.co_flags & CO_OPTIMIZED:
            if code.co_name == "<module>":
                self.imported.add(file)
                self._bodies += 1
            return
        if self._bodies:
            self.importing.add(file)
            self.calls["importing"] += 1
            return
        if self._loop is None:
            if (os.path.basename(file), code.co_name) == LOOP:
                self._loop = frame
            elif not self.steps:
                self.before.add(file)
                self.calls["before"] += 1
            return
        if self._step is None and code.co_name == STEP:
            self._step = frame
            self.steps.append(0)
        self.around.add(file)
        self.calls["loop"] += 1
        if self._step is not None:
            self.inside.add(file)
            self.steps[-1] += 1
            self.deepest = max(self.deepest, self._chain(frame), key=len)

    def _chain(self, frame: FrameType) -> list[str]:
        return [
            f"{f.f_code.co_filename.removeprefix(PACKAGE)}:{f.f_code.co_name}" for f in self._below(frame)
        ][::-1]

    def _below(self, frame: FrameType | None) -> Iterator[FrameType]:
        while frame is not None and frame is not self._loop:
            if frame.f_code.co_filename.startswith(PACKAGE):
                yield frame
            frame = frame.f_back

    def result(self) -> dict[str, Any]:
        """What was counted, as JSON values; numbers come before what they are the numbers of."""
        return {
            "files imported": len(self.imported),
            "files entered by imports": len(self.importing),
            "calls by imports": self.calls["importing"],
            "files entered before the first step": len(self.before),
            "calls before the first step": self.calls["before"],
            "steps": len(self.steps),
            "files entered in steps": len(self.inside),
            "files entered in the loop": len(self.around),
            "files entered in all": len(self.before | self.around),
            "calls in a step, median": statistics.median(self.steps),
            "calls in the loop per step, mean": round(self.calls["loop"] / len(self.steps), 1),
            "depth of the deepest frame in a step": len(self.deepest),
            "depth of the deepest call of a kernel": len(self.kernel),
            "frames to the deepest frame": self.deepest,
            "frames to the kernel": self.kernel,
            "names of files before the first step": sorted(self.before),
            "names of files in steps": sorted(self.inside),
        }


def watch_kernels(counter: Counter) -> None:
    """Let a counter know of every call of what Numba has compiled, of which a profiler is not told."""
    from numba.core.registry import CPUDispatcher

    call = CPUDispatcher.__call__

    def watched(kernel: Any, *arguments: Any) -> Any:
        counter.launch(sys._getframe(1))
        return call(kernel, *arguments)

    CPUDispatcher.__call__ = watched


def trace(arguments: Sequence[str]) -> dict[str, Any]:
    """Counts of esim-run with some arguments, in this process, into which nothing of esim may have been imported."""
    counter = Counter()
    sys.path.insert(0, str(ROOT))
    watch_kernels(counter)
    sys.setprofile(counter)
    from esim.cli.run import main as esim_run

    code = esim_run(list(arguments))
    sys.setprofile(None)
    if code:
        raise SystemExit(code)
    return counter.result()


def count(settings: Sequence[str], folder: Path) -> dict[str, Any]:
    """Counts of a run in a process of its own, the second one, which finds its kernels compiled."""
    config, *rest = settings
    command = [sys.executable, __file__, "--trace", str(ROOT / "configs" / config), "--quiet"]
    command += [
        "--output",
        str(folder),
        *(word for key in ["output.overwrite=true", *rest] for word in ("--set", key)),
    ]
    for _ in range(2):
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(text)


def main() -> None:
    """Count all runs and print a table."""
    if sys.argv[1:2] == ["--trace"]:
        print(json.dumps(trace(sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the counts, and names of files and frames"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="call_count_") as folder:
        found = {name: count(settings, Path(folder) / name) for name, settings in RUNS.items()}
    print(f"{'':40}", *(f"{name:>10}" for name in found))
    for key, value in next(iter(found.values())).items():
        if not isinstance(value, list):
            print(f"{key:40}", *(f"{counts[key]:>10}" for counts in found.values()))
    for name, counts in found.items():
        print(f"\n{name}, from the loop to the kernel:", *counts["frames to the kernel"], sep="\n  ")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
