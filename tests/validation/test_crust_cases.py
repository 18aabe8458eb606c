"""Do runs of the crust engine come near to what is known? The cases of validation, the smallest of their runs."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from esim.config import from_dict
from esim.crust.sources import injection
from esim.drivers.run import simulate
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.interpolation import Site, spread
from esim.validation.cases import registry
from esim.validation.cases.case import Bound, Case, Check
from esim.validation.cases.crust import (
    absorption,
    attenuation,
    full_space,
    hard_media,
    lamb,
    reciprocity,
    static,
    topography,
    volcanic,
)
from esim.validation.cases.crust.records import read
from esim.validation.validate import validate


def some(case: Case, folder: Path, *names: str) -> dict[str, Path]:
    """Computes runs of a case by their names."""
    configurations = case.configure(folder, False)
    return {name: simulate(configurations[name]) for name in names}


def failed(bounds: list[Bound]) -> list[str]:
    """What is not as it should be, of at least one number with a limit."""
    assert any(bound.limit is not None for bound in bounds)
    return [" ".join(bound.row()) for bound in bounds if not bound.passed]


@pytest.mark.cases
@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("explosion", 0.002),
        ("double_couple", 0.01),
        ("force", 0.01),
    ],
)
def test_point_sources_in_a_full_space(source: str, error: float, tmp_path: Path) -> None:
    runs = some(full_space.CASE, tmp_path, f"{source}-between-48-1", f"{source}-between-64-1")
    bounds = full_space.judge(runs)
    assert failed(bounds) == []
    assert bounds[0].computed < error


@pytest.mark.cases
def test_errors_fall_with_the_square_of_the_step(tmp_path: Path) -> None:
    runs = some(
        full_space.CASE, tmp_path, *(f"double_couple-between-64-step{n}" for n in full_space.HALVINGS)
    )
    assert failed(full_space.judge(runs)) == []


@pytest.mark.cases
def test_lambs_problem(tmp_path: Path) -> None:
    runs = some(lamb.CASE, tmp_path, "1-between-5", "1-on-10")
    bounds = lamb.judge(runs)
    assert failed(bounds) == []
    assert all(bound.computed < 0.07 for bound in bounds)


@pytest.mark.cases
@pytest.mark.parametrize("name", ["plane-s-coarse-50", "plane-p-conventional-50", "plane-s-conventional-20"])
def test_waves_decay_with_q(name: str, tmp_path: Path) -> None:
    assert failed(attenuation.judge(some(attenuation.CASE, tmp_path, name))) == []


@pytest.mark.cases
def test_waveforms_in_a_lossy_space_are_those_of_the_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At half the distance of the case, in an eighth of its block."""
    monkeypatch.setattr(attenuation, "RECEIVERS", attenuation.RECEIVERS / 2)
    bounds = attenuation.judge(some(attenuation.CASE, tmp_path, "point-coarse"))
    assert failed(bounds) == []
    assert bounds[2].computed > 0.05, "attenuation must be seen at all"


@pytest.mark.cases
@pytest.mark.parametrize("along", ["x", "z"])
def test_forces_on_the_surface_are_reciprocal_to_motion_there(along: str, tmp_path: Path) -> None:
    motion = {}
    for where in ("A", "B"):
        source = {"kind": "force", f"f{along}": 1e12, **reciprocity.POINTS[where]}
        settings = reciprocity._run(tmp_path / where, "conventional", source).echo()
        settings["physics"]["attenuation"] = "none"
        settings["grid"] |= {"spacing": 200, "x": [-3800, 3800], "y": [-3600, 3600], "depth": [0, 4400]}
        motion[where] = read(simulate(from_dict(settings)))
    axis = "xyz".index(along)
    there, back = motion["A"].at("B")[axis], motion["B"].at("A")[axis]
    assert np.abs(there - back).max() < 0.002 * np.abs(there).max()


