"""Text of a kernel of the ocean with scratch: a block of threads streams over a strip of columns, row by row.

A thread has one column. Iteration `row` computes all stages in turn, each as many rows ahead as its offset, so that
scratch is a thread's own variables: those of rows behind are kept from the iterations before. What other columns
read goes through shared memory, a few rows of it that are used again and again, mostly an iteration later, so that
one barrier an iteration is enough. A formula of which all cells are shifted alike is computed where it belongs, and
handed over as one value. The columns of a block that are not its own, `halo` on either side, compute what only its
own need; beyond that all is garbage that nobody reads.

The loop holds each formula once, so a cell's bits depend neither on the cut of the box nor on the thread.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from esim.backends.cuda.codegen.activity import ACTIVITY
from esim.backends.cuda.codegen.dataflow import LOADED, ThreadVariables
from esim.backends.cuda.codegen.expression import (
    ALL,
    Constant,
    Factor,
    Formula,
    Local,
    Seen,
    Side,
    moved,
    written,
)
from esim.backends.cuda.codegen.parser import read
from esim.backends.cuda.codegen.stage_schedule import offsets
from esim.backends.cuda.jit import check_arrays, constant_types, constants, taken
from esim.backends.cuda.kernel_text import KernelText, LaunchShape
from esim.backends.devices import simulated
from esim.backends.linker import ROWS, SIDES, array_names
from esim.errors import MachineError
from esim.kernels.kernel import Kernel, Shortcut

WIDTHS = (32, 64, 96, 128)  # threads of a block
WIDEST = max(WIDTHS)
LONGEST, SHORTEST = 128, 5  # rows of a run
IN_HAND = 132 * 512  # threads of an H100 at once: as many as registers allow on each multiprocessor
VECTOR = 4  # values that are read from shared memory at once
SHARED_BYTES = 47 * 1024  # what every GPU gives a block without asking for more, and 1 KB that it may keep
CHUNK = 4  # rows at a time that are looked through for what moves
TRIED = 128  # offsets of stages, the smallest first: a step of many stages has thousands
BARRIER_COST = 8  # instructions that waiting for the other threads is worth


def spread(kernel: Kernel, box: tuple[tuple[int, int], ...], widest: int = WIDEST) -> LaunchShape:
    """Spread a box over blocks of at most `widest` threads: strips of columns, cut into runs of rows.

    A run begins some rows early, so it should be long, but there should be as many blocks as a GPU has in hand at
    once, or a few times as many.
    """
    (j0, j1), (i0, i1) = box
    # The simulator's threads are those of the operating system: few of them, with little to do twice, are faster.
    simulator = (min(2 * kernel.halo + 10, widest),), 8, 8
    widths, shortest, longest = simulator if simulated() else (WIDTHS, SHORTEST, LONGEST)
    width = min(
        (w for w in widths if w <= widest), key=lambda w: (-(-(i1 - i0) // (w - 2 * kernel.halo)) * w, -w)
    )
    strips = -(-(i1 - i0) // (width - 2 * kernel.halo))
    lead = 2 * kernel.halo

    def time(run: int) -> int:
        return -(-(-(-(j1 - j0) // run) * strips * width) // IN_HAND) * (run + lead)

    run = min(range(longest, shortest - 1, -1), key=time)
    return LaunchShape((strips, -(-(j1 - j0) // run)), (width, 1), (j0, j1, i0, i1, run))


def check(kernel: Kernel, arrays: Mapping[str, Any]) -> None:
    """Raises ValueError where arrays do not have one pitch, or MachineError where they are too large."""
    check_arrays(kernel, arrays)
    names = [name for name in array_names(kernel) if name not in (ROWS, SIDES)]
    if len({(arrays[name].shape[1:], arrays[name].strides[1:]) for name in names}) > 1:
        raise ValueError(
            f"arrays {', '.join(names)} of kernel {kernel.name} have different shapes or pitches"
        )


def text(kernel: Kernel, dtype: np.dtype) -> KernelText:
    """The kernel, with the cheapest offsets of its stages."""
    bodies = [read(kernel, stage) for stage in kernel.stages]
    tried = itertools.islice(offsets(kernel, bodies), TRIED)
    stencils = [StreamingStencil(ThreadVariables(kernel, bodies, chosen)) for chosen in tried]
    best = min(stencils, key=lambda stencil: stencil.cost)
    fitting = [width for width in WIDTHS if best.shared_values(width) * dtype.itemsize <= SHARED_BYTES]
    if not fitting:
        raise MachineError(f"kernel {kernel.name} needs more shared memory than a block of a GPU has")
    best.pitch = max(fitting)
    lines = best.lines()
    functions = {name: function for function, name in best.names.items()}
    for shortcut in kernel.shortcuts:
        if shortcut.function in best.names:
            name = best.names[shortcut.function]
            names = [f"{name}_whole", f"{name}_needs", f"{name}_short"]
            del functions[name]
            functions |= dict(zip(names, shortcut, strict=True))
            lines = [*_branching(shortcut, name, *names), *lines]
    return KernelText(
        "\n".join(lines) + "\n", functions, signature(kernel, dtype), {"launch_bounds": best.pitch}
    )


def _branching(shortcut: Shortcut, name: str, whole: str, needs: str, short: str) -> list[str]:
    """Lines of a function that is short where it can be."""
    given = ", ".join(inspect.signature(shortcut.function).parameters)
    return [
        f"def {name}({given}):",
        f"    if {needs}({given}):",
        f"        return {whole}({given})",
        f"    return {short}({given})",
        "",
        "",
    ]


def redundancy(kernel: Kernel) -> float:
    """Threads of a block over the columns that are its own: the others compute for these only."""
    return WIDEST / (WIDEST - 2 * kernel.halo)


def signature(kernel: Kernel, dtype: np.dtype) -> tuple:
    """Numba types of the arguments of the kernel."""
    import numba
    from numba.cuda import types as nbt

    value = numba.from_dtype(dtype)
    named = [nbt.Array(value, 2 if name == ROWS else 3, "C") for name in array_names(kernel)]
    flags = [nbt.Array(nbt.boolean, 1, "C")] * 2 + [nbt.Array(nbt.int64, 1, "C")]
    return (nbt.int64,) * 5 + (*named, *(flags if kernel.at_rest else []), *constant_types(kernel, dtype))


class NeighbourRead(NamedTuple):
    """A read of another column: of which variable, from how many iterations ago, how far away, in which stage."""

    source: str
    lag: int
    di: int
    stage: int


class StreamingStencil:
    """The text of a kernel with given variables, and what it costs.

    pitch is that of a row in shared memory, and the most threads that a block may have.
    """

    pitch = WIDEST

    def __init__(self, variables: ThreadVariables) -> None:
        self.variables, self.kernel = variables, variables.kernel
        self.names: dict[Callable, str] = {}  # of functions
        self._sides: set[int] = set()
        self._of_rows: dict[Formula, set[int]] = {}  # formulas of rows alone, and how far ahead they are used
        self._rows: dict[
            str, dict[int, int]
        ] = {}  # of planes: rows that a thread reads in its own column; leads
        # From how many iterations before the first stored row on a variable has to be right.
        self._leads: dict[str, int] = {}
        self._lags: dict[str, int] = {}  # for how many iterations a variable is kept
        self._neighbour_reads: dict[str, NeighbourRead] = {}
        self._stages = self._stage_texts()
        self._shared = list(dict.fromkeys(neighbour.source for neighbour in self._neighbour_reads.values()))
        self._barriers = self._find_barriers()
        self._buffers = self._count_buffers()

    # ------------------------------------------------------------------ formulas

    def _stage_texts(self) -> dict[int, list[str]]:
        """Assignments of each stage, and before the first one."""
        v = self.variables
        texts: dict[int, list[str]] = {n: [] for n in range(LOADED, len(v.bodies))}
        for n, lines in enumerate(v.lines):
            lead = v.offsets[n] + v.bodies[n].stage.south
            for names, value in lines:
                texts[n].append(f"{', '.join(names)} = {self._text(value, n, lead)}")
        for name, whole in v.handed.items():
            made = self._text(moved(whole, -v.anchors[name]), v.born[name], self._leads[name])
            texts[v.born[name]].append(f"{name} = {made}")
        return texts

    def _text(self, formula: Formula, n: int, lead: int) -> str:
        """A formula of stage n, which has to be right `lead` iterations before those of the rows that are stored."""

        def known(part: Formula) -> str | None:
            place = self.variables.location(part)
            if place is not None and place.row is not None and place.di is None:
                return self._of_row(moved(self.variables.spelt(part), place.row), place.row)
            if isinstance(part, Seen):
                return self._seen(part, n, lead)
            return self._simple(part)

        return written(formula, known, self._function)

    def _simple(self, part: Formula) -> str | None:
        if part == ALL:
            return ALL.name
        if isinstance(part, Constant):
            return f"p.{part.field}"
        if isinstance(part, Side):
            self._sides.add(part.plane)
            return f"{SIDES}_{part.plane}"
        return part.name if isinstance(part, Local) else None

    def _function(self, function: Callable) -> str:
        """Name of a function, another one for each."""
        if function not in self.names:
            name = function.__name__
            while name in self.names.values():
                name += "_"
            self.names[function] = name
        return self.names[function]

    def _of_row(self, whole: Formula, row: int) -> str:
        """A formula of rows alone, which a block computes once for each of its rows."""
        self._of_rows.setdefault(whole, set()).add(row)
        return _row_name(list(self._of_rows).index(whole), row)

    def _seen(self, seen: Seen, n: int, lead: int) -> str:
        v = self.variables
        if seen.source in v.planes:
            rows = self._rows.setdefault(seen.source, {})
            rows[seen.row] = max(lead, rows.get(seen.row, lead))
            return f"{seen.source}_{_tag(seen.row)}"
        lag = v.anchors[seen.source] - seen.row
        self._leads[seen.source] = max(lead + lag, self._leads.get(seen.source, 0))
        if seen.di == 0:
            self._lags[seen.source] = max(lag, self._lags.get(seen.source, 0))
            return _kept(seen.source, lag)
        name = f"{_kept(seen.source, lag)}_{'west' if seen.di < 0 else 'east'}{abs(seen.di)}"
        self._neighbour_reads.setdefault(name, NeighbourRead(seen.source, lag, seen.di, n))
        return name

    # ------------------------------------------------------------------ what threads share

    def _find_barriers(self) -> list[int]:
        """Stages before which the threads of a block wait for each other, so that all read what others wrote."""
        born, found = self.variables.born, list[int]()
        for neighbour in sorted(self._neighbour_reads.values(), key=lambda neighbour: neighbour.stage):
            if neighbour.lag == 0 and not any(born[neighbour.source] < b <= neighbour.stage for b in found):
                found.append(neighbour.stage)
        for neighbour in self._neighbour_reads.values():
            if neighbour.lag == 1 and not any(
                b > born[neighbour.source] or b <= neighbour.stage for b in found
            ):
                found.append(0)
        return found or ([0] if self._neighbour_reads else [])

    def _count_buffers(self) -> int:
        """Rows of shared memory: no thread may overwrite what another one has still to read."""
        count = 1 + max((neighbour.lag for neighbour in self._neighbour_reads.values()), default=0)

        def safe(neighbour: NeighbourRead) -> bool:
            born = self.variables.born[neighbour.source]
            return count - neighbour.lag > 1 or any(b > neighbour.stage or b <= born for b in self._barriers)

        return count if all(map(safe, self._neighbour_reads.values())) else count + 1

    @property
    def _pad(self) -> int:
        """Values of shared memory on either side of all, where the outermost threads read beyond."""
        return max((abs(neighbour.di) for neighbour in self._neighbour_reads.values()), default=0)

    def shared_values(self, pitch: int) -> int:
        """Values of shared memory that a block of so many threads needs."""
        return (
            self._buffers * len(self._shared) * pitch + 2 * self._pad + self._table_rows * self._table_pitch
        )

    @property
    def cost(self) -> int:
        """Instructions of an iteration beside the formulas, roughly."""
        moves = sum(self._lags.values()) + self._buffers * bool(self._neighbour_reads)
        kept = sum(row + 1 in rows for rows in self._rows.values() for row in rows)
        loads = sum(map(len, self._rows.values())) - kept
        traffic = len(self._shared) + len(self._neighbour_reads) + len(self._of_rows)
        return moves + kept + 2 * loads + traffic + BARRIER_COST * len(self._barriers)

    @property
    def _lead(self) -> int:
        """Iterations before that of the first row that is stored."""
        leads = [*self._leads.values()]
        for rows in self._rows.values():
            for row, lead in rows.items():
                head = next(top for top in itertools.count(row) if top + 1 not in rows)
                leads.append(lead + head - row)
        return max(leads)

    # ------------------------------------------------------------------ the table of what depends on the row alone

    @property
    def _span(self) -> tuple[int, int]:
        """Rows, counted from that of an iteration, whose formulas are used, from the first to the last."""
        used = {row for rows in self._of_rows.values() for row in rows}
        return min(used, default=0), max(used, default=0)

    @property
    def _table_pitch(self) -> int:
        return -(-len(self._of_rows) // VECTOR) * VECTOR

    @property
    def _table_rows(self) -> int:
        return LONGEST + self._lead + self._span[1] - self._span[0]

    def _table_columns(self) -> list[int]:
        """Column of each formula; those that are used together stand together, so that they are read at once."""
        used = list(self._of_rows.values())
        order = sorted(range(len(used)), key=lambda n: sorted(used[n]))
        return [order.index(n) for n in range(len(used))]

    def _table(self) -> Iterator[str]:
        """Lines that compute the formulas of rows, those of one row by one thread."""
        if not self._of_rows:
            return

        def known(part: Formula) -> str | None:
            return f"factors[{part.plane}, j]" if isinstance(part, Factor) else self._simple(part)

        first, last = self._span
        size, more = self._table_rows * self._table_pitch, self._lead + last - first
        yield f"    lines = cuda.shared.array({size}, dtype{'' if simulated() else f', {4 * VECTOR}'})"
        yield "    table = scratch(lines, pitches(lines))"
        yield f"    factors = frozen({ROWS}, pitches({ROWS}))"
        yield f"    for n in range(thread, last - first + {more}, cuda.blockDim.x):"
        yield f"        j = cell(max(first + {first - self._lead} + n, 0))"
        yield f"        line = cell(n * {self._table_pitch})"
        for column, formula in zip(self._table_columns(), self._of_rows, strict=True):
            yield f"        table[line + {column}] = {written(formula, known, self._function)}"
        yield "    cuda.syncthreads()"
        yield "    line = cell(0)"

    # ------------------------------------------------------------------ the text

    def lines(self) -> list[str]:
        """The whole kernel. All formulas are in `stream`, which is compiled as bodies are."""
        kernel, h = self.kernel, self.kernel.halo
        names = array_names(kernel)
        plain = next(name for name in names if name not in (ROWS, SIDES))
        arrays = ", ".join((*names, *(ACTIVITY if kernel.at_rest else ())))
        given = f"j0, j1, i0, i1, run, {arrays}, {constants(kernel)}"
        return [
            f"def sweep({given}):",
            f"    stream({given})",
            "",
            "",
            f"def stream({given}):",
            *taken(kernel),
            "    thread = cuda.threadIdx.x",
            "    south = j0 + cuda.blockIdx.y * run",
            "    north = min(south + run, j1)",
            f"    across = cuda.blockDim.x - {2 * h}",
            "    west = i0 + cuda.blockIdx.x * across",
            f"    i = west + thread - {h}",
            f"    column = cell(min(i, {plain}.shape[2] - 1))",
            f"    own = thread >= {h} and thread < across + {h} and i < i1",
            "    first, last = south, north",
            *(_skipping(kernel) if kernel.at_rest else []),
            *self._views(plain),
            *self._room(),
            *self._table(),
            *(
                f"    {SIDES}_{k} = {SIDES}[{k}, 0, min(i, {plain}.shape[2] - 1)]"
                for k in sorted(self._sides)
            ),
            *(f"    {name} = dtype(0)" for name in self._kept_names()),
            f"    row, begin, end = cell(first - {self._lead}), cell(first), cell(last)",
            "    while row < end:",
            *(f"        {line}" for line in self._iteration()),
            "        row = row + 1",
        ]

    def _views(self, plain: str) -> Iterator[str]:
        """Lines that see each plane of the arrays with the same pitch."""
        yield f"    grid = pitches({plain}[0])"
        planes = self.variables.planes | {f"{array}_{k}": (array, k) for array, k in self.variables.stored}
        for name, (array, k) in planes.items():
            see = "frozen" if array in self.variables.read_only else "view"
            yield f"    plane_{name} = {see}({array}[{k}], grid)"

    def _room(self) -> Iterator[str]:
        """Lines that make the rows of shared memory; here_n is the thread's place in that of n iterations ago."""
        if not self._shared:
            return
        size = len(self._shared) * self.pitch
        yield f"    room = cuda.shared.array({self._buffers * size + 2 * self._pad}, dtype)"
        yield "    shared = scratch(room, pitches(room))"
        for n in range(self._buffers):
            yield f"    here_{n} = cell(thread + {n * size + self._pad})"

    def _kept_names(self) -> list[str]:
        """ThreadVariables that an iteration takes from those before."""
        kept = [_kept(name, lag) for name, most in self._lags.items() for lag in range(1, most + 1)]
        loaded = [f"{p}_{_tag(row)}" for p, rows in self._rows.items() for row in rows if row + 1 in rows]
        return kept + loaded

    def _iteration(self) -> Iterator[str]:
        v, (first, _) = self.variables, self._span
        rows = {row for wanted in self._rows.values() for row in wanted if row + 1 not in wanted}
        for row in sorted(rows | ({0} if v.stored else set()), reverse=True):
            # Before the first rows that count there may be none.
            yield f"j_{_tag(row)} = max(row + {row}, 0)"
        for (n, used), column in zip(enumerate(self._of_rows.values()), self._table_columns(), strict=True):
            for row in sorted(used):
                yield f"{_row_name(n, row)} = table[line + {(row - first) * self._table_pitch + column}]"
        ready: set[str] = set()
        for name, value in self._reads(early=True).items():
            ready.add(name)
            yield f"{name} = {value}"
        late = self._reads(early=False)
        for n, assignments in self._stages.items():
            if n in self._barriers:
                yield "cuda.syncthreads()"
            for assignment in assignments:
                for name in re.findall(r"\w+", assignment.partition(" = ")[2]):
                    if name in late and name not in ready:
                        ready.add(name)
                        yield f"{name} = {late[name]}"
                yield assignment
            for place, source in enumerate(self._shared):
                if v.born[source] == n:
                    yield f"shared[here_0 + {place * self.pitch}] = {source}"
        if v.stored:
            yield "if own and row >= begin:"
            for (array, plane), name in v.stored.items():
                yield f"    plane_{array}_{plane}[j_{_tag(0)}, column] = {name}"
        yield from self._turn()

    def _reads(self, early: bool) -> dict[str, str]:
        """What is read from memory, by name: early what comes first, else what waits until it is used."""
        v, found = self.variables, dict[str, str]()
        for plane, rows in self._rows.items():
            for row in rows:
                first = row == max(rows) and v.planes[plane][0] in v.read_only
                if row + 1 not in rows and first == early:
                    found[f"{plane}_{_tag(row)}"] = f"plane_{plane}[j_{_tag(row)}, column]"
        for name, neighbour in () if early else self._neighbour_reads.items():
            place = self._shared.index(neighbour.source) * self.pitch + neighbour.di
            found[name] = f"shared[here_{neighbour.lag} + {place}]"
        return found

    def _turn(self) -> Iterator[str]:
        """Lines with which an iteration hands over to the next one."""
        for name, most in self._lags.items():
            for lag in range(most, 0, -1):
                yield f"{_kept(name, lag)} = {_kept(name, lag - 1)}"
        for plane, rows in self._rows.items():
            for row in sorted(rows):
                if row + 1 in rows:
                    yield f"{plane}_{_tag(row)} = {plane}_{_tag(row + 1)}"
        if self._of_rows:
            yield f"line = line + {self._table_pitch}"
        if self._neighbour_reads:
            order = [f"here_{n}" for n in range(self._buffers)]
            yield f"{', '.join(order)} = {', '.join(order[-1:] + order[:-1])}"


