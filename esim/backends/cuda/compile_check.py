"""What does the compiler make of the kernels? Found without a GPU, its driver or nvcc.

Each kernel is compiled from the text, with the signature and flags of the CUDA backend: to PTX by Numba and NVVM, to
machine code by nvJitLink, and back to readable instructions by nvdisasm. Then it is judged. What comes out are the
compiler's figures, not measurements.
"""

import importlib.util
import multiprocessing
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.backends.cuda import codegen, jit
from esim.backends.devices import simulated
from esim.backends.linker import ROWS, SIDES, arguments, array_names, has_layers
from esim.distribution import install
from esim.errors import MachineError
from esim.kernels.kernel import Kernel

ARCHITECTURES = ("sm_80", "sm_90")  # A100, H100
PRECISIONS = ("float32", "float64")
INSTALL = install("cuda-compile")
MODULES = ("numba.cuda", "cuda.bindings.nvjitlink")
DISASSEMBLER = "nvidia-cuda-nvdisasm"
MOST_REGISTERS = 255  # of a thread
# Registers of a thread with which a multiprocessor still holds a quarter of its threads, for sm_80 and sm_90.
QUARTER = 128
SHARED_BYTES = 48 * 1024  # what every GPU gives a block without asking for more
# Bytes of registers that a thread may put aside: none in float32; a few in float64, which needs twice as many registers
# and is for checks. They stay in the first-level cache.
SPILLS = {"float32": 0, "float64": 1024}
BATCH = 8  # kernels in one cubin: the disassembler takes half a second to begin
SMALL = (ROWS, SIDES, "weights", "coef", "keep", "relax")  # arrays of one value a row, column or layer

# Opcodes of machine code, by their first word.
FLOATING = re.compile(r"[FD](ADD|MUL|FMA|SETP|MNMX|SEL|SET|CHK|SWZADD)|MUFU|FRND|[FI]2[FI]|HMNMX2|HFMA2")
FORMULA = re.compile(r"[FD](ADD|MUL|FMA|MNMX)|MUFU")  # what bodies compute with, and nothing else
INTEGER = re.compile(
    r"U?(IADD|IMAD|IMUL|ISETP|IABS|IMNMX|LEA|LOP|SHF|SHL|SHR|SEL|VIADD|VIMNMX|POPC|FLO|BREV|PRMT|SGXT|BMSK|PLOP)"
)
MEMORY = re.compile(r"LD|ST[GLS]?$|ST\.|RED|ATOM|ULDC|CCTL")
DOUBLE = re.compile(r"D(ADD|MUL|FMA|SETP|MNMX|MMA)\b|MUFU\.\w*64H|[FI]2[FI]\S*\.F64|FRND\S*\.F64")


class Figures(NamedTuple):
    """What a kernel became in a precision on an architecture.

    Counts of the loop are those of the loop that holds most of the formulas, or of the whole kernel if there is none;
    bytes are those of a cell: what it takes if every load of the loop goes to main memory, and if each array is read
    and written once.
    """

    kernel: str
    precision: str
    architecture: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    registers: int = 0
    shared_bytes: int = 0
    stack_bytes: int = 0
    spill_bytes: int = 0
    instructions: int = 0
    loop_instructions: int = 0
    floating: int = 0
    integer: int = 0
    memory: int = 0
    loads: int = 0
    stores: int = 0
    bytes_of_loads: float = 0.0
    least_bytes: int = 0

    @property
    def where(self) -> str:
        """Kernel, precision and architecture in words."""
        return f"{self.kernel}, {self.precision}, {self.architecture}"


class Traffic(NamedTuple):
    """What a cell of a kernel reads and writes, each value once, arrays of one value a row or column left out."""

    read: frozenset[tuple[str, int]]  # arrays, and the plane of an array of several
    written: frozenset[tuple[str, int]]
    stores: int  # of all bodies

    def least_bytes(self, kernel: Kernel, itemsize: int) -> int:
        """Bytes of a cell that main memory has to move."""
        each = [2 if name in kernel.packed else itemsize for name, _ in (*self.read, *self.written)]
        return sum(each)


def missing() -> str:
    """What the gate lacks on this machine, in one sentence; empty if nothing."""
    for name in MODULES:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"compiling without a GPU needs {name}: {INSTALL}"
    if not _disassembler():
        return f"compiling without a GPU needs {DISASSEMBLER}: {INSTALL}"
    return ""


