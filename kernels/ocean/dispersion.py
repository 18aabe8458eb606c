"""Frequency dispersion: the non-hydrostatic pressure of the Serre-Green-Naghdi equations, from an elliptic problem.

With P the depth-integrated non-hydrostatic pressure over the density, its value 3 P / (2 h) at the bottom, and the
factor alpha that improves the dispersion relation (Bonneton et al. 2011, J. Comput. Phys. 230:1479, eq. 18-22),
    3 P / h^3 + alpha G* (G P / h) = -G* (g grad eta) + 2 (u_x^2 + v_y^2 + u_x v_y + u_y v_x),
where G P = grad P + 3 P / (2 h) grad b, and the water feels the acceleration -G P / h; G* is the adjoint of G. As
G P = d^(3/2) grad(P / d^(3/2)) with the still depth d, R = P / d^(3/2) meets an equation without slopes of the bottom,
    R - r div(c grad R) = load,   c = d^3 / h,   r = alpha / 3 (h / d)^3,
which is symmetric and positive definite over any seafloor, and R the same on flat ground whatever the wave's height.
In linear waves omega^2 = g h k^2 (1 + (alpha - 1) K / 3) / (1 + alpha K / 3), K = (k h)^2.

The surface's slope at a face is the mean of those of its two cells, as the acceleration of a cell is the mean of
those at its faces. So what acts on the mass fluxes, gravity less this acceleration, is a symmetric positive operator
over any seafloor: linear waves keep their energy but for the dissipation of the fluxes, however rough the ground
and fine the grid.

Coefficients of a face are products of its cells', so a face of a cell that takes no part (shallow, breaking, beyond
the grid) is closed, and next to deep water a shallow cell decides.

Where a wave breaks the shallow-water equations take over, whose shocks lose what bores lose. It begins to break where
its surface rises faster than a fraction of the celerity (Kennedy et al. 2000, J. Waterw. Port Coastal Ocean Eng.
126:39; Kazolea et al. 2014) or stands higher than a fraction of the rest depth (Tonelli & Petti 2009; FUNWAVE-TVD),
and goes on, from cell to neighbouring cell, as long as the water behind the front is as fast as behind a bore that
breaks (Tissier et al. 2012, Coastal Eng. 67:54).

The problem is solved by red-black relaxation with
weights that follow the Chebyshev polynomials (Golub & Varga 1961, Numer. Math. 3:147): no sums over the grid, so that
the bits depend on no number of ranks; one launch is a half-sweep over the red and one over the black cells.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, minimum, sqrt, where


class LoadParams(NamedTuple):
    """Constants of the coefficients and the load in the run's floating-point type."""

    g: float  # m/s2
    half: float
    third: float
    zero: float
    one: float
    alpha: float
    dry: float  # m
    least: float  # m, still depth from which there is dispersion
    rising: float  # sqrt(m)/s, times sqrt(h): a surface that rises faster breaks
    crest: float  # of the rest depth: a higher crest breaks
    cessation: (
        float  # sqrt(m)/s, times sqrt(h): beside breaking water, raised water that is faster breaks too
    )
    trough: float  # of the rest depth: a lower trough is left to the shallow-water equations
    flush: float  # smaller pressures are none


class RelaxParams(NamedTuple):
    """Constants of a sweep in the run's floating-point type."""

    red: float  # relaxation of the red and of the black cells
    black: float
    zero: float
    one: float
    flush: float


class AccelerationParams(NamedTuple):
    """Constants of the acceleration in the run's floating-point type."""

    half: float


class Rows(NamedTuple):
    """Meaning of rows[k, j]; sides[0, 0, i] is the colour of the column, sides[1, 0, i] its part."""

    per_dx: int = 0  # 1 / cell width
    per_dy: int = 1  # 1 / cell height
    north: int = 2  # length of the north face / cell area
    south: int = 3  # length of the south face / cell area
    part: int = 4  # 1 where the row takes part in dispersion, 0 where it does not
    colour: int = 5  # 1 in even rows of the grid, -1 in odd ones


ROWS = Rows()

# Scratch slots of the load: velocity, rise of the surface over a cell, factor of the coefficients of its faces, and
# whether a wave breaks there.
U, V, TX, TY, S, BREAKING = 0, 1, 2, 3, 4, 5
SLOTS = 6
X = 0  # of a sweep: pressure after its first half

# Planes of work[k, j, i].
E, RE, GRIP = 0, 1, 2


def flow(j, i, q, bed, w, p):
    """Velocity, zero where dry."""
    h = q[0, j, i] + maximum(-bed[0, j, i], p.zero)
    per_h = where(h > p.dry, p.one / maximum(h, p.dry), p.zero)
    w[U, j, i] = q[1, j, i] * per_h
    w[V, j, i] = q[2, j, i] * per_h


