"""The cases that `esim validate` knows, by name."""

from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.crust import (
    absorption,
    attenuation,
    full_space,
    hard_media,
    lamb,
    loh,
    memory16,
    reciprocity,
    static,
    surface_rupture,
    topography,
)
from esim.validation.cases.nthmp import bp1, bp4, bp5, bp6, bp7
from esim.validation.cases.ocean import (
    carrier_greenspan,
    current,
    dam_breaks,
    great_circle,
    landslide,
    linear_dispersion,
    macdonald,
    open_sides,
    radial_dam_break,
    rotating_sphere,
    runup,
    solitary,
    thacker,
)
from esim.validation.cases.tsunamis import (
    far_field,
    near_gauges,
    nested,
    pacific,
    quiescent,
    rest,
    tohoku2011,
    tohoku_dispersion,
)

# The order is that of the tables.
OCEAN = (
    rest.CASE,
    dam_breaks.CASE,
    radial_dam_break.CASE,
    macdonald.CASE,
    thacker.CASE,
    carrier_greenspan.CASE,
    runup.CASE,
    bp1.CASE,
    bp4.CASE,
    bp5.CASE,
    bp6.CASE,
    bp7.CASE,
    rotating_sphere.CASE,
    great_circle.CASE,
    landslide.CASE,
    linear_dispersion.CASE,
    open_sides.CASE,
    current.CASE,
    solitary.CASE,
    far_field.CASE,
    *nested.CASES,
    tohoku2011.CASE,
    tohoku_dispersion.CASE,
    near_gauges.CASE,
    pacific.CASE,
    quiescent.CASE,
)
CRUST = (
    full_space.CASE,
    lamb.CASE,
    attenuation.CASE,
    memory16.CASE,
    reciprocity.CASE,
    absorption.CASE,
    hard_media.CASE,
    static.CASE,
    topography.CASE,
    *loh.CASES,
    surface_rupture.CASE,
)
GROUPS = {"ocean": OCEAN, "crust": CRUST}
CASES = {case.name: case for group in GROUPS.values() for case in group}

__all__ = ["CASES", "CRUST", "GROUPS", "OCEAN", "Bound", "Case", "Check", "Comparison", "Runs"]