def _disassembler() -> Path | None:
    try:
        files = distribution(DISASSEMBLER).files or []
    except PackageNotFoundError:
        return None
    return next((Path(str(f.locate())) for f in files if f.name in ("nvdisasm", "nvdisasm.exe")), None)


# ------------------------------------------------------------------ what a cell moves


class _Array:
    """Stands for an array and notes which of its planes a body reads and writes."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value
        self.read: set[tuple[str, int]] = set()
        self.written: list[tuple[str, int]] = []

    def __getitem__(self, index: tuple) -> Any:
        self.read.add((self.name, int(index[0])))
        return self.value

    def __setitem__(self, index: tuple, value: Any) -> None:
        self.written.append((self.name, int(index[0])))


def traffic(kernel: Kernel) -> Traffic:
    """What a cell of a kernel reads and writes, found by calling its bodies, which have no branches."""
    deep = has_layers(kernel)
    one = np.float32(1)
    arrays = {
        name: _Array(name, np.uint16(1) if name in kernel.packed else one) for name in array_names(kernel)
    }
    w = _Array("w", one)
    numbers = dict.fromkeys(("k0", "j0", "i0"), 0) if deep else {}
    p = kernel.params(*(one for _ in kernel.params._fields))  # type: ignore[attr-defined]
    cell = (8, 8, 8) if deep else (8, 8)
    given: dict[str, Any] = {**arrays, **numbers, "w": w, "p": p}
    with np.errstate(all="ignore"):
        for stage in kernel.stages:
            stage.body(*cell, *(given[name] for name in arguments(stage.body)))
    large = [array for array in arrays.values() if array.name not in SMALL]

    def planes(found: set | list) -> set:
        return {(name, 0 if deep else plane) for name, plane in found}

    read = set().union(*(planes(array.read) for array in large))
    written = set().union(*(planes(array.written) for array in large))
    return Traffic(frozenset(read), frozenset(written), sum(len(array.written) for array in arrays.values()))


# ------------------------------------------------------------------ compiling


def _texts(kernel: Kernel, dtype: np.dtype) -> tuple[Callable, tuple, dict[str, Any]]:
    """The function that the backend compiles, its signature, and the options it is compiled with."""
    text = codegen.kernel_text(kernel, dtype)
    function = jit.python_function(kernel, text, dtype)
    return function, codegen.signature(kernel, dtype), {**jit.FLAGS, **text.options}


def _ptx(kernel: Kernel, dtype: np.dtype, architectures: Sequence[str]) -> dict[str, str]:
    """PTX of a kernel for some architectures. Types are found once, which takes most of the time."""
    from numba.cuda import compiler

    function, signature, options = _texts(kernel, dtype)
    library, _ = compiler._compile_pyfunc_with_fixup(
        function,
        signature,
        device=False,
        fastmath=options["fastmath"],
        cc=_capability(architectures[0]),
        abi="numba",
        launch_bounds=options.get("launch_bounds"),
        lto=options["lto"],
    )
    return {name: library.get_asm_str(cc=_capability(name)) for name in architectures}


def _capability(architecture: str) -> tuple[int, int]:
    digits = architecture.removeprefix("sm_")
    return int(digits[:-1]), int(digits[-1])


class _Device:
    """What Numba asks a GPU for while it finds types."""

    compute_capability = _capability(ARCHITECTURES[-1])


def _begin() -> None:
    """Prepare a process that compiles and never launches."""
    from numba.cuda import dispatcher

    dispatcher.get_current_device = _Device


def _renamed(ptx: str, name: str) -> str:
    """PTX whose global names are its own, so that it can be linked with others."""
    found = re.search(r"\.entry\s+(\w+)", ptx)
    assert found is not None
    ptx = "\n".join(line for line in ptx.splitlines() if not line.startswith((".common", "\t// .globl")))
    ptx = ptx.replace(found[1], name)
    return re.sub(r"\b_cudapy_smem\w*", lambda m: f"{m[0]}_{name}", ptx)


def _linked(texts: Mapping[str, str], architecture: str) -> tuple[bytes, str]:
    """One cubin of some PTX by the names of their kernels, and what the assembler said."""
    from cuda.bindings import nvjitlink

    handle = nvjitlink.create(3, [f"-arch={architecture}", "-verbose", "-O3"])
    try:
        for name, text in texts.items():
            data = text.encode()
            nvjitlink.add_data(handle, nvjitlink.InputType.PTX, data, len(data), name)
        nvjitlink.complete(handle)
        log = bytearray(nvjitlink.get_info_log_size(handle))
        nvjitlink.get_info_log(handle, log)
        cubin = bytearray(nvjitlink.get_linked_cubin_size(handle))
        nvjitlink.get_linked_cubin(handle, cubin)
    finally:
        nvjitlink.destroy(handle)
    return bytes(cubin), log.decode(errors="replace")


def _disassembled(cubin: bytes) -> dict[str, list[str]]:
    """Lines of machine code of each function of a cubin."""
    program = _disassembler()
    assert program is not None
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        done = subprocess.run([str(program), "-c", file.name], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in done.stdout.splitlines():
        if head := re.match(r"\.text\.(\w+):", line):
            lines = found.setdefault(head[1], [])
        elif line.startswith("//-----"):
            lines = []
        lines.append(line)
    return found


def _said(log: str, name: str) -> dict[str, int]:
    """What the assembler said of a kernel: registers, and bytes of stack, spills and shared memory."""
    first = re.search(
        rf"Function properties for {name}\n.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill "
        r"loads\n.*?Used (\d+) registers",
        log,
    )
    last = re.search(rf"Function properties for '{name}':\n.*?(\d+) bytes smem,.*?(\d+) bytes lmem", log)
    if first is None or last is None:
        raise MachineError(
            f"nvJitLink said nothing of the registers of {name}: this version of it is not known; {INSTALL}"
        )
    stack, stores, loads, registers = map(int, first.groups())
    return {
        "registers": registers,
        "shared_bytes": int(last[1]),
        "stack_bytes": max(stack, int(last[2])),
        "spill_bytes": stores + loads,
    }


# ------------------------------------------------------------------ reading PTX and machine code


def _loop(lines: Sequence[str], label: str, jump: str, formula: Callable[[str], bool]) -> Sequence[str]:
    """The loop that holds most of the formulas, if it holds most of all; else everything."""
    places = {m[1]: n for n, line in enumerate(lines) if (m := re.match(label, line))}
    counted = np.cumsum([0] + [formula(line) for line in lines])
    best: tuple[int, int, int] | None = None
    for n, line in enumerate(lines):
        found = re.search(jump, line)
        first = places.get(found[1]) if found else None
        if first is not None and first < n:
            held = int(counted[n + 1] - counted[first]), first - n - 1, first
            best = max(best or held, held)
    if best is None or 2 * best[0] < counted[-1] or not best[0]:
        return lines
    return lines[best[2] : best[2] - best[1]]


def ptx_loop(ptx: str) -> list[str]:
    """Instructions of the loop of a thread in PTX, without their guards."""
    lines = ptx[ptx.index(".entry") :].splitlines()
    found = _loop(
        [line.strip() for line in lines],
        r"(\$L\w+):",
        r"\bbra(?:\.uni)?\s+(\$L\w+);",
        lambda line: (
            re.match(r"(@!?%p\d+ )?(add|sub|mul|fma|div|sqrt|min|max)\.\S*f(32|64)\b", line) is not None
        ),
    )
    return [
        re.sub(r"^@!?%p\d+\s+", "", line) for line in found if line.endswith(";") and line[0] not in ".$/"
    ]


def _moved(loop: Sequence[str]) -> tuple[int, int, int]:
    """Values loaded from and stored to global memory in a loop of PTX, and bytes of both together."""
    loads = stores = size = 0
    for line in loop:
        if m := re.match(r"(ld|st)\.(?:volatile\.)?global\.(?:nc\.)?(?:v([24])\.)?[a-z](\d+)\b", line):
            count = int(m[2] or 1)
            size += count * int(m[3]) // 8
            loads, stores = (loads + count, stores) if m[1] == "ld" else (loads, stores + count)
    return loads, stores, size


def wraparounds(loop: Sequence[str]) -> int:
    """Loads and stores of a loop of PTX whose address counts a negative index from the end of the array.

    An index x that may be negative shows as x + (x < 0 ? n : 0), spelt with a selection, or with the sign of x spread
    over all bits.
    """
    made: dict[str, list[tuple[str, list[str]]]] = {}
    for line in loop:
        operation, _, rest = line.rstrip(";").partition(" ")
        operands = [word.strip() for word in rest.split(",")]
        if len(operands) > 1 and operands[0].startswith("%") and not operation.startswith(("st", "ld")):
            made.setdefault(operands[0], []).append((operation.strip(), operands[1:]))

    def by(register: str, operation: str) -> Iterator[list[str]]:
        return (operands for name, operands in made.get(register, []) if re.match(operation, name))

    def signed(predicate: str) -> set[str]:
        """Registers that a predicate compares with a number."""
        return {
            operands[0]
            for operands in by(predicate, r"setp\.(lt|le|gt|ge)\.s(32|64)")
            if operands[1].lstrip("-").isdecimal()
        }

    def wraps(operation: str, operands: Sequence[str]) -> bool:
        if operation.startswith("add.s"):
            for part in operands:
                for chosen, other, predicate in by(part, r"selp\.[bsu](32|64)"):
                    if other == "0" and chosen.startswith("%") and signed(predicate) - {chosen}:
                        return True
                for pair in by(part, r"and\.b(32|64)"):
                    if any(s[1] in ("63", "31") for r in pair for s in by(r, r"shr\.s(32|64)")):
                        return True
        if re.match(r"selp\.[bsu](32|64)", operation):
            chosen, other, predicate = operands
            tested = signed(predicate)
            for x, y in ((chosen, other), (other, chosen)):
                if tested and any(x in sum_ for sum_ in by(y, r"add\.s(32|64)")):
                    return True
        return False

    def bad(register: str, seen: set[str]) -> bool:
        if register in seen:
            return False
        seen.add(register)
        return any(
            wraps(operation, operands)
            or any(bad(o, seen) for o in operands if o.startswith("%") and not o.startswith("%p"))
            for operation, operands in made.get(register, [])
        )

    # Flags of tiles at rest, in bytes and counted in 64 bits, a block reads and writes once.
    value = re.compile(r"(?:ld|st)\.(?:global|shared)\S*\.(?:f32|f64|[bu]16|[bu]32)\s.*?\[(%\w+)")
    memory = (value.match(line) for line in loop)
    return sum(bad(m[1], set()) for m in memory if m)


def _operations(lines: Sequence[str]) -> list[str]:
    """Operations of lines of machine code, without guards and operands."""
    pattern = re.compile(r"\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)")
    return [m[1] for line in lines if (m := pattern.match(line)) and m[1] != "NOP"]


def _machine_loop(lines: Sequence[str]) -> Sequence[str]:
    return _loop(
        lines,
        r"(\.L_x_\d+):",
        r"\bBRA\b.*`\((\.L_x_\d+)\)",
        lambda line: any(FORMULA.match(operation) for operation in _operations([line])),
    )


# ------------------------------------------------------------------ judging


def _judge(
    name: str, kernel: Kernel, precision: str, architecture: str, ptx: str, code: Sequence[str], said: dict
) -> Figures:
    itemsize = np.dtype(precision).itemsize
    moved, loop = traffic(kernel), ptx_loop(ptx)
    loads, stores, size = _moved(loop)
    operations, inner = _operations(code), _operations(_machine_loop(code))
    kinds = Counter(_kind(operation) for operation in inner)
    redundancy = codegen.redundancy(kernel)
    faults = []
    if said["spill_bytes"] > SPILLS[precision]:
        faults.append(f"spills {said['spill_bytes']} bytes of registers, {SPILLS[precision]} are allowed")
    if said["stack_bytes"] > SPILLS[precision]:
        faults.append(f"uses {said['stack_bytes']} bytes of local memory, {SPILLS[precision]} are allowed")
    if said["registers"] > MOST_REGISTERS:
        faults.append(f"needs {said['registers']} registers, a thread has {MOST_REGISTERS}")
    if said["shared_bytes"] > SHARED_BYTES:
        faults.append(f"needs {said['shared_bytes']} bytes of shared memory, a block has {SHARED_BYTES}")
    if precision == "float32":
        doubles = sum(DOUBLE.match(operation) is not None for operation in operations)
        doubles = doubles or len(re.findall(r"^\s*(?:@!?%p\d+ )?[a-z]\S*\.f64\b", ptx, re.MULTILINE))
        if doubles:
            faults.append(f"has {doubles} float64 instructions, 0 are allowed in float32")
    if wrapped := wraparounds(loop):
        faults.append(f"has {wrapped} loads or stores of wrapped negative indices, 0 are allowed")
    # What is left alone at rest is set to zero by stores of its own, in a kernel without a loop among the others.
    if stores != moved.stores and not (kernel.at_rest and not kernel.slots):
        faults.append(
            f"has {stores} stores in its loop where its bodies have {moved.stores}: copies of a body"
        )
    warnings = []
    if said["spill_bytes"]:
        warnings.append(f"spills {said['spill_bytes']} bytes of registers")
    if said["registers"] > QUARTER:
        warnings.append(
            f"{said['registers']} registers: with more than {QUARTER} a GPU holds less than a quarter of its threads"
        )
    return Figures(
        kernel=name,
        precision=precision,
        architecture=architecture,
        **said,
        instructions=len(operations),
        loop_instructions=len(inner),
        floating=kinds["floating"],
        integer=kinds["integer"],
        memory=kinds["memory"],
        loads=loads,
        stores=stores,
        bytes_of_loads=round(size * redundancy, 1),
        least_bytes=moved.least_bytes(kernel, itemsize),
        faults=tuple(faults),
        warnings=tuple(warnings),
    )


def _kind(operation: str) -> str:
    for kind, pattern in (("memory", MEMORY), ("floating", FLOATING), ("integer", INTEGER)):
        # Some multiplications only move a value or make a constant.
        if pattern.match(operation) and not re.match(r"IMAD\.MOV|HFMA2", operation):
            return kind
    return "other"


def _work(
    catalogue: Callable[[], Mapping[str, Kernel]],
    wanted: Sequence[tuple[str, str]],
    architectures: Sequence[str],
) -> list[Figures]:
    """Figures of some kernels of a catalogue in some precisions, on each architecture."""
    kernels = catalogue()
    texts: dict[str, dict[str, str]] = {architecture: {} for architecture in architectures}
    found = []
    for n, (name, precision) in enumerate(wanted):
        try:
            made = _ptx(kernels[name], np.dtype(precision), architectures)
        except Exception as error:  # whatever Numba and NVVM raise, the other kernels are judged all the same
            found += [_refused(name, precision, architecture, error) for architecture in architectures]
            continue
        for architecture, ptx in made.items():
            texts[architecture][_entry(n)] = _renamed(ptx, _entry(n))
    for architecture, named in texts.items():
        if not named:
            continue
        cubin, log = _linked(named, architecture)
        codes = _disassembled(cubin)
        for n, (name, precision) in enumerate(wanted):
            if (entry := _entry(n)) in named:
                said = _said(log, entry)
                judged = named[entry], codes[entry], said
                found.append(_judge(name, kernels[name], precision, architecture, *judged))
    return found


def _entry(number: int) -> str:
    """Name of a kernel of a batch in machine code."""
    return f"kernel_{number}_"


def _refused(name: str, precision: str, architecture: str, error: Exception) -> Figures:
    """Figures of a kernel that the compiler refuses."""
    said = " ".join(str(error).split())
    return Figures(
        name, precision, architecture, (f"does not compile: {type(error).__name__}: {said[:300]}",)
    )


def examine(
    catalogue: Callable[[], Mapping[str, Kernel]],
    names: Sequence[str] | None = None,
    precisions: Sequence[str] = PRECISIONS,
    architectures: Sequence[str] = ARCHITECTURES,
    processes: int = 2,
    left_out: Container[tuple[str, str]] = (),
) -> list[Figures]:
    """Compile the kernels of a catalogue, by their names or all, in processes of their own, and judge what comes out.

    left_out are names and precisions of kernels that are not compiled.

    The catalogue is a function of a module, so that other processes can call it too. Raises MachineError where the
    compiler is not installed.
    """
    if simulated():
        raise MachineError("NUMBA_ENABLE_CUDASIM is set: the simulator compiles nothing; unset it")
    if lacking := missing():
        raise MachineError(lacking)
    kernels = catalogue()
    wanted = [
        wish
        for precision in precisions
        for name in names or kernels
        if (wish := (name, precision)) not in left_out
    ]
    batches = _batches(wanted, kernels)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        jobs = [pool.submit(_work, catalogue, batch, tuple(architectures)) for batch in batches]
        found = [figures for job in jobs for figures in job.result()]
    order = {wish: n for n, wish in enumerate(wanted)}
    return sorted(found, key=lambda f: (order[f.kernel, f.precision], architectures.index(f.architecture)))


def _batches(wanted: Sequence[tuple[str, str]], kernels: Mapping[str, Kernel]) -> list[list[tuple[str, str]]]:
    """Wanted kernels in equal shares; those that take longest, of most scratch or halo, come first and apart."""
    ordered = sorted(wanted, key=lambda wish: (-kernels[wish[0]].slots, -kernels[wish[0]].halo))
    count = -(-len(ordered) // BATCH)
    return [ordered[n::count] for n in range(count)]
