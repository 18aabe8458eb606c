"""Which differences, and which steps in time? Answered by exact symbols over uniform depth.

A plane wave of angle theta_x, theta_y a cell has the frequency c sqrt(kx^2 + ky^2). On a collocated grid a difference d
sees k = 2 (d1 sin theta + d2 sin 2 theta + d3 sin 3 theta) / dx, and nested stages multiply the wave by a polynomial of
i k c dt. On a staggered grid k = 2 (9/8 sin(theta / 2) - 1/24 sin(3 theta / 2)) / dx, and kicks and drifts, which are
shears, turn the wave by the angle whose cosine is half the trace of their product. Run as `python -m
esim.validation.studies.deep_ocean_steps`; it prints the table of validation/results/deep_ocean.md.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial

CELLS = np.array([12, 16, 24])
LOSS = np.array([0.3, 0.1, 0.02]) / 100  # a wavelength
LAG = np.array([0.3, 0.1, 0.03]) / 100
LEAST = 0.3  # of c dt/dx that has to do
FOURTH, SIXTH = (8 / 12, -1 / 12, 0.0), (45 / 60, -9 / 60, 1 / 60)  # central differences
TAYLOR = (1.0, 1 / 2, 1 / 3, 1 / 4)
FIVE = (1.0, 0.5, 0.33, 8 / 33, 0.1575)
# Products of the first three and four differ by an eighth: no loss of the fourth order of the time step.
FOUR = (1.0, 0.5, 0.3257, (0.16285 - 0.125) / 0.16285)
FIVE_SIXTH = (1.0, 0.5, 0.3318, (0.1659 - 0.125) / 0.1659, 0.0065 / 0.0409)
EQUAL = ((1 / 6, 1 / 3, 1 / 3, 1 / 6), (1 / 3, 1 / 3, 1 / 3))
CHOSEN = ((0.66, -0.16, -0.16, 0.66), (-0.19, 1.38, -0.19))
TRAVEL = 130.0  # cells
LEAPFROG_COURANT = 0.5
ROUNDING, SIGMAS = 1e-9, (1.5, 2, 3, 4, 6)

Factor = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


class Step(NamedTuple):
    """A step: how many differences it takes, and what it multiplies a wave by, of angles and c dt/dx."""

    name: str
    differences: int
    factor: Factor


def central(theta: np.ndarray, d: Sequence[float]) -> np.ndarray:
    """Wavenumber times dx that a central difference sees."""
    return 2 * (d[0] * np.sin(theta) + d[1] * np.sin(2 * theta) + d[2] * np.sin(3 * theta))


def staggered(theta: np.ndarray) -> np.ndarray:
    """The same on a staggered grid."""
    return 2 * (9 / 8 * np.sin(theta / 2) - np.sin(1.5 * theta) / 24)


def stages(coefficients: Sequence[float], d: Sequence[float]) -> Factor:
    """What nested stages multiply a wave by."""

    def factor(x: np.ndarray, y: np.ndarray, c: float) -> np.ndarray:
        z, p = c * np.hypot(central(x, d), central(y, d)), np.ones_like(x, dtype=complex)
        for a in reversed(coefficients):
            p = 1 + 1j * a * z * p
        return p

    return factor


def half_trace(kicks: Sequence[float], drifts: Sequence[float]) -> Polynomial:
    """Half the trace of a step of kicks and drifts, a polynomial of the square of omega dt."""
    one, nothing, x = Polynomial([1.0]), Polynomial([0.0]), Polynomial([0.0, 1.0])
    rows = [[one, nothing], [kicks[0] * x, one]]
    for d, k in zip(drifts, kicks[1:], strict=True):
        surface = [rows[0][n] - d * rows[1][n] for n in range(2)]
        rows = [surface, [rows[1][n] + k * x * surface[n] for n in range(2)]]
    return (rows[0][0] + rows[1][1]) / 2


def shears(kicks: Sequence[float], drifts: Sequence[float]) -> Factor:
    """What kicks and drifts multiply a wave by; larger than one where it grows."""
    trace = half_trace(kicks, drifts)

    def factor(x: np.ndarray, y: np.ndarray, c: float) -> np.ndarray:
        cosine = trace((c * np.hypot(staggered(x), staggered(y))) ** 2).astype(complex)
        one = cosine + 1j * np.sqrt(1 - cosine**2)
        return np.where(np.abs(one) < 1 - ROUNDING, 1 / one, one)  # of the two factors the one that grows

    return factor


CANDIDATES = (
    Step("collocated: Taylor, 4 stages, fourth order", 16, stages(TAYLOR, FOURTH)),
    Step("free, 4 stages, fourth order", 16, stages(FOUR, FOURTH)),
    Step("free, 5 stages, fourth order", 20, stages(FIVE, FOURTH)),
    Step("Taylor, 4 stages, sixth order", 16, stages(TAYLOR, SIXTH)),
    Step("free, 5 stages, sixth order", 20, stages(FIVE_SIXTH, SIXTH)),
    Step("staggered, fourth order: 3 equal kicks and drifts", 14, shears(*EQUAL)),
    Step("3 free ones", 14, shears(*CHOSEN)),
)


def failure(c: float, step: Step) -> float:
    """Largest loss or phase error at a Courant number, as a multiple of what is allowed; infinite where it grows."""
    theta = np.linspace(0, np.pi, 401)
    x, y = np.meshgrid(theta, theta)
    if np.abs(step.factor(x, y, c)).max() > 1 + ROUNDING:
        return np.inf
    worst = 0.0
    for diagonal in (0, 1):
        part = 2 * np.pi / CELLS / np.sqrt(1 + diagonal)
        p, turn = step.factor(part, diagonal * part, c), c * 2 * np.pi / CELLS
        loss, lag = 1 - np.abs(p) ** (2 * np.pi / turn), np.angle(p) / turn - 1
        worst = max(worst, float((np.abs(loss) / LOSS).max()), float((np.abs(lag) / LAG).max()))
    return worst


def bound(step: Step) -> float:
    """Largest c dt/dx up to which everything allowed holds, from LEAST on."""
    good = 0.0
    for c in np.arange(LEAST, 3, 0.01):
        if failure(float(c), step) > 1:
            break
        good = float(c)
    return good


class Humps:
    """Gaussian humps of water at rest that spread over TRAVEL cells: relative error, by their spectrum."""

    def __init__(self, sigma: float) -> None:
        """sigma [cells]."""
        theta = np.linspace(0, min(np.pi, 3.5 / sigma), 120)
        self.x, self.y = np.meshgrid(theta, theta)
        self.k = np.hypot(self.x, self.y)
        self.weight = np.exp(-((self.k * sigma) ** 2))

    def error(self, swing: np.ndarray) -> float:
        """Relative L2 error, swing being what each wave is multiplied by."""
        exact = np.cos(self.k * TRAVEL)
        return float(np.sqrt((self.weight * (swing - exact) ** 2).sum() / (self.weight * exact**2).sum()))

    def of(self, step: Step, c: float) -> float:
        """Error of a step."""
        p, steps = step.factor(self.x, self.y, c), TRAVEL / c
        return self.error(np.abs(p) ** steps * np.cos(np.angle(p) * steps))

    def leapfrog(self, finer: float) -> float:
        """Error of a staggered leapfrog on a grid that is so many times finer."""
        seen = 2 * np.hypot(np.sin(self.x / 2 / finer), np.sin(self.y / 2 / finer))
        turn = 2 * np.arcsin(LEAPFROG_COURANT * seen / 2) / LEAPFROG_COURANT * finer
        return self.error(np.cos(turn * TRAVEL))

    def finer(self, error: float) -> float:
        """How many times finer a leapfrog's grid has to be for an error."""
        tries = np.geomspace(1, 12, 100)
        errors = np.array([self.leapfrog(float(r)) for r in tries])
        return float(tries[np.argmax(errors <= error)])


def main() -> None:
    """Print the table."""
    print("| step | bound on c dt/dx | a difference | worst of the limits, at 0.3 and the bound | finer |")
    print("|---|---|---|---|---|")
    humps = [Humps(sigma) for sigma in SIGMAS]
    for step in CANDIDATES:
        c = bound(step)
        if c:
            finer = ", ".join(f"{hump.finer(hump.of(step, c)):.2f}" for hump in humps)
            worst = f"{failure(LEAST, step):.2f}, {failure(c, step):.2f}"
            print(f"| {step.name} | {c:.2f} | {c / step.differences:.3f} | {worst} | {finer} |")


if __name__ == "__main__":
    main()
