"""Which sources and incident waves does a run have? Read once, checked on its grid, the same on all ranks."""

from functools import partial

from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import CellFunction
from esim.ocean.boundary import check_incident
from esim.ocean.sources.initial_conditions import initial_states
from esim.parallel.collectives import on_root, root_first
from esim.parallel.comm import Comm
from esim.sources import ocean as sources
from esim.sources.ocean import AnySource, first_water, incident
from esim.sources.ocean.deformation import Deformation
from esim.sources.ocean.incident import Incident


def read_sources(cfg: TsunamiConfig, comm: Comm) -> tuple[AnySource, ...]:
    """The sources, and the first water where a section says where it is.

    Raises InputError for what cannot be read, or does not fit the grid.
    """
    grid = cfg.grid.build()
    found = root_first(comm, partial(_read, cfg))
    for source in found:
        source.check(grid)
        if isinstance(source, Deformation):
            on_root(comm, partial(source.require_values, grid))
    initial_states(found)
    return found


def _read(cfg: TsunamiConfig) -> tuple[AnySource, ...]:
    lonlat, physics = cfg.grid.kind == "lonlat", cfg.physics
    found = [
        sources.build(
            section,
            lonlat,
            cfg.time.start,
            gravity=physics.gravity,
            sea_level=physics.sea_level,
            crs=cfg.grid.crs if cfg.grid.kind == "cartesian" else None,
        )
        for section in cfg.source
    ]
    if cfg.water.dry or cfg.water.lakes:
        found.insert(0, first_water.build(cfg.water, lonlat, physics.sea_level))
    return tuple(found)


def read_incident(cfg: TsunamiConfig, comm: Comm, elevation: CellFunction) -> tuple[Incident, ...]:
    """The waves that come in over a bed [m]; raises InputError for what cannot be read, and for a side on land."""
    physics = cfg.physics
    dispersive = physics.dispersion != "none"
    found = root_first(
        comm, lambda: tuple(incident.build(wave, physics.gravity, dispersive) for wave in cfg.incident)
    )
    check_incident(cfg.grid.build(), elevation, found)
    return found
