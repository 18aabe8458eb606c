"""Is a point inside the block?"""

from esim.grids.grid3d import Grid3D

ROUND_OFF = 1e-9  # of a cell


def outside(
    volume: Grid3D, what: str, x: float | None, y: float | None, depth: float
) -> tuple[str, str] | None:
    """The key that is wrong and a sentence, if a point [m] is not where values can be interpolated; else None.

    That is within the outermost cell centres (anywhere along a periodic axis), and from the top down to the
    lowest centres. `what` begins the sentence: "station 'A' at x 3, y 4, depth 5 m". x and y may be None where
    they are not known.
    """
    grid = volume.grid
    k, j, i = volume.index(x or 0.0, y or 0.0, depth)
    axes = {
        "x": (i, 0.0, grid.nx - 1, x is not None and not grid.periodic[1]),
        "y": (j, 0.0, grid.ny - 1, y is not None and not grid.periodic[0]),
        "depth": (k, -0.5, volume.nz - 1, True),
    }
    for key, (at, first, last, bounded) in axes.items():
        if bounded and not first - ROUND_OFF <= at <= last + ROUND_OFF:
            return key, f"{what} is outside {_box(volume)}"
    return None


def _box(volume: Grid3D) -> str:
    grid, (dx, dy, dz) = volume.grid, volume.spacing
    east, north = grid.x0 + (grid.nx - 0.5) * dx, grid.y0 + (grid.ny - 0.5) * dy
    return (
        f"the grid, where points lie within x {grid.x0 + 0.5 * dx:g}..{east:g}, "
        f"y {grid.y0 + 0.5 * dy:g}..{north:g}, depth {volume.top:g}..{volume.bottom - 0.5 * dz:g} m"
    )
