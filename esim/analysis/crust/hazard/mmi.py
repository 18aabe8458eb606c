"""How strong was the shaking for people? Modified Mercalli intensity from peak motion, in California.

Worden et al. (2012, doi:10.1785/0120110156, their equation 3 and table 1): MMI = c1 + c2 log10 Y up to a bend, and
c3 + c4 log10 Y beyond it, with the larger of the two horizontal peaks as Y. Below MMI 2 the lines of ShakeMap go on to
MMI 1; above 10 the scale has no more to tell.
"""

from typing import NamedTuple

import numpy as np

LOWEST, HIGHEST = 1.0, 10.0


class Relation(NamedTuple):
    """Constants and slopes of log10 Y in the range of weak, moderate and strong motion, and the bends between them."""

    weak: tuple[float, float]
    moderate: tuple[float, float]
    strong: tuple[float, float]
    bends: tuple[float, float]


PGA = Relation((1.71, 2.08), (1.78, 1.55), (-1.60, 3.70), (0.14, 1.57))  # of cm/s2
PGV = Relation((4.62, 2.17), (3.78, 1.47), (2.89, 3.16), (-1.21, 0.53))  # of cm/s


def mmi(peak: np.ndarray, relation: Relation = PGV) -> np.ndarray:
    """Modified Mercalli intensity, 1 to 10, of peaks in the unit of the relation: cm/s for PGV, cm/s2 for PGA."""
    with np.errstate(divide="ignore"):
        logarithm = np.log10(peak)
    weak, moderate, strong = (
        constant + slope * logarithm
        for constant, slope in (relation.weak, relation.moderate, relation.strong)
    )
    low, high = relation.bends
    found = np.where(logarithm <= low, weak, np.where(logarithm <= high, moderate, strong))
    return np.asarray(np.clip(found, LOWEST, HIGHEST))
