"""Is the hazard of an ensemble what a direct computation from the members' files gives?"""

import numpy as np
import pytest
import xarray as xr
from support.coupled import scene
from support.ensembles import base, ensemble, write

from esim.analysis.figures.look import Look
from esim.analysis.plot import plot
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.ensemble import results, statistics
from esim.ensemble.results import first_arrivals
from esim.errors import InputError, MembersFailed

TABLE = "name,weight,source.0.height,source.0.x\n" + "".join(
    f"{name},{weight},{height},{x}\n"
    for name, weight, height, x in [
        ("a", 1, 0.5, 0),
        ("b", 3, 1, 2000),
        ("c", 0.5, 2, -3000),
        ("d", 2, 1.5, 500),
    ]
)
WEIGHTS = {"a": 1, "b": 3, "c": 0.5, "d": 2}
HAZARD = {"thresholds": [0.05, 0.3, 0.9], "rates": "weight", "quantiles": [0.1, 0.5, 0.9]}


def computed(folder, **changes):
    (folder / "members.csv").write_text(TABLE)
    out = simulate(from_dict(ensemble(folder, {"table": str(folder / "members.csv")}, **changes)))
    return out, xr.open_dataset(out / "hazard.nc")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """An ensemble, its hazard, and the maxima and stations of its members."""
    out, hazard = computed(tmp_path_factory.mktemp("hazard"), hazard=HAZARD)
    files = {
        kind: {
            name: xr.open_dataset(out / "members" / name / f"{kind}.nc", decode_times=False)
            for name in WEIGHTS
        }
        for kind in ("maxima", "stations")
    }
    yield out, hazard, files
    hazard.close()


def test_curves_are_those_of_the_members_files(one):
    _, hazard, files = one
    assert list(hazard.member.values) == list(WEIGHTS) and hazard.level.size == 81
    for station in ("near", "far"):
        peaks = {n: float(data.eta.sel(station=station).max()) for n, data in files["stations"].items()}
        assert len(set(peaks.values())) == 4
        for level in hazard.level.values:
            rate = sum(WEIGHTS[name] for name, peak in peaks.items() if peak > level)
            found = hazard.sel(station=station, level=level)
            assert float(found.hazard_curve_rate) == pytest.approx(rate, rel=1e-12, abs=1e-15)
            assert float(found.hazard_curve) == pytest.approx(rate / 6.5, rel=1e-12, abs=1e-15)
            assert found.hazard_curve_low <= found.hazard_curve <= found.hazard_curve_high
        worst = int(hazard.station_worst_member.sel(station=station))
        assert list(WEIGHTS)[worst] == max(peaks, key=lambda name: peaks[name])
    assert 0 < float(hazard.hazard_curve.min()) + 1 and float(hazard.hazard_curve.max()) == 1


def test_maps_are_those_of_the_members_files(one):
    _, hazard, files = one
    assert hazard.sizes["y"] == 20 and hazard.sizes["x"] == 24
    eta = np.stack([files["maxima"][name].eta_max.values for name in WEIGHTS])
    weights = np.array(list(WEIGHTS.values()))
    for threshold in HAZARD["thresholds"]:
        share = (weights[:, None, None] * (eta > threshold)).sum(0) / 6.5
        found = hazard.exceedance_probability.sel(threshold=threshold).values
        assert np.allclose(found, share, rtol=1e-6) and np.allclose(
            hazard.exceedance_rate.sel(threshold=threshold), 6.5 * share, rtol=1e-6
        )
    assert 0 < float(hazard.exceedance_probability.sel(threshold=0.3).mean()) < 1
    assert np.array_equal(hazard.eta_max_worst, eta.max(0).astype("f4"))
    assert np.array_equal(hazard.worst_member, eta.argmax(0))
    for quantile in HAZARD["quantiles"]:
        direct = np.quantile(
            eta, quantile, axis=0, weights=weights[:, None, None] + 0 * eta, method="inverted_cdf"
        )
        assert np.array_equal(hazard.eta_max_quantile.sel(quantile=quantile), direct.astype("f4"))
    arrivals = np.stack([files["maxima"][name].arrival_time.values.astype("f4") for name in WEIGHTS])
    reached = (weights[:, None, None] * np.isfinite(arrivals)).sum(0) / 6.5
    assert np.allclose(hazard.arrival_probability, reached, rtol=1e-6) and np.unique(reached).size > 3
    everywhere = np.isfinite(arrivals).all(0)
    assert everywhere.any()
    direct = np.quantile(
        arrivals[:, everywhere],
        0.9,
        axis=0,
        weights=weights[:, None] + 0 * arrivals[:, everywhere],
        method="inverted_cdf",
    )
    assert np.array_equal(hazard.arrival_time_quantile.sel(quantile=0.9).values[everywhere], direct)
    assert np.array_equal(hazard.bathymetry, files["maxima"]["a"].bathymetry.astype("f4"))


