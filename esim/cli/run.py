"""The command esim-run: a scenario from its YAML file to its outputs, under mpirun or not."""

from esim.timestepping.signals import ignore_signals, install_handlers

install_handlers()  # before anything slow is imported: a signal that comes early must not kill the run

import argparse
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from esim.cli.options import add_overrides
from esim.errors import EsimError, InputError

if TYPE_CHECKING:
    from esim.config import ScenarioConfig
    from esim.parallel.comm import Comm
    from esim.supervision.watchdog import Watchdog

EXAMPLES = """
examples:
  esim example tohoku2011                               copy a scenario that comes with esim
  esim-run tohoku2011.yaml                              on this machine, all cores
  mpirun -n 4 esim-run tohoku2011.yaml                  on four ranks
  esim-run scenario.yaml --check                        print the plan and stop
  esim-run scenario.yaml --set grid.spacing='2 arcmin' --output out/fine
  esim-run scenario.yaml --resume                       go on from the last checkpoint

exit codes:
    0  done
    2  bad input: nothing was computed or written
    3  numerical failure
    4  machine or file failure, or nothing has moved for run.stall_timeout
    5  some members of an ensemble failed, and the others are complete: try them again with --resume
   75  stopped with a checkpoint, by SIGUSR1 or SIGTERM or before the limit of wall-clock time: run again with --resume
  130  interrupted by SIGINT (Ctrl-C), without a checkpoint
  143  ended by a second SIGTERM, without a checkpoint
"""


SOUND = (0, 2)  # exit codes with which no file was left half-written
PATIENCE = 5.0  # s that a rank with an error waits for the others to come with the same


class _Parser(argparse.ArgumentParser):
    """Options, of which a wrong one is an error like any other: a rank that left by itself would leave the others."""

    def error(self, message: str) -> NoReturn:
        """Raises InputError."""
        raise InputError(f"{message}; esim-run --help describes the options")


def parser() -> argparse.ArgumentParser:
    """Options of esim-run."""
    p = _Parser(
        prog="esim-run",
        description="Compute an earth-simulator scenario described by a YAML file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument(
        "config", metavar="CONFIG", help="scenario, a YAML file ('esim explain' describes its keys)"
    )
    p.add_argument("--output", metavar="DIR", help="directory for the outputs, in place of output.directory")
    add_overrides(p)
    p.add_argument("--backend", choices=["auto", "numpy", "cpu", "cuda"], help="in place of run.backend")
    p.add_argument("--check", action="store_true", help="check everything, print the plan and stop")
    p.add_argument("--resume", action="store_true", help="go on from the last checkpoint in the directory")
    p.add_argument("--quiet", action="store_true", help="print errors only")
    return p


