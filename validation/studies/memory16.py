"""Which 16 bits for the memory variables of attenuation? A pulse on one line of cells, kept in several ways.

bfloat16 has 8 significant bits, float16 11 and a range of 1e12, whole numbers (int16) one step over the whole range;
in between a float with 6 bits of exponent and 10 significant ones is tried. Each is rounded to the nearest, or up or
down at random by the bits of the strain of the step ("dice"). On a line all cells of a wave front are one, so nothing
is averaged along it: errors in three dimensions are several times smaller (the case memory16).

Run as `python -m esim.validation.studies.memory16`; it prints the table of validation/results/memory16.md.
"""

import numpy as np

from esim.kernels.scalar import SPREAD
from esim.media.crust.attenuation import Mechanisms, coarse_grained, conventional

BAND = (0.04, 4.0)  # Hz, of constant Q
SPEED, CELL = 2000.0, 50.0  # m/s, m: 10 cells to the shortest wave
COURANT = 0.27  # of waves along the line, about that of shear waves in a run in three dimensions
WAVES = (2, 10, 40)  # distances of receivers in wavelengths at the highest frequency
SIGMA, DELAY = 0.13, 0.8  # s, of the bell that the source sends
ORDER = (0, 4, 2, 6, 1, 5, 3, 7)  # mechanisms of the coarse form along the line
WAYS = {  # significant bits, or 16 for whole numbers, and whether dice are thrown
    "float32": None,
    "bfloat16, nearest": (8, False),
    "bfloat16, dice": (8, True),
    "10 bits, dice": (10, True),
    "float16, nearest": (11, False),
    "float16, dice": (11, True),
    "int16, nearest": (16, False),
    "int16, dice": (16, True),
}


def kept(x: np.ndarray, noise: np.ndarray, way: tuple[int, bool] | None, step: np.ndarray) -> np.ndarray:
    """Memory variables as they come back from where they are kept; step is what int16 counts in."""
    if way is None:
        return x
    digits, dice = way
    bits = x.view(np.uint32)
    thrown = (bits + noise.view(np.uint32)) * np.uint32(SPREAD)
    if digits == 16:
        share = (thrown >> 8).astype(np.float32) * np.float32(2.0**-24) if dice else np.full_like(x, 0.5)
        return np.asarray(np.clip(np.floor(x / step + share), -32768, 32767) * step, np.float32)
    cut = 24 - digits
    up = thrown >> (32 - cut) if dice else (bits >> cut & 1) + np.uint32((1 << cut - 1) - 1)
    return np.asarray((bits + up) >> cut << cut, np.uint32).view(np.float32)


def run(
    mechanisms: Mechanisms, q: float, way: tuple[int, bool] | None, peak: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Velocities (R, T) at the receivers, and the largest memory variable of each mechanism (L,).

    peak, that of a run before, sets the steps of int16.
    """
    stiff = float(mechanisms.unrelaxed(np.array(1.0), np.array(1 / q), 1.0))
    dt = COURANT * CELL / (SPEED * np.sqrt(stiff))
    steps = int((max(WAVES) * 1.02 / BAND[1] + 2 * DELAY + 1.5) / dt)
    start = int(0.55 * COURANT * steps) + 10  # so far that nothing comes back from the ends
    places = start + np.array([20, *(20 + round(n * SPEED / BAND[1] / CELL) for n in WAVES)])
    cells = int(places[-1] + 0.3 * COURANT * steps)
    which = np.array(ORDER)[np.arange(cells) % 8] if mechanisms.coarse else None
    share = mechanisms.coefficients(1 / q).astype(np.float32)
    keep, take = (x.astype(np.float32)[:, None] for x in mechanisms.recursion(dt))
    if which is not None:
        share, keep, take = 8 * share[which][None], keep[which].T, take[which].T
    else:
        share = share[:, None]
    step = np.ones((1, 1), np.float32) if peak is None else (peak / 32767).astype(np.float32)[:, None]
    if which is not None and peak is not None:
        step = step[which].T
    v, s = np.zeros(cells, np.float32), np.zeros(cells, np.float32)
    r, e = np.zeros((len(keep), cells), np.float32), np.zeros((1, cells), np.float32)
    top, found = np.zeros_like(r), np.zeros((places.size, steps))
    acceleration, pull = np.float32(dt / CELL), np.float32(dt / CELL * SPEED**2 * stiff)
    for n in range(steps):
        v[2:-2] += acceleration * (1.125 * (s[3:-1] - s[2:-2]) - (s[4:] - s[1:-3]) / 24).astype(np.float32)
        v[start] += np.float32(10 * dt * np.exp(-0.5 * ((n * dt - DELAY) / SIGMA) ** 2))
        e[0, 2:-2] = 1.125 * (v[2:-2] - v[1:-3]) - (v[3:-1] - v[:-4]) / 24
        new = keep * r + take * e
        s += pull * (e[0] - np.float32(0.5) * (share * (r + new)).sum(0))
        with np.errstate(over="ignore"):
            r = kept(new, np.broadcast_to(e, new.shape).copy(), way, step)
        top = np.maximum(top, np.abs(r))
        found[:, n] = v[places]
    if which is None:
        return found, top.max(1)
    return found, np.array([top[0, which == l].max() for l in range(8)])


def errors(q: float, mechanisms: Mechanisms) -> dict[str, np.ndarray]:
    """What each way of keeping changes (receivers,), as a share of the waves: roots of mean squares."""
    known, peak = run(mechanisms, q, None)
    found = {}
    for name, way in WAYS.items():
        if way is not None:
            motion = run(mechanisms, q, way, peak)[0]
            found[name] = np.sqrt(((motion - known) ** 2).sum(1) / (known**2).sum(1))[1:]
    return found


def main() -> None:
    """Print the table."""
    print(f"| form, Q | kept as | {' | '.join(f'{n} wavelengths' for n in WAVES)} |")
    for form, q in (("coarse", 50.0), ("conventional", 50.0), ("conventional", 20.0)):
        mechanisms = (coarse_grained if form == "coarse" else conventional)(BAND)
        for name, found in errors(q, mechanisms).items():
            print(f"| {form}, {q:g} | {name} | {' | '.join(f'{100 * x:.2g} %' for x in found)} |")


if __name__ == "__main__":
    main()
