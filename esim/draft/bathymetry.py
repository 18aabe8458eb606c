"""Which bathymetry is there for a box? A file of the user's, or the finest of the known ones that covers it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from esim import data
from esim.config.elevation import ElevationFileConfig
from esim.draft.rupture import Footprint
from esim.draft.text import quoted, relative
from esim.errors import InputError
from esim.io.gridded.layout import GriddedVariable
from esim.media.elevation_file import elevation_file, require_elevation

NAMES = ("etopo1_nwpacific_6min.nc", "bathymetry/")  # how the names of bathymetry in the registry begin
AROUND = 1.0  # degrees around a rupture that bathymetry must cover at least
FEW = 1e-6  # degrees, of round-off


class Box(NamedTuple):
    """An extent in degrees, east above west."""

    west: float
    east: float
    south: float
    north: float

    def __str__(self) -> str:
        return f"lon {self.west:.6g} to {self.east:.6g}, lat {self.south:.6g} to {self.north:.6g}"

    @property
    def area(self) -> float:
        """Area in square degrees, negative where there is none."""
        width, height = self.east - self.west, self.north - self.south
        return width * height if width > 0 and height > 0 else -1.0


@dataclass(frozen=True)
class Bathymetry:
    """The bathymetry of a box: the value of its key in the YAML, distance of its nodes [degrees], the box it covers."""

    yaml: str
    step: float
    box: Box
    remarks: tuple[str, ...] = ()


def flat(depth: float, box: Box) -> Bathymetry:
    """The same depth [m] everywhere."""
    return Bathymetry(
        f"{{kind: flat, depth: {depth:g} m}}", 0.0, box, ("the ocean is flat, as asked for: no coasts",)
    )


def of_file(path: Path, box: Box, around: Footprint, target: Path) -> Bathymetry:
    """That of a file of the user's, for what it covers of a box; InputError unless that holds the rupture."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    variable, least = _describe(path), _least(around, box)
    cut = _covered(variable, box)
    if not _holds(cut, least):
        raise InputError(
            f"{path}: covers {_covered(variable, Box(-360, 720, -90, 90))}; expected at least {least}, the rupture and "
            f"{AROUND:g} degree around it, better {box}"
        )
    yaml = f"{{file: {relative(path, target)}}}"
    return Bathymetry(yaml, variable.resolution[1], cut, _smaller(path.name, cut, box))


def known(box: Box, around: Footprint) -> Bathymetry:
    """The finest that comes with esim, or is in ESIM_DATA, for as much of a box as it covers.

    Raises InputError, which says what is needed, where none holds the rupture.
    """
    least = _least(around, box)
    found = [one for one in _candidates(box) if _holds(one.box, least)]
    if not found:
        raise InputError(
            f"no bathymetry here covers {least}: cut {box} from GEBCO (gebco.net, NetCDF) or another grid and "
            "name the file with --bathymetry, or take a flat ocean with --flat DEPTH"
        )
    return min(found, key=lambda one: (-round(one.box.area / box.area, 1), one.step))


def _candidates(box: Box) -> Iterator[Bathymetry]:
    for one in data.table():
        if one.path is not None and one.name.startswith(NAMES):
            variable = _describe(one.path)
            cut = _covered(variable, box)
            yaml = f"{{file: {quoted(data.PREFIX + one.name)}}}"
            yield Bathymetry(yaml, variable.resolution[1], cut, _smaller(one.name, cut, box))


def _describe(path: Path) -> GriddedVariable:
    variable = elevation_file(ElevationFileConfig(file=path)).describe(lonlat=True)
    require_elevation(variable)
    return variable


def _covered(variable: GriddedVariable, box: Box) -> Box:
    """The part of a box that a file covers, on the same turn of the globe."""
    west, east = (
        (box.west, box.east) if variable.x.closed else _overlap(variable.x.extent, (box.west, box.east))
    )
    south, north = variable.y.extent
    return Box(west, east, max(box.south, south), min(box.north, north))


def _overlap(extent: tuple[float, float], wanted: tuple[float, float]) -> tuple[float, float]:
    shift = 360.0 * round((sum(wanted) - sum(extent)) / 720.0) if wanted[1] - wanted[0] < 360 else 0.0
    return max(extent[0] + shift, wanted[0]), min(extent[1] + shift, wanted[1])


def _holds(box: Box, least: Box) -> bool:
    return (
        box.west <= least.west + FEW
        and box.east >= least.east - FEW
        and box.south <= least.south + FEW
        and box.north >= least.north - FEW
    )


def _least(around: Footprint, box: Box) -> Box:
    """The rupture and what is around it at least, in whole degrees, as far as a box goes."""
    return Box(
        max(box.west, math.floor(around.west - AROUND)),
        min(box.east, math.ceil(around.east + AROUND)),
        max(box.south, math.floor(around.south - AROUND)),
        min(box.north, math.ceil(around.north + AROUND)),
    )


def _smaller(name: str, cut: Box, box: Box) -> tuple[str, ...]:
    if all(abs(a - b) < FEW for a, b in zip(cut, box, strict=True)):
        return ()
    return (f"the box is cut to what {name} covers of {box}",)
