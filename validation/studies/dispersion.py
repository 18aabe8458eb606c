"""Two ways to frequency dispersion on one line of cells, compared: which of them belongs into the ocean engine?

A, hyperbolic: the Serre-Green-Naghdi equations with a relaxed depth (Favrie & Gavrilyuk 2017, Nonlinearity 30:2718):
(h, hu, hk, hw) with d(hk) + (hku)_x = hw, d(hw) + (hwu)_x = lam (1 - k/h), pressure g h^2/2 + lam/3 k (1 - k/h).
Local and explicit; lam = strength * g * depth makes it as dispersive as the original equations for large strengths,
at a signal speed of sqrt(gh + lam/3).

B, elliptic: the non-hydrostatic pressure of the same equations from one scalar, positive definite problem a step, with
the factor alpha that improves the dispersion relation (Bonneton et al. 2011, J. Comput. Phys. 230:1479):
3 P/h^3 - alpha (P_x/h)_x = g eta_xx + 2 u_x^2, acceleration -P_x/h, solved as in drivers.dispersion.

Both sit on the same finite volumes (central slopes, Rusanov flux, Heun's method), flat bottom, periodic.
Run as `python -m esim.validation.studies.dispersion`; it prints the tables of validation/results/dispersion.md.
"""

import math
import time
from collections.abc import Callable

import numpy as np

from esim.ocean.forcing.dispersion import relaxation_weights

G = 9.81
DEPTH = 1.0
Step = Callable[[np.ndarray, float], np.ndarray]
Rate = Callable[[np.ndarray], np.ndarray]


def flux_balance(q: np.ndarray, dx: float, flux: Rate, fastest: float, still: np.ndarray) -> np.ndarray:
    """Rates of the cells q (n, nx) from central slopes and a Rusanov flux whose dissipation sees q - still."""
    slope = 0.25 * (np.roll(q, -1, 1) - np.roll(q, 1, 1))
    right, left = q - slope, np.roll(q + slope, 1, 1)
    face = 0.5 * (flux(left) + flux(right) - fastest * ((right - still) - (left - still)))
    return (face - np.roll(face, -1, 1)) / dx


def heun(q: np.ndarray, dt: float, rate: Rate) -> np.ndarray:
    """One step of Heun's method."""
    first = q + dt * rate(q)
    return 0.5 * (q + first + dt * rate(first))


def water_flux(q: np.ndarray) -> np.ndarray:
    """Fluxes of depth and momentum in shallow water."""
    u = q[1] / q[0]
    return np.stack([q[1], q[1] * u + 0.5 * G * q[0] ** 2])


class Shallow:
    """Plain shallow water: what both are measured against."""

    def __init__(self, dx: float) -> None:
        self.dx = dx
        self.fastest = math.sqrt(G * DEPTH)

    def start(self, eta: np.ndarray, u: np.ndarray) -> np.ndarray:
        """State from surface [m] and velocity [m/s]."""
        return np.stack([DEPTH + eta, (DEPTH + eta) * u])

    def rate(self, q: np.ndarray) -> np.ndarray:
        """Rate of the state."""
        speed = np.abs(q[1] / q[0]).max() + math.sqrt(G * q[0].max())
        return flux_balance(q, self.dx, water_flux, speed, np.array([[DEPTH], [0]]))

    def step(self, q: np.ndarray, dt: float) -> np.ndarray:
        """One step of dt [s]."""
        return heun(q, dt, self.rate)


class Hyperbolic(Shallow):
    """A: relaxed depth k and its rate w beside the water; the exact turn of (k, w) around either half step."""

    def __init__(self, dx: float, strength: float) -> None:
        super().__init__(dx)
        self.lam = strength * G * DEPTH
        self.fastest = math.sqrt(G * DEPTH + self.lam / 3)

    def start(self, eta: np.ndarray, u: np.ndarray) -> np.ndarray:
        """State whose relaxed depth follows the real one."""
        h = DEPTH + eta
        w = -h * (np.roll(u, -1) - np.roll(u, 1)) / (2 * self.dx)
        return np.stack([h, h * u, h * h, h * w])

    def flux(self, q: np.ndarray) -> np.ndarray:
        """Fluxes of all four."""
        h, u, k = q[0], q[1] / q[0], q[2] / q[0]
        pressure = 0.5 * G * h * h + self.lam / 3 * k * (1 - k / h)
        return np.stack([q[1], q[1] * u + pressure, q[2] * u, q[3] * u])

    def rate(self, q: np.ndarray) -> np.ndarray:
        """Rate by the fluxes alone."""
        speed = np.abs(q[1] / q[0]).max() + math.sqrt(G * q[0].max() + self.lam / 3)
        return flux_balance(q, self.dx, self.flux, speed, np.array([[DEPTH], [0], [DEPTH**2], [0]]))

    def turn(self, q: np.ndarray, dt: float) -> np.ndarray:
        """The oscillation of k around h, exactly: d2k = lam/h^2 (h - k)."""
        h, off, w = q[0], q[2] / q[0] - q[0], q[3] / q[0]
        often = math.sqrt(self.lam) / h
        c, s = np.cos(often * dt), np.sin(often * dt)
        return np.stack([h, q[1], h * (h + off * c + w / often * s), h * (w * c - off * often * s)])

    def step(self, q: np.ndarray, dt: float) -> np.ndarray:
        """Half a turn, the fluxes, half a turn (Strang 1968)."""
        return self.turn(heun(self.turn(q, dt / 2), dt, self.rate), dt / 2)


