"""Between which bounds does a number lie, and why? A mark of a field that pydantic checks and the manual shows."""

from dataclasses import dataclass
from typing import Any

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

OUT_OF_BOUNDS = "out_of_bounds"  # type of the error


class Beyond(ValueError):
    """A sentence about a number that lies beyond the bounds of its dimension."""

    def __init__(self, sentence: str, number: float) -> None:
        super().__init__(sentence)
        self.number = number


@dataclass(frozen=True)
class Within:
    """Bounds of a number, both included; `why` ends a sentence: what sets them."""

    low: float
    high: float
    why: str

    def problem(self, value: float, unit: str = "") -> str | None:
        """The end of a sentence about a value out of the bounds, which begins with it; None for one within."""
        if self.low <= value <= self.high:
            return None
        if value < self.low:
            size, limit = "small; expected at least", self.low
        else:
            size, limit = "large; expected at most", self.high
        why = "" if limit == 0 else f": {self.why}"  # what cannot be negative needs no reason
        return f"is too {size} {f'{limit:g} {unit}'.strip()}{why}"

    def _check(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        """The number; where wider bounds refuse it already, these narrower ones, which say more, speak."""
        try:
            number = found = inner(value)
        except ValidationError as error:
            cause = error.errors()[0].get("ctx", {}).get("error")
            if not isinstance(cause, Beyond):
                raise
            number, found = cause.number, None
        if isinstance(number, int | float) and (problem := self.problem(number)):
            raise PydanticCustomError(
                OUT_OF_BOUNDS, "{number} {problem}", {"number": number, "problem": problem}
            )
        return found

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "minimum": self.low, "maximum": self.high}
