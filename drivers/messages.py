"""What is said of what a part of a run says? It is named, or not said again; ranks may be threads, each for itself."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def _filtered(decide: Callable[[logging.LogRecord], bool]) -> Iterator[None]:
    """Context in which a function decides, and may change, what this thread says."""
    mine = threading.get_ident()

    def pass_on(record: logging.LogRecord) -> bool:
        return record.thread != mine or decide(record)

    logger = logging.getLogger("esim")
    logger.addFilter(pass_on)
    try:
        yield
    finally:
        logger.removeFilter(pass_on)


@contextmanager
def labelled(part: str) -> Iterator[None]:
    """Context in which warnings of this thread begin with the name of a part."""

    def name(record: logging.LogRecord) -> bool:
        record.msg = f"{part}: {record.msg}"
        return True

    with _filtered(name):
        yield


@contextmanager
def silenced() -> Iterator[None]:
    """Context in which this thread warns of nothing: it was said before, or is of no interest."""
    with _filtered(lambda record: record.levelno > logging.WARNING):
        yield
