"""When does the run start, and how long does it last?"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from esim.config.limits import Simulated
from esim.config.yaml.section import Section
from esim.config.yaml.suggest import shown


def utc(value: Any) -> datetime:
    """A moment in UTC from ISO 8601 text or a datetime; without an offset it is UTC already."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{shown(value)} is not a date and time; expected one such as 2011-03-11T05:46:24Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(utc), WithJsonSchema({"type": "string", "format": "date-time"})]


class TimeConfig(Section):
    """Origin time and length of the run."""

    start: Moment | None = Field(default=None, description="Origin time in UTC, ISO 8601; null: none.")
    duration: Simulated = Field(gt=0, description="Simulated time [s], such as '4 h'.")
