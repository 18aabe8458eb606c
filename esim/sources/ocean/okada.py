"""How does the ground deform when a buried rectangular fault slips? Okada (1985), BSSA 75(4), 1135-1154.

Uniform slip on a rectangle in a homogeneous elastic half-space, displacement of its flat surface. The closed
form is a signed sum over the four corners (eqs. 24-30, Chinnery's notation). It is written here for speed and
for the singular cases:

- terms that differ only in the corner are summed before they meet slip and dip, so that one pass serves
  strike slip, dip slip and opening;
- 1/(R(R+eta)) = (R-eta)/(R X2) with X2 = xi2 + q2, which turns the difference over eta into (eta G) / X2,
  G = 1/R: nothing is divided by R+eta, which may vanish; likewise for xi;
- the difference of two arctangents over eta is one arctan2, and of logarithms one logarithm.
"""

import numpy as np

Vector = tuple[np.ndarray, np.ndarray, np.ndarray]

# Below this cos(dip) the fault counts as vertical: the general terms lose digits as eps/cos2, the limit is
# wrong by cos.
VERTICAL = 1e-5


def displacement(
    east: np.ndarray,
    north: np.ndarray,
    depth: float,
    length: float,
    width: float,
    strike: float,
    dip: float,
    rake: float,
    slip: float,
    opening: float = 0.0,
    poisson: float = 0.25,
) -> Vector:
    """Displacement (east, north, up) [m] of the surface at points relative to the middle of the top edge.

    east, north [m] broadcast to one shape; depth of the top edge, length, width [m]; strike, dip (0..90) and
    rake [degrees] after Aki and Richards: the fault dips to the right of strike, rake 90 is a thrust; slip,
    opening [m].

    A thrust that dips east lifts the ground above its middle:

    >>> up = displacement(np.array(20e3), np.array(0.0), 5e3, 100e3, 50e3, 0.0, 15.0, 90.0, 1.0)[2]
    >>> round(float(up), 3)
    0.206
    """
    sin_strike, cos_strike = sin_cos(strike)
    sin_dip, cos_dip = sin_cos(dip)
    sin_rake, cos_rake = sin_cos(rake)
    along = east * sin_strike + north * cos_strike + 0.5 * length
    across = north * sin_strike - east * cos_strike + width * cos_dip
    dislocation = (slip * cos_rake, slip * sin_rake, opening)
    ux, uy, uz = rectangle(along, across, depth + width * sin_dip, length, width, dip, dislocation, poisson)
    return ux * sin_strike - uy * cos_strike, ux * cos_strike + uy * sin_strike, uz


def rectangle(
    x: np.ndarray,
    y: np.ndarray,
    depth: float,
    length: float,
    width: float,
    dip: float,
    dislocation: tuple[float, float, float],
    poisson: float = 0.25,
) -> Vector:
    """Displacement (ux, uy, uz) in Okada's frame: x along strike, y to the left of it, z up (his fig. 1).

    The origin lies above the lower corner at which strike starts, depth is that of the lower edge, dip is
    -90..90 degrees and dislocation is (strike slip, dip slip, opening), in the unit of the result.
    """
    if dip < 0:
        return _seen_from_behind(x, y, depth, length, width, dip, dislocation, poisson)
    strike_slip, dip_slip, opening = dislocation
    s, c = sin_cos(dip)
    q = y * s - depth * c
    p = y * c + depth * s
    # A point closer than this to a corner that reaches the surface is moved away: slip is singular there.
    q2 = np.maximum(q * q, (1e-6 * width) ** 2)
    xi = (x, x - length)
    eta = (p, p - width)
    edge_y = (y, y - width * c)
    edge_depth = (depth, depth - width * s)
    xi2 = [a * a for a in xi]
    x2 = [a + q2 for a in xi2]
    y2 = [e * e + q2 for e in eta]
    r = [[np.sqrt(a + b) for b in y2] for a in xi2]
    g = [[1.0 / b for b in a] for a in r]
    eta_g = [[e * b for e, b in zip(eta, a, strict=True)] for a in g]
    q_xi = [q * a for a in xi]

    # z: difference over eta of 1/(R(R+eta)); t: over xi of 1/(R(R+xi)).
    d_eta = [b[1] - b[0] for b in eta_g]
    z = [a / b for a, b in zip(d_eta, x2, strict=True)]
    t = [(xi[1] * g[1][k] - xi[0] * g[0][k]) / y2[k] for k in (0, 1)]
    q_g = q * (g[0][0] - g[0][1] - g[1][0] + g[1][1])
    q2_z = q2 * (z[0] - z[1])
    q_xi_z = q_xi[0] * z[0] - q_xi[1] * z[1]
    q_y_t = q * (edge_y[0] * t[0] - edge_y[1] * t[1])
    q_d_t = q * (edge_depth[0] * t[0] - edge_depth[1] * t[1])
    # Corner sum of arctan(xi eta / (q R)); in the plane of the fault (q = 0) the mean of its two sides, zero.
    angle = [
        np.arctan2(-a * d, q2 + b * e[0] * e[1]) for a, d, b, e in zip(q_xi, d_eta, xi2, eta_g, strict=True)
    ]
    angle_sum = angle[0] - angle[1]
    i1, i2, i3, i4, i5 = _half_space_terms(xi, eta, edge_y, edge_depth, q, x2, r, s, c, 1.0 - 2.0 * poisson)

    # Eqs. 25-27, gathered by term, with y q/(R(R+eta)) + q c/(R+eta) = q c/R + q2 s/(R(R+eta)) in eq. 25.
    strike_slip, dip_slip, opening = (u / (2.0 * np.pi) for u in dislocation)
    level = dip_slip * c - opening * s
    steep = dip_slip * s + opening * c
    ux = -strike_slip * (q_xi_z + angle_sum + s * i1) - dip_slip * q_g + opening * q2_z + (s * level) * i3
    uy = -strike_slip * (c * q_g + s * q2_z + s * i2) - dip_slip * q_y_t - level * angle_sum
    uy += (s * level) * i1 - opening * (q_d_t + s * q_xi_z)
    uz = -strike_slip * (s * q_g - c * q2_z + s * i4) - dip_slip * q_d_t - steep * angle_sum
    uz += (s * level) * i5 + opening * (q_y_t + c * q_xi_z)
    return ux, uy, uz


