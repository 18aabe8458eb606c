"""What is said of the sources of a run, before and after it? A line each, or one for many of a kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from esim.config.yaml.suggest import FEW
from esim.crust.sources.build import CrustSource
from esim.sources.crust import PointSources
from esim.sources.crust.moment_tensor import magnitude

Facts = tuple[str, float, float]  # name, moment [N m] (0: none), depth [m] of a source


def plan_lines(sources: Sequence[CrustSource]) -> Iterator[str]:
    """Lines of the plan of a run."""
    for name, moments, _ in _kinds([_facts(source) for source in sources]):
        yield f"source         {name}{''.join(f', {text}' for text in _sizes(moments))}"


def summary_lines(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Lines of the summary of a run, from what run.json has of its sources."""
    facts = [(one["name"], one["moment"] or 0.0, one["depth"]) for one in records]
    for name, moments, depths in _kinds(facts):
        total = sum(moments)
        size = f"M0 {total:.3g} N m, {', '.join(_sizes(moments))}" if total else "no moment"
        yield f"source {name}: {size}, depth {_range([f'{depth:g}' for depth in sorted(depths)])} m"


def _facts(source: CrustSource) -> Facts:
    released = source.magnitude is not None
    moment = source.total_moment if released and isinstance(source, PointSources) else 0.0
    return source.name, moment, 0.0


def _kinds(facts: Sequence[Facts]) -> Iterator[tuple[str, list[float], list[float]]]:
    """Name, moments and depths of each source, and of all of a name where they are many."""
    groups: dict[str, list[Facts]] = {}
    for one in facts:
        groups.setdefault(one[0], []).append(one)
    for name, group in groups.items():
        if len(group) <= FEW:
            yield from ((name, [moment], [depth]) for _, moment, depth in group)
        else:
            yield f"{name} x {len(group):,}", [one[1] for one in group], [one[2] for one in group]


def _sizes(moments: Sequence[float]) -> list[str]:
    """Magnitudes from the least to the largest, and that of all of them together; none where there is no moment."""
    found = [text for moment in sorted(moments) if moment and (text := f"{magnitude(moment):.2f}")]
    if not found:
        return []
    each = f"Mw {_range(found)}"
    return [each] if len(moments) == 1 else [each, f"together {magnitude(sum(moments)):.2f}"]


def _range(texts: Sequence[str]) -> str:
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"
