"""The cases that `esim validate` knows, by name."""

from esim.validation import loh, tohoku2011
from esim.validation.case import Bound, Case, Check, Comparison, Runs

CASES = {case.name: case for case in (tohoku2011.CASE, *loh.CASES)}

__all__ = ["CASES", "Bound", "Case", "Check", "Comparison", "Runs"]
