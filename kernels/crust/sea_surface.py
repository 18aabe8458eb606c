"""Gravity at the sea surface: what its weight does to the water below, and how the surface follows (linear theory).

The sea surface at rest is the upper face of a layer k of water, where vz lies. Risen by eta (up), it presses on the
water with rho g eta; vz of that face stands for a part a of a cell, half a cell below cells of air, that of the
closure below a flat free surface (esim/grids/closure.py). So, with z down,

    a dz rho dvz/dt = sums of stress as without gravity + rho g eta,    deta/dt = -vz.

Summation by parts leaves of the work of all stresses that at the surface, rho g eta vz, and this is what the energy of
the risen water, rho g eta^2 / 2 over the surface, loses: the sum of kinetic, strain and gravity energy stays what it
is. eta lies at the times of stress, so that the leapfrog keeps this energy as it keeps that of strain; its step is
stable while dt^2 (w^2 + g / (a dz)) < 4, with w the highest frequency without gravity.

The condition p = rho g eta at the surface at rest is that of Maeda and Furumura (2013, Pure Appl. Geophys. 170, 109),
Lotto and Dunham (2015, Comput. Geosci. 19, 327) and Abrahams et al. (2023, Geophys. J. Int. 234, 404). It leaves out
what gravity does within the water: the weight of water that is compressed, and buoyancy.

sea holds, for the columns: g dt / (a dz), times what absorbing layers leave of a velocity; what they leave of eta; and
this times dt. All are zero where there is no water. eta and sea are [n, j, i], eta with n = 0 only.
"""


def velocity_at_sea_surface(k, j, i, vz, eta, sea, p):
    """Press on the sea surface by its elevation, and let it follow the water."""
    down = vz[k, j, i] + sea[0, j, i] * eta[0, j, i]
    vz[k, j, i] = down
    eta[0, j, i] = sea[1, j, i] * eta[0, j, i] - sea[2, j, i] * down
