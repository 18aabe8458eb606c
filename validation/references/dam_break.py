"""What does a dam break look like? Closed forms for a dam at x = 0 between still waters on a level bed.

Depths in m, velocities in m/s, times in s, g = 9.81 m/s2 unless given; x is where the water runs to.
"""

import numpy as np

G = 9.81


def ritter(x: np.ndarray, t: float, depth: float, g: float = G) -> tuple[np.ndarray, np.ndarray]:
    """Depth and velocity after the dam broke onto dry ground without friction (Ritter 1892)."""
    c, s = np.sqrt(g * depth), x / t
    h = np.where(s < -c, depth, np.where(s < 2 * c, (2 * c - s) ** 2 / (9 * g), 0.0))
    return h, np.where((s > -c) & (s < 2 * c), 2 / 3 * (c + s), 0.0)


def stoker(x: np.ndarray, t: float, left: float, right: float, g: float = G) -> tuple[np.ndarray, np.ndarray]:
    """Depth and velocity after the dam broke onto still water of depth `right` (Stoker 1957, section 10.8)."""
    h, flow, bore = plateau(left, right, g)
    c, s = np.sqrt(g * left), x / t
    fan = s < flow - np.sqrt(g * h)
    depth = np.where(s < -c, left, np.where(fan, (2 * c - s) ** 2 / (9 * g), np.where(s < bore, h, right)))
    return depth, np.where(s < -c, 0.0, np.where(fan, 2 / 3 * (c + s), np.where(s < bore, flow, 0.0)))


def plateau(left: float, right: float, g: float = G) -> tuple[float, float, float]:
    """Depth and velocity behind the bore, and the velocity of the bore: where its jump meets the fan."""

    def excess(h: float) -> float:
        jump = (h - right) * np.sqrt(g * (h + right) / (2 * h * right))
        return float(2 * (np.sqrt(g * left) - np.sqrt(g * h)) - jump)

    low, high = right, left
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    flow = float(2 * (np.sqrt(g * left) - np.sqrt(g * low)))
    return low, flow, low * flow / (low - right)


def tip(t: float, depth: float, manning: float, g: float = G) -> tuple[float, float, float]:
    """Where the front over rough dry ground is [m], its velocity, and where the tip begins [m].

    As Whitham (1955) and Chanson (2009, J. Hydraul. Res. 47:41): behind, the flow is Ritter's; the tip moves as one
    with velocity U, and its surface slope balances friction: here that of Manning, so h^(7/3) = 7/3 n^2 U^2 (front -
    x). The tip holds the water that Ritter's flow has beyond its beginning, which gives t = 0.3 (c - U/2)^(11/3)
    / (g^(7/3) n^2 U^2).
    """
    c = float(np.sqrt(g * depth))
    low, high = 0.0, 2 * c
    for _ in range(200):
        velocity = (low + high) / 2
        after = 0.3 * (c - velocity / 2) ** (11 / 3) / (g ** (7 / 3) * manning**2 * velocity**2)
        low, high = (low, velocity) if after < t else (velocity, high)
    begin = (1.5 * low - c) * t
    h = (c - low / 2) ** 2 / g
    return begin + 3 / 7 * h ** (7 / 3) / (manning * low) ** 2, low, begin
