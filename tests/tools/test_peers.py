"""The table of other programs, and the page that is made from it."""

from pathlib import Path

from esim.cli.main import main
from esim.tools.peers import SETS, Peer, PeerSet, columns, markdown

PAGE = Path(__file__).parents[2] / "validation" / "results" / "speed.md"


def test_rows_are_compared_with_the_row_of_esim_above_them():
    peers = (
        Peer("esim", "a", "float32", 10, 30),
        Peer("other", "a", "float32", 5, 10),
        Peer("esim", "b", "float32", 8, None),
        Peer("other", "b", "float64", 16, 40),
        Peer("third", "b", "float64", None, 40),
    )
    rows = columns(PeerSet("title", "machine", "grid", peers))
    assert [row[-1] for row in rows] == ["esim over it", "", "3", "", "0.5", ""]


def test_nothing_is_compared_where_esim_was_not_there():
    rows = columns(PeerSet("title", "machine", "grid", (Peer("other", "a", "mixed", None, 10),)))
    assert rows[1:] == [("other", "a", "mixed", "", "10")]


def test_every_set_says_machine_and_grid_and_what_its_ratios_leave_out():
    assert all(one.machine and one.grid and one.notes for one in SETS)


def test_the_table_is_printed_without_measuring(capsys):
    assert main(["bench", "--peers"]) == 0
    out = capsys.readouterr().out
    assert all(peer.program in out for one in SETS for peer in one.peers)


def test_the_page_has_the_table():
    assert "\n".join(markdown()) in PAGE.read_text()
