"""What has another run recorded on the faces of a box? Motion and stress, read as they are needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.io import netcdf

VARIABLES = ("vx", "vy", "vz", "sxx", "syy", "szz", "sxy", "sxz", "syz")
TABLES = ("time", "x", "y", "depth", "rho", "lam", "mu")
WANTED = ("box", "spacing", "every", "stress_delay", "onset", "differences")
ALIKE = 1e-6  # relative difference of lengths that are the same


@dataclass(frozen=True, eq=False)
class InjectedField:
    """The cells of injection.nc, x, y, depth (n,) [m] with their medium (3, n), and its records, `every` [s].

    box is x, y and depth of its faces [m], from and to; velocities are of the times begin + m every, stresses
    stress_delay [s] later.
    """

    name: str
    path: Path
    box: tuple[float, ...]
    spacing: tuple[float, ...]
    order: int  # of the differences of the other run
    every: float
    stress_delay: float
    begin: float
    onset: float  # from when on that run was shown [s]
    records: int
    position: np.ndarray
    medium: np.ndarray
    low_pass: float | None = None

    @property
    def end(self) -> float:
        """Time of the last record [s]."""
        return self.begin + (self.records - 1) * self.every

    @property
    def magnitude(self) -> None:
        """It has none."""
        return None

    @property
    def total_moment(self) -> float:
        """It has no moment [N m]."""
        return 0.0

    def highest_frequency(self, fraction: float = 0.01) -> float:
        """What it sends was limited by the other run: it is not filtered again."""
        return 0.0

    def check(self, grid: Grid3D) -> None:
        """Raises InputError for a grid of other cells."""
        area = grid.horizontal
        if not np.allclose(self.spacing, grid.spacing, rtol=ALIKE, atol=0):
            cells = " x ".join(f"{d:g}" for d in self.spacing)
            raise InputError(
                f"{self.path.name}: was recorded with cells of {cells} m; expected these as grid.spacing"
            )
        for key, value, first, d in (
            ("x", self.box[0], area.x0, area.dx),
            ("y", self.box[2], area.y0, area.dy),
            ("depth", self.box[4], grid.depth_min, grid.dz),
        ):
            if abs((value - first) / d - round((value - first) / d)) > 1e-3:
                raise InputError(
                    f"{self.path.name}: faces at {key} {value:g} m are not faces of cells of grid.{key}, which begins "
                    f"at {first:g} m; expected a beginning a whole number of cells from there"
                )
        if abs(self.box[4] - grid.depth_min) > ALIKE * grid.dz:
            raise InputError(
                f"{self.path.name}: the top of the grid was at {self.box[4]:g} m; expected the same in grid.depth"
            )

    def read(self, first: int, last: int) -> np.ndarray:
        """Records first..last-1, (9, last - first, n); InputError where the file ends before."""
        with netcdf.LIBRARY, netcdf.read(self.path) as data:
            found = [np.ma.getdata(data[name][first:last]) for name in VARIABLES]
        return np.stack(found).reshape(len(VARIABLES), last - first, -1)


def read_injection(path: Path) -> InjectedField:
    """The field of a file that `output.injection` has written; InputError, in one sentence, for another one."""
    try:
        with netcdf.LIBRARY, netcdf.read(path) as data:
            return _field(path, data)
    except OSError as error:
        raise InputError(f"{path}: is no NetCDF file that can be read: {error}") from None


def _field(path: Path, data: Any) -> InjectedField:
    missing = [name for name in WANTED if name not in data.ncattrs()]
    missing += [name for name in (*VARIABLES, *TABLES) if name not in data.variables]
    if missing:
        raise InputError(
            f"{path.name}: has no {missing[0]}; expected injection.nc of a run with output.injection"
        )
    times = np.ma.getdata(data["time"][:]).astype(np.float64)
    if times.size < 2:
        raise InputError(f"{path.name}: has {times.size} records; expected two or more")

    def table(*names: str) -> np.ndarray:
        return np.stack([np.ma.getdata(data[name][:]).astype(np.float64).ravel() for name in names])

    box, spacing = (tuple(map(float, np.atleast_1d(data.getncattr(name)))) for name in ("box", "spacing"))
    return InjectedField(
        name=f"injection '{path.name}'", path=path, box=box, spacing=spacing, order=int(data.differences),
        every=float(data.every), stress_delay=float(data.stress_delay), begin=float(times[0]),
        onset=float(data.onset), records=times.size,
        position=table("x", "y", "depth"), medium=table("rho", "lam", "mu"),
    )  # fmt: skip
