"""How are the kernels of a run compiled at once? By this process and others beside it, through the cache on disk.

Numba compiles one function at a time in a process. What a backend binds and no cache has is put on a list; helpers,
processes of their own, begin with it at once and write into the cache, while this one goes on to allocate and to read.
When it needs what is not compiled yet it compiles too. Ranks of a node share the work in the same way: none compiles
what another one has locked. Without helpers, or where one fails, this process does it all.
"""

import os
import threading
import time
from typing import Any, Protocol

from esim.backends.cpu.compile_helper import BUSY, DONE, Helper
from esim.backends.kernel_cache import PATIENCE, compiling

PROCESSES = 4  # at most: more find little work, and each takes 150 MB
PAUSE = 0.02  # s between looks at what others compile
IDLE = 5.0  # s without work after which a helper leaves


class Loop(Protocol):
    """A loop to be compiled; can be pickled."""

    @property
    def name(self) -> str:
        """Of what is compiled: the same in all processes, another one for other code."""

    @property
    def cost(self) -> int:
        """A measure of the time that it takes."""

    def is_kept(self) -> bool:
        """Whether its machine code is in this process or on disk."""

    def compile(self) -> Any:
        """What runs it; found on disk or compiled, and then kept there."""


class Code:
    """Machine code of a loop, which may still have to be compiled."""

    def __init__(self, loop: Loop, compilation: "Compilation") -> None:
        self.loop, self._compilation = loop, compilation
        self.result: Any = None
        self.taken = self.helped = False  # whether somebody compiles it, and whether a helper has tried
        self.busy_since: float | None = None  # when it was first found locked by another process

    def get(self) -> Any:
        """What runs it."""
        if self.result is None:
            self._compilation.resolve(self)
        return self.result

    def try_here(self) -> bool:
        """Compile or load it in this process, unless another one compiles it and has not done so for too long."""
        if self.loop.is_kept():
            self.result = self.loop.compile()
            return True
        late = self.busy_since is not None and time.monotonic() > self.busy_since + PATIENCE
        with compiling(self.loop.name, 0.0) as free:
            if free or late:
                self.result = self.loop.compile()
                return True
        self.busy_since = self.busy_since or time.monotonic()
        return False


def processes_for(threads: int) -> int:
    """How many processes compile for a rank of so many threads: ESIM_COMPILE_PROCESSES, else one for each, up to 4."""
    said = os.environ.get("ESIM_COMPILE_PROCESSES", "")
    return max(1, int(said)) if said.isdecimal() else min(threads, PROCESSES)


class Compilation:
    """The list of what a backend compiles, in at most so many processes, this one included."""

    def __init__(self, processes: int) -> None:
        self._helpers_allowed = processes - 1
        self._codes: dict[tuple[str, type], Code] = {}
        self._changed = threading.Condition()
        self._helpers = 0
        self._finished = False

    def need(self, loop: Loop) -> Code:
        """The code of a loop: loaded if it is kept on disk, else on the list from now on."""
        key = (loop.name, type(loop))
        if key not in self._codes:
            code = Code(loop, self)
            if loop.is_kept():
                code.result = loop.compile()
            with self._changed:
                self._codes[key] = code
                if code.result is None:
                    self._call_helper()
        return self._codes[key]

    def resolve(self, code: Code) -> None:
        """Compile one code now."""
        while code.result is None:
            with self._changed:
                while code.taken:
                    self._changed.wait()
                code.taken = True
            self._try(code)

    def finish(self) -> None:
        """Compile all that is on the list; no helper is left."""
        try:
            while any(code.result is None for code in self._codes.values()):
                code = self._take(helper=False)
                if code is not None:
                    self._try(code)
                    continue
                with self._changed:
                    self._changed.wait(PAUSE)
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify_all()

    def _try(self, code: Code) -> None:
        done = False
        try:
            done = code.try_here()
        finally:
            self._give_back(code)
        if not done:
            time.sleep(PAUSE)

    def _take(self, helper: bool) -> Code | None:
        """The next code that nobody has: what no helper has tried first, what others have locked last."""
        with self._changed:
            free = [c for c in self._codes.values() if c.result is None and not c.taken]
            free = [c for c in free if not (helper and c.helped)]
            if not free:
                return None
            code = min(free, key=lambda c: (c.helped, c.busy_since or 0.0, -c.loop.cost))
            code.taken = True
            return code

    def _give_back(self, code: Code, helped: bool = False) -> None:
        with self._changed:
            code.taken, code.helped = False, code.helped or helped
            self._changed.notify_all()

    def _call_helper(self) -> None:
        self._finished = False
        if self._helpers < self._helpers_allowed:
            self._helpers += 1
            threading.Thread(target=self._help, name="esim-compile", daemon=True).start()
        self._changed.notify_all()

    def _help(self) -> None:
        """What the thread does that talks with one helper."""
        try:
            with Helper() as helper:
                end = time.monotonic() + IDLE
                while not self._finished and time.monotonic() < end:
                    code = self._take(helper=True)
                    if code is None:
                        with self._changed:
                            self._changed.wait(IDLE / 10)
                        continue
                    answer = b""
                    try:
                        answer = helper.ask(code.loop)
                    finally:
                        if answer == BUSY:
                            code.busy_since = code.busy_since or time.monotonic()
                        self._give_back(code, helped=answer != BUSY)
                    if answer == BUSY:
                        time.sleep(PAUSE)
                    elif answer == DONE:
                        end = time.monotonic() + IDLE
        except (OSError, EOFError):
            self._helpers_allowed = 0  # there are none here: this process compiles what is left
        finally:
            with self._changed:
                self._helpers -= 1
