"""Do runs of the ocean engine come near to what is known? The cases of validation, the smallest of their runs."""

import json
from pathlib import Path

import numpy as np
import pytest

from esim.drivers.run import simulate
from esim.errors import InputError, NumericalError
from esim.validation.cases import registry
from esim.validation.cases.case import Bound, Case, Check
from esim.validation.cases.ocean import (
    carrier_greenspan,
    current,
    dam_breaks,
    edge_wave,
    flow,
    great_circle,
    kelvin_wave,
    macdonald,
    nest_join,
    open_sides,
    plane_waves,
    radial_dam_break,
    rotating_sphere,
    runup,
    seiche,
    thacker,
)
from esim.validation.cases.tsunamis import lamb_wave, rest
from esim.validation.references import carrier_greenspan as beach
from esim.validation.references import dam_break, radial, sphere
from esim.validation.references import macdonald as channels
from esim.validation.references import runup as solitary
from esim.validation.validate import validate

G = 9.81

# ------------------------------------------------------------------ runs


RUNS = {
    "dam_breaks": (dam_breaks.CASE, ("dry-100", "wet-100")),
    "thacker": (thacker.CASE, ("planar-50", "radial-50")),
    "carrier_greenspan": (carrier_greenspan.CASE, ("standing-20",)),
    "runup": (runup.CASE, ("19.85-0.0185-15",)),
    "macdonald": (macdonald.CASE, ("jump-10",)),
    "radial_dam_break": (radial_dam_break.CASE, ("100",)),
    "rotating_sphere": (rotating_sphere.CASE, ("4",)),
    "great_circle": (great_circle.CASE, ("1",)),
    "lamb_wave": (lamb_wave.CASE, ("1",)),
    "open_sides": (open_sides.CASE, ("packet-open-60", "packet-wall-60")),
    "current": (current.CASE, ("alone",)),
    "plane_waves": (plane_waves.CASE, ("nonlinear-straight-24-0.8", "deep-diagonal-24-1.4")),
    "edge_wave": (edge_wave.CASE, ("nonlinear-24", "deep-24")),
    "kelvin_wave": (kelvin_wave.CASE, ("nonlinear-25", "deep-25")),
    "seiche": (seiche.CASE, ("nonlinear-50", "deep-50")),
    "nest_join": (nest_join.CASE, ("deep-24-3", "deep-rest-3")),
    "rest": (rest.CASE, ("sponge-float32", "raised-float32")),
}


@pytest.mark.cases
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.quick] * (name == "dam_breaks")) for name in RUNS]
)
def test_small_runs_come_near_to_what_is_known(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radial_dam_break, "FINE", 700)
    monkeypatch.setattr(runup, "QUICK_CELLS", 15)
    case, names = RUNS[name]
    configurations = case.configure(tmp_path, False)
    lines = case.judge({name: simulate(configurations[name]) for name in names})
    assert any(isinstance(line, Check) or line.limit is not None for line in lines)
    assert [" ".join(line.row()) for line in lines if not line.passed] == []


def test_quick_runs_are_fewer_and_those_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "write_initial", lambda path, *others: path.touch())
    for case, _ in RUNS.values():
        quick, full = (set(case.configure(tmp_path / case.name, smaller)) for smaller in (True, False))
        assert quick and len(quick) < len(full)
        assert case in registry.OCEAN and len(case.about.split("\n\n")) > 1


# ------------------------------------------------------------------ what is known


def test_the_bore_keeps_mass_and_momentum() -> None:
    h, u, bore = dam_break.plateau(10.0, 2.0)
    assert h * (bore - u) == pytest.approx(2.0 * bore, rel=1e-9)
    assert h * u * (bore - u) == pytest.approx(0.5 * G * (h**2 - 2.0**2), rel=1e-9)
    assert u + 2 * np.sqrt(G * h) == pytest.approx(2 * np.sqrt(G * 10.0), rel=1e-9)


def test_a_front_over_smooth_ground_is_that_without_friction() -> None:
    fronts = [dam_break.tip(40.0, 10.0, n)[0] for n in (0.03, 1e-3, 1e-6)]
    assert np.all(np.diff(fronts) > 0)
    assert fronts[-1] == pytest.approx(2 * np.sqrt(G * 10.0) * 40.0, rel=5e-3)


