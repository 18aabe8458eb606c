"""How many rows ahead of the iteration's may each stage of a kernel be, when a thread goes from row to row?"""

from collections.abc import Iterator, Sequence

from esim.backends.cuda.codegen.expression import Cell, cells
from esim.backends.cuda.codegen.parser import SCRATCH, Body
from esim.errors import MachineError
from esim.kernels.kernel import Kernel


def unsupported(kernel: Kernel, body: Body, what: str) -> MachineError:
    """The error that a stage does what stages may not."""
    return MachineError(
        f"kernel {kernel.name}: {body.stage.body.__name__} {what}, so it cannot be compiled for a GPU; see "
        "esim/kernels/kernel.py"
    )


def writers(bodies: Sequence[Body], array: str) -> dict[int, list[int]]:
    """Stages that write each plane of an array, in order."""
    found: dict[int, list[int]] = {}
    for n, body in enumerate(bodies):
        for line in body.lines:
            for target in line.targets:
                if isinstance(target, Cell) and target.array == array:
                    found.setdefault(target.plane, []).append(n)
    return found


def offsets(
    kernel: Kernel, bodies: Sequence[Body], chosen: tuple[int, ...] = ()
) -> Iterator[tuple[int, ...]]:
    """All choices, when those of the first stages are chosen.

    A stage is at least as far ahead as its box reaches north, and no further than what it reads. Raises MachineError
    where a stage reads what is not there.
    """
    if len(chosen) == len(bodies):
        yield chosen
        return
    body = bodies[len(chosen)]
    most = _most(kernel, bodies, chosen)
    if most < body.stage.north:
        raise unsupported(
            kernel, body, "reads further north than the stages before it have got, or than the halo"
        )
    for offset in range(body.stage.north, most + 1):
        yield from offsets(kernel, bodies, (*chosen, offset))


def _most(kernel: Kernel, bodies: Sequence[Body], chosen: tuple[int, ...]) -> int:
    """Largest offset of the stage after those that are chosen."""
    body = bodies[len(chosen)]
    stage = body.stage
    if stage.exact and (stage.west, stage.east, stage.south, stage.north) != (0, 0, 0, 0):
        raise unsupported(kernel, body, "writes arrays beyond the box")
    most = 0 if stage.exact else kernel.halo
    before, written = writers(bodies[: len(chosen)], SCRATCH), set[int]()
    for line in body.lines:
        for cell in cells(line.value):
            if cell.array != SCRATCH:
                most = min(most, kernel.halo - cell.dj)
            elif cell.plane in written:
                if (cell.dj, cell.di) != (0, 0):
                    raise unsupported(
                        kernel, body, f"reads neighbours of scratch slot {cell.plane}, which it writes"
                    )
            elif cell.plane not in before:
                raise unsupported(kernel, body, f"reads scratch slot {cell.plane}, which nothing has written")
            else:
                writer = before[cell.plane][-1]
                _check_reach(kernel, body, bodies[writer], cell)
                most = min(most, chosen[writer] - cell.dj)
        written |= {t.plane for t in line.targets if isinstance(t, Cell) and t.array == SCRATCH}
    return most


def _check_reach(kernel: Kernel, body: Body, writer: Body, cell: Cell) -> None:
    reader, made = body.stage, writer.stage
    beyond = (
        reader.west - cell.di - made.west,
        reader.east + cell.di - made.east,
        reader.south - cell.dj - made.south,
        reader.north + cell.dj - made.north,
    )
    if max(beyond) > 0:
        name = made.body.__name__
        raise unsupported(kernel, body, f"reads scratch slot {cell.plane} beyond the box of {name}")
