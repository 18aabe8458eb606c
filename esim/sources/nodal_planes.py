"""On which two planes could an earthquake of this moment tensor have slipped?

Moment tensors here have axes r (up), t (south), p (east), as those of the Global CMT catalogue. Formulas: Aki and
Richards (2002, Quantitative Seismology, section 4.3), in north, east, down.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class NodalPlane(NamedTuple):
    """Strike, dip and rake [degrees]; the fault dips to the right of strike."""

    strike: float
    dip: float
    rake: float

    def __str__(self) -> str:
        return f"strike {self.strike:.4g}, dip {self.dip:.4g}, rake {self.rake:.4g}"


def tensor(values: Mapping[str, float]) -> np.ndarray:
    """The tensor (3, 3) in north, east, down, of mrr, mtt, mpp, mrt, mrp, mtp."""
    nn, ee, dd = values["mtt"], values["mpp"], values["mrr"]
    ne, nd, ed = -values["mtp"], values["mrt"], -values["mrp"]
    return np.array([[nn, ne, nd], [ne, ee, ed], [nd, ed, dd]])


def scalar_moment(moments: np.ndarray) -> float:
    """sqrt(sum M_ij^2 / 2), in the unit of the tensor (Silver and Jordan 1982)."""
    return float(np.sqrt(0.5 * np.sum(moments**2)))


def double_couple_share(moments: np.ndarray) -> float:
    """How much of a tensor is a double couple, 0 to 1, beside its isotropic and its CLVD part.

    Shares of the largest eigenvalue of the deviatoric part and of the mean one, whose CLVD part is twice the smallest
    over the largest (Knopoff and Randall 1970): an explosion and a CLVD have 0, slip on a plane has 1.
    """
    isotropic = float(np.trace(moments)) / 3
    values = sorted(np.linalg.eigvalsh(moments - isotropic * np.eye(3)), key=abs)
    largest = abs(float(values[2]))
    if largest <= 1e-9 * abs(isotropic):
        return 0.0
    return (1.0 - 2.0 * abs(float(values[0])) / largest) * largest / (largest + abs(isotropic))


def planes_of(moments: np.ndarray) -> tuple[NodalPlane, NodalPlane]:
    """The nodal planes of the best double couple of a tensor in north, east, down; the one that dips less first."""
    _, axes = np.linalg.eigh(moments - np.trace(moments) / 3 * np.eye(3))
    pressure, tension = axes[:, 0], axes[:, 2]
    one, other = (tension + pressure) / np.sqrt(2), (tension - pressure) / np.sqrt(2)
    first, second = sorted((_plane(one, other), _plane(other, one)), key=lambda plane: plane.dip)
    return first, second


def both_planes(plane: NodalPlane) -> tuple[NodalPlane, NodalPlane]:
    """A plane and the auxiliary plane of its double couple, the one that dips less first."""
    normal, slip = _vectors(plane)
    other = _plane(slip, normal)
    return (plane, other) if plane.dip <= other.dip else (other, plane)


def _vectors(plane: NodalPlane) -> tuple[np.ndarray, np.ndarray]:
    """Normal of a plane, upwards, and slip of its hanging wall."""
    strike, dip, rake = np.deg2rad(plane)
    along, up = _directions(strike, dip)
    normal = np.array([-np.sin(dip) * np.sin(strike), np.sin(dip) * np.cos(strike), -np.cos(dip)])
    return normal, np.cos(rake) * along + np.sin(rake) * up


def _directions(strike: float, dip: float) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors along strike and up dip."""
    along = np.array([np.cos(strike), np.sin(strike), 0.0])
    up = np.array([np.cos(dip) * np.sin(strike), -np.cos(dip) * np.cos(strike), -np.sin(dip)])
    return along, up


def _plane(normal: np.ndarray, slip: np.ndarray) -> NodalPlane:
    """The plane of a normal and the slip of its hanging wall, unit vectors of either sign."""
    if normal[2] > 0:
        normal, slip = -normal, -slip
    dip = np.arccos(np.clip(-normal[2], -1.0, 1.0))
    strike = np.arctan2(-normal[0], normal[1])
    along, up = _directions(strike, dip)
    rake = np.arctan2(slip @ up, slip @ along)
    return NodalPlane(float(np.rad2deg(strike) % 360.0), float(np.rad2deg(dip)), float(np.rad2deg(rake)))
