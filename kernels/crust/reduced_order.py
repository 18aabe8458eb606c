"""Differences whose order falls to the second beside a rough surface, without making or taking energy.

A difference of fourth or eighth order is one of second order, d f, and a correction: sums of neighbouring differences,
C d. Beside a rough surface, where near_interface n is one, the correction is left out at the centres of cells, but the
same way for both steps: from faces to centres it is C (1 - n) d, from centres to faces the transpose of that, d (1 - n)
C. So what stresses do to velocities stays the transpose of what velocities do to stresses: energy is conserved, and a
source and a receiver can change places.

Weights of a place are c, those of the second order, then those of the correction for neighbours 0, 1, 2, 3 cells away,
then 1 - n of the cells from 1 (of eighth order 3) before to as many behind.
"""

from esim.kernels.crust.staggered import (
    ahead_x,
    ahead_y,
    ahead_z,
    behind_x,
    behind_y,
    behind_z,
)


def row_x(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along x, of fourth order elsewhere."""
    c = w0 * p.second
    return (
        c,
        w1,
        p.one - near_interface[k, j, i - 1],
        p.one - near_interface[k, j, i],
        p.one - near_interface[k, j, i + 1],
    )


def row_y(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along y, of fourth order elsewhere."""
    c = w0 * p.second
    return (
        c,
        w1,
        p.one - near_interface[k, j - 1, i],
        p.one - near_interface[k, j, i],
        p.one - near_interface[k, j + 1, i],
    )


def row_z(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along z, of fourth order elsewhere."""
    c = w0 * p.second
    return (
        c,
        w1,
        p.one - near_interface[k - 1, j, i],
        p.one - near_interface[k, j, i],
        p.one - near_interface[k + 1, j, i],
    )


def to_centre(before, here, behind, w):
    """Difference at a centre from those here and around it."""
    inner = w[3] * here
    return w[0] * here + w[1] * ((w[4] * behind - inner) - (inner - w[2] * before))


def to_face(before, here, behind, first, second, w):
    """Difference at a face from those here and around it; first and second are 1 - n of the cells before and behind."""
    return w[0] * here + w[1] * (second * (behind - here) - first * (here - before))


def ahead_x_reduced(f, k, j, i, w):
    """Difference along x at i + 1/2."""
    before, here, behind = (
        f[k, j, i] - f[k, j, i - 1],
        f[k, j, i + 1] - f[k, j, i],
        f[k, j, i + 2] - f[k, j, i + 1],
    )
    return to_face(before, here, behind, w[3], w[4], w)


def behind_x_reduced(f, k, j, i, w):
    """Difference along x at i - 1/2 of values half a cell further."""
    before, here, behind = (
        f[k, j, i - 1] - f[k, j, i - 2],
        f[k, j, i] - f[k, j, i - 1],
        f[k, j, i + 1] - f[k, j, i],
    )
    return to_centre(before, here, behind, w)


def ahead_y_reduced(f, k, j, i, w):
    """Difference along y at j + 1/2."""
    before, here, behind = (
        f[k, j, i] - f[k, j - 1, i],
        f[k, j + 1, i] - f[k, j, i],
        f[k, j + 2, i] - f[k, j + 1, i],
    )
    return to_face(before, here, behind, w[3], w[4], w)


def behind_y_reduced(f, k, j, i, w):
    """Difference along y at j - 1/2 of values half a cell further."""
    before, here, behind = (
        f[k, j - 1, i] - f[k, j - 2, i],
        f[k, j, i] - f[k, j - 1, i],
        f[k, j + 1, i] - f[k, j, i],
    )
    return to_centre(before, here, behind, w)


def ahead_z_reduced(f, k, j, i, w):
    """Difference along z at k + 1/2 of values half a cell before."""
    before, here, behind = (
        f[k, j, i] - f[k - 1, j, i],
        f[k + 1, j, i] - f[k, j, i],
        f[k + 2, j, i] - f[k + 1, j, i],
    )
    return to_centre(before, here, behind, w)


def behind_z_reduced(f, k, j, i, w):
    """Difference along z at k - 1/2."""
    before, here, behind = (
        f[k - 1, j, i] - f[k - 2, j, i],
        f[k, j, i] - f[k - 1, j, i],
        f[k + 1, j, i] - f[k, j, i],
    )
    return to_face(before, here, behind, w[2], w[3], w)


def row_x_8(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along x, of eighth order elsewhere."""
    c = w0 * p.second
    two = w2 + w3
    one = w1 + two
    return (
        *(c, (w0 - c) + one, one, two, w3),
        *(
            p.one - near_interface[k, j, i - 3],
            p.one - near_interface[k, j, i - 2],
            p.one - near_interface[k, j, i - 1],
            p.one - near_interface[k, j, i],
        ),
        *(
            p.one - near_interface[k, j, i + 1],
            p.one - near_interface[k, j, i + 2],
            p.one - near_interface[k, j, i + 3],
        ),
    )


def row_y_8(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along y, of eighth order elsewhere."""
    c = w0 * p.second
    two = w2 + w3
    one = w1 + two
    return (
        *(c, (w0 - c) + one, one, two, w3),
        *(
            p.one - near_interface[k, j - 3, i],
            p.one - near_interface[k, j - 2, i],
            p.one - near_interface[k, j - 1, i],
            p.one - near_interface[k, j, i],
        ),
        *(
            p.one - near_interface[k, j + 1, i],
            p.one - near_interface[k, j + 2, i],
            p.one - near_interface[k, j + 3, i],
        ),
    )


def row_z_8(k, j, i, near_interface, p, w0, w1, w2, w3):
    """Weights along z, of eighth order elsewhere."""
    c = w0 * p.second
    two = w2 + w3
    one = w1 + two
    return (
        *(c, (w0 - c) + one, one, two, w3),
        *(
            p.one - near_interface[k - 3, j, i],
            p.one - near_interface[k - 2, j, i],
            p.one - near_interface[k - 1, j, i],
            p.one - near_interface[k, j, i],
        ),
        *(
            p.one - near_interface[k + 1, j, i],
            p.one - near_interface[k + 2, j, i],
            p.one - near_interface[k + 3, j, i],
        ),
    )


def to_centre_8(d, w):
    """Difference at a centre from the seven around it."""
    near = w[1] * (w[8] * d[3]) + w[2] * (w[9] * d[4] + w[7] * d[2])
    far = w[3] * (w[10] * d[5] + w[6] * d[1]) + w[4] * (w[11] * d[6] + w[5] * d[0])
    return w[0] * d[3] + (near + far)


def to_face_8(d, first, second, w):
    """Difference at a face from the seven around it; first and second are 1 - n of the cells before and behind."""
    three = w[4]
    two = w[3] + three
    one = w[2] + two
    before = one * (d[3] - d[2]) + two * (d[4] - d[1]) + three * (d[5] - d[0])
    behind = one * (d[4] - d[3]) + two * (d[5] - d[2]) + three * (d[6] - d[1])
    return w[0] * d[3] + (second * behind - first * before)


def along_x(f, k, j, i):
    """The differences from i - 3 to i + 3, each from its place to the next."""
    return (
        *(f[k, j, i - 2] - f[k, j, i - 3], f[k, j, i - 1] - f[k, j, i - 2], f[k, j, i] - f[k, j, i - 1]),
        *(f[k, j, i + 1] - f[k, j, i], f[k, j, i + 2] - f[k, j, i + 1]),
        *(f[k, j, i + 3] - f[k, j, i + 2], f[k, j, i + 4] - f[k, j, i + 3]),
    )


def along_y(f, k, j, i):
    """The differences from j - 3 to j + 3, each from its place to the next."""
    return (
        *(f[k, j - 2, i] - f[k, j - 3, i], f[k, j - 1, i] - f[k, j - 2, i], f[k, j, i] - f[k, j - 1, i]),
        *(f[k, j + 1, i] - f[k, j, i], f[k, j + 2, i] - f[k, j + 1, i]),
        *(f[k, j + 3, i] - f[k, j + 2, i], f[k, j + 4, i] - f[k, j + 3, i]),
    )


def along_z(f, k, j, i):
    """The differences from k - 3 to k + 3, each from its place to the next."""
    return (
        *(f[k - 2, j, i] - f[k - 3, j, i], f[k - 1, j, i] - f[k - 2, j, i], f[k, j, i] - f[k - 1, j, i]),
        *(f[k + 1, j, i] - f[k, j, i], f[k + 2, j, i] - f[k + 1, j, i]),
        *(f[k + 3, j, i] - f[k + 2, j, i], f[k + 4, j, i] - f[k + 3, j, i]),
    )


def ahead_x_reduced_8(f, k, j, i, w):
    """Difference along x at i + 1/2, of eighth order elsewhere."""
    return to_face_8(along_x(f, k, j, i), w[8], w[9], w)


def behind_x_reduced_8(f, k, j, i, w):
    """Difference along x at i - 1/2 of values half a cell further, of eighth order elsewhere."""
    return to_centre_8(along_x(f, k, j, i - 1), w)


def ahead_y_reduced_8(f, k, j, i, w):
    """Difference along y at j + 1/2, of eighth order elsewhere."""
    return to_face_8(along_y(f, k, j, i), w[8], w[9], w)


def behind_y_reduced_8(f, k, j, i, w):
    """Difference along y at j - 1/2 of values half a cell further, of eighth order elsewhere."""
    return to_centre_8(along_y(f, k, j - 1, i), w)


def ahead_z_reduced_8(f, k, j, i, w):
    """Difference along z at k + 1/2 of values half a cell before, of eighth order elsewhere."""
    return to_centre_8(along_z(f, k, j, i), w)


def behind_z_reduced_8(f, k, j, i, w):
    """Difference along z at k - 1/2, of eighth order elsewhere."""
    return to_face_8(along_z(f, k - 1, j, i), w[7], w[8], w)


def v_x_reduced(k, j, i, near_interface, p):
    """Weights along x in the velocity step, of second order beside rough surfaces."""
    return row_x(k, j, i, near_interface, p, p.vx1, p.vx2, p.vx3, p.vx4)


def v_x_reduced_8(k, j, i, near_interface, p):
    """Weights along x in the velocity step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_x_8(k, j, i, near_interface, p, p.vx1, p.vx2, p.vx3, p.vx4)


def v_y_reduced(k, j, i, near_interface, p):
    """Weights along y in the velocity step, of second order beside rough surfaces."""
    return row_y(k, j, i, near_interface, p, p.vy1, p.vy2, p.vy3, p.vy4)


def v_y_reduced_8(k, j, i, near_interface, p):
    """Weights along y in the velocity step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_y_8(k, j, i, near_interface, p, p.vy1, p.vy2, p.vy3, p.vy4)


def v_z_reduced(k, j, i, near_interface, p):
    """Weights along z in the velocity step, of second order beside rough surfaces."""
    return row_z(k, j, i, near_interface, p, p.vz1, p.vz2, p.vz3, p.vz4)


def v_z_reduced_8(k, j, i, near_interface, p):
    """Weights along z in the velocity step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_z_8(k, j, i, near_interface, p, p.vz1, p.vz2, p.vz3, p.vz4)


def s_x_reduced(k, j, i, near_interface, p):
    """Weights along x in the stress step, of second order beside rough surfaces."""
    return row_x(k, j, i, near_interface, p, p.sx1, p.sx2, p.sx3, p.sx4)


def s_x_reduced_8(k, j, i, near_interface, p):
    """Weights along x in the stress step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_x_8(k, j, i, near_interface, p, p.sx1, p.sx2, p.sx3, p.sx4)


def s_y_reduced(k, j, i, near_interface, p):
    """Weights along y in the stress step, of second order beside rough surfaces."""
    return row_y(k, j, i, near_interface, p, p.sy1, p.sy2, p.sy3, p.sy4)


def s_y_reduced_8(k, j, i, near_interface, p):
    """Weights along y in the stress step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_y_8(k, j, i, near_interface, p, p.sy1, p.sy2, p.sy3, p.sy4)


def s_z_reduced(k, j, i, near_interface, p):
    """Weights along z in the stress step, of second order beside rough surfaces."""
    return row_z(k, j, i, near_interface, p, p.sz1, p.sz2, p.sz3, p.sz4)


def s_z_reduced_8(k, j, i, near_interface, p):
    """Weights along z in the stress step, of second order beside rough surfaces, of eighth order elsewhere."""
    return row_z_8(k, j, i, near_interface, p, p.sz1, p.sz2, p.sz3, p.sz4)


REDUCED_ORDER = {  # by the order elsewhere: what differences are replaced by, and what weights are
    4: (
        {
            ahead_x: ahead_x_reduced,
            behind_x: behind_x_reduced,
            ahead_y: ahead_y_reduced,
            behind_y: behind_y_reduced,
            ahead_z: ahead_z_reduced,
            behind_z: behind_z_reduced,
        },
        {
            "v_x": v_x_reduced,
            "v_y": v_y_reduced,
            "v_z": v_z_reduced,
            "s_x": s_x_reduced,
            "s_y": s_y_reduced,
            "s_z": s_z_reduced,
        },
    ),
    8: (
        {
            ahead_x: ahead_x_reduced_8,
            behind_x: behind_x_reduced_8,
            ahead_y: ahead_y_reduced_8,
            behind_y: behind_y_reduced_8,
            ahead_z: ahead_z_reduced_8,
            behind_z: behind_z_reduced_8,
        },
        {
            "v_x": v_x_reduced_8,
            "v_y": v_y_reduced_8,
            "v_z": v_z_reduced_8,
            "s_x": s_x_reduced_8,
            "s_y": s_y_reduced_8,
            "s_z": s_z_reduced_8,
        },
    ),
}
