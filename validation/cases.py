"""The cases that `esim validate` knows, by name."""

from esim.validation import (
    absorption,
    attenuation,
    full_space,
    lamb,
    loh,
    reciprocity,
    tohoku2011,
    topography,
)
from esim.validation.case import Bound, Case, Check, Comparison, Runs

CRUST = (full_space, lamb, attenuation, reciprocity, absorption, topography)
CASES = {case.name: case for case in (tohoku2011.CASE, *(module.CASE for module in CRUST), *loh.CASES)}

__all__ = ["CASES", "Bound", "Case", "Check", "Comparison", "Runs"]
