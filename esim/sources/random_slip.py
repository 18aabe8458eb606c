"""How is slip distributed over a fault? A random field of von Karman's spectrum, positive, of a given moment.

Spectrum, correlation lengths and Hurst number: Mai and Beroza (2002), JGR 107(B11), 2308, doi:10.1029/2001JB000588.
Positive by the exponential of a Gaussian field: LeVeque, Waagan, Gonzalez, Rim and Lin (2016), Pure Appl. Geophys. 173,
3671-3692, doi:10.1007/s00024-016-1357-1.
"""

import math

import numpy as np

Pair = tuple[float, float]  # down dip and along strike


def correlation_lengths(length: float, width: float) -> Pair:
    """Correlation lengths [m] along strike and down dip of a fault of a length and a width [m]."""
    return 2e3 + length / 3, 1e3 + width / 3


def slip_of_moment(
    potency: float,
    shape: tuple[int, int],
    size: Pair,
    correlation: Pair,
    hurst: float,
    variation: float,
    seed: int,
) -> np.ndarray:
    """Slip [m] of subfaults (rows down dip, columns along strike), each of a size [m], which sums up to a potency [m3].

    correlation are the correlation lengths [m]; variation is the standard deviation of the slip over its mean.
    """
    sigma = math.sqrt(math.log1p(variation**2))  # of the logarithm
    slip = np.exp(sigma * von_karman(shape, size, correlation, hurst, seed))
    found: np.ndarray = slip * (potency / (slip.sum() * size[0] * size[1]))
    return found


def von_karman(shape: tuple[int, int], size: Pair, correlation: Pair, hurst: float, seed: int) -> np.ndarray:
    """A Gaussian random field of mean 0 and standard deviation 1, of the spectrum (1 + k^2)^-(hurst + 1).

    k^2 = (kx ax)^2 + (kz az)^2 of wavenumbers k [rad/m] and correlation lengths a [m]. It is cut from a periodic one of
    twice the size, so that its ends are not alike.
    """
    whole = tuple(2 * count for count in shape)
    kz, kx = (
        2 * np.pi * np.fft.fftfreq(count, d=step) * length
        for count, step, length in zip(whole, size, correlation, strict=True)
    )
    power = (1 + kz[:, None] ** 2 + kx[None, :] ** 2) ** -(hurst + 1)
    noise = np.random.default_rng(seed).standard_normal(whole)
    field = np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(power / power.mean())).real
    return field[: shape[0], : shape[1]]
