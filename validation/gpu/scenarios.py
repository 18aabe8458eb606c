"""Whole scenarios on the GPU, as anybody runs them, and what their time is spent on."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from esim.validation.gpu.report import Finding, gap
from esim.validation.gpu.runs import earthquake

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
NAMES = ("tohoku2011_4min", "tohoku2011", "loh1")
HOUR = 3600.0


def scenarios(tiny: bool) -> Iterator[Finding]:
    """Each with the seconds of its computation, its halo, its output and its start."""
    from esim.config import from_dict, load
    from esim.errors import InputError

    with tempfile.TemporaryDirectory() as folder:
        if tiny:
            yield from _timed(
                "a small earthquake", from_dict(earthquake(Path(folder) / "x", "cuda", "none", True))
            )
            return
        for name in NAMES:
            where = Path(folder) / name
            settings = [f"output.directory={where}", "run.backend=cuda", "run.precision=float32"]
            try:
                yield from _timed(name, load(CONFIGS / f"{name}.yaml", settings))
            except InputError as error:
                yield gap(name, str(error))


def _timed(name: str, cfg: Any) -> Iterator[Finding]:
    from esim.drivers.run import simulate

    begun = time.perf_counter()
    folder = simulate(cfg)
    total = time.perf_counter() - begun
    record = json.loads((folder / "run.json").read_text())
    timings, halo = record["timings"], record.get("halo") or {}
    loop = timings["time loop"]
    compute, output = timings["time loop: compute"], timings["time loop: output"]
    split = {"compute": compute, "output": output, "start and end": total - loop, "all": total}
    found = ", ".join(f"{key} {value:.2f} s" for key, value in split.items())
    numbers = {"seconds": split, "timings": timings, "halo": halo, "cell_rate": record["cell_rate"]}
    yield Finding(f"{name}: time", found, numbers=numbers | {"energy": record.get("energy")})
    yield Finding(f"{name}: halos", json.dumps(halo) if halo else "none: one rank", numbers={"halo": halo})
    simulated = record["simulated_seconds"]
    if name.startswith("tohoku"):
        hour = loop * HOUR / simulated
        yield Finding(f"{name}: an hour of it", f"{hour:.2f} s", numbers={"s": hour})
    rate = record["cell_rate"]
    yield Finding(
        f"{name}: cell updates", f"{rate:.3g} /s" if rate else "none", numbers={"cells_per_s": rate}
    )
