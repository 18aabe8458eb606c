"""Has every number that a YAML file can hold bounds on both sides, and is what lies beyond refused with a reason?"""

import math
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from esim.config.annotations import dimension_of, limits_of, whole
from esim.config.ocean.warning_levels import WarningLevel
from esim.config.reference import all_keys
from esim.config.yaml.document import Document
from esim.config.yaml.problems import input_error
from esim.config.yaml.units import MEMORY

MARKS = "missing"  # marks of missing values can be any number
NOT_NUMBERS = (math.inf, -math.inf, math.nan, True, "many")


def kinds(annotation: Any) -> set[type]:
    """The types of the values of an annotation."""
    if get_origin(annotation) is Annotated:
        return kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType, tuple):
        return set().union(*map(kinds, get_args(annotation)))
    if get_origin(annotation) is Literal or not isinstance(annotation, type):
        return set()
    return {annotation}


NUMBERS = {
    f"{key.scenario}.{key.path}": key.info
    for key in all_keys()
    if key.field is not None and not key.children and kinds(whole(key.info)) & {int, float}
} | {"warning levels": WarningLevel.model_fields["above"]}


def refusal(info: Any, value: object) -> str:
    """What is said of a value, of its first item where it is a list; "" if it is taken."""
    adapter: TypeAdapter[Any] = TypeAdapter(whole(info))
    for given in (value, [value], [value, value], [value, value, value], [[value, value]] * 3):
        try:
            adapter.validate_python(given)
            return ""
        except ValidationError as error:
            said = str(input_error(error, Document(given, None)))  # type: ignore[arg-type]
        if "list" not in said and "items" not in said:
            break
    return said


def test_there_are_numbers() -> None:
    assert len(NUMBERS) > 150


def test_every_number_has_bounds_on_both_sides_and_what_lies_beyond_is_refused() -> None:
    wrong = {name: found for name, info in NUMBERS.items() if (found := list(failures(info)))}
    wrong = {name: found for name, found in wrong.items() if not name.endswith(MARKS)}
    assert not wrong


def failures(info: Any) -> Iterator[str]:
    """What is wrong with the bounds of a field."""
    of = kinds(whole(info))
    low, high = limits_of(info)
    if str in of:
        return  # a name, or a number that is one
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        yield f"its bounds are {low} and {high}"
        return
    if float in of and (max(-low, high) > 1e31 or dimension_of(info) is None):
        yield "nothing on the Earth is that large"
    for value, bound in ((low - 0.1 * abs(low) - 1, low), (high + 0.1 * abs(high) + 1, high)):
        given = value if float in of or dimension_of(info) is MEMORY else math.floor(value)
        said = refusal(info, given)
        if not ("expected" in said and f"{bound:g}" in said):
            yield f"of {given}: {said}"
    for other in NOT_NUMBERS:
        if not refusal(info, other):
            yield f"{other} is taken"


def test_a_refusal_says_the_value_as_it_was_given_the_bound_and_why() -> None:
    slip = next(info for name, info in NUMBERS.items() if name.endswith("faults.slip"))
    for given in (1e30, "1e5 km"):
        assert refusal(slip, given).endswith(
            "expected at most 1000: in m; the largest slip known, of 2011, is some 60 m"
        )
    assert refusal(slip, "1e5 km").startswith("'1e5 km' is too large")
