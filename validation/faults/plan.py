"""Which faults, at which moments? Drawn by a seed; the writes of an undisturbed run say what there is to strike."""

import errno
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from esim.validation.faults.scenes import SCENES

START, COMPILE, ANY = "start-up", "compilation", "any write"
CHECKPOINT, OUTPUT, RECORD, CLOSE = "checkpoint", "output", "run.json", "close"
LEAVING = "all is written"
FOLDER = "checkpoint"  # of the output directory, with all that belongs to checkpoints
KILLED = (9, -9, 137, 255)  # exit codes of a run that was killed, as its launcher tells them
SHORT = "4 s"  # run.stall_timeout where something is to hang


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its name, what the shim or the harness does, the moments it is tried at, the codes allowed.

    act is an action of `strike`, or empty if the shim does it alone (do). ranks are the numbers of ranks tried. early
    are codes allowed in the start-up as well: of a signal that comes before Python has a handler for it.
    """

    name: str
    moments: tuple[str, ...]
    codes: tuple[int, ...]
    act: str = ""
    do: str = "mark"
    ranks: tuple[int, ...] = (1, 2)
    stalls: bool = False
    weight: int = 1
    early: tuple[int, ...] = ()


WRITING = (CHECKPOINT, OUTPUT, RECORD, CLOSE)
KINDS = (
    Kind("SIGKILL of one rank", (START, ANY, *WRITING), KILLED, "kill_rank", weight=3),
    Kind("SIGKILL of the writing rank", WRITING, KILLED, do="kill", weight=3),
    Kind("SIGKILL of all ranks", (START, ANY, *WRITING), KILLED, "kill_ranks", ranks=(2,), weight=2),
    Kind("SIGKILL of mpirun", (START, ANY, *WRITING), KILLED, "kill_launcher", ranks=(2,), weight=2),
    Kind("SIGKILL of hydra_pmi_proxy", (START, ANY, *WRITING), KILLED, "kill_proxy", ranks=(2,), weight=2),
    Kind("SIGKILL while kernels are compiled", (COMPILE,), KILLED, "kill_rank", weight=1),
    Kind(
        "SIGSTOP of one rank", (ANY, CHECKPOINT, OUTPUT), (4,), "stop_rank", ranks=(2,), stalls=True, weight=2
    ),
    Kind("SIGTERM", (START, ANY, *WRITING), (75,), "term", weight=2, early=(143, -15, 15)),
    Kind("SIGTERM twice at once", (ANY, CHECKPOINT), (75,), "term_twice"),
    Kind("SIGTERM until the run has left", (LEAVING,), (), "term_leaving"),
    Kind("SIGTERM twice while a rank is stopped", (ANY,), (143,), "term_stopped", ranks=(2,)),
    Kind("SIGUSR1", (START, ANY, *WRITING), (75,), "usr1", early=(138, -10, 10)),
    Kind("SIGINT", (START, ANY, CHECKPOINT), (130,), "interrupt", early=(-2, 2, 1)),  # 1: while Python starts
    Kind("full disk, a file system of its own", (ANY,), (4,), "tmpfs", do="", weight=2),
    Kind("full disk (ENOSPC)", WRITING, (4,), do=str(errno.ENOSPC), weight=3),
    Kind("failing disk (EIO)", WRITING, (4,), do=str(errno.EIO), weight=3),
    Kind("read-only file system (EROFS)", WRITING, (4,), do=str(errno.EROFS), weight=2),
    Kind("vanished directory", (ANY, CHECKPOINT, OUTPUT), (4,), "vanish", weight=2),
    Kind("a disk that hangs", (CHECKPOINT, OUTPUT), (4,), do="hang", stalls=True),
    Kind("a flipped bit after SIGKILL", (ANY,), KILLED, do="kill", act="flip", weight=4),
)


@dataclass(frozen=True)
class Fault:
    """One fault: its kind and moment, the scene and ranks it strikes, the write at which, and the ranks that resume.

    on is a part of the path whose writes count, at the number of the write among these; part is how much of the
    start-up has passed, or of the disk is there, or which bit is flipped, from 0 to 1.
    """

    kind: Kind
    moment: str
    scene: str
    ranks: int
    resumed_on: int
    on: str
    at: int
    part: float
    seed: int


def draw(
    count: int, seed: int, writes: Mapping[str, Sequence[Path]], allowed: Sequence[Kind] = KINDS
) -> Iterator[Fault]:
    """So many faults of kinds allowed; writes are the paths, in order, that undisturbed runs of the scenes write."""
    chance = random.Random(seed)
    kinds = [kind for kind in allowed for _ in range(kind.weight)]
    turns = {kind.name: chance.randrange(12) for kind in KINDS}
    for n in range(count):
        kind = kinds[n % len(kinds)] if n < len(kinds) else chance.choice(kinds)
        moment = kind.moments[turns[kind.name] % len(kind.moments)]
        turns[kind.name] += 1
        scene = chance.choice(list(SCENES))
        on, at = _write(moment, writes[scene], chance)
        yield Fault(
            kind,
            moment,
            scene,
            chance.choice(kind.ranks),
            chance.choice((1, 2)),
            on,
            at,
            chance.random(),
            chance.randrange(1 << 30),
        )


def _write(moment: str, writes: Sequence[Path], chance: random.Random) -> tuple[str, int]:
    """A write of a moment: part of its path, and its number among the writes to paths with that part."""
    numbered = list(enumerate(writes))
    last = max(n for n, path in numbered if FOLDER in path.parts)
    chosen = {
        CHECKPOINT: [n for n, path in numbered if FOLDER in path.parts],
        OUTPUT: [n for n, path in numbered if n < last and FOLDER not in path.parts and n > 5],
        RECORD: [n for n, path in numbered if "run.json" in path.name],
        CLOSE: [n for n, path in numbered if n > last],
    }.get(moment, [n for n, _ in numbered if n > 2])
    n = chance.choice(chosen)
    if moment in (CHECKPOINT, RECORD):
        on = f"/{FOLDER}/" if moment == CHECKPOINT else "run.json"
        return on, 1 + sum(on in f"/{path}" for path in writes[:n])
    return "", n + 1
