"""May a run write into its output directory? Decided by the first rank for all."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from esim.config.output import OutputConfig
from esim.errors import InputError
from esim.io.directory import claim, refuse_existing, start_directory
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm


def check_directory(comm: Comm, output: OutputConfig, resume: bool) -> None:
    """Refuse a directory that cannot be written, or has a run that is neither to be resumed nor replaced."""
    on_root(comm, lambda: refuse_directory(output, resume))


def prepare_directory(comm: Comm, output: OutputConfig, resume: bool) -> None:
    """Check the directory and make it, empty unless the run that it has is to be resumed."""

    def prepare() -> None:
        refuse_directory(output, resume)
        if not (resume and has_checkpoint(output.directory)):
            start_directory(output.directory)

    on_root(comm, prepare)


def refuse_directory(output: OutputConfig, resume: bool) -> None:
    """Raises InputError if a run must not begin, or go on, in the output directory."""
    directory = output.directory
    # What an unfinished run has left may be resumed, even if it did not come to its first checkpoint.
    complete = (directory / "run.json").exists() and not has_checkpoint(directory)
    if resume and complete and not output.overwrite:
        raise InputError(
            f"--resume: the run in {directory} is complete and has no checkpoint to go on from; write elsewhere by "
            "--output, or replace it by --set output.overwrite=true"
        )
    refuse_existing(directory, output.overwrite or resume)


@contextmanager
def claimed(comm: Comm, output: OutputConfig) -> Iterator[None]:
    """Keep other runs out of the output directory as long as this one writes there."""
    with ExitStack() as stack:
        on_root(comm, lambda: stack.enter_context(claim(output.directory)))
        yield


def has_checkpoint(directory: Path) -> bool:
    """Whether there is something to resume from."""
    return any(directory.glob("checkpoint/step_*.h5"))
