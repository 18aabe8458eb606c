"""The watchdog: growth from any level is seen, waves that stand, ring, come late or drown in rounding are let be."""

from types import SimpleNamespace

import numpy as np
import pytest

from esim.config import from_dict
from esim.crust import absorbing_layers
from esim.crust.medium.medium import MediumSurvey
from esim.crust.stability import StabilityCheck, longest_period
from esim.drivers.run import simulate
from esim.errors import NumericalError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.media.crust.wave_speeds import Speeds
from esim.parallel.comm import SerialComm
from esim.timestepping.clock import Clock

END, WINDOW, DT = 1.0, 2.0, 0.01


def shaken(motion, density_ratio=1.0):
    """What a check asks a crust."""
    return SimpleNamespace(motion_here=motion, density_ratio=lambda: density_ratio, comm=SerialComm())


def watch(motion, density_ratio=1.5, check=None, start=0):
    """The time [s] at which a run with this motion, by its time, is stopped; None where it is not."""
    now = [0.0]
    crust = shaken(lambda: motion(now[0]), density_ratio)
    check = check or StabilityCheck(crust, END, WINDOW)
    check.crust, clock = crust, Clock(200.0)
    for step in range(start, 20_000, 50):
        now[0] = clock.time = step * DT
        clock.step = step
        try:
            check(clock)
        except NumericalError:
            return now[0]
    return None


@pytest.mark.quick
@pytest.mark.parametrize("level", [1e-1, 1e-3, 1e-7])
def test_growth_from_any_level_is_seen(level):
    found = watch(lambda t: level + np.exp(-3 * t) + 1e-10 * level * np.exp(0.5 * (t - 60)) * (t > 60))
    grown = 60 + np.log(5e10) / 0.5
    assert grown < found < grown + 2


QUIET = {
    "a wave that stands, period as long as two windows": lambda t: (
        np.sin(np.pi * t / (2 * WINDOW)) ** 2 + 1e-12
    ),
    "noise that is held for ever": lambda t: 1 + 0.5 * np.sin(1e4 * t),
    "waves that go from dense rock to light soil, and stand there": lambda t: 1.0 if t < 50 else 3.0,
    "rounding that adds up": lambda t: np.exp(-3 * t) + 1e-13 * t**2,
    "rest": lambda t: 0.0,
}


@pytest.mark.quick
@pytest.mark.parametrize("name", QUIET)
def test_what_does_not_grow_is_let_be(name):
    assert watch(QUIET[name]) is None


@pytest.mark.quick
def test_what_was_before_is_known_after_a_restart():
    first = StabilityCheck(shaken(lambda: 1.0), END, WINDOW)
    assert watch(lambda t: np.exp(-t), check=first) is None
    second = StabilityCheck(shaken(lambda: 1.0), END, WINDOW)
    second.restore(first.state())
    assert second.state() == first.state() and second.least < 1e-30 < second.most
    assert watch(lambda t: 1e-6, check=second, start=1000) == 10.5  # known when the next look is due


@pytest.mark.quick
def test_windows_are_longer_than_waves_need_down_and_back():
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 100.0, 100.0, 40, 60, ("open",) * 4), 30, 100.0)
    survey = MediumSurvey(
        Speeds(6000.0, 500.0, 1.7, 3.0), 100.0, 50.0, 2.5, np.zeros((2, 30), np.uint8), False
    )
    assert longest_period(("cpml", "periodic", "cpml"), grid, survey) == 5.0
    assert longest_period(("cpml", "wall", "cpml"), grid, survey) == 60 * 100 / 500


def sill(directory, duration):
    """A slice through a sill of basalt between sediments, shaken once."""
    rows = (
        (0, 2500, 1000, 2100),
        (1000, 5500, 3000, 2700),
        (1500, 3200, 1400, 2300),
        (2500, 6000, 3400, 2700),
    )
    layers = [dict(zip(("top", "vp", "vs", "rho"), row, strict=True)) for row in rows]
    wavelet = {"kind": "ricker", "frequency": 1.0}
    boundary = {"y": "periodic"}
    grid = {"x": [-1500, 1500], "y": [0, 400], "depth": [0, 3600], "spacing": 100, "boundary": boundary}
    source = {"kind": "moment_tensor", "x": 130, "y": 200, "depth": 1800, "mxx": 1e15, "mxz": -8e14}
    return from_dict(
        {
            "scenario": "seismic",
            "time": {"duration": duration},
            "grid": {"kind": "cartesian"} | grid,
            "medium": {"kind": "layers", "layers": layers},
            "source": [source | {"time_function": wavelet}],
            "output": {"directory": str(directory), "maxima": None},
        }
    )


@pytest.mark.long
def test_layers_that_grow_are_stopped_long_before_they_are_as_strong_as_the_waves(tmp_path, monkeypatch):
    """Matched layers as they are without friction and stretch; with both the same run goes to its end."""
    simulate(sill(tmp_path / "stable", 30.0))
    for name, value in (("STRETCH", 1.0), ("FRICTION", 0.0)):
        monkeypatch.setattr(absorbing_layers, name, value)
    with pytest.raises(
        NumericalError, match="velocities have grown .* although the sources ended at"
    ) as failure:
        simulate(sill(tmp_path / "grows", 60.0))
    assert "thicker" not in str(failure.value) and "sponge" in str(failure.value)
