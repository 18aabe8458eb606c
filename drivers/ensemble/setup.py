"""What is known of an ensemble before its members are computed?"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from esim.config.ensemble.root import EnsembleConfig
from esim.config.output import DirectoryConfig
from esim.config.scenario import SimulationConfig
from esim.config.yaml.document import Document
from esim.drivers.driver import Setup
from esim.drivers.ensemble.member import Task
from esim.ensemble.design import design_members
from esim.ensemble.member import FOLDER, Member, member_config
from esim.ensemble.standing import Standing
from esim.errors import InputError
from esim.parallel.comm import Comm

MOST_TASKS = 100  # of a job array, unless more are asked for
ARRAY = ".array"  # in the output directory: a folder for each task of a job array, which locks it


@dataclass(frozen=True, kw_only=True)
class EnsembleSetup(Setup[EnsembleConfig]):
    """What is known of an ensemble: its members, and the setup of the first of them, on the ranks of a group.

    identities are what decides the results of each member, as it is compared with what is there; inputs are the files
    that all of them read, with their checksums; document is the base with the threads that a rank has. Groups of ranks
    compute a member each at a time; this rank is in `group`. share is the number of this task of a job array, from 0,
    and how many there are; None outside of one.
    """

    members: tuple[Member, ...]
    identities: tuple[Mapping[str, Any], ...]
    inputs: tuple[Mapping[str, Any], ...]
    document: Document
    groups: int
    group: Comm
    first: Setup[Any]
    share: tuple[int, int] | None = None

    @property
    def output(self) -> DirectoryConfig:
        """Tasks of a job array write at the same time, each the members of its share."""
        output = self.config.output
        if self.share is None:
            return output
        return output.model_copy(update={"directory": output.directory / ARRAY / str(self.share[0])})

    def directory(self, number: int) -> Path:
        """The output directory of a member."""
        return self.config.output.directory / FOLDER / self.members[number].name

    def member_config(self, number: int) -> SimulationConfig:
        """The configuration of a member."""
        return member_config(self.config, self.document, self.members[number])

    def task(self, number: int, standing: Standing) -> Task:
        """What computes a member, of which some may be there."""
        return Task(
            number,
            self.members[number],
            self.member_config(number),
            self.identities[number],
            standing is Standing.BEGUN,
        )


def array_tasks(config: EnsembleConfig) -> int:
    """Tasks of the job array that computes an ensemble; 1 for every other engine. Raises InputError."""
    if config.run.engine != "slurm_array":
        return 1
    return min(len(design_members(config.members)), config.run.workers or MOST_TASKS)


def array_share(
    config: EnsembleConfig, environment: Mapping[str, str] = os.environ
) -> tuple[int, int] | None:
    """The number of this task of a job array of Slurm, from 0, and how many there are; None outside of one.

    sbatch(1), output environment variables: any tasks may be submitted, again or by themselves, as --array=3,17.
    Raises InputError for a task that the array does not have.
    """
    text = environment.get("SLURM_ARRAY_TASK_ID", "")
    if config.run.engine != "slurm_array" or not text.isdecimal():
        return None
    number, tasks = int(text), array_tasks(config)
    if number >= tasks:
        raise InputError(
            f"SLURM_ARRAY_TASK_ID: there is no task {number} among {tasks}; expected sbatch --array=0-{tasks - 1}, or "
            "some of these"
        )
    return number, tasks
