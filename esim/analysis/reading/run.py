"""What do figures and tables ask of a run? Its record, and the datasets of its tree, None where there are none."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from esim.analysis.reading.hazard_maps import single_maps
from esim.analysis.reading.reader import PARTS, read_tree

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Run:
    """A finished run: its record (run.json) and the datasets it wrote; None where it wrote none.

    `planes` are the sections through the crust by name, `nests` the maxima and `nest_fields` the snapshots of nested
    grids by name, `runups` the run-up points along the coast by the name of the grid ("" for the whole one). `parts`
    are the runs of which a coupled one consists, crust and ocean. `hazard` is what the members of an ensemble tell
    together, and its maxima and nests are the maps in there and in the files of nested grids, each by itself. Values
    are read when they are used. Datasets with a
    `time` also have `seconds` and `hours` since the origin. As a context manager it closes the files.
    """

    directory: Path
    record: dict[str, Any]
    fields: "xr.Dataset | None"
    maxima: "xr.Dataset | None"
    stations: "xr.Dataset | None"
    surface_displacement: "xr.Dataset | None" = None
    planes: "dict[str, xr.Dataset]" = field(default_factory=dict)
    nests: "dict[str, xr.Dataset]" = field(default_factory=dict)
    nest_fields: "dict[str, xr.Dataset]" = field(default_factory=dict)
    runups: "dict[str, xr.Dataset]" = field(default_factory=dict)
    parts: "dict[str, Run]" = field(default_factory=dict)
    hazard: "xr.Dataset | None" = None
    tree: "xr.DataTree | None" = None

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Self:
        """The run in an output directory. Raises InputError if there is none, or it cannot be read."""
        return cls.of(read_tree(directory))

    @classmethod
    def of(cls, tree: "xr.DataTree") -> Self:
        """The run that a tree of `esim.open_run` holds."""
        hazard = _child(tree, "hazard")
        alone = {"": tree["runup"].to_dataset()} if "runup" in tree.children else {}
        return cls(
            Path(tree.attrs["directory"]),
            json.loads(tree.attrs["run_json"]),
            fields=_child(tree, "fields"),
            maxima=_child(tree, "maxima") if hazard is None else single_maps(hazard),
            stations=_child(tree, "stations"),
            surface_displacement=_child(tree, "surface_displacement"),
            planes=dict(_members(tree, "planes")),
            nests=dict(_members(tree, "nests", "maxima")) | _hazard_of_nests(tree),
            nest_fields=dict(_members(tree, "nests", "fields")),
            runups=dict(_members(tree, "nests", "runup")) | alone,
            parts={name: cls.of(tree.children[name]) for name in PARTS if name in tree.children},
            hazard=hazard,
            tree=tree,
        )

    @property
    def grids(self) -> "dict[str, xr.Dataset]":
        """The maxima of all grids by their names, "" for the whole one."""
        return ({} if self.maxima is None else {"": self.maxima}) | self.nests

    @property
    def scenario(self) -> str:
        """What was computed: tsunami, seismic, coupled or ensemble."""
        return str(self.record["configuration"].get("scenario", "tsunami"))

    @property
    def title(self) -> str:
        """Title of the run; the name of its directory where it was given none."""
        return str(self.record["configuration"].get("title") or self.directory.name)

    @property
    def start(self) -> datetime | None:
        """Origin time in UTC; None for a run without a date."""
        text = (self.record["configuration"].get("time") or {}).get("start")
        if text is None:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def magnitude(self) -> float | None:
        """Moment magnitude 2/3 (log10 M0 - 9.1) of all sources together; None where none has a moment.

        Of a coupled run it is that of the crust.
        """
        if "crust" in self.parts:
            return self.parts["crust"].magnitude
        entries = self.record.get("sources", [])
        moment = sum(abs(entry.get("moment_Nm") or entry.get("moment") or 0.0) for entry in entries)
        return (log10(moment) - 9.1) / 1.5 if moment > 0 else None

    def close(self) -> None:
        """Closes the files."""
        if self.tree is not None:
            self.tree.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _child(tree: "xr.DataTree", name: str) -> "xr.Dataset | None":
    return tree[name].to_dataset() if name in tree.children else None


def _hazard_of_nests(tree: "xr.DataTree") -> "dict[str, xr.Dataset]":
    """The maps of an ensemble on the grids of nests, each by itself, by the names of the nests."""
    found = {name: single_maps(data) for name, data in _members(tree, "nests", "hazard")}
    return {name: maps for name, maps in found.items() if maps is not None}


def _members(tree: "xr.DataTree", group: str, kind: str = "") -> "Iterator[tuple[str, xr.Dataset]]":
    """The datasets GROUP/NAME, or GROUP/NAME/KIND, of a tree, by NAME."""
    for name, node in tree[group].children.items() if group in tree.children else ():
        if not kind or kind in node.children:
            yield name, (node[kind] if kind else node).to_dataset()
