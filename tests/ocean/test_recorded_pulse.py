"""Does a pulse run as a barometer recorded it?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.oceans import flat, ocean, plane
from support.scenes import checked, compute, differing
from support.sections import section

from esim.analysis import Run
from esim.analysis.ocean.air_wave import air_waves
from esim.config import from_dict
from esim.config.ocean.forcing import ForcingConfig, RecordedPulseConfig
from esim.constants import SEA_DENSITY
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.ocean.forcing.pressure_pulse import PressurePulse
from esim.ocean.forcing.recorded_pulse import NEIGHBOURS, recorded_pulse

AWAY, SPEED = 3e5, 300.0  # m, m/s


def crest_and_trough(time: np.ndarray) -> np.ndarray:
    """A crest of 200 Pa and a longer, shallower trough behind it, 40 min after the origin."""
    return 200 * np.exp(-(((time - 2400) / 300) ** 2)) - 80 * np.exp(-(((time - 3600) / 500) ** 2))


def write(folder: Path, step: float = 60.0, unit: str = "Pa", scale: float = 1.0) -> Path:
    time = np.arange(600, 6001, step)
    lines = [f"{t:g},{scale * p:.6f}" for t, p in zip(time, crest_and_trough(time), strict=True)]
    (folder / "barogram.csv").write_text(f"time (s),pressure ({unit})\n" + "\n".join(lines) + "\n")
    return folder / "barogram.csv"


def pulse(file: Path, **more: Any) -> RecordedPulseConfig:
    given = {"kind": "recorded_pulse", "x": 0, "y": 0, "file": str(file), "distance": AWAY, "speed": SPEED}
    found = section(ForcingConfig, **given | more)
    assert isinstance(found, RecordedPulseConfig)
    return found


@pytest.mark.parametrize(("unit", "scale"), [("Pa", 1.0), ("hPa", 0.01)])
def test_the_barometer_has_its_record_back(unit: str, scale: float, tmp_path: Path) -> None:
    sea = ocean(
        plane(12, 8, 1e5),
        flat(4000.0),
        forces=[lambda o: PressurePulse(o, *recorded_pulse(pulse(write(tmp_path, unit=unit, scale=scale))))],
    )
    (force,) = sea.forces.all
    times = np.arange(0, 8000, 37.0)
    rows, columns = np.array([[0]]), np.array([[2]])
    x, y = sea.grid.x()[2], sea.grid.y()[0]
    r = float(np.hypot(x, y))
    heard = force.pressure_at(rows, columns, times)[:, 0, 0]
    known = crest_and_trough(times - (r - AWAY) / SPEED) * np.sqrt(AWAY / r)
    np.testing.assert_allclose(heard, known, rtol=0, atol=2.0)  # of 200: what the spacing smooths
    assert heard.max() == pytest.approx(known.max(), rel=0.01)
    whole = force.pressure(4000.0)
    assert whole[0, 2] == force.pressure_at(rows, columns, np.array([4000.0]))[0, 0, 0]


def test_it_decays_on_the_globe_and_pushes_by_its_slope(tmp_path: Path) -> None:
    place = {"lon": 184.6, "lat": -20.5, "x": None, "y": None, "distance": 2e6, "spacing": 900.0}
    errors = []
    for size in (1.0, 0.5):
        grid = Grid("lonlat", 190, -30, size, size, round(20 / size), round(20 / size))
        sea = ocean(
            grid,
            flat(4000.0),
            forces=[lambda o: PressurePulse(o, *recorded_pulse(pulse(write(tmp_path), **place)))],
        )
        sea.forces.evaluate(1500.0)
        p, found = sea.forces.all[0].pressure(1500.0), np.array(sea.own(sea.forces.acceleration))
        width, height = grid.cell_size()
        east = -(p[1:-1, 2:] - p[1:-1, :-2]) / (2 * width[1:-1, None] * SEA_DENSITY)
        north = -(p[2:, 1:-1] - p[:-2, 1:-1]) / (2 * height[1:-1, None] * SEA_DENSITY)
        scale = np.hypot(east, north).max()
        assert scale > 0
        errors.append(np.hypot(found[0, 1:-1, 1:-1] - east, found[1, 1:-1, 1:-1] - north).max() / scale)
    assert errors[1] < 0.5 * errors[0] and errors[1] < 0.1


def test_bells_of_one_height_add_up_to_a_constant() -> None:
    at, bells = np.linspace(0, 1, 50), np.arange(-4, 6)
    total = (np.maximum(1 - ((at[:, None] - bells) / 3) ** 2, 0.0) ** 8).sum(1)
    np.testing.assert_allclose(total, NEIGHBOURS.sum(), rtol=1e-3)


CHANNEL = {
    "scenario": "tsunami",
    "time": {"duration": 300},
    "grid": {"kind": "cartesian", "x": [0, 20e3], "y": [0, 10e3], "spacing": 1e3},
    "bathymetry": {"kind": "flat", "depth": 100},
    "source": [],
    "output": {"directory": "out"},
}
ROWS = "time,pressure\n0,0\n60,100\n120,0\n"


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (ROWS, {"passes": 2}, "forcing.0.passes: a plane has no antipode"),
        (ROWS, {"spacing": "0.5 s"}, "forcing.0.spacing: 0.5 s makes more than 200 bells"),
        ("0,0\n60,100\n120,0\n", {}, "forcing.0.file: .*first row does not name its columns"),
        ("time,wind\n0,0\n60,100\n120,0\n", {}, "forcing.0.file: .*has no column 'pressure', but"),
        ("time,pressure (m)\n0,0\n60,1\n120,0\n", {}, "forcing.0.file: .*has the unit 'm'"),
        ("time,pressure\n0,0\n60,one\n120,0\n", {}, "forcing.0.file: .*line 3: 'one' is no number"),
        ("time,pressure\n0,0\n60,nan\n120,0\n", {}, "forcing.0.file: .*has gaps"),
        ("time,pressure\n0,0\n60,100\n30,0\n", {}, "forcing.0.file: .*whose times rise"),
        ("time,pressure\n0,0\n60,100\n120,50\n", {}, "begins with 0 and ends with 50 Pa; expected a record that"),
        ("time,pressure\n0,0\n60,101325\n120,0\n", {}, "its largest pressure is 101325 Pa above that at rest"),
        ("time,pressure\n0,0\n60,0\n120,0\n", {}, "its largest pressure is 0 Pa"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(text: str, more: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "barogram.csv").write_text(text)
    force = {"kind": "recorded_pulse", "x": 0, "y": 0, "distance": 1e5, "speed": 300}
    force |= {"file": str(tmp_path / "barogram.csv")} | more
    with pytest.raises(InputError, match=said):
        from_dict(CHANNEL | {"forcing": [force]})


@pytest.mark.long
def test_runs_feel_it_and_ranks_do_the_same(tmp_path: Path) -> None:
    def scene(name: str) -> dict[str, Any]:
        grid = {"kind": "cartesian", "x": [0, 300e3], "y": [0, 100e3], "spacing": 10e3}
        force = {"kind": "recorded_pulse", "x": -1e5, "y": 5e4, "distance": AWAY, "speed": SPEED}
        force |= {"file": str(write(tmp_path))}
        stations = [{"name": "barometer", "x": 2e5, "y": 5e4}]
        output = {"directory": str(tmp_path / name), "stations": {"every": 60}}
        output["fields"] = {"every": 600, "variables": ["eta", "air_pressure"]}
        more = {
            "time": {"duration": 2700},
            "grid": grid,
            "forcing": [force],
            "stations": stations,
            "output": output,
        }
        return CHANNEL | {"bathymetry": {"kind": "flat", "depth": 4000}, "run": {"backend": "numpy"}} | more

    alone = compute(scene("alone"))
    assert differing(compute(scene("ranks"), ranks=2), alone) == []
    with Run.open(tmp_path / "alone") as run:
        (wave,) = air_waves(run)
        assert run.stations is not None
        heard = run.stations["air_pressure"].values[0]
        highest = float(run.stations["seconds"][int(heard.argmax())])
        assert heard.max() == pytest.approx(200, rel=0.02) and abs(highest - 2400) <= 60
        assert float(wave.passes(np.array(2e5), np.array(5e4))) == pytest.approx(2400, abs=60)
        (tmp_path / "barogram.csv").unlink()
        assert list(air_waves(run)) == []


def test_pulses_that_cells_do_not_carry_are_told(tmp_path: Path) -> None:
    (tmp_path / "barogram.csv").write_text(ROWS)
    place = {"x": 0, "y": 0, "distance": 1e5, "speed": 20}
    narrow = [
        {"kind": "recorded_pulse", "file": str(tmp_path / "barogram.csv"), "spacing": 60} | place,
        {"kind": "circular_pulse", "amplitude": 100, "width": "1.2 km"} | place,
    ]
    wide = [narrow[0] | {"spacing": 90}, narrow[1] | {"width": "1.3 km"}]
    told, silent = (
        [
            text
            for text in checked(from_dict(CHANNEL | {"forcing": force})).warnings.texts
            if "too coarsely" in text
        ]
        for force in (narrow, wide)
    )
    assert [text.partition(":")[0] for text in told] == [
        "forcing.0.spacing",
        "forcing.1.width",
    ] and not silent
    assert "its bells are 0.9 km wide" in told[0] and "cells of 1 km" in told[1]


def test_the_configuration_is_echoed(tmp_path: Path) -> None:
    (tmp_path / "barogram.csv").write_text(ROWS)
    force = {"kind": "recorded_pulse", "x": 0, "y": 0, "distance": 1e5, "speed": 300}
    config = from_dict(CHANNEL | {"forcing": [force | {"file": str(tmp_path / "barogram.csv")}]})
    assert from_dict(json.loads(json.dumps(config.echo()))) == config
