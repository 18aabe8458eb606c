"""Tests of tests: a worker of pytest ends when it is asked to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLEEPER = """
import os, time
from pathlib import Path

def test_sleeps():
    import esim.cli.run
    Path({part!r}).write_text(str(os.getpid()))
    Path({part!r}).rename({started!r})
    time.sleep(60)
"""


@pytest.mark.long
def test_a_worker_ends_on_sigterm(tmp_path):
    """Though the command, which a test imports, would take it for the wish of a checkpoint."""
    started = tmp_path / "started"
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "test_sleeper.py").write_text(SLEEPER.format(part=f"{started}.part", started=str(started)))
    paths = filter(None, (str(TESTS.parent), os.environ.get("PYTHONPATH")))
    command = [sys.executable, "-m", "pytest", "--numprocesses", "1", "--max-worker-restart", "0"]
    process = subprocess.Popen(
        [*command, "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(int(started.read_text()), signal.SIGTERM)
        assert process.wait(30) == 1  # a worker is lost
    finally:
        process.kill()