def find_breaking(j, i, q, bed, rows, was_breaking, w, p):
    """Where a wave breaks."""
    zeta, d = q[0, j, i], -bed[0, j, i]
    root = sqrt(maximum(zeta + maximum(d, p.zero), p.zero))
    along_x = (q[1, j, i + 1] - q[1, j, i - 1]) * rows[ROWS.per_dx, j]
    along_y = (q[2, j + 1, i] - q[2, j - 1, i]) * rows[ROWS.per_dy, j]
    begins = maximum(-p.half * (along_x + along_y) - p.rising * root, zeta - p.crest * d)
    beside_x = maximum(was_breaking[0, j, i - 1], was_breaking[0, j, i + 1])
    beside_y = maximum(was_breaking[0, j - 1, i], was_breaking[0, j + 1, i])
    beside = maximum(was_breaking[0, j, i], maximum(beside_x, beside_y))
    speed = sqrt(w[U, j, i] * w[U, j, i] + w[V, j, i] * w[V, j, i])
    goes_on = minimum(speed - p.cessation * root, zeta)
    breaking = where(beside > p.zero, maximum(begins, goes_on), begins)
    w[BREAKING, j, i] = where(breaking > p.zero, where(d < p.least, p.zero, p.one), p.zero)


def rise(zeta, other, bed, p):
    """Difference of the surface to another cell of the sea, zero to land and where that cell is dry."""
    return where(bed < p.zero, where(other - bed > p.dry, other - zeta, p.zero), p.zero)


def tilt(j, i, q, bed, w, p):
    """Rise of the surface over a cell along x and y: the mean of those to its two neighbours."""
    zeta = q[0, j, i]
    east = rise(zeta, q[0, j, i + 1], bed[0, j, i + 1], p)
    west = rise(zeta, q[0, j, i - 1], bed[0, j, i - 1], p)
    north = rise(zeta, q[0, j + 1, i], bed[0, j + 1, i], p)
    south = rise(zeta, q[0, j - 1, i], bed[0, j - 1, i], p)
    w[TX, j, i] = p.half * (east - west)
    w[TY, j, i] = p.half * (north - south)


def weigh(j, i, q, bed, rows, sides, w, p):
    """Which cells take part, and how much: S^2 = d^(3/2) there."""
    d = -bed[0, j, i]
    part = where(d < p.least, p.zero, rows[ROWS.part, j] * sides[1, 0, i])
    fails = maximum(w[BREAKING, j, i], p.trough * d - q[0, j, i])
    deep = maximum(d, p.least)
    w[S, j, i] = where(fails > p.zero, p.zero, sqrt(part * (deep * sqrt(deep))))


def prepare(j, i, q, bed, rows, sides, work, load, broken, is_breaking, w, p):
    """Coefficients and load of the problem, and where waves have broken."""
    zeta, s = q[0, j, i], w[S, j, i]
    d = maximum(-bed[0, j, i], p.least)
    h = where(s > p.zero, zeta + d, d)
    per_dx, per_dy = rows[ROWS.per_dx, j], rows[ROWS.per_dy, j]
    east = w[S, j, i + 1] * (w[TX, j, i] + w[TX, j, i + 1])
    west = w[S, j, i - 1] * (w[TX, j, i - 1] + w[TX, j, i])
    north = w[S, j + 1, i] * (w[TY, j, i] + w[TY, j + 1, i]) * rows[ROWS.north, j]
    south = w[S, j - 1, i] * (w[TY, j - 1, i] + w[TY, j, i]) * rows[ROWS.south, j]
    bend = p.half * p.g * s * ((east - west) * (per_dx * per_dx) + (north - south) * per_dy)
    u_x = (w[U, j, i + 1] - w[U, j, i - 1]) * per_dx
    v_x = (w[V, j, i + 1] - w[V, j, i - 1]) * per_dx
    u_y = (w[U, j + 1, i] - w[U, j - 1, i]) * per_dy
    v_y = (w[V, j + 1, i] - w[V, j - 1, i]) * per_dy
    # Twice the sum in the head of the file, whose differences are over two cells: a half.
    strain = p.half * s * s * (u_x * u_x + v_y * v_y + u_x * v_y + u_y * v_x)
    ratio = h / d
    stretch = p.third * (ratio * ratio * ratio)
    per_root = p.one / sqrt(h)
    grip = s * per_root
    e = s * grip
    work[E, j, i] = e
    work[RE, j, i] = p.alpha * stretch * e
    work[GRIP, j, i] = grip
    load[0, j, i] = stretch * (bend + strain)
    is_breaking[0, j, i] = w[BREAKING, j, i]
    lost = where(s > p.zero, p.zero, rows[ROWS.part, j] * sides[1, 0, i])
    lost = where(-bed[0, j, i] < p.least, p.zero, lost)
    broken[0, j, i] = maximum(broken[0, j, i], where(lost > p.zero, p.one, p.zero))


def expected(now, before, s, p):
    """What two pressures in turn let expect of the next one; none where a cell takes no part."""
    guess = now + (now - before)
    large = where(s > p.zero, maximum(guess, -guess), p.zero)
    return where(large > p.flush, guess, p.zero)


