"""Which seismic source is a chamber, a dyke, a sill, a dipole or a ring fault? Moment tensors in the rock around it.

Volumes are those that a cavity gains: for a small sphere the moment tensor is (lambda + 2 mu) volume on all axes (Aki
and Richards 2002, section 3.3; Kumagai et al. 2014, JGR 119, 5426-5441); the volume of a strain free of stress, whose
moment is (lambda + 2 mu / 3) volume, is larger by 3 (1 - nu) / (1 + nu). A crack that gains a volume has lambda on all
axes and 2 mu more across it. Displacement does not depend on the moduli then, but for Poisson's ratio.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from esim.config.crust.volcanic import (
    CrustClvdConfig,
    CrustDykeConfig,
    CrustMogiConfig,
    CrustRingFaultConfig,
    CrustSillConfig,
    CrustSphereConfig,
)
from esim.config.sources.volcanic import LARGEST_CHAMBER
from esim.errors import InputError
from esim.grids.axes import tensor_to_grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources import bearing, volcanic
from esim.sources.crust import finite_fault, moment_tensor
from esim.sources.crust.finite_fault import Modulus
from esim.sources.crust.point import PointSources
from esim.sources.crust.rates import Shifted
from esim.sources.crust.time_function import TimeFunction
from esim.sources.finite_fault import FiniteFault

Point = CrustMogiConfig | CrustSphereConfig | CrustClvdConfig
Planes = CrustDykeConfig | CrustSillConfig | CrustRingFaultConfig
VERTICAL = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])


class Rock(Protocol):
    """The medium that sources lie in, at points (n,) [m] of the grid."""

    def moduli(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rigidity [Pa], 0 in a fluid, and Poisson's ratio."""

    def ground(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Depth [m] of the ground or the seafloor."""

    @property
    def free(self) -> bool:
        """Whether the rock has a free surface there."""


def build(
    config: Point | Planes,
    grid: Grid3D,
    projection: Projection | None,
    rock: Rock,
    function: TimeFunction,
    onset: float,
) -> PointSources:
    """The source that a section describes, whose moment grows as a time function from onset [s] on.

    Raises InputError if it lies outside the grid, in a fluid, or above the ground.
    """
    place = _place(config, grid, projection, rock)
    if isinstance(config, Point):
        return _point(config, grid, place, rock, Shifted(function, np.array([onset])))
    spacing = config.point_spacing or max(grid.spacing)
    return _planes(config, projection, place, rock, spacing, lambda n: Shifted(function, np.full(n, onset)))


class _Place(NamedTuple):
    """Where a source is: x, y [m], true north [degrees], depth [m] of the ground, and of what its depth counts from."""

    x: float
    y: float
    north: float
    ground: float
    datum: float


def _place(config: Point | Planes, grid: Grid3D, projection: Projection | None, rock: Rock) -> _Place:
    x, y, north = *config.position, 0.0
    if config.lonlat:
        x, y, north = map(float, bearing.place(projection, x, y, f"source {config.kind}"))
    if not grid.horizontal.contains(x, y):
        raise InputError(f"source {config.kind} at x {x:g}, y {y:g} m lies outside {grid.extent()}")
    ground = float(rock.ground(np.array([x]), np.array([y]))[0])
    return _Place(x, y, north, ground, ground if config.draped else 0.0)


def _planes(
    config: Planes,
    projection: Projection | None,
    place: _Place,
    rock: Rock,
    spacing: float,
    rates: Callable[[int], Shifted],
) -> PointSources:
    """Points of a source of planes, no farther apart than spacing [m]; rates are those of that many points."""
    fault = volcanic.ring(config) if isinstance(config, CrustRingFaultConfig) else volcanic.crack(config)
    rigidity, poisson = (_modulus(config, rock, which, place.datum) for which in (0, 1))
    points, moment = finite_fault.discretise(config.kind, fault, projection, spacing, rigidity, poisson)
    outlines = [_outline(fault, int(n), projection) for n in np.flatnonzero(fault.moving)]
    return PointSources(
        config.kind,
        points.x,
        points.y,
        points.depth + place.datum,
        moment,
        np.zeros((points.x.size, 3)),
        rates(points.x.size),
        [fault.label(int(n)) for n in points.subfault],
        outlines=tuple(outline + [0.0, 0.0, place.datum] for outline in outlines),
    )


def _outline(fault: FiniteFault, n: int, projection: Projection | None) -> np.ndarray:
    """Corners (4, 3) of a plane on the plane of the grid: x, y, depth [m]."""
    corners = fault.outline(n)
    if fault.lonlat and projection is not None:
        corners[:, 0], corners[:, 1] = projection.to_xy(corners[:, 0], corners[:, 1])
    return corners


def _modulus(config: Point | Planes, rock: Rock, which: int, datum: float) -> Modulus:
    """Rigidity [Pa] (0) or Poisson's ratio (1) at points whose depths count from a datum [m].

    That of the configuration, else that of the rock.
    """
    given = (config.rigidity, config.poisson)[which]

    def modulus(x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        moduli = rock.moduli(x, y, depth + datum)
        if (fluid := np.flatnonzero(moduli[0] <= 0)).size:
            n = fluid[0]
            where = f"x {x[n]:g}, y {y[n]:g}, depth {depth[n] + datum:g} m"
            raise InputError(f"source {config.kind}: a part of it at {where} lies in a fluid")
        return moduli[which] if given is None else np.full(x.shape, given)

    return modulus


def _point(config: Point, grid: Grid3D, place: _Place, rock: Rock, rates: Shifted) -> PointSources:
    depth = config.depth + place.datum
    below = depth - place.ground
    if below <= 0:
        raise InputError(
            f"source {config.kind} at x {place.x:g}, y {place.y:g}, depth {depth:g} m is above the ground, which is at "
            f"{place.ground:g} m; expected a depth below it"
        )
    where = np.array([place.x]), np.array([place.y]), np.array([config.depth])
    mu, nu = (float(_modulus(config, rock, which, place.datum)(*where)[0]) for which in (0, 1))
    tensor = tensor_to_grid(_tensor(config, below if rock.free else np.inf, mu, nu), place.north)
    found = PointSources(config.kind, *where[:2], np.array([depth]), tensor[None], np.zeros((1, 3)), rates)
    found.check(grid)
    if not (isinstance(config, CrustSphereConfig) and rock.free):
        return found
    return replace(found, remarks=tuple(volcanic.sphere_remarks("sphere", config.radius, below)))


def _tensor(config: Point, below: float, mu: float, nu: float) -> np.ndarray:
    """Moment tensor (6,) [N m] of a source that far below the ground [m], in rock of a rigidity [Pa] and a Poisson's
    ratio."""
    match config:
        case CrustMogiConfig():
            return chamber(config.volume_change, mu, nu)
        case CrustSphereConfig():
            if config.radius > LARGEST_CHAMBER * below:
                raise InputError(
                    f"source sphere: radius {config.radius:g} m, and its centre is {below:g} m below the ground; "
                    f"expected a radius of at most {LARGEST_CHAMBER:g} of that"
                )
            return sphere(config.gained(mu), config.radius / below, mu, nu)
        case CrustClvdConfig():
            return volcanic.clvd(config)


def chamber(volume: float, mu: float, nu: float) -> np.ndarray:
    """Moment tensor (6,) [N m] of a small chamber that gains a volume [m3]: (lambda + 2 mu) volume on all axes."""
    return moment_tensor.explosion(2 * mu * (1 - nu) / (1 - 2 * nu) * volume)


def sphere(volume: float, relative_radius: float, mu: float, nu: float) -> np.ndarray:
    """The same of a spherical chamber, radius over depth given, that displaces the ground as McTigue (1987) has it.

    What the free surface adds to a point is in part an expansion, and in part a level crack.
    """
    isotropic, vertical = volcanic.free_surface_terms(relative_radius, nu)
    crack = 2 * (1 - nu) / 3 * vertical * volume * mu
    level = moment_tensor.explosion(2 * nu / (1 - 2 * nu)) + 2 * VERTICAL
    return (1 + isotropic) * chamber(volume, mu, nu) + crack * level
