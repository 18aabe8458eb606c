"""How linear are waves in slip? Superpositions of unit sources beside a nonlinear run of the earthquake of 2011.

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
VARIANTS = {  # of the library: solver, and slip [m] of the unit sources
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


def nonlinear_run(folder: Path) -> Path:
    """The run of the base itself, as the members of the example are set."""
    config = load(EXAMPLE)
    assert isinstance(config, EnsembleConfig)
    document = config.document()
    put(document, ("output", "directory"), str(folder), "study")
    return simulate(validate(document))


def seconds(made: GreensFunctions, slip: Any) -> float:
    """The shortest time [s] of a superposition, of some."""
    times = []
    for _ in range(REPEATS):
        begun = wall.perf_counter()
        made.superpose(slip)
        times.append(wall.perf_counter() - begun)
    return min(times)


def main() -> None:
    """Print the tables."""
    with TemporaryDirectory() as folder:
        run = nonlinear_run(Path(folder) / "run")
        made = {
            name: library(Path(folder) / name.replace(", ", "_").replace(" ", ""), *values)
            for name, values in VARIANTS.items()
        }
        errors = {name: linearity_errors(one, one.superpose(SLIP), run)[0] for name, one in made.items()}
        first = next(iter(made.values()))
        rows = [
            (
                station,
                *(
                    f"{100 * errors[name][n].relative_error:.2f} %, {errors[name][n].crest_ratio:.3f}"
                    for name in VARIANTS
                ),
            )
            for n, station in enumerate(first.stations)
        ]
        print(*markdown(("station", *VARIANTS), rows))
        windows = (fault := first.history(SLIP)).slip.shape[1]
        print(f"{len(first.names)} subfaults, {len(first.stations)} stations, {first.time.size} times:")
        print(f"{1e3 * seconds(first, fault.total(len(first.names))):.1f} ms at once, ", end="")
        print(f"{1e3 * seconds(first, SLIP):.1f} ms of the file with {windows} windows")


if __name__ == "__main__":
    main()
