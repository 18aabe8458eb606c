"""What can only be shown of a single member? Movement and layers: whoever asks is sent there."""

from typing import NoReturn

from esim.analysis.reading.run import Run
from esim.errors import InputError


def moving(run: Run, *_: object) -> NoReturn:
    """Raises InputError."""
    raise _of_member(run, "snapshots")


def layers(run: Run, *_: object) -> NoReturn:
    """Raises InputError."""
    raise _of_member(run, "points, lines or polygons, but maps as geotiff")


def _of_member(run: Run, what: str) -> InputError:
    names = [one["name"] for one in run.record.get("members", []) if one.get("state") == "complete"]
    example = run.directory / "members" / (names[0] if names else "NAME")
    return InputError(
        f"{run.directory}: an ensemble has no {what} of its own; expected one of its members, such as {example}"
    )
