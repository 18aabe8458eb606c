"""Which snapshots are written? Of the surface and of planes through the block, each into its own file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from esim.config.crust.output import PlaneConfig
from esim.config.crust.root import SeismicConfig
from esim.crust.output.sea_elevation import ElevationMaps
from esim.crust.output.surface_motion import SurfaceMotion
from esim.crust.state import CrustState
from esim.grids.axes import meridian_convergence
from esim.grids.projection import Projection
from esim.io.gather import section_blocks
from esim.io.gridded.frame import Frame, horizontal, section
from esim.io.maps import Maps, MapWriter
from esim.parallel.decomposition import Block
from esim.timestepping.clock import Clock
from esim.variables.crust import ETA


@dataclass(frozen=True)
class Snapshots:
    """Snapshots of one surface or plane, every so many steps.

    values() are the components x, y, z (3, rows, columns) of this rank's part; the elevation of the ground [m] of this
    rank is written once, where there is one.
    """

    file: Maps
    every: int
    variables: Sequence[str]
    values: Callable[[], np.ndarray]
    elevation: np.ndarray | None = None
    hidden: bool = False  # whether records begin before the run is shown
    more: Mapping[str, Callable[[], np.ndarray]] = field(default_factory=dict)  # other variables of this rank

    def begin(self) -> None:
        """Write what does not change."""
        if self.elevation is not None:
            self.file.put("elevation", self.elevation)

    def write(self, clock: Clock) -> None:
        """Append the present motion."""
        self.file.append(clock.time, clock.step)
        for axis, component in zip("xyz", self.values(), strict=True):
            for variable in self.variables:
                if variable.endswith(axis):
                    self.file.put(variable, component)
        for variable, value in self.more.items():
            self.file.put(variable, value())


def open_snapshots(
    config: SeismicConfig,
    crust: CrustState,
    motion: SurfaceMotion,
    sea: ElevationMaps | None,
    projection: Projection | None,
    surface: Frame,
    elevation: np.ndarray | None,
    writer: MapWriter,
) -> Iterator[Snapshots]:
    """All files of snapshots that a configuration asks for; surface is the frame of the cells of a layer."""
    output, blocks, dtype = config.output, crust.decomposition.blocks, map_dtype(crust)
    static = None if elevation is None else "elevation"
    if (fields := output.fields) is not None:
        file = writer.snapshots(
            "fields",
            surface,
            blocks,
            fields.variables,
            dtype=dtype,
            bits=fields.significant_bits,
            static=static,
        )
        more = {name: sea.elevation_on_host for name in ETA if sea is not None and name in fields.variables}
        every = steps_between(fields.every, crust)
        yield Snapshots(file, every, fields.variables, motion.velocity_on_host, elevation, more=more)
    for plane in output.planes:
        frame, parts, velocity = _plane(plane, crust, projection)
        file = writer.snapshots(
            f"plane_{plane.name}", frame, parts, plane.variables, dtype=dtype, bits=plane.significant_bits
        )
        yield Snapshots(file, steps_between(plane.every, crust), plane.variables, velocity)


def steps_between(seconds: float, crust: CrustState) -> int:
    """Time steps between records that are some seconds apart."""
    return max(1, round(seconds / crust.dt))


def map_dtype(crust: CrustState) -> str:
    """Type of numbers in maps, f4 or f8."""
    return str(crust.backend.dtype.str[1:])


def surface_frame(crust: CrustState, projection: Projection | None, depth: float | None = None) -> Frame:
    """The frame of the cells of a layer, with longitude, latitude and the angle of its axes where they are known."""
    flat = crust.grid.horizontal
    return horizontal(flat, _lonlat(projection, *np.meshgrid(flat.x(), flat.y())), depth)


def own_convergence(frame: Frame, crust: CrustState) -> np.ndarray | None:
    """The azimuth of y [degrees] of the owned columns of a frame of cells; None where it is not known."""
    known = [part.values for part in frame.auxiliary if part.name == "meridian_convergence"]
    block = crust.block
    return known[0][block.j0 : block.j1, block.i0 : block.i1] if known else None


def _lonlat(projection: Projection | None, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...] | None:
    """Longitude, latitude and meridian convergence [degrees] of points [m], where the grid has a place on the Earth."""
    if projection is None:
        return None
    lon, lat = projection.to_lonlat(x, y)
    return lon, lat, meridian_convergence(projection, lon, lat)


def _plane(
    plane: PlaneConfig, crust: CrustState, projection: Projection | None
) -> tuple[Frame, Sequence[Block], Callable[[], np.ndarray]]:
    """Frame of a plane, the parts of it of all ranks, and what gives the velocities of this one's part."""
    grid, blocks, block = crust.grid, crust.decomposition.blocks, crust.block
    flat, (nz, ny, nx) = grid.horizontal, grid.shape
    if plane.axis == "depth":
        layer = min(max(int((plane.at - grid.depth_min) / grid.dz), 0), nz - 1)
        frame = surface_frame(crust, projection, float(grid.depth(layer, layer + 1)[0]))
        return frame, blocks, partial(centred_velocity, crust, layer, 0)
    if plane.axis == "x":
        column = min(max(int(np.floor(flat.index(plane.at, flat.y0)[1] + 0.5)), 0), nx - 1)
        at = float(flat.x(column, column + 1)[0])
        frame = section(grid, "y", at, _lonlat(projection, np.full(ny, at), flat.y()))
        owned = section_blocks(blocks, nz, column=column)
        return frame, owned, partial(centred_velocity, crust, column - block.i0, 2)
    row = min(max(int(np.floor(flat.index(flat.x0, plane.at)[0] + 0.5)), 0), ny - 1)
    at = float(flat.y(row, row + 1)[0])
    frame = section(grid, "x", at, _lonlat(projection, flat.x(), np.full(nx, at)))
    return frame, section_blocks(blocks, nz, row=row), partial(centred_velocity, crust, row - block.j0, 1)


def centred_velocity(crust: CrustState, index: int, axis: int) -> np.ndarray:
    """Velocities (3, rows, columns) at the centres of the owned cells of a plane, means of the faces on both sides.

    NaN in the air.
    index counts the owned cells along an axis k, j, i (0, 1, 2); a plane outside of them has no cells. No others leave
    the device.
    """
    v, host, h = crust.v, crust.backend.to_host, crust.block.halo
    cells = (crust.grid.nz, *crust.block.shape)
    if not 0 <= index < cells[axis]:
        return np.zeros((3, 0, 0), crust.backend.dtype)
    k, j, i = (
        slice(index + h, index + h + 1) if n == axis else slice(h, h + count) for n, count in enumerate(cells)
    )

    def moved(part: slice, by: int) -> slice:
        return slice(part.start + by, part.stop + by)

    means = np.stack(
        [
            (host(v[0, k, j, i]) + host(v[0, k, j, moved(i, -1)])) / 2,
            (host(v[1, k, j, i]) + host(v[1, k, moved(j, -1), i])) / 2,
            (host(v[2, k, j, i]) + host(v[2, moved(k, 1), j, i])) / 2,
        ]
    )
    # There is no motion in cells of air: half of what their faces on the ground have would be none's.
    air = host(crust.fields["rho"][k, j, i]) == 0
    return np.where(air, np.nan, means).squeeze(axis + 1)
