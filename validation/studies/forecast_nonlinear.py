"""Do the bands of a forecast hold waves of the nonlinear model? Earthquakes of the prior, on the base scenario.

With its friction, its shallow water and gauges at points, none of which the operator has; instruments err as the
library says. `python -m esim.validation.studies.forecast_nonlinear out/forecast_tohoku2011/library.nc` takes some
minutes and prints a table of validation/results/forecast.md.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import from_dict
from esim.config.forecast.root import TwinConfig
from esim.config.ocean.root import TsunamiConfig
from esim.drivers.run import simulate
from esim.forecast.library import Library, read_library
from esim.forecast.records import Record
from esim.forecast.run import Watch
from esim.forecast.uplift import read_fault, source_terms
from esim.io.tables import write_table
from esim.sources.finite_fault import FiniteFault
from esim.validation.studies.forecast_calibration import MINUTES, earthquake, errors, held, table

COUNT, SEED, EVERY = 10, 2, 15.0


def slip_files(folder: Path, fault: FiniteFault, slip: np.ndarray, window: float) -> list[dict[str, Any]]:
    """Sources of slip (W, K) [m]: a file of what is positive, and with the rake turned of what is negative."""
    names = ["lon", "lat", "depth", "length", "width", "strike", "dip", "rake", "rupture_time"]
    names += [f"slip{n + 1}" for n in range(len(slip))]
    sources = []
    for kind, part, turn in (("forward", np.maximum(slip, 0), 0.0), ("back", np.maximum(-slip, 0), 180.0)):
        rows = []
        for k in range(fault.x.size):
            place = *fault.centre(k), float(fault.outline(k)[:, 2].mean())
            size = (float(values[k]) for values in (fault.length, fault.width, fault.strike, fault.dip))
            rake = (float(fault.rake[k]) + turn) % 360
            rows.append([*place, *size, rake, 0.0, *part[:, k].tolist()])
        path = folder / f"{kind}.csv"
        write_table(path, names, rows)
        path.write_text(f"# reference: center\n# window_duration: {window:g}\n" + path.read_text())
        sources.append({"kind": "finite_fault", "file": str(path)})
    return sources


def compute(library: Library, x: np.ndarray, folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What sensors and targets see of an earthquake in the nonlinear model, by their names; and the times."""
    twin = TwinConfig.model_validate(library.about["configuration"])
    base = from_dict(library.about["base"])
    assert isinstance(base, TsunamiConfig)
    kajiura, sloped = source_terms(twin.unknowns, base)
    slip = (library.slip_mean + library.slip_root @ x).reshape(library.windows, -1)
    sources = slip_files(folder, read_fault(twin.unknowns, base), slip, twin.unknowns.window)
    places = [
        *zip(library.sensors, library.sensor_x, library.sensor_y, library.sensor_kinds, strict=True),
        *(
            (name, a, b, "surface")
            for name, a, b in zip(library.targets, library.target_x, library.target_y, strict=True)
        ),
    ]
    given = base.echo() | {
        "source": [one | {"kajiura": kajiura, "horizontal_on_slope": sloped} for one in sources],
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
