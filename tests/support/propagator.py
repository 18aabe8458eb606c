"""Plane waves in layers over a half-space by the propagator matrix (Thomson 1950; Haskell 1953), for tests.

Of fields exp(iw (t - p x)), z down, the motion-stress vectors are (vx, vz, sxz, szz) and (vy, syz), and
df/dz = iw B f.
"""

import numpy as np
from scipy.linalg import expm


def _matrix(layer, p, shear_only):
    vp, vs, rho = layer
    mu, lam = rho * vs**2, rho * (vp**2 - 2 * vs**2)
    if shear_only:
        return np.array([[0, 1 / mu], [rho - mu * p**2, 0]])
    c = lam + 2 * mu
    return np.array([
        [0, p, 1 / mu, 0],
        [p * lam / c, 0, 0, 1 / c],
        [rho - p**2 * (c - lam**2 / c), 0, 0, p * lam / c],
        [0, rho, p, 0],
    ])  # fmt: skip


def _up_and_down(layer, p, shear_only):
    """Motion-stress vectors of waves that go up, and down: columns P, SV, or SH alone."""
    vp, vs, rho = layer
    mu, lam, ea, eb = rho * vs**2, rho * (vp**2 - 2 * vs**2), np.sqrt(vp**-2 - p**2), np.sqrt(vs**-2 - p**2)
    found = []
    for way in (1, -1):  # z derivative over iw: + eta goes up
        if shear_only:
            found.append(np.array([[1, way * mu * eb]]).T)
            continue
        columns = []
        for v, e in ((vp * np.array([p, -way * ea]), way * ea), (vs * np.array([eb, way * p]), way * eb)):
            columns.append([*v, mu * (e * v[0] - p * v[1]), (lam + 2 * mu) * e * v[1] - lam * p * v[0]])
        found.append(np.array(columns).T)
    return found


def transfer(layers, thickness, wave, p, depths, frequencies):
    """Velocities (vx, vz) or (vy,) at depths, of a wave of amplitude one at the top of the half-space, per frequency.

    layers are (vp, vs, rho) from the top, the last of which is the half-space; thickness of the others.
    """
    shear_only = wave == "SH"
    size = 1 if shear_only else 2
    up, down = _up_and_down(layers[-1], p, shear_only)
    found = np.zeros((len(depths), size, frequencies.size), complex)
    for n, frequency in enumerate(frequencies):
        omega = 2 * np.pi * frequency

        def to(depth, omega=omega):
            field, top = np.eye(2 * size)[:, :size].astype(complex), 0.0
            for layer, h in zip(layers, [*thickness, np.inf], strict=True):
                part = min(h, depth - top)
                if part > 0:
                    field = expm(1j * omega * part * _matrix(layer, p, shear_only)) @ field
                top += h
            return field

        incoming = up[:, 0 if wave in ("P", "SH") else 1]
        surface = np.linalg.solve(np.hstack([to(sum(thickness)), -down]), incoming)[:size]
        for m, depth in enumerate(depths):
            found[m, :, n] = (to(depth) @ surface)[:size]
    return found


def seismograms(layers, thickness, wave, p, depths, function, times):
    """The same in time: function(t) is the velocity of the incident wave at the top of the half-space."""
    dt, size = times[1] - times[0], 4 * times.size
    spectrum = np.fft.rfft(function(times[0] + dt * np.arange(size)))
    f = np.fft.rfftfreq(size, dt)
    few = np.flatnonzero(np.abs(spectrum) > 1e-5 * np.abs(spectrum).max())
    out = np.zeros((len(depths), 1 if wave == "SH" else 2, f.size), complex)
    out[:, :, few] = transfer(layers, thickness, wave, p, depths, f[few]) * spectrum[few]
    return np.fft.irfft(out, size)[:, :, : times.size]