@pytest.mark.cases
def test_little_comes_back_from_absorbing_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case at about half its size."""
    monkeypatch.setattr(absorption, "SOON", 3.0)
    runs = {}
    for name, side in (("1-none-small", 1900.0), ("1-none-large", 3800.0)):
        settings = absorption._run(tmp_path / name, "uniform, Vp/Vs = 3", "none", "small", side).echo()
        for place in (*settings["stations"], *settings["source"]):
            place |= {key: place[key] / 2 for key in ("x", "y", "depth") if key in place}
        runs[name] = absorption.compute(from_dict(settings))
    assert failed(absorption.judge(runs)) == []
    time, energy = absorption.energy(runs["1-none-small"])
    assert time[-1] == pytest.approx(absorption.SOON, abs=0.02) and energy.max() > 0


@pytest.mark.cases
def test_plane_waves_double_at_level_ground(tmp_path: Path) -> None:
    names = ("level-p-surface", "level-s-staircase", "level-s-plateau")
    assert failed(topography.judge(some(topography.CASE, tmp_path, *names))) == []


# ------------------------------------------------------------------ how sources enter


@pytest.mark.parametrize("place", [(5.5, 5.5, 5.5), (5.7, 6.1, 4.9), (5.2, 5.0, 0.6), (5.2, 0.9, 11.2)])
@pytest.mark.parametrize("name", ["sxx", "sxy", "syz"])
def test_all_mechanisms_take_part_in_a_moment(place: tuple[float, float, float], name: str) -> None:
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 1.0, 1.0, 12, 12, ("open",) * 4), 12, 1.0)
    plain = spread(grid, [Site(*place, ghost=False)], name)
    evened = injection._evened(SimpleNamespace(grid=grid, strain=None), plain)
    weights = evened.weights[0]
    for axis in "kji":
        before, after = getattr(plain, axis)[0], getattr(evened, axis)[0]
        for power in range(4):
            known = np.sum(plain.weights[0] * before.astype(float) ** power)
            assert np.sum(weights * after.astype(float) ** power) == pytest.approx(known, rel=1e-9, abs=1e-9)
        assert np.sum(weights * (-1.0) ** after) == pytest.approx(0, abs=1e-12)
        assert 0 <= after[weights != 0].min() and after[weights != 0].max() < 12


# ------------------------------------------------------------------ cases of several runs


def test_bounds_are_shown_with_what_they_must_keep() -> None:
    assert Bound("order", 3.9, 3.8, at_least=True).row() == ("order", "", "3.9", "", "at least 3.8", "pass")
    assert Bound("error", 0.031, 0.02, "%").row() == ("error", "", "3.1 %", "", "at most 2 %", "FAIL")
    assert Bound("error", None, 0.02).row()[2:] == ("none", "", "at most 0.02", "FAIL")
    assert Bound("error", 0.5, None).row()[4:] == ("", "")
    assert not Bound("error", float("nan"), 0.02).passed and Bound("error", 0.5).record()["passed"]


def test_a_case_of_several_runs_is_judged_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(cfg: Path) -> Path:
        cfg.mkdir(parents=True)
        (cfg / "run.json").write_text("{}")
        return cfg

    def judge(runs: dict[str, Path]) -> list[Check | Bound]:
        assert [runs[name].name for name in ("a", "b")] == ["a", "b"]
        return [Bound("runs", len(runs), 1.0), Check("two", 2.0, float(len(runs)), "m", 0.1)]

    case = Case("pair", "two runs", lambda folder, quick: {n: folder / n for n in "ab"}, judge, None, compute)
    monkeypatch.setitem(registry.CASES, "pair", case)
    assert validate(["pair"], tmp_path) == 1
    checks = json.loads((tmp_path / "validation.json").read_text())["pair"]
    assert [check["passed"] for check in checks] == [False, True]
    assert set(case.find(tmp_path / "pair")) == {"a", "b"}
    assert validate(["pair"], tmp_path / "again", run=tmp_path / "pair") == 1


# ------------------------------------------------------------------ absorbing layers over long times


@pytest.mark.cases
def test_nothing_grows_beside_a_sill_of_basalt_nor_below_soft_soil(tmp_path: Path) -> None:
    """The smaller case: 6,000 steps."""
    bounds = hard_media.judge(hard_media.CASE.run(tmp_path, quick=True))
    assert len(bounds) == 4 and failed(bounds) == []


@pytest.mark.quick
def test_growth_is_that_from_the_least_to_a_later_motion() -> None:
    time = np.linspace(0, 1, 2001)
    falls, rises = np.exp(-20 * time), 1e-6 * np.exp(8 * (time - 0.5)) * (time > 0.5)
    assert hard_media.growth(falls) == 1
    assert hard_media.growth(falls + rises) > hard_media.GROWTH_LIMIT
    assert hard_media.growth(falls + 1e-5 * rises) == 1, "rounding"


@pytest.mark.cases
def test_permanent_displacement_is_okadas(tmp_path: Path) -> None:
    """The smaller runs of the case: on land and below a sea, by a thrust and an opening, and with near sides."""
    names = ("land-opening", "land-thrust", "sea-thrust", "cpml_of_10-0.5", "cpml_of_3-1")
    configurations = static.CASE.configure(tmp_path, True)
    bounds = static.judge({name: simulate(configurations[name]) for name in names})
    assert failed(bounds) == []
    assert {bound.quantity.split(",")[0] for bound in bounds} == {
        "land", "sea", "cpml of 10 cells", "cpml of 3 cells"
    }  # fmt: skip
    added = [bound.computed for bound in bounds if bound.quantity.endswith("added")]
    assert added[0] < 0.001 < added[1]


@pytest.mark.quick
def test_faults_of_the_static_case_have_their_middle_below_the_origin() -> None:
    for fault in static.FAULTS:
        known, (east, north) = static.geometry(fault), static.upper_edge(fault)
        dip, strike = np.deg2rad(known["dip"]), np.deg2rad(known["strike"])
        level = 0.5 * known["width"] * np.cos(dip)
        assert east + level * np.cos(strike) == pytest.approx(0, abs=1e-6)
        assert north - level * np.sin(strike) == pytest.approx(0, abs=1e-6)
        assert known["depth"] + 0.5 * known["width"] * np.sin(dip) == pytest.approx(static.DEPTH)


@pytest.mark.cases
def test_volcanic_sources_leave_what_closed_forms_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the smaller size of the case, in the crust a chamber alone."""
    monkeypatch.setattr(volcanic, "_some", lambda quick: [("mogi", volcanic.SOURCES["mogi"])])
    bounds = volcanic.judge(volcanic.CASE.run(tmp_path, quick=True))
    assert len(bounds) == len(volcanic.SOURCES) + 6 and failed(bounds) == []