def _tag(row: int) -> str:
    return f"n{row}" if row >= 0 else f"s{-row}"


def _row_name(number: int, row: int) -> str:
    return f"row_{number}_{_tag(row)}"


def _kept(name: str, lag: int) -> str:
    return f"{name}_{lag}back" if lag else name


def _skipping(kernel: Kernel) -> list[str]:
    """Lines with which a block leaves the rows of its tile that are at rest alone, and all of it if all is.

    It sets the result to zero there, unless that is known to be zero still.
    """
    assert kernel.at_rest is not None
    (states, result), h = kernel.at_rest, kernel.halo
    seen = [
        f"                for k in range({state}.shape[0]): moving |= whole_{state}[k, cell(j), column] != 0"
        for state in states
    ]

    def look(rows: str, step: str) -> list[str]:
        return [
            "    while first < last:",
            "        moving = 0",
            f"        if i < i1 + {h}:",
            f"            for j in range({rows}):",
            *seen,
            "        if cuda.syncthreads_or(moving) != 0:",
            "            break",
            f"        {step}",
        ]

    def clear(begin: str, end: str) -> list[str]:
        return [
            f"        for j in range({begin}, {end}):",
            f"            for k in range({result}.shape[0]): whole_{result}[k, cell(j), column] = 0",
        ]

    return [
        f"    planes = pitches({states[0]})",
        *(f"    whole_{state} = frozen({state}, planes)" for state in states if state != result),
        f"    whole_{result} = view({result}, planes)",
        "    tile = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x",
        "    zeros = was_quiescent[tile]",
        f"    first, last = south - {h}, north + {h}",
        *look(f"first, min(first + {CHUNK}, last)", f"first = min(first + {CHUNK}, last)"),
        *look(f"max(last - {CHUNK}, first), last", f"last = max(last - {CHUNK}, first)"),
        f"    first, last = max(first - {h}, south), min(last + {h}, north)",
        "    if own and not zeros:",
        *clear("south", "min(first, north)"),
        *clear("max(last, first)", "north"),
        "    if first >= last:",
        "        if thread == 0:",
        "            quiescent[tile] = True",
        "        return",
        "    if thread == 0:",
        "        quiescent[tile] = False",
        "        was_quiescent[tile] = False",
        "        computed[tile] += (last - first) * (min(west + across, i1) - west)",
    ]
