"""Differences on a staggered grid, of fourth and of eighth order (Levander 1988).

A difference "ahead" stands half a cell further along its axis than the values it is taken from, one "behind" half a
cell back. w holds the weights, over the size of a cell, of the pairs of neighbours 1, 3, 5 and 7 half cells away;
fourth order takes the first two.
"""

WEIGHTS = {
    4: (9 / 8, -1 / 24, 0.0, 0.0),
    8: (1225 / 1024, -245 / 3072, 49 / 5120, -5 / 7168),
}


def ahead_x(f, k, j, i, w):
    """Difference along x at i + 1/2."""
    return w[0] * (f[k, j, i + 1] - f[k, j, i]) + w[1] * (f[k, j, i + 2] - f[k, j, i - 1])


def behind_x(f, k, j, i, w):
    """Difference along x at i - 1/2."""
    return w[0] * (f[k, j, i] - f[k, j, i - 1]) + w[1] * (f[k, j, i + 1] - f[k, j, i - 2])


def ahead_y(f, k, j, i, w):
    """Difference along y at j + 1/2."""
    return w[0] * (f[k, j + 1, i] - f[k, j, i]) + w[1] * (f[k, j + 2, i] - f[k, j - 1, i])


def behind_y(f, k, j, i, w):
    """Difference along y at j - 1/2."""
    return w[0] * (f[k, j, i] - f[k, j - 1, i]) + w[1] * (f[k, j + 1, i] - f[k, j - 2, i])


def ahead_z(f, k, j, i, w):
    """Difference along z at k + 1/2."""
    return w[0] * (f[k + 1, j, i] - f[k, j, i]) + w[1] * (f[k + 2, j, i] - f[k - 1, j, i])


def behind_z(f, k, j, i, w):
    """Difference along z at k - 1/2."""
    return w[0] * (f[k, j, i] - f[k - 1, j, i]) + w[1] * (f[k + 1, j, i] - f[k - 2, j, i])


def ahead_x_8(f, k, j, i, w):
    """Difference of eighth order along x at i + 1/2."""
    near = w[0] * (f[k, j, i + 1] - f[k, j, i]) + w[1] * (f[k, j, i + 2] - f[k, j, i - 1])
    return near + (w[2] * (f[k, j, i + 3] - f[k, j, i - 2]) + w[3] * (f[k, j, i + 4] - f[k, j, i - 3]))


def behind_x_8(f, k, j, i, w):
    """Difference of eighth order along x at i - 1/2."""
    near = w[0] * (f[k, j, i] - f[k, j, i - 1]) + w[1] * (f[k, j, i + 1] - f[k, j, i - 2])
    return near + (w[2] * (f[k, j, i + 2] - f[k, j, i - 3]) + w[3] * (f[k, j, i + 3] - f[k, j, i - 4]))


def ahead_y_8(f, k, j, i, w):
    """Difference of eighth order along y at j + 1/2."""
    near = w[0] * (f[k, j + 1, i] - f[k, j, i]) + w[1] * (f[k, j + 2, i] - f[k, j - 1, i])
    return near + (w[2] * (f[k, j + 3, i] - f[k, j - 2, i]) + w[3] * (f[k, j + 4, i] - f[k, j - 3, i]))


def behind_y_8(f, k, j, i, w):
    """Difference of eighth order along y at j - 1/2."""
    near = w[0] * (f[k, j, i] - f[k, j - 1, i]) + w[1] * (f[k, j + 1, i] - f[k, j - 2, i])
    return near + (w[2] * (f[k, j + 2, i] - f[k, j - 3, i]) + w[3] * (f[k, j + 3, i] - f[k, j - 4, i]))


def ahead_z_8(f, k, j, i, w):
    """Difference of eighth order along z at k + 1/2."""
    near = w[0] * (f[k + 1, j, i] - f[k, j, i]) + w[1] * (f[k + 2, j, i] - f[k - 1, j, i])
    return near + (w[2] * (f[k + 3, j, i] - f[k - 2, j, i]) + w[3] * (f[k + 4, j, i] - f[k - 3, j, i]))


def behind_z_8(f, k, j, i, w):
    """Difference of eighth order along z at k - 1/2."""
    near = w[0] * (f[k, j, i] - f[k - 1, j, i]) + w[1] * (f[k + 1, j, i] - f[k - 2, j, i])
    return near + (w[2] * (f[k + 2, j, i] - f[k - 3, j, i]) + w[3] * (f[k + 3, j, i] - f[k - 4, j, i]))


EIGHTH = {
    ahead_x: ahead_x_8,
    behind_x: behind_x_8,
    ahead_y: ahead_y_8,
    behind_y: behind_y_8,
    ahead_z: ahead_z_8,
    behind_z: behind_z_8,
}
