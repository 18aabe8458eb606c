"""What can go wrong, and the exit code that says so.

Every message is one sentence a user can act on: which key or file, what is wrong, what was expected.
"""

import re

LONGEST_WORD, LONGEST_LINE = 400, 2000  # characters; a damaged file can hold a word of a megabyte


class EsimError(Exception):
    """An error that ends the run with one sentence and an exit code instead of a traceback."""

    exit_code = 1

    def __init__(self, *texts: str) -> None:
        super().__init__(*("\n".join(map(_short, str(text).splitlines())) for text in texts))


class InputError(EsimError):
    """The configuration or an input file is wrong; nothing was computed or written."""

    exit_code = 2


class NumericalError(EsimError):
    """The computation left the valid range; the message says step, time, place and variable."""

    exit_code = 3


class MachineError(EsimError):
    """The machine failed: MPI, memory, disk, GPU."""

    exit_code = 4


class MembersFailed(EsimError):
    """Some members of an ensemble could not be computed; all others are complete."""

    exit_code = 5


class StopRequested(EsimError):
    """A signal asked for a stop; a checkpoint was written and the run can be resumed."""

    exit_code = 75


def _short(line: str) -> str:
    """A line that a terminal can show, whose words, and which itself, are not endless."""
    line = re.sub(
        rf"\S{{{LONGEST_WORD},}}", lambda word: f"{word[0][:60]}... ({len(word[0]):,} characters)", line
    )
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ... ({len(line):,} characters)"
