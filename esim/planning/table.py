"""How is a plan of many ranks printed?"""

from collections.abc import Sequence

from esim.planning.prediction import duration
from esim.planning.scaling import Place, Row

HEAD = ("ranks", "nodes", "step", "halo", "balance", "output", "in all", "memory", "energy", "strong", "weak")


def table(rows: Sequence[Row], place: Place) -> list[str]:
    """Lines of a table: times, shares, memory of a rank, energy, efficiency of strong and weak scaling."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(HEAD))]
    lines = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    if any(not row.fits for row in rows):
        lines.append(f"*: more than the {place.memory / 1e9:.3g} GB that a rank has there")
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row.ranks:,}",
        f"{row.nodes:,}",
        _short(row.step),
        f"{100 * row.halo_share:.1f} %",
        f"{row.imbalance:.2f}",
        duration(row.output),
        duration(row.total),
        f"{row.memory / 1e9:.3g} GB{'' if row.fits else '*'}",
        "-" if row.energy is None else f"{row.energy / 3.6e6:.3g} kWh",
        f"{100 * row.efficiency:.0f} %",
        f"{100 * row.weak_efficiency:.0f} %",
    )


def _short(seconds: float) -> str:
    """A short time: '23.1 ms'."""
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1e6:.3g} us"


def legend(rows: Sequence[Row], place: Place, uncounted: Sequence[str]) -> list[str]:
    """What the columns are, and what the plan rests on."""
    return [
        f"machine: {place.name}, {place.ranks} ranks a node; rates: {place.source}",
        "step: time of a step; halo: part of it in messages and reductions; balance: work of the slowest rank over the "
        "mean; output: what files add; memory: of the largest rank; strong: efficiency of this run; weak: of one whose "
        "grid grows with the ranks",
        *uncounted,
    ]
