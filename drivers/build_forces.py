"""Which forces does a configuration ask for?"""

from collections.abc import Sequence
from typing import Any

from esim.config import Config
from esim.drivers.dispersion import Dispersion
from esim.drivers.forces import Force
from esim.drivers.loading import Load, Loading
from esim.drivers.ocean import Ocean
from esim.drivers.pressure import Gridded, Pulse, Records, depress
from esim.drivers.ranks import first_on_node
from esim.drivers.stratification import Stratification


def wanted(cfg: Config) -> bool:
    """Whether any force acts, so that an ocean needs room for it."""
    physics = cfg.physics
    switches = (physics.stratification, physics.loading, physics.dispersion)
    return bool(cfg.forcing) or any(switch != "none" for switch in switches)


def planes(cfg: Config) -> int:
    """How many values a cell of an ocean takes for its forces."""
    physics = cfg.physics
    pressures = sum(4 if config.kind == "pressure" else 5 for config in cfg.forcing)
    dispersive = 8 * (physics.dispersion != "none")
    return 4 * wanted(cfg) + pressures + 5 * (physics.loading != "none") + dispersive


def build(
    cfg: Config, ocean: Ocean, records: Sequence[Records] = (), load: Load | None = None
) -> list[Force]:
    """The forces on an ocean, one grid of a run, in a fixed order.

    records are the pressure files of cfg.forcing, in its order (see pressure.describe). load is that of the root
    grid where the ocean is a nest; without it the ocean is the root, and what it finds is for its nests to take.
    """
    found: list[Any] = first_on_node(ocean.comm, lambda: _pressures(cfg, ocean, records))
    physics = cfg.physics
    if physics.stratification != "none":
        found.append(first_on_node(ocean.comm, lambda: Stratification(ocean)))
    if physics.loading != "none":
        load = load or Load(ocean, physics.loading_interval)
        found.append(first_on_node(ocean.comm, lambda: Loading(ocean, load)))
    if physics.dispersion != "none":
        found.append(Dispersion(ocean))
    return found


def load_of(forces: Sequence[Force]) -> Load | None:
    """The load on the root grid among its forces, for build on its nests; None where there is none."""
    return next((force.load for force in forces if isinstance(force, Loading)), None)


def _pressures(cfg: Config, ocean: Ocean, records: Sequence[Records]) -> list[Pulse | Gridded]:
    files = iter(records)
    return [
        Gridded(ocean, next(files)) if config.kind == "pressure" else Pulse(ocean, config)
        for config in cfg.forcing
    ]


def depress_all(cfg: Config, ocean: Ocean, forces: Sequence[Force]) -> None:
    """Let the run begin with the surface as the air pressure would have lowered it, where that is asked for."""
    pressures = [force for force in forces if isinstance(force, Pulse | Gridded)]
    for config, force in zip(cfg.forcing, pressures, strict=True):
        if config.inverse_barometer:
            depress(ocean, force)
