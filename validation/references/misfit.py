"""How far is a seismogram from its reference? Envelope and phase misfits (Kristekova et al. 2006, 2009).

Both signals are taken to time and frequency by wavelets. The envelope misfit is the difference of the amplitudes
there, the phase misfit that of the phases (as a part of pi) weighted by the reference's amplitude; each as a root
of the sum of squares over time and frequency, divided by that of the reference. The reference's largest component
divides all of them (global normalisation): a weak component counts as much as it moves the ground.
"""

from dataclasses import dataclass

import numpy as np

FREQUENCIES = 60  # of the wavelets, evenly spread in their logarithm
SILENT = 1e-4  # of the largest component's peak: a component below has no phase to compare

WHISPER = 1e-10  # of the largest component's peak


@dataclass(frozen=True)
class Misfit:
    """Misfits [-] of the components of one receiver."""

    em: np.ndarray
    pm: np.ndarray

    @property
    def envelope(self) -> float:
        """The largest envelope misfit of a component: the one number of the receiver."""
        return float(np.max(self.em))

    @property
    def phase(self) -> float:
        """The largest phase misfit of a component: the one number of the receiver."""
        return float(np.max(self.pm))


def misfit(signal: np.ndarray, reference: np.ndarray, dt: float, fmin: float, fmax: float) -> Misfit:
    """Misfits of signals (components, T) sampled every dt [s] in the band fmin..fmax [Hz].

    The reference must not be 0 throughout. fmin should be at least one over the length of the signals.
    """
    from obspy.signal.tf_misfit import em, pm

    peaks = np.max(np.abs(reference), axis=1)
    audible = peaks > SILENT * peaks.max()
    # The wavelets' transforms are circular: as much silence keeps the end from reaching the beginning. And a whisper
    # in both gives silence a phase, the same.
    whisper = (
        WHISPER * peaks.max() * np.random.default_rng(1).standard_normal((len(peaks), 2 * signal.shape[1]))
    )
    padded = [whisper + np.pad(s, ((0, 0), (0, s.shape[1]))) for s in (signal, reference)]
    settings = {"dt": dt, "fmin": fmin, "fmax": fmax, "nf": FREQUENCIES, "norm": "global", "st2_isref": True}
    envelope = em(*padded, **settings)
    phase = np.zeros(len(reference))
    phase[audible] = pm(padded[0][audible], padded[1][audible], **settings)
    return Misfit(envelope, phase)