class Elliptic(Shallow):
    """B: pressure P solved once a step, on the new state; the acceleration it gives enters by the trapezoidal rule."""

    def __init__(self, dx: float, alpha: float, tolerance: float = 0.1) -> None:
        super().__init__(dx)
        self.alpha = alpha
        coupling = 4 * alpha / 3 * (DEPTH / dx) ** 2
        self.weights = relaxation_weights(coupling / (1 + coupling), tolerance)
        self.pressure = self.before = np.zeros(0)
        self.acceleration = np.zeros(0)

    def solve(self, q: np.ndarray, repeats: int = 1) -> np.ndarray:
        """Acceleration [m/s2] of the state; begins from what the last two pressures let expect."""
        h, u = q[0], q[1] / q[0]
        tilt = (np.roll(h, -1) - np.roll(h, 1)) / 2
        bend = (np.roll(tilt, -1) - np.roll(tilt, 1)) / 2
        u_x = (np.roll(u, -1) - np.roll(u, 1)) / (2 * self.dx)
        load = G * bend / self.dx**2 + 2 * u_x * u_x
        east = self.alpha / self.dx**2 / np.sqrt(h * np.roll(h, -1))
        west = np.roll(east, 1)
        diagonal = 3 / h**3 + east + west
        red = np.arange(h.size) % 2 == 0
        p = 2 * self.pressure - self.before
        for pair in self.weights * repeats:
            for cells, weight in zip((red, ~red), pair, strict=True):
                asked = (load + east * np.roll(p, -1) + west * np.roll(p, 1)) / diagonal
                p = np.where(cells, p + weight * (asked - p), p)
        self.before, self.pressure = self.pressure, p
        return -(np.roll(p, -1) - np.roll(p, 1)) / (2 * self.dx) / h

    def step(self, q: np.ndarray, dt: float) -> np.ndarray:
        """The water with the old acceleration, then the half of what the acceleration has changed."""
        if not self.acceleration.size:
            self.pressure = self.before = np.zeros(q.shape[1])
            self.acceleration = self.solve(q, repeats=5)
            self.before = self.pressure
        acceleration = self.acceleration

        def rate(state: np.ndarray) -> np.ndarray:
            return self.rate(state) + np.stack([np.zeros_like(acceleration), state[0] * acceleration])

        q = heun(q, dt, rate)
        self.acceleration = self.solve(q)
        q[1] += 0.5 * dt * q[0] * (self.acceleration - acceleration)
        return q


def phase_error(make: Callable[[float], Shallow], kh: float, cells: int, periods: float = 2.0) -> float:
    """Relative error of the frequency of a small standing wave against omega^2 = g k tanh(kh)."""
    length = 2 * math.pi * DEPTH / kh
    dx = length / cells
    model = make(dx)
    x = (np.arange(cells) + 0.5) * dx
    mode = np.cos(2 * math.pi * x / length)
    exact = math.sqrt(G * kh / DEPTH * math.tanh(kh))
    q = model.start(1e-5 * mode, np.zeros(cells))
    dt = 0.45 * dx / model.fastest
    steps = math.ceil(periods * 2 * math.pi / exact / dt)
    found = np.empty(steps + 1)
    found[0] = 1e-5
    for n in range(steps):
        q = model.step(q, dt)
        found[n + 1] = 2 * np.mean((q[0] - DEPTH) * mode)
    turns = np.flatnonzero(found[:-1] * found[1:] < 0)
    crossing = dt * (turns + found[turns] / (found[turns] - found[turns + 1]))
    return float(math.pi / np.mean(np.diff(crossing)) / exact - 1)


