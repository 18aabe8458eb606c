"""What is made of the members of an ensemble whose members are unit sources? A library of Green's functions."""

import json
from collections.abc import Sequence
from typing import Any

from esim.config.ensemble.root import EnsembleConfig, base_document
from esim.config.scenario import SimulationConfig
from esim.drivers.ensemble.setup import EnsembleSetup
from esim.ensemble.greens_functions import LIBRARY, SUBFAULTS, write_library, write_subfaults
from esim.ensemble.unit_sources import nonlinear_terms, other_terms, read_subfaults, require_responses
from esim.io import cf


def library_files(config: EnsembleConfig) -> list[str]:
    """The files of the library; none where members are no unit sources."""
    return [LIBRARY, SUBFAULTS] if config.members.unit_sources is not None else []


def check_unit_sources(config: EnsembleConfig, first: SimulationConfig) -> list[str]:
    """Sentences about the base that a user should know; raises InputError where it has no Green's functions."""
    units = config.members.unit_sources
    if units is None:
        return []
    require_responses(first)
    return other_terms(units, base_document(config.base, config.set).data.get("source"))


def linearity_lines(config: EnsembleConfig, first: SimulationConfig) -> list[str]:
    """What of the members is not linear, for the plan."""
    if config.members.unit_sources is None:
        return []
    terms = nonlinear_terms(require_responses(first))
    return [f"not linear     {', '.join(terms)}; a superposition is linear in slip (esim superpose)"]


def make_library(setup: EnsembleSetup, complete: Sequence[int]) -> list[str]:
    """Writes the library once all members are complete; returns sentences about what it does not have."""
    config, units, directory = setup.config, setup.config.members.unit_sources, setup.config.output.directory
    assert units is not None  # asked for where they are
    missing = len(setup.members) - len(complete)
    if missing:
        return [
            f"{LIBRARY}: not written, {missing} of {len(setup.members)} unit sources are missing; try --resume"
        ]
    fault, names = read_subfaults(units), [member.name for member in setup.members]
    base = require_responses(setup.first.config)
    attributes: dict[str, Any] = dict(
        cf.global_attributes(config.title or config.base.stem, config.echo(), "esim-run")
    )
    attributes["inputs"] = json.dumps(setup.inputs)
    folders = [setup.directory(n) for n in complete]
    write_subfaults(directory / SUBFAULTS, fault, names)
    return write_library(directory / LIBRARY, fault, names, folders, units.slip, base, attributes)
