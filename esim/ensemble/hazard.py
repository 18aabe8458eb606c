"""What must a place expect? Exceedance, hazard curves, quantiles, arrivals and the worst case, of all members."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from esim.ensemble.map_hazard import write_maps
from esim.ensemble.quantity import Quantity
from esim.ensemble.question import Question
from esim.ensemble.results import nest_names, open_maps, read_stations
from esim.ensemble.station_hazard import write_stations
from esim.errors import InputError
from esim.io.hazard_file import HazardFile, hazard_file

FILE = "hazard.nc"
T = TypeVar("T")


def nest_file(name: str) -> str:
    """The file with the maps of a nested grid."""
    return f"hazard_{name}.nc"


def write_hazard(
    folder: Path, question: Question, attributes: dict[str, Any]
) -> tuple[list[Path], list[str]]:
    """Writes hazard.nc, and of each nested grid hazard_NAME.nc; returns these, and what could not be gathered.

    Raises InputError where there is nothing to gather, and MachineError if the disk fails.
    """
    remarks: list[str] = []
    stations = _tried(
        partial(read_stations, question.folders, question.quantity), "no curves at stations", remarks
    )
    maps = _tried(partial(open_maps, question.folders, question.quantity), "no maps", remarks)
    if stations is None and maps is None:
        raise InputError(remarks[0] if remarks else f"hazard: {lacking(question.quantity)}")
    written = [folder / FILE]
    with hazard_file(written[0], attributes) as file:
        _write_axes(file, question)
        if stations is not None:
            write_stations(file, question, stations)
        if maps is not None:
            write_maps(file, question, maps)
    for name in nest_names(question.folders, question.quantity):
        nest = _tried(
            partial(open_maps, question.folders, question.quantity, name),
            f"no maps of nest '{name}'",
            remarks,
        )
        if nest is None:
            continue
        written.append(folder / nest_file(name))
        with hazard_file(written[-1], attributes) as file:
            _write_axes(file, question)
            write_maps(file, question, nest)
    return written, remarks


def lacking(quantity: Quantity) -> str:
    """What is said where members have nothing to gather."""
    return (
        f"the members write neither {quantity.name} on a map nor {', '.join(quantity.series)} at stations; expected "
        "stations, or output.maxima with it, in the base"
    )


def _tried(read: Callable[[], T], without: str, remarks: list[str]) -> T | None:
    """What is read; None, and a remark, where the members do not agree on it."""
    try:
        return read()
    except InputError as error:
        remarks.append(f"hazard: {without}: {error}")
        return None


def _write_axes(file: HazardFile, question: Question) -> None:
    """The members and branches, and the values along which results are told."""
    config, quantity = question.config, question.quantity
    file.axis("member", question.names, {"long_name": "name of the member"})
    file.put("weight", ("member",), question.weights, {"units": "1", "long_name": "weight of the member"})
    about = {"units": quantity.units, "long_name": f"threshold of the {quantity.long_name}"}
    file.axis("threshold", config.thresholds, about)
    file.axis("quantile", config.quantiles, {"units": "1", "long_name": "share of the members, by weight"})
    _write_alternatives(file, question)


def _write_alternatives(file: HazardFile, question: Question) -> None:
    """The branches of a logic tree, those of the annual rate too, where there are several."""
    branches, rate = question.probability, question.rate
    if branches.several or (rate is not None and rate.several):
        about = {"units": "1", "long_name": "share of the branches, by weight"}
        file.axis("fractile", question.config.fractiles, about)
    if branches.several:
        file.axis("branch", branches.names, {"long_name": "end branch of the logic tree"})
        about = {"units": "1", "long_name": "weight of the end branch"}
        file.put("branch_weight", ("branch",), branches.weights, about)
        numbers = [
            branches.names.index(one.branch) if one.branch in branches.names else -1
            for one in question.members
        ]
        about = {
            "units": "1",
            "long_name": "number along `branch`, from 0, of that of the member; -1 for none",
        }
        file.put("member_branch", ("member",), numbers, about)
    if rate is not None and question.rate_axis == "rate_branch":
        file.axis("rate_branch", rate.names, {"long_name": "end branch with an annual rate"})
        about = {"units": "1", "long_name": "weight of the end branch with an annual rate"}
        file.put("rate_branch_weight", ("rate_branch",), rate.weights, about)
