"""Is a file in the coordinate reference system of the grid? A GeoTIFF says its own, a text in a file .prj beside it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esim.errors import InputError
from esim.io.gridded.axis import Axis

if TYPE_CHECKING:
    from pyproj import CRS

GEOGRAPHIC = "EPSG:4326"
SHIFT = 0.1  # of the distance of nodes: systems that differ by less are the same for a file


def require_kind(path: Path, crs: str | None, lonlat: bool) -> None:
    """Raises InputError if a reference system (WKT) is in metres and the grid in degrees, or the other way round."""
    if crs is None:
        return
    system = _horizontal(crs)
    if lonlat and not system.is_geographic:
        raise InputError(
            f"{path}: is in {_name(system)}, in metres, but the grid is lonlat; convert it: "
            f"{_command(path, GEOGRAPHIC)}"
        )
    if not lonlat and system.is_geographic:
        raise InputError(
            f"{path}: is in {_name(system)}, in degrees, but the grid is cartesian, in metres; convert it to the "
            f"reference system of the grid, such as {_command(path, 'EPSG:32654')}"
        )

    units = {axis.unit_name for axis in system.axis_info if axis.unit_conversion_factor != 1}
    if units and not lonlat:
        raise InputError(
            f"{path}: is in {_name(system)}, its coordinates in {units.pop()}, expected metres; convert it to the "
            f"reference system of the grid, such as {_command(path, 'EPSG:32654')}"
        )


def require_same(path: Path, crs: str | None, system: str, x: Axis, y: Axis) -> None:
    """Raises InputError if a file lies elsewhere in another reference system, by more than a tenth of its steps."""
    if crs is None:
        return
    from pyproj import Transformer

    own, wanted = _horizontal(crs), _horizontal(system)
    if own.equals(wanted, ignore_axis_order=True):
        return
    east, north = (np.linspace(*axis.extent, 3)[1:-1] for axis in (x, y))
    there = Transformer.from_crs(own, wanted, always_xy=True).transform(east, north)
    moved = [to - at for to, at in zip(there, (east, north), strict=True)]
    if wanted.is_geographic:
        moved[0] = (moved[0] + 180) % 360 - 180  # longitudes may come back on another turn
    shift = [np.abs(by).max() / axis.step for by, axis in zip(moved, (x, y), strict=True)]
    if not max(shift) < SHIFT:  # infinite where there is no way from one to the other
        raise InputError(
            f"{path}: is in {_name(own)}, but the grid is in {_name(wanted)}; convert it: {_command(path, system)}"
        )


def read_system(path: Path) -> str:
    """The reference system (WKT) in a file .prj; raises InputError if there is none that is known."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    text = " ".join(path.read_text(encoding="utf-8", errors="replace").split())
    try:
        return str(CRS.from_user_input(text).to_wkt())
    except CRSError:
        raise InputError(
            f"{path}: '{text[:40]}' is no reference system that is known; expected WKT, or no such file beside the grid"
        ) from None


def vertical_note(path: Path, crs: str | None) -> tuple[str, ...]:
    """A sentence about a vertical datum that a reference system (WKT) names; none if it names none."""
    if crs is None:
        return ()
    from pyproj import CRS

    system = CRS.from_user_input(crs)
    if not system.is_compound:
        return ()
    datum = system.sub_crs_list[1].name
    return (
        f"{path.name}: its heights are in '{datum}', which is not converted; datum_shift is added to them",
    )


def system_name(crs: str) -> str:
    """What to call a reference system."""
    return _name(_horizontal(crs))


def _horizontal(crs: str) -> "CRS":
    """The part of a reference system that says where points are on the map."""
    from pyproj import CRS

    system = CRS.from_user_input(crs)
    return system.sub_crs_list[0] if system.is_compound else system


def _name(system: "CRS") -> str:
    code = system.to_authority()
    return f"{system.name} ({':'.join(code)})" if code else str(system.name)


def _command(path: Path, system: str) -> str:
    return f"gdalwarp -t_srs {system} {path.name} {path.stem}_warped.tif"
