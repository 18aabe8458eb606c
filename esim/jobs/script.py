"""How is a batch script written? Options of Slurm and settings from the plan, then the shell code of jobscripts/."""

import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from esim import __version__
from esim.config.ensemble.root import EnsembleConfig
from esim.config.load import load
from esim.config.machine import MachineConfig, load_machine
from esim.config.scenario import ScenarioConfig
from esim.config.yaml.suggest import listed
from esim.drivers.ensemble.setup import array_tasks
from esim.errors import InputError
from esim.jobs.layout import Layout, gigabytes, given_layout, lay_out
from esim.jobs.prediction import Planned, Prediction
from esim.jobs.shell import array, assignment, comment, job_name

FOLDER = Path(__file__).parents[1] / "jobscripts"
MARGIN = 2.0  # limits of time and memory over what is predicted
ROUND = 600.0  # s: time limits are whole multiples of it
WORKER_SHARE = 0.9  # of the memory of a node that its workers of Dask may take
PROCESSES = 3  # of Dask at least: scheduler, client and a worker


class Template(NamedTuple):
    """A kind of job: what computes, settings of esim-run for it, the machine that it is for, its shell code."""

    backend: str
    overrides: tuple[str, ...]
    machine: str
    parts: tuple[str, ...]
    accelerator: str | None = None


TEMPLATES = {
    "cpu": Template("cpu", ("run.backend=cpu",), "cpu_cluster", ("launch", "cpu", "run")),
    "a100": Template("cuda", ("run.backend=cuda",), "dgx_a100", ("launch", "a100", "run"), "gpu"),
    "vector": Template(
        "numpy",
        ("run.backend=numpy", "run.array_module=nlcpy"),
        "sx_aurora",
        ("launch", "vector", "run"),
        "vector",
    ),
    "analysis": Template("cpu", (), "cpu_cluster", ("launch", "analysis")),
}


@dataclass(frozen=True)
class Wish:
    """What is asked for: texts as they were typed; None is what the machine or the plan says.

    program is the Python program of an analysis; time is in seconds.
    """

    config: Path
    template: str = "cpu"
    machine: str | None = None
    nodes: int | None = None
    ranks: int | None = None
    time: float | None = None
    output: str | None = None
    name: str | None = None
    overrides: tuple[str, ...] = ()
    program: Path | None = None


def write_job(wish: Wish) -> tuple[str, list[str]]:
    """The script, and what is said of it in a few lines.

    Raises InputError for a configuration or a machine that is wrong, and a run that the machine cannot hold.
    """
    template = TEMPLATES[wish.template]
    machine = load_machine(wish.machine or template.machine)
    _check_accelerators(wish, template, machine)
    config = load(wish.config, (*template.overrides, *wish.overrides))
    _check_backend(wish, template, config)
    tasks = array_size(config)
    if wish.program is not None and not wish.program.is_file():
        raise InputError(f"--program {wish.program}: there is no such file")
    accelerated = template.accelerator is not None
    if wish.template == "analysis":
        layout, found = _analysis_layout(machine, wish), None
    else:
        planned = Planned(config, machine, template.backend)
        ranks = wish.ranks
        if isinstance(config, EnsembleConfig) and tasks and wish.nodes is None and ranks is None:
            ranks = config.run.ranks_per_member
        layout, found = lay_out(machine, accelerated, wish.nodes, ranks, planned.predict)
    limit, about = _time_limit(wish, machine, found)
    told = _told(layout, accelerated) + (
        f"; an array of {tasks} such jobs, and one behind it" if tasks else ""
    )
    said = [told, *([_needs(found, limit)] if found else []), *about]
    text = "".join(
        (
            "#!/bin/bash\n",
            comment(f"Slurm script of esim {__version__}, written by `esim job`: {machine.description}"),
            *map(comment, said),
            *(f"#SBATCH {option}\n" for option in _options(wish, machine, layout, found, limit, accelerated)),
            "\n",
            _settings(wish, template, machine, config, layout),
            *("\n" + _part(name) for name in template.parts),
        )
    )
    return text, said


def array_size(config: ScenarioConfig) -> int:
    """Tasks of the job array that computes an ensemble; 0 for one job. Raises InputError for Dask."""
    if not isinstance(config, EnsembleConfig):
        return 0
    if config.run.engine == "dask":
        raise InputError(
            "run.engine: dask is no batch job: its workers are such jobs, which "
            f"python {FOLDER / 'ensemble_dask.py'} submits by dask-jobqueue; or use the engine slurm_array, or mpi"
        )
    return array_tasks(config) if config.run.engine == "slurm_array" else 0


