"""Is the launcher the one whose protocol the MPI library speaks?"""

import pytest

from esim.errors import MachineError
from esim.parallel import launcher
from esim.parallel.launcher import PROTOCOLS, choose

LISTED = """\
MPI plugin types are...
	pmix
	none
	pmi2
specific pmix plugin versions available: pmix_v4
"""


@pytest.mark.parametrize(
    ("vendor", "offered", "wanted", "expected"),
    [
        ("Open MPI", ["pmi2", "pmix"], "auto", ("srun", "pmix")),
        ("Open MPI", ["pmi2", "pmix_v4"], "auto", ("srun", "pmix_v4")),
        ("Open MPI", ["pmi2"], "auto", ("mpirun", "openmpi")),  # srun would start ranks that are each alone
        ("MPICH", ["pmi2", "pmix"], "auto", ("srun", "pmi2")),
        ("MPICH", ["pmix"], "auto", ("mpirun", "mpich")),
        ("MPICH", [], "auto", ("mpirun", "mpich")),
        ("Cray MPICH", ["cray_shasta", "pmi2"], "auto", ("srun", "cray_shasta")),
        ("Intel MPI", ["pmi2", "pmix"], "auto", ("mpirun", "intel")),
        ("MPICH", ["pmi2"], "mpirun", ("mpirun", "mpich")),
        ("MPICH", ["pmi2"], "srun", ("srun", "pmi2")),
    ],
)
def test_the_launcher_fits_the_library(
    vendor: str, offered: list[str], wanted: str, expected: tuple[str, str]
) -> None:
    assert choose(vendor, offered, wanted) == expected


def test_what_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(MachineError, match="srun offers pmix, and MPICH needs pmi2; use mpirun"):
        choose("MPICH", ["pmix"], "srun")
    with pytest.raises(MachineError, match="no MPI library"):
        choose(None, ["pmix"])


def test_srun_is_asked_what_it_offers(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(set(PROTOCOLS.findall(LISTED))) == ["pmi2", "pmix", "pmix_v4"]
    srun = tmp_path / "srun"
    srun.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{LISTED}END\n")  # older ones write to stderr
    srun.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert launcher.offered_by_srun() == ["pmi2", "pmix", "pmix_v4"]
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert launcher.offered_by_srun() == []
