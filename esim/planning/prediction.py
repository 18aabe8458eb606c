"""How long will a run take on this machine, and by how much were earlier predictions off?"""

import math
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from esim.errors import EsimError
from esim.planning.network import HERE, Hardware, step_time
from esim.planning.rates import Rates, Way, cache_file, identity, load, rates_here, save
from esim.planning.work import Workload

KEPT = 100  # past predictions that are kept
LOOKED_AT = 5  # of these, how many of the same way of computing correct the next one
ENOUGH = 3  # past predictions from which on they correct
KEPT_RATIOS = ("compute", "memory", "files")
WORTH = 1.0  # s of computing from which on a run says something of its prediction


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a run was predicted to take: times [s] of its loop, memory of the largest rank and output [bytes].

    compute is what the steps take, waiting the part of it in messages; both were multiplied by `correction`, the median
    of measured over predicted time in the `past` runs of its kind here. output is what files take beside them.
    uncertainty is a factor, either way.
    """

    compute: float
    waiting: float
    output: float
    time: float
    uncertainty: float
    memory: int
    files: int
    correction: float
    past: tuple[float, ...]
    past_memory: tuple[float, ...]
    past_files: tuple[float, ...]
    unmeasured: tuple[str, ...]
    uncounted: tuple[str, ...]
    family: str
    way: str

    def record(self) -> dict[str, Any]:
        """What run.json keeps of it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Lines of the plan of a run."""
        rates = "measured rates" if not self.unmeasured else "shipped rates"
        low, high = self.time / self.uncertainty, self.time * self.uncertainty
        lines = [
            f"predicted time {duration(self.time)} for the steps, {duration(low)} to {duration(high)} "
            f"(by {rates}; {duration(self.output)} of it output)"
        ]
        lines.append(f"               {self._history()}")
        if self.unmeasured:
            lines.append(
                f"               not measured on this machine: {', '.join(self.unmeasured)}; `esim bench --rates` "
                "measures once"
            )
        lines += [f"               {text}" for text in self.uncounted]
        return lines

    def _history(self) -> str:
        """How far earlier predictions were off."""
        if not self.past:
            return "no run of this kind has been compared with its prediction here"
        many = len(self.past)
        runs = "the last run of this kind here" if many == 1 else f"the last {many} runs of this kind here"
        corrected = (
            f" (time is corrected by a factor of {self.correction:.2f})" if self.correction != 1 else ""
        )
        return (
            f"{runs} took {_off(self.past)} time, {_off(self.past_memory)} memory and {_off(self.past_files)} disk "
            f"than predicted{corrected}"
        )


def _off(ratios: Sequence[float]) -> str:
    """By how much something measured was more or less than predicted: '2 % less to 10 % more'."""
    ends = sorted({round(100 * (ratio - 1)) for ratio in (min(ratios), max(ratios))})
    return " to ".join(f"{abs(end)} % {'less' if end < 0 else 'more'}" for end in ends)


def predict(workload: Workload, way: Way, bandwidth: float | None = None) -> Prediction:
    """The prediction for a run on this machine; bandwidth [B/s] is that of its GPU's memory, if it has one."""
    rates = rates_here(way, bandwidth)
    family = family_of(workload, rates)
    hardware = HERE
    step = step_time(workload, rates, hardware, way.ranks)
    raw = workload.steps * step.total
    runs = past_runs(family, way)
    past = [one["compute"] for one in runs]
    correction = statistics.median(past) if len(past) >= ENOUGH else 1.0
    compute = correction * raw
    handed, written, closing = output_time(workload, rates)
    kinds = [*workload.kinds, "output", *(["output: compression"] if workload.output.compressed else [])]
    spare = hardware.cores - way.threads * way.ranks
    time = max(compute + handed, written) if spare > 0 else compute + handed + written / hardware.cores
    time += closing
    return Prediction(
        compute=compute,
        waiting=correction * workload.steps * (step.halo + step.reductions),
        output=time - compute,
        time=time,
        uncertainty=rates.uncertainty(kinds) if not past else max(1.05, spread(past)),
        memory=sum(workload.memory.values()),
        files=workload.output.all,
        correction=correction,
        past=tuple(past),
        past_memory=tuple(one["memory"] for one in runs),
        past_files=tuple(one["files"] for one in runs),
        unmeasured=tuple(rates.missing(kinds)),
        uncounted=tuple(workload.uncounted),
        family=family,
        way=way.key,
    )


