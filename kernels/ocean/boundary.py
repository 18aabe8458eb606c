"""What fills the two ghost cells beyond an edge of the ocean grid.

Every side is seen as a west side: the arrays are views, flipped or transposed by the caller, in which the grid
begins at i + 1 of the first ghost cell. normal is the momentum across the edge, along the one along it.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, sqrt, where


class BoundaryParams(NamedTuple):
    """Constants of an edge in the run's floating-point type."""

    inward: float  # +1 where inward is the direction of growing coordinates, else -1
    g: float
    half: float
    zero: float
    one: float
    dry: float  # m


def wall_boundary(j, i, zeta, normal, along, p):
    """Mirror the cells inside; nothing flows through the edge."""
    zeta[0, j, i] = zeta[0, j, i + 1]
    normal[0, j, i] = -normal[0, j, i + 1]
    along[0, j, i] = along[0, j, i + 1]
    zeta[0, j, i - 1] = zeta[0, j, i + 2]
    normal[0, j, i - 1] = -normal[0, j, i + 2]
    along[0, j, i - 1] = along[0, j, i + 2]


def open_boundary(j, i, zeta, normal, along, bed, p):
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


class IncidentParams(NamedTuple):
    """Constants of an edge through which a wave comes in, in the run's floating-point type."""

    inward: float  # +1 where inward is the direction of growing coordinates, else -1
    g: float
    quarter: float
    half: float
    zero: float
    one: float
    dry: float  # m
    ahead: float  # m, from the side to the centres of the ghost cells, where the wave is earlier than at the side
    eta: float  # m, elevation at the side of the wave that comes in
    growth: float  # m/s, its rate of change
    speed: float  # m/s, its inward velocity where that is given, else zero
    gain: float  # m/s2, the rate of change of that
    factor: float  # of the change of celerity in what comes in: two, or four where the velocity is that of a long wave
    carried: float  # one where water that flows in has a given velocity along the side, else zero
    drift: float  # m/s, that velocity


def _edge_water(j, i, zeta, normal, bed, p):
    """Water of an edge cell, in differences to still water, so that nothing large cancels.

    Returns the depth of still water and its celerity c0; the invariant u - 2 (c - c0) that leaves the grid, u being
    the inward velocity; whether this is sea.
    """
    surface = zeta[0, j, i + 1]
    rest_depth = maximum(-bed[0, j, i + 1], p.zero)
    depth = surface + rest_depth
    at_sea = where(bed[0, j, i + 1] < p.zero, where(depth > p.dry, p.one, p.zero), p.zero) > p.zero
    # One times a root is of the type of one, also where a machine takes roots of Python numbers.
    rest_celerity = p.one * sqrt(p.g * maximum(rest_depth, p.dry))
    excess = p.g * surface / (rest_celerity + sqrt(p.g * maximum(depth, p.dry)))
    leaving = p.inward * normal[0, j, i + 1] / maximum(depth, p.dry) - (excess + excess)
    return rest_depth, rest_celerity, leaving, at_sea


def _rise(eta, rest_depth, rest_celerity, p):
    """Change c - c0 of the celerity by an elevation eta."""
    return p.g * eta / (rest_celerity + sqrt(p.g * maximum(rest_depth + eta, p.dry)))


def _brought(lead, rest_depth, rest_celerity, p):
    """The invariant u + 2 (c - c0) of the wave that is at the side `lead` seconds later."""
    return p.speed + p.gain * lead + p.factor * _rise(p.eta + p.growth * lead, rest_depth, rest_celerity, p)


def _ghost(change, flow, rest_depth, rest_celerity, p):
    """Surface and momentum of a ghost cell from its change of celerity and inward velocity."""
    risen = maximum(change, -rest_celerity)
    surface = risen * (rest_celerity + rest_celerity + risen) / p.g
    return surface, p.inward * (flow * (rest_depth + surface))


def incident_wave(j, i, zeta, normal, along, bed, p):
    """Let a wave in, and all that comes from inside out.

    Along the characteristics of the shallow-water equations the Riemann invariants u + 2c and u - 2c are kept
    (Stoker 1957, ch. 10): the inward one is that of the incident wave, the outward one that of the edge cell. A
    wave into still water has u = 2 (c - c0); where the wave's velocity is given, that is taken. The wave of any
    height comes in as it is, and still water stays still to the last bit. On land the edge cell is copied. Water that
    flows out keeps its velocity along the side; that which flows in has the given one, if there is any.
    """
    rest_depth, rest_celerity, leaving, at_sea = _edge_water(j, i, zeta, normal, bed, p)
    lead = p.ahead / rest_celerity
    near = _brought(lead, rest_depth, rest_celerity, p)
    far = _brought(lead + lead + lead, rest_depth, rest_celerity, p)
    inner, inner_flow = _ghost(
        p.quarter * (near - leaving), p.half * (near + leaving), rest_depth, rest_celerity, p
    )
    outer, outer_flow = _ghost(
        p.quarter * (far - leaving), p.half * (far + leaving), rest_depth, rest_celerity, p
    )
    zeta[0, j, i] = where(at_sea, inner, zeta[0, j, i + 1])
    zeta[0, j, i - 1] = where(at_sea, outer, zeta[0, j, i + 1])
    normal[0, j, i] = where(at_sea, inner_flow, normal[0, j, i + 1])
    normal[0, j, i - 1] = where(at_sea, outer_flow, normal[0, j, i + 1])
    comes_in = where(at_sea, p.carried * (p.inward * inner_flow), p.zero) > p.zero
    along[0, j, i] = where(comes_in, (rest_depth + inner) * p.drift, along[0, j, i + 1])
    along[0, j, i - 1] = where(comes_in, (rest_depth + outer) * p.drift, along[0, j, i + 1])


def incident_total(j, i, zeta, normal, along, bed, p):
    """Let the surface be the given one, waves from inside included; its velocity follows from what leaves."""
    rest_depth, rest_celerity, leaving, at_sea = _edge_water(j, i, zeta, normal, bed, p)
    rise = _rise(p.eta, rest_depth, rest_celerity, p)
    surface, momentum = _ghost(rise, leaving + (rise + rise), rest_depth, rest_celerity, p)
    outside = where(at_sea, surface, zeta[0, j, i + 1])
    flow = where(at_sea, momentum, normal[0, j, i + 1])
    zeta[0, j, i] = outside
    zeta[0, j, i - 1] = outside
    normal[0, j, i] = flow
    normal[0, j, i - 1] = flow
    along[0, j, i] = along[0, j, i + 1]
    along[0, j, i - 1] = along[0, j, i + 1]


WALL = Kernel("edge_wall", (Stage(wall_boundary, exact=True),), BoundaryParams, halo=1)
OPEN = Kernel("edge_open", (Stage(open_boundary, exact=True),), BoundaryParams, halo=1)
INCIDENT = Kernel("edge_incident", (Stage(incident_wave, exact=True),), IncidentParams, halo=1)
TOTAL = Kernel("edge_total", (Stage(incident_total, exact=True),), IncidentParams, halo=1)
