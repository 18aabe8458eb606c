"""Which runs are the parts of a coupled one, and what do they share?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from esim.analysis.figures.clock import clock
from esim.analysis.figures.look import Look
from esim.analysis.figures.place import is_lonlat
from esim.analysis.reading.run import Run
from esim.errors import InputError


class Parts(NamedTuple):
    """The runs of the crust and of the ocean."""

    crust: Run
    ocean: Run


def parts_of(run: Run) -> Parts:
    """The parts of a coupled run. Raises InputError where one is missing."""
    missing = [name for name in Parts._fields if name not in run.parts]
    if missing:
        raise InputError(
            f"{run.directory}: a coupled run has the folders crust and ocean; {missing[0]} is missing"
        )
    return Parts(run.parts["crust"], run.parts["ocean"])


def looks(parts: Parts, look: Look) -> Mapping[str, Look]:
    """The choices for the figures of each part: on the same clocks; an extent in degrees is that of the ocean's map."""
    shared = replace(look, zone=clock(parts.ocean, look).zone) if parts.ocean.start else look
    apart = look.extent is not None and is_lonlat(parts.ocean)
    return {"crust": replace(shared, extent=None) if apart else shared, "ocean": shared}


def each(parts: Parts) -> Iterator[tuple[str, Run]]:
    """The parts with their names, the crust first: it moves first."""
    return zip(Parts._fields, parts, strict=True)
