"""What is valid but probably unintended? Warnings about absorbing layers, and boxes through which waves enter."""

from collections.abc import Iterator, Sequence

from esim.config.crust.grid import ABSORBING
from esim.config.crust.root import SeismicConfig
from esim.config.yaml.suggest import gathered
from esim.crust.medium.placing import ReceiverSite
from esim.crust.sources.box import place_box
from esim.crust.sources.build import CrustSource, origin
from esim.crust.sources.injected import box_of
from esim.grids.grid3d import Grid3D
from esim.sources.crust import InjectedField, PointSources
from esim.sources.crust.incident_wave import IncidentWave


def check_absorbed(
    config: SeismicConfig, grid: Grid3D, sources: Sequence[CrustSource], sites: Sequence[ReceiverSite]
) -> Iterator[str]:
    """Warnings of sources and stations in absorbing layers, where amplitudes are damped."""
    points = [
        (f"stations.{n}: station '{station.name}'", site.x, site.y, site.depth)
        for n, (station, site) in enumerate(zip(config.receivers, sites, strict=True))
    ]
    points += [
        (f"source.{n}", *origin(source))
        for n, source in enumerate(sources)
        if isinstance(source, PointSources)
    ]
    where = f"in the absorbing layer, the outer {config.grid.boundary.cells} cells of the block"
    ends = "amplitudes there are damped: make the block larger"
    for begins in ("stations.", "source."):
        found = [
            (what, f"lies {where}; {ends}")
            for what, *at in points
            if what.startswith(begins) and _is_absorbed(config, grid, *at)
        ]
        yield from gathered(found, f"lie {where}; {ends}") if found else ()


def check_enclosed(
    config: SeismicConfig, grid: Grid3D, sources: Sequence[CrustSource], sites: Sequence[ReceiverSite]
) -> Iterator[str]:
    """Warnings where waves enter on the faces of a box: what is outside, and which stations are."""
    reach = config.physics.order // 2 + 2.5  # cells that a station on the surface takes its motion from
    for n, source in enumerate(sources):
        if isinstance(source, IncidentWave):
            box = place_box(grid, config.grid.boundary)
        elif isinstance(source, InjectedField):
            box = box_of(source, grid)
        else:
            continue
        yield (
            f"source.{n}: enters on the faces of the box {box.extent(grid)}; outside of it seismograms, maps and "
            "snapshots hold what scatters only"
        )
        near = [
            (f"stations.{m}: station '{station.name}'", site)
            for m, (station, site) in enumerate(zip(config.receivers, sites, strict=True))
            if not box.encloses(*grid.index(site.x, site.y, site.depth), reach)
        ]
        text = (
            f"outside the box of source.{n}, or within {reach:g} cells of its faces, where a part of the "
            "motion may be missing"
        )
        yield from gathered([(name, f"lies {text}") for name, _ in near], f"lie {text}") if near else ()


def _is_absorbed(config: SeismicConfig, grid: Grid3D, x: float, y: float, depth: float) -> bool:
    boundary, (nz, ny, nx) = config.grid.boundary, grid.shape
    cells, (on_x, on_y, bottom) = boundary.cells, boundary.kinds
    k, j, i = grid.index(x, y, depth)
    low = bottom in ABSORBING and k > nz - cells - 0.5
    high = bottom in ABSORBING and config.grid.surface == "absorbing" and k < cells - 0.5
    aside = [
        kind in ABSORBING and not cells - 0.5 <= n <= size - cells - 0.5
        for kind, n, size in ((on_x, i, nx), (on_y, j, ny))
    ]
    return low or high or any(aside)
