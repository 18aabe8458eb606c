"""How true is the permanent displacement? What sides, coarse cells and attenuation do to it, and warnings of that.

At rest CPML is an elastic layer, stretched by 1 + damping / shift: its outer end is a wall far away. What it adds is
below

    0.005 + 0.5 cells^-2.4 (size / distance)^1.8

of the largest displacement. The first part is a slow heave of the whole block after a source that changes its volume.
size is the depth of a small source, and the error grows no more from a quarter of it inwards (`esim validate static`;
wide faults and low frequencies are in validation/results/coupled.md). A sponge damps stress as well: the ground in it
yields, and displacement is that of a block without sides.

Below a sea differences are of second order. Uniform slip whose upper edge is d cells below the seafloor moves it by up
to 1.3 / d^2 of the largest displacement too much straight above, from d = 3 on; a flat free surface by up to 0.4 / d^2,
from d = 4.5 on.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.crust.grid import ABSORBING
from esim.config.crust.root import SeismicConfig
from esim.crust.medium.attenuation import Attenuation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import Columns
from esim.crust.sources.build import CrustSource
from esim.grids.grid3d import Grid3D
from esim.sources.crust import PointSources, moment_tensor

ALLOWED = 0.03  # of the largest displacement: what is expected beyond it is said
SHARE = 0.02  # of the moment, from which points are worth a word
HEAVE = 0.005  # of the largest displacement
SIDE_ERROR, CELLS_POWER, DISTANCE_POWER = 0.5, 2.4, 1.8
NEAREST = 0.25  # of the size of a source: layers that are nearer add no more
SEA_ERROR, LAND_ERROR = 1.3, 0.4
CLOSURE = 4.5  # cells below a free surface, within which the law of land does not hold
KEY = "output.surface_displacement"


@dataclass(frozen=True)
class MomentCloud:
    """Where moment is released: x, y, depth, depth below the ground [m] of points, and the share of each, all (n,)."""

    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray
    below: np.ndarray
    share: np.ndarray

    @property
    def size(self) -> float:
        """Distance [m] at which displacement is that of a point: sqrt(depth^2 + area / 2 pi).

        A shallow fault moves the ground by half its slip, and a point in a full space by moment / (4 pi rigidity
        distance^2). The area is that of the rectangle with the same variances.
        """
        centred = np.stack([self.x, self.y, self.depth])
        centred = centred - (centred @ self.share)[:, None]
        variances = np.linalg.eigvalsh((centred * self.share) @ centred.T)
        area = 12 * math.sqrt(max(variances[-1], 0.0) * max(variances[-2], 0.0))
        return math.sqrt(float(self.below @ self.share) ** 2 + area / (2 * math.pi))

    def distance(self, sides: np.ndarray, least: float) -> float:
        """Mean distance [m] from sides (n,) of each point, at least `least`, as their images add up."""
        nearness = float(self.share @ np.maximum(sides, least) ** -2.0)
        return nearness**-0.5 if nearness > 0 else math.inf


def side_error(cells: int, distance: float) -> float:
    """Largest error, as a share of the largest displacement, that CPML of so many cells adds at most.

    distance is that of the layers from the source, over the size of the source.
    """
    return HEAVE + SIDE_ERROR * cells**-CELLS_POWER * max(distance, NEAREST) ** -DISTANCE_POWER


def depth_error(cells: float, sea: bool) -> float:
    """Largest error, as a share, above uniform slip whose upper edge is so many cells below the ground."""
    return (SEA_ERROR if sea else LAND_ERROR) / cells**2


def relaxation(attenuation: Attenuation) -> float:
    """How much more a given moment displaces slowly than at the reference frequency, at most in the medium."""
    inverse_q = 1 / attenuation.lowest_q
    unrelaxed = attenuation.unrelaxed(np.ones(1), np.array([inverse_q]))[0]
    relaxed = unrelaxed * attenuation.mechanisms.modulus(np.zeros(1), inverse_q).real[0]
    return float(1 / relaxed - 1)


def check_static(
    config: SeismicConfig, ground: Ground, sources: Sequence[CrustSource], attenuation: Attenuation | None
) -> Iterator[str]:
    """Warnings of what spoils the permanent displacement of a run that writes it, with the error to expect."""
    cloud = moment_cloud(ground, sources)
    if config.output.surface_displacement is None or cloud is None:
        return
    yield from _check_kinds(config)
    yield from _check_sides(config, ground.grid, cloud)
    yield from _check_depth(ground, cloud)
    if attenuation is not None and (more := relaxation(attenuation)) > ALLOWED:
        yield (
            f"{KEY}: attenuation relaxes the moduli, most where Q is {attenuation.lowest_q:.3g}: permanent "
            f"displacement there is {100 * more:.2g} % larger than with those at "
            f"{attenuation.reference:g} Hz, which the moment of slip is computed with; set physics.attenuation: none "
            "for an elastic one"
        )


def moment_cloud(ground: Ground, sources: Sequence[CrustSource]) -> MomentCloud | None:
    """The points of all moment tensors of a run; None where there is none."""
    points = [source for source in sources if isinstance(source, PointSources)]
    size = [moment_tensor.scalar(source.moment) * np.abs(source.rates.integral) for source in points]
    moment = np.concatenate(size) if size else np.zeros(0)
    if not moment.sum() > 0:
        return None
    x, y, depth = (
        np.concatenate([getattr(source, name) for source in points]) for name in ("x", "y", "depth")
    )
    return MomentCloud(x, y, depth, depth - _floor(ground, x, y), moment / moment.sum())


def _floor(ground: Ground, x: np.ndarray, y: np.ndarray) -> np.ndarray | float:
    """Depth [m] of the ground or the seafloor at points."""
    if ground.uniform and ground.survey.solid:
        return ground.grid.depth_min
    return np.asarray(Columns(ground, x, y).floor)


def _check_kinds(config: SeismicConfig) -> Iterator[str]:
    kinds = dict(zip(("x", "y", "bottom"), config.grid.boundary.kinds, strict=True))
    spoiled = {
        "sponge": "yield, and pull permanent displacement to that of a block without sides, wrong by tens of per cent",
        "wall": "hold the ground and send all waves back, so that it does not come to rest",
        "periodic": "repeat the source, and permanent displacement is that of all of them",
    }
    for kind, text in spoiled.items():
        found = [f"grid.boundary.{axis}" for axis, other in kinds.items() if other == kind]
        if found:
            yield f"{KEY}: {kind} sides ({', '.join(found)}) {text}; expected cpml"


def _check_sides(config: SeismicConfig, grid: Grid3D, cloud: MomentCloud) -> Iterator[str]:
    """Sides within which moment is released, or that are too near or too thin for it."""
    inside = float(cloud.share[_ways(config, grid, cloud, ABSORBING) < 0].sum())
    if inside > SHARE:
        yield (
            f"{KEY}: {100 * inside:.0f} % of the moment is released in the absorbing layers, and displaces less than "
            "it should; make the block larger"
        )
        return
    cells = config.grid.boundary.cells
    distance = cloud.distance(_ways(config, grid, cloud, ("cpml",)), min(grid.spacing)) / cloud.size
    if (error := side_error(cells, distance)) > ALLOWED:
        ratio = (error - HEAVE) / (ALLOWED - HEAVE)
        enough = max(cells + 1, math.ceil(cells * ratio ** (1 / CELLS_POWER)))
        yield (
            f"{KEY}: CPML of {cells} cells, {distance:.2g} times the size of the source away from it, may change "
            f"permanent displacement by up to {100 * min(error, 1):.2g} % of the largest; expected "
            f"grid.boundary.cells: {enough}, or a larger block"
        )


def _ways(config: SeismicConfig, grid: Grid3D, cloud: MomentCloud, wanted: Sequence[str]) -> np.ndarray:
    """Distance [m] of each point from the nearest layer of some kinds, negative inside; infinite where none is."""
    flat, width = grid.horizontal, [config.grid.boundary.cells * d for d in grid.spacing]
    on_x, on_y, bottom = (kind in wanted for kind in config.grid.boundary.kinds)
    east, north = flat.x0 + flat.nx * flat.dx, flat.y0 + flat.ny * flat.dy
    ways = [np.full(cloud.x.shape, np.inf)]
    if on_x:
        ways += [cloud.x - (flat.x0 + width[0]), east - width[0] - cloud.x]
    if on_y:
        ways += [cloud.y - (flat.y0 + width[1]), north - width[1] - cloud.y]
    if bottom:
        ways += [grid.depth_max - width[2] - cloud.depth]
    return np.asarray(np.min(ways, axis=0))


def _check_depth(ground: Ground, cloud: MomentCloud) -> Iterator[str]:
    """Moment so near the ground that cells do not carry the displacement straight above it."""
    sea = not ground.free or ground.survey.soft_layers > 0
    least = math.sqrt((SEA_ERROR if sea else LAND_ERROR) / ALLOWED)
    least = least if sea else max(least, CLOSURE)
    depth = cloud.below / ground.grid.dz
    shallow = depth < least
    share = float(cloud.share[shallow].sum())
    if share <= SHARE:
        return
    mean = max(float(depth[shallow] @ cloud.share[shallow]) / share, 1.0)
    error = depth_error(mean, sea) if sea or mean >= CLOSURE else depth_error(mean, sea=True)
    yield (
        f"{KEY}: {100 * share:.0f} % of the moment is released within {least:.2g} cells of the ground, where abrupt "
        f"slip displaces the ground straight above it by up to {100 * min(error, 0.3):.2g} % of the largest too much "
        "or too little; smaller cells carry it better"
    )