def test_variables_say_what_they_are(one):
    _, hazard, _ = one
    for name, variable in hazard.variables.items():
        assert variable.attrs.get("long_name"), name
        assert variable.dtype.kind in "OUT" or variable.attrs.get("units"), name
    assert hazard.attrs["Conventions"] == "CF-1.11" and hazard.sizes["quantile"] == 3


def test_strips_do_not_change_the_maps(one, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "STRIP", 8 * 24 * 4 * 2 * 3)  # three rows at a time
    _, again = computed(tmp_path, hazard=HAZARD)
    assert again.drop_attrs().equals(one[1].drop_attrs())


def test_probabilities_alone_have_no_rates_and_a_rate_is_shared_out(tmp_path):
    _, hazard = computed(tmp_path, hazard={"thresholds": [0.1], "levels": [0.1, 0.2]})
    assert "exceedance_rate" not in hazard and list(hazard.level.values) == [0.1, 0.2]
    (tmp_path / "b").mkdir()
    _, hazard = computed(tmp_path / "b", hazard={"thresholds": [0.1], "annual_rate": 0.01})
    assert np.allclose(hazard.exceedance_rate, 0.01 * hazard.exceedance_probability)


def test_stations_alone_and_maps_of_other_grids(tmp_path):
    (tmp_path / "members.csv").write_text("name,grid.spacing\na,1000\nb,2000\n")
    config = from_dict(ensemble(tmp_path, {"table": str(tmp_path / "members.csv")}))
    with xr.open_dataset(simulate(config) / "hazard.nc") as hazard:
        assert "hazard_curve" in hazard and "exceedance_probability" not in hazard
    told = (tmp_path / "out" / "run.json").read_text()
    assert "hazard: no maps: " in told and "is on another grid than" in told


def test_nothing_to_gather_is_said_before_anything_is_computed(tmp_path):
    plain = ensemble(tmp_path, set={"output": {"maxima": None}})
    write(tmp_path / "base.yaml", base(stations=[]))
    with pytest.raises(
        InputError, match="hazard: the members write neither eta_max on a map nor eta at stations"
    ):
        simulate(from_dict(plain))
    assert not (tmp_path / "out").exists()


def test_the_hazard_of_those_that_are_complete(tmp_path):
    (tmp_path / "members.csv").write_text("name,weight,run.dt\na,1,\nbad,5,400\nc,3,10\n")
    config = from_dict(ensemble(tmp_path, {"table": str(tmp_path / "members.csv")}))
    with pytest.raises(MembersFailed):
        simulate(config)
    with xr.open_dataset(tmp_path / "out" / "hazard.nc") as hazard:
        assert list(hazard.member.values) == ["a", "c"] and list(hazard.weight.values) == [1, 3]
    assert (
        "hazard: of the 2 members that are complete, out of 3" in (tmp_path / "out" / "run.json").read_text()
    )


def test_shaking_of_seismic_members_is_peak_ground_velocity(tmp_path):
    seismic = {
        "scenario": "seismic",
        "time": {"duration": 3},
        "grid": {
            "kind": "cartesian",
            "x": [-6000, 6000],
            "y": [-6000, 6000],
            "depth": [0, 8000],
            "spacing": 1000,
            "boundary": {"kind": "sponge", "cells": 2},
        },
        "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 3464, "vs": 2000, "rho": 2500}]},
        "physics": {"max_frequency": 0.4},
        "source": [
            {"kind": "explosion", "x": 0, "y": 0, "depth": 2000, "moment": 1e15, "half_duration": 1.0}
        ],
        "stations": [{"name": "R", "x": 2000, "y": 1000}],
        "output": {"directory": "nowhere", "stations": {"every": 0.1}, "maxima": {"variables": ["pgv"]}},
        "run": {"backend": "numpy", "precision": "float64", "threads": 1},
    }
    members = {"count": 3, "vary": {"source.0.moment": {"uniform": [1e15, 9e15]}}}
    made = ensemble(tmp_path, members, hazard={"thresholds": [1e-5]})
    write(tmp_path / "base.yaml", seismic)
    out = simulate(from_dict(made))
    with xr.open_dataset(out / "hazard.nc") as hazard:
        for n, name in enumerate(hazard.member.values):
            with (
                xr.open_dataset(out / "members" / name / "stations.nc", decode_times=False) as records,
                xr.open_dataset(out / "members" / name / "maxima.nc") as maxima,
            ):
                length = np.sqrt(records.vx**2 + records.vy**2 + records.vz**2)
                assert float(length.max()) > 0
                assert float(hazard.station_pgv[n, 0]) == pytest.approx(float(length.max()), rel=1e-12)
                assert (hazard.pgv_worst >= maxima.pgv.astype("f4")).all()
        assert hazard.pgv_quantile.sizes["quantile"] == 5 and "arrival_probability" not in hazard
        assert len(np.unique(hazard.station_pgv)) == 3
    assert [path.stem for path in plot(out, tmp_path, look=Look(only=("hazard_curves", "pgv_worst")))] == [
        "hazard_curves",
        "pgv_worst",
    ]


