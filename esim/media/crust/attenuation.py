"""How do waves lose energy? Relaxation mechanisms fitted to a Q that is the same over a band of frequencies.

The complex modulus is M(w) = M_u (1 - sum_l Y_l w_l / (w_l + i w)): the unrelaxed modulus M_u acts on the fastest
change, each mechanism lowers it by the anelastic coefficient Y_l for changes that are slow against w_l (Emmerich and
Korn 1987). In time, with the strain rate e, one memory variable per mechanism:

    d(zeta_l)/dt + w_l zeta_l = w_l e        d(stress)/dt = M_u (e - sum_l Y_l zeta_l)

and in steps, zeta being known where stress is and e in the middle between (`recursion`):

    zeta_l(n+1/2) = A_l zeta_l(n-1/2) + B_l e(n)    A_l = (2 - w_l dt) / (2 + w_l dt)    B_l = 2 w_l dt / (2 + w_l dt)
    stress(n+1/2) = stress(n-1/2) + dt M_u (e(n) - sum_l Y_l (zeta_l(n-1/2) + zeta_l(n+1/2)) / 2)

Two forms. Conventional: every cell has all mechanisms. Coarse-grained (Day and Bradley 2001): eight, of which
a cell has one, the next cell the next, with eight times the coefficient. Waves, much longer than two cells, see an
average of the eight moduli, to which the coefficients are fitted. Which one depends on the strain and on which
neighbours have which modulus: for weak contrasts it is mean(M) - c var(M) / mean(M). The harmonic average (Graves and
Day 2003), c = 1, is that of layers across the way; strain that neighbours must share has c = 0. With ARRANGEMENT c is
0.45 for S in all directions, within a few hundredths, hence an average of order 0.1, near the geometric one (c = 0.5).
It holds the better the closer the eight moduli are: below Q = 20 prefer the conventional form.
"""

from dataclasses import dataclass

import numpy as np

from esim.errors import InputError

COARSE = 8  # mechanisms of the coarse-grained form: a block of 2 x 2 x 2 cells
TOLERANCE = 0.05  # of Q: how far a fit may be off anywhere in the band
# Mechanism of a cell with k, j, i even (0) or odd (1). Each layer has slow and fast ones alike (equal sums of l and of
# l^2, as in the sequence of Thue and Morse), because layers below a free surface stand for unequal parts of a cell:
# there slow ones would weigh more than fast ones, or less. Of all arrangements with that it is the one in which moments
# near the surface and strain there change places best (`tests/crust/test_free_surface.py`), among those in which S
# waves differ little between directions: their Q by 1.5 % (of 50), by 10 % where layers have slow or fast ones only.
ARRANGEMENT = np.array([[[0, 6], [5, 3]], [[1, 7], [4, 2]]])
ORDER = 0.1  # of the average of the eight moduli that waves see: (mean of M^ORDER)^(1/ORDER)
REACH = 0.3  # the eight frequencies go on beyond the band by 1/REACH: smallest errors, evenest coefficients
SAMPLES = 60  # frequencies of the band that are fitted
STIFFNESS = 0.01  # of the fit of eight, against changing the coefficients
Q_VALUES = 1e4 * 0.9 ** np.arange(91)  # at which coefficients are tabulated, downwards until the fit fails


