"""What can go wrong, and the exit code that says so.

Every message is one sentence a user can act on: which key or file, what is wrong, what was expected.
"""


class EsimError(Exception):
    """An error that ends the run with one sentence and an exit code instead of a traceback."""

    exit_code = 1


class InputError(EsimError):
    """The configuration or an input file is wrong; nothing was computed or written."""

    exit_code = 2


class NumericalError(EsimError):
    """The computation left the valid range; the message says step, time, place and variable."""

    exit_code = 3


class MachineError(EsimError):
    """The machine failed: MPI, memory, disk, GPU."""

    exit_code = 4


class StopRequested(EsimError):
    """A signal asked for a stop; a checkpoint was written and the run can be resumed."""

    exit_code = 75
