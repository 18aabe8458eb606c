"""What all tests share: one thread, signal handlers left as they were, and the time of the slowest files."""

import gc
import os
import signal
from collections import defaultdict
from collections.abc import Iterator

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
# Runs that leave the number of threads open take one: tests run side by side, and what is compiled for one thread
# is compiled anyway. Tests of threads say how many.
os.environ["OMP_NUM_THREADS"] = "1"

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
SLOWEST = 10  # files whose time is told


def restore(handlers: dict[signal.Signals, object]) -> None:
    """Set handlers of signals."""
    for number, handler in handlers.items():
        signal.signal(number, handler)  # type: ignore[arg-type]


# The command takes SIGTERM for the wish of a checkpoint as soon as it is imported: here, and not in a test, so that a
# process of tests ends on it.
HANDLERS = {number: signal.getsignal(number) for number in SIGNALS}
import esim.cli.run  # noqa: E402, F401

restore(HANDLERS)


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """A test leaves the handlers of signals as they were."""
    yield
    restore(HANDLERS)


def pytest_collection_finish() -> None:
    """Let Python look for garbage in what tests make, not again and again in all the modules that are loaded."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Time of the slowest files, of all processes together."""
    spent: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                spent[report.location[0]] += report.duration
    if not spent:
        return
    terminalreporter.section(f"slowest files of {len(spent)}, {sum(spent.values()):.0f} s in all")
    for path in sorted(spent, key=spent.__getitem__, reverse=True)[:SLOWEST]:
        terminalreporter.write_line(f"{spent[path]:8.1f} s  {path}")
