"""Slip of a fault or free uplift, and may slip be negative? Both on the earthquake of 11 March 2011.

Two libraries of configs/forecast_tohoku2011.yaml, one of slip as it is, one of uplift with the unknowns and prior that
validation/results/forecast.md gives: `python -m esim.validation.studies.forecast_unknowns SLIP.nc UPLIFT.nc` prints the
tables there.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from esim.forecast.library import Library, read_library
from esim.forecast.moment import draw
from esim.forecast.run import Watch
from esim.validation.report import markdown
from esim.validation.studies.forecast_tohoku import BUOYS, HEADERS, crests, observed

MINUTES = (30, 40, 60)
SAMPLES = 400
FIT = ("unknowns", "number", "data up to", "gauges fit to", "misfit")
BACK = ("data up to", "windows", "subfaults", "slip of samples that is back", "surely back", "without it")


def fit(library: Library) -> Iterator[tuple[str, ...]]:
    """How well the expected records fit: relative L2 difference of all data, and the misfit."""
    records = observed(library)
    for minutes in MINUTES:
        found = Watch(library, records).forecast(60.0 * minutes)
        expected = library.sensor_mean + library.sensor_design @ found.x.mean
        used = np.isfinite(found.data)
        left = np.linalg.norm((found.data - expected)[used]) / np.linalg.norm(found.data[used])
        yield (
            library.unknowns,
            f"{library.slip_mean.size}",
            f"{minutes} min",
            f"{100 * left:.1f} %",
            f"{found.misfit:.2f}",
        )


def back(library: Library) -> Iterator[tuple[str, ...]]:
    """How much of slip is negative, and what the largest elevations at buoys would be without that.

    Shares: of windows of subfaults, and of subfaults on the whole, in samples; of the sum of net slip; of subfaults
    whose interval of 95 % is below zero. Without it: the mean of samples whose negative net slip is set to zero, to
    that of the samples as they are.
    """
    records = observed(library)
    for minutes in (0, *MINUTES):
        if minutes:
            found = Watch(library, records).forecast(60.0 * minutes)
            name, x = f"{minutes} min", draw(found.uncut, found.moment, SAMPLES, 0)
        else:
            random = np.random.default_rng(0)
            name, x = "none, before the cap", random.standard_normal((library.slip_mean.size, SAMPLES))
        slip = (library.slip_mean[:, None] + library.slip_root @ x).reshape(library.windows, -1, SAMPLES)
        net = slip.sum(axis=0)
        backwards = np.maximum(-net, 0.0).sum() / np.abs(net).sum()
        sure = np.mean(np.quantile(net, 0.975, axis=1) < 0)
        yield (
            name,
            f"{100 * np.mean(slip < 0):.0f} %",
            f"{100 * np.mean(net < 0):.0f} %",
            f"{100 * backwards:.1f} %",
            f"{100 * sure:.0f} %",
            _without(library, slip) if minutes else "",
        )


def _without(library: Library, slip: np.ndarray) -> str:
    """Change of the mean largest elevation at the buoys where subfaults that slip back (W, K, S) do not slip."""
    forward = np.where(slip.sum(axis=0) < 0, 0.0, slip)
    parts = []
    for name in BUOYS:
        n = library.targets.index(name)
        # By slip itself, of which x is the part that is not known.
        design = np.linalg.solve(library.slip_root.T, library.forecast_design[n].T).T
        as_is, changed = ((design @ one.reshape(-1, SAMPLES)).max(axis=0).mean() for one in (slip, forward))
        parts.append(f"{name} {100 * (changed / as_is - 1):+.0f} %")
    return ", ".join(parts)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slip", type=Path)
    parser.add_argument("uplift", type=Path)
    options = parser.parse_args()
    slip, uplift = (read_library(path) for path in (options.slip, options.uplift))
    print(*markdown(FIT, [*fit(slip), *fit(uplift)]))
    for library in (slip, uplift):
        print(f"\n{library.unknowns}")
        size = "Mw" if library.unknowns == "slip" else "km3 lifted"
        headers = [size if name == "Mw" else name for name in HEADERS]
        print(*markdown(headers, crests(library, observed(library))))
    print()
    print(*markdown(BACK, list(back(slip))))


if __name__ == "__main__":
    main()
