"""The cases that `esim validate` knows, by name."""

from esim.validation import tohoku2011
from esim.validation.case import Case, Check

CASES = {case.name: case for case in (tohoku2011.CASE,)}

__all__ = ["CASES", "Case", "Check"]
