"""How are warnings of esim shown on a terminal? On stderr, with the name of the command, each once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shown_warnings(command: str, level: int = logging.WARNING) -> Iterator[None]:
    """Shows what esim says from a level on, while this lasts; loggers of others, and the root, are left alone."""
    said: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return not (text in said or said.add(text))  # type: ignore[func-returns-value]

    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter(f"{command}: warning: %(message)s"))
    handler.addFilter(is_new)
    log = logging.getLogger("esim")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
