"""Does `esim new seismic` write a configuration that runs, in a block that fits?"""

from pathlib import Path
from typing import Any

import pytest
from support.drafts import cmt, drafted, stations

from esim.cli.main import main
from esim.draft import block
from esim.drivers.run import driver_of
from esim.parallel.comm import SerialComm

Captured = pytest.CaptureFixture[str]
TYPED = "--magnitude 6 --lon 143.8 --lat 42.2 --depth 20 --strike 220 --dip 26 --rake 90".split()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    stations(tmp_path)
    return tmp_path


def options(frequency: float = 0.1, model: object = "prem") -> list[object]:
    return ["--model", model, "--stations", "STATIONS", "--fmax", frequency]


def test_a_cmt_and_stations_become_a_block_with_room_around_them(here: Path) -> None:
    config: Any = drafted("seismic", "--cmt", cmt(here), *options())
    assert config.source[0].kind == "event" and config.source[0].file == here / "CMTSOLUTION"
    assert config.medium.file == here / "models/prem.txt" and config.physics.attenuation == "coarse"
    assert config.grid.spacing[0] == pytest.approx(3200 / (5 * 0.1)) and config.physics.max_frequency == 0.1
    assert len(config.receivers) == 10
    setup = driver_of(config).check(config, SerialComm())
    assert not [text for text in setup.warnings.texts if "absorbing layer" in text]
    assert setup.discretisation.points_per_wavelength >= 5
    # Surface waves come to the farthest station, some 110 km away, before the end.
    assert config.time.duration > 110e3 / 3000 + 2 * 33


def test_an_earthquake_that_is_typed_is_a_double_couple_with_a_duration_by_its_moment(
    capsys: Captured,
) -> None:
    config: Any = drafted("seismic", *TYPED, *options())
    source = config.source[0]
    assert (source.kind, source.magnitude, source.strike, source.depth) == ("double_couple", 6, 220, 20e3)
    assert source.half_duration == pytest.approx(2.44, abs=0.01)  # 1.05e-8 (1.26e25 dyn cm)^(1/3)
    assert "point source stands for a rupture" not in capsys.readouterr().out


def test_of_a_file_of_planes_one_is_taken_where_it_is_asked_for(here: Path, capsys: Captured) -> None:
    config: Any = drafted("seismic", "--cmt", cmt(here), "--plane", 2, *options(model="ak135"))
    assert config.source[0].kind == "double_couple" and config.source[0].dip > 45
    assert "Plane 2 is taken" in capsys.readouterr().out


def test_a_frequency_beyond_the_memory_is_lowered_and_stations_that_would_fit_are_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(block, "available_memory", lambda: 20e6)
    config: Any = drafted("seismic", *TYPED, *options(0.3))
    out = capsys.readouterr().out
    assert "0.3 Hz needs" in out and f"computed up to {config.physics.max_frequency:g} Hz" in out
    assert "with --within" in out and " of 10 stations: XX.S" not in out.split("with --within")[0]
    nx, ny, nz = config.grid.cells
    assert 0.05 < config.physics.max_frequency < 0.3 and nx * ny * nz * 100 <= 16e6


def test_only_stations_within_a_distance_are_written_down(here: Path, capsys: Captured) -> None:
    config: Any = drafted("seismic", *TYPED, *options(), "--within", 30)
    names = [station.name for station in config.receivers]
    assert 0 < len(names) < 10 and "S0.XX" not in names


def test_a_model_of_the_user_stays_where_it_is(here: Path) -> None:
    (here / "rock.txt").write_text("# depth rho vp vs\n0 2.5 5.0 2.9\n10 2.8 6.5 3.7\n")
    config: Any = drafted("seismic", *TYPED, *options(model="rock.txt"))
    assert config.medium.file == here / "rock.txt" and config.physics.attenuation == "none"
    assert not (here / "models").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*TYPED, *options(model="premm")], "did you mean 'prem'?"),
        ([*TYPED, *options(-1)], "--fmax is -1"),
        ([*TYPED, *options(1e-4)], "too near for 15 cells"),
        ([*TYPED, *options(), "--stations", "none"], "none: no such file"),
        ([*TYPED, *options(), "--within", 0.1], "no station of STATIONS is as near"),
        ([*TYPED[2:], *options()], "--magnitude is missing"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[Any], sentence: str, here: Path, capsys: Captured) -> None:
    assert main(["new", "seismic", *map(str, arguments), "--output", "my.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and sentence in err
    assert not (here / "my.yaml").exists()