def overrides(options: argparse.Namespace) -> list[str]:
    """All settings of the command line as KEY=VALUE texts."""
    import json

    given = list(options.overrides)
    if options.output is not None:
        given.append(f"output.directory={json.dumps(options.output, ensure_ascii=False)}")
    if options.backend is not None:
        given.append(f"run.backend={options.backend}")
    return given


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code, or ends the process with it where the arguments are its own."""
    try:
        code = supervise(_read_options(arguments))
    except KeyboardInterrupt:  # before the ranks have found each other
        _report("esim-run: interrupted")
        code = 130
    if arguments is None:
        ignore_signals()
        if code not in SOUND:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)  # HDF5, on its way out, may crash over files that it could not write
    return code


def _read_options(arguments: list[str] | None) -> argparse.Namespace | EsimError:
    """The options, or the error with which they could not be read: ranks compare them before one of them leaves."""
    try:
        return parser().parse_args(arguments)
    except EsimError as error:
        return error


def supervise(options: argparse.Namespace | EsimError) -> int:
    """Exit code of a run under its watchdog."""
    try:
        from esim.parallel.comm import connect, launched_ranks
        from esim.supervision.watchdog import Watchdog

        comm = connect()
        watchdog = Watchdog(comm, launched=launched_ranks() > 0)
        watchdog.start()
    except EsimError as error:
        print(f"esim-run: {error}", file=sys.stderr)
        return error.exit_code
    try:
        return guard(comm, lambda: compute(options, comm, watchdog))
    finally:
        watchdog.stop()


def guard(comm: "Comm", work: Callable[[], None]) -> int:
    """Exit code of work(): a failure is reported in one sentence, and a failure of one rank ends all of them.

    Input errors are found by all ranks alike: rank 0 reports it and all leave. What only one rank meets
    would leave the others waiting forever, so that rank reports it and ends the others.
    """
    threading.excepthook = lambda args: _end(comm, args.exc_value)
    try:
        work()
        comm.close()
        return 0
    except EsimError as error:
        same = _all_agree(comm, error)
        if same:
            if comm.rank == 0:
                _report(f"esim-run: {error}")
            comm.close()
            return error.exit_code
        return _end(comm, error)
    except KeyboardInterrupt:
        _report("esim-run: interrupted")
        return _end(comm, None, 130)
    except BaseException as error:
        return _end(comm, error)


def _all_agree(comm: "Comm", error: EsimError) -> bool:
    """Whether all ranks come here with an error, within a few seconds."""
    if comm.size == 1:
        return True
    agreed = threading.Event()

    def watchdog() -> None:
        if not agreed.wait(PATIENCE):
            _end(comm, error)

    threading.Thread(target=watchdog, daemon=True).start()
    comm.fault_barrier()
    agreed.set()
    return True


def _report(text: str) -> None:
    """Write to stderr in one piece: what ranks write piece by piece at the same time, mpirun mixes."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _end(comm: "Comm", error: BaseException | None, code: int = 4) -> int:
    """Report an error with its rank and end all ranks."""
    where = f" (rank {comm.rank} of {comm.size})" if comm.size > 1 else ""
    if isinstance(error, EsimError):
        code = error.exit_code
        _report(f"esim-run{where}: {error}")
    elif isinstance(error, MemoryError):
        _report(f"esim-run{where}: out of memory ({error}); use a smaller box, or more ranks on more nodes")
    elif type(error).__module__.startswith("mpi4py"):
        why = str(error).strip().splitlines()[-1].rpartition(".: ")[2]
        _report(f"esim-run{where}: MPI failed ({why}); another rank, or the network to it, was probably lost")
    elif error is not None:
        trace = "".join(traceback.format_exception(error))
        _report(f"{trace}esim-run{where}: {type(error).__name__}: {error}")
    sys.stdout.flush()
    if comm.size > 1:
        time.sleep(0.5)  # mpirun ends at once on an abort, and output not yet forwarded would be lost
        last = threading.Timer(PATIENCE, os._exit, [code])  # should MPI itself be stuck
        last.daemon = True
        last.start()
        comm.abort(code)
    return code


def compute(options: argparse.Namespace | EsimError, comm: "Comm", watchdog: "Watchdog") -> None:
    """Load, check, prepare, run, summarize; options may be the error with which they could not be read.

    Warnings go to stderr as they come, unless only errors are wanted.
    """
    import logging

    from esim.cli.warning_lines import shown_warnings

    quiet = isinstance(options, EsimError) or options.quiet
    with shown_warnings("esim-run", logging.ERROR if quiet else logging.WARNING):
        _compute(options, comm, watchdog)


def _compute(options: argparse.Namespace | EsimError, comm: "Comm", watchdog: "Watchdog") -> None:
    from esim.supervision.pulse import PULSE

    cfg = _load_alike(options, comm)
    assert not isinstance(options, EsimError)  # it would have been raised
    watchdog.begin(cfg.run.stall_timeout)
    from esim.cli.progress import Progress, say, summary
    from esim.drivers.run import checked, driver_of, prepared

    talk = comm.rank == 0 and not options.quiet
    driver = driver_of(cfg)
    setup = checked(driver, cfg, comm, elsewhere=options.check)
    PULSE.sign()
    if talk:
        say(cfg.title or options.config, *(f"  {line}" for line in driver.describe(setup)))
    driver.refuse(setup, options.resume)
    if options.check:
        return
    with Progress(active=talk, launched=watchdog.launched) as progress:
        watchdog.beaten.append(progress.remind)
        with prepared(driver, setup, options.resume, [progress]) as run:
            PULSE.sign()
            if talk and (lines := setup.wall_clock.describe()):
                say(*lines)
            record = run.compute()
    if talk:
        say(*summary(record, driver.summarize(record), run.written))


def _load_alike(options: argparse.Namespace | EsimError, comm: "Comm") -> "ScenarioConfig":
    """The configuration, which is the same on all ranks, as are the options."""
    cfg: ScenarioConfig | EsimError
    chosen = {}
    try:
        if isinstance(options, EsimError):
            raise options
        from esim.config import load  # not for wrong usage: it takes long

        chosen = {"resume": options.resume, "check": options.check}
        cfg = load(options.config, overrides(options))
    except EsimError as error:
        cfg = error
    if comm.size > 1:
        from esim.drivers.agreement import require_agreement

        require_agreement(comm, cfg if isinstance(cfg, EsimError) else cfg.echo(), chosen)
    if isinstance(cfg, EsimError):
        raise cfg
    return cfg


if __name__ == "__main__":
    sys.exit(main())
