"""Are the shipped scenarios of seismic waves ready to run and true to their sources, and do LOH.1 and LOH.3 hold?"""

import csv
import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from esim.cli.run import main
from esim.config import load
from esim.config.crust.root import SeismicConfig
from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic
from esim.grids.projection import Projection
from esim.media.crust.models import model_file
from esim.parallel.comm import SerialComm
from esim.validation.cases import registry
from esim.validation.cases.crust import loh
from esim.validation.cases.crust.records import Records, read
from esim.validation.references import layered

CONFIGS = Path(__file__).parents[2] / "configs"
MAGNITUDES = {"halfspace_explosion": 3.99, "kumamoto2016": 7.0, "loh1": 5.93, "loh3": 5.93}
HYPOCENTRE = (130.7616, 32.7557, 13.58)  # degrees, km: Kubo et al. (2016)
PLANE = (224.0, 65.0)  # degrees: strike and dip in the same work
ROUGHLY = {"KMMH16": (130.8199, 32.7967), "Kumamoto": (130.7067, 32.8133)}  # where two stations are


def config(name: str, *settings: str) -> SeismicConfig:
    cfg = load(CONFIGS / f"{name}.yaml", settings)
    assert isinstance(cfg, SeismicConfig)
    return cfg


# ------------------------------------------------------------------ configurations


def test_every_seismic_configuration_is_known_here() -> None:
    seismic = {path.stem for path in CONFIGS.glob("*.yaml") if "scenario: seismic" in path.read_text()}
    assert seismic == set(MAGNITUDES)


@pytest.mark.parametrize(("name", "magnitude"), MAGNITUDES.items())
def test_configurations_need_no_data_and_tell_their_plan(
    name: str,
    magnitude: float,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ESIM_DATA", raising=False)
    code = main([str(CONFIGS / f"{name}.yaml"), "--check", "--output", str(tmp_path / "out")])
    told = capsys.readouterr()
    assert code == 0 and f"Mw {magnitude:.2f}" in told.out
    assert "sampled at every step" not in told.err  # samples come every so many steps
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["loh1", "loh3"])
def test_the_benchmarks_are_those_of_the_references(name: str) -> None:
    cfg, layers = config(name), {"loh1": layered.LOH1, "loh3": layered.LOH3}[name]
    for found, known in zip(cfg.medium.layers, layers, strict=True):
        assert (found.top, found.vp, found.vs, found.rho) == (known.top, known.vp, known.vs, known.rho)
        assert (found.qp or np.inf, found.qs or np.inf) == (known.qp, known.qs)
    assert cfg.source[0].depth == layered.LOH_DEPTH and cfg.source[0].moment_tensor == layered.LOH_MOMENT
    np.testing.assert_array_equal([s.position for s in cfg.stations], layered.LOH_RECEIVERS)
    if name == "loh3":
        assert cfg.physics.reference_frequency == layered.LOH3_REFERENCE


