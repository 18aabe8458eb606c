"""What fills the two ghost cells beyond an edge of the ocean grid.

Every side is seen as a west side: the arrays are views, flipped or transposed by the caller, in which the grid
begins at i + 1 of the first ghost cell. normal is the momentum across the edge, along the one along it.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, sqrt, where


class EdgeParams(NamedTuple):
    """Constants of an edge in the run's floating-point type."""

    inward: float  # +1 where inward is the direction of growing coordinates, else -1
    g: float
    half: float
    zero: float
    one: float
    dry: float  # m


def wall(j, i, zeta, normal, along, p):
    """Mirror the cells inside; nothing flows through the edge."""
    zeta[0, j, i] = zeta[0, j, i + 1]
    normal[0, j, i] = -normal[0, j, i + 1]
    along[0, j, i] = along[0, j, i + 1]
    zeta[0, j, i - 1] = zeta[0, j, i + 2]
    normal[0, j, i - 1] = -normal[0, j, i + 2]
    along[0, j, i - 1] = along[0, j, i + 2]


def open_sea(j, i, zeta, normal, along, bed, p):
    """Let waves out: the outgoing characteristic continues, the incoming one brings still water.

    With eta and the inward velocity u of the edge cell, u - eta sqrt(g/h) leaves and u + eta sqrt(g/h) = 0 comes
    in (Flather 1976, in characteristic form). On land the edge cell is copied.
    """
    surface = zeta[0, j, i + 1]
    flow = normal[0, j, i + 1]
    depth = surface + maximum(-bed[0, j, i + 1], p.zero)
    per_depth = p.one / maximum(depth, p.dry)
    celerity = sqrt(p.g * maximum(depth, p.dry))
    # Twice the wave that leaves, as an elevation.
    leaving = surface - p.inward * flow / celerity
    at_sea = where(bed[0, j, i + 1] < p.zero, where(depth > p.dry, p.one, p.zero), p.zero) > p.zero
    outside = where(at_sea, p.half * leaving, surface)
    passing = (depth - surface + outside) * per_depth * celerity
    outflow = where(at_sea, -p.inward * (p.half * leaving * passing), flow)
    zeta[0, j, i] = outside
    zeta[0, j, i - 1] = outside
    normal[0, j, i] = outflow
    normal[0, j, i - 1] = outflow
    along[0, j, i] = along[0, j, i + 1]
    along[0, j, i - 1] = along[0, j, i + 1]


WALL = Kernel("edge_wall", (Stage(wall, exact=True),), EdgeParams, halo=1)
OPEN = Kernel("edge_open", (Stage(open_sea, exact=True),), EdgeParams, halo=1)
