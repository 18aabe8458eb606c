"""How strong was the shaking on the scale of Japan? The instrumental seismic intensity of the JMA (1996).

Notification No. 4 of the Japan Meteorological Agency of 15 February 1996: the accelerations of three components are
filtered in frequency, and a0 [cm/s2] is the largest value that the length of their vector is at for 0.3 s altogether;
I = 2 log10 a0 + 0.94, rounded to hundredths and cut to tenths.
"""

import numpy as np

DURATION = 0.3  # s
HIGH_CUT = (1.0, 0.694, 0.241, 0.0557, 0.009664, 0.00134, 0.000155)  # of the even powers of f / 10 Hz
LOW_CUT = 0.5  # Hz
CLASSES = ("0", "1", "2", "3", "4", "5-", "5+", "6-", "6+", "7")
BOUNDS = (0.5, 1.5, 2.5, 3.5, 4.5, 5.0, 5.5, 6.0, 6.5)


def jma_filter(frequency: np.ndarray) -> np.ndarray:
    """The gain of the filter at frequencies [Hz]: of the period, of high and of low frequencies; 0 at 0 Hz."""
    f = np.asarray(frequency, dtype=float)
    safe = np.where(f > 0, f, 1.0)
    high_cut = np.polynomial.polynomial.polyval((f / 10) ** 2, HIGH_CUT) ** -0.5
    low_cut = np.sqrt(-np.expm1(-((f / LOW_CUT) ** 3)))
    return np.where(f > 0, safe**-0.5, 0.0) * high_cut * low_cut


def jma_intensity(acceleration: np.ndarray, dt: float) -> np.ndarray:
    """Instrumental intensity of accelerations (..., 3, times) [m/s2], sampled every dt [s].

    Minus infinity where nothing moves; not a number of a record shorter than 0.3 s.
    """
    times = acceleration.shape[-1]
    count = int(np.ceil(DURATION / dt - 1e-9))
    if times < count:
        return np.full(acceleration.shape[:-2], np.nan)
    gain = jma_filter(np.fft.rfftfreq(times, dt))
    filtered = np.fft.irfft(gain * np.fft.rfft(100.0 * acceleration, axis=-1), times, axis=-1)
    length = np.sqrt((filtered**2).sum(axis=-2))
    a0 = np.partition(length, times - count, axis=-1)[..., times - count]
    with np.errstate(divide="ignore"):
        exact = 2 * np.log10(a0) + 0.94
    return np.floor(np.round(exact, 2) * 10 + 1e-6) / 10


def jma_class(intensity: float) -> str:
    """The class of an instrumental intensity: 0 to 4, 5- (lower), 5+ (upper), 6-, 6+ or 7; "" for not a number."""
    return "" if np.isnan(intensity) else CLASSES[int(np.searchsorted(BOUNDS, intensity, "right"))]
