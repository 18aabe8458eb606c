"""What does run.json have of the place of a source in the ground?"""

from typing import Any

import numpy as np

from esim.sources.ocean import Source
from esim.sources.ocean.fault_source import FaultSource
from esim.sources.ocean.volcanic.buried_point import BuriedPoint

OUTLINED = 2000  # subfaults, beyond which run.json does not list them


def place_record(source: Source) -> dict[str, Any]:
    """Outlines, in degrees if lonlat, else in m, and where a fault begins to slip, or a point lies; else nothing."""
    if isinstance(source, BuriedPoint):
        outlines = [source.outline().tolist()] if source.radius else []
        return {"lonlat": source.lonlat, "outline": outlines, "rupture_start": [source.x, source.y]}
    return _fault_record(source) if isinstance(source, FaultSource) else {}


def _fault_record(source: FaultSource) -> dict[str, Any]:
    """What run.json has of a fault: the corners [x, y, depth] of the subfaults that move, if there are not too many, as
    x and y of the fault count (degrees if lonlat, else m), and where slip begins."""
    fault = source.fault
    moving = np.flatnonzero(fault.moving)
    outlines = [fault.outline(int(n)).tolist() for n in moving] if moving.size <= OUTLINED else []
    places = {"lonlat": fault.lonlat, "outline": outlines, "rupture_start": fault.rupture_start()}
    return {"assumed_rigidity_Pa": source.assumed_rigidity} | places