def test_the_fine_solver_finds_the_closed_forms() -> None:
    x = np.linspace(-999.0, 999.0, 1000)
    for right in (0.0, 2.0):
        found = radial.march(x, np.where(x < 0, 10.0, right), 40.0)
        known = dam_break.stoker(x, 40.0, 10.0, right)[0] if right else dam_break.ritter(x, 40.0, 10.0)[0]
        assert np.abs(found.h - known).mean() < 1.5e-3 * known.mean()
    r = np.linspace(0.05, 19.95, 200)
    rings = radial.march(r, np.where(r < 2.5, 2.5, 0.5), 1.0, rings=True)
    assert np.sum(rings.h * r) == pytest.approx(np.sum(np.where(r < 2.5, 2.5, 0.5) * r), rel=2e-3)


@pytest.mark.parametrize("solve", [beach.standing(0.7), beach.hollow(0.1)])
@pytest.mark.parametrize("t", [0.3, 1.5])
def test_waves_on_the_beach_solve_the_shallow_water_equations(solve: beach.Solution, t: float) -> None:
    d, x = 1e-3, np.linspace(-4.0, -0.4, 200)
    before, now, after = (beach.profile(solve, t + shift, 6.0, 40_000) for shift in (-d, 0.0, d))
    (eta0, u0), (eta1, u1) = before.at(x), after.at(x)
    (west, u_west), (east, u_east) = now.at(x - d), now.at(x + d)
    mass = (eta1 - eta0 + (east - x - d) * u_east - (west - x + d) * u_west) / (2 * d)
    momentum = (u1 - u0 + now.at(x)[1] * (u_east - u_west) + east - west) / (2 * d)
    assert max(np.abs(mass).max(), np.abs(momentum).max()) < 2e-5
    assert np.abs(eta1 - eta0).max() / (2 * d) > 0.01, "it moves"


def test_slow_air_pressure_pushes_the_sphere_down_by_its_own_weight() -> None:
    """Raised over days it makes the inverse barometer, less what that takes from the whole ocean."""
    times, angles = np.linspace(0, 2e6, 4001), np.radians([10.0, 60.0, 150.0])

    def hill(angle: np.ndarray, time: float) -> np.ndarray:
        return 1000.0 * np.sin(0.5 * np.pi * time / times[-1]) ** 2 * np.exp(-((np.degrees(angle) / 30) ** 2))

    found = sphere.forced(hill, times, angles, 4000.0, 1025.0)[-1]
    mu, weight = np.polynomial.legendre.leggauss(200)
    mean = 0.5 * (hill(np.arccos(mu), times[-1]) * weight).sum()
    np.testing.assert_allclose(found, (mean - hill(angles, times[-1])) / (1025.0 * G), rtol=0, atol=2e-4)


def test_air_pressure_at_once_is_a_surface_at_once() -> None:
    """Pressure from the second moment on does what a surface as high does (`spread`), less that surface."""
    times, angles = np.arange(0, 20000, 20.0), np.radians([20.0, 45.0])

    def hill(angle: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(-((np.degrees(angle) / 10) ** 2)))

    found = sphere.forced(
        lambda angle, time: 1025.0 * G * hill(angle) * (time > 0), times, angles, 4000.0, 1025.0
    )
    free = sphere.spread(hill, times - 10.0, angles, 4000.0) - hill(angles)
    np.testing.assert_allclose(found[1:], free[1:], rtol=0, atol=2e-3)


def test_great_circles_are_divided_evenly() -> None:
    first, last = (-175.4, -20.5), (152.1, 30.5)
    lon, lat = sphere.between(first, last, np.linspace(0, 1, 5))
    steps = sphere.distance(*np.radians([lon[1:], lat[1:]]), *np.radians([lon[:-1], lat[:-1]]))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)
    np.testing.assert_allclose([(lon[-1] - last[0]) % 360, lat[-1]], [0, last[1]], atol=1e-9)


