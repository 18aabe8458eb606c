"""What does a chamber do to the ground above it? By ways that the engine does not take.

A point that expands in a half-space is a point in a full space and its image (Mindlin and Cheng 1950, J. Appl. Phys.
21, 926-930). A spherical chamber under pressure is that point, and then what the stress of the image, uniform across
the chamber, makes of a cavity (Eshelby 1957, Proc. R. Soc. A 241, 376-396): this is the order to which McTigue (1987)
goes, found without his series. x, y [m] are level, z [m] is depth.
"""

from math import pi

import numpy as np

from esim.sources.ocean import okada

STEP = 1e-4  # of the depth, of differences
CRACK = 1e-3  # side of a small crack over its depth


def point(position: np.ndarray, depth: float, volume_change: float, poisson: float) -> np.ndarray:
    """Displacement (x, y, down) [m], (3, ...), at positions (3, ...) in the ground, of a point that expands."""
    x, y, z = position
    near = np.stack([x, y, z - depth])
    size = volume_change / (4 * pi)
    return size * near / _cube(near) + image(position, depth, volume_change, poisson)


def image(position: np.ndarray, depth: float, volume_change: float, poisson: float) -> np.ndarray:
    """The part of it that the free surface sends back."""
    x, y, z = position
    far = np.stack([x, y, z + depth])
    cube, level = _cube(far), 3 - 4 * poisson
    distance2 = (far**2).sum(axis=0)
    mirrored = np.stack([level * x, level * y, 2 * z - level * (z + depth)])
    return volume_change / (4 * pi) * (mirrored - 6 * z * (z + depth) * far / distance2) / cube


def strain(
    position: np.ndarray, depth: float, volume_change: float, poisson: float, part: object
) -> np.ndarray:
    """Strain (3, 3) of one of the fields above, `part`, at one position (3,), by central differences."""
    assert callable(part)
    step, gradient = STEP * depth, np.empty((3, 3))
    for k in range(3):
        aside = step * (np.arange(3) == k)
        ends = (part(position + sign * aside, depth, volume_change, poisson) for sign in (1.0, -1.0))
        gradient[:, k] = np.subtract(*ends) / (2 * step)
    return 0.5 * (gradient + gradient.T)


def stress(strains: np.ndarray, poisson: float) -> np.ndarray:
    """Stress over the rigidity (3, 3)."""
    return 2 * strains + 2 * poisson / (1 - 2 * poisson) * np.trace(strains) * np.eye(3)


def cavity_potency(radius: float, strains: np.ndarray, poisson: float) -> np.ndarray:
    """Moment tensor over the rigidity [m3] (3, 3) by which a spherical cavity in a uniform strain differs from rock."""
    mean = np.trace(strains) / 3 * np.eye(3)
    isotropic, shear = (1 + poisson) / (3 * (1 - poisson)), 2 * (4 - 5 * poisson) / (15 * (1 - poisson))
    free = mean / (1 - isotropic) + (strains - mean) / (1 - shear)  # Eshelby's strain free of stress
    return 4 / 3 * pi * radius**3 * stress(free, poisson)


def sphere_potency(depth: float, radius: float, volume_change: float, poisson: float) -> np.ndarray:
    """Moment tensor over the rigidity [m3] (3, 3) of a spherical chamber under pressure below a free surface."""
    first = (2 * poisson / (1 - 2 * poisson) + 2) * volume_change * np.eye(3)
    centre = np.array([0.0, 0.0, depth])
    return first + cavity_potency(radius, strain(centre, depth, volume_change, poisson, image), poisson)


def _cube(vector: np.ndarray) -> np.ndarray:
    return np.asarray((vector**2).sum(axis=0) ** 1.5)


def diagonal(
    east: np.ndarray, north: np.ndarray, depth: float, potency: np.ndarray, poisson: float
) -> np.ndarray:
    """Displacement (east, north, up) [m] of the ground by moments (xx, yy, zz) over the rigidity [m3] at a point.

    Three small cracks across the axes, each of which is Okada's (1985) rectangle: a crack that gains a volume has
    lambda / mu of it on all axes, and 2 more across.
    """
    stiffness = 2 * poisson / (1 - 2 * poisson)
    together = potency.sum() / (3 * stiffness + 2)
    half = 0.5 * CRACK * depth
    total = np.zeros((3, *np.shape(east)))
    for volume, (strike, dip) in zip(
        (potency - stiffness * together) / 2, ((0.0, 90.0), (90.0, 90.0), (0.0, 0.0)), strict=True
    ):
        # The middle of the upper edge is above the point, or beside it where the crack is level.
        top, aside = (depth - half, 0.0) if dip else (depth, half)
        total += okada.displacement(
            east + aside,
            north,
            top,
            2 * half,
            2 * half,
            strike,
            dip,
            0.0,
            0.0,
            volume / (2 * half) ** 2,
            poisson,
        )
    return total
