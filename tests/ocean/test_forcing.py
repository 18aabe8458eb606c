"""What drives the water from outside: waves that come in, air pressure, compressed water, an Earth that gives way."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.oceans import PERIODIC, G, advance, flat, japan, march, ocean, physics, plane, rough, state
from support.scenes import checked, compute, configured, cut_off, differing
from support.sections import section
from support.simulator import in_simulator

from esim.config import from_dict
from esim.config.ocean.forcing import CircularPulseConfig, PlanePulseConfig, PressureFileConfig
from esim.config.ocean.incident import AnyIncidentConfig
from esim.constants import EARTH_RADIUS, SEA_DENSITY
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.grids.grid import SIDES, Grid
from esim.ocean.advice import settings
from esim.ocean.boundary import check_incident, incident_courant_rate
from esim.ocean.forcing import air_pressure, pressure_file, pressure_pulse
from esim.ocean.forcing.compressibility import Compressibility
from esim.ocean.forcing.loading import (
    CELERITY,
    SHORTEST,
    SelfAttractionLoading,
    SurfaceLoad,
    loading_response,
)
from esim.parallel.comm import run_ranks
from esim.sources.ocean import incident

DTYPES = ("float32", "float64")


def wave(**values):
    """An incident wave as a configuration describes it."""
    return incident.build(section(AnyIncidentConfig, side="west", **values), G)


def gauss(height, middle, width):
    """Elevation of a bell that passes at a time."""
    return lambda t: height * math.exp(-(((t - middle) / width) ** 2))


def flume(length, dx, eta, sides=("incident", "wall", "wall", "wall"), total=False, **more):
    """A flume of 1 m of water, with a wave that comes in from the west."""
    grid = plane(round(length / dx), 4, dx, sides)
    return ocean(grid, flat(1.0), incident=[incident.Incident("west", eta, total=total)], **more)


# ------------------------------------------------------------------ waves that come in


@pytest.mark.parametrize("height", [pytest.param(0.001, marks=pytest.mark.long), 0.1])
def test_a_wave_comes_in_as_it_is_and_leaves_again(height):
    """In through the west, back from a wall in the east, out through the west; the limits are parts of its height."""
    eta = gauss(height, 5.0, 1.3)
    sea = flume(20.0, 0.2, eta)
    advance(sea, 7.0, 0.02)
    x = sea.grid.x()
    # An exact simple wave: the surface at x is the one that came in when what is there did.
    found = state(sea)[0, 1]
    times = np.linspace(-5, 7, 4001)
    c = np.sqrt(G * (1 + np.array([eta(t) for t in times])))
    places = (7.0 - times) * (3 * c - 2 * math.sqrt(G))
    order = np.argsort(places)
    exact = np.interp(x, places[order], (c**2 / G - 1)[order])
    assert np.abs(found - exact).max() < 0.003 * height
    advance(sea, 15.0, 0.02, start=7.0)
    assert np.abs(state(sea)[0]).max() < 0.001 * height


def test_a_solitary_wave_has_its_height_inside():
    eta = wave(kind="solitary", height=0.1, depth=1.0, crest=None).eta
    assert 0 < eta(0.0) < 2e-5
    sea = flume(20.0, 0.2, eta, ("incident", "open", "wall", "wall"))
    highest = 0.0
    for n in range(500):
        sea.step(0.02, (n + 1) * 0.02)
        highest = max(highest, state(sea)[0, 1, 20])
    assert highest == pytest.approx(0.1, rel=2e-3)


def test_all_sides_do_the_same():
    found = []
    for side in SIDES:
        grid = plane(12, 12, 100.0, tuple("incident" if s == side else "wall" for s in SIDES))
        sea = ocean(grid, flat(20.0), incident=[incident.Incident(side, gauss(0.5, 20.0, 10.0))])
        advance(sea, 60.0, 2.0)
        zeta = state(sea)[0]
        turned = {"west": zeta, "east": zeta[:, ::-1], "south": zeta.T, "north": zeta[::-1].T}
        found.append(turned[side])
    assert np.abs(found[0]).max() > 0.3
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-13)


def test_a_given_surface_is_met_whatever_comes_from_inside():
    eta = gauss(0.05, 6.0, 2.0)
    total, free = (flume(12.0, 0.2, eta, total=kind) for kind in (True, False))
    for sea in (total, free):
        advance(sea, 13.0, 0.02)
    # The wave is back from the wall: the surface is held at the given one, or free to rise.
    assert abs(state(total)[0, 1, 0] - eta(13.0)) < 0.005
    assert state(free)[0, 1, 0] > 0.02


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_wave_is_exactly_no_wave_over_real_islands(dtype):
    grid, bed = japan(30, ("incident",) * 4)
    waves = [incident.Incident(side, lambda t: 0.0, total=side == "east") for side in SIDES]
    sea = ocean(grid, bed, dtype=dtype, given=physics(coriolis=True), incident=waves)
    march(sea, 50, 0.8 / sea.fastest())
    assert not state(sea).any()


def test_waves_have_their_shapes():
    n = wave(kind="n_wave", height=0.2, depth=1.0, leading="depression", middle=None)
    times = np.linspace(0, 30, 3001)
    eta = np.array([n.eta(t) for t in times])
    assert eta.min() == pytest.approx(-0.2, rel=1e-4) and eta.max() == pytest.approx(0.2, rel=1e-4)
    assert eta.argmin() < eta.argmax() and abs(eta[0]) < 3e-5
    sine = wave(kind="sine", amplitude=0.3, period=8.0, start=4.0, waves=2, ramp=8.0)
    assert not sine.acts(3.9) and not sine.acts(20.1)
    assert sine.eta(6.0) == pytest.approx(0.3 / 4) and sine.eta(14.0) == pytest.approx(0.3)


def test_series_are_read_from_text_and_netcdf(tmp_path):
    text = tmp_path / "wave.txt"
    text.write_text("time (s)  level\n# comment\n0, 0.0\n10  0.5\n\n20;0.1\n")
    read = wave(kind="series", file=text, delay=5.0)
    assert (read.begin, read.end, read.u) == (5.0, 25.0, None)
    assert read.eta(15.0) == 0.5 and read.eta(20.0) == pytest.approx(0.3) and not read.acts(25.1)
    values = {"eta": ("time", [0.0, 0.5]), "u": ("time", [0.0, 0.2])}
    xr.Dataset(values, {"time": ("time", [0.0, 2.0], {"units": "min"})}).to_netcdf(tmp_path / "wave.nc")
    read = wave(kind="series", file=tmp_path / "wave.nc", delay=0.0)
    assert read.end == 120.0 and read.eta(60.0) == 0.25 and read.u(60.0) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 0\n2 1\n1 0\n", "time goes from 2 to 1 s"),
        ("0 0\n", "at least two"),
        ("", "at least two"),
        ("time eta\n", "has 0 lines or records of numbers; expected at least two"),
        ("0 0\n1 nan\n", "no value at 1 s"),
        ("0 0\n1 2 3\n", "line 2: has 3 numbers; expected 2"),
        ("0 0 1 2\n", "line 1: has 4 numbers; expected two or three"),
        ("0 0\n1 one\n", "line 2: '1 one'"),
        ("time [min], eta [m]\n0 0\n1 1\n", "line 1: the heading has the unit 'min'"),
        ("time (s)  eta (cm)\n0 0\n1 1\n", "line 1: the heading has the unit 'cm'"),
    ],
)
def test_a_wrong_series_is_refused(text, said, tmp_path):
    (tmp_path / "wave.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        wave(kind="series", file=tmp_path / "wave.csv", delay=0.0)


def test_a_series_in_other_units_is_refused(tmp_path):
    eta = ("time", [0.0, 50.0], {"units": "cm"})
    xr.Dataset({"eta": eta}, {"time": [0.0, 2.0]}).to_netcdf(tmp_path / "wave.nc")
    with pytest.raises(InputError, match="eta is in 'cm'"):
        wave(kind="series", file=tmp_path / "wave.nc", delay=0.0)


def test_a_wave_cannot_come_from_land():
    grid = plane(10, 10, 100.0, ("incident", "open", "open", "open"))
    shore = incident.Incident("west", lambda t: 0.0)
    with pytest.raises(InputError, match="the west side lies on land"):
        check_incident(grid, lambda x, y: np.broadcast_to(500.0 - x, (y.size, x.size)), [shore])
    check_incident(grid, lambda x, y: np.broadcast_to(x - 500.0, (y.size, x.size)), [shore])


def test_the_time_step_knows_of_the_wave_that_comes():
    grid = plane(10, 8, 10.0, ("wall", "wall", "incident", "wall"))
    waves = [incident.Incident("south", gauss(0.5, 50.0, 5.0))]
    c0, c = math.sqrt(G * 1.0), math.sqrt(G * 1.5)
    expected = (2 * (c - c0) + 2 * c) / 10.0
    assert incident_courant_rate(grid, flat(1.0), waves, G, 100.0) == pytest.approx(expected, rel=1e-4)
    assert incident_courant_rate(grid, flat(1.0), waves, G, 30.0) < 0.95 * expected
    assert incident_courant_rate(plane(10, 8, 10.0), flat(1.0), waves, G, 100.0) == 0


CHANNEL = {
    "scenario": "tsunami",
    "time": {"duration": 300},
    "grid": {"kind": "cartesian", "x": [0, 20e3], "y": [0, 10e3], "spacing": 1e3},
    "bathymetry": {"kind": "flat", "depth": 100},
    "source": [],
    "output": {"directory": "out"},
}
SOLITARY = {"side": "west", "kind": "solitary", "height": 1, "depth": 100}


@pytest.mark.parametrize(
    ("boundary", "waves", "said"),
    [
        ("open", [SOLITARY], "incident.0.side: grid.boundary of side 'west' is 'open'"),
        ({"west": "incident"}, [], "incident: has no wave for side 'west'"),
        ({"west": "incident"}, [SOLITARY, SOLITARY], "incident.1.side: 'west' has a wave already"),
        ({"west": "incident"}, [SOLITARY | {"kind": "solitry"}], "did you mean 'solitary'"),
        ({"west": "incident"}, [SOLITARY | {"height": -1}], "incident.0.height"),
    ],
)
def test_waves_and_sides_have_to_fit(boundary, waves, said):
    grid = CHANNEL["grid"] | {"boundary": boundary}
    with pytest.raises(InputError, match=said):
        from_dict(CHANNEL | {"grid": grid, "incident": waves})


# ------------------------------------------------------------------ air pressure

GUST = {"kind": "circular_pulse", "x": 0, "y": 0, "amplitude": "1 hPa", "speed": 20, "width": "5 km"}


@pytest.mark.parametrize(
    ("force", "said"),
    [
        ({"kind": "circular_puls"}, "did you mean 'circular_pulse'"),
        (GUST | {"speed": 0}, "forcing.0.speed: 0 is too small"),
        (GUST | {"passes": 2}, "forcing.0.passes: a plane has no antipode"),
        (
            {k: v for k, v in GUST.items() if k not in "xy"} | {"lon": 1, "lat": 2},
            "expected x and y in metres",
        ),
        ({"kind": "pressure", "file": "nowhere.nc"}, "there is no file"),
    ],
)
def test_a_wrong_force_is_refused(force, said):
    with pytest.raises(InputError, match=said):
        from_dict(CHANNEL | {"forcing": [force]})
    assert from_dict(CHANNEL | {"forcing": [GUST]}).forcing[0].amplitude == 100


def squall(**changes):
    """A pulse of 1 hPa that runs east from the west edge."""
    values = {
        "kind": "plane_pulse",
        "x": 0,
        "y": 0,
        "amplitude": 100,
        "speed": 15,
        "width": 20e3,
        "direction": 90,
    }
    return PlanePulseConfig.model_validate(values | changes)


def lamb(**changes):
    """A Lamb wave from Tonga."""
    values = {
        "kind": "circular_pulse",
        "lon": -175.4,
        "lat": -20.5,
        "amplitude": 200,
        "speed": 315,
        "width": 60e3,
    }
    return CircularPulseConfig.model_validate(values | changes)


@pytest.mark.parametrize("shape", [pytest.param("bell", marks=pytest.mark.long), "n_wave"])
@pytest.mark.parametrize(
    ("speed", "until"), [pytest.param(15.0, 19000.0, marks=pytest.mark.long), (62.0, 4000.0)]
)
def test_a_steady_pulse_carries_the_wave_of_proudman(speed, until, shape):
    """eta = p / (rho g) / (U^2/c^2 - 1) (Proudman 1929), below and above the celerity of 31.3 m/s."""
    grid = plane(300, 4, 1e3, ("open", "open", "wall", "wall"))
    sea = ocean(
        grid,
        flat(100.0),
        forces=[lambda o: pressure_pulse.PressurePulse(o, squall(speed=speed, shape=shape))],
    )
    advance(sea, until, 15.0)
    p = sea.forces.all[0].pressure(until)[1]
    under = np.abs(p) > 10
    assert np.abs(p).max() == pytest.approx(100.0, rel=0.01) and under.sum() > 60
    carried = p / (SEA_DENSITY * G) / (speed**2 / (G * 100) - 1)
    assert np.abs(state(sea)[0, 1] - carried)[under].max() < 0.005 * np.abs(carried).max()


PULSES = {
    "circles on the sphere": (Grid("lonlat", 150, -50, 2, 2, 60, 45), lamb(passes=3, width=3e5), 20000.0),
    "an n-wave on the sphere": (
        Grid("lonlat", 150, -50, 2, 2, 60, 45),
        lamb(shape="n_wave", width=4e5),
        11000.0,
    ),
    "past the antipode": (Grid("lonlat", -20, -10, 1, 1, 40, 40), lamb(passes=2, width=3e5), 73000.0),
    "circles on the plane": (
        plane(50, 40, 5e3),
        squall(x=9e4, y=8e4, kind="plane_pulse", breadth=5e4),
        8000.0,
    ),
    "a squall on the sphere": (
        Grid("lonlat", 150, 30, 0.1, 0.1, 50, 40),
        PlanePulseConfig(
            kind="plane_pulse", lon=152, lat=31, amplitude=-80, speed=30, width=5e4, direction=30, breadth=6e4
        ),
        5000.0,
    ),
}


@pytest.mark.parametrize("name", PULSES)
def test_pulses_push_by_the_slope_of_their_pressure(name):
    """The acceleration, known in closed form, is that of central differences of the pressure."""
    grid, config, time = PULSES[name]
    errors = []
    for finer in (1, 2):
        fine = Grid(
            grid.kind, grid.x0, grid.y0, grid.dx / finer, grid.dy / finer, grid.nx * finer, grid.ny * finer
        )
        sea = ocean(fine, flat(4000.0), forces=[lambda o: pressure_pulse.PressurePulse(o, config)])
        sea.forces.evaluate(time)
        acceleration, p = np.array(sea.own(sea.forces.acceleration)), sea.forces.all[0].pressure(time)
        width, height = fine.cell_size()
        east = -(p[1:-1, 2:] - p[1:-1, :-2]) / (2 * width[1:-1, None] * SEA_DENSITY)
        north = -(p[2:, 1:-1] - p[:-2, 1:-1]) / (2 * height[1:-1, None] * SEA_DENSITY)
        scale = np.hypot(east, north).max()
        assert scale > 0
        errors.append(
            np.hypot(acceleration[0, 1:-1, 1:-1] - east, acceleration[1, 1:-1, 1:-1] - north).max() / scale
        )
    assert errors[1] < 0.5 * errors[0] and errors[1] < 0.35


def test_the_lamb_wave_falls_off_as_it_spreads():
    grid = Grid("lonlat", 150, -20.75, 0.5, 0.5, 200, 1)
    way = pressure_pulse.circular_geometry(lamb(), grid.x(), grid.y())
    k = np.abs(way.distance[0] - 4e6).argmin()
    expected = 200 * math.sqrt(math.sin(1e6 / EARTH_RADIUS) / math.sin(way.distance[0, k] / EARTH_RADIUS))
    assert way.amplitude[0, k] == pytest.approx(expected)


def write_pressure(path, grid, times, field, **attributes):
    """A file of air pressure with a margin around a grid."""
    x, y = grid.x(-2, grid.nx + 2), grid.y(-2, grid.ny + 2)
    axes = {
        "time": ("time", times, {"units": "s"}),
        "y": ("y", y, {"units": "m"}),
        "x": ("x", x, {"units": "m"}),
    }
    values = np.stack([field(t, x, y) for t in times])
    array = xr.DataArray(values, axes, ("time", "y", "x"), "msl", {"units": "Pa"} | attributes)
    array.to_dataset().to_netcdf(path)
    return PressureFileConfig(kind="pressure", file=path)


def storm(t, x, y):
    """A low that goes east and deepens."""
    r2 = (x[None, :] - 40e3 - 20 * t) ** 2 + (y[:, None] - 30e3) ** 2
    return 101325 - (500 + 0.5 * t) * np.exp(-r2 / 15e3**2)


def test_pressure_from_a_file_pushes_by_its_slope_linear_in_time(tmp_path):
    grid = plane(40, 30, 2e3)
    config = write_pressure(tmp_path / "p.nc", grid, [0.0, 100.0, 200.0, 300.0], storm)
    records = pressure_file.describe_records(config, grid, None)
    sea = ocean(grid, flat(50.0), forces=[lambda o: pressure_file.PressureField(o, records)])
    # Forwards and back, before the first and after the last record.
    for time, before, after in ((0, 0, 0), (130, 100, 200), (290, 200, 300), (30, 0, 100), (400, 300, 300)):
        share = 0.0 if before == after else (time - before) / (after - before)
        x, y = grid.x(-1, 41), grid.y(-1, 31)
        p = (1 - share) * storm(before, x, y) + share * storm(after, x, y)
        sea.forces.evaluate(float(time))
        acceleration = np.array(sea.own(sea.forces.acceleration))[:, 1:-1, 1:-1]
        slope = np.stack([p[1:-1, 2:] - p[1:-1, :-2], p[2:, 1:-1] - p[:-2, 1:-1]]) / 4e3
        np.testing.assert_allclose(acceleration, -slope[:, 1:-1, 1:-1] / SEA_DENSITY, rtol=1e-9, atol=1e-13)


def test_a_storm_that_was_there_long_leaves_the_water_at_rest(tmp_path):
    """Under an inverse barometer pressure and slope balance; without it the water sets off."""
    grid = plane(60, 45, 2e3, PERIODIC)
    config = write_pressure(tmp_path / "p.nc", grid, [0.0, 1e6], lambda t, x, y: storm(0.0, x, y))
    records = pressure_file.describe_records(config, grid, None)
    moved = []
    for balanced in (False, True):
        sea = ocean(grid, flat(50.0), forces=[lambda o: pressure_file.PressureField(o, records)])
        if balanced:
            air_pressure.inverse_barometer(sea, sea.forces.all[0])
            sea.begin()
            assert state(sea)[0].max() == pytest.approx(500 / (SEA_DENSITY * G), rel=0.01)
        advance(sea, 600.0, 20.0)
        moved.append(np.abs(state(sea)[1:]).max())
    assert moved[1] < 0.04 * moved[0]


@pytest.mark.parametrize(
    ("attributes", "times", "said"),
    [
        ({"units": "m"}, [0.0, 1.0], "is in 'm', expected air pressure"),
        ({"units": ""}, [0.0, 1.0], "msl has no units; give it the attribute units = 'Pa', or 'hPa'"),
        ({}, [0.0, 0.0], "must rise"),
    ],
)
def test_a_wrong_pressure_file_is_refused(attributes, times, said, tmp_path):
    grid = plane(10, 10, 2e3)
    config = write_pressure(tmp_path / "p.nc", grid, times, storm, **attributes)
    with pytest.raises(InputError, match=said):
        pressure_file.describe_records(config, grid, None)
    with pytest.raises(InputError, match="short by"):
        pressure_file.describe_records(config, plane(30, 10, 2e3), None)


# ------------------------------------------------------------------ compressed water and a soft Earth


def slowed(depth, wavelength, forces, grid=None):
    """Excess of the speed of a long wave over c = sqrt(g h), over four periods, as a part of c."""
    cells, c = 32, math.sqrt(G * depth)
    grid = plane(cells, 4, wavelength / cells, PERIODIC)
    k = 2 * np.pi / wavelength
    crest = np.cos(k * grid.x())
    sea = ocean(
        grid,
        flat(depth),
        lambda x, y: np.broadcast_to(0.01 * np.cos(k * x), (y.size, x.size)),
        lambda x, y: np.broadcast_to(0.01 * c / depth * np.cos(k * x), (y.size, x.size)),
        forces=forces,
    )
    advance(sea, 4 * wavelength / c, cfl=0.6)
    turned = np.fft.fft(state(sea)[0, 1])[1] / np.fft.fft(0.01 * crest)[1]
    assert abs(turned) == pytest.approx(1, abs=0.03)
    return -np.angle(turned) / (8 * np.pi)


def test_compressed_water_carries_waves_more_slowly():
    """0.43 % over 4 km; Watada (2013) finds 0.44 %."""
    m = G * 4000 / 1500**2
    found = slowed(4000.0, 400e3, [Compressibility]) - slowed(4000.0, 400e3, [])
    assert found == pytest.approx(math.sqrt((1 + m / 2) / (1 + m)) - 1, rel=0.02)
    assert found == pytest.approx(-0.0044, abs=2e-4)


@pytest.mark.parametrize("wavelength", [200e3, pytest.param(1000e3, marks=pytest.mark.long)])
def test_an_elastic_earth_slows_waves_by_the_symbol_of_its_response(wavelength):
    def earth(sea):
        return SelfAttractionLoading(sea, SurfaceLoad(sea, 20.0))

    found = slowed(4000.0, wavelength, [earth]) - slowed(4000.0, wavelength, [])
    expected = math.sqrt(1 - loading_response(np.array([2 * np.pi / wavelength]))[0]) - 1
    assert -0.015 < expected < -0.002
    assert found == pytest.approx(expected, rel=0.03)


def test_the_response_is_that_of_load_love_numbers():
    """Degree 100: 3 rho_w/(201 rho_e) (1 + k' - h') with h' = -2.9346, k' = -0.01428 of Han & Wahr (1995)."""
    found = loading_response(np.array([100.5 / EARTH_RADIUS]))[0]
    assert found == pytest.approx(3 * SEA_DENSITY / (201 * 5514) * (1 - 0.01428 + 2.9346), rel=2e-3)
    assert loading_response(np.zeros(1))[0] == 0


def test_on_the_sphere_the_response_is_that_of_the_place():
    """A load of 2 x 2 degrees at 55 N, against the sum over Legendre polynomials of its harmonics."""
    grid = Grid("lonlat", 0, 30, 0.25, 0.25, 160, 160)
    load = np.zeros(grid.shape)
    load[96:104, 73:87] = 1.0  # 54..56 N and as wide
    sea = ocean(grid, flat(4000.0), lambda x, y: load)
    earth = SurfaceLoad(sea, 40.0)
    earth.update(0.0)
    slope = earth.sample(grid.x(), grid.y())
    # A disc of the same area around 20 E, 55 N.
    area = np.sum(load * np.outer(np.prod(grid.cell_size(), axis=0), np.ones(grid.nx)))
    radius = math.sqrt(area / math.pi) / EARTH_RADIUS
    from scipy.special import eval_legendre

    n = np.arange(1, 3000)
    edge = math.cos(radius)
    disc = (eval_legendre(n - 1, edge) - eval_legendre(n + 1, edge)) / 2
    ratio = loading_response((n + 0.5) / EARTH_RADIUS, SHORTEST * CELERITY * 40.0)
    angles = np.deg2rad(np.array([2.0, 4.0, 6.0]))
    step = 1e-3
    xi = np.array([(disc * ratio) @ eval_legendre(n[:, None], np.cos(angles + s)) for s in (-step, step)])
    exact = (xi[1] - xi[0]) / (2 * step * EARTH_RADIUS)
    j, i = (round(v) for v in grid.index(20.0, 55.0))
    north = np.interp(55 + np.rad2deg(angles), grid.y(), slope[1, :, i])
    np.testing.assert_allclose(north, exact, rtol=0.1)
    east_at = 20 + np.rad2deg(angles) / math.cos(math.radians(55))
    np.testing.assert_allclose(np.interp(east_at, grid.x(), slope[0, j]), exact, rtol=0.1)


def test_a_load_is_taken_over_by_all_that_follow_it_also_by_nests_asleep():
    sea, asleep = (
        ocean(
            plane(40, 4, 10e3, PERIODIC),
            flat(4000.0),
            lambda x, y: np.cos(2 * np.pi * x[None, :] / 400e3) + 0 * y[:, None],
            forces=[lambda one: SelfAttractionLoading(one, SurfaceLoad(one, 20.0))],
        )
        for _ in range(2)
    )
    load = sea.forces.all[0].load
    follower = SelfAttractionLoading(asleep, load)
    load.update(20.0)
    np.testing.assert_array_equal(
        follower.checkpoint_arrays["loading"][:2], sea.forces.all[0].checkpoint_arrays["loading"][:2]
    )
    assert np.abs(follower.checkpoint_arrays["loading"][0]).max() > 0


FORCES = {
    "stratification": Compressibility,
    "loading": lambda sea: SelfAttractionLoading(sea, SurfaceLoad(sea, 20.0)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FORCES)
def test_still_water_stays_still_to_the_last_bit(name, dtype):
    grid, bed = japan(30)
    sea = ocean(grid, bed, dtype=dtype, given=physics(coriolis=True), forces=[FORCES[name]])
    march(sea, 30, 0.8 / sea.fastest())
    assert not state(sea).any()
    sea = ocean(plane(24, 24, 2e3, PERIODIC), rough(), dtype=dtype, forces=[FORCES[name]])
    march(sea, 30, 0.8 / sea.fastest())
    assert not state(sea).any()


# ------------------------------------------------------------------ everything at once, in whole runs


def everything(directory: Path, kind: str = "lonlat", **run) -> dict:
    """All of it on a small sea with islands: two waves, a squall, a Lamb wave, a file, stratification, loading."""
    lonlat = kind == "lonlat"
    box = {"west": 140, "east": 148, "south": 33, "north": 39, "spacing": 0.25}
    flatland = {"x": [0, 320e3], "y": [0, 240e3], "spacing": 10e3, "latitude": 30}
    place = {"lon": 140.5, "lat": 36.0} if lonlat else {"x": 40e3, "y": 120e3}
    pulse = place | {"amplitude": 800, "width": "40 km"}
    bed = {"file": "data:etopo1_nwpacific_6min.nc"}
    slope = {"kind": "slope", "depth": 300, "slope": 0.003, "direction": 270}
    grid = {"kind": kind, "boundary": ["wall", "incident", "incident", "sponge"], "sponge_cells": 4}
    return {
        "scenario": "tsunami",
        "time": {"duration": 2400},
        "grid": grid | (box if lonlat else flatland),
        "bathymetry": bed if lonlat else slope,
        "physics": {
            "seawater_compressibility": True,
            "self_attraction_loading": True,
            "loading_interval": 100,
            "coriolis": True,
        },
        "source": [{"kind": "hump", **place, "height": 2, "radius": "50 km"}],
        "incident": [
            {"side": "east", "kind": "sine", "amplitude": 0.5, "period": 900, "ramp": 900},
            {"side": "south", "kind": "n_wave", "height": 0.4, "depth": 1000, "total": True, "middle": 1000},
        ],
        "forcing": [
            {"kind": "circular_pulse", "speed": 315, "inverse_barometer": True, "start": -300, **pulse},
            {
                "kind": "plane_pulse",
                "speed": 60,
                "direction": 80,
                "shape": "n_wave",
                "breadth": "60 km",
                **pulse,
            },
        ],
        "stations": [{"name": "g", **({"lon": 144.0, "lat": 36.0} if lonlat else {"x": 150e3, "y": 120e3})}],
        "output": {
            "directory": str(directory),
            "fields": {"every": 600, "variables": ["eta", "u", "v", "h"]},
            "stations": {"every": 60},
            "maxima": {},
            "checkpoint": {"every": 900},
        },
        "run": {"backend": "numpy", "precision": "float64", "cfl": 0.7, "threads": 1} | run,
    }


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """What one rank computes of it."""
    found: dict[str, dict[str, np.ndarray]] = {}

    def get(kind):
        if kind not in found:
            found[kind] = compute(everything(tmp_path_factory.mktemp(kind), kind))
        return found[kind]

    return get


def nested(directory: Path) -> dict:
    """The sea with a finer grid inside, across an edge of which waves come in."""
    scene = everything(directory)
    nests = [{"west": 143, "east": 146, "south": 33, "north": 35, "ratio": 2}]
    return scene | {"grid": scene["grid"] | {"nests": nests}, "time": {"duration": 1200}}


@pytest.mark.long
def test_forces_on_nests_are_the_same_for_all_ranks_and_after_a_restart(tmp_path):
    one = compute(nested(tmp_path / "1"))
    assert np.abs(one["stations.eta"]).max() > 0.05
    assert differing(compute(nested(tmp_path / "2"), 2), one) == []
    cut_off(nested(tmp_path / "3"), int(one["fields.step"][-1]) - 1, 2)
    assert differing(compute(nested(tmp_path / "3"), 3, resume=True), one) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["lonlat", "cartesian"])
@pytest.mark.parametrize("ranks", [2, pytest.param(3, marks=pytest.mark.long)])
def test_ranks_equal_one_rank(kind, ranks, serial, tmp_path):
    assert 0.15 < np.abs(serial(kind)["stations.eta"]).max() < 10
    assert differing(compute(everything(tmp_path, kind), ranks), serial(kind)) == []


@pytest.mark.compile
def test_the_compiled_bodies_equal_numpy(serial, tmp_path):
    assert differing(compute(everything(tmp_path, backend="cpu")), serial("lonlat")) == []


@pytest.mark.long
def test_every_part_of_it_matters(serial, tmp_path):
    """Each part taken away changes the record, so that the tests above compare it."""
    whole = everything(tmp_path / "x")
    less = [
        {"forcing": whole["forcing"][:1]},
        {"forcing": whole["forcing"][1:]},
        {"physics": whole["physics"] | {"seawater_compressibility": False}},
        {"physics": whole["physics"] | {"self_attraction_loading": False}},
        {"incident": [whole["incident"][0] | {"amplitude": 0}, whole["incident"][1]]},
        {"incident": [whole["incident"][0], whole["incident"][1] | {"total": False}]},
    ]
    for n, change in enumerate(less):
        found = compute(everything(tmp_path / f"{n}") | change)
        assert np.abs(found["stations.eta"] - serial("lonlat")["stations.eta"]).max() > 1e-4


@pytest.mark.parametrize(("before", "after"), [(1, 2), pytest.param(3, 1, marks=pytest.mark.long)])
def test_a_run_that_was_cut_off_goes_on(before, after, serial, tmp_path):
    scene = everything(tmp_path)
    steps = [s for s in serial("lonlat")["fields.step"] if s > 0]
    cut_off(scene, int(steps[2]) - 1, before)
    assert differing(compute(scene, after, resume=True), serial("lonlat")) == []


def test_a_file_that_ends_early_is_warned_of(tmp_path):
    (tmp_path / "wave.txt").write_text("0 0\n100 0.5\n200 0\n")
    waves = [{"side": "west", "kind": "series", "file": str(tmp_path / "wave.txt")}]
    grid = CHANNEL["grid"] | {"boundary": {"west": "incident"}}
    scene = CHANNEL | {"grid": grid, "incident": waves, "output": {"directory": str(tmp_path / "out")}}
    scene["run"] = {"backend": "numpy"}
    simulate(configured(scene))
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert any("wave.txt ends at 200 s" in text for text in record["warnings"])
    assert str(tmp_path / "wave.txt") in json.dumps(record["inputs"])


@pytest.mark.parametrize(
    ("wave", "said"),
    [
        ({"crest": "9 h"}, "incident.0.crest: 32400 s is after the end of the run"),
        (
            {"depth": 10},
            "incident.0.depth: 10 m sets the length of the wave, but the water at the west side is",
        ),
        ({"depth": 1, "height": 1}, "incident.0.height: 1 m is 1 of the depth; waves above 0.8 of it break"),
    ],
)
def test_an_odd_wave_is_warned_of(wave, said, tmp_path):
    grid = CHANNEL["grid"] | {"boundary": {"west": "incident"}}
    scene = CHANNEL | {"grid": grid, "incident": [SOLITARY | wave], "forcing": [GUST | {"start": "8 h"}]}
    warnings = checked(configured(scene)).warnings.texts
    assert any(text.startswith(said) for text in warnings), warnings
    assert any(text.startswith("forcing.0.start: 28800 s is after the end") for text in warnings)


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_gap_in_a_pressure_file_is_found_before_the_run(ranks, tmp_path, monkeypatch):
    """Only in records that the run needs; the first is named, whichever rank has found it."""
    monkeypatch.setattr(pressure_file, "CELLS_AT_ONCE", 30)
    grid, times = plane(10, 8, 2e3), [0.0, 100.0, 200.0, 300.0, 400.0]

    def gappy(t, x, y):
        field = storm(t, x, y)
        if t >= 200:
            field[int(t) // 100 + 2, 5] = np.nan
        return field

    config = write_pressure(tmp_path / "p.nc", grid, times, gappy)
    records = pressure_file.describe_records(config, grid, None)

    def look(comm, duration):
        pressure_file.check_values(records, comm, duration)

    run_ranks(ranks, lambda comm: look(comm, 99.0))
    with pytest.raises(InputError, match=r"msl has no value .* \(record of 200 s\)$"):
        run_ranks(ranks, lambda comm: look(comm, 1000.0))


def test_a_run_with_a_gap_in_its_pressure_is_refused(tmp_path):
    made = CHANNEL | {"forcing": [{"kind": "pressure", "file": str(tmp_path / "p.nc")}]}
    grid = from_dict(CHANNEL).grid.build()
    write_pressure(tmp_path / "p.nc", grid, [0.0, 1e5], lambda t, x, y: np.full((y.size, x.size), np.nan))
    with pytest.raises(InputError, match="has no value"):
        checked(from_dict(made))


def test_a_pressure_of_one_record_stays(tmp_path):
    grid = plane(10, 8, 2e3)
    records = pressure_file.describe_records(
        write_pressure(tmp_path / "p.nc", grid, [0.0], storm), grid, None
    )
    assert [records.between(time) for time in (-1.0, 0.0, 1e4)] == [(0, 0, 0.0)] * 3
    assert "has one record" in next(settings.check_files([records], [], 100.0))


def test_a_pressure_that_begins_late_is_warned_of(tmp_path):
    grid = plane(10, 8, 2e3)
    records = pressure_file.describe_records(
        write_pressure(tmp_path / "p.nc", grid, [50.0, 200.0], storm), grid, None
    )
    assert ["begins at 50 s" in text for text in settings.check_files([records], [], 100.0)] == [True]


SIMULATE = """
import numpy as np
from support.sections import section
from esim.config.ocean.incident import AnyIncidentConfig
from esim.config.ocean.forcing import PlanePulseConfig
from esim.ocean.forcing.loading import SelfAttractionLoading, SurfaceLoad
from esim.ocean.forcing.pressure_pulse import PressurePulse
from esim.ocean.forcing.compressibility import Compressibility
from esim.sources.ocean.incident import Incident
from support.oceans import flat, march, ocean, plane, state
gust = PlanePulseConfig(kind="plane_pulse", x=0, y=0, amplitude=100, speed=15, width=3e3, direction=90, start=-900)
found = []
for backend in ("numpy", "cuda"):
    forces = [
        lambda o: PressurePulse(o, gust),
        Compressibility,
        lambda o: SelfAttractionLoading(o, SurfaceLoad(o, 10.0)),
    ]
    grid = plane(10, 8, 2e3, ("incident", "open", "wall", "wall"))
    sea = ocean(grid, flat(3000.0), backend=backend, dtype="float32", forces=forces,
                incident=[Incident("west", lambda t: 0.01 * t)])
    march(sea, 3, 5.0)
    found.append(state(sea))
assert np.abs(found[0]).max() > 0.01
assert (found[0] == found[1]).all()
"""


@pytest.mark.simulator
def test_the_cuda_simulator_equals_numpy():
    in_simulator(SIMULATE)


def test_configurations_echo(tmp_path):
    """A configuration with all of it is the same after a round through its echo."""
    config = configured(everything(tmp_path))
    assert from_dict(config.echo()) == config
    assert run_ranks(2, lambda comm: comm.size) == [2, 2]
