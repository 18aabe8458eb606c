"""What does a step have in hand? The state, its typed constants, factors of the rows, and slots of scratch."""

from typing import NamedTuple

import numpy as np


class Params(NamedTuple):
    """Constants of a step in the run's floating-point type. Bodies hold no bare number: see CONTRIBUTING."""

    dt: float  # s
    half_dt: float  # s
    per_dt: float  # 1/s
    quarter: float
    g: float  # m/s2
    half_g: float
    half: float
    zero: float
    one: float
    tiny: float
    half_theta: float  # theta/2 of the generalised minmod limiter, 0.5 (minmod) to 1 (monotonised central)
    gentle: float  # fraction of the depth by which the surface may change from cell to cell in a gentle wave
    dry: float  # m, thinner water does not flow
    per_cap: float  # s/m, one over the largest speed
    friction: float  # dt g n^2
    negligible: float  # half of the rounding of one, less 10 %: what adds less to one leaves it
    rcbrt_0: float  # its bits, less a third of those of x, are close to x^(-1/3)
    rcbrt_1: float  # 14/9, 7/9, 2/9: cubic iteration for x^(-1/3)
    rcbrt_2: float
    rcbrt_3: float
    time: float  # s, at the end of the step
    arrival: float  # m, change of the surface from which the wave has arrived
    arrival_2: float  # m, higher thresholds of the same
    arrival_3: float
    never: float  # arrival time where no wave has come yet
    near: float  # weights of differences and means of fourth order on a staggered grid: see kernels.ocean.deep_water
    far: float
    near_mean: float
    far_mean: float
    outer_kick: float  # fractions of a step of the same
    inner_kick: float
    outer_drift: float
    inner_drift: float
    motion_threshold: float  # m, water that has moved less is at rest: the rounding of a wave of 0.1 m

    @staticmethod
    def varying() -> tuple[str, ...]:
        """Those that differ from step to step."""
        return "dt", "half_dt", "per_dt", "friction", "time"


class Rows(NamedTuple):
    """Meaning of rows[k, j]."""

    per_dx: int = 0  # 1 / cell width
    per_dy: int = 1  # 1 / cell height
    north: int = 2  # length of the north face / cell area
    south: int = 3  # length of the south face / cell area
    f: int = 4  # Coriolis parameter [1/s]
    curvature: int = 5  # tan(lat) / R [1/m]
    drain_x: int = 6  # cell area / length of the west, the north and the south face
    drain_north: int = 7
    drain_south: int = 8
    absorption: int = 9  # in the layers along the south and north side, see kernels.ocean.absorbing_layer
    absorption_south: int = 10  # the same at south faces
    height: int = 11  # of a cell [m]
    per_aspect: int = 12  # height / width of a cell
    per_length: int = 13  # height of a cell / length of its south face, zero at a pole


STATE = ("zeta", "hu", "hv")  # meaning of q[n, j, i]
ROWS = Rows()
NEVER = 1e30  # s
MOTION_THRESHOLD = 0.1  # m, a wave whose rounding is less than what counts as motion

# Scratch slots: primitives, their values half a step ahead, half slopes in x and y, face fluxes.
H, E, U, V = 0, 1, 2, 3
HP, EP, UP, VP = 4, 5, 6, 7
HX, EX, UX, VX = 8, 9, 10, 11
HY, EY, UY, VY = 12, 13, 14, 15
XM, XL, XR, XT = 16, 17, 18, 19  # mass, momentum of the left and of the right cell, transverse momentum
YM, YL, YR, YT = 20, 21, 22, 23
DRAIN_FRACTION = 24  # of the cell's water that may leave through each face, beside what flows there
SLOTS = 25
# The end of the step takes the place of slopes that are no longer needed.
Z1, HU1, HV1 = HX, UX, VX


def step_values(dt, time, manning=0.0, g=9.81):
    """What varies among the constants of a step of dt [s] that ends at time [s]: see Params.varying."""
    return dt, dt / 2, 1 / dt if dt else 0.0, dt * g * manning**2, time


def step_constants(
    dtype, dt, time, manning=0.0, g=9.81, dry=1e-3, speed_cap=50.0, arrivals=(0.01,), theta=1.3, gentle=0.02
):
    """Constants of a step of dt [s] that ends at time [s], cast to the precision of the state.

    arrivals are up to three thresholds [m].
    """
    real = np.dtype(dtype).type
    dt, half_dt, per_dt, friction, time = map(real, step_values(dt, time, manning, g))
    magic = np.int32(0x54A21D2A) if real is np.float32 else np.int64(0x553EF0FF289DD796)
    return Params(
        dt=dt,
        half_dt=half_dt,
        per_dt=per_dt,
        quarter=real(0.25),
        g=real(g),
        half_g=real(g / 2),
        half=real(0.5),
        zero=real(0),
        one=real(1),
        tiny=real(1e-30),
        half_theta=real(theta / 2),
        gentle=real(gentle),
        dry=real(dry),
        per_cap=real(1 / speed_cap),
        friction=friction,
        negligible=real(0.9 * np.finfo(real).epsneg / 2),
        rcbrt_0=magic.view(real),
        rcbrt_1=real(14 / 9),
        rcbrt_2=real(7 / 9),
        rcbrt_3=real(2 / 9),
        time=time,
        **dict(
            zip(
                ("arrival", "arrival_2", "arrival_3"),
                map(real, (*arrivals, NEVER, NEVER, NEVER)),
                strict=False,
            )
        ),
        never=real(NEVER),
        near=real(9 / 8),
        far=real(-1 / 24),
        near_mean=real(9 / 16),
        far_mean=real(-1 / 16),
        outer_kick=real(0.66),
        inner_kick=real(-0.16),
        outer_drift=real(-0.19),
        inner_drift=real(1.38),
        motion_threshold=real(MOTION_THRESHOLD * np.finfo(real).eps),
    )
