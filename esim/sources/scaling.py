"""How large is the rupture of an earthquake of a magnitude? Empirical scaling relations, by setting.

Crust and subduction interface: Thingbaijam, Mai and Goda (2017, BSSA 107, 2225-2246, doi:10.1785/0120170017), table 1.
Inside a subducting slab, and its interface: Strasser, Arango and Bommer (2010, SRL 81, 941-950,
doi:10.1785/gssrl.81.6.941). Reverse earthquakes everywhere: Blaser, Kruger, Ohrnberger and Scherbaum (2010, BSSA 100,
2914-2926, doi:10.1785/0120100111), orthogonal regression.
"""

from dataclasses import dataclass, replace
from typing import Literal

Setting = Literal["interface", "intraslab", "reverse", "normal", "strike-slip"]
InterfaceRelation = Literal["thingbaijam2017", "strasser2010", "blaser2010"]
THINGBAIJAM = "Thingbaijam et al. (2017)"
STRASSER = "Strasser et al. (2010)"
BLASER = "Blaser et al. (2010)"

SLAB_DEPTH = 60e3  # m, below which the interface is seldom locked, and earthquakes are inside the slab
INTERFACE_DIP = 35.0  # degrees: thrusts that dip less are taken for those of a subduction interface
OBLIQUE = 45.0  # degrees of rake from horizontal slip, up to which a mechanism is strike-slip
INTERFACE_RIGIDITY, CRUST_RIGIDITY, SLAB_RIGIDITY = (
    40e9,
    30e9,
    65e9,
)  # Pa; of PREM in 20, 10 and 70 km, rounded


@dataclass(frozen=True)
class ScalingRelation:
    """log10 of length and width [km] as a + b Mw, for the magnitudes of its data; rigidity [Pa] of the moment.

    spread are the standard deviations of log10 of length and width around that; (0, 0) where they are not needed.
    """

    reference: str
    length: tuple[float, float]
    width: tuple[float, float]
    magnitudes: tuple[float, float]
    rigidity: float
    spread: tuple[float, float] = (0.0, 0.0)

    def dimensions(
        self, magnitude: float, deviations: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[float, float]:
        """Length and width [m] of the rupture, so many standard deviations from the usual ones."""
        (a, b), (c, d) = self.length, self.width
        more = [size * number for size, number in zip(self.spread, deviations, strict=True)]
        return 1e3 * 10 ** (a + b * magnitude + more[0]), 1e3 * 10 ** (c + d * magnitude + more[1])

    def holds(self, magnitude: float) -> bool:
        """Whether the magnitude is within those of its data."""
        low, high = self.magnitudes
        return low <= magnitude <= high


RELATIONS: dict[Setting, ScalingRelation] = {
    "interface": ScalingRelation(
        THINGBAIJAM, (-2.412, 0.583), (-0.880, 0.366), (6.7, 9.2), INTERFACE_RIGIDITY
    ),
    "intraslab": ScalingRelation(STRASSER, (-2.350, 0.562), (-1.058, 0.356), (5.9, 7.8), SLAB_RIGIDITY),
    "reverse": ScalingRelation(THINGBAIJAM, (-2.693, 0.614), (-1.669, 0.435), (5.6, 7.7), CRUST_RIGIDITY),
    "normal": ScalingRelation(THINGBAIJAM, (-1.722, 0.485), (-0.829, 0.323), (5.9, 8.4), CRUST_RIGIDITY),
    "strike-slip": ScalingRelation(THINGBAIJAM, (-2.943, 0.681), (-0.543, 0.261), (5.4, 8.7), CRUST_RIGIDITY),
}


# Earthquakes of a subduction interface, with the spread of their sizes.
INTERFACE: dict[InterfaceRelation, ScalingRelation] = {
    "thingbaijam2017": replace(RELATIONS["interface"], spread=(0.107, 0.099)),
    "strasser2010": ScalingRelation(
        STRASSER, (-2.477, 0.585), (-0.882, 0.351), (6.3, 9.4), INTERFACE_RIGIDITY, (0.180, 0.173)
    ),
    "blaser2010": ScalingRelation(
        BLASER, (-2.37, 0.57), (-1.86, 0.46), (5.3, 9.5), INTERFACE_RIGIDITY, (0.18, 0.17)
    ),
}


def moment_of(magnitude: float) -> float:
    """Seismic moment [N m] of a moment magnitude, 10^(1.5 Mw + 9.1) (Hanks and Kanamori 1979)."""
    return 10 ** (1.5 * magnitude + 9.1)


def likely_setting(depth: float, dip: float, rake: float) -> tuple[Setting, str]:
    """The setting that depth [m], dip and rake [degrees] speak for, and why, as the end of a sentence."""
    turned = (rake + 180.0) % 360.0 - 180.0
    if depth > SLAB_DEPTH:
        return "intraslab", f"it is deeper than {SLAB_DEPTH / 1e3:g} km"
    if min(abs(turned), 180.0 - abs(turned)) < OBLIQUE:
        return "strike-slip", f"rake {rake:.4g} is nearly along strike"
    if turned < 0:
        return "normal", f"rake {rake:.4g} is down dip"
    if dip <= INTERFACE_DIP:
        return "interface", f"it is a thrust that dips {dip:.3g} degrees, no more than {INTERFACE_DIP:g}"
    return "reverse", f"it is a thrust that dips {dip:.3g} degrees, more than {INTERFACE_DIP:g}"