def _check_accelerators(wish: Wish, template: Template, machine: MachineConfig) -> None:
    accelerators = machine.nodes.accelerators
    has = accelerators.kind if accelerators is not None else None
    if template.accelerator is not None and has != template.accelerator:
        wanted = {"gpu": "GPUs", "vector": "vector engines"}[template.accelerator]
        fitting = [name for name, other in TEMPLATES.items() if other.accelerator == has]
        raise InputError(
            f"--template {wish.template} needs {wanted}, and nodes.accelerators of {wish.machine} has none; expected "
            f"another machine, or one of the templates {listed(fitting)}"
        )


def _check_backend(wish: Wish, template: Template, config: ScenarioConfig) -> None:
    """Refuses settings, typed with --set, with which a run would not use what the job asks for."""
    run, kind = config.run, template.accelerator
    if wish.template == "analysis":
        return
    fits = {
        None: run.backend == "cpu" or (run.backend, run.array_module) == ("numpy", "numpy"),
        "gpu": run.backend == "cuda" or run.array_module == "cupy",
        "vector": run.array_module == "nlcpy",
    }
    if not fits[kind]:
        raise InputError(
            f"--set run.backend: '{run.backend}' with run.array_module '{run.array_module}' does not compute on what "
            f"--template {wish.template} asks for; leave it out"
        )


def _analysis_layout(machine: MachineConfig, wish: Wish) -> Layout:
    """A process of Dask for each NUMA domain, and at least those that it needs."""
    layout = given_layout(machine, False, wish.nodes, wish.ranks)
    if layout.ranks >= PROCESSES:
        return layout
    if wish.ranks is not None:
        raise InputError(
            f"--ranks {wish.ranks} is too few for Dask; expected at least {PROCESSES}: scheduler, client and workers"
        )
    return given_layout(machine, False, layout.nodes, PROCESSES)


def _time_limit(wish: Wish, machine: MachineConfig, found: Prediction | None) -> tuple[float, list[str]]:
    """The time limit [s], and what is to be said of it."""
    slurm = machine.slurm
    if wish.time is not None:
        if wish.time <= slurm.notice:
            raise InputError(
                f"--time {wish.time:g} s is not longer than the notice before the end, slurm.notice {slurm.notice:g} s"
            )
        return wish.time, []
    if found is None:
        return min(slurm.time, slurm.longest), []
    wanted = math.ceil((MARGIN * found.seconds + slurm.notice) / ROUND) * ROUND
    if wanted <= slurm.longest:
        return wanted, []
    parts = math.ceil(wanted / slurm.longest)
    return slurm.longest, [
        f"longer than slurm.longest: about {parts} jobs, each of which resumes the one before"
    ]


def _told(layout: Layout, accelerated: bool) -> str:
    nodes = "1 node" if layout.nodes == 1 else f"{layout.nodes} nodes"
    each = f"{layout.ranks_per_node} ranks" if layout.ranks_per_node > 1 else "1 rank"
    more = ", an accelerator each" if accelerated else ""
    return f"{nodes}, {each} a node ({layout.ranks} in all) with {layout.threads} threads{more}"


def _needs(found: Prediction, limit: float) -> str:
    cells, steps = max(one.cells for one in found.workloads), sum(one.steps for one in found.workloads)
    written = sum(one.output.all for one in found.workloads)
    device = f" and {gigabytes(found.device)} of its accelerator" if found.device else ""
    return (
        f"{cells:,} cells, {steps:,.0f} steps; {gigabytes(found.host)}{device} per rank; output at "
        f"most {gigabytes(written)}, about {_minutes(found.seconds)} predicted; limit {_minutes(limit)}"
    )