@dataclass(frozen=True)
class Mechanisms:
    """Relaxation mechanisms for a constant Q over `band` (lowest and highest frequency [Hz]).

    omega (L,): relaxation frequencies w_l [rad/s], rising. Anelastic coefficients Y_l are tabulated: `table` (N, L)
    holds them for each of `inverse_q` (N,), rising from 0 to the largest 1/Q that the mechanisms can make. With
    `coarse` a cell has one mechanism, and the table holds that of the average; the cell's own is 8 Y_l (see
    `cell_coefficients`).
    """

    omega: np.ndarray
    inverse_q: np.ndarray
    table: np.ndarray
    band: tuple[float, float]
    coarse: bool

    @property
    def lowest_q(self) -> float:
        """The smallest Q that is kept within 5 % over the band with all relaxed moduli positive."""
        return float(1.0 / self.inverse_q[-1])

    @property
    def slope(self) -> np.ndarray:
        """Coefficients (L,) per unit of 1/Q in the limit of large Q: Y_l = slope_l / Q."""
        return self.table[1] / self.inverse_q[1]

    def check(self, q: np.ndarray, what: str = "Q") -> None:
        """Raises InputError if a Q [-] of the array is lower than the mechanisms can make; `what` names it."""
        lowest = float(np.min(q, initial=np.inf))
        if not lowest >= self.lowest_q * (1.0 - 1e-9):
            form = "coarse-grained" if self.coarse else "conventional"
            hint = "try the conventional form or a narrower band" if self.coarse else "narrow the band"
            raise InputError(
                f"{what} = {lowest:g} is too low for {form} attenuation over {self.band[0]:g}..{self.band[1]:g} Hz,"
                f" which allows {what} >= {self.lowest_q:.3g}; {hint}"
            )

    def coefficients(self, inverse_q: np.ndarray | float) -> np.ndarray:
        """Y_l (L, ...) for any array of 1/Q (0: elastic)."""
        x = np.asarray(inverse_q, dtype=float)
        return np.stack([np.interp(x, self.inverse_q, column) for column in self.table.T])

    def cell_coefficients(self, inverse_q: np.ndarray, first: tuple[int, int, int] = (0, 0, 0)) -> np.ndarray:
        """What each cell of (nz, ny, nx) has of its one coarse-grained mechanism: 8 Y_l, l from its parity.

        `first` is the index (k, j, i) of the array's first cell in the whole grid.
        """
        which = mechanism_of(inverse_q.shape, first)
        result = np.empty(inverse_q.shape)
        for l in range(COARSE):
            here = which == l
            result[here] = COARSE * np.interp(inverse_q[here], self.inverse_q, self.table[:, l])
        return result

    def modulus(self, frequency: np.ndarray, inverse_q: float) -> np.ndarray:
        """Complex M(w) / M_u at frequencies [Hz] (any shape, may be complex) for one 1/Q, with exp(+i w t)."""
        return _modulus(
            _response(self.omega, np.asarray(frequency)), self.coefficients(inverse_q), self.coarse
        )

    def quality(self, frequency: np.ndarray, inverse_q: float) -> np.ndarray:
        """Effective Q at frequencies [Hz]: real over imaginary part of the modulus."""
        m = self.modulus(frequency, inverse_q)
        return m.real / m.imag

    def error(self, q: float) -> float:
        """Largest relative difference over the band between `q` and the effective Q."""
        return float(np.max(np.abs(self.quality(_samples(self.band, 5 * SAMPLES), 1.0 / q) / q - 1.0)))

    def unrelaxed(self, modulus: np.ndarray, inverse_q: np.ndarray, frequency: float) -> np.ndarray:
        """M_u, in the unit of `modulus`, with which waves of `frequency` [Hz] are as fast as `modulus` says.

        Their phase velocity is then sqrt(modulus / density). Outside the band, where the mechanisms have another Q,
        the modulus is carried to its edge by the law of constant Q, (f / frequency)^(2 atan(1/Q) / pi) (Kjartansson
        1979, eqs. 25 and 30).
        """
        within = min(max(frequency, self.band[0]), self.band[1])
        carried = modulus * (within / frequency) ** (2 / np.pi * np.arctan(inverse_q))
        return carried * np.interp(inverse_q, self.inverse_q, self._stiffening(within))

    def phase_velocity(
        self, frequency: np.ndarray, velocity: float, inverse_q: float, reference: float
    ) -> np.ndarray:
        """Phase velocity [m/s] at frequencies [Hz] of waves that have `velocity` at frequency `reference`."""
        slowness = np.real(self.modulus(np.append(frequency, reference), inverse_q) ** -0.5)
        return velocity * slowness[-1] / slowness[:-1]

    def recursion(self, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """A and B, each (L,), of zeta(new) = A zeta(old) + B strain rate, for a step dt [s]."""
        x = self.omega * dt
        return (2.0 - x) / (2.0 + x), 2.0 * x / (2.0 + x)

    def _stiffening(self, frequency: float) -> np.ndarray:
        """M_u / M of the reference frequency for each tabulated 1/Q."""
        response = _response(self.omega, np.asarray(frequency))
        return np.array([np.real(_modulus(response, y, self.coarse) ** -0.5) ** 2 for y in self.table])


def coarse_grained(band: tuple[float, float]) -> Mechanisms:
    """Eight mechanisms, one per cell, for a constant Q over a band [Hz]; raises InputError for an empty band."""
    low, high = _checked(band)
    omega = 2.0 * np.pi * np.geomspace(low * REACH, high / REACH, COARSE)
    return _tabulated(omega, (low, high), coarse=True)


def conventional(band: tuple[float, float], mechanisms: int = 3) -> Mechanisms:
    """`mechanisms` (2 or more) in every cell for a constant Q over a band [Hz]; InputError for an empty band.

    Their frequencies are spread by the factor that makes the largest error smallest.
    """
    low, high = _checked(band)
    inwards = np.geomspace(0.3, min(3.0, (high / low) ** 0.4), 25)
    spreads = [2.0 * np.pi * np.geomspace(low * s, high / s, mechanisms) for s in inwards]
    errors = [
        _misfit(_fit(omega, band, Q_VALUES[0], coarse=False), omega, band, Q_VALUES[0]) for omega in spreads
    ]
    return _tabulated(spreads[int(np.argmin(errors))], (low, high), coarse=False)


def mechanism_of(shape: tuple[int, ...], first: tuple[int, int, int] = (0, 0, 0)) -> np.ndarray:
    """Which of the eight mechanisms the cells of a box have, from their index (k, j, i), odd or even: (nz, ny, nx)."""
    k, j, i = (((start + np.arange(n)) & 1) for start, n in zip(first, shape, strict=True))
    return ARRANGEMENT[k[:, None, None], j[:, None], i]


def _checked(band: tuple[float, float]) -> tuple[float, float]:
    low, high = map(float, band)
    if not 0.0 < low < high < np.inf:
        raise InputError(
            f"physics.band: {low:g}..{high:g} Hz is no band of frequencies; 0 < lowest < highest is needed"
        )
    return low, high


def _tabulated(omega: np.ndarray, band: tuple[float, float], coarse: bool) -> Mechanisms:
    """Coefficients for lower and lower Q, each fit starting from the last, until one fails."""
    inverse_q, table = [0.0], [np.zeros(omega.size)]
    for q in Q_VALUES:
        y = _fit(omega, band, q, coarse, table[-1])
        weakest = 1.0 - (COARSE * y.max() if coarse else y.sum())
        if weakest <= 0.0 or _misfit(y, omega, band, q, coarse) > TOLERANCE:
            break
        inverse_q.append(1.0 / q)
        table.append(y)
    if len(table) == 1:
        raise InputError(
            f"physics.band: {band[0]:g}..{band[1]:g} Hz is too wide for {omega.size} mechanisms;"
            f" no Q is kept within {100 * TOLERANCE:g} % over it"
        )
    return Mechanisms(omega, np.array(inverse_q), np.array(table), band, coarse)


def _samples(band: tuple[float, float], count: int = SAMPLES) -> np.ndarray:
    return np.geomspace(*band, count)


def _response(omega: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Relaxation of each mechanism at each frequency [Hz], per unit coefficient: w_l / (w_l + i w), (..., L)."""
    return omega / (omega + 2j * np.pi * frequency[..., None])


def _modulus(response: np.ndarray, y: np.ndarray, coarse: bool) -> np.ndarray:
    """M / M_u of a cell with all mechanisms, or the average of cells with one each."""
    if coarse:
        return np.mean((1.0 - COARSE * y * response) ** ORDER, axis=-1) ** (1.0 / ORDER)
    return 1.0 - response @ y


def _misfit(
    y: np.ndarray, omega: np.ndarray, band: tuple[float, float], q: float, coarse: bool = False
) -> float:
    """Largest relative error of Q over the band."""
    m = _modulus(_response(omega, _samples(band, 5 * SAMPLES)), y, coarse)
    return float(np.max(np.abs(m.real / m.imag / q - 1.0)))


def _fit(
    omega: np.ndarray, band: tuple[float, float], q: float, coarse: bool, start: np.ndarray | None = None
) -> np.ndarray:
    """Shares, none negative, that keep Q nearest to constant over the band."""
    response = _response(omega, _samples(band))
    if coarse:
        return _fit_average(response, q, np.zeros(omega.size) if start is None else start)
    return _fit_sum(response, q)


def _fit_sum(response: np.ndarray, q: float) -> np.ndarray:
    """Shares of the conventional form with the smallest largest error.

    1/Q is a ratio linear in the shares above and below, hence a linear least squares problem; weights that grow
    where the error is large turn it into that of the largest error (Lawson's iteration).
    """
    from scipy.optimize import nnls

    rows, weight = response.real - q * response.imag, np.ones(len(response))
    for _ in range(12):
        y = nnls(rows * weight[:, None], weight)[0]
        m = _modulus(response, y, coarse=False)
        error = np.abs(m.real / m.imag / q - 1.0)
        weight *= np.sqrt(error / error.max() + 1e-3)
    return y


def _fit_average(response: np.ndarray, q: float, y: np.ndarray) -> np.ndarray:
    """Shares of the coarse-grained form by least squares, from the shares `y` of a higher Q.

    The average is not linear in them: the equations are linearised anew each time, and STIFFNESS keeps the step short
    where eight overlapping mechanisms leave it undetermined.
    """
    from scipy.optimize import nnls

    for _ in range(5):
        cells, average = 1.0 - COARSE * y * response, _modulus(response, y, coarse=True)
        slope = -((cells / average[:, None]) ** (ORDER - 1.0)) * response
        loss = average.imag / average.real
        jacobian = q * (slope.imag - loss[:, None] * slope.real) / average.real[:, None]
        hold = STIFFNESS * q * np.eye(y.size)
        rows = np.concatenate([jacobian, hold])
        y = nnls(rows, np.concatenate([1.0 - q * loss + jacobian @ y, hold @ y]))[0]
    return y
