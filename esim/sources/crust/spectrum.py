"""Up to which frequency does a source radiate?"""

from collections.abc import Callable

import numpy as np

FEWEST, MOST = 2**9, 2**15  # samples over the duration of a source
SETTLED = 0.02  # change of the answer between two samplings
ENDLESS = 1.5  # growth of the answer where every finer sampling finds more


def highest_frequency(
    sample: Callable[[np.ndarray], np.ndarray],
    span: np.ndarray,
    weight: np.ndarray,
    fraction: float,
    differentiate: bool,
) -> float:
    """Frequency [Hz] above which less than `fraction` of the energy of the velocity lies, of N series together.

    sample gives the series at times (K, N) [s] since their beginnings; each lasts span (N,) [s] and counts with
    the square of weight (N,). With differentiate the velocity goes as the derivative of the series, as in the far
    field of a moment rate or a force. Sampled ever finer until the answer stays; infinite if it does not, as for
    a rate that jumps.
    """
    if not weight.any():
        return 0.0
    weight = weight / weight.max()
    count = FEWEST
    found, before = _edge(sample, span, weight, fraction, differentiate, count), 0.0
    while abs(found - before) > SETTLED * found and count < MOST:
        count *= 2
        found, before = _edge(sample, span, weight, fraction, differentiate, count), found
    return found if found < ENDLESS * before else np.inf


def _edge(
    sample: Callable[[np.ndarray], np.ndarray],
    span: np.ndarray,
    weight: np.ndarray,
    fraction: float,
    differentiate: bool,
    count: int,
) -> float:
    step = span / count
    series = sample(np.arange(count + 1)[:, None] * step)
    size = max(2 * count, 16 * FEWEST)  # padded, so that narrow spectra are resolved
    amplitude = np.abs(np.fft.rfft(series, n=size, axis=0)) * step * weight
    bins = np.arange(size // 2 + 1)[:, None]
    if differentiate:
        amplitude = amplitude * bins / (size * step)
    energy = (amplitude * amplitude / step).ravel()
    upper = ((bins + 0.5) / (size * step)).ravel()  # frequencies up to which the bins reach
    order = np.argsort(upper, kind="stable")
    total = np.cumsum(energy[order])
    return float(np.interp((1 - fraction) * total[-1], total, upper[order]))
