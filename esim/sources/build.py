"""From the configuration of a source to the source itself."""

from datetime import datetime
from typing import Any

from esim.data import locate
from esim.errors import InputError
from esim.sources import deformation, fault_file
from esim.sources.fault_source import FaultSource
from esim.sources.finite_fault import FiniteFault
from esim.sources.hump import Hump
from esim.sources.source import Source


def build(config: Any, lonlat: bool, start: datetime | None = None) -> Source:
    """The source that one entry of `source:` in the configuration describes.

    lonlat says in which coordinates the grid is; start is the origin time of the run (UTC), with which dates
    in deformation files are compared. Fault files are read here, large grids when their values are asked for.
    Raises InputError if a file is not usable or the positions are not in the coordinates of the grid.
    """
    match config.kind:
        case "finite_fault":
            fault = fault_file.read(locate(str(config.file)), config.rigidity)
            return _fault_source(config.file.name, fault, config, lonlat)
        case "okada":
            return _fault_source("okada", _listed(config), config, lonlat)
        case "deformation":
            return deformation.read(locate(str(config.file)), config.variable, lonlat, start, config.kajiura)
        case "hump":
            _require_coordinates(config.lonlat, lonlat, "hump")
            x, y = config.position
            return Hump("hump", x, y, config.height, config.radius)
    raise InputError(
        f"source kind '{config.kind}' is not known; expected finite_fault, okada, deformation or hump"
    )


def _listed(config: Any) -> FiniteFault:
    """The faults written in the configuration itself."""
    common = {} if config.rigidity is None else {"rigidity": config.rigidity}
    entries = [
        fault_file.Entry(f"source okada, faults.{n}", fault.model_dump(exclude_none=True))
        for n, fault in enumerate(config.faults)
    ]
    return fault_file.assemble(fault_file.Entry("source okada", common), entries)


def _fault_source(name: str, fault: FiniteFault, config: Any, lonlat: bool) -> FaultSource:
    _require_coordinates(fault.lonlat, lonlat, name)
    if config.instantaneous:
        fault = fault.instantaneous()
    return FaultSource(
        name, fault, fault.levels(config.time_step), config.kajiura, config.horizontal_on_slope
    )


def _require_coordinates(given: bool, expected: bool, name: str) -> None:
    words = {True: "lon and lat", False: "x and y"}
    if given != expected:
        kind = "lonlat" if expected else "cartesian"
        raise InputError(
            f"source {name}: placed by {words[given]}, but the grid is {kind}; expected {words[expected]}"
        )
