"""Where does a value lie in the arrays of the crust? Their variables, their halo, and how their rows are padded."""

from esim.parallel.decomposition import Block

Box3 = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
VELOCITIES = ("vx", "vy", "vz")
STRESSES = ("sxx", "syy", "szz", "sxy", "sxz", "syz")
MEMORY_VARIABLES = ("rxx", "ryy", "rzz", "rxy", "rxz", "ryz")
CACHE_LINES = 512, 1024  # values that neither a row nor a plane may be a multiple of


def allocated_shape(block: Block, layers: int) -> tuple[int, int, int]:
    """Shape of the arrays [k, j, i] of a block with its halo: planes do not start on the same cache lines."""
    nj, ni = (n + 2 * block.halo for n in block.shape)
    pitch = -(-ni // 8) * 8
    while pitch % CACHE_LINES[0] == 0 or (nj * pitch) % CACHE_LINES[1] == 0:
        pitch += 8
    return layers + 2 * block.halo, nj, pitch


def intersect(a: Box3, b: Box3) -> Box3:
    """What two boxes share; empty ones end where they begin."""
    pairs = [(max(p[0], q[0]), min(p[1], q[1])) for p, q in zip(a, b, strict=True)]
    if any(first >= last for first, last in pairs):
        return tuple((p[0], p[0]) for p in a)  # type: ignore[return-value]
    return tuple(pairs)  # type: ignore[return-value]
