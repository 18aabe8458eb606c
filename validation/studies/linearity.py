"""How linear are waves in slip? Superpositions of unit sources beside runs of the earthquake of 2011.

The configuration configs/unit_sources_tohoku2011.yaml and the source of its base, with what is varied in the columns:
`python -m esim.validation.studies.linearity` prints the table of validation/results/unit_sources.md, in some minutes.
"""

import time as wall
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from esim.config import load
from esim.config.ensemble.root import EnsembleConfig
from esim.config.load import validate
from esim.config.yaml.document import put, read
from esim.drivers.run import simulate
from esim.ensemble.linearity import linearity_errors
from esim.ensemble.superposition import GreensFunctions, open_library
from esim.validation.report import markdown

EXAMPLE = Path(__file__).parents[2] / "configs" / "unit_sources_tohoku2011.yaml"
SLIP = EXAMPLE.parent / "sources" / "satake2013.csv"
VARIANTS = {  # of library and run: the solver, and slip [m] of the unit sources
    "nonlinear, 10 m": ("nonlinear", 10.0),
    "nonlinear, 1 m": ("nonlinear", 1.0),
    "deep, 10 m": ("deep", 10.0),
}
REPEATS = 20


def library(folder: Path, solver: str, slip: float) -> GreensFunctions:
    """The library of the example with another solver and slip of its unit sources."""
    document = read(EXAMPLE)
    for key, value in (
        (("set", "grid.solver"), solver),
        (("members", "unit_sources", "slip"), slip),
        (("output", "directory"), str(folder)),
    ):
        put(document, key, value, "study")
    return open_library(simulate(validate(document)))


def run_of_base(folder: Path, solver: str) -> Path:
    """The run of the base itself, as the members of the example are set, with another solver."""
    config = load(EXAMPLE)
    assert isinstance(config, EnsembleConfig)
    document = config.document()
    put(document, ("grid", "solver"), solver, "study")
    put(document, ("output", "directory"), str(folder), "study")
    return simulate(validate(document))


def errors_of(made: GreensFunctions, folder: Path, solver: str) -> list[tuple[str, str]]:
    """Of each station: the name, and relative L2 error and ratio of crests against the run with the same solver."""
    run = folder if folder.exists() else run_of_base(folder, solver)
    found, _ = linearity_errors(made, made.superpose(SLIP), run)
    return [(one.station, f"{100 * one.relative_error:.2f} %, {one.crest_ratio:.3f}") for one in found]


def seconds(made: GreensFunctions, slip: Any) -> float:
    """The shortest time [s] of a superposition, of some."""
    times = []
    for _ in range(REPEATS):
        begun = wall.perf_counter()
        made.superpose(slip)
        times.append(wall.perf_counter() - begun)
    return min(times)


def main() -> None:
    """Print the table, and how long a superposition takes."""
    with TemporaryDirectory() as name:
        folder, cells = Path(name), []
        for number, (solver, slip) in enumerate(VARIANTS.values()):
            made = library(folder / f"library{number}", solver, slip)
            cells.append(errors_of(made, folder / f"run_{solver}", solver))
        rows = [(row[0][0], *(cell for _, cell in row)) for row in zip(*cells, strict=True)]
        print(*markdown(("station", *VARIANTS), rows))
        history = made.history(SLIP)
        print(f"{len(made.names)} subfaults, {len(made.stations)} stations, {made.time.size} times:")
        print(f"{1e3 * seconds(made, history.total(len(made.names))):.1f} ms at once, ", end="")
        print(f"{1e3 * seconds(made, SLIP):.1f} ms of the file with {history.slip.shape[1]} windows")


if __name__ == "__main__":
    main()
