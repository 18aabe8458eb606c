"""May a run write into its output directory? Decided by the first rank for all."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from esim.config.output import DirectoryConfig
from esim.config.scenario import ScenarioConfig
from esim.data import locate
from esim.errors import InputError
from esim.io.checkpoint.manifest import generations
from esim.io.directory import RECORD, refuse_existing
from esim.io.lock import DirectoryLock, claim
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm


def check_directory(comm: Comm, config: ScenarioConfig, names: Sequence[str], resume: bool) -> None:
    """Refuse a directory that cannot be written, or has what files of these names must not replace. Collective."""
    on_root(comm, lambda: refuse_directory(config, names, resume))


def refuse_directory(config: ScenarioConfig, names: Sequence[str], resume: bool) -> None:
    """Raises InputError if a run must not begin, or go on, in its output directory."""
    output, directory = config.output, config.output.directory
    # What an unfinished run has left may be resumed, even if it did not come to its first checkpoint.
    complete = (directory / RECORD).exists() and not generations(directory)
    if resume and complete and not output.overwrite:
        raise InputError(
            f"--resume: the run in {directory} is complete and has no checkpoint to go on from; write elsewhere by "
            "--output, or replace it by --set output.overwrite=true"
        )
    inputs = {key: locate(file) for key, file in config.keyed_files.items()}
    refuse_existing(directory, names, inputs, output.overwrite, resume)


@contextmanager
def claimed(comm: Comm, output: DirectoryConfig) -> Iterator[DirectoryLock | None]:
    """Keep other runs out of the output directory as long as this one writes there; the first rank has the lock."""
    with ExitStack() as stack:
        yield on_root(comm, lambda: stack.enter_context(claim(output.directory)))
