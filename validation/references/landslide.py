"""Which waves does a bed make that moves a little? Linear long waves over level ground and on a plane beach.

Both solve eta_tt = g (h eta_x)_x + b_tt from rest, b the height of the moving mass. Over level ground the answer is an
integral along the two characteristics. On a beach of depth h = slope x, with xi = 2 sqrt(x / (g slope)) the equation is
that of a circular membrane, and Bessel functions of order zero make it one of oscillators (the way of Liu, Lynett and
Synolakis 2003, J. Fluid Mech. 478:101, for their sliding mass; here the transform and the integral in time are
numerical, so that any mass will do).
"""

from collections.abc import Callable, Sequence

import numpy as np

G = 9.81  # m/s2
Height = Callable[[np.ndarray, float], np.ndarray]  # x [m], time [s] -> thickness of the mass [m]


def level(height: Height, depth: float, x: np.ndarray, time: float, steps: int = 2000) -> np.ndarray:
    """Surface [m] at places x (n,) [m] over a constant depth [m]."""
    c, short = np.sqrt(G * depth), time / steps
    eta = np.zeros(x.size)
    for n in range(steps):
        middle = (n + 0.5) * short
        for way in (-c, c):
            place = x + way * (time - middle)
            eta += 0.5 * (height(place, middle + short / 2) - height(place, middle - short / 2))
    return eta


def beach(
    height: Height, slope: float, x: np.ndarray, times: Sequence[float], far: float, modes: int = 300
) -> np.ndarray:
    """Surface [m] at places x (n,) > 0 seaward of the shore [m], (len(times), n); nothing has come to `far` [m] yet.

    Times rise and are multiples of half a second.
    """
    from scipy.special import j0, j1, jn_zeros

    reach = 2 * np.sqrt(far / (G * slope))
    zeros = jn_zeros(0, modes)
    frequency = zeros / reach
    nodes = 6 * modes
    xi = (np.arange(nodes) + 0.5) * reach / nodes
    transform = j0(np.outer(frequency, xi)) * xi * (reach / nodes) * (2 / (reach * j1(zeros)) ** 2)[:, None]
    synthesis = j0(np.outer(2 * np.sqrt(x / (G * slope)), frequency))
    place = G * slope * xi**2 / 4
    parts = int(np.ceil(frequency[-1] / 2))  # of half a second, so that cosines are followed
    done, surfaces, before = np.zeros((2, modes)), [], 0.0
    for time in times:
        ends = before + np.arange(round((time - before) * 2 * parts) + 1) / (2 * parts)
        moved = transform @ np.diff(np.stack([height(place, end) for end in ends], axis=1), axis=1)
        angle = np.outer(frequency, 0.5 * (ends[1:] + ends[:-1]))
        done += np.stack([(moved * np.cos(angle)).sum(1), (moved * np.sin(angle)).sum(1)])
        surfaces.append(synthesis @ (np.cos(frequency * time) * done[0] + np.sin(frequency * time) * done[1]))
        before = time
    return np.array(surfaces)
