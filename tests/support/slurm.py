"""A Slurm on this machine, for root: controller, daemons of two virtual nodes of four cores, and munge, on loopback."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
SETTINGS = """\
ClusterName=esimtest
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.sock,cred_expire={requeue}
CredType=cred/munge
SlurmctldPort={port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
FirstJobId={first}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
OverTimeLimit=10
SlurmctldTimeout=30
SlurmdTimeout=60
KillWait=10
SlurmdParameters=config_overrides
{nodes}
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODES = ("n1", "n2")
NODE = "NodeName={} NodeHostname={} NodeAddr=127.0.0.1 Port={} CPUs=4 RealMemory=8000 State=UNKNOWN"
# Numbers of jobs do not begin with 1: MPI libraries name shared memory after them, and what ranks that were killed have
# left under a number makes the next ones with it fail, or hang.
REQUEUE = 10  # s that a job waits in the queue before it starts again
PATIENCE = 60.0  # s for daemons to start


def missing() -> str:
    """Why there can be no Slurm here; empty if there can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if absent:
        return f"no {', '.join(absent)}: `make test-slurm` installs them with apt-get"
    return "" if os.geteuid() == 0 else "only root can start the daemons of Slurm"


@contextmanager
def running_slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Context with the daemons running; the environment in which Slurm's commands find them."""
    for name in ("state", *(f"spool/{node}" for node in NODES), "log", "munge"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge/munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    (folder / "munge").chmod(0o755)  # whoever asks munge must reach its socket
    settings = folder / "slurm.conf"
    host = socket.gethostname().split(".")[0]
    port, *node_ports = _free_ports(1 + len(NODES))
    nodes = "\n".join(NODE.format(name, host, free) for name, free in zip(NODES, node_ports, strict=True))
    first = random.randrange(1, 50_000_000)
    settings.write_text(
        SETTINGS.format(host=host, folder=folder, requeue=REQUEUE, first=first, port=port, nodes=nodes)
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
    environment |= {"SLURM_CONF": str(settings), "PATH": _path()}
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        _start(
            daemons,
            environment,
            folder,
            "munged",
            "--foreground",
            "--force",
            f"--key-file={key}",
            f"--socket={folder}/munge/munge.sock",
            f"--pid-file={folder}/munge/munged.pid",
            f"--log-file={folder}/log/munged.log",
            f"--seed-file={folder}/munge/seed",
        )
        _start(daemons, environment, folder, "slurmctld", "-D", "-f", settings)
        for node in NODES:
            _start(daemons, environment, folder, "slurmd", "-D", "-f", settings, "-N", node)
        _wait_for_nodes(environment)
        yield environment
    finally:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["scancel", "--user=root"], env=environment, timeout=20, capture_output=True)
            _wait_for_jobs(environment)
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def slurm(environment: dict[str, str], *command: object) -> str:
    """What one of Slurm's commands prints."""
    ran = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def _start(
    daemons: list["subprocess.Popen[bytes]"], environment: dict[str, str], folder: Path, *command: object
) -> None:
    with (folder / f"log/{command[0]}{len(daemons)}.out").open("wb") as log:
        daemons.append(subprocess.Popen(list(map(str, command)), env=environment, stdout=log, stderr=log))


def _wait_for_nodes(environment: dict[str, str]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ran = subprocess.run(["sinfo", "-h", "-o", "%D %t"], env=environment, capture_output=True, text=True)
        if ran.stdout.split() == [str(len(NODES)), "idle"]:
            return
        time.sleep(0.5)
    raise AssertionError(f"the nodes did not come up within {PATIENCE:g} s: {ran.stdout}{ran.stderr}")


def _wait_for_jobs(environment: dict[str, str]) -> None:
    """Returns when no job is left, or when jobs do not end."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ran = subprocess.run(["squeue", "-h"], env=environment, capture_output=True, text=True, timeout=20)
        if not ran.stdout.strip():
            return
        time.sleep(0.5)


def _free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