@pytest.mark.compile
def test_the_explosion_sends_p_waves_and_nothing_across(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    simulate(config("halfspace_explosion", "time.duration=2 s", f"output.directory='{folder}'"))
    records = read(folder)
    east, north, _ = np.abs(records.motion[:4]).transpose(1, 0, 2)
    assert north.max() < 1e-4 * east.max()
    arrivals = records.times[np.argmax(east > 0.2 * east.max(1, keepdims=True), axis=1)]
    np.testing.assert_allclose(np.diff(arrivals), 1000 / 3464, atol=0.03)
    assert (np.diff(east.max(1)) < 0).all()


# ------------------------------------------------------------------ Kumamoto


def subfaults() -> np.ndarray:
    lines = (CONFIGS / "sources/kumamoto2016.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return np.array([[float(value) for value in row.values()] for row in rows])


def test_the_fault_lies_in_the_published_plane_and_starts_at_its_hypocentre() -> None:
    lon, lat, depth, _, time = subfaults().T
    projection = Projection(*HYPOCENTRE[:2])
    x, y = projection.to_xy(lon, lat)
    points = np.stack([x / 1e3, y / 1e3, depth - HYPOCENTRE[2]], axis=1)
    strike, dip = np.deg2rad(PLANE)
    # of a plane that dips to the right of strike, in axes of which z points down
    normal = np.array([-np.cos(strike) * np.sin(dip), np.sin(strike) * np.sin(dip), np.cos(dip)])
    assert np.abs(points @ normal).max() < 0.02  # km: numbers are rounded
    distance = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(time, distance / 2.6, atol=0.02)
    assert distance[np.argmin(time)] < 1.0


def test_the_model_is_jma2001(monkeypatch: pytest.MonkeyPatch) -> None:
    from esim import data

    known = {entry.name: entry.path for entry in data.table()}["seismic/models/lhm_jma.dat"]
    if known is None:
        pytest.skip("set ESIM_DATA to a folder with seismic/models")
    rows = np.loadtxt(known)
    shipped = model_file.read(CONFIGS / "models/jma2001.txt")
    depth = np.arange(250.0, 60e3, 1000.0)
    sampled = shipped.sample(np.zeros(1), np.zeros(1), depth)[:, :, 0, 0]
    for column, quantity in ((2, 0), (3, 1), (1, 2)):  # vp, vs, rho
        expected = 1e3 * np.interp(depth / 1e3, rows[:, 0], rows[:, column])
        np.testing.assert_allclose(sampled[quantity], expected, rtol=0.02)


def test_the_stations_are_on_kyushu_where_they_are_said_to_be() -> None:
    cfg = config("kumamoto2016")
    positions = {station.name: station.position for station in cfg.stations}
    for name, place in ROUGHLY.items():
        np.testing.assert_allclose(positions[name], place, atol=0.0051)
    x, y = Projection(cfg.grid.origin.lon, cfg.grid.origin.lat).to_xy(*np.array(list(positions.values())).T)
    edge = cfg.grid.x[1] - cfg.grid.boundary.cells * cfg.grid.spacing[0]
    assert max(np.abs(x).max(), np.abs(y).max()) < edge  # outside of the absorbing layers


# ------------------------------------------------------------------ validation cases


def test_cases_configure_runs_that_are_ready(tmp_path: Path) -> None:
    for name, limit in (("loh1", 0.05), ("loh3", 0.08)):
        runs = registry.CASES[name].configure(tmp_path, False)
        assert {"h100", "h50"} <= set(runs) and list(registry.CASES[name].configure(tmp_path, True)) == [
            "h100"
        ]
        assert {getattr(loh, name.upper()).limit} == {limit}
        for run, cfg in runs.items():
            setup = Seismic().check(cfg, SerialComm())
            assert cfg.output.directory == tmp_path / run and setup.dt < setup.discretisation.largest_dt
            assert f"{max(cfg.grid.spacing):g}" == run.split("_")[0][1:]
    assert not list(tmp_path.iterdir())


def test_misfits_are_told_for_every_station(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that is 3 % too large at one station has an envelope misfit of 3 % there, and none in phase."""
    pytest.importorskip("obspy")
    times = np.arange(0.0, 9.0, 0.02)
    wave = np.exp(-(((times - 3) / 0.2) ** 2)) * np.sin(2 * np.pi * 2 * times)
    known = np.broadcast_to(wave, (2, 3, times.size)) * np.array([1.0, 0.5, 0.7])[None, :, None]
    found = known * np.array([1.0, 1.03])[:, None, None]
    records = Records(["sta01", "sta02"], times, np.zeros((2, 3)), found)
    monkeypatch.setattr(loh, "read", lambda folder: records)
    monkeypatch.setattr(loh, "_cells", lambda folder: 50.0)
    monkeypatch.setattr(loh, "_solution", lambda *_: known)
    bounds = {bound.quantity: bound for bound in loh.judge(loh.LOH3, {"h50": tmp_path})}
    assert len(bounds) == 4 and all(bound.limit == 0.08 for bound in bounds.values())
    assert bounds["h50, sta01, envelope, below 5 Hz"].computed < 1e-6
    assert bounds["h50, sta02, envelope, below 5 Hz"].computed == pytest.approx(0.03, rel=0.01)
    assert bounds["h50, sta02, phase, below 5 Hz"].computed < 1e-6


@pytest.mark.cases
@pytest.mark.skipif(importlib.util.find_spec("pyprop8") is None, reason="needs pyprop8")
@pytest.mark.parametrize(("name", "limit"), [("LOH1", 0.07), ("LOH3", 0.09)])
def test_loh_near_the_source(
    name: str, limit: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first three stations on cells of 100 m, 3.5 s long; below 4 Hz these carry five points per wavelength."""
    pytest.importorskip("obspy")
    monkeypatch.setattr(loh, "X", (-1500.0, 3500.0))
    monkeypatch.setattr(loh, "Y", (-1500.0, 4000.0))
    monkeypatch.setattr(loh, "DEPTH", (0.0, 4500.0))
    monkeypatch.setattr(loh, "END", 3.5)
    monkeypatch.setattr(layered, "LOH_RECEIVERS", layered.LOH_RECEIVERS[:3])
    monkeypatch.setattr(loh, "LOWEST", 0.3)
    benchmark = replace(getattr(loh, name), runs={"h100": getattr(loh, name).runs["h100"]})
    cfg = loh.configure(benchmark, tmp_path, False)["h100"]
    misfits = loh.compare(benchmark, simulate(cfg)).misfits()
    assert set(misfits) == {"sta01", "sta02", "sta03"}
    assert max(m.envelope for m in misfits.values()) < limit
    assert max(m.phase for m in misfits.values()) < 0.05
