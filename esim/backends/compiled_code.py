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
from esim.backends.kernel_cache import CODE, not_kept, remark, site_directories, used

SUM = hashlib.sha256().digest_size


class CodeFiles:
    """Compiled code of the functions of a name, one file for each key; it stands where Numba has its cache file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def path(self, key: tuple) -> Path:
        """The file of a key in the cache of this user."""
        digest = hashlib.sha256(f"{numba.__version__} {key}".encode()).hexdigest()[:20]
        return kernel_cache.cache_directory() / f"{self._name}.{digest}{CODE}"

    def paths(self, key: tuple) -> list[Path]:
        """Files of a key that there are, whole or not: that of this user, then those of the site."""
        own = self.path(key)
        return [path for path in (own, *(d / own.name for d in site_directories())) if os.path.exists(path)]

    def load(self, key: tuple) -> Any:
        """What was saved under a key, where it is whole; None where there is nothing whole, which is remarked."""
        for path in self.paths(key):
            try:
                data = _content(path, key)
            except Exception as error:  # a damaged file can fail in any way
                _remark_damage(path, error)
                continue
            used.add(path.name)
            return data
        return None

    def save(self, key: tuple, data: Any) -> None:
        """Write a file, whole or not at all."""
        body = dumps(((numba.__version__, key), data))
        path = self.path(key)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
            os.replace(temporary, path)
            used.add(path.name)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def flush(self) -> None:
        """Nothing waits to be written."""


def _content(path: Path, key: tuple) -> Any:
    """What a file has of a key."""
    content = path.read_bytes()
    if hashlib.sha256(content[SUM:]).digest() != content[:SUM]:
        raise ValueError("its checksum is wrong")
    found, data = pickle.loads(content[SUM:])
    if found != (numba.__version__, key):
        raise ValueError("it is the code of another function, processor or version of Numba")
    return data


def _remark_damage(path: Path, error: Exception) -> None:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    remark(
        f"compiled kernels: {path} is damaged or cannot be read ({reason}); it is passed over, and compiled anew where "
        "there is no other"
    )


class _Kept:
    """A cache of Numba on our files, for which no failure of them is one of the run."""

    _cache_file: Any
    _impl: Any

    def keeps(self, sig: Any, target_context: Any) -> bool:
        """Whether there is a file for a signature."""
        return bool(self._cache_file.paths(self._index_key(sig, target_context.codegen())))  # type: ignore[attr-defined]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function of a signature; None where it has to be compiled."""
        target_context.refresh()
        key = self._index_key(sig, target_context.codegen())  # type: ignore[attr-defined]
        data = self._cache_file.load(key)
        try:
            return None if data is None else self._impl.rebuild(target_context, data)
        except Exception as error:  # as can code that is whole, on another version of something
            _remark_damage(self._cache_file.path(key), error)
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


def is_kept(dispatcher: Any, types: tuple) -> bool:
    """Whether the code of a kept dispatcher for types of arguments is in this process or on disk."""
    if types in dispatcher.overloads:
        return True
    return isinstance(dispatcher._cache, _Kept) and dispatcher._cache.keeps(types, dispatcher.targetctx)


class KeptCallback(CFunc):
    """A function as numba.cfunc compiles it, whose machine code is kept on disk; compile() has to be called."""

    _sig: Any
    _targetdescr: Any

    def __init__(self, signature: Any, function: Any, options: dict[str, Any]) -> None:
        super().__init__(function, normalize_signature(signature), locals={}, options=options)
        self._cache = _cache(_KeptFunction, self.__wrapped__)

    def is_kept(self) -> bool:
        """Whether its code is in this process or on disk."""
        if self.address is not None:
            return True
        return isinstance(self._cache, _Kept) and self._cache.keeps(
            self._sig, self._targetdescr.target_context
        )


def kept_callback(signature: Any, function: Any, options: dict[str, Any]) -> KeptCallback:
    """The same, compiled."""
    callback = KeptCallback(signature, function, options)
    callback.compile()
    return callback
