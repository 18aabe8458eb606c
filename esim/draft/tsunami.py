"""Which configuration computes the tsunami of an earthquake? Box, spacing and duration, with their reasons."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.yaml.units import LENGTH, TIME
from esim.draft import bathymetry
from esim.draft.bathymetry import Bathymetry, Box
from esim.draft.cost import COMPILING, ocean_time
from esim.draft.extent import (
    Choice,
    choose_box,
    choose_duration,
    choose_spacing,
    positive,
    snapped,
    typed_box,
)
from esim.draft.rupture import Footprint
from esim.draft.source import Source
from esim.draft.text import Checked, comment, comments, cost_words, duration, heading, quoted, write_checked
from esim.drivers.engine import EngineSetup
from esim.media import elevation

DISPERSIVE = 100e3  # m: waves of narrower ruptures disperse on their way
UNDER_SEA = 0.3  # of a rupture, below which that is said


@dataclass(frozen=True)
class Wanted:
    """What the user asks for, as typed; None where esim is to choose."""

    bathymetry: Path | None = None
    flat: str | None = None
    duration: str | None = None
    spacing: str | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Draft:
    """All choices of a configuration."""

    source: Source
    box: Choice
    spacing: Choice
    duration: Choice
    sea: Bathymetry
    target: Path


def draft_tsunami(source: Source, wanted: Wanted, target: Path) -> list[str]:
    """Writes the configuration of a tsunami to `target`, checked; returns what is to be said of it.

    Raises InputError where no bathymetry covers the rupture, or the box is not one.
    """
    draft = _choose(source, wanted, target)
    checked = write_checked(target, lambda checked: _text(draft, checked))
    return [*source.remarks, *draft.sea.remarks, *_inland(checked.setup, source.around), _cost(checked)]


def _choose(source: Source, wanted: Wanted, target: Path) -> Draft:
    around = source.around
    time = None
    if wanted.duration is not None:
        time = Choice(positive("--duration", wanted.duration, TIME), "as asked for")
    if wanted.box is not None:
        box = typed_box(around, *wanted.box)
    else:
        box = choose_box(around, source.magnitude, time.value if time else None)
    sea = _sea(box.value, around, wanted, target)
    time = time or choose_duration(around, sea.box)
    spacing = choose_spacing(around, sea, time.value, wanted.spacing)
    return Draft(source, Choice(snapped(sea.box, spacing.value), box.why), spacing, time, sea, target)


def _sea(box: Box, around: Footprint, wanted: Wanted, target: Path) -> Bathymetry:
    """The bathymetry, with the rupture on the same turn of the globe as the box."""
    if wanted.flat is not None:
        return bathymetry.flat(positive("--flat", wanted.flat, LENGTH), box)
    shift = 360.0 * round((box.west + box.east - around.west - around.east) / 720.0)
    here = Footprint(around.west + shift, around.east + shift, around.south, around.north, around.across)
    if wanted.bathymetry is not None:
        return bathymetry.of_file(wanted.bathymetry, box, here, target)
    return bathymetry.known(box, here)


def _text(draft: Draft, checked: Checked | None) -> str:
    """The YAML file; once it is checked, also what it takes."""
    source, name = draft.source, draft.target.stem
    start = f"  start: {source.start}\n" if source.start else ""
    edges = "".join(f"  {side}: {value:.13g}\n" for side, value in draft.box.value._asdict().items())
    lon, lat = source.around.centre
    narrow = source.around.across < DISPERSIVE
    return (
        heading(source.title, "tsunami", draft.target)
        + (comment(f"{_cost(checked)}.") if checked else "")
        + comments(source.remarks)
        + f"scenario: tsunami\ntitle: {quoted(source.title)}\ntime:\n{start}"
        + comment(draft.duration.why, 2)
        + f"  duration: {duration(draft.duration.value)}\n"
        + "grid:\n  kind: lonlat\n"
        + comments([draft.box.why, *draft.sea.remarks], 2)
        + edges
        + comment(draft.spacing.why, 2)
        + f"  spacing: {60 * draft.spacing.value:.15g} arcmin\n"
        + "  boundary: open    # waves leave through an absorbing layer\n"
        + f"bathymetry: {draft.sea.yaml}\n"
        + "physics:\n  manning: 0.025    # of sand and rock\n"
        + "  # dispersion: serre    # waves of a narrow rupture disperse on a long way; slower\n" * narrow
        + f"source:\n{source.yaml}"
        + "# stations:\n"
        + f"#   - {{name: harbour, lon: {lon:.2f}, lat: {lat:.2f}, snap: water}}    a gauge; or {{file: gauges.csv}}\n"
        + f"output:\n  directory: out/{name}\n"
        + "  fields: {every: 5 min, variables: [eta], significant_bits: 12}\n"
        + "  maxima: {arrival_threshold: 5 cm}\n"
    )


def _cost(checked: Checked) -> str:
    """What the run takes on this machine."""
    setup = checked.setup
    grid = setup.levels[0].grid  # type: ignore[attr-defined]
    steps = math.ceil(setup.config.time.duration / setup.dt)
    seconds = checked.seconds + ocean_time(grid.nx * grid.ny, steps, setup.threads)
    plan = f"{grid.nx} x {grid.ny} cells, {steps:,} steps of {setup.dt:.3g} s"
    return cost_words(setup, plan, seconds, COMPILING["ocean"])


def _inland(setup: EngineSetup[Any], around: Footprint) -> list[str]:
    """A warning where most of the rupture lies under land."""
    config, grid = setup.config, setup.levels[0].grid  # type: ignore[attr-defined]
    x, y = grid.x(), grid.y()
    across = np.abs((x - around.centre[0] + 180) % 360 - 180)
    columns = across <= 0.5 * (around.east - around.west) + grid.dx
    rows = (y >= around.south - grid.dy) & (y <= around.north + grid.dy)
    bed = elevation.build(config.bathymetry, grid).elevation(x[columns], y[rows])
    wet = float(np.mean(bed < config.physics.sea_level))
    if wet == 0:
        return ["the earthquake lies inland, with no sea above its rupture: expect no tsunami"]
    return [f"only {100 * wet:.0f} % of the rupture lies under the sea"] if wet < UNDER_SEA else []
