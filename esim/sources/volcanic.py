"""Which planes move in a dyke, a sill or a ring fault, and which moment tensor is a CLVD? For both engines."""

from collections.abc import Iterator
from math import radians, sin, sqrt, tan
from typing import Any, NamedTuple

import numpy as np

from esim.config.sources.volcanic import ClvdConfig, DykeConfig, RingFaultConfig, SillConfig
from esim.sources import geodesy
from esim.sources.finite_fault import REFERENCES, RIGIDITY, FiniteFault

POISSON = 0.25  # of most rock
# How much too small the displacement above a chamber is (McTigue 1987), by its radius over its depth; for a Poisson's
# ratio of 0.25, found with esim.validation.references.pressurised_sphere.
TOO_SMALL = (0.3, 0.0012), (0.4, 0.0059), (0.5, 0.0207), (0.6, 0.0578), (0.7, 0.138), (0.8, 0.292)
LARGE = 0.5  # radius over depth, beyond which that is said
STRIPS = 2  # sides of the ring for one strip of the crack at its lower edge


class _Planes(NamedTuple):
    """Rectangles by their centres east and north of a point and their depths [m]: arrays (n,), as of a finite fault."""

    east: np.ndarray
    north: np.ndarray
    depth: np.ndarray
    length: np.ndarray
    width: np.ndarray
    strike: np.ndarray
    dip: np.ndarray
    rake: np.ndarray
    slip: np.ndarray
    opening: np.ndarray


def crack(config: DykeConfig | SillConfig, onset: float = 0.0, rise_time: float = 0.0) -> FiniteFault:
    """The one plane of a dyke or a sill, which opens linearly within rise_time [s] from onset [s] on."""
    one = np.ones(1)
    along, down = REFERENCES[config.reference]
    x, y = config.position
    return FiniteFault(
        lonlat=config.lonlat, x=x * one, y=y * one, along=along * one, down=down * one, depth=config.depth * one,
        length=config.length * one, width=config.width * one, strike=config.strike * one, dip=config.dip * one,
        rake=0.0 * one, start=np.full((1, 1), onset), rise=np.full((1, 1), rise_time), slip=np.zeros((1, 1)),
        opening=config.mean_opening * one, labels=(f"source {config.kind}",), **_moduli(config),
    )  # fmt: skip


