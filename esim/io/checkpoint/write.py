"""How do all ranks write a checkpoint together?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from esim import __version__
from esim.errors import EsimError
from esim.io.atomic import partial
from esim.io.checkpoint.manifest import Pieces, discard, folder_of, publish
from esim.io.checkpoint.part import Part
from esim.io.writer import Writer
from esim.parallel.comm import Comm


def write_checkpoint(
    comm: Comm,
    writer: Writer,
    directory: Path,
    step: int,
    attributes: Mapping[str, Any],
    fill: Callable[[Part], None],
    snapshots: Mapping[str, Callable[[], Pieces]],
) -> None:
    """Every rank writes what fill(part) puts into its part; when all parts are durable, the first writes the manifest.

    Collective, but fill is not. The manifest goes through the writer, after what it was handed before: the files of
    snapshots, of which `snapshots` then tells the pieces. Raises MachineError, on all ranks, that of the first rank
    whose disk failed; there is no checkpoint then.
    """
    folder, part = folder_of(directory, step), Part(partial(folder_of(directory, step)), comm.rank)
    problem: EsimError | None = None
    try:
        with part:
            fill(part)
    except EsimError as error:
        problem = error
    told = comm.gather((problem, part.record()))
    first = None if told is None else next((problem for problem, _ in told if problem is not None), None)
    if first is not None:
        discard(folder)
    if (first := comm.bcast(first)) is not None:
        raise first
    parts = [record for _, record in told or ()]
    about = {**attributes, "version": __version__}
    writer.put(publish, folder, step, about, part.wholes, parts, snapshots)
