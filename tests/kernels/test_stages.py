"""Stages of a kernel read what is there: within its halo, written on the cells they read, and not yet overwritten."""

from typing import NamedTuple

import numpy as np
import pytest

from esim.backends.cpu.backend import ring_rows
from esim.backends.linker import ROWS, SIDES, arguments
from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean import deep_faces, nesting
from esim.validation.kernel_catalogue import OCEAN, ocean_constants


class Accesses:
    """Stands for an array of a body that is called for cell (0, 0), and remembers where it is read and written."""

    def __init__(self):
        self.read, self.written = set(), set()

    def __getitem__(self, place):
        self.read.add(place)
        return np.float64(1.0)

    def __setitem__(self, place, value):
        self.written.add(place)


def accesses(stage, p):
    """What the bodies of a stage read and write, by the names of their arguments."""
    found = {}
    for body in (stage.body, stage.mark, stage.plain and stage.plain.body):
        if body is not None:
            given = {name: found.setdefault(name, Accesses()) for name in arguments(body) if name != "p"}
            body(0, 0, **given, **({"p": p} if "p" in arguments(body) else {}))
    return found


def reached(stage, place):
    """How far west, east, south and north of the box of a kernel a stage reads, that reads at a place (.., dj, di)."""
    *_, dj, di = place
    return stage.west - di, stage.east + di, stage.south - dj, stage.north + dj


def faults(kernel, p):
    """What is wrong with the order and the boxes of the stages, a sentence each."""
    found, stages = [], [(stage, accesses(stage, p)) for stage in kernel.stages]
    scratch = [used.get("w", Accesses()) for _, used in stages]
    writes = [{slot for slot, *_ in w.written} for w in scratch]
    oldest = max(stage.north for stage in kernel.stages) - ring_rows(kernel) + 1
    for n, (stage, used) in enumerate(stages):
        for name, array in used.items():
            found += [f"{n} writes {name} at {at}" for at in array.written if any(at[1:])]
            if name not in ("w", ROWS, SIDES):
                found += [
                    f"{n} reads {name} at {at}" for at in array.read if max(reached(stage, at)) > kernel.halo
                ]
        for slot, dj, di in scratch[n].read:
            what, row = f"{n} reads slot {slot} at ({dj}, {di})", stage.north + dj
            before = [m for m in range(n) if slot in writes[m]]
            own = (0, slot, 0, 0) if slot in writes[n] else None
            if not before and own is None:
                found.append(f"{what}, which is never written")
            elif before:
                last = kernel.stages[before[-1]]
                there = zip(
                    reached(stage, (dj, di)), (last.west, last.east, last.south, last.north), strict=True
                )
                if any(far > near for far, near in there):
                    found.append(f"{what}, beyond the box of {before[-1]}")
            if slot in writes[n] and (dj or di):
                found.append(f"{what}, which it writes")
            if any(row < kernel.stages[m].north for m in range(n + 1, len(stages)) if slot in writes[m]):
                found.append(f"{what}, which is overwritten before")
            if row < oldest:
                found.append(f"{what}, which is out of the ring")
    return found


STAGED = {name: kernel for name, kernel in OCEAN.items() if kernel.slots} | {
    f"flux along {'yx'[along_x]} of the {name}": flux(OCEAN[name], along_x)
    for name, flux in (("step", nesting.flux), ("deep step", deep_faces.flux))
    for along_x in (False, True)
}


@pytest.mark.parametrize("name", STAGED)
def test_stages_read_what_is_there(name):
    assert not faults(STAGED[name], ocean_constants(STAGED[name], np.dtype("float64")))


class Params(NamedTuple):
    """Constants of the kernels below."""

    one: float


def copy(j, i, q, w, p):
    """Take a value."""
    w[0, j, i] = q[0, j, i]


def look_around(j, i, w, p):
    """Sum of the values beside a cell."""
    w[1, j, i] = w[0, j - 1, i] + w[0, j + 1, i]


def change(j, i, w, p):
    """Change the value."""
    w[0, j, i] = w[0, j, i] + p.one


def spread(j, i, w, p):
    """Change the value by those beside it."""
    w[0, j, i] = w[0, j, i - 1] + w[0, j, i + 1]


def hand_over(j, i, out, w, p):
    """Hand over the result."""
    out[0, j, i] = w[1, j, i]


@pytest.mark.parametrize(
    ("stages", "fault"),
    [
        ((Stage(copy, south=1, north=1), Stage(look_around)), None),
        ((Stage(copy, south=1), Stage(look_around)), "1 reads slot 0 at (1, 0), beyond the box of 0"),
        ((Stage(copy, south=2, north=2), Stage(look_around)), "0 reads q at (0, 0, 0)"),
        ((Stage(look_around),), "0 reads slot 0 at (-1, 0), which is never written"),
        ((Stage(copy, west=1, east=1), Stage(spread)), "1 reads slot 0 at (0, -1), which it writes"),
        (
            (Stage(copy, south=1, north=1), Stage(look_around), Stage(change)),
            "1 reads slot 0 at (-1, 0), which is overwritten before",
        ),
    ],
)
def test_what_is_not_there_is_found(stages, fault):
    kernel = Kernel("faulty", (*stages, Stage(hand_over, exact=True)), Params, slots=2, halo=1)
    found = [text for text in faults(kernel, Params(1.0)) if not text.startswith(f"{len(stages)} ")]
    assert (fault in found) if fault else not found
