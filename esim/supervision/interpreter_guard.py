"""Who ends a rank whose interpreter is blocked by a call of C, and its watchdog with it? A thread that needs none.

It runs a few machine instructions, made by LLVM, which Numba brings: it counts seconds until the watchdog sets the
count back, and at a limit has the stacks printed, says a sentence and ends the process. As it counts its own waking
time, a process that was suspended is not ended. Linux only: elsewhere there is no signal of its own for the stacks.
"""

import ctypes
import faulthandler
import math
import signal
import struct
import sys
from functools import cache
from typing import Any

STDERR = 2
ROOM = 1024  # bytes of the sentence
POLLOUT, PATIENCE = 4, 1000  # ms in which stderr must take text: the pipe of a launcher that hangs is full
FORWARDED = 500_000  # us for what is not yet forwarded
FIELDS = ("counted", "allowed", "signal", "length", "poll")  # of 8 bytes each, before the sentence


class _State(ctypes.Structure):
    """What the thread and the watchdog share."""

    _fields_ = [*((name, ctypes.c_int64) for name in FIELDS), ("sentence", ctypes.c_char * ROOM)]


class InterpreterGuard:
    """A thread that ends this process with an exit code, unless the watchdog is heard every so many seconds."""

    def __init__(self, exit_code: int) -> None:
        self._state = _State(0, 1 << 62, signal.SIGRTMAX, 0, _poll_stderr())
        _keep(self._state)
        faulthandler.register(signal.SIGRTMAX, file=STDERR, all_threads=True)
        # Signals are for the threads of Python, but for that of the stacks.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - {signal.SIGRTMAX})
        try:
            _start_thread(_machine_code(exit_code), self._state)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def allow(self, seconds: float, sentence: str) -> None:
        """How long the watchdog may be silent, and what is said when it was."""
        data = sentence.encode()[:ROOM]
        self._state.allowed = math.ceil(seconds)
        ctypes.memmove(ctypes.addressof(self._state) + 8 * len(FIELDS), data, len(data))
        self._state.length = len(data)

    def beat(self) -> None:
        """The watchdog is awake."""
        self._state.counted = 0

    def close(self) -> None:
        """Let the thread leave within a second."""
        self._state.allowed = 0
        faulthandler.unregister(signal.SIGRTMAX)


def start_guard(exit_code: int) -> InterpreterGuard | None:
    """A guard; None where there is no LLVM, no thread for it, or another system than Linux."""
    if sys.platform != "linux":
        return None
    try:
        return InterpreterGuard(exit_code)
    except (ImportError, OSError, RuntimeError):
        return None


def _poll_stderr() -> int:
    """The struct pollfd of poll(2) that asks whether stderr takes text, as a number."""
    return int(struct.unpack("q", struct.pack("ihh", STDERR, POLLOUT, 0))[0])


def _start_thread(address: int, state: _State) -> None:
    """Start a thread at an address, by pthread_create(3); raises OSError."""
    library, thread = ctypes.CDLL(None), ctypes.c_ulong()
    given = ctypes.byref(thread), None, ctypes.c_void_p(address), ctypes.byref(state)
    if error := library.pthread_create(*given):
        raise OSError(error, "no thread for the guard of the interpreter")
    library.pthread_detach(thread)


@cache
def _machine_code(exit_code: int) -> int:
    """The address of the code of the thread, which stays there until the process ends."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(str(_module(exit_code)))
    module.verify()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    for owner in (engine, module, machine):
        _keep(owner)
    return int(engine.get_function_address("guard"))


def _keep(owner: object) -> None:
    """Have an object live until the process ends: Python, on its way out, would free what the thread still uses."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))


def _library(module: Any) -> dict[str, Any]:
    """The functions of the C library that the thread calls, declared in a module."""
    from llvmlite import ir

    i32, i64, pointer = ir.IntType(32), ir.IntType(64), ir.IntType(8).as_pointer()
    declared = (
        ("sleep", i32, [i32]),
        ("usleep", i32, [i32]),
        ("poll", i32, [pointer, i64, i32]),
        ("raise", i32, [i32]),
        ("write", i64, [i32, pointer, i64]),
        ("_exit", ir.VoidType(), [i32]),
    )
    return {
        name: ir.Function(module, ir.FunctionType(result, given), name) for name, result, given in declared
    }


def _module(exit_code: int) -> Any:
    """guard(state), in C: while (sleep(1), allowed && ++counted <= allowed); if (allowed) tell and _exit(exit_code)."""
    from llvmlite import ir

    i32, i64 = ir.IntType(32), ir.IntType(64)
    module = ir.Module("guard")
    library = _library(module)
    function = ir.Function(module, ir.FunctionType(i64, [i64]), "guard")
    names = ("begin", "count", "compare", "end", "tell", "exit", "leave")
    blocks = {name: function.append_basic_block(name) for name in names}
    make, (state,) = ir.IRBuilder(blocks["begin"]), function.args

    def place(name: str, kind: Any = i64) -> Any:
        offset = 8 * (FIELDS.index(name) if name in FIELDS else len(FIELDS))
        return make.inttoptr(make.add(state, i64(offset)), kind.as_pointer())

    make.branch(blocks["count"])
    make.position_at_end(blocks["count"])
    make.call(library["sleep"], [i32(1)])
    allowed = make.load(place("allowed"))
    make.cbranch(make.icmp_signed("==", allowed, i64(0)), blocks["leave"], blocks["compare"])
    make.position_at_end(blocks["compare"])
    counted = make.add(make.load(place("counted")), i64(1))
    make.store(counted, place("counted"))
    make.cbranch(make.icmp_signed("<=", counted, allowed), blocks["count"], blocks["end"])
    make.position_at_end(blocks["end"])
    heard = make.call(library["poll"], [place("poll", ir.IntType(8)), i64(1), i32(PATIENCE)])
    make.cbranch(make.icmp_signed(">", heard, i32(0)), blocks["tell"], blocks["exit"])
    make.position_at_end(blocks["tell"])
    make.call(library["raise"], [make.trunc(make.load(place("signal")), i32)])
    text = place("sentence", ir.IntType(8))
    make.call(library["write"], [i32(STDERR), text, make.load(place("length"))])
    make.call(library["usleep"], [i32(FORWARDED)])
    make.branch(blocks["exit"])
    make.position_at_end(blocks["exit"])
    make.call(library["_exit"], [i32(exit_code)])
    make.unreachable()
    make.position_at_end(blocks["leave"])
    make.ret(i64(0))
    return module