def test_the_channels_are_steady() -> None:
    for name, channel in channels.CHANNELS.items():
        known = channels.profile(channel, 20.0, 20.0)
        q, h = channel.q, known.h
        force = np.gradient(q**2 / h + 0.5 * G * h**2, known.x) + G * h * np.gradient(known.bed, known.x)
        rubbed = force + G * channel.manning**2 * q**2 / h ** (7 / 3)
        smooth = np.abs(known.x[:, None] - [0.0, 500.0, 1000.0]).min(1) > 1.0
        assert np.abs(rubbed[smooth]).max() < 1e-4, name
    jump = channels.CHANNELS["jump"]
    low, high = jump.depth(np.array([500.0, 500.0 + 1e-9]))
    assert high > 1.2 * low
    assert jump.q**2 / low + 0.5 * G * low**2 == pytest.approx(jump.q**2 / high + 0.5 * G * high**2, rel=1e-6)


def test_the_law_of_run_up_is_near_the_integral_where_waves_are_long() -> None:
    assert solitary.law(0.0185, 19.85) == pytest.approx(0.08606, rel=1e-3)
    off = [
        solitary.law(height, 19.85) / solitary.linear(height, 19.85) - 1 for height in (0.005, 0.0185, 0.028)
    ]
    assert np.all(np.diff(np.abs(off)) < 0) and abs(off[-1]) < 0.03
    assert solitary.breaking(19.85) == pytest.approx(0.0296, rel=5e-3)


def test_the_wave_on_the_sphere_begins_as_it_is_given_and_comes_to_the_antipode() -> None:
    profile = lambda angle: np.exp(-((np.degrees(angle) / 8) ** 2))  # noqa: E731
    angles = np.radians([0.0, 5.0, 20.0, 120.0])
    start = sphere.spread(profile, np.zeros(1), angles, 4000.0)[0]
    np.testing.assert_allclose(start, profile(angles), atol=1e-6)
    times = np.linspace(0, 1.3, 400) * np.pi * 6_371_000 / np.sqrt(G * 4000.0)
    there = sphere.spread(profile, times, np.pi, 4000.0)[:, 0]
    assert times[there.argmax()] == pytest.approx(times[-1] / 1.3, rel=0.05)
    assert there.max() > 0.5


# ------------------------------------------------------------------ the command


def _case(name: str, **more: object) -> Case:
    def compute(cfg: Path) -> Path:
        cfg.mkdir(parents=True, exist_ok=True)
        return cfg

    settings = {"judge": lambda runs: [Bound("error", 0.5, 1.0)], "compute": compute} | more
    return Case(name, "of a test", lambda folder, quick: folder, **settings)  # type: ignore[arg-type]


def _breaks(runs: object) -> list[Bound]:
    raise NumericalError("not finite")


def _stops(runs: object) -> list[Bound]:
    raise KeyboardInterrupt


def test_what_is_missing_is_skipped_and_what_breaks_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, broken = _case("good", about="One.\n\nTwo."), _case("broken", judge=_breaks)
    absent = _case("absent", missing=lambda quick: None if quick else "it needs a file")
    monkeypatch.setattr(
        "esim.validation.validate.CASES",
        {case.name: case for case in (good, broken, absent, _case("stopped", judge=_stops))},
    )
    monkeypatch.setattr(
        "esim.validation.validate.GROUPS", {"some": (good, absent), "all": (good, broken, absent)}
    )
    report = tmp_path / "kept/table.md"
    assert validate(["some", "good"], tmp_path, report=report) == 0
    text = report.read_text()
    assert "| good | 1 |" in text and "skipped: it needs a file" in text and "\nTwo.\n" in text
    assert "esim 0." in text and "error | 0.5 | at most 1 | pass |" in text
    assert validate(["all"], tmp_path) == 1
    assert "broken: FAIL, not finite" in capsys.readouterr().out
    records = json.loads((tmp_path / "validation.json").read_text())
    assert records["absent"] == {"skipped": "it needs a file"} and records["broken"] == {
        "broken": "not finite"
    }
    with pytest.raises(KeyboardInterrupt):
        validate(["good", "stopped"], tmp_path / "stopped", report=report)
    assert list(json.loads((tmp_path / "stopped/validation.json").read_text())) == ["good"]
    assert "## good" in report.read_text() and "stopped" in report.read_text()
    assert validate(["absent"], tmp_path, quick=True) == 0
    with pytest.raises(InputError, match="nothing was computed: absent is skipped, it needs a file"):
        validate(["absent"], tmp_path)
    with pytest.raises(NumericalError):
        validate(["broken"], tmp_path)
    with pytest.raises(InputError, match="there is no case 'goud', did you mean 'good'"):
        validate(["goud"], tmp_path)
