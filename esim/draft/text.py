"""How is a configuration written down with its reasons? Lines of YAML and comments, checked as they stand."""

import json
import math
import os
import textwrap
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from esim.config.load import load
from esim.drivers.engine import EngineSetup
from esim.drivers.run import driver_of
from esim.errors import EsimError, InputError
from esim.io.atomic import partial, publish, whole_file, writing
from esim.parallel.comm import SerialComm

WIDTH = 100
FAR = "../../.."  # from here on a path is easier to read when it is absolute


def comment(text: str, indent: int = 0) -> str:
    """A text as lines of a YAML comment, with a line end at its end."""
    text = capital(text)
    begin = " " * indent + "# "
    return "".join(
        f"{line}\n" for line in textwrap.wrap(text, WIDTH, initial_indent=begin, subsequent_indent=begin)
    )


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def comments(texts: Sequence[str], indent: int = 0) -> str:
    """Several texts, one comment each."""
    return "".join(comment(text, indent) for text in texts)


def heading(title: str, what: str, target: Path) -> str:
    """The first lines of a file."""
    return (
        comment(f"{title}: a first computation ({what}), made by esim new. Change what you know better.")
        + f"#\n#   esim-run {target.name} --check    the plan\n#   esim-run {target.name}\n"
        + f"#   esim plot out/{target.stem}\n#\n"
    )


def quoted(text: object) -> str:
    """A text as a YAML scalar that means just this text."""
    return json.dumps(str(text), ensure_ascii=False)


def relative(file: Path, target: Path) -> str:
    """The path of a file as a configuration at `target` names it: relative where it is near, else absolute."""
    path = os.path.relpath(file, target.parent)
    return quoted(os.path.abspath(file) if path.startswith(FAR) else path)


def date(moment: datetime | None) -> str:
    """A moment in UTC as YAML has it; "" for none."""
    if moment is None:
        return ""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def duration(seconds: float) -> str:
    """A duration as YAML has it, without rounding."""
    for size, unit in ((1800, 3600), (60, 60)):
        if seconds % size == 0:
            return f"{seconds / unit:g} {'h' if unit == 3600 else 'min'}"
    return f"{seconds:.12g} s"


def time_words(seconds: float) -> str:
    """A time as people say it."""
    for limit, size, unit in ((100, 1, "second"), (100 * 60, 60, "minute"), (48 * 3600, 3600, "hour")):
        if seconds < limit:
            count = max(1, math.ceil(seconds / size))
            return f"{count} {unit}{'s' * (count > 1)}"
    return f"{math.ceil(seconds / 86400)} days"


def memory_words(size: float) -> str:
    """An amount of memory [bytes]."""
    if size >= 1e10:
        return f"{size / 1e9:.0f} GB"
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"


class Checked(NamedTuple):
    """What a check found, and the time of the processor that it took [s]: a run begins with the same check."""

    setup: EngineSetup[Any]
    seconds: float


def cost_words(setup: EngineSetup[Any], plan: str, seconds: float, compiling: float) -> str:
    """What a run takes on this machine: its plan, its memory and, on CPU cores, wall-clock time [s]."""
    size = memory_words(sum(setup.memory.values()))
    if setup.device.backend != "cpu":
        return f"{plan}, {size}"
    threads = "1 thread" if setup.threads == 1 else f"{setup.threads} threads"
    here = f"about {time_words(seconds)} on {threads} of this machine"
    return f"{plan}, {size}, {here}; the first run compiles its kernels, {time_words(compiling)} more"


def require_free(target: Path, overwrite: bool) -> None:
    """Raises InputError if a file that is to be written is there and not to be replaced, or if it is a folder."""
    if target.is_dir():
        raise InputError(f"{target}: is a folder; expected the name of a YAML file with --output")
    if target.exists() and not overwrite:
        raise InputError(
            f"{target}: is there already; --overwrite replaces it, --output FILE names another file"
        )


def write_checked(target: Path, text: Callable[[Checked | None], str]) -> Checked:
    """Writes a configuration, checked as a run would check it, with what is known by then.

    text makes the file, of what the check found once there is that. The file appears, or replaces one, only if the
    check succeeds; else its error is raised. MachineError where nothing can be written.
    """
    draft = partial(target)
    try:
        _put(draft, target, text(None))
        begun = time.process_time()
        config = load(draft)
        checked = Checked(driver_of(config).check(config, SerialComm()), time.process_time() - begun)
        _put(draft, target, text(checked))
        with writing(target):
            publish(draft, target)
    except EsimError as error:
        raise type(error)(str(error).replace(str(draft), str(target))) from None
    finally:
        draft.unlink(missing_ok=True)
    return checked


def _put(draft: Path, target: Path, text: str) -> None:
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")


def write(target: Path, text: str) -> None:
    """Writes a file, whole or not at all, and makes the folders that it is in; MachineError where that fails."""
    with whole_file(target) as draft:
        draft.write_text(text, encoding="utf-8")
