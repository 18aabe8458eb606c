"""How does the ground deform when a buried triangle slips? Nikkhoo and Walter (2015), GJI 201(2), 1119-1141.

Uniform slip on a triangle in a homogeneous elastic half-space, displacement of its flat surface, by the package cutde.
"""

import os

import numpy as np

from esim.distribution import install
from esim.errors import InputError

Vector = tuple[np.ndarray, np.ndarray, np.ndarray]

ASIDE = np.array([0.37, 0.61, 0.0])  # m, by which a point on an edge is moved, where the displacement jumps


def require_cutde(name: str) -> None:
    """Raises InputError, naming the source that needs it, where cutde is not installed."""
    try:
        import cutde  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"source {name}: triangles need cutde, which is not there: {install('triangles')}"
        ) from error


def displacement(
    east: np.ndarray,
    north: np.ndarray,
    corners: np.ndarray,
    rake: float,
    slip: float,
    opening: float = 0.0,
    poisson: float = 0.25,
) -> Vector:
    """Displacement (east, north, up) [m] of the surface at points, in the shape of east and north [m].

    corners (3, 3): east, north, up [m], counterclockwise from above; rake [degrees] from the strike, along which the
    triangle dips to the right; slip, opening [m]. The value of a point does not depend on the others.
    """
    # The same bits wherever it runs: not on a GPU that happens to be there.
    os.environ.setdefault("CUTDE_USE_BACKEND", "cpp")
    from cutde import halfspace

    points = np.stack([east.ravel(), north.ravel(), np.zeros(east.size)], axis=1)
    angle = np.deg2rad(rake)
    dislocation = np.array([[slip * np.cos(angle), slip * np.sin(angle), opening]])
    moved = halfspace.disp_free(points, corners[None], dislocation, poisson)
    if (edge := ~np.isfinite(moved).all(axis=1)).any():
        moved[edge] = halfspace.disp_free(points[edge] + ASIDE, corners[None], dislocation, poisson)
    ux, uy, uz = np.ascontiguousarray(moved.T).reshape(3, *east.shape)
    return ux, uy, uz
