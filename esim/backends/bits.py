"""Functions of kernels.scalar on the bits of a register, for the compilers of the CPU and of the GPU alike."""

from typing import Any

from llvmlite import ir

from esim.kernels.scalar import SPREAD


def guess_rcbrt_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM code of guess_rcbrt(x, magic): a third of the bits of x taken from those of magic."""
    integer = ir.IntType(signature.return_type.bitwidth)
    x, magic = (builder.bitcast(value, integer) for value in args)
    third = builder.udiv(x, ir.Constant(integer, 3))
    return builder.bitcast(builder.sub(magic, third), args[0].type)


def unpack16_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM code of unpack16(n)."""
    word = ir.IntType(32)
    return builder.bitcast(builder.shl(builder.zext(args[0], word), ir.Constant(word, 16)), ir.FloatType())


def pack16_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM code of pack16(x, noise)."""
    word = ir.IntType(32)
    high = ir.Constant(word, 16)
    x, noise = (builder.bitcast(_single(builder, value), word) for value in args)
    mixed = builder.mul(builder.add(x, noise), ir.Constant(word, SPREAD))
    rounded = builder.add(x, builder.lshr(mixed, high))
    return builder.trunc(builder.lshr(rounded, high), ir.IntType(16))


def _single(builder: Any, value: Any) -> Any:
    """A float of any length as one of 32 bits."""
    return value if value.type == ir.FloatType() else builder.fptrunc(value, ir.FloatType())
