"""Functions of kernels.scalar on the bits of a register, for the compilers of the CPU and of the GPU alike."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from esim.kernels import scalar


def on_bits(intrinsic: Callable[[Callable], Callable], types: Any) -> dict[Callable, Callable]:
    """The functions of kernels.scalar on bits, as intrinsics of a compiler (numba or numba.cuda) with its types."""

    @intrinsic
    def guess_rcbrt(typingctx, x, magic):  # type: ignore[no-untyped-def]
        return x(x, x), guess_rcbrt_code

    @intrinsic
    def unpack16(typingctx, n):  # type: ignore[no-untyped-def]
        return types.float32(n), unpack16_code

    @intrinsic
    def pack16(typingctx, x, noise):  # type: ignore[no-untyped-def]
        return types.uint16(x, noise), pack16_code

    return {scalar.guess_rcbrt: guess_rcbrt, scalar.unpack16: unpack16, scalar.pack16: pack16}


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
    mixed = builder.mul(builder.add(x, noise), ir.Constant(word, scalar.SPREAD))
    rounded = builder.add(x, builder.lshr(mixed, high))
    return builder.trunc(builder.lshr(rounded, high), ir.IntType(16))


def _single(builder: Any, value: Any) -> Any:
    """A float of any length as one of 32 bits."""
    return value if value.type == ir.FloatType() else builder.fptrunc(value, ir.FloatType())
