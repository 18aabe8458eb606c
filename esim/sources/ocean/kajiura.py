"""How does the water surface respond to an instantaneous uplift? Low-pass filtered: Kajiura (1963).

A motion of the bed of wavenumber k under water of depth h lifts the surface by 1/cosh(kh) of its height
(Kajiura 1963, Bull. Earthquake Res. Inst. 41, 535-571), so that detail shorter than a few depths is lost.

Where the depth varies, the uplift of each cell is distributed over reference depths by weights, each
part is filtered with its reference depth, and the results are added up. Approximations:
between reference depths, which grow by a factor of 1.5, the gain is interpolated linearly, within 0.02 of
1/cosh(kh); a cell spreads with the filter of its own depth, whatever the depth beside it; all cells have
one size. Each filter keeps the sum and the weights add up to one, so volume is conserved. The motion of
land does not spread. The price of the volume: a uniform uplift comes out uneven by about the square of the
slope of the bed, and by a fraction of the slope at its kinks. The field is mirrored at its edges: what lies
within REACH depths of those of a part of the sea is not that of the whole.
"""

import numpy as np

RATIO = 1.5  # of a reference depth to the one before
UNSEEN = 0.1  # depth in cells below which the filter changes nothing that the grid can hold
REACH = 10.0  # depths over which the response to a point falls to 1e-6


class KajiuraFilter:
    """The filter of a part of the sea: what it knows of the depths is computed once.

    depth (ny, nx) is the depth of the water [m], zero or negative on land; dx, dy are the size of a cell [m],
    on lon/lat grids at the latitude of the largest uplift. deepest [m] is that of the larger area of which these
    cells are a part, with which they share their reference depths.
    """

    def __init__(self, depth: np.ndarray, dx: float, dy: float, deepest: float | None = None) -> None:
        depths = reference_depths(float(depth.max()), min(dx, dy), deepest)
        self._changes = len(depths) > 1
        if not self._changes:
            return
        self._pad = [_padding(n, REACH * depths[-1] / d) for n, d in zip(depth.shape, (dy, dx), strict=True)]
        self._shape = [n + a + b for n, (a, b) in zip(depth.shape, self._pad, strict=True)]
        around = np.pad(depth, self._pad, mode="symmetric")
        self._gains = [gain(h, self._shape, dx, dy) for h in depths]
        self._weights = [_weight(around, depths, m) for m in range(len(depths))]
        self._inside = tuple(slice(a, a + n) for n, (a, _) in zip(depth.shape, self._pad, strict=True))

    def __call__(self, uplift: np.ndarray) -> np.ndarray:
        """Elevation of the water surface (ny, nx) caused by an uplift of the seafloor, in its units."""
        if not self._changes:
            return uplift.copy()
        padded = np.pad(uplift, self._pad, mode="symmetric")
        parts = zip(self._gains, self._weights, strict=True)
        spectrum = sum(g * np.fft.rfft2(weight * padded) for g, weight in parts)
        return np.fft.irfft2(spectrum, s=self._shape)[
            self._inside
        ].copy()  # a view would keep what is around it


def gain(depth: float, shape: list[int], dx: float, dy: float) -> np.ndarray:
    """1/cosh(k depth) at the wavenumbers of numpy.fft.rfft2 of a field of that shape."""
    ky = 2 * np.pi * np.fft.fftfreq(shape[0], dy)
    kx = 2 * np.pi * np.fft.rfftfreq(shape[1], dx)
    # Beyond 700 cosh overflows; the gain is zero to 300 digits there.
    return 1.0 / np.cosh(np.minimum(np.hypot(ky[:, None], kx) * depth, 700.0))


def reference_depths(deepest: float, cell: float, around: float | None = None) -> list[float]:
    """Depths [m] from 0 to the deepest in the ratio 1.5, without those too small for the cells.

    They are among those of the area around, whose deepest is given, unless it is much shallower.
    """
    if deepest <= UNSEEN * cell:
        return [0.0]
    top = around if around and around > deepest / RATIO else deepest
    count = int(np.ceil(np.log(top / (UNSEEN * cell)) / np.log(RATIO)))
    ladder = [top / RATIO**m for m in range(count, -1, -1)]
    last = next((depth for depth in ladder if depth >= deepest), deepest)
    return [0.0, *(depth for depth in ladder if depth < deepest), last]


def _weight(depth: np.ndarray, depths: list[float], m: int) -> np.ndarray:
    """Weight of reference depth m in linear interpolation: one at it, zero at its neighbours and beyond."""
    return np.interp(depth, depths, np.eye(len(depths))[m])


def _padding(n: int, reach: float) -> tuple[int, int]:
    """Mirrored cells before and after n: at least reach of them, up to a length that suits the FFT.

    Where that is much, n cells after the field are enough: repeated, they mirror it at both of its edges.
    """
    before = int(np.ceil(reach))
    return (before, _fast(n + 2 * before) - n - before) if 2 * before < n else (0, n)


def _fast(n: int) -> int:
    """The smallest length >= n with no prime factor above 5."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1
