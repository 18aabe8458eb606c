"""Which sources does a run have? Built, checked against the medium, low-passed to what the grid resolves, recorded."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.config.crust.source import CrustSourceConfig
from esim.crust.discretisation import Discretisation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import place_source
from esim.errors import InputError
from esim.grids.projection import Projection
from esim.io.crust.waveforms import Event
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.sources.crust import PlaneWave, PointSources, build, low_pass

CrustSource = PointSources | PlaneWave
# Share of the energy of a source above the highest frequency of the run, from which it is low-passed.
ENERGY_FRACTION = 0.02
Warn = Callable[[str], None]


def build_sources(
    config: SeismicConfig,
    ground: Ground,
    discretisation: Discretisation,
    projection: Projection | None,
    comm: Comm,
    warn: Warn,
) -> list[CrustSource]:
    """The sources of a configuration, with warnings of frequencies that the grid does not resolve.

    Raises InputError, on all ranks, for the first one that cannot be where it is.
    """
    sources: list[CrustSource] = []
    for n, section in enumerate(config.source):

        def make(section: CrustSourceConfig = section) -> CrustSource:
            return build(section, ground.grid, projection, config.time.start, ground.medium.rigidity)

        try:
            source = root_first(comm, make)
            source = _placed(f"source.{n}", source, ground)
        except InputError as error:
            raise InputError(f"source.{n}: {error}") from None
        sources.append(_limited(f"source.{n}", source, config, discretisation, warn))
    return sources


def _placed(key: str, source: CrustSource, ground: Ground) -> CrustSource:
    """A source in its place: points just above the ground are put on it.

    Raises InputError for one in the air, a shear source in a fluid, or a plane wave that sides would bend.
    """
    if isinstance(source, PlaneWave):
        if not all(ground.grid.horizontal.periodic):
            raise InputError(
                "a plane wave needs grid.boundary.x and grid.boundary.y 'periodic', or it would be bent at the sides "
                "of the block"
            )
        return source
    shears = _shears(source)
    placed = place_source(ground, key, source, shears)
    for n in map(int, np.flatnonzero(shears & ground.survey.fluid_rock)):
        if ground.medium.sample(placed.x[n], placed.y[n], placed.depth[n])[1] <= 0:
            raise InputError(f"{placed.where(n)} is in a fluid, where only an explosion can be")
    return placed


def _shears(source: PointSources) -> np.ndarray:
    """Which points (n,) of a source have more than the same moment in all directions."""
    shear = source.moment.copy()
    shear[:, :3] -= source.moment[:, :3].mean(1, keepdims=True)
    return np.abs(shear).max(1) > 1e-9 * np.abs(source.moment).max(1)


def _limited(
    key: str, source: CrustSource, config: SeismicConfig, discretisation: Discretisation, warn: Warn
) -> CrustSource:
    """A source, low-passed if it sends more than the grid resolves and the configuration does not forbid it."""
    frequency, highest = discretisation.frequency, source.highest_frequency(ENERGY_FRACTION)
    if highest <= frequency:
        return source
    high = f"up to {highest:.3g} Hz" if math.isfinite(highest) else "at all frequencies"
    if not config.physics.low_pass:
        warn(
            f"{key}: sends waves {high}; this grid resolves {frequency:.3g} Hz, and higher frequencies are unresolved"
        )
        return source
    warn(
        f"{key}: sends waves {high}; it is low-passed at {frequency:.3g} Hz, which this grid resolves with "
        f"{discretisation.points_per_wavelength:.3g} points per wavelength"
    )
    return low_pass(source, frequency, discretisation.dt)


def origin(source: PointSources) -> tuple[float, float, float]:
    """x, y, depth [m] where a source begins: its point that is active first, and of those the strongest."""
    size = np.abs(source.moment).sum(1) + np.abs(source.force).sum(1)
    first = np.lexsort((-size, source.rates.first))[0]
    return float(source.x[first]), float(source.y[first]), float(source.depth[first])


def strongest_event(
    config: SeismicConfig, sources: Sequence[CrustSource], projection: Projection | None
) -> Event | None:
    """The strongest source, for the headers of seismograms; None where there are only plane waves."""
    points = [(n, s) for n, s in enumerate(sources) if isinstance(s, PointSources) and s.x.size]
    if not points:
        return None
    n, strongest = max(points, key=lambda item: item[1].total_moment)
    x, y, depth = origin(strongest)
    lon, lat = (None, None) if projection is None else map(float, projection.to_lonlat(x, y))
    return Event(x, y, depth, lon, lat, strongest.magnitude, config.source[n].onset)


def source_record(source: CrustSource) -> dict[str, Any]:
    """What run.json has of a source: where it begins [m], its moment [N m] and magnitude, the outline of a fault."""
    record: dict[str, Any] = {"name": source.name, "x": None, "y": None, "depth": None}
    if isinstance(source, PlaneWave):
        return record | {"depth": source.depth, "moment": None, "magnitude": None}
    record |= zip(("x", "y", "depth"), origin(source), strict=True)
    record |= {"moment": source.total_moment or None, "magnitude": source.magnitude}
    return record | ({"outline": _outline(source)} if source.x.size > 3 else {})


def _outline(source: PointSources) -> list[list[float]]:
    """Corners [x, y, depth] of the rectangle around the points of a fault, in its own plane."""
    points = np.stack([source.x, source.y, source.depth], axis=1)
    middle = points.mean(0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    along = (points - middle) @ axes[:2].T
    (a0, b0), (a1, b1) = along.min(0), along.max(0)
    corners = np.array([(a0, b0), (a1, b0), (a1, b1), (a0, b1)]) @ axes[:2] + middle
    return [[float(value) for value in corner] for corner in corners]
