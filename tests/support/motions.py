"""Records of seafloor motion for tests: frames from formulas, in memory or in a file as a seismic run writes it."""

import netCDF4
import numpy as np

from esim.grids.axes import meridian_convergence
from esim.sources.ocean.recorded.frames import MotionGeometry
from esim.sources.ocean.recorded.motion import SeafloorMotionSource


def geometry(nx=30, ny=26, spacing=4e3, projection=None, every=5.0, begin=0.0, x0=0.0, y0=0.0):
    """Cells [m] around (x0, y0)."""
    x = x0 + (np.arange(nx) - (nx - 1) / 2) * spacing
    y = y0 + (np.arange(ny) - (ny - 1) / 2) * spacing
    return MotionGeometry(x, y, projection, every, begin)


def dome(place, height=2.0, radius=20e3):
    """A Gaussian dome [m] in the middle of the cells."""
    x, y = place.x - place.x.mean(), place.y - place.y.mean()
    return height * np.exp(-(x[None] ** 2 + y[:, None] ** 2) / radius**2)


class ListedFrames:
    """Frames in memory, (K, 3 or 1, ny, nx); asked lists the numbers that were asked for."""

    def __init__(self, frames):
        self.frames, self.asked = np.asarray(frames, np.float32), []

    def frame(self, k):
        self.asked.append(k)
        return self.frames[k] if k < len(self.frames) else None

    def last(self):
        return len(self.frames) - 1, self.frames[-1]


def source(place, frames, lonlat=False, **more):
    """A recorded motion from frames in memory."""
    listed = frames if isinstance(frames, ListedFrames) else ListedFrames(frames)
    return SeafloorMotionSource("motion", place, lambda: listed, lonlat, **more)


def rising(place, count=5, height=2.0, across=0.0, radius=20e3):
    """Frames of a dome that rises evenly from nothing, and is pushed along x by a part of its height."""
    up = dome(place, height, radius)
    done = np.arange(count) / (count - 1)
    return np.stack([np.stack([across * up, 0 * up, up]) * part for part in done])


def write(path, place, frames, *, start=None, mapping=False, **more):
    """surface_displacement.nc of frames (K, 3, ny, nx), z up; more are further variables (K, ny, nx) as they are."""
    with netCDF4.Dataset(path, "w") as data:
        for name, size in (("time", None), ("y", place.y.size), ("x", place.x.size)):
            data.createDimension(name, size)
        time = data.createVariable("time", "f8", ("time",))
        time.units = f"seconds since {start}" if start else "s"
        data.createVariable("y", "f8", ("y",))[:] = place.y
        data.createVariable("x", "f8", ("x",))[:] = place.x
        if place.projection is not None:
            lon, lat = place.projection.to_lonlat(*np.meshgrid(place.x, place.y))
            angle = meridian_convergence(place.projection, lon, lat)
            for name, values in (("lon", lon), ("lat", lat), ("meridian_convergence", angle)):
                data.createVariable(name, "f8", ("y", "x"))[:] = values
        if mapping:
            crs = data.createVariable("crs", "i4")
            crs.grid_mapping_name = "transverse_mercator"
            crs.longitude_of_central_meridian = place.projection.lon0
            crs.latitude_of_projection_origin = place.projection.lat0
        frames = np.asarray(frames, np.float32)
        parts = {"ux": frames[:, 0], "uy": frames[:, 1], "uz": -frames[:, 2]} | more
        for name, values in parts.items():
            one = data.createVariable(
                name, "f4", ("time", "y", "x"), fill_value=np.float32(9.969209968386869e36)
            )
            one.units = "m"
            one[:] = values
            if name.endswith("z"):
                one.positive = "down"
        time[:] = [place.time(k) for k in range(len(frames))]
    return path
