"""The cases that `esim validate` knows, by name."""

from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.coupled import four_methods, tohoku
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
    superposition,
    surface_rupture,
    tank,
    topography,
    volcanic,
)
from esim.validation.cases.nthmp import bp1, bp4, bp5, bp6, bp7
from esim.validation.cases.ocean import (
    carrier_greenspan,
    current,
    dam_breaks,
    edge_wave,
    great_circle,
    kelvin_wave,
    landslide,
    linear_dispersion,
    macdonald,
    nest_join,
    open_sides,
    plane_waves,
    radial_dam_break,
    rotating_sphere,
    runup,
    seiche,
    solitary,
    thacker,
)
from esim.validation.cases.tsunamis import (
    closed_sea,
    coda,
    far_field,
    lamb_wave,
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
    plane_waves.CASE,
    edge_wave.CASE,
    kelvin_wave.CASE,
    seiche.CASE,
    nest_join.CASE,
    far_field.CASE,
    *nested.CASES,
    tohoku2011.CASE,
    tohoku_dispersion.CASE,
    near_gauges.CASE,
    coda.CASE,
    closed_sea.CASE,
    pacific.CASE,
    lamb_wave.CASE,
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
    volcanic.CASE,
    topography.CASE,
    *loh.CASES,
    surface_rupture.CASE,
    tank.CASE,
    superposition.CASE,
)
# Some of these are of one engine alone, and are what a coupled run rests on.
COUPLED = (
    static.CASE,
    volcanic.CASE,
    tank.CASE,
    superposition.CASE,
    lamb_wave.CASE,
    four_methods.CASE,
    tohoku.CASE,
)
GROUPS = {"ocean": OCEAN, "crust": CRUST, "coupled": COUPLED}
CASES = {case.name: case for group in GROUPS.values() for case in group}

__all__ = ["CASES", "COUPLED", "CRUST", "GROUPS", "OCEAN", "Bound", "Case", "Check", "Comparison", "Runs"]
