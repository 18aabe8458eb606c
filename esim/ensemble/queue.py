"""Who computes which member? Whoever is free takes the next one: a file for each member, which only one can create.

The file system is the one thing that all groups of ranks share, also those that could not answer each other because
they compute.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from esim.io.atomic import writing

FOLDER = ".queue"  # in the output directory, while members are computed
DONE = ".done"


class Queue:
    """Members, by number, that are taken and done, in a folder of the output directory that nobody else uses."""

    def __init__(self, directory: Path, name: str = "") -> None:
        self._folder = directory / f"{FOLDER}{name}"

    def open(self) -> None:
        """Begin: nothing is taken, whatever a run that was killed has left."""
        with writing(self._folder):
            self.close()
            self._folder.mkdir(parents=True)

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def take(self, numbers: Iterable[int]) -> int | None:
        """The first of the members that nobody has taken, which is ours now; None where there is none."""
        for number in numbers:
            if self._create(str(number)):
                return number
        return None

    def finish(self, number: int) -> None:
        """A member that was taken is not computed any more, whatever came of it."""
        self._create(f"{number}{DONE}")

    def count_done(self) -> int:
        """How many members are finished."""
        try:
            return sum(name.endswith(DONE) for name in os.listdir(self._folder))
        except FileNotFoundError:
            return 0

    def _create(self, name: str) -> bool:
        """Whether we are the one that creates a file."""
        with writing(self._folder):
            try:
                os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                return False
        return True
