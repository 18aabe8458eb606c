"""How high does a solitary wave run up a plane beach? After Synolakis (1987, J. Fluid Mech. 185:523).

Before the beach the water is of one depth. Heights and lengths are in units of it, time in those of depth over
celerity; cot is the distance from the shore to the toe of the beach.
"""

import numpy as np


def law(height: float, cot: float) -> float:
    """The asymptotic law 2.831 sqrt(cot) height^(5/4), for waves long against the beach that do not break."""
    return float(2.831 * np.sqrt(cot) * height**1.25)


def breaking(cot: float) -> float:
    """The height from which the wave breaks as it runs up."""
    return float(0.8183 * cot ** (-10 / 9))


def reach(height: float) -> float:
    """Distance from the crest at which the wave has a twentieth of its height; it begins so far from the toe."""
    return float(np.arccosh(np.sqrt(20.0)) / np.sqrt(0.75 * height))


def linear(height: float, cot: float) -> float:
    """The highest run-up of the wave by linear theory, which is also that of the nonlinear one on the beach.

    Each frequency that passes the toe is magnified by 2 / (J0(2 k cot) + i J1(2 k cot)), from Keller and Keller (1964).
    """
    from scipy.special import j0, j1

    length = 1 / np.sqrt(0.75 * height)
    n, window = 2**17, 200 * length + 40 * cot
    t = np.arange(n) * window / n
    incident = height / np.cosh(np.minimum(np.abs(t - window / 4) / length, 300.0)) ** 2
    z = 2 * cot * 2 * np.pi * np.fft.rfftfreq(n, window / n)
    return float(np.fft.irfft(np.fft.rfft(incident) * 2 / (j0(z) + 1j * j1(z)), n).max())
