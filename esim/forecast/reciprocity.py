"""What does a station see of a motion anywhere? One run from a hump of water at the station tells, by reciprocity.

The linear equations over water at rest are antisymmetric for the energy, and with the time and the Earth's rotation
turned round they are the same. So the surface at a station s at a time t after an uplift u(x) of the water at time zero
is

    eta(s, t) = integral of u(x) eta_s(x, t) dA / V,

where eta_s is the wave from a hump of volume V at s on an Earth that turns the other way, and eta(s, t) the mean over
that hump. In seismology the same is known as the reciprocity of Green's functions (Aki and Richards 2002, section 2.3);
Henneking et al. (2025, arXiv 2504.16344) use one adjoint run per sensor in its place. The deep solver keeps the
antisymmetry on its grid, so that it holds to rounding between walls; absorbing layers and rotation leave up to 0.2 %.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.water import FirstWaterConfig
from esim.drivers.run import checked, prepared
from esim.drivers.tsunami import Tsunami, TsunamiRun
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.parallel.comm import SerialComm
from esim.sources.geodesy import Box
from esim.timestepping.clock import Clock

HEIGHT = 1.0  # m, of a hump; the equations are linear
KEPT_RUN = ("backend", "array_module", "precision", "threads", "memory_limit", "stall_timeout")


@dataclass(frozen=True)
class Hump:
    """A hump of water: its position (lon, lat or x, y), and the radius [m] at which its height is 1/e."""

    name: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, eq=False)
class Response:
    """Mean surface [m] over a hump after motions of K kinds at time zero, (T, K), at times (T,) [s].

    volume [m3] is that of the hump.
    """

    times: np.ndarray
    surface: np.ndarray
    volume: float


def cell_area(grid: Grid, box: Box) -> np.ndarray:
    """Area [m2] of the cells of a box in each of its rows, (nj, 1)."""
    width, height = grid.cell_size(box[0], box[1])
    return (width * height)[:, None]


def hump_radius(grid: Grid, y: float, cells: float) -> float:
    """So many of the shorter sides of a cell [m] in the row of y."""
    row = min(max(round(grid.index(grid.x0, y)[0]), 0), grid.ny - 1)
    width, height = grid.cell_size(row, row + 1)
    return cells * float(min(width[0], height[0]))


def left_out(base: TsunamiConfig) -> Iterator[str]:
    """What of a scenario linear waves on the whole grid do not have, a few words each."""
    physics = base.physics
    if physics.manning != 0:
        yield "friction"
    if base.grid.nests:
        yield "nests"
    if physics.dispersion != "none":
        yield "dispersion"
    if physics.seawater_compressibility or physics.self_attraction_loading:
        yield "the compressibility of sea water and its load on the Earth"
    if base.forcing:
        yield "air pressure"
    if base.structures or base.levees is not None:
        yield "structures"
    if base.water != FirstWaterConfig():
        yield "lakes and polders"


def reciprocal_config(
    base: TsunamiConfig,
    hump: Hump,
    duration: float,
    folder: Path,
    *,
    turned: bool = True,
    dt: float | None = None,
) -> TsunamiConfig:
    """The linear run from a hump, on the grid of a scenario; turned: on an Earth that turns the other way.

    Raises InputError for a scenario that the deep solver cannot have.
    """
    echo = base.echo()
    given: dict[str, Any] = {key: echo[key] for key in ("scenario", "grid", "bathymetry")}
    given["grid"] |= {"solver": "deep", "nests": []}
    given["title"] = f"reciprocal run of {hump.name}"
    given["time"] = {"start": echo["time"]["start"], "duration": duration}
    given["physics"] = {
        "coriolis": base.physics.coriolis,
        "coriolis_reversed": turned and base.physics.coriolis,
        "manning": 0.0,
        **{key: echo["physics"][key] for key in ("gravity", "sea_level", "dry_depth")},
    }
    x, y = ("lon", "lat") if base.grid.kind == "lonlat" else ("x", "y")
    given["source"] = [{"kind": "hump", x: hump.x, y: hump.y, "height": HEIGHT, "radius": hump.radius}]
    given["output"] = {"directory": str(folder), "overwrite": True, "maxima": None}
    given["run"] = {key: echo["run"][key] for key in KEPT_RUN} | {"dt": dt}
    try:
        found = from_dict(given)
    except InputError as error:
        raise InputError(f"base: its grid cannot have linear waves: {error}") from None
    assert isinstance(found, TsunamiConfig)
    return found


def respond(
    base: TsunamiConfig,
    hump: Hump,
    fields: np.ndarray,
    box: Box,
    every: float,
    duration: float,
    folder: Path,
    *,
    turned: bool = True,
) -> Response:
    """Integrals of fields (K, nj, ni) [m] on a box of cells with the wave from a hump, over its volume.

    At times from zero to a duration [s], every so many seconds. The folder has run.json of the run, which says which
    way the Earth turned.
    """
    duration = every * ceil(duration / every * (1 - 1e-9))
    longest = checked(
        Tsunami(), reciprocal_config(base, hump, duration, folder, turned=turned), SerialComm()
    ).dt
    steps = ceil(every / longest * (1 - 1e-9))
    config = reciprocal_config(base, hump, duration, folder, turned=turned, dt=every / steps)
    driver = Tsunami()
    recorder = _Recorder(fields, box, steps)
    with prepared(driver, checked(driver, config, SerialComm()), observers=[recorder]) as run:
        recorder.begin(run)
        run.compute()
    return Response(every * np.arange(len(recorder.kept)), np.array(recorder.kept), recorder.volume)


class _Recorder:
    """Integrals of the wave of a run with fields, every so many steps."""

    def __init__(self, fields: np.ndarray, box: Box, steps: int) -> None:
        self._fields, self._box, self._steps = fields, box, steps
        self.kept: list[np.ndarray] = []

    def begin(self, run: TsunamiRun) -> None:
        """Take the volume of the hump, and the first values, from a prepared run."""
        self._ocean = run.oceans[0]
        grid = self._ocean.grid
        whole = (0, grid.ny, 0, grid.nx)
        self.volume = float((self._surface(whole) * cell_area(grid, whole)).sum())
        if self.volume <= 0:
            raise InputError(f"{run.setup.config.title}: there is no water; expected a place at sea")
        self._weights = (self._fields * (cell_area(grid, self._box) / self.volume)).reshape(
            len(self._fields), -1
        )
        self._keep()

    def __call__(self, clock: Clock) -> None:
        if clock.step % self._steps == 0:
            self._keep()

    def _keep(self) -> None:
        self.kept.append(self._weights @ self._surface(self._box).ravel())

    def _surface(self, box: Box) -> np.ndarray:
        """Elevation of the surface above rest [m] on a box of cells, zero on land."""
        state = self._ocean.own(self._ocean.plan.state()[:1])[0]
        return state[box[0] : box[1], box[2] : box[3]].astype(np.float64)
