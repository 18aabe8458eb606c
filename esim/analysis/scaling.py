"""How are strong and weak scaling drawn?"""

from collections.abc import Sequence
from pathlib import Path

from esim.io.atomic import whole_file
from esim.planning.scaling import Place, Row


def draw_scaling(rows: Sequence[Row], title: str, place: Place, path: Path) -> None:
    """Time in all and efficiency against ranks, with the share of messages, into an image file."""
    from matplotlib.figure import Figure

    ranks = [row.ranks for row in rows]
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    times, shares = figure.subplots(1, 2)
    figure.suptitle(f"{title}\non {place.name}, {place.ranks} ranks a node: predicted", fontsize=10)
    times.loglog(ranks, [row.steps for row in rows], "o-", label="steps")
    times.loglog(ranks, [row.total for row in rows], "s--", label="steps and output")
    ideal = [rows[0].steps * rows[0].ranks / count for count in ranks]
    times.loglog(ranks, ideal, ":", color="0.5", label="ideal")
    times.set_ylabel("time [s]")
    shares.semilogx(ranks, [100 * row.efficiency for row in rows], "o-", label="strong scaling")
    shares.semilogx(ranks, [100 * row.weak_efficiency for row in rows], "^-", label="weak scaling")
    shares.semilogx(
        ranks, [100 * row.halo_share for row in rows], "x:", color="0.4", label="messages' part of a step"
    )
    shares.set_ylabel("efficiency, part [%]")
    shares.set_ylim(0, 105)
    for axes in (times, shares):
        axes.set_xlabel("ranks")
        axes.set_xscale("log", base=2)
        axes.set_xticks(ranks, [f"{count:,}" for count in ranks], rotation=45 if len(ranks) > 6 else 0)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, format=path.suffix.lstrip(".") or "png")
