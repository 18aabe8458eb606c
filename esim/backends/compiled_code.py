"""How is the machine code of a kernel kept on disk, so that a second start finds it and never runs a damaged one?

Numba's own cache raises what a damaged file or a full disk raises, and runs machine code in which a bit has changed.
Here each function has a file of its own, which begins with the SHA-256 sum of the rest and holds the whole key (types
of the arguments, processor, byte code): what does not fit is passed over, said once, and compiled anew.
"""

import hashlib
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, NullCache
from numba.core.ccallback import CFunc
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature

from esim.backends import kernel_cache
from esim.backends.kernel_cache import not_kept, remark

SUM = hashlib.sha256().digest_size


class CodeFiles:
    """Compiled code of the functions of a name, one file for each key; it stands where Numba has its cache file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def path(self, key: tuple) -> Path:
        """The file of a key."""
        digest = hashlib.sha256(f"{numba.__version__} {key}".encode()).hexdigest()[:20]
        return kernel_cache.cache_directory() / f"{self._name}.{digest}.code"

    def load(self, key: tuple) -> Any:
        """What was saved under a key; None where there is nothing, or nothing whole."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(content[SUM:]).digest() != content[:SUM]:
            raise ValueError("its checksum is wrong")
        found, data = pickle.loads(content[SUM:])
        if found != (numba.__version__, key):
            raise ValueError("it is the code of another function, processor or version of Numba")
        return data

    def save(self, key: tuple, data: Any) -> None:
        """Write a file, whole or not at all."""
        body = dumps(((numba.__version__, key), data))
        path = self.path(key)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def flush(self) -> None:
        """Nothing waits to be written."""


class _Kept:
    """A cache of Numba on our files, for which no failure of them is one of the run."""

    _cache_file: Any
    _impl: Any

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function of a signature; None where it has to be compiled."""
        target_context.refresh()
        key = self._index_key(sig, target_context.codegen())  # type: ignore[attr-defined]
        try:
            data = self._cache_file.load(key)
            return None if data is None else self._impl.rebuild(target_context, data)
        except Exception as error:  # damaged code can fail in any way
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            remark(
                f"compiled kernels: {self._cache_file.path(key)} is damaged or cannot be read ({reason}); it is "
                "compiled anew"
            )
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function, where that is possible."""
        if not self._impl.check_cachable(data):
            return
        key = self._index_key(sig, data.codegen)  # type: ignore[attr-defined]
        try:
            self._cache_file.save(key, self._impl.reduce(data))
        except OSError as error:
            not_kept(error)


class _KeptFunction(_Kept, FunctionCache):
    """Compiled functions of a processor."""


def _cache(kind: type, function: Any) -> Any:
    """The cache of a function of generated source; one that keeps nothing, where Numba finds no folder."""
    try:
        cache = kind(function)
    except (RuntimeError, OSError) as error:
        not_kept(error)
        return NullCache()
    cache._cache_file = CodeFiles(f"{function.__module__}.{function.__name__}")
    return cache


def kept(dispatcher: Any) -> Any:
    """A dispatcher of numba.njit whose machine code is kept on disk."""
    dispatcher._cache = _cache(_KeptFunction, dispatcher.py_func)
    return dispatcher


def kept_kernel(dispatcher: Any) -> Any:
    """A dispatcher of numba.cuda.jit whose machine code is kept on disk."""
    from numba.cuda.dispatcher import CUDACache

    dispatcher._cache = _cache(type("_KeptKernel", (_Kept, CUDACache), {}), dispatcher.py_func)
    return dispatcher


class _KeptCallback(CFunc):
    def enable_caching(self) -> None:
        self._cache = _cache(_KeptFunction, self.__wrapped__)


def kept_callback(signature: Any, function: Any, options: dict[str, Any]) -> Any:
    """A function as numba.cfunc compiles it, whose machine code is kept on disk."""
    callback = _KeptCallback(function, normalize_signature(signature), locals={}, options=options)
    callback.enable_caching()
    callback.compile()
    return callback