def solitary(model: Shallow, height: float, length: float, cells: int, travel: float) -> tuple[float, float]:
    """(height kept, place gained) of a solitary wave of the original equations after `travel` depths of way.

    Heights are relative to the first one, the place [depths] is that of the crest against the exact speed.
    """
    dx = length / cells
    speed = math.sqrt(G * (DEPTH + height))
    wide = math.sqrt(3 * height / (4 * DEPTH**2 * (DEPTH + height)))
    x = (np.arange(cells) + 0.5) * dx
    eta = height / np.cosh(wide * (x - length / 2)) ** 2
    q = model.start(eta, speed * eta / (DEPTH + eta))
    duration = travel * DEPTH / speed
    dt = 0.45 * dx / (model.fastest * math.sqrt(1 + height) + speed * height)
    steps = math.ceil(duration / dt)
    dt = duration / steps
    for _ in range(steps):
        q = model.step(q, dt)
    eta = q[0] - DEPTH
    n = int(eta.argmax())
    left, top, right = eta[n - 1], eta[n], eta[(n + 1) % cells]
    part = 0.5 * (left - right) / (left - 2 * top + right)
    place = x[n] + part * dx - length / 2 - travel * DEPTH
    place = (place + length / 2) % length - length / 2
    return (top - 0.25 * (left - right) * part) / height, place


def cost(model: Shallow, cells: int = 2000, steps: int = 400) -> float:
    """Seconds per cell and second of simulated time of a small wave, of the fastest step, in NumPy."""
    x = (np.arange(cells) + 0.5) * model.dx
    q = model.start(1e-3 * np.cos(2 * math.pi * x / (cells * model.dx)), np.zeros(cells))
    dt = 0.45 * model.dx / model.fastest
    shortest = math.inf
    for _ in range(steps):
        begun = time.perf_counter()
        q = model.step(q, dt)
        shortest = min(shortest, time.perf_counter() - begun)
    return shortest / (cells * dt)


def growth(roughness: float, fine: float, alpha: float, means: bool, cells: int = 60) -> float:
    """Largest growth rate, times dx over the celerity in the deepest cell, of linear waves in B over random ground.

    Depths have logarithms of this standard deviation, their median is `fine` cells. means takes the load's slopes as
    means of two, else they are those across the faces. Nothing is dissipated.
    """
    depth = np.exp(roughness * np.random.default_rng(0).standard_normal(cells))
    depth *= fine / np.median(depth)
    one = np.eye(cells)
    ahead, behind = np.roll(one, 1, axis=1), np.roll(one, -1, axis=1)
    gradient, mean, back = ahead - one, 0.5 * (one + ahead), 0.5 * (one + behind)
    face = np.sqrt(depth * np.roll(depth, -1))
    spread = (one - behind) @ np.diag(face**1.5)
    solve = np.linalg.inv(3 * one + alpha * spread @ np.diag(1 / face) @ spread.T)
    slopes = mean @ back @ gradient if means else gradient
    acceleration = back @ np.diag(1 / face) @ spread.T @ solve @ spread @ slopes
    zero = np.zeros((cells, cells))
    whole = np.block(
        [[zero, (behind - one) @ np.diag(face) @ mean], [G * (acceleration - back @ gradient), zero]]
    )
    return float(np.linalg.eigvals(whole).real.max() / math.sqrt(G * depth.max()))


def main() -> None:
    """Print the tables."""
    makers: dict[str, Callable[[float], Shallow]] = {
        "A, lam = 10 gh": lambda dx: Hyperbolic(dx, 10),
        "A, lam = 30 gh": lambda dx: Hyperbolic(dx, 30),
        "A, lam = 100 gh": lambda dx: Hyperbolic(dx, 100),
        "B, alpha = 1": lambda dx: Elliptic(dx, 1.0),
        "B, alpha = 1.159": lambda dx: Elliptic(dx, 1.159),
    }
    waves = (0.1, 0.5, 1.0, 2.0, 3.0, 5.0)
    for cells in (20, 40):
        print(f"\nphase error [%], {cells} cells per wavelength; kh = {waves}")
        for name, make in makers.items():
            print(f"{name:28s}", *(f"{100 * phase_error(make, kh, cells):8.2f}" for kh in waves))
    print("\nsolitary wave H = 0.2 d over 100 d: height kept, place gained [d]; dx = d/5 and d/10")
    for name, make in makers.items():
        found = [solitary(make(60.0 / n), 0.2, 60.0, n, 100.0) for n in (300, 600)]
        print(f"{name:28s}", *(f"{a:8.4f} {b:8.3f}" for a, b in found))
    for share in (0.5, 5.0):
        plain = cost(Shallow(DEPTH / share))
        print(f"\ncost of a simulated second over that of shallow water, dx = d / {share:g}")
        for name, make in makers.items():
            print(f"{name:28s} {cost(make(DEPTH / share)) / plain:8.2f}")
    print("\ngrowth rates of B over random ground, slopes of the load across faces and as means")
    for roughness in (0.0, 0.3, 1.0, 2.0):
        for fine in (1.0, 5.0):
            rates = [growth(roughness, fine, 1.159, means) for means in (False, True)]
            print(f"roughness {roughness:g}, depth {fine:g} dx:", *(f"{rate:10.1e}" for rate in rates))


if __name__ == "__main__":
    main()
