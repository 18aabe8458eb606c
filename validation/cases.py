"""The cases that `esim validate` knows, by name."""

from esim.validation import (
    absorption,
    attenuation,
    bp1,
    bp4,
    bp6,
    bp7,
    carrier_greenspan,
    dam_breaks,
    far_field,
    full_space,
    great_circle,
    lamb,
    landslide,
    linear_dispersion,
    loh,
    macdonald,
    memory16,
    nested,
    pacific,
    quiescent,
    radial_dam_break,
    reciprocity,
    rest,
    rotating_sphere,
    runup,
    solitary,
    thacker,
    tohoku2011,
    tohoku_dispersion,
    topography,
)
from esim.validation.case import Bound, Case, Check, Comparison, Runs

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
    bp6.CASE,
    bp7.CASE,
    rotating_sphere.CASE,
    great_circle.CASE,
    landslide.CASE,
    linear_dispersion.CASE,
    solitary.CASE,
    far_field.CASE,
    *nested.CASES,
    tohoku2011.CASE,
    tohoku_dispersion.CASE,
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
    topography.CASE,
    *loh.CASES,
)
GROUPS = {"ocean": OCEAN, "crust": CRUST}
CASES = {case.name: case for group in GROUPS.values() for case in group}

__all__ = ["CASES", "CRUST", "GROUPS", "OCEAN", "Bound", "Case", "Check", "Comparison", "Runs"]