@pytest.mark.long
def test_the_ocean_of_coupled_members_tells_the_hazard(tmp_path):
    members = {"count": 2, "vary": {"source.0.magnitude": {"uniform": [6.8, 7.2]}}}
    made = ensemble(tmp_path, members, hazard={"thresholds": [0.01]})
    write(tmp_path / "base.yaml", scene(tmp_path / "nowhere"))
    out = simulate(from_dict(made))
    with xr.open_dataset(out / "hazard.nc") as hazard:
        assert list(hazard.station.values) == ["G"] and float(hazard.exceedance_probability.max()) > 0
        with xr.open_dataset(out / "members" / "m2" / "ocean" / "stations.nc") as records:
            assert float(hazard.station_eta_max[1, 0]) == float(records.eta.max())
    before = {path: path.stat().st_mtime_ns for path in out.glob("members/*/*/maxima.nc")}
    simulate(from_dict(made), resume=True)
    assert before and all(path.stat().st_mtime_ns == time for path, time in before.items())


# ------------------------------------------------------------------ statistics


def test_quantiles_are_those_of_numpy_and_waves_that_never_came_are_the_smallest():
    random = np.random.default_rng(0)
    values, weights = random.random((7, 5, 3)), random.random(7)
    probabilities = [0.01, 0.3, 0.5, 0.99]
    direct = np.quantile(
        values, probabilities, axis=0, weights=weights[:, None, None] + 0 * values, method="inverted_cdf"
    )
    assert np.array_equal(statistics.quantiles(values, weights, probabilities), direct)
    some = np.array([[np.nan, 1.0], [3.0, 2.0], [np.nan, np.nan], [5.0, 4.0]])
    found = statistics.quantiles(some, np.ones(4), [0.25, 0.5, 0.75, 1])
    assert np.array_equal(found, [[np.nan, np.nan], [np.nan, 1], [3, 2], [5, 4]], equal_nan=True)
    found = statistics.quantiles_of_arrivals(some, np.array([1.0, 1, 1, 3]), [0.25, 0.5])
    assert np.array_equal(found, [[3, 2], [5, 4]])
    assert np.isnan(statistics.quantiles_of_arrivals(np.full((3, 1), np.nan), np.ones(3), [0.5])).all()


def test_members_of_no_weight_count_nothing():
    values, weights = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0])
    assert statistics.quantiles(values, weights, [0, 0.5, 1]).tolist() == [2, 2, 2]
    assert statistics.exceedance(values, weights, [1.5, 2.5]).tolist() == [1, 0]
    assert statistics.effective_size(weights) == 1


def test_the_band_holds_the_true_share_as_often_as_it_says():
    random, true = np.random.default_rng(1), 0.3
    low, high = statistics.band(random.binomial(50, true, 4000) / 50, 50, 0.9)
    assert 0.87 < np.mean((low <= true) & (true <= high)) < 0.95
    ends = statistics.band(np.array([0.0, 1.0]), 10, 0.9)
    assert ends[0][0] == 0 and ends[1][1] == 1 and 0 < ends[1][0] < 0.3


def test_a_wave_arrives_when_the_surface_has_moved_by_the_threshold():
    series = np.array([[0, 0.01, -0.2, 0.3], [1, 1, 1, 1.04], [np.nan, np.nan, 0.1, np.nan]])
    assert np.array_equal(first_arrivals(np.arange(4.0), series, 0.05), [2, np.nan, 2], equal_nan=True)
