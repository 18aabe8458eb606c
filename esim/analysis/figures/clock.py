"""What time is it? Times since the origin in words, and on the clock: UTC and local time."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from esim.analysis.figures.look import Look
from esim.analysis.figures.place import home
from esim.analysis.reading.run import Run

HOUR, MINUTE, SECOND = (3600.0, "h"), (60.0, "min"), (1.0, "s")
UNITS = ((4 * 3600.0, HOUR), (600.0, MINUTE), (0.0, SECOND))  # from a duration on [s]


@dataclass(frozen=True)
class Clock:
    """The clocks of a run: its origin time in UTC, and a time zone; None where they are not known."""

    start: datetime | None
    zone: tzinfo | None

    @property
    def zones(self) -> list[tzinfo]:
        """UTC, and the local zone where it is known and another one; none without an origin time."""
        if self.start is None:
            return []
        same = self.zone is None or self.start.astimezone(self.zone).utcoffset() == timedelta(0)
        return [UTC] if same or self.zone is None else [UTC, self.zone]

    def at(self, seconds: float, form: str = "%H:%M") -> list[str]:
        """What the clocks show at a time since the origin: "06:16 UTC", "15:16 UTC+9"; dates where they change."""
        return [
            f"{text} {self.name(zone)}"
            for text, zone in zip(self.texts(seconds, form), self.zones, strict=True)
        ]

    def texts(self, seconds: float, form: str = "%H:%M") -> list[str]:
        """The same without the names of the zones."""
        return [self._text(seconds, zone, form) for zone in self.zones]

    def name(self, zone: tzinfo) -> str:
        """How a zone is called: "UTC", "JST", or "UTC+9" where it has no letters."""
        assert self.start is not None  # else there are no zones
        local = self.start.astimezone(zone)
        name, offset = local.tzname() or "", local.utcoffset() or timedelta(0)
        if name.isalpha():
            return name
        hours, minutes = divmod(round(abs(offset.total_seconds()) / 60), 60)
        return f"UTC{'-' if offset < timedelta(0) else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")

    def origin(self) -> str:
        """The origin time on all clocks; empty where it is not known."""
        if self.start is None:
            return ""
        first, *others = [self.start.astimezone(zone) for zone in self.zones]
        texts = [f"origin {first:%Y-%m-%d %H:%M:%S} {self.name(UTC)}"]
        for local, zone in zip(others, self.zones[1:], strict=True):
            form = "%H:%M:%S" if local.date() == first.date() else "%Y-%m-%d %H:%M:%S"
            texts.append(f"{local:{form}} {self.name(zone)}")
        return " = ".join(texts)

    def _text(self, seconds: float, zone: tzinfo, form: str) -> str:
        assert self.start is not None  # else there are no zones
        begun = self.start.astimezone(zone)
        moment = (self.start + timedelta(seconds=seconds)).astimezone(zone)
        date = "" if moment.date() == begun.date() else f"{moment.day} {moment:%b} "
        return f"{date}{moment:{form}}"


def clock(run: Run, look: Look) -> Clock:
    """The clocks of a run: local time is that of the zone chosen, else of the land nearest to the source."""
    place = None if look.zone is not None else home(run)
    return Clock(run.start, look.zone if place is None else local_zone(*place))


def warn_if_unused(run: Run, look: Look) -> None:
    """Warns where a time zone was chosen for a run without an origin time, which has no clock."""
    if look.zone is not None and run.start is None:
        logging.getLogger("esim").warning(
            "the time zone is not used: the run has no origin time (time.start)"
        )


def local_zone(lon: float, lat: float) -> tzinfo:
    """The time zone of a place; nautical time, whole hours from UTC, where its country is not known."""
    lon = (lon + 180) % 360 - 180
    try:
        from tzfpy import get_tz

        return ZoneInfo(get_tz(lon, lat))
    except (ImportError, ValueError, ZoneInfoNotFoundError):
        return timezone(timedelta(hours=round(lon / 15)))


def unit(last: float) -> tuple[float, str]:
    """A handy unit for times up to one [s]: how many seconds it has, and its name."""
    return next(found for least, found in UNITS if last >= least)


def duration(seconds: float) -> str:
    """A time since the origin in words: 45 s, 30 min, 2 h, 2 h 30 min."""
    if seconds and abs(seconds) < 60:
        return f"{seconds:.3g} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    words = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(words)
