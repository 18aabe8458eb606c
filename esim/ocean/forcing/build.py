"""Which forces does a configuration ask for?"""

from collections.abc import Sequence
from typing import Any

from esim.config.ocean.root import TsunamiConfig
from esim.ocean.forces import Force
from esim.ocean.forcing.air_pressure import AirPressure, inverse_barometer, pressures
from esim.ocean.forcing.compressibility import Compressibility
from esim.ocean.forcing.dispersion import Dispersion
from esim.ocean.forcing.loading import SelfAttractionLoading, SurfaceLoad
from esim.ocean.forcing.pressure_file import PressureField, PressureRecords
from esim.ocean.forcing.pressure_pulse import PressurePulse
from esim.ocean.forcing.recorded_pulse import recorded_pulse
from esim.ocean.model import Ocean
from esim.parallel.collectives import one_per_node


def is_forced(cfg: TsunamiConfig) -> bool:
    """Whether any force acts, so that an ocean needs room for it."""
    physics = cfg.physics
    switches = (
        physics.seawater_compressibility,
        physics.self_attraction_loading,
        physics.dispersion != "none",
    )
    return bool(cfg.forcing) or any(switches)


def planes_needed(cfg: TsunamiConfig) -> int:
    """How many values a cell of an ocean takes for its forces."""
    physics = cfg.physics
    planes = sum(4 if config.kind == "pressure" else 5 for config in cfg.forcing)
    dispersive = 8 * (physics.dispersion != "none")
    return 4 * is_forced(cfg) + planes + 5 * physics.self_attraction_loading + dispersive


def build_forces(
    cfg: TsunamiConfig, ocean: Ocean, records: Sequence[PressureRecords] = (), load: SurfaceLoad | None = None
) -> list[Force]:
    """The forces on an ocean, one grid of a run, in a fixed order.

    records are the pressure files of cfg.forcing, in its order (see pressure_file.describe_records). load is that of
    the root grid where the ocean is a nest; without it the ocean is the root, and what it finds is for its nests.
    """
    found: list[Any] = one_per_node(ocean.comm, lambda: _pressures(cfg, ocean, records))
    physics = cfg.physics
    if physics.seawater_compressibility:
        found.append(one_per_node(ocean.comm, lambda: Compressibility(ocean)))
    if physics.self_attraction_loading:
        load = load or SurfaceLoad(ocean, physics.loading_interval)
        found.append(one_per_node(ocean.comm, lambda: SelfAttractionLoading(ocean, load)))
    if physics.dispersion != "none":
        found.append(Dispersion(ocean))
    return found


def load_of(forces: Sequence[Force]) -> SurfaceLoad | None:
    """The load on the root grid among its forces, for build on its nests; None where there is none."""
    return next((force.load for force in forces if isinstance(force, SelfAttractionLoading)), None)


def _pressures(cfg: TsunamiConfig, ocean: Ocean, records: Sequence[PressureRecords]) -> list[AirPressure]:
    files = iter(records)
    found: list[AirPressure] = []
    for config in cfg.forcing:
        if config.kind == "pressure":
            found.append(PressureField(ocean, next(files)))
        elif config.kind == "recorded_pulse":
            found.append(PressurePulse(ocean, *recorded_pulse(config)))
        else:
            found.append(PressurePulse(ocean, config))
    return found


def apply_inverse_barometer(cfg: TsunamiConfig, ocean: Ocean, forces: Sequence[Force]) -> None:
    """Let the run begin with the surface as the air pressure would have lowered it, where that is asked for."""
    for config, force in zip(cfg.forcing, pressures(forces), strict=True):
        if config.inverse_barometer:
            inverse_barometer(ocean, force)
