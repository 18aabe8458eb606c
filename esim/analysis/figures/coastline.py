"""Where is land, for runs and parts of a map that do not know it? The mask of GSHHG that roaring-landmask brings.

GSHHG: Wessel, P. and W. H. F. Smith (1996), A global, self-consistent, hierarchical, high-resolution shoreline
database, JGR 101, 8741-8743, doi:10.1029/96JB00104. The cells of the mask have 15 arc-seconds, 460 m.
"""

import logging
from functools import cache
from typing import Any

import numpy as np

from esim.distribution import install

CREDIT = "GSHHG (Wessel and Smith 1996)"


def land(lon: np.ndarray, lat: np.ndarray) -> np.ndarray | None:
    """Whether points (arrays of one shape, degrees, any turn of the globe) lie on land; False where not finite.

    None, with a warning, where roaring-landmask is not installed.
    """
    mask = _mask()
    if mask is None:
        return None
    known = np.isfinite(lon) & np.isfinite(lat)
    found = np.zeros(np.shape(lon), bool)
    found[known] = mask.contains_many((lon[known] + 180) % 360 - 180, lat[known].astype(float))
    return found


@cache
def _mask() -> Any:
    try:
        from roaring_landmask import LandmaskProvider, RoaringMask
    except ImportError:
        logging.getLogger("esim").warning("no coastline: it needs roaring-landmask, %s", install("analysis"))
        return None
    return RoaringMask.new(LandmaskProvider.Gshhg)
