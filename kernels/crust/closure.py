"""Differences along z of the uppermost layers below a flat free surface: sums over the uppermost nodes.

near_interface[k, n, 0] holds for each layer k of them a factor and the weights of the nodes from the surface down,
first of a difference ahead, then of one behind; esim/grids/closure.py says which. The factor is one over the part of a
cell for which the layer's nodes stand. A weight is the same number wherever it appears, so that even rounding neither
makes nor takes energy.
"""


def row_4(k, j, i, near_interface, p):
    """Factors and weights of a layer above differences of fourth order."""
    t = near_interface
    ahead = (
        *(t[k, 0, 0], t[k, 1, 0], t[k, 2, 0], t[k, 3, 0], t[k, 4, 0]),
        *(t[k, 5, 0], t[k, 6, 0], t[k, 7, 0], t[k, 8, 0], t[k, 9, 0]),
    )
    behind = (
        *(t[k, 10, 0], t[k, 11, 0], t[k, 12, 0], t[k, 13, 0], t[k, 14, 0]),
        *(t[k, 15, 0], t[k, 16, 0], t[k, 17, 0], t[k, 18, 0], t[k, 19, 0]),
    )
    return ahead, behind


def row_8(k, j, i, near_interface, p):
    """Factors and weights of a layer above differences of eighth order."""
    t = near_interface
    ahead = (
        *(t[k, 0, 0], t[k, 1, 0], t[k, 2, 0], t[k, 3, 0], t[k, 4, 0]),
        *(t[k, 5, 0], t[k, 6, 0], t[k, 7, 0], t[k, 8, 0], t[k, 9, 0], t[k, 10, 0]),
    )
    behind = (
        *(t[k, 11, 0], t[k, 12, 0], t[k, 13, 0], t[k, 14, 0], t[k, 15, 0]),
        *(t[k, 16, 0], t[k, 17, 0], t[k, 18, 0], t[k, 19, 0], t[k, 20, 0], t[k, 21, 0]),
    )
    return ahead, behind


def sum_4(f, j, i, w):
    """A difference of values f whose first layer is number 2 of its array, as halos of fourth order have it."""
    upper = w[1] * f[2, j, i] + w[2] * f[3, j, i] + w[3] * f[4, j, i] + w[4] * f[5, j, i]
    lower = w[5] * f[6, j, i] + w[6] * f[7, j, i] + w[7] * f[8, j, i] + w[8] * f[9, j, i]
    return w[0] * (upper + (lower + w[9] * f[10, j, i]))


def sum_8(f, j, i, w):
    """A difference of values f whose first layer is number 4 of its array, as halos of eighth order have it."""
    upper = w[1] * f[4, j, i] + w[2] * f[5, j, i] + w[3] * f[6, j, i] + w[4] * f[7, j, i] + w[5] * f[8, j, i]
    lower = w[6] * f[9, j, i] + w[7] * f[10, j, i] + w[8] * f[11, j, i] + w[9] * f[12, j, i]
    return w[0] * (upper + (lower + w[10] * f[13, j, i]))


def ahead_4(f, k, j, i, w):
    """Difference along z at k + 1/2."""
    return sum_4(f, j, i, w[0])


def behind_4(f, k, j, i, w):
    """Difference along z at k - 1/2."""
    return sum_4(f, j, i, w[1])


def ahead_8(f, k, j, i, w):
    """Difference along z at k + 1/2, eighth order below."""
    return sum_8(f, j, i, w[0])


def behind_8(f, k, j, i, w):
    """Difference along z at k - 1/2, eighth order below."""
    return sum_8(f, j, i, w[1])


ROW = {4: row_4, 8: row_8}
AHEAD = {4: ahead_4, 8: ahead_8}
BEHIND = {4: behind_4, 8: behind_8}
