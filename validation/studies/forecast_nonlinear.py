"""Do the bands of a forecast hold waves of the nonlinear model? Earthquakes of the prior, on the base scenario.

With its friction, its shallow water and gauges at points, none of which the operator has; instruments err as the
library says. `python -m esim.validation.studies.forecast_nonlinear out/forecast_tohoku2011/library.nc` takes some
minutes and prints a table of validation/results/forecast.md.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from esim.analysis import Run
from esim.config import from_dict
from esim.config.forecast.root import TwinConfig
from esim.config.forecast.unknowns import SlipConfig
from esim.config.ocean.root import TsunamiConfig
from esim.drivers.run import simulate
from esim.forecast.library import Library, read_library
from esim.forecast.operator import window_starts
from esim.forecast.records import Record
from esim.forecast.run import Watch
from esim.forecast.slip_file import write_slip
from esim.forecast.uplift import first_starts, read_fault, source_terms
from esim.validation.studies.forecast_calibration import MINUTES, earthquake, errors, held, table

COUNT, SEED, EVERY = 10, 2, 15.0


def compute(library: Library, x: np.ndarray, folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What sensors and targets see of an earthquake in the nonlinear model, by their names; and the times."""
    twin = TwinConfig.model_validate(library.about["configuration"])
    base = from_dict(library.about["base"])
    assert isinstance(base, TsunamiConfig)
    unknowns = twin.unknowns
    assert isinstance(unknowns, SlipConfig)
    fault, (kajiura, sloped) = read_fault(unknowns, base), source_terms(unknowns, base)
    slip = (library.slip_mean + library.slip_root @ x).reshape(library.windows, -1)
    starts = window_starts(first_starts(unknowns, fault), library.windows, unknowns.window)
    write_slip(folder / "slip.csv", fault, slip, starts, unknowns.window)
    source = {"kind": "finite_fault", "file": str(folder / "slip.csv"), "kajiura": kajiura}
    places = [
        *zip(library.sensors, library.sensor_x, library.sensor_y, library.sensor_kinds, strict=True),
        *(
            (name, a, b, "surface")
            for name, a, b in zip(library.targets, library.target_x, library.target_y, strict=True)
        ),
    ]
    given = base.echo() | {
        "source": [source | {"horizontal_on_slope": sloped}],
        "stations": [
            {"name": name, "lon": float(a), "lat": float(b), "kind": kind} for name, a, b, kind in places
        ],
        "output": {"directory": str(folder / "run"), "maxima": None, "stations": {"every": EVERY}},
    }
    given["time"] |= {"duration": float(library.forecast_time[-1])}
    simulate(from_dict(given))
    with Run.open(folder / "run") as run:
        assert run.stations is not None
        found = {
            name: run.stations["depth_change" if kind == "pressure" else "eta"].sel(station=name).values
            for name, _, _, kind in places
        }
        return found, run.stations["seconds"].values


def tried(library: Library, seed: tuple[int, int], folder: Path) -> list[list[float]]:
    """What `held` finds for an earthquake at each of MINUTES."""
    random = np.random.default_rng(seed)
    seen, times = compute(library, earthquake(library, random), folder)
    noise, floor = errors(times, library.correlation, len(seen), random), library.noise.floor
    records = {name: Record(times, wave + floor * noise[n]) for n, (name, wave) in enumerate(seen.items())}
    of_targets = [records[name] for name in library.targets]
    truth = np.array([np.interp(library.forecast_time, one.time, one.value) for one in of_targets])
    highest = np.array([seen[name].max() for name in library.targets])
    watch = Watch(library, {name: records[name] for name in library.sensors})
    return [held(library, watch.forecast(60.0 * minutes), truth, highest) for minutes in MINUTES]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    library, found = read_library(options.library), []
    for n in range(options.count):
        with TemporaryDirectory() as folder:
            found.append(tried(library, (SEED, n), Path(folder)))
    print(*table(np.array(found)))


if __name__ == "__main__":
    main()
