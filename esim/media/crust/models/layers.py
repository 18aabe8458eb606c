"""What are the values of each layer? Constant from its top to the top of the next, the last is a half-space."""

from collections.abc import Sequence

import numpy as np

from esim.config.crust.medium import LayerConfig
from esim.config.crust.scaling import rho_of_vp, scaling_remarks, vp_of_vs
from esim.errors import InputError
from esim.media.crust.models.profile import Profile


def layers(sections: Sequence[LayerConfig], scaling: str | None = None) -> Profile:
    """The medium of sections with top [m], vp, vs [m/s], rho [kg/m3] and qp, qs (None: no attenuation).

    Above the first top its values are continued. Raises InputError unless tops increase.
    """
    tops = np.array([section.top for section in sections], dtype=float)
    for n, (upper, lower) in enumerate(zip(tops, tops[1:], strict=False), start=1):
        if not lower > upper:
            raise InputError(
                f"medium.layers.{n}.top: {lower:g} m is not below the top of the layer before, {upper:g} m"
            )
    rows = [(s.vp, s.vs, s.rho, quality(s.qp), quality(s.qs)) for s in sections]
    places = tuple(f"medium.layers.{n} (from depth {top:g} m)" for n, top in enumerate(tops))
    values = np.array(rows, dtype=float).T
    return Profile(tops, values, False, "medium.layers", places, remarks=_scaled(values) if scaling else ())


def _scaled(values: np.ndarray) -> tuple[str, ...]:
    """What is said of layers whose vp and density were made by scaling."""
    vp, vs, rho = values[:3]
    of_vs, of_vp = vp == vp_of_vs(vs), rho == rho_of_vp(vp)
    return tuple(
        scaling_remarks(
            f"medium.layers ({np.count_nonzero(of_vs | of_vp)} of {vs.size})",
            vs[of_vs] if of_vs.any() else None,
            vp[of_vp] if of_vp.any() else None,
        )
    )


def quality(q: float | None) -> float:
    """The quality factor, infinite where none is given."""
    return np.inf if q is None else q
