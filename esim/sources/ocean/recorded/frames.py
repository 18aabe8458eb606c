"""Where and when does the seafloor move, and how does its motion come, frame by frame?

A frame is the displacement of the ground, on land and under water, or of the sea surface, at one time. Frames are in a
file of another run, or come from one that computes at the same time.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from esim.grids.projection import Projection

At = Literal["bed", "sea_surface"]
ROUNDED = 9  # decimals of times [s], so that they are the same however they were found


@dataclass(frozen=True, eq=False)
class MotionGeometry:
    """Cell centres x (nx,), y (ny,) [m], and the times of frames: the first at `begin`, then one `every` [s].

    projection is that of the plane of x and y; None where it has no place on the Earth and is that of the ocean's grid.
    """

    x: np.ndarray
    y: np.ndarray
    projection: Projection | None
    every: float
    begin: float

    def __post_init__(self) -> None:
        for name in ("every", "begin"):
            object.__setattr__(self, name, round(float(getattr(self, name)), ROUNDED))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells (ny, nx)."""
        return self.y.size, self.x.size

    def time(self, k: int) -> float:
        """Time [s] of frame k; nothing has moved before that of frame -1."""
        return self.begin + k * self.every


class Frames(Protocol):
    """The frames of a motion: displacements [m], float32, x and y along the axes of the plane, z up."""

    def frame(self, k: int) -> np.ndarray | None:
        """Frame k, (3, ny, nx) for x, y, z or (1, ny, nx) for z alone; None where there is no such frame any more.

        Frames are asked for in rising order, each when it is needed, and on the first rank only; the call returns when
        the frame is there. A run that is resumed begins in the middle.
        """

    def last(self) -> tuple[int, np.ndarray]:
        """The number of the last frame and itself, once it is known."""


class StillFrames:
    """The frames of a bed that stays where it is, of a shape as `Frames` has them."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._frame = np.zeros(shape, np.float32)

    def frame(self, k: int) -> np.ndarray | None:
        """The first two frames."""
        return self._frame if k < 2 else None

    def last(self) -> tuple[int, np.ndarray]:
        """The second one."""
        return 1, self._frame


def oriented(record: np.ndarray, at: At) -> np.ndarray:
    """The frame of a record ux, uy, uz, sea_uz (3 or 4, ny, nx), z down, as `Frames` has it, z up."""
    if at == "bed":
        return np.stack([record[0], record[1], -record[2]])
    # The surface of the sea goes on in the ground of the coast, or it would fall to zero beside it.
    return -np.where(np.isnan(record[3]), record[2], record[3])[None]
