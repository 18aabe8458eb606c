"""An ensemble on workers of Dask that Slurm starts as it has room for them: an example to copy and to change.

    python ensemble_dask.py ensemble.yaml --machine ours.yaml --nodes 4

Run it where jobs are submitted; it stays until the ensemble is complete, and --resume computes what is missing. Each
job is a node of the machine, as `esim job` describes it, with a worker for as many cores as a member has threads.
Needs: pip install 'esim-hpc[cluster]'.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from esim.cli.run import main as esim_run
from esim.config.load import load
from esim.config.machine import MachineConfig, load_machine
from esim.jobs.shell import assignment


def options(machine: MachineConfig, threads: int) -> dict[str, Any]:
    """What dask-jobqueue is told of a node, for members of so many threads."""
    nodes, slurm, start = machine.nodes, machine.slurm, machine.start
    words = [
        f"--{key}={value}" for key in ("qos", "constraint") if (value := getattr(slurm, key)) is not None
    ]
    hours, seconds = divmod(int(slurm.time), 3600)
    environment = [f"export {assignment(name, value)}" for name, value in start.environment.items()]
    return {
        "queue": slurm.partition,
        "account": slurm.account,
        "cores": nodes.cores,
        "processes": max(1, nodes.cores // threads),
        "memory": f"{int(nodes.memory)}B",
        "job_mem": "0" if nodes.exclusive else f"{int(nodes.memory / 2**20)}M",
        "walltime": f"{hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}",
        "python": f"{start.commands}/python" if start.commands else sys.executable,
        "job_script_prologue": [*start.setup, *environment],
        "job_extra_directives": [*(["--exclusive"] if nodes.exclusive else []), *words, *slurm.options],
    }


def main(given: list[str]) -> int:
    """Start the workers, and compute the ensemble on them; the exit code of esim-run, to which other options go."""
    import dask
    from dask_jobqueue import SLURMCluster

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--machine", required=True, help="machine file, as for `esim job`")
    parser.add_argument("--nodes", type=int, default=1, help="jobs of a node each, at most")
    own, others = parser.parse_known_args(given)
    machine, threads = load_machine(own.machine), load(own.config).run.threads or 1
    with SLURMCluster(**options(machine, threads)) as cluster:
        cluster.adapt(minimum_jobs=1, maximum_jobs=own.nodes)
        with dask.config.set({"scheduler-address": cluster.scheduler_address}):
            return esim_run([str(own.config), "--set", "run.engine=dask", *others])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