def family_of(workload: Workload, rates: Rates) -> str:
    """Which runs are of the same kind: those with the same kinds of work, whose rates come from the same place."""
    kinds = workload.kinds
    return f"{'shipped' if rates.missing(kinds) else 'measured'} rates of {'; '.join(kinds)}"


def quick_time(kinds: Mapping[str, float], steps: float, threads: int, backend: str = "cpu") -> float | None:
    """Seconds [s] of so many steps on one rank here, by the updates that a step has of each kind of work.

    For a run of which no more is known than its size, in float32; None where the rates were not measured here.
    """
    rates = rates_here(Way(backend, "float32", threads))
    if rates.missing(list(kinds)):
        return None
    return steps * sum(rates.of(kind).time(amount, 1.0) for kind, amount in kinds.items())


def spread(ratios: Sequence[float]) -> float:
    """Factor within which some ratios lie around their median, either way."""
    middle = statistics.median(ratios)
    return max(max(ratio / middle, middle / ratio) for ratio in ratios) if len(ratios) > 1 else 1.15


def output_time(workload: Workload, rates: Rates) -> tuple[float, float, float]:
    """Seconds [s] to hand over all output; of the thread that compresses and writes it meanwhile; and at the end."""
    out = workload.output
    packing = rates.of("output: compression").per_update if out.compressed else 0.0
    handed = rates.of("output").per_update * (out.results + out.checkpoints)
    return handed, packing * (out.results - out.at_end), packing * out.at_end


def past_runs(family: str, way: Way) -> list[Mapping[str, float]]:
    """Measured over predicted compute time (by rates alone), memory and files of the last runs of a kind here."""
    entries = load(cache_file("predictions")).get("runs", [])
    found = [
        entry["ratios"]
        for entry in entries
        if isinstance(entry, dict)
        and (entry.get("family"), entry.get("way")) == (family, way.key)
        and isinstance(entry.get("ratios"), dict)
        and all(_positive(entry["ratios"].get(name)) for name in KEPT_RATIOS)
    ]
    return found[-LOOKED_AT:]


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def compared(prediction: Prediction, measured: Mapping[str, float], whole: bool = True) -> dict[str, Any]:
    """What run.json keeps: predicted, measured, and measured over predicted where both are there.

    Of a part of a run, one that was resumed or stopped, only memory can be compared.
    """
    ratios = {
        name: measured[name] / predicted
        for name, predicted in prediction.record().items()
        if name in measured and isinstance(predicted, int | float) and predicted > 0
        if whole or name == "memory"
    }
    return {"predicted": prediction.record(), "measured": dict(measured), "measured_over_predicted": ratios}


def remember(prediction: Prediction, measured: Mapping[str, float]) -> None:
    """Keep how a prediction compares with what a whole run took, for later ones on this machine.

    A cache that cannot be written is no reason to end a run.
    """
    if measured["compute"] < WORTH:
        return
    ratios = {name: measured[name] / getattr(prediction, name) for name in KEPT_RATIOS}
    ratios["compute"] *= prediction.correction
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"family": prediction.family, "way": prediction.way, "ratios": ratios, "ended": ended}
    with suppress(EsimError, OSError):
        path = cache_file("predictions")
        runs = [one for one in load(path).get("runs", []) if isinstance(one, dict)]
        save(path, {"machine": identity(), "runs": [*runs, entry][-KEPT:]})


def duration(seconds: float) -> str:
    """A time in words: '40 s', '3.2 min', '5.1 h', '2.3 days'."""
    for limit, unit, name in ((100.0, 1.0, "s"), (6000.0, 60.0, "min"), (3 * 86400.0, 3600.0, "h")):
        if seconds < limit:
            return f"{seconds / unit:.2g} {name}"
    return f"{seconds / 86400:,.3g} days"


__all__ = ["Hardware", "Prediction", "compared", "predict", "remember"]
