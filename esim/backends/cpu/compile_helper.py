"""What is a helper that compiles? A process that reads loops from its standard input and answers with one byte each."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import Any, BinaryIO

from esim.backends.kernel_cache import cache_directory, compiling

DONE, BUSY, FAILED = b"d", b"b", b"f"
LENGTH = 8  # bytes of the number that tells how long a message is


class Helper:
    """A helper as the process sees that started it. Raises OSError or EOFError where there is none, or no more."""

    def __enter__(self) -> "Helper":
        if not sys.executable:
            raise OSError("there is no Python interpreter to start")
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a signal to the ranks is not for it: it leaves when they do
        )
        try:
            self._send(str(cache_directory()).encode())
            if self._answer() != DONE:
                raise EOFError("a helper has another cache")
        except BaseException:
            self._end()
            raise
        return self

    def ask(self, loop: Any) -> bytes:
        """Let it compile a loop; DONE, BUSY where another process compiles it, or FAILED."""
        from numba.core.serialize import dumps  # of functions by value, where they cannot be imported

        try:
            message = dumps(loop)
        except Exception:  # a body may refer to what cannot be pickled
            return FAILED
        self._send(message)
        return self._answer()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, message: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        stream.write(len(message).to_bytes(LENGTH, "little") + message)
        stream.flush()

    def _answer(self) -> bytes:
        assert self._process.stdout is not None
        answer = self._process.stdout.read(1)
        if not answer:
            raise EOFError("a helper ended")
        return answer


def serve() -> None:
    """Compile what is asked for until standard input ends, or whoever asks does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what others print
    messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, messages), daemon=True).start()
    same = messages.get() == str(cache_directory()).encode()
    answers.write(DONE if same else FAILED)
    while True:
        answers.write(_compile(messages.get()))


def _receive(stream: BinaryIO, messages: "queue.SimpleQueue[bytes]") -> None:
    while length := stream.read(LENGTH):
        messages.put(stream.read(int.from_bytes(length, "little")))
    os._exit(0)  # also in the middle of a kernel: nobody waits for it


def _compile(message: bytes) -> bytes:
    import pickle

    try:
        loop = pickle.loads(message)
        with compiling(loop.name, 0.0) as free:
            if free and not loop.is_kept():
                loop.compile()
        return DONE if free else BUSY
    except Exception:  # the one that asks will meet it again, and tell
        return FAILED
