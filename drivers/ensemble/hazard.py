"""Which statistics over its members does an ensemble write, and what do these need?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from esim.config.ensemble.root import EnsembleConfig
from esim.config.yaml.suggest import several
from esim.drivers.driver import Setup
from esim.drivers.ensemble.setup import EnsembleSetup
from esim.drivers.run import driver_of
from esim.ensemble.hazard import FILE, lacking, nest_file, write_hazard
from esim.ensemble.quantity import QUANTITIES
from esim.ensemble.question import Question
from esim.errors import InputError
from esim.io import cf


def statistics_files(setup: EnsembleSetup) -> list[str]:
    """hazard.nc, and that of each nested grid; none where nothing is asked for."""
    if setup.config.hazard is None:
        return []
    stems = [Path(name).stem for name in driver_of(setup.first.config).files(setup.first)]
    nests = [stem.removeprefix("maxima_") for stem in stems if stem.startswith("maxima_")]
    return [FILE, *map(nest_file, nests)]


def require_results(config: EnsembleConfig, first: Setup[Any]) -> None:
    """Raises InputError where the hazard has nothing to be made of."""
    names = [Path(name).stem for name in driver_of(first.config).files(first)]
    if config.hazard is not None and not {"maxima", "stations"} & set(names):
        raise InputError(f"hazard: {lacking(QUANTITIES[first.config.scenario])}")


def write_statistics(setup: EnsembleSetup, complete: Sequence[int]) -> tuple[list[Path], list[str]]:
    """The statistics of the members that are complete; returns the files, and what is to be said of them."""
    config, hazard = setup.config, setup.config.hazard
    assert hazard is not None  # asked for where it is wanted
    question = Question(
        config=hazard,
        quantity=QUANTITIES[setup.first.config.scenario],
        members=[setup.members[n] for n in complete],
        folders=[setup.directory(n) for n in complete],
    )
    attributes = cf.global_attributes(config.title or config.base.stem, config.echo(), "esim-run")
    paths, remarks = write_hazard(config.output.directory, question, attributes)
    if len(complete) < len(setup.members):
        remarks.append(
            f"hazard: of the {len(complete)} members that are complete, out of {len(setup.members)}"
        )
    if lost := sorted({one.branch for one in setup.members} - set(question.probability.names)):
        remarks.append(f"hazard: without the branches {several(lost)}, of which no member counts")
    return paths, remarks
