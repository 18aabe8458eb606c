"""Is a point inside the block?"""

from esim.grids.grid3d import Grid3D

ROUND_OFF = 1e-9  # of a cell


def outside(
    grid: Grid3D, what: str, x: float | None, y: float | None, depth: float
) -> tuple[str, str] | None:
    """The key that is wrong and a sentence, if a point [m] is not where values can be interpolated; else None.

    That is within the outermost cell centres (anywhere along a periodic axis), and from the top down to the
    lowest centres. `what` begins the sentence: "station 'A' at x 3, y 4, depth 5 m". x and y may be None where
    they are not known.
    """
    flat = grid.horizontal
    k, j, i = grid.index(x or 0.0, y or 0.0, depth)
    axes = {
        "x": (i, 0.0, flat.nx - 1, x is not None and not flat.periodic[1]),
        "y": (j, 0.0, flat.ny - 1, y is not None and not flat.periodic[0]),
        "depth": (k, -0.5, grid.nz - 1, True),
    }
    for key, (at, first, last, bounded) in axes.items():
        if bounded and not first - ROUND_OFF <= at <= last + ROUND_OFF:
            return key, f"{what} is outside {_box(grid)}"
    return None


def _box(grid: Grid3D) -> str:
    flat, (dx, dy, dz) = grid.horizontal, grid.spacing
    east, north = flat.x0 + (flat.nx - 0.5) * dx, flat.y0 + (flat.ny - 0.5) * dy
    return (
        f"the grid, where points lie within x {flat.x0 + 0.5 * dx:g}..{east:g}, "
        f"y {flat.y0 + 0.5 * dy:g}..{north:g}, depth {grid.depth_min:g}..{grid.depth_max - 0.5 * dz:g} m"
    )
