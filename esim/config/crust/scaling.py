"""What are vp and density where only vs is known? Averages over the rocks of the crust.

Brocher (2005), Empirical relations between elastic wavespeeds and density in the Earth's crust, Bulletin of the
Seismological Society of America 95, 2081-2092: vp of vs by equation 9, for vs up to 4.5 km/s, and density of vp by
equation 1 (the Nafe-Drake curve), for vp from 1.5 to 8.5 km/s.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

VP_OF_VS = (0.9409, 2.0947, -0.8206, 0.2683, -0.0251)  # km/s of (km/s)^n
RHO_OF_VP = (0.0, 1.6612, -0.4721, 0.0671, -0.0043, 0.000106)  # g/cm3 of (km/s)^n
LARGEST_VS, VP_RANGE = 4500.0, (1500.0, 8500.0)  # m/s, for which the equations were fitted


def vp_of_vs(vs: Any) -> Any:
    """vp [m/s] of vs [m/s]."""
    return 1000 * np.polynomial.polynomial.polyval(np.asarray(vs) / 1000, VP_OF_VS)


def rho_of_vp(vp: Any) -> Any:
    """Density [kg/m3] of vp [m/s]."""
    return 1000 * np.polynomial.polynomial.polyval(np.asarray(vp) / 1000, RHO_OF_VP)


def scaling_remarks(name: str, vs: np.ndarray | None, vp: np.ndarray | None) -> Iterator[str]:
    """What is said of a medium whose vp is made of vs [m/s], and whose density of vp; None for what is not made.

    vs and vp are values from which others are made.
    """
    made = [text for text, of in (("vp of vs (eq. 9)", vs), ("density of vp (eq. 1)", vp)) if of is not None]
    if made:
        yield f"{name}: makes {' and '.join(made)} after Brocher (2005)"
    if vs is not None and vs.size and vs.max() > LARGEST_VS:
        yield f"{name}: vs is up to {vs.max():g} m/s, and eq. 9 was fitted to vs below {LARGEST_VS:g} m/s"
    if vp is not None and vp.size and not VP_RANGE[0] <= vp.min() <= vp.max() <= VP_RANGE[1]:
        low, high = VP_RANGE
        yield (
            f"{name}: vp is {vp.min():.4g} to {vp.max():.4g} m/s, and eq. 1 was fitted to {low:g} to {high:g} m/s"
        )
