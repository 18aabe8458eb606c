"""Which fault has random slip? A rectangle in subfaults, as large as its magnitude asks for."""

import numpy as np

from esim.config.ocean.source import RandomSlipConfig
from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault
from esim.sources.random_slip import correlation_lengths, slip_of_moment
from esim.sources.scaling import INTERFACE, moment_of

MOST = 100_000  # subfaults; those of the largest earthquakes are a few hundred


def random_fault(config: RandomSlipConfig) -> FiniteFault:
    """The fault of a configuration. Raises InputError for more subfaults than anybody computes.

    All subfaults have the reference point of the whole, the middle of its top edge, so that they lie on one plane.
    """
    length, width = _size(config)
    columns, rows = (max(1, round(side / config.subfault)) for side in (length, width))
    if rows * columns > MOST:
        raise InputError(
            f"source.subfault: {config.subfault:g} m divides the fault of {length / 1e3:.0f} by {width / 1e3:.0f} km "
            f"into {rows * columns:,} subfaults; expected larger ones"
        )
    rigidity = config.rigidity or RIGIDITY
    slip = slip_of_moment(
        moment_of(config.magnitude) / rigidity,
        (rows, columns),
        (width / rows, length / columns),
        (config.correlation or correlation_lengths(length, width))[::-1],
        config.hurst,
        config.variation,
        config.seed,
    )
    row, column = (index.ravel() for index in np.indices((rows, columns)))

    def same(value: float) -> np.ndarray:
        return np.full(rows * columns, value)

    return FiniteFault(
        lonlat=config.lonlat,
        x=same(config.position[0]),
        y=same(config.position[1]),
        along=columns / 2 - column,
        down=-row.astype(float),
        depth=same(config.depth),
        length=same(length / columns),
        width=same(width / rows),
        strike=same(config.strike),
        dip=same(config.dip),
        rake=same(config.rake),
        start=np.zeros((rows * columns, 1)),
        rise=np.zeros((rows * columns, 1)),
        slip=slip.reshape(-1, 1),
        opening=same(0.0),
        rigidity=rigidity,
        labels=tuple(f"source random_slip, subfault {n}" for n in range(rows * columns)),
        rigidity_given=config.rigidity is not None,
        remarks=_remarks(config),
    )


def _size(config: RandomSlipConfig) -> tuple[float, float]:
    """Length and width [m]: given, or those of the magnitude."""
    deviations = config.length_deviation, config.width_deviation
    length, width = INTERFACE[config.scaling].dimensions(config.magnitude, deviations)
    return config.length or length, config.width or width


def _remarks(config: RandomSlipConfig) -> tuple[str, ...]:
    """What the user should know of the relation."""
    relation = INTERFACE[config.scaling]
    if relation.holds(config.magnitude) or (config.length and config.width):
        return ()
    low, high = relation.magnitudes
    return (
        f"source random_slip: the relation of {relation.reference} is of Mw {low:g} to {high:g}, and here of Mw "
        f"{config.magnitude:g}",
    )
