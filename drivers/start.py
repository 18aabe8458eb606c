"""How does a run begin? Anew, or from a checkpoint that belongs to it; known before anything is allocated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from esim import __version__
from esim.config.scenario import ScenarioConfig
from esim.config.yaml.suggest import several, shown
from esim.data import locate
from esim.drivers.inputs import sum_inputs
from esim.errors import InputError
from esim.io.checkpoint.generations import newest_intact
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.directory import start_directory
from esim.io.provenance import plain
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm

SUM = ("sha256 ", "xxh3_128 ")  # how a checksum in the place of a file begins
SURFACE = (
    "maxima",
    "fields",
    "surface_displacement",
)  # with any of these the motion of the ground was followed
Key = tuple[str, ...]


@dataclass(frozen=True)
class Start:
    """The beginning of a run.

    names are its files, inputs what run.json has of those that it reads, identity is what a checkpoint has to be of,
    and checkpoint the one to resume, None for a run from the beginning. remarks are sentences for the user.
    """

    comm: Comm
    directory: Path
    names: Sequence[str]
    inputs: Sequence[Mapping[str, Any]]
    identity: Mapping[str, Any]
    checkpoint: Checkpoint | None = None
    remarks: Sequence[str] = ()

    def record(self) -> dict[str, Any] | None:
        """What run.json has of the checkpoint that was resumed: its step, and the time [s] that it had reached."""
        found = self.checkpoint
        return None if found is None else {"step": found.step, "time": found.attributes["time"][0]}

    def make_room(self) -> None:
        """Remove what the run replaces, now that it is ready to write. Collective."""
        keep = self.checkpoint is not None
        on_root(self.comm, lambda: start_directory(self.directory, self.names, keep))


def plan_start(
    comm: Comm, config: ScenarioConfig, names: Sequence[str], resume: bool, threads: int = 1
) -> Start:
    """Sum the inputs, and find the checkpoint to resume. Collective; touches nothing.

    Raises InputError, on all ranks, where there is none that is whole, or it belongs to another configuration.
    """
    paths = {file: locate(file) for file in config.files}
    inputs = sum_inputs(comm, list(dict.fromkeys(paths.values())), threads)
    by_path = {one["path"]: _sum(one) for one in inputs}
    sums = {file: by_path[str(path)] for file, path in paths.items()}
    identity = plain(config.restart_identity(sums))
    directory = config.output.directory
    begun = Start(comm, directory, names, inputs, identity)
    if not resume:
        return begun
    # Where all may be computed again, a checkpoint that is damaged does not stand in the way.
    try:
        found, damaged = newest_intact(comm, directory)
    except InputError as error:
        if not config.output.overwrite:
            raise
        return replace(begun, remarks=(f"{error}; starting from the beginning",))
    if found is None:
        return replace(begun, remarks=("--resume: there is no checkpoint; starting from the beginning",))
    remarks = damaged + compare(found, identity, config.keyed_files)
    return replace(begun, checkpoint=found, remarks=remarks)


def _sum(record: Mapping[str, Any]) -> str:
    return next(f"{kind} {record[kind]}" for kind in ("sha256", "xxh3_128") if kind in record)


def compare(checkpoint: Checkpoint, identity: Mapping[str, Any], files: Mapping[str, Path]) -> list[str]:
    """Sentences about what a run records and its checkpoint had not.

    Raises InputError, naming the keys, where the checkpoint belongs to another configuration. files are the input files
    by key.
    """
    wrong, new, made = [], [], checkpoint.attributes["configuration"]
    for key, before, now in differences(made, identity):
        name = ".".join(key)
        if key == ("time", "duration") and now > before:
            continue
        if not before and now and _may_begin(key, now, made):
            new.append(name)
        elif isinstance(now, str) and now.startswith(SUM):
            file = files.get(name, "")
            wrong.append(f"{name}: {file} is not the file that it was (its checksum differs)")
        else:
            wrong.append(f"{name} was {shown(before)}, is {shown(now)}")
    if wrong:
        raise InputError(
            f"--resume: {checkpoint.folder} belongs to another configuration: {several(wrong)}; run with the one it "
            "was made with, or start anew without --resume"
        )
    time, version = checkpoint.attributes["time"][0], checkpoint.attributes["version"]
    remarks = [f"{name} begins at {time:.6g} s, where the run is resumed" for name in new]
    if version != __version__:
        remarks.append(f"{checkpoint.folder} was written by esim {version}, this is {__version__}")
    return remarks


def _may_begin(key: Key, now: Any, made: Mapping[str, Any]) -> bool:
    """Whether what a key asks for may begin where a run is resumed: nothing that sums up the whole run."""
    if key == ("output", "surface_displacement"):
        from_begin = any(now.get(name) for name in ("low_pass", "sea_surface"))
        return not from_begin and any(made["output"][name] for name in SURFACE)
    return key == ("output", "fields") or key[:2] == ("output", "planes") and len(key) == 3


def differences(before: Any, now: Any, key: Key = ()) -> Iterator[tuple[Key, Any, Any]]:
    """Keys whose values differ between two configurations, in JSON types, and both values; None for none."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            yield from differences(before.get(name), now.get(name), (*key, name))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for n, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from differences(one, other, (*key, str(n)))
    elif before != now:
        yield key, before, now
