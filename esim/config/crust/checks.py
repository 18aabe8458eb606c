"""Do the sections fit each other?"""

from typing import TYPE_CHECKING

from esim.config.crust.inside import outside
from esim.config.crust.medium import GradientConfig, LayersConfig
from esim.config.crust.source import PlaneWaveConfig, PointSourceConfig
from esim.config.crust.station import ReceiverConfig
from esim.config.names import check_names
from esim.config.section import KeyProblem
from esim.grids.grid3d import Grid3D

if TYPE_CHECKING:
    from esim.config.crust.root import SeismicConfig

Place = tuple[str | int, ...]
Located = PointSourceConfig | ReceiverConfig


def check(config: "SeismicConfig") -> None:
    """Raise KeyProblem for the first thing in one section that does not fit another."""
    volume = config.grid.build()
    check_names("stations", config.stations)
    check_names(("output", "planes"), config.output.planes)
    _check_surface(config)
    _check_medium(config)
    _check_points(config, volume)
    _check_plane_waves(config, volume)
    _check_planes(config, volume)


def _check_surface(config: "SeismicConfig") -> None:
    if config.topography is not None and config.grid.surface == "absorbing":
        raise KeyProblem(
            ("grid", "surface"), "'absorbing' leaves no air above the ground; topography needs 'free'"
        )


def _check_medium(config: "SeismicConfig") -> None:
    medium, (top, bottom) = config.medium, config.grid.depth
    if isinstance(medium, LayersConfig) and medium.layers[0].top > top:
        text = f"the first layer starts at {medium.layers[0].top:g} m, below the top of the grid, {top:g} m"
        raise KeyProblem(("medium", "layers", 0, "top"), text)
    if isinstance(medium, GradientConfig):
        # Straight lines, and the ratio of two of them, are extreme at the ends.
        problem = medium.problem(top) or medium.problem(bottom)
        if problem:
            raise KeyProblem(("medium",), problem)
    if config.physics.attenuation != "none" and medium.attenuates is False:
        text = (
            f"'{config.physics.attenuation}' needs qp, qs or q_from_vs in the medium, which has none of them"
        )
        raise KeyProblem(("physics", "attenuation"), text)


def _check_points(config: "SeismicConfig", volume: Grid3D) -> None:
    for n, source in enumerate(config.source):
        if isinstance(source, PointSourceConfig):
            _check_point(config, volume, ("source", n), "source", source, source.depth)
    for n, station in enumerate(config.stations):
        # With topography the ground is below the top of the grid, how far only the driver knows.
        depth = volume.top + station.depth
        _check_point(config, volume, ("stations", n), f"station '{station.name}'", station, depth)


def _check_point(
    config: "SeismicConfig", volume: Grid3D, place: Place, name: str, point: Located, depth: float
) -> None:
    """A position by lon and lat is compared with the grid once it is projected, by the driver."""
    if point.lonlat and config.grid.origin is None:
        text = f"{name} is given by lon and lat, which need grid.origin to lie anywhere in the grid"
        raise KeyProblem((*place, "lon"), text)
    x, y = (None, None) if point.lonlat else point.position
    problem = outside(volume, f"{name} at {_words(point)}", x, y, depth)
    if problem:
        raise KeyProblem((*place, problem[0]), problem[1])


def _words(point: Located) -> str:
    keys = ("lon", "lat") if point.lonlat else ("x", "y")
    x, y = point.position
    return f"{keys[0]} {x:g}, {keys[1]} {y:g}, depth {point.depth:g} m"


def _check_plane_waves(config: "SeismicConfig", volume: Grid3D) -> None:
    for n, source in enumerate(config.source):
        if isinstance(source, PlaneWaveConfig) and not volume.top < source.depth < volume.bottom:
            text = f"plane wave from {source.depth:g} m is outside {volume.box()}"
            raise KeyProblem(("source", n, "depth"), text)


def _check_planes(config: "SeismicConfig", volume: Grid3D) -> None:
    for n, plane in enumerate(config.output.planes):
        first, last = getattr(config.grid, plane.axis)
        if not first <= plane.at <= last:
            text = f"plane '{plane.name}' at {plane.axis} {plane.at:g} is outside {volume.box()}"
            raise KeyProblem(("output", "planes", n, plane.axis), text)
