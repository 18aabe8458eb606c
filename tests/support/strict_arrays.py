"""An array module that is used like NumPy and never turns into it unasked, as CuPy's and NLCPy's arrays must not.

Its arrays keep NumPy's to themselves. They take each other, numbers and slices; a NumPy array among them, or one of
them in a function of NumPy, is an error. `get` gives NumPy's array, `asarray` takes one. All results are NumPy's.
"""

import operator
import types
import weakref

import numpy as np

_alive: "weakref.WeakSet[Array]" = weakref.WeakSet()


def alive() -> int:
    """Bytes of all arrays that there are."""
    return sum(array.nbytes for array in list(_alive))


class Array:
    """An array of the module."""

    __array_ufunc__ = None  # functions of NumPy do not take it

    def __init__(self, values, owner=None):
        self._values, self._owner = values, owner
        if owner is None:
            _alive.add(self)

    def __array__(self, *given, **options):
        raise TypeError("implicit conversion to a NumPy array")

    def __array_function__(self, function, *given):
        raise TypeError(f"numpy.{function.__name__} does not take it")

    def get(self):
        """A copy as an array of NumPy."""
        return self._values.copy()

    shape = property(lambda self: self._values.shape)
    dtype = property(lambda self: self._values.dtype)
    size = property(lambda self: self._values.size)
    ndim = property(lambda self: self._values.ndim)
    nbytes = property(lambda self: self._values.nbytes)
    itemsize = property(lambda self: self._values.itemsize)
    base = property(lambda self: self._owner)
    T = property(lambda self: self.transpose())

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return (self[n] for n in range(len(self)))

    def __bool__(self):
        return bool(self._values)

    def __float__(self):
        return float(self._values)

    def __int__(self):
        return int(self._values)

    def __getitem__(self, index):
        found = self._values[_index(index)]
        return self._part(found)

    def __setitem__(self, index, value):
        self._values[_index(index)] = _value(value)

    def reshape(self, *shape):
        """The same values in another shape."""
        return self._part(self._values.reshape(*shape))

    def transpose(self, *axes):
        """The same values with the axes in another order."""
        return self._part(self._values.transpose(*axes))

    def view(self, dtype):
        """The same bytes as another type."""
        return self._part(self._values.view(dtype))

    def take(self, indices, axis=None):
        """Values at places along an axis."""
        return Array(self._values.take(_value(indices), axis))

    def astype(self, dtype):
        """A copy in another type."""
        return Array(self._values.astype(dtype))

    def copy(self):
        """A copy."""
        return Array(self._values.copy())

    def _part(self, found):
        if isinstance(found, np.ndarray) and np.may_share_memory(found, self._values):
            return Array(found, self if self._owner is None else self._owner)
        return Array(np.asarray(found))


def _value(value):
    if isinstance(value, Array):
        return value._values
    if isinstance(value, int | float | np.generic):
        return value
    raise TypeError(f"a {type(value).__name__} among arrays of another module")


def _index(index):
    if isinstance(index, tuple):
        return tuple(map(_index, index))
    return index if index is None or index is Ellipsis or isinstance(index, slice) else _value(index)


def _binary(function):
    def forward(self, other):
        return Array(np.asarray(function(self._values, _value(other))))

    def backward(self, other):
        return Array(np.asarray(function(_value(other), self._values)))

    return forward, backward


def _unary(function):
    return lambda self: Array(function(self._values))


def _in_place(function):
    def change(self, other):
        function(self._values, _value(other))
        return self

    return change


for _name in (
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "pow",
    "and",
    "or",
    "rshift",
    "lshift",
    "xor",
):
    _plain = getattr(operator, f"{_name}_" if _name in ("and", "or") else _name)
    _forward, _backward = _binary(_plain)
    setattr(Array, f"__{_name}__", _forward)
    setattr(Array, f"__r{_name}__", _backward)
for _name in ("add", "sub", "mul", "truediv"):
    setattr(Array, f"__i{_name}__", _in_place(getattr(operator, f"i{_name}")))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Array, f"__{_name}__", _binary(getattr(operator, _name))[0])
for _name in ("neg", "invert", "abs"):
    setattr(Array, f"__{_name}__", _unary(getattr(operator, _name)))
for _name in ("sum", "max", "min", "any", "all"):

    def _reduce(self, axis=None, f=_name, **options):
        return Array(np.asarray(getattr(self._values, f)(axis=axis, **options)))

    setattr(Array, _name, _reduce)
Array.__hash__ = object.__hash__


def _function(function):
    def call(*given, out=None):
        found = function(*map(_value, given))
        if out is None:
            return Array(np.asarray(found))
        out._values[...] = found
        return out

    return call


def module(name="strict"):
    """The module: what NumPy's functions by these names do, on such arrays."""
    made = types.ModuleType(name)
    made.ndarray = Array
    made.zeros = lambda shape, dtype=float: Array(np.zeros(shape, dtype))
    made.asarray = lambda values: values if isinstance(values, Array) else Array(np.array(values))
    made.eye = lambda count: Array(np.eye(count))
    made.concatenate = lambda parts: Array(np.concatenate([_value(part) for part in parts]))
    for each in ("sqrt", "minimum", "maximum", "where", "dot", "exp", "diff"):
        setattr(made, each, _function(getattr(np, each)))
    made.linalg = types.SimpleNamespace(
        **{each: _function(getattr(np.linalg, each)) for each in ("cholesky", "inv")}
    )
    return made