def expect(j, i, x, before, start, w, p):
    """Where the solution is looked for first."""
    start[0, j, i] = expected(x[0, j, i], before[0, j, i], w[S, j, i], p)


def expect_in_place(j, i, x, start, w, p):
    """Where the solution is looked for first; start holds the pressure before the last one."""
    start[0, j, i] = expected(x[0, j, i], start[0, j, i], w[S, j, i], p)


def relaxed(x, west, east, south, north, e, re, load, ew, ee, es, en, per_dx2, ps, pn, weight, p):
    """Value of a cell nearer to what its neighbours ask for; the weight is 1 to meet them, more to go further."""
    ew, ee, es, en = ew * per_dx2, ee * per_dx2, es * ps, en * pn
    pull = (ew * west + ee * east) + (es * south + en * north)
    hold = (ew + ee) + (es + en)
    asked = (load + re * pull) / (p.one + re * hold)
    return x + weight * (asked - x)


def sweep_red(j, i, x, work, load, rows, sides, w, p):
    """Relax the red cells, keep the black ones."""
    per_dx, per_dy = rows[ROWS.per_dx, j], rows[ROWS.per_dy, j]
    value = relaxed(
        x[0, j, i],
        x[0, j, i - 1],
        x[0, j, i + 1],
        x[0, j - 1, i],
        x[0, j + 1, i],
        work[E, j, i],
        work[RE, j, i],
        load[0, j, i],
        work[E, j, i - 1],
        work[E, j, i + 1],
        work[E, j - 1, i],
        work[E, j + 1, i],
        per_dx * per_dx,
        rows[ROWS.south, j] * per_dy,
        rows[ROWS.north, j] * per_dy,
        p.red,
        p,
    )
    w[X, j, i] = where(rows[ROWS.colour, j] * sides[0, 0, i] > p.zero, value, x[0, j, i])


def sweep_black(j, i, work, load, rows, sides, out, w, p):
    """Relax the black cells, hand the red ones over."""
    per_dx, per_dy = rows[ROWS.per_dx, j], rows[ROWS.per_dy, j]
    old = w[X, j, i]
    value = relaxed(
        old,
        w[X, j, i - 1],
        w[X, j, i + 1],
        w[X, j - 1, i],
        w[X, j + 1, i],
        work[E, j, i],
        work[RE, j, i],
        load[0, j, i],
        work[E, j, i - 1],
        work[E, j, i + 1],
        work[E, j - 1, i],
        work[E, j + 1, i],
        per_dx * per_dx,
        rows[ROWS.south, j] * per_dy,
        rows[ROWS.north, j] * per_dy,
        p.black,
        p,
    )
    value = where(rows[ROWS.colour, j] * sides[0, 0, i] > p.zero, old, value)
    out[0, j, i] = where(maximum(value, -value) > p.flush, value, p.zero)


def accelerate(j, i, x, work, rows, acceleration, p):
    """Add the acceleration: the mean of what the two faces of the cell along each axis feel."""
    here, grip = x[0, j, i], work[GRIP, j, i]
    east = work[GRIP, j, i + 1] * (x[0, j, i + 1] - here)
    west = work[GRIP, j, i - 1] * (here - x[0, j, i - 1])
    north = work[GRIP, j + 1, i] * (x[0, j + 1, i] - here)
    south = work[GRIP, j - 1, i] * (here - x[0, j - 1, i])
    acceleration[0, j, i] = acceleration[0, j, i] - p.half * rows[ROWS.per_dx, j] * (grip * (east + west))
    acceleration[1, j, i] = acceleration[1, j, i] - p.half * rows[ROWS.per_dy, j] * (grip * (north + south))


def load(in_place: bool) -> Kernel:
    """Make the kernel that sets the problem up; in_place puts the first guess where the pressure before was.

    Where all is at rest the load stays zero and the coefficients stay those of still water, once they have been.
    """
    stages = (
        Stage(flow, west=1, east=1, south=1, north=1),
        Stage(tilt, west=1, east=1, south=1, north=1),
        Stage(find_breaking, west=1, east=1, south=1, north=1),
        Stage(weigh, west=1, east=1, south=1, north=1),
        Stage(prepare, exact=True),
        Stage(expect_in_place if in_place else expect, exact=True),
    )
    resting = (("q", "x", "was_breaking", "start" if in_place else "before"), "start")
    return Kernel("dispersion_load", stages, LoadParams, SLOTS, halo=2, at_rest=resting)


RELAX = Kernel(
    "dispersion_relax",
    (Stage(sweep_red, west=1, east=1, south=1, north=1), Stage(sweep_black, exact=True)),
    RelaxParams,
    slots=1,
    halo=2,
    at_rest=(("x", "load"), "out"),
)
# Where there is no pressure there is nothing to add, and "x" is zero already.
ACCELERATION = Kernel(
    "dispersion_acceleration",
    (Stage(accelerate, exact=True),),
    AccelerationParams,
    halo=1,
    at_rest=(("x",), "x"),
)
