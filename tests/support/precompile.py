"""Compile the kernels of the quick tests, in several processes, before tests ask for the same one at once and wait.

    python -m support.precompile [PROCESSES]

What a test needs beyond these kernels makes it one of those marked compile.
"""

import logging
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from support import nested_scene, oceans, quakes, scenes


def tsunami(make: Callable[..., dict]) -> None:
    """The kernels of a whole run of the ocean."""
    with tempfile.TemporaryDirectory() as folder:
        scene = make(Path(folder))
        scene["time"]["duration"] = 60
        scenes.compute(scene)


def earthquake() -> None:
    """The kernels of a whole run of the crust."""
    with tempfile.TemporaryDirectory() as folder:
        quakes.compute(quakes.change(quakes.quake(folder), "time.duration", 0.3))


def sea(dtype: str, side: str) -> None:
    """The kernels of a small ocean with one kind of sides."""
    made = oceans.compiled(oceans.plane(12, 12, 1e3, oceans.SIDES[side]), oceans.rough(), dtype=dtype)
    oceans.march(made, 1, 0.1 / made.fastest())


# Ocean and crust take turns, so that two processes seldom wait for each other.
TASKS: dict[str, Callable[[], None]] = {
    "quake": earthquake,
    "japan": partial(tsunami, scenes.japan),
    "sea, float64": partial(sea, "float64", "open"),
    "channel": partial(tsunami, scenes.channel),
    "nests": partial(tsunami, nested_scene.scene),
    "sea, float32": partial(sea, "float32", "open"),
}


def compile_for(task: str) -> tuple[float, float]:
    """Do a task; returns the wall-clock and the processor time it took [s]."""
    logging.disable(logging.WARNING)  # what a scene warns of is not asked here
    begun, used = time.monotonic(), time.process_time()
    TASKS[task]()
    return time.monotonic() - begun, time.process_time() - used


def main(processes: int) -> None:
    """Do all tasks, and tell how long each took."""
    begun = time.monotonic()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for task, (wall, used) in zip(TASKS, pool.map(compile_for, TASKS), strict=True):
            print(f"{wall:6.1f} s ({used:5.1f} s of a processor)  kernels of {task}")
    print(f"{time.monotonic() - begun:6.1f} s  in all")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
