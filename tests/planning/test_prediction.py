"""Predictions: what is counted, what earlier runs correct, and what run.json keeps of them."""

import json

import pytest
from support.scenes import channel, checked, configured

from esim.drivers.run import driver_of, prepared
from esim.parallel.comm import SerialComm, run_ranks
from esim.planning import prediction, rates
from esim.planning.prediction import duration, past_runs, predict, remember
from esim.planning.rates import Way, keep
from esim.planning.work import Output, Term, Workload
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every, count_steps

WAY = Way("numpy", "float32")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "cache_directory", lambda: tmp_path / "cache")


def work(steps=1000.0):
    """An ocean of a million cells."""
    return Workload(
        steps=steps,
        terms=[[Term("ocean", 1e6)]],
        inside=[1.0],
        exchanges=[],
        reductions=[],
        output=Output(results=4_000_000, at_end=0, checkpoints=0, all=4_000_000, compressed=True),
        memory={"state": 10},
        cells=10**6,
    )


def took(compute):
    """What a run took [s] to compute; a tenth less memory and a quarter of the disk of what was predicted."""
    return {"compute": compute, "memory": 0.9 * predict(work(), WAY).memory, "files": 1_000_000}


def test_earlier_runs_correct_and_are_told():
    keep(WAY, {"ocean": (1e-8, 0.0), "output": (1e-9, 0.0), "output: compression": (1e-9, 0.0)})
    first = predict(work(), WAY)
    assert first.compute == pytest.approx(10.0) and not first.past and not first.unmeasured
    remember(first, took(0.5))  # too short to say anything
    for spent in (11.0, 12.0):
        remember(first, took(spent))
    assert predict(work(), WAY).correction == 1.0  # two are not enough
    remember(first, took(13.0))
    corrected = predict(work(), WAY)
    assert corrected.past == pytest.approx((1.1, 1.2, 1.3)) and corrected.compute == pytest.approx(12.0)
    told = "\n".join(corrected.lines())
    assert (
        "10 % more to 30 % more time, 10 % less memory and 75 % less disk" in told
        and "factor of 1.20" in told
    )
    remember(corrected, took(12.0))  # kept over what rates say, not over what was corrected
    assert past_runs(corrected.family, WAY)[-1]["compute"] == pytest.approx(1.2)
    assert not past_runs(corrected.family, WAY._replace(threads=2))


def test_a_run_without_measured_rates_says_so():
    found = predict(work(), WAY)
    assert found.unmeasured and "shipped rates" in found.lines()[0] and found.uncertainty == 2.0


@pytest.mark.parametrize(
    "seconds", [(3.21, "3.2 s"), (192.0, "3.2 min"), (18_360.0, "5.1 h"), (864_000.0, "10 days")]
)
def test_durations_in_words(seconds):
    assert duration(seconds[0]) == seconds[1]


@pytest.mark.parametrize("intervals", [(), (15.0,), (15.0, 40.0), (7.3, 100.0)])
def test_steps_are_counted_as_the_clock_makes_them(intervals):
    clock, every = Clock(300.0), [Every(interval, 300.0) for interval in intervals]
    while not clock.done:
        due = min([300.0, *(one.after(clock.time) for one in every)])
        clock.advance(clock.next_dt(4.04, due), due)
    assert count_steps(4.04, 300.0, intervals) == clock.step


def test_run_json_keeps_predicted_and_measured(tmp_path):
    config = configured(channel(tmp_path))
    driver = driver_of(config)
    setup = driver.check(config, SerialComm())
    with prepared(driver, setup) as run:
        record = run.compute()
    kept = json.loads((config.output.directory / "run.json").read_text())["prediction"]
    assert kept["predicted"] == json.loads(json.dumps(driver.predict(setup).record()))
    assert kept["measured"]["compute"] == record["timings"]["time loop: compute"]
    ratio = kept["measured_over_predicted"]["compute"]
    assert ratio == pytest.approx(kept["measured"]["compute"] / kept["predicted"]["compute"])
    assert driver.workload(setup, 1).steps == pytest.approx(record["steps"], rel=0.1)  # they are adaptive


def test_a_workload_for_other_ranks_is_that_of_such_a_run(tmp_path):
    made = channel(tmp_path)
    alone, driver = checked(configured(made)), driver_of(configured(made))
    four = run_ranks(4, lambda comm: driver.check(configured(made), comm))[0]
    planned, real = driver.workload(alone, 4), driver.workload(four, 4)
    assert [[term.kind for term in rank] for rank in planned.terms] == [
        [term.kind for term in rank] for rank in real.terms
    ]
    for there, here in zip(planned.terms, real.terms, strict=True):
        assert there[0].amount == pytest.approx(here[0].amount, rel=0.1)
    assert planned.memory == pytest.approx(real.memory, rel=0.1)


def test_a_cache_that_cannot_be_written_ends_no_run(monkeypatch):
    def full(*_):
        raise OSError("no space")

    monkeypatch.setattr(prediction, "save", full)
    remember(predict(work(), WAY), took(10.0))
