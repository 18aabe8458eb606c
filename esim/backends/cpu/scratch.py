"""Scratch of a tile as compiled code sees it: a few rows that are used again and again, so that they stay in cache."""

import operator

from llvmlite import ir
from numba.core import types as nbt
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model


class Ring(nbt.Type):
    """Scratch [slot, j, i] of which only `rows` rows exist, a power of two: j is taken modulo rows.

    A row holds all slots side by side, so the optimiser can tell rows and slots apart and keeps loops in vector
    form. Its strides are part of the type, hence constants. A value is the address of slot 0, row 0, column 0.
    """

    def __init__(self, dtype: nbt.Type, rows: int, slots: int, pitch: int) -> None:
        self.dtype, self.rows, self.slots, self.pitch = dtype, rows, slots, pitch
        super().__init__(f"Ring({dtype}, {rows}, {slots}, {pitch})")


@register_model(Ring)
class _RingModel(models.OpaqueModel):
    """An address."""


def make_ring(rows: int, slots: int, pitch: int):  # type: ignore[no-untyped-def]
    """Make the function ring(scratch, offset) that sees flat scratch as a ring, from an element offset on."""

    @intrinsic
    def ring(typingctx, scratch, offset):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            flat = context.make_array(scratch)(context, builder, args[0])
            start = builder.gep(flat.data, [args[1]])
            return builder.bitcast(start, context.get_value_type(signature.return_type))

        return Ring(scratch.dtype, rows, slots, pitch)(scratch, offset), codegen

    return ring


def _address(context, builder, ring: Ring, args):  # type: ignore[no-untyped-def]
    base, slot, j, i = args
    word = ir.IntType(64)
    row = builder.and_(j, ir.Constant(word, ring.rows - 1))
    offset = builder.add(builder.mul(row, ir.Constant(word, ring.slots)), slot)
    offset = builder.add(builder.mul(offset, ir.Constant(word, ring.pitch)), i)
    element = context.get_data_type(ring.dtype)
    return builder.gep(builder.bitcast(base, element.as_pointer()), [offset], source_etype=element)


@intrinsic
def _load(typingctx, ring, slot, j, i):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        element = context.get_data_type(ring.dtype)
        return builder.load(_address(context, builder, ring, args), typ=element)

    return ring.dtype(ring, nbt.int64, nbt.int64, nbt.int64), codegen


@intrinsic
def _store(typingctx, ring, slot, j, i, value):  # type: ignore[no-untyped-def]
    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        builder.store(args[4], _address(context, builder, ring, args[:4]))
        return context.get_dummy_value()

    return nbt.void(ring, nbt.int64, nbt.int64, nbt.int64, ring.dtype), codegen


@overload(operator.getitem, inline="never")
def _getitem(ring, index):  # type: ignore[no-untyped-def]
    if isinstance(ring, Ring):
        return lambda ring, index: _load(ring, index[0], index[1], index[2])
    return None


@overload(operator.setitem)
def _setitem(ring, index, value):  # type: ignore[no-untyped-def]
    if isinstance(ring, Ring):
        return lambda ring, index, value: _store(ring, index[0], index[1], index[2], value)
    return None


@intrinsic
def prefetch(typingctx, array, var, j, i):  # type: ignore[no-untyped-def]
    """Ask for the cache line of array[var, j, i]; harmless where there is none."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        view = context.make_array(array)(context, builder, args[0])
        strides = [builder.extract_value(view.strides, n) for n in range(3)]
        byte = ir.IntType(8).as_pointer()
        offset = builder.mul(args[1], strides[0])
        for index, stride in zip(args[2:4], strides[1:], strict=True):
            offset = builder.add(offset, builder.mul(index, stride))
        address = builder.gep(builder.bitcast(view.data, byte), [offset], source_etype=ir.IntType(8))
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        builder.call(function, [address, *(ir.Constant(word, n) for n in (0, 3, 1))])
        return context.get_dummy_value()

    return nbt.void(array, nbt.int64, nbt.int64, nbt.int64), codegen
