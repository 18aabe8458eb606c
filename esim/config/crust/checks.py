"""Do the sections fit each other? Each function raises KeyProblem for the first thing that does not."""

from collections.abc import Sequence

from esim.config.crust.grid import CrustGridConfig
from esim.config.crust.inside import outside
from esim.config.crust.medium import GradientConfig, LayersConfig, MediumConfig
from esim.config.crust.output import CrustOutputConfig, PlaneConfig
from esim.config.crust.physics import CrustPhysics
from esim.config.crust.source import (
    CrustFiniteFaultConfig,
    CrustSourceConfig,
    PlaneWaveConfig,
)
from esim.config.crust.station import ReceiverConfig
from esim.config.crust.timed_source import PointSourceConfig
from esim.config.crust.topography import TopographyConfig
from esim.config.sources.volcanic import VolcanicConfig
from esim.config.stations.groups import Listed, doubled_names
from esim.config.yaml.section import KeyProblem, KeyProblems
from esim.grids.closure import CLOSURES
from esim.grids.grid3d import Grid3D
from esim.variables.crust import ETA, ETA_MAX

Located = PointSourceConfig | VolcanicConfig | ReceiverConfig


def check_surface(grid: CrustGridConfig, topography: TopographyConfig | None, physics: CrustPhysics) -> None:
    """Topography needs a free surface, and a free surface some layers below it."""
    if topography is not None and grid.surface == "absorbing":
        raise KeyProblem(
            ("grid", "surface"), "'absorbing' leaves no air above the ground; topography needs 'free'"
        )
    if physics.gravity_surface and grid.surface == "absorbing":
        text = "true needs a free sea surface; grid.surface is 'absorbing', expected 'free'"
        raise KeyProblem(("physics", "gravity_surface"), text)
    layers, least = grid.cells[2], CLOSURES[physics.order].depth
    if grid.surface == "free" and layers < least:
        text = f"{layers} cells from top to bottom; a free surface of order {physics.order} needs at least {least}"
        raise KeyProblem(("grid", "depth"), text)


def check_sea_surface(output: CrustOutputConfig, physics: CrustPhysics) -> None:
    """There is an elevation of the sea surface only where gravity acts on it."""
    if physics.gravity_surface:
        return
    for name, section in (
        ("stations", output.stations),
        ("fields", output.fields),
        ("maxima", output.maxima),
    ):
        for quantity in (*ETA, *ETA_MAX):
            if section is not None and quantity in section.variables:
                text = f"'{quantity}' needs physics.gravity_surface: true, which is false"
                raise KeyProblem(("output", name, "variables"), text)


def check_medium(
    medium: MediumConfig, grid: CrustGridConfig, physics: CrustPhysics, topography: TopographyConfig | None
) -> None:
    """The medium has values at all depths of the grid, and quality factors where attenuation needs them."""
    if medium.draped and topography is None:
        text = "counts depths from the ground of topography, and there is none"
        raise KeyProblem(("medium", "draped"), text)
    # How deep below the ground, only the driver knows.
    top, bottom = (0.0, 0.0) if medium.draped else grid.depth
    if isinstance(medium, LayersConfig) and (first := medium.layers[0].top or 0.0) > top:
        begins = "ground" if medium.draped else "top of the grid"
        text = f"the first layer starts at {first:g} m, below the {begins}, {top:g} m"
        raise KeyProblem(("medium", "layers", 0, "top"), text)
    if isinstance(medium, GradientConfig):
        # Straight lines, and the ratio of two of them, are extreme at the ends.
        problem = medium.problem(top) or medium.problem(bottom)
        if problem:
            raise KeyProblem(("medium",), problem)
    if physics.attenuation in ("coarse", "conventional") and medium.attenuates is False:
        text = f"'{physics.attenuation}' needs qp, qs or q_from_vs in the medium, which has none of them"
        raise KeyProblem(("physics", "attenuation"), text)


def check_draped(sources: Sequence[CrustSourceConfig], topography: TopographyConfig | None) -> None:
    """Faults whose depths count from the ground need one."""
    for n, source in enumerate(sources):
        if isinstance(source, CrustFiniteFaultConfig) and source.draped and topography is None:
            text = "counts depths from the ground of topography, and there is none"
            raise KeyProblem(("source", n, "draped"), text)


def check_positions(section: CrustGridConfig, sources: Sequence[CrustSourceConfig]) -> None:
    """Point sources are inside the grid, as far as it is known before projection and topography."""
    grid = section.build()
    for n, source in enumerate(sources):
        if isinstance(source, PointSourceConfig | VolcanicConfig):
            problem = _problem(section, grid, "source", source, source.depth)
            if problem:
                raise KeyProblem(("source", n, problem[0]), problem[1])


def check_receivers(section: CrustGridConfig, receivers: Sequence[Listed[ReceiverConfig]]) -> None:
    """Receivers are inside the grid, as far as it is known by then, and have names of their own; all at once."""
    grid, found = section.build(), list(doubled_names(receivers))
    for one in receivers:
        # With topography the ground is below the top of the grid, how far only the driver knows.
        height = one.station.elevation
        depth = max(grid.depth_min, grid.depth_min + one.station.depth if height is None else -height)
        problem = _problem(section, grid, f"station '{one.station.name}'", one.station, depth)
        if problem:
            found.append(one.problem(*problem))
    if found:
        raise KeyProblems(found)


def check_plane_waves(section: CrustGridConfig, sources: Sequence[CrustSourceConfig]) -> None:
    """Plane waves start inside the grid."""
    grid = section.build()
    for n, source in enumerate(sources):
        if not isinstance(source, PlaneWaveConfig) or source.depth is None:
            continue
        deepest = source.depth == grid.depth_max and source.wave_type is not None
        if not (grid.depth_min < source.depth < grid.depth_max or deepest):
            text = f"plane wave from {source.depth:g} m is outside {grid.extent()}"
            raise KeyProblem(("source", n, "depth"), text)


def check_planes(section: CrustGridConfig, planes: Sequence[PlaneConfig]) -> None:
    """The planes of snapshots cut the grid."""
    extents = {"x": section.x, "y": section.y, "depth": section.depth}
    for n, plane in enumerate(planes):
        first, last = extents[plane.axis]
        if not first <= plane.at <= last:
            text = f"plane '{plane.name}' at {plane.axis} {plane.at:g} is outside {section.build().extent()}"
            raise KeyProblem(("output", "planes", n, plane.axis), text)


def _problem(
    section: CrustGridConfig, grid: Grid3D, name: str, point: Located, depth: float
) -> tuple[str, str] | None:
    """The key that is wrong and a sentence, for a point that is not in the grid.

    A position by lon and lat is compared with the grid once it is projected, by the driver.
    """
    if point.lonlat and section.origin is None:
        return "lon", f"{name} is given by lon and lat, which need grid.origin to lie anywhere in the grid"
    x, y = (None, None) if point.lonlat else point.position
    return outside(grid, f"{name} at {_words(point)}", x, y, depth)


def _words(point: Located) -> str:
    keys = ("lon", "lat") if point.lonlat else ("x", "y")
    x, y = point.position
    return f"{keys[0]} {x:g}, {keys[1]} {y:g}, depth {point.depth:g} m"
