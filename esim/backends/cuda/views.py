"""Arrays inside a kernel, seen so that an access costs as few instructions as it can.

Numba's own arrays take 64-bit indices, look whether each of them is negative, and have strides of their own: half of
what a kernel of the crust or the ocean did was that. A View has 32-bit strides that arrays of one shape share, so
that one offset serves all of them, and takes indices of which the compiler knows that they do not overflow, so that
neighbours along i are constants within the load. A frozen view is of an array that nothing writes while the kernel
runs: what is loaded from it need not be loaded again after a store.

The text of a kernel makes them of what it is given; on the simulator these functions do nothing:

    n = cell(n)                an index: it and whole numbers go with + - * & < <= > >= == != min max
    grid = pitches(array)      strides of an array, and of all others of the same shape
    f = view(array, grid)      the array as bodies index it, f[k - 1, j, i + 2]
    f = frozen(array, grid)    the same of an array that is only read
    w = scratch(array, grid)   the same of one in shared memory
    once()                     within a loop: it is not unrolled
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.cuda import types
from numba.cuda.datamodel import models
from numba.cuda.extending import intrinsic, lower_builtin, register_model
from numba.cuda.typing.templates import AbstractTemplate, infer_global, signature

WORD = ir.IntType(32)
LONG = ir.IntType(64)
SPACES = {"view": 1, "frozen": 1, "scratch": 3}  # address spaces of device memory and of shared memory


class Cell(types.Type):
    """An index along an axis: a 32-bit number that does not overflow."""

    def __init__(self) -> None:
        super().__init__("Cell")


CELL = Cell()


@register_model(Cell)
class _CellModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Cell) -> None:
        super().__init__(dmm, fe_type, WORD)


class Pitches(types.Type):
    """Strides, in elements, of arrays of a number of axes; dense if the last one is one."""

    def __init__(self, ndim: int, dense: bool) -> None:
        self.ndim, self.dense = ndim, dense
        self.stored = ndim - 1 if dense else ndim
        super().__init__(f"Pitches({ndim}, {dense})")


@register_model(Pitches)
class _PitchesModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: Pitches) -> None:
        super().__init__(dmm, fe_type, [(f"axis_{n}", types.int32) for n in range(fe_type.stored)])


class View(types.Type):
    """An array seen with some pitches; kind is the name of the function that makes it."""

    def __init__(self, dtype: types.Type, pitches: Pitches, kind: str) -> None:
        self.dtype, self.pitches, self.kind = dtype, pitches, kind
        super().__init__(f"View({dtype}, {pitches}, {kind})")


@register_model(View)
class _ViewModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: View) -> None:
        super().__init__(
            dmm, fe_type, [("data", types.CPointer(fe_type.dtype)), ("pitches", fe_type.pitches)]
        )


def _word(builder: Any, kind: types.Type, value: Any) -> Any:
    """An index of whatever type as a 32-bit number."""
    if isinstance(kind, Cell) or kind.bitwidth == WORD.width:
        return value
    return builder.trunc(value, WORD) if kind.bitwidth > WORD.width else builder.sext(value, WORD)


@intrinsic
def cell(typingctx, number):  # type: ignore[no-untyped-def]
    """A whole number as an index."""

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        return _word(builder, sig.args[0], args[0])

    return CELL(number), codegen


def _number(kind: Any) -> bool:
    return isinstance(kind, Cell | types.Integer)


def _arithmetic(function: Callable, emit: Callable, result: types.Type) -> None:
    """Let an operator take indices, and an index and a whole number."""

    @infer_global(function)
    class Typing(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if CELL in args and all(map(_number, args)):
                return signature(result, *args)
            return None

    def lowered(context, builder, sig, args):  # type: ignore[no-untyped-def]
        return emit(builder, *(_word(builder, *pair) for pair in zip(sig.args, args, strict=True)))

    for pair in ((Cell, Cell), (Cell, types.Integer), (types.Integer, Cell)):
        lower_builtin(function, *pair)(lowered)


_arithmetic(operator.add, lambda b, x, y: b.add(x, y, flags=("nsw",)), CELL)
_arithmetic(operator.sub, lambda b, x, y: b.sub(x, y, flags=("nsw",)), CELL)
_arithmetic(min, lambda b, x, y: b.select(b.icmp_signed("<", x, y), x, y), CELL)
_arithmetic(max, lambda b, x, y: b.select(b.icmp_signed(">", x, y), x, y), CELL)
_arithmetic(operator.mul, lambda b, x, y: b.mul(x, y, flags=("nsw",)), CELL)
_arithmetic(operator.and_, lambda b, x, y: b.and_(x, y), CELL)
_arithmetic(operator.lt, lambda b, x, y: b.icmp_signed("<", x, y), types.boolean)
_arithmetic(operator.le, lambda b, x, y: b.icmp_signed("<=", x, y), types.boolean)
_arithmetic(operator.gt, lambda b, x, y: b.icmp_signed(">", x, y), types.boolean)
_arithmetic(operator.ge, lambda b, x, y: b.icmp_signed(">=", x, y), types.boolean)
_arithmetic(operator.eq, lambda b, x, y: b.icmp_signed("==", x, y), types.boolean)
_arithmetic(operator.ne, lambda b, x, y: b.icmp_signed("!=", x, y), types.boolean)


@intrinsic
def pitches(typingctx, array):  # type: ignore[no-untyped-def]
    """The strides of an array."""
    kind = Pitches(array.ndim, array.layout == "C")

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        struct = context.make_array(array)(context, builder, args[0])
        result = context.make_helper(builder, kind)
        if kind.dense:
            # From the shape, which needs no division by the size of an element.
            sizes = [builder.trunc(builder.extract_value(struct.shape, n), WORD) for n in range(kind.ndim)]
            stride = ir.Constant(WORD, 1)
            for n in reversed(range(kind.stored)):
                stride = builder.mul(stride, sizes[n + 1], flags=("nsw",))
                setattr(result, f"axis_{n}", stride)
        else:
            shift = ir.Constant(LONG, (array.dtype.bitwidth // 8).bit_length() - 1)
            for n in range(kind.stored):
                bytes_ = builder.extract_value(struct.strides, n)
                setattr(
                    result, f"axis_{n}", builder.trunc(builder.ashr(bytes_, shift, flags=("exact",)), WORD)
                )
        return result._getvalue()

    return kind(array), codegen


@intrinsic
def once(typingctx):  # type: ignore[no-untyped-def]
    """Keep the loop that begins here from being unrolled: copies of a body could be contracted differently."""

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        # The pragma holds back ptxas, the attribute, which llvmlite does not know, NVVM.
        pragma = '.pragma "nounroll";'.replace('"', r"\22")
        call = builder.asm(ir.FunctionType(ir.VoidType(), []), pragma, "", [], True)
        set.add(call.attributes, "noduplicate")
        return context.get_dummy_value()

    return types.none(), codegen


def _maker(kind: str):  # type: ignore[no-untyped-def]
    def make(typingctx, array, grid):  # type: ignore[no-untyped-def]
        seen = View(array.dtype, grid, kind)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            result = context.make_helper(builder, seen)
            result.data = context.make_array(array)(context, builder, args[0]).data
            result.pitches = args[1]
            return result._getvalue()

        return seen(array, grid), codegen

    make.__name__ = kind
    return intrinsic(make)


view, frozen, scratch = map(_maker, SPACES)


def _address(context: Any, builder: Any, kind: View, view_: Any, indices: Any, index_types: Any) -> Any:
    struct = context.make_helper(builder, kind, value=view_)
    grid = context.make_helper(builder, kind.pitches, value=struct.pitches)
    offset = None
    for n, (index, index_type) in enumerate(zip(indices, index_types, strict=True)):
        word = _word(builder, index_type, index)
        if n < kind.pitches.stored:
            word = builder.mul(word, getattr(grid, f"axis_{n}"), flags=("nsw",))
        offset = word if offset is None else builder.add(offset, word, flags=("nsw",))
    element = context.get_data_type(kind.dtype)
    base = builder.addrspacecast(struct.data, ir.PointerType(element, SPACES[kind.kind]))
    return builder.gep(base, [builder.sext(offset, LONG)], inbounds=True)


def _indices(builder: Any, index: Any, value: Any) -> tuple[list[Any], list[Any]]:
    """Values and types of the parts of an index."""
    if not isinstance(index, types.BaseTuple):
        return [value], [index]
    return [builder.extract_value(value, n) for n in range(len(index))], list(index)


def _fits(array: Any, index: Any) -> bool:
    parts = list(index) if isinstance(index, types.BaseTuple) else [index]
    return (
        isinstance(array, View)
        and len(parts) == array.pitches.ndim
        and all(isinstance(part, Cell | types.Integer) for part in parts)
    )


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, index = args
        return signature(array.dtype, array, index) if _fits(array, index) else None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, index, _ = args
        if _fits(array, index) and array.kind != "frozen":
            return signature(types.none, array, index, array.dtype)
        return None


@lower_builtin(operator.getitem, View, types.Any)
def _load(context, builder, sig, args):  # type: ignore[no-untyped-def]
    kind = sig.args[0]
    address = _address(context, builder, kind, args[0], *_indices(builder, sig.args[1], args[1]))
    value = builder.load(address)
    if kind.kind == "frozen":
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@lower_builtin(operator.setitem, View, types.Any, types.Any)
def _store(context, builder, sig, args):  # type: ignore[no-untyped-def]
    kind = sig.args[0]
    address = _address(context, builder, kind, args[0], *_indices(builder, sig.args[1], args[1]))
    builder.store(args[2], address)
    return context.get_dummy_value()
