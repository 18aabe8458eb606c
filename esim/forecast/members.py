"""How do samples of the posterior become an ensemble? A fault file each, and what `esim-run` needs to compute them."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import from_dict, load
from esim.config.forecast.root import TwinConfig
from esim.config.forecast.unknowns import SlipConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.yaml.write import to_yaml
from esim.errors import InputError
from esim.forecast.library import Library
from esim.forecast.moment import draw
from esim.forecast.operator import window_starts
from esim.forecast.run import Forecast
from esim.forecast.slip_file import write_slip
from esim.forecast.uplift import first_starts, read_fault, source_terms
from esim.io.atomic import whole_file
from esim.io.tables import write_table
from esim.sources.finite_fault import FiniteFault, moment_magnitude

ENSEMBLE, TABLE, COLUMN = "ensemble.yaml", "members.csv", "source.0.file"
SAMPLE = re.compile(r"sample\d+")


@dataclass(frozen=True, eq=False)
class MemberPlan:
    """What members have in common: how many samples, their base and its file, the fault, starts (W, K) [s], source.

    source has the settings of the fault as a source of the base, without its file.
    """

    count: int
    path: Path
    base: TsunamiConfig
    fault: FiniteFault
    starts: np.ndarray
    source: Mapping[str, Any]


def plan_members(library: Library, count: int, base: Path | None) -> MemberPlan:
    """The plan of so many members on a base; None: that of the library.

    Raises InputError for a library of uplift, for fewer than one sample, and for a base that cannot have them.
    """
    twin = TwinConfig.model_validate(library.about["configuration"])
    if not isinstance(twin.unknowns, SlipConfig):
        raise InputError(
            "--members: the library has free uplift; expected one whose unknowns are slip of a fault"
        )
    if count < 1:
        raise InputError(f"--members {count}: expected at least 1")
    path = (base or twin.base).absolute()
    config, own = _checked_base(path, library), from_dict(library.about["base"])
    assert isinstance(own, TsunamiConfig)
    fault, (kajiura, sloped) = read_fault(twin.unknowns, own), source_terms(twin.unknowns, own)
    return MemberPlan(
        count,
        path,
        config,
        fault,
        window_starts(first_starts(twin.unknowns, fault), library.windows, twin.unknowns.window),
        {"kind": "finite_fault", "kajiura": kajiura, "horizontal_on_slope": sloped},
    )


def write_members(
    folder: Path,
    plan: MemberPlan,
    library: Library,
    found: Forecast,
    thresholds: Sequence[float],
    seed: int = 0,
) -> Iterator[str]:
    """Writes samples of slip below the cap as an ensemble; thresholds [m] are those whose exceedance is mapped.

    Yields what the user should know.
    """
    x = draw(found.uncut, found.moment, plan.count, seed)
    slips = (library.slip_mean[:, None] + library.slip_root @ x).reshape(*plan.starts.shape, plan.count)
    digits = len(str(plan.count))
    files = [folder / f"sample{n + 1:0{digits}d}.csv" for n in range(plan.count)]
    for n, file in enumerate(files):
        write_slip(file, plan.fault, slips[:, :, n], plan.starts, float(library.about["window"]))
    for stale in _of_earlier(folder) - set(files):
        stale.unlink(missing_ok=True)
    seen_from_base = [os.path.relpath(file.absolute(), plan.path.parent) for file in files]
    rows = zip([file.stem for file in files], seen_from_base, strict=True)
    write_table(folder / TABLE, ["name", COLUMN], list(rows))
    content = {
        "scenario": "ensemble",
        "title": f"{library.about['title']}: samples from data up to {found.until / 60:.3g} min",
        "base": os.path.relpath(plan.path, folder.absolute()),
        "set": {"source": [dict(plan.source) | {"file": seen_from_base[0]}]},
        "members": {"table": TABLE},
        "hazard": {"thresholds": sorted(thresholds)},
        "output": {"directory": str(folder / "ensemble")},
    }
    with whole_file(folder / ENSEMBLE) as temporary:
        temporary.write_text(to_yaml(content), encoding="utf-8")
    yield from _remarks(plan, library, slips.sum(axis=0))


def _of_earlier(folder: Path) -> set[Path]:
    """The samples of an earlier forecast, by the table that it has left."""
    table = folder / TABLE
    if not table.is_file():
        return set()
    names = [line.split(",")[0] for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    return {folder / f"{name}.csv" for name in names if SAMPLE.fullmatch(name)}


def _checked_base(path: Path, library: Library) -> TsunamiConfig:
    """The base of members; raises InputError for one that is no tsunami, or counts time from another origin."""
    config = load(path)
    if not isinstance(config, TsunamiConfig):
        raise InputError(f"--base {path}: is of scenario {config.scenario}; expected tsunami")
    if None not in (config.time.start, library.start) and config.time.start != library.start:
        raise InputError(
            f"--base {path}: time.start is {config.time.start}, and the origin of the library {library.start}; "
            "expected the same"
        )
    if config.output.maxima is None:
        raise InputError(f"--base {path}: has no output.maxima, from which flooding is told; expected it")
    return config


def _remarks(plan: MemberPlan, library: Library, net: np.ndarray) -> Iterator[str]:
    """What the samples of net slip (K, S) [m] are."""
    magnitudes = [moment_magnitude(float(library.moment @ one)) for one in net.T]
    known = [one for one in magnitudes if one is not None]
    sizes = f", Mw {min(known):.2f} to {max(known):.2f}" if known else ""
    yield f"{plan.count} samples of slip{sizes}, in place of the sources of {plan.path.name}"
    if share := float(np.mean(net < 0)):
        yield f"{100 * share:.2g} % of subfaults slip back on the whole: they have the rake turned"
