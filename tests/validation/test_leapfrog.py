"""Does the leapfrog, the yardstick of deep-ocean solvers, find what is known, and lose nothing?"""

import numpy as np
import pytest

from esim.grids.grid import Grid
from esim.validation.references import sphere
from esim.validation.references.leapfrog import G, Leapfrog
from esim.validation.studies import time_to_accuracy as study

pytestmark = pytest.mark.compile
DEPTH = 4000.0
SPEED = np.sqrt(G * DEPTH)


def plane(nx: int, ny: int, size: float, latitude: float = 0.0) -> Grid:
    return Grid("cartesian", 0.0, 0.0, size, size, nx, ny, ("wall",) * 4, latitude)


@pytest.mark.parametrize("along_x", [True, False])
def test_a_standing_wave_keeps_its_height_and_the_period_of_its_cells(along_x: bool) -> None:
    """sin(w dt / 2) = c dt / dx sin(k dx / 2): the relation of the scheme, over a hundred periods."""
    n, size, periods = 24, 1000.0, 100
    grid = plane(n, 6, size) if along_x else plane(6, n, size)
    k, dt = np.pi / (n * size), 0.5 * size / SPEED
    mode = np.cos(k * (grid.x()[None, :] if along_x else grid.y()[:, None])) * np.ones(grid.shape)
    water = Leapfrog(grid, np.full(grid.shape, DEPTH), mode, dt)
    turns = 2 / dt * np.arcsin(SPEED * dt / size * np.sin(0.5 * k * size))
    steps = round(periods * 2 * np.pi / turns / dt)
    water.advance(steps)
    assert (water.zeta * mode).mean() / (mode**2).mean() == pytest.approx(
        np.cos(turns * steps * dt), abs=2e-3
    )


def test_errors_fall_with_the_square_of_the_cells() -> None:
    """A round hump in a basin, whose cosines are known."""
    from scipy.fft import dctn, idctn

    errors = []
    for n in (48, 96):
        size = 96e3 / n
        grid, dt = plane(n, n, size), 0.5 * size / SPEED
        x, y = grid.x()[None, :], grid.y()[:, None]
        hump = np.exp(-((x - 40e3) ** 2 + (y - 50e3) ** 2) / (2 * 9e3**2))
        water = Leapfrog(grid, np.full(grid.shape, DEPTH), hump, dt)
        water.advance(n // 2)
        k = np.pi * np.arange(n) / (n * size)
        known = idctn(dctn(hump) * np.cos(SPEED * np.hypot(k[:, None], k) * (n // 2) * dt))
        errors.append(np.linalg.norm(water.zeta - known) / np.linalg.norm(known))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.15)


def test_a_wave_on_the_sphere_is_the_series_of_legendre() -> None:
    grid = Grid("lonlat", -60.0, -50.0, 1.0, 1.0, 120, 110, ("wall",) * 4)
    lon, lat = np.radians(grid.x())[None, :], np.radians(grid.y())[:, None]
    angle = sphere.distance(lon, lat, 0.0, np.radians(10.0))

    def hump(angle: np.ndarray) -> np.ndarray:
        return np.exp(-((np.degrees(angle) / 8.0) ** 2))

    dt, steps = 90.0, 200
    water = Leapfrog(grid, np.full(grid.shape, DEPTH), hump(angle), dt, coriolis=False)
    water.advance(steps)
    near = angle < np.radians(42)
    known = sphere.spread(hump, np.array([steps * dt]), angle[near], DEPTH)[0]
    assert np.abs(water.zeta[near] - known).max() < 0.02 * np.abs(known).max()


def test_a_kelvin_wave_stays_at_its_wall() -> None:
    n, size = 400, 20e3
    grid = plane(n, 100, size, 45.0)
    radius = SPEED / grid.coriolis()[0]
    dt = 0.5 * size / SPEED

    def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(-y / radius) * np.exp(-(((x - 2e6) / 4e5) ** 2))

    water = Leapfrog(grid, np.full(grid.shape, DEPTH), wave(grid.x()[None, :], grid.y()[:, None]), dt)
    faces = size * np.arange(1, n)[None, :]
    water.hu[:, 1:-1], water.hv[...] = SPEED * wave(faces - 0.5 * SPEED * dt, grid.y()[:, None]), 0
    steps = 300
    water.advance(steps)
    known = wave(grid.x()[None, :] - SPEED * steps * dt, grid.y()[:, None])
    far = grid.y() < 3 * radius
    assert np.abs(water.zeta - known)[far].max() < 0.03


def test_land_is_a_wall_and_no_water_is_lost() -> None:
    rng = np.random.default_rng(1)
    grid = plane(60, 50, 1000.0, 30.0)
    depth = np.where(rng.random(grid.shape) < 0.2, 0.0, 4000 * rng.random(grid.shape))
    water = Leapfrog(grid, depth, rng.random(grid.shape), 2.0)
    before = water.zeta.sum(dtype=float)
    water.advance(500)
    assert (water.zeta[depth == 0] == 0).all()
    assert water.zeta.sum(dtype=float) == pytest.approx(before, rel=1e-5)
    assert np.isfinite(water.hu).all() and np.abs(water.hu).max() > 0


def test_waves_leave_through_the_rim() -> None:
    grid, size = plane(120, 120, 1000.0), 1000.0
    x, y = grid.x()[None, :] - 60e3, grid.y()[:, None] - 60e3
    hump = np.exp(-(x**2 + y**2) / (2 * 6e3**2))
    water = Leapfrog(grid, np.full(grid.shape, DEPTH), hump, 0.5 * size / SPEED, rim=25)
    water.advance(480)
    assert np.abs(water.zeta).max() < 0.01


def test_the_study_finds_the_order_of_the_leapfrog_and_the_time_in_which_it_is_as_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study, "CELLS", 64)
    monkeypatch.setattr(study, "END", 20 * study.CELL / study.SPEED)
    coarse, fine = (study.by_leapfrog(4.0, finer)[0] for finer in (1, 2))
    assert coarse / fine == pytest.approx(4.0, rel=0.2)
    finer, seconds = study.as_exact(0.01, {1: (0.16, 1.0), 2: (0.04, 8.0)})
    assert (finer, seconds) == pytest.approx((4.0, 64.0))
