"""When do the first waves arrive at the surface of a layered medium? Direct and head waves."""

import numpy as np

RAYS = np.geomspace(1e-5, 1e7, 4000)  # tangents of the angles from the vertical in the fastest layer
SHALLOW = 1.0  # m: no source is taken to be shallower


def first_arrival(top: np.ndarray, speed: np.ndarray, depth: float, distance: np.ndarray) -> np.ndarray:
    """Times [s] of the first arrival at epicentral distances [m] from a source at a depth [m] below the surface.

    top holds the depths [m] of the upper faces of the layers, the first of which reaches to the surface, and
    speed theirs [m/s]. Waves that turn within a gradient are those of its layers. Not a number where a layer
    above the source does not transmit the wave (shear waves in water).
    """
    depth = max(depth - min(top[0], 0.0), SHALLOW)
    faces = np.concatenate(([0.0], np.asarray(top[1:]) - min(top[0], 0.0)))
    above = np.diff(np.append(faces, np.inf).clip(max=depth))
    passed = above > 0
    if (speed[passed] <= 0).any():
        return np.full(np.shape(distance), np.nan)
    times = _direct(above[passed], speed[passed], distance)
    for below in range(int(passed.sum()), len(faces)):
        legs = above + 2 * np.diff(np.append(faces, np.inf).clip(depth, faces[below]))
        times = np.fmin(times, _head(legs[:below], speed[:below], speed[below], distance))
    return times


def _direct(thickness: np.ndarray, speed: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """The wave that only goes up, through layers of some thickness [m], by interpolation between rays."""
    slowness = RAYS / np.hypot(1, RAYS) / speed.max()
    # 1 - (p c)^2 loses all digits near grazing in the fastest layer; there it is 1 / (1 + tan^2).
    cosine = np.sqrt(1 - (slowness[:, None] * speed) ** 2)
    cosine[:, speed == speed.max()] = 1 / np.hypot(1, RAYS)[:, None]
    reach = (thickness * slowness[:, None] * speed / cosine).sum(axis=1)
    return np.interp(distance, reach, (thickness / (speed * cosine)).sum(axis=1))


def _head(legs: np.ndarray, speed: np.ndarray, fast: float, distance: np.ndarray) -> np.ndarray:
    """The wave along a faster layer, reached through `legs` [m] of those above; infinite where there is none."""
    if (speed >= fast).any() or (speed <= 0).any():
        return np.full(np.shape(distance), np.inf)
    cosine = np.sqrt(1 - (speed / fast) ** 2)
    nearest = (legs * speed / fast / cosine).sum()
    return np.where(distance >= nearest, distance / fast + (legs * cosine / speed).sum(), np.inf)
