"""Which air pressure is there over the water? That of all pulses and files of a run together."""

from collections.abc import Iterable

import numpy as np

from esim.constants import SEA_DENSITY
from esim.ocean.forces import Force
from esim.ocean.forcing.pressure_file import PressureField
from esim.ocean.forcing.pressure_pulse import PressurePulse
from esim.ocean.model import Ocean

AirPressure = PressurePulse | PressureField


def pressures(forces: Iterable[Force]) -> list[AirPressure]:
    """Those of the forces that are air pressure."""
    return [force for force in forces if isinstance(force, AirPressure)]


def pressure_on(ocean: Ocean, time: float) -> np.ndarray:
    """The air pressure [Pa] above that at rest on the owned cells of an ocean at a time [s], float64."""
    forces = pressures(ocean.forces.all) if ocean.forces is not None else []
    return sum((force.pressure(time) for force in forces), np.zeros(ocean.block.shape))


def pressure_at(ocean: Ocean, rows: np.ndarray, columns: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The air pressure [Pa] above that at rest in cells of an ocean at times [s], (times, *cells), float64.

    rows and columns are numbers of cells of the grid, owned ones or those beside them.
    """
    forces = pressures(ocean.forces.all) if ocean.forces is not None else []
    nothing = np.zeros((len(times), *rows.shape))
    return sum((force.pressure_at(rows, columns, times) for force in forces), nothing)


def inverse_barometer(ocean: Ocean, force: AirPressure, time: float = 0.0) -> None:
    """Lower the surface of the sea by p / (rho g), where there is that much water: the inverse barometer."""
    (j0, j1), (i0, i1) = ocean.block.interior
    state = ocean.own(ocean.plan.state())[0].astype(np.float64)
    bed = ocean.own(ocean.bed)[0].astype(np.float64)
    lower = force.pressure(time) / (SEA_DENSITY * ocean.physics.gravity)
    wet = (bed < 0) & (state - bed > ocean.physics.dry_depth)
    zeta = np.where(wet, np.maximum(state - lower, np.minimum(bed, 0.0)), state)
    ocean.plan.state()[0, j0:j1, i0:i1] = ocean.backend.from_host(zeta)
