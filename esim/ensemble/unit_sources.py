"""Which members are the unit sources of a fault? Each of its subfaults slips alone, all by the same amount."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from esim.config.ensemble.unit_sources import UnitSourcesConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.scenario import SimulationConfig
from esim.config.yaml.suggest import listed
from esim.data import locate
from esim.ensemble.member import Member
from esim.errors import InputError
from esim.sources.finite_fault import REFERENCES, FiniteFault
from esim.sources.formats import csv_yaml
from esim.sources.slab import divide_slab, read_slab
from esim.sources.subfaults import divide_plane

KEY = "members.unit_sources"
FAULTS = ("finite_fault", "okada", "random_slip")  # kinds of sources
TERMS = ("kajiura", "horizontal_on_slope")  # of a source, on which its uplift depends


def read_subfaults(config: UnitSourcesConfig) -> FiniteFault:
    """The subfaults, each with 1 m of slip at the origin time, as they stand in the file or divide plane or slab.

    Raises InputError for a file that is not usable, and for subfaults that are triangles.
    """
    if config.fault is not None:
        fault = csv_yaml.read(locate(config.fault), config.rigidity)
        if fault.corners is not None:
            raise InputError(f"{KEY}.fault: {config.fault} has triangles; expected rectangular subfaults")
        one = np.ones((fault.x.size, 1))
        rake = fault.rake if config.rake is None else np.full(fault.x.size, config.rake)
        return replace(
            fault, rake=rake, slip=one, start=0 * one, rise=0 * one, opening=np.zeros(fault.x.size)
        )
    assert config.subfault is not None and config.rake is not None  # plane and slab have them
    if config.plane is not None:
        sides = config.plane.model_dump(include={"depth", "length", "width", "strike", "dip"})
        return divide_plane(
            config.plane.lonlat,
            config.plane.position,
            **sides,
            size=config.subfault,
            rake=config.rake,
            rigidity=config.rigidity,
        )
    assert config.slab is not None  # the only one that is left
    slab = read_slab(locate(config.slab.file)).within(config.slab.limits)
    return divide_slab(slab, config.slab.depth, config.subfault, config.rake, config.rigidity)


def unit_members(config: UnitSourcesConfig) -> list[Member]:
    """A member for each subfault, s1, s2, ..., whose only source is slip on it. Raises InputError."""
    fault = read_subfaults(config)
    digits = len(str(fault.x.size))
    return [
        Member(f"s{n + 1:0{digits}d}", 1.0, {"source": [_source(config, fault, n)]})
        for n in range(fault.x.size)
    ]


def _source(config: UnitSourcesConfig, fault: FiniteFault, n: int) -> dict[str, Any]:
    """The source that one subfault is, as it may stand in the configuration of a tsunami."""
    names = ("lon", "lat") if fault.lonlat else ("x", "y")
    point = float(fault.along[n]), float(fault.down[n])
    reference = next((name for name, place in REFERENCES.items() if place == point), None)
    if reference is None:
        x, y = fault.centre(n)
        depth = float(fault.outline(n)[:, 2].mean())
    else:
        x, y, depth = float(fault.x[n]), float(fault.y[n]), float(fault.depth[n])
    told = {name: float(getattr(fault, name)[n]) for name in ("length", "width", "strike", "dip", "rake")}
    place = {names[0]: x, names[1]: y, "depth": depth, "reference": reference or "center"}
    rigidity = {} if config.rigidity is None else {"rigidity": config.rigidity}
    return {
        "kind": "okada",
        **{name: getattr(config, name) for name in TERMS},
        **rigidity,
        "faults": [place | told | {"slip": config.slip}],
    }


def require_responses(base: SimulationConfig) -> TsunamiConfig:
    """The base of unit sources: a tsunami that nothing drives but its source, with stations. Raises InputError."""
    if not isinstance(base, TsunamiConfig):
        raise InputError(f"{KEY}: base is of scenario '{base.scenario}'; expected tsunami")
    drive = [name for name in ("forcing", "incident") if getattr(base, name)]
    if drive:
        raise InputError(
            f"{KEY}: base has {listed(drive)}, whose waves would be in every member; expected none"
        )
    if not base.gauges:
        raise InputError(f"{KEY}: base has no stations; expected those whose waves are wanted")
    return base


def nonlinear_terms(base: TsunamiConfig) -> list[str]:
    """What of a base is not linear in the slip: even for linear waves, the depth of a bed that has moved."""
    found = ["depth over the moved bed"]
    if base.grid.solver != "deep" or base.grid.nests:
        found += ["advection", "wetting and drying"]
        if base.physics.manning != 0:
            found.append("friction")
        if base.physics.dispersion != "none":
            found.append("dispersion")
    return found


def other_terms(config: UnitSourcesConfig, sources: Any) -> list[str]:
    """Sentences about keys of the source of the base that its unit sources have otherwise."""
    faults = (one for one in sources or () if isinstance(one, Mapping) and one.get("kind") in FAULTS)
    given: Mapping[str, Any] | None = next(faults, None)
    if given is None:
        return []
    terms = [(name, getattr(config, name), bool(given.get(name, False))) for name in TERMS]
    return [
        f"{KEY}.{name}: is {str(mine).lower()}, and {str(its).lower()} in the source of base, so that a "
        "superposition is not the wave of that"
        for name, mine, its in terms
        if mine != its
    ]


def unit_lines(config: UnitSourcesConfig, members: Sequence[Member]) -> list[str]:
    """The subfaults, for the plan."""
    fault = read_subfaults(config)
    of = config.fault or (config.slab.file if config.slab is not None else "a plane")
    sides = ", ".join(
        f"{name} {_range(values / scale)} {unit}"
        for name, values, scale, unit in (
            ("length", fault.length, 1e3, "km"),
            ("width", fault.width, 1e3, "km"),
            ("depth", fault.depth, 1e3, "km"),
            ("strike", fault.strike, 1.0, "degrees"),
            ("dip", fault.dip, 1.0, "degrees"),
        )
    )
    return [
        f"members        {len(members):,} (unit sources of {of}, {config.slip:g} m of slip each)",
        f"  {sides}",
        *(f"  {remark}" for remark in fault.remarks),
    ]


def _range(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"
