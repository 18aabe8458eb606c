"""kernels.scalar.guess_rcbrt in a register, for the compilers of the CPU and of the GPU alike."""

from typing import Any

from llvmlite import ir


def guess_rcbrt_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM code of guess_rcbrt(x, magic): a third of the bits of x taken from those of magic."""
    integer = ir.IntType(signature.return_type.bitwidth)
    x, magic = (builder.bitcast(value, integer) for value in args)
    third = builder.udiv(x, ir.Constant(integer, 3))
    return builder.bitcast(builder.sub(magic, third), args[0].type)
