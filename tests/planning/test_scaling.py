"""Plans for other machines: the machine file, numbers of ranks, scaling, what is drawn, what is wrong in one line."""

import json

import pytest
from support.planned import work
from support.scenes import channel, saved

from esim.cli.main import main
from esim.config.machine import load_machine
from esim.errors import InputError
from esim.parallel.decomposition import decompose
from esim.planning import rates
from esim.planning.kinds import KINDS
from esim.planning.rates import Rates, Way
from esim.planning.scaling import CPU_FRACTION, enlarged, place_of, plan_scaling, read_ranks

MACHINE = """\
description: A cluster
nodes: {cores: 16, numa_domains: 2, memory: 64 GB, memory_bandwidth: 100 GB/s, power: {idle: 100 W, busy: 300 W}}
network: {latency: 2 us, bandwidth: 100 Gbit/s, inside: {latency: 1 us, bandwidth: 5 GB/s}}
disk: {rate: 1 GB/s}
"""
HERE = Rates(Way("cpu", "float32"), {"ocean": (1.6e-8, 0.0), "crust: elastic": (8e-9, 0.0)})


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "cache_directory", lambda: tmp_path / "cache")


def machine(folder, text=MACHINE):
    """The machine of a file."""
    path = folder / "machine.yaml"
    path.write_text(text)
    return path


def test_a_machine_file_with_units(tmp_path):
    found = load_machine(machine(tmp_path))
    assert (found.nodes.memory, found.network.bandwidth, found.network.latency) == (64e9, 12.5e9, 2e-6)
    assert place_of(load_machine("cpu_cluster"), HERE).ranks == 8  # one that comes with esim


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cores: 16", "coers: 16", "nodes.coers: unknown key, did you mean 'cores'?"),
        ("2 us", "2 GB", "network.latency: '2 GB' is an amount of memory; expected a latency such as '2 us'"),
        ("bandwidth: 100 Gbit", "bandwidth: -1 Gbit", "network.bandwidth"),
        (
            "100 GB/s",
            "100 GB",
            "nodes.memory_bandwidth: '100 GB' is an amount of memory; expected a bandwidth",
        ),
        ("disk: {rate: 1 GB/s}", "disk: {rate: 0}", "disk.rate"),
    ],
)
def test_what_is_wrong_with_a_machine_file_is_said_with_its_key(tmp_path, old, new, words):
    with pytest.raises(InputError) as raised:
        place_of(load_machine(machine(tmp_path, MACHINE.replace(old, new))), HERE)
    assert words in str(raised.value)


def test_arithmetic_goes_by_cores_and_memory_by_the_bandwidth_of_the_node(tmp_path):
    place = place_of(load_machine(machine(tmp_path)), HERE)
    assert place.rates.of("ocean").per_update == pytest.approx(1.6e-8 / 8)  # eight cores for each rank
    moved = 4 * KINDS["crust: elastic"].values
    assert place.rates.of("crust: elastic").per_update == pytest.approx(moved * 2 / (CPU_FRACTION * 100e9))
    own = MACHINE + "rates: {elastic: 1.0e9}\n"
    assert place_of(load_machine(machine(tmp_path, own)), HERE).rates.of("crust: elastic").per_update == 2e-9


@pytest.mark.parametrize(
    ("text", "ranks"),
    [
        ("1,4,16", [1, 4, 16]),
        ("1,4,...,4096", [4**n for n in range(7)]),
        ("8, 16, …, 100", [8, 16, 32, 64, 100]),
    ],
)
def test_numbers_of_ranks(text, ranks):
    assert read_ranks(text) == ranks


@pytest.mark.parametrize(
    "text", ["", "0", "a", "4,1", "1,...,8", "1,2,...", "1,2,...,...,9", "2,3,...,9", "1.5"]
)
def test_what_are_no_numbers_of_ranks(text):
    with pytest.raises(InputError, match="--ranks"):
        read_ranks(text)


def test_scaling_is_ideal_without_messages_and_never_better(tmp_path):
    place = place_of(load_machine(machine(tmp_path)), HERE)
    rows = plan_scaling(lambda ranks: [work(decompose((4096, 4096), ranks))], [1, 2, 16, 256], place)
    assert [row.nodes for row in rows] == [1, 1, 8, 128]
    assert rows[0].halo_share == 0 and rows[0].efficiency == rows[0].weak_efficiency == 1
    shares = [row.halo_share for row in rows]
    assert shares == sorted(shares) and all(row.efficiency <= 1 for row in rows)
    assert rows[-1].weak_efficiency > rows[-1].efficiency
    # One rank of a node of two that computes alone: idle power, and that of work.
    assert rows[0].energy == pytest.approx(100 * rows[0].total + 200 * rows[0].steps)


def test_a_grid_that_grows_leaves_each_rank_what_it_has():
    base = work(decompose((100, 200), 2))
    grown = enlarged(base, 32)
    assert sum(term.amount for rank in grown.terms for term in rank) == pytest.approx(32 * 10_000)
    assert grown.exchanges[0].decomposition.shape == (400, 800)


def test_the_command_prints_writes_and_draws(tmp_path, capsys):
    made = saved(channel(tmp_path), tmp_path)
    figure, plan = tmp_path / "scaling.png", tmp_path / "plan.json"
    given = ["plan", str(made), "--machine", str(machine(tmp_path)), "--ranks", "1,2,...,4096"]
    assert main([*given, "--figure", str(figure), "--json", str(plan)]) == 0
    printed, kept = capsys.readouterr().out, json.loads(plan.read_text())
    assert [row["ranks"] for row in kept["rows"]] == [1, 2, 4, 8, 16, 32]
    assert "64 ranks and more do not fit this grid" in printed and "machine: A cluster" in printed
    assert figure.read_bytes()[:4] == b"\x89PNG"
    assert main(["plan", str(made), "--ranks", "x"]) == 2
    assert "--ranks x: 'x' is no number of ranks" in capsys.readouterr().err
