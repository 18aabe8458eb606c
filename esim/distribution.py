"""What is esim called where packages are installed from? `esim` on PyPI is something else."""

NAME = "esim-hpc"


def install(extra: str = "") -> str:
    """The command that installs esim, or what one of its extras adds: "pip install 'esim-hpc[gis]'"."""
    return f"pip install '{NAME}[{extra}]'" if extra else f"pip install {NAME}"