def _minutes(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _options(
    wish: Wish,
    machine: MachineConfig,
    layout: Layout,
    found: Prediction | None,
    limit: float,
    accelerated: bool,
) -> list[str]:
    """The options of sbatch. What is free text in them has been reduced to one harmless word."""
    nodes, slurm, accelerators = machine.nodes, machine.slurm, machine.nodes.accelerators
    name = job_name(wish.name or wish.config.stem)
    options = [
        f"--job-name={name}",
        f"--nodes={layout.nodes}",
        f"--ntasks={layout.ranks}",
        f"--ntasks-per-node={layout.ranks_per_node}",
        f"--cpus-per-task={layout.threads}",
        "--hint=nomultithread",
        f"--time={math.ceil(limit / 60)}",
        f"--output={name}-%j.log",
        "--open-mode=append",
    ]
    if wish.template != "analysis":
        options += [f"--signal=B:USR1@{math.ceil(slurm.notice)}", "--requeue"]
    if nodes.exclusive:
        options += ["--exclusive", "--mem=0"]
    else:
        each = nodes.memory / nodes.cores * layout.threads if found is None else MARGIN * found.host
        options.append(f"--mem={math.ceil(min(each * layout.ranks_per_node, nodes.memory) / 2**20)}M")
    if accelerated and accelerators is not None:
        count = min(layout.ranks_per_node, accelerators.count)
        if accelerators.gres is not None:
            options.append(f"--gres={accelerators.gres}:{count}")
        elif accelerators.kind == "gpu":
            options.append(f"--gpus-per-node={count}")
    for key in ("partition", "account", "qos", "constraint"):
        if (value := getattr(slurm, key)) is not None:
            options.append(f"--{key}={value}")
    return [*options, *slurm.options]


def _settings(
    wish: Wish, template: Template, machine: MachineConfig, config: ScenarioConfig, layout: Layout
) -> str:
    """The variables of the script; each value is one word for the shell, whatever is in it."""
    start = machine.start
    output = Path(wish.output or config.output.directory).absolute()
    commands = start.commands or str(Path(sys.executable).parent)
    try:
        lines = [
            assignment("TITLE", config.title or wish.config.stem),
            assignment("FOLDER", str(Path.cwd())),
            assignment("OUT", str(output)),
            assignment("COMMANDS", commands),
            f"NODES={layout.nodes} RANKS={layout.ranks} RANKS_PER_NODE={layout.ranks_per_node} "
            f"THREADS={layout.threads}",
            array("BIND", _binding(machine, layout, template)),
            assignment("LAUNCHER", " ".join(_launcher(machine))),
        ]
        if wish.template == "a100" and machine.nodes.accelerators is not None:
            lines.append(array("NICS", machine.nodes.accelerators.nics))
        if wish.template == "analysis":
            program = wish.program or FOLDER / "analysis.py"
            memory = machine.nodes.memory / layout.ranks_per_node
            lines.append(assignment("PROGRAM", str(program.absolute())))
            lines.append(f"WORKER_MEMORY={int(WORKER_SHARE * memory)}")
        else:
            lines.append(assignment("CONFIG", str(wish.config.absolute())))
            lines.append(array("OVERRIDES", (*template.overrides, *wish.overrides)))
            lines.append(f"RESTARTS={machine.slurm.restarts}")
            if array_size(config):
                lines.append("ARRAY=yes")
        lines += [f"export {assignment(name, value)}" for name, value in start.environment.items()]
    except ValueError as error:
        raise InputError(f"the script cannot be written: {error}") from None
    return "\n".join([*lines, "", *_setup_lines(start.setup)])


def _binding(machine: MachineConfig, layout: Layout, template: Template) -> list[str]:
    """Options of srun that bind a rank to its cores: those next to its accelerator, where each of these has a rank."""
    accelerators = machine.nodes.accelerators
    if template.accelerator is None or accelerators is None or not accelerators.numa:
        return ["--cpu-bind=cores"]
    if layout.ranks_per_node != accelerators.count:
        return ["--cpu-bind=cores"]
    return [f"--cpu-bind=map_ldom:{','.join(map(str, accelerators.numa))}", "--mem-bind=local"]


def _setup_lines(setup: Sequence[str]) -> list[str]:
    return ["# start.setup of the machine file", *setup, ""] if setup else []


def _launcher(machine: MachineConfig) -> tuple[str, ...]:
    """How ranks are started, as far as the machine says so: the launcher (auto), and what srun --mpi is to be."""
    start = machine.start
    return (start.launcher,) if start.mpi is None else ("srun", start.mpi)


def _part(name: str) -> str:
    """Shell code of jobscripts/."""
    path = FOLDER / f"{name}.sh"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); install esim again") from None


def command_line(wish: Wish) -> str:
    """How to submit the script, as it may be typed; a job array, and the job that waits for it."""
    script = shlex.quote(job_name(wish.name or wish.config.stem) + ".sh")
    tasks = array_size(load(wish.config, (*TEMPLATES[wish.template].overrides, *wish.overrides)))
    if not tasks:
        return f"sbatch {script}"
    return f"sbatch --dependency=afterany:$(sbatch --parsable --array=0-{tasks - 1} {script}) {script}"