def sin_cos(degrees: float) -> tuple[float, float]:
    """Sine and cosine of an angle; exact zeros at multiples of 90 degrees."""
    s, c = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    return (0.0 if abs(s) < 1e-15 else float(s)), (0.0 if abs(c) < 1e-15 else float(c))


def _seen_from_behind(
    x: np.ndarray,
    y: np.ndarray,
    depth: float,
    length: float,
    width: float,
    dip: float,
    dislocation: tuple[float, float, float],
    poisson: float,
) -> Vector:
    """A rectangle that dips to the left of strike is one that dips to the right, turned by half a circle."""
    s, c = sin_cos(-dip)
    turned = (-dislocation[0], -dislocation[1], dislocation[2])
    ux, uy, uz = rectangle(length - x, width * c - y, depth + width * s, length, width, -dip, turned, poisson)
    return -ux, -uy, uz


def _half_space_terms(
    xi: tuple,
    eta: tuple,
    edge_y: tuple,
    edge_depth: tuple[float, float],
    q: np.ndarray,
    x2: list,
    r: list,
    s: float,
    c: float,
    alpha: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Corner sums of I1..I5 (eqs. 28 and, for a vertical fault, 29); alpha = mu / (lambda + mu)."""
    f = [[1.0 / (b + d) for b, d in zip(a, edge_depth, strict=True)] for a in r]
    ln_eta = np.log(
        (r[0][0] + eta[0]) * (r[1][1] + eta[1]) / ((r[0][1] + eta[1]) * (r[1][0] + eta[0])),
    )
    xi_f = xi[0] * (f[0][0] - f[0][1]) - xi[1] * (f[1][0] - f[1][1])
    if c < VERTICAL:
        xi_f2 = xi[0] * (f[0][0] ** 2 - f[0][1] ** 2) - xi[1] * (f[1][0] ** 2 - f[1][1] ** 2)
        eta_f = eta[0] * (f[0][0] - f[1][0]) - eta[1] * (f[0][1] - f[1][1])
        y_f2 = edge_y[0] * (f[0][0] ** 2 - f[1][0] ** 2) - edge_y[1] * (f[0][1] ** 2 - f[1][1] ** 2)
        i1 = -0.5 * alpha * q * xi_f2
        i3 = 0.5 * alpha * (eta_f + q * y_f2 - ln_eta)
        i4 = -alpha * q * (f[0][0] - f[0][1] - f[1][0] + f[1][1])
        i5 = -alpha * s * xi_f
    else:
        y_f = edge_y[0] * (f[0][0] - f[1][0]) - edge_y[1] * (f[0][1] - f[1][1])
        ln_depth = np.log(f[0][1] * f[1][0] / (f[0][0] * f[1][1]))
        i5 = (2.0 * alpha / c) * _angle_of_i5(xi, eta, q, x2, r, s, c)
        i4 = (alpha / c) * (ln_depth - s * ln_eta)
        i3 = (alpha / c) * y_f - alpha * ln_eta + (s / c) * i4
        i1 = (-alpha / c) * xi_f - (s / c) * i5
    return i1, -alpha * ln_eta - i3, i3, i4, i5


def _angle_of_i5(xi: tuple, eta: tuple, q: np.ndarray, x2: list, r: list, s: float, c: float) -> np.ndarray:
    """Corner sum of the arctangent in I5 (eq. 28); zero where xi = 0."""
    q_c = q * c
    angle = []
    for a, a2, b in zip(xi, x2, r, strict=True):
        x = np.sqrt(a2)
        base, lean, flat = x * s, x + q_c, a * c
        h = [e / (k + x) for e, k in zip(eta, b, strict=True)]
        sine = flat * lean * (h[0] - h[1])
        cosine = flat * flat + (lean * h[0] + base) * (lean * h[1] + base)
        angle.append(np.arctan2(sine, cosine))
    return angle[0] - angle[1]
