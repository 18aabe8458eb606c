"""How fast are other programs on the same machine? Figures that were measured side by side, and what was compared.

A rate is updates of cells or points per second of the loop over time, the best of a few runs of programs built with
optimisation. The machines had other work too: ratios within a set hold; figures of different sets are not comparable.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Peer(NamedTuple):
    """A program, what it solves, its precision, and its rates [M updates/s] on one core and on two, where measured."""

    program: str
    solves: str
    precision: str
    one: float | None
    two: float | None

    @property
    def own(self) -> bool:
        """Whether it is esim."""
        return self.program == "esim"


class PeerSet(NamedTuple):
    """Programs beside each other: on which machine, with which grid, and what a ratio of rates leaves out."""

    title: str
    machine: str
    grid: str
    peers: tuple[Peer, ...]
    notes: tuple[str, ...] = ()


SECOND_ORDER = "nonlinear, second order, inundation"
SETS = (
    PeerSet(
        "Ocean",
        "2 virtual cores (Zen 4 class), busy",
        "4 million cells with a coast",
        (
            Peer("esim", f"{SECOND_ORDER}, no maxima", "float32", 101, 167),
            Peer("JAGURS V0600", "nonlinear leapfrog, upwind advection, inundation", "float32", 10.9, 22.5),
            Peer("SFINCS", "local inertia, inundation", "mixed", 10.0, 14.2),
            Peer("JAGURS V0600", "linear leapfrog, no inundation", "float32", 124, 213),
            Peer("easyWave", "linear leapfrog, no inundation", "float32", 332, 625),
            Peer("esim", f"{SECOND_ORDER}, maxima and arrival times", "float32", 82, 141),
            Peer("easyWave", "linear leapfrog, Coriolis, arrival times", "float32", 85, 56),
            Peer("esim", "nonlinear and dispersive", "float32", None, 36),
        ),
        (
            "An update is not a result: on 4000 m of water, after 130 cells of travel, esim's nonlinear step at a "
            "Courant number of 0.8 had about the error of a linear leapfrog at c dt/dx = 0.7, which makes 1.75 times "
            "its steps; to the same error easyWave was about 6.5 times faster, and nonlinear JAGURS 4.2 times slower.",
            "Linear programs do not flood land; SFINCS leaves out advection.",
        ),
    ),
    PeerSet(
        "Ocean, more programs",
        "2 virtual cores (Zen 5, AVX-512), 24 GiB, gcc and gfortran 12, 68 GB/s by an update of arrays",
        "1500 x 1500 cells: ocean, shelf, coast and land",
        (
            Peer(
                "GeoClaw 5, one level",
                "nonlinear, augmented Riemann solver, second order",
                "float64",
                2.25,
                4.19,
            ),
            Peer("ANUGA DE0, triangles", "nonlinear, unstructured", "float64", 4.0, 6.3),
            Peer("JAGURS V0600", "nonlinear leapfrog", "float64", 15.2, 29.7),
            Peer("JAGURS V0600", "nonlinear leapfrog", "float32", 15.1, 31.5),
            Peer("SFINCS", "local inertia", "mixed", 20.0, 35.0),
            Peer("JAGURS V0600", "linear leapfrog", "float32", 81.6, 155),
            Peer("easyWave", "linear leapfrog", "float32", 358, 682),
        ),
        (
            "With refinement GeoClaw updates far fewer cells for the same wave; here it had one level.",
            "esim was not part of this set.",
        ),
    ),
    PeerSet(
        "Crust",
        "2 virtual cores (Zen 4 class), busy",
        "256 x 256 x 256 points, free surface, absorbing layers of 10 points",
        (
            Peer("esim", "elastic, O(2,4)", "float32", 125, 241),
            Peer("OpenSWPC 25.05", "elastic, O(2,4)", "float32", 55.5, 92),
            Peer("esim", "viscoelastic, coarse-grained, 8 mechanisms", "float32", 76, 153),
            Peer("OpenSWPC 25.05", "viscoelastic, 3 mechanisms in each point", "float32", 35, 64),
        ),
        ("OpenSWPC was built in float32 with -O3; as shipped it mixes precisions and is half as fast.",),
    ),
    PeerSet(
        "Crust, more programs",
        "2 virtual cores (Zen 5, AVX-512), 24 GiB, gcc and gfortran 12, 68 GB/s by an update of arrays",
        "200 x 200 x 200 points with boundaries",
        (
            Peer("SW4 3.0", "elastic, displacement, O(4,4), supergrid", "float64", 6.6, 10.5),
            Peer("OpenSWPC 25.05", "viscoelastic, 3 mechanisms, as shipped", "mixed", 23.9, None),
            Peer("OpenSWPC 25.05", "viscoelastic, 3 mechanisms", "float32", 48.7, 92),
            Peer("OpenSWPC 25.05", "elastic, free surface, PML", "float32", 67.9, 131),
            Peer("Devito 4.8", "elastic, fourth order, no free surface", "float32", 73.5, 138),
            Peer("Devito 4.8", "viscoelastic, fourth order, 1 mechanism", "float32", 42.9, None),
        ),
        (
            "SW4 is of fourth order in time too, and takes longer steps.",
            "esim was not part of this set.",
        ),
    ),
)


def columns(found: PeerSet) -> list[tuple[str, ...]]:
    """Head and rows of a table: rates, and those of the row of esim above over them, which solves what is nearest."""
    own: Peer | None = None
    compared = any(peer.own for peer in found.peers)
    rows = [("program", "solves", "precision", "1 core", "2 cores", *(["esim over it"] if compared else []))]
    for peer in found.peers:
        own = peer if peer.own else own
        row = (peer.program, peer.solves, peer.precision, _number(peer.one), _number(peer.two))
        rows.append((*row, "" if peer.own else _ratio(own, peer)) if compared else row)
    return rows


def _number(rate: float | None) -> str:
    return "" if rate is None else f"{rate:g}"


def _ratio(own: Peer | None, peer: Peer) -> str:
    """Of the rates on two cores, else on one."""
    if own is None:
        return ""
    if own.two and peer.two:
        return f"{own.two / peer.two:.2g}"
    return f"{own.one / peer.one:.2g}" if own.one and peer.one else ""


def lines(sets: Sequence[PeerSet] = SETS) -> list[str]:
    """All sets as text."""
    out: list[str] = []
    for found in sets:
        rows = columns(found)
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        out += [f"{found.title}: {found.grid}; {found.machine}; M updates/s"]
        out += [
            "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        out += [*(f"  {note}" for note in found.notes), ""]
    return out[:-1]


def markdown(sets: Sequence[PeerSet] = SETS) -> list[str]:
    """All sets as sections of a page in Markdown."""
    out: list[str] = []
    for found in sets:
        head, *rows = columns(found)
        out += [
            f"### {found.title}",
            "",
            f"{found.grid}; {found.machine}. M updates/s of the loop over time.",
            "",
        ]
        out += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
        out += [f"| {' | '.join(row)} |" for row in rows]
        out += ["", *(f"- {note}" for note in found.notes), ""]
    return out[:-1]