def ring(config: RingFaultConfig, onset: float = 0.0, rise_time: float = 0.0) -> FiniteFault:
    """The patches of a ring fault, and of the crack at its lower edge if it is a piston's; see `crack` for times.

    The sides of a regular polygon of the area of the circle, each a rectangle as long as the middle of the patch. A
    ring that dips has patches that overlap at one edge and gap at the other.
    """
    parts = [_sides(config)] + ([_floor(config)] if config.piston else [])
    planes = _Planes(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    n = planes.depth.size
    centre = config.position
    places = np.array(
        [geodesy.travel(*centre, e, s, config.lonlat) for e, s in zip(planes.east, planes.north, strict=True)]
    )
    return FiniteFault(
        lonlat=config.lonlat, x=places[:, 0], y=places[:, 1], along=np.full(n, 0.5), down=np.full(n, 0.5),
        start=np.full((n, 1), onset), rise=np.full((n, 1), rise_time), slip=planes.slip[:, None],
        labels=tuple(f"source ring_fault, patch {k + 1}" for k in range(n)), **_moduli(config),
        **{name: getattr(planes, name) for name in _Planes._fields if name not in ("east", "north", "slip")},
    )  # fmt: skip


def _sides(config: RingFaultConfig) -> _Planes:
    n, (first, last) = config.patches, config.arc
    step = (last - first) / n
    azimuth = first + step * (np.arange(n) + 0.5)
    half = radians(step) / 2
    scale = sqrt(half / tan(half))  # from the radius of the circle to that of the inner circle of the polygon
    middle = 0.5 * (config.radius + config.lower_radius) * scale
    inward = config.dip_direction == "inward"
    # The ring dips to the right of the strike: inward it goes round clockwise, seen from above. What sinks is then the
    # hanging wall; of one that dips outward, it is the foot wall.
    sinks = -90.0 if inward else 90.0
    each = np.ones(n)
    return _Planes(
        east=middle * np.sin(np.deg2rad(azimuth)),
        north=middle * np.cos(np.deg2rad(azimuth)),
        depth=(config.depth + 0.5 * config.width * sin(radians(config.dip))) * each,
        length=2 * middle * tan(half) * each,
        width=config.width * each,
        strike=np.mod(azimuth + (90.0 if inward else -90.0), 360.0),
        dip=config.dip * each,
        rake=(sinks if config.slip > 0 else -sinks) * each,
        slip=abs(config.slip) * _lever(config, np.cos(np.deg2rad(azimuth - (config.hinge or 0.0)))),
        opening=0.0 * each,
    )


def _floor(config: RingFaultConfig) -> _Planes:
    """Level strips that cover the disc at the lower edge, along the hinge: they close by what the block goes down."""
    n = max(2, config.patches // STRIPS)
    edges = np.linspace(-1.0, 1.0, n + 1)
    # Twice the area of the unit half-disc up to an edge.
    area = edges * np.sqrt(1 - edges**2) + np.arcsin(edges)
    radius, towards = config.lower_radius, 0.5 * (edges[1:] + edges[:-1])
    azimuth = radians(config.hinge or 0.0)
    each, down = np.ones(n), config.slip * sin(radians(config.dip))
    return _Planes(
        east=radius * towards * np.sin(azimuth),
        north=radius * towards * np.cos(azimuth),
        depth=(config.depth + config.width * sin(radians(config.dip))) * each,
        length=radius * np.diff(area) / np.diff(edges),
        width=radius * np.diff(edges),
        strike=np.mod((config.hinge or 0.0) + 90.0, 360.0) * each,
        dip=0.0 * each,
        rake=0.0 * each,
        slip=0.0 * each,
        opening=-down * _lever(config, towards),
    )


def _lever(config: RingFaultConfig, towards: np.ndarray) -> np.ndarray:
    """Which part of its slip a place has: 0 at the hinge, in whose direction it lies by `towards` of the radius."""
    return np.ones_like(towards) if config.hinge is None else 0.5 * (1.0 - towards)


def _moduli(config: DykeConfig | SillConfig | RingFaultConfig) -> dict[str, Any]:
    return {
        "rigidity": RIGIDITY if config.rigidity is None else config.rigidity,
        "rigidity_given": config.rigidity is not None,
        "poisson": POISSON if config.poisson is None else config.poisson,
    }


def clvd(config: ClvdConfig) -> np.ndarray:
    """Moment tensor (xx, yy, zz, xy, xz, yz) [N m] of a CLVD, x east, y north, z down.

    Along the axis m, across it -m / 2, with m = 2 / sqrt(3) of the scalar moment (Silver and Jordan 1982), so that its
    trace is zero (Knopoff and Randall 1970).
    """
    plunge, azimuth = radians(config.plunge), radians(config.azimuth)
    level = sqrt(max(0.0, 1.0 - sin(plunge) ** 2))
    axis = np.array([level * np.sin(azimuth), level * np.cos(azimuth), sin(plunge)])
    sign = 1.0 if config.axis == "tension" else -1.0
    main = sign * config.scalar_moment * 2 / sqrt(3)
    pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
    return main * np.array([1.5 * axis[a] * axis[b] - 0.5 * (a == b) for a, b in pairs])


def free_surface_terms(relative_radius: float, poisson: float) -> tuple[float, float]:
    """What the size of a spherical chamber adds to the displacement by a point, over the latter (McTigue 1987).

    Everywhere, and at the distance R times depth^2 / R^2; relative_radius is radius over depth.
    """
    cube = relative_radius**3
    return (
        -cube * (1 + poisson) / (2 * (7 - 5 * poisson)),
        cube * 15 * (2 - poisson) / (4 * (7 - 5 * poisson)),
    )


def sphere_remarks(name: str, radius: float, depth: float) -> Iterator[str]:
    """What the user should know of a spherical chamber of a radius [m] with its centre at a depth [m] in rock."""
    if radius > LARGE * depth:
        part = 100 * np.interp(radius / depth, *np.transpose(TOO_SMALL))
        yield (
            f"source {name}: its radius is {radius / depth:.2g} of its depth below the ground, so that displacement "
            f"above it is about {part:.0f} % too small"
        )
