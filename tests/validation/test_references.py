"""Do the references of the crust engine agree with each other, and with what was published?"""

import os
from math import erf
from pathlib import Path

import numpy as np
import pytest

from esim.errors import InputError
from esim.media.crust.attenuation import conventional
from esim.validation.references import full_space, haskell, lamb, layered
from esim.validation.references.full_space import FullSpace
from esim.validation.references.law import constant_q, relaxing
from esim.validation.references.misfit import misfit
from esim.validation.references.spectrum import Window

SPACE = FullSpace(6000.0, 3464.0, 2700.0)
SIGMA, DELAY = 0.1, 0.6
MOMENT = np.array([1.0, 2.0, -1.0, 0.5, 0.3, 0.7]) * 1e16
LOH_FOLDER = Path(os.environ.get("ESIM_DATA", "")) / "seismic/loh1"


def pulse(t: np.ndarray, sigma: float = SIGMA, delay: float = DELAY) -> np.ndarray:
    return np.exp(-0.5 * ((t - delay) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def step(t: float) -> float:
    return 0.5 * (1 + erf((t - DELAY) / SIGMA / np.sqrt(2)))


def difference(found: np.ndarray, known: np.ndarray) -> float:
    return float(np.linalg.norm(found - known) / np.linalg.norm(known))


def near_field(r: float, t: float) -> float:
    """Integral of tau S(t - tau) between the arrivals of P and S."""
    from scipy.integrate import quad

    return quad(lambda tau: tau * step(t - tau), r / SPACE.vp, r / SPACE.vs, epsrel=1e-10)[0]


def aki_moment(x: np.ndarray, t: float) -> np.ndarray:
    """Aki and Richards (4.29), term by term."""
    m = np.zeros((3, 3))
    for value, (a, b) in zip(MOMENT, full_space.PAIRS, strict=True):
        m[a, b] = m[b, a] = value
    r = np.linalg.norm(x)
    n = x / r
    vp, vs, rho = SPACE.vp, SPACE.vs, SPACE.rho
    nnn = n * (n @ m @ n)
    one = m @ n
    near = (15 * nnn - 3 * (n * np.trace(m) + 2 * one)) / r**4 * near_field(r, t)
    mean = 6 * nnn - n * np.trace(m) - 2 * one
    middle = mean / (vp * r) ** 2 * step(t - r / vp) - (mean - one) / (vs * r) ** 2 * step(t - r / vs)
    far = nnn / (vp**3 * r) * pulse(t - r / vp) - (nnn - one) / (vs**3 * r) * pulse(t - r / vs)
    return (near + middle + far) / (4 * np.pi * rho)


def aki_force(x: np.ndarray, force: np.ndarray, t: float) -> np.ndarray:
    """Aki and Richards (4.23) for a force that grows from 0 to 1 as a Gaussian integrates."""
    r = np.linalg.norm(x)
    n = x / r
    along = n * (n @ force)
    vp, vs, rho = SPACE.vp, SPACE.vs, SPACE.rho
    far = along / (vp**2 * r) * step(t - r / vp) - (along - force) / (vs**2 * r) * step(t - r / vs)
    return ((3 * along - force) / r**3 * near_field(r, t) + far) / (4 * np.pi * rho)


@pytest.mark.parametrize("x", [(600.0, 800.0, 300.0), (3000.0, -2000.0, 1000.0)])
def test_full_space_is_aki_and_richards(x):
    times = np.linspace(0.0, 4.0, 81)
    window = Window(8.0, 12.0, 1e-8)
    receiver = np.array([x])
    found = full_space.displacement(SPACE, receiver, pulse, times, moment=MOMENT, window=window)[0]
    known = np.array([aki_moment(receiver[0], t) for t in times]).T
    assert difference(found, known) < 1e-6
    force = np.array([1.0, -2.0, 0.5]) * 1e12
    rate = full_space.displacement(SPACE, receiver, pulse, times, force=force, window=window, derivatives=-1)[
        0
    ]
    known = np.array([aki_force(receiver[0], force, t) for t in times]).T
    assert difference(rate, known) < 1e-6


def test_velocity_is_the_derivative_of_displacement():
    window, times = Window(8.0, 12.0, 1e-8), np.arange(0.0, 3.0, 1e-3)
    receiver = np.array([[1000.0, 500.0, -700.0]])
    u, v = (
        full_space.displacement(
            SPACE, receiver, pulse, times, moment=MOMENT, window=window, derivatives=derivatives
        )
        for derivatives in (0, 1)
    )
    assert difference(np.gradient(u, times, axis=-1)[..., 1:-1], v[..., 1:-1]) < 1e-4


def test_viscoelastic_waves_decay_as_q_says():
    """Between distances far enough away that nothing is left of the near field, P and S decaying alike."""
    q, f, law = {"p": 500.0 * 3464 / 6000, "s": 500.0}, np.array([0.5, 1.0, 1.5]), constant_q(1.0)
    medium = FullSpace(6000.0, 3464.0, 2700.0, lambda w: law(w, 1 / q["p"]), lambda w: law(w, 1 / q["s"]))
    receivers = np.array([[3e6, 0.0, 0.0], [6e6, 0.0, 0.0]])
    for wave, force, speed in [("p", (1.0, 0.0, 0.0), 6000.0), ("s", (0.0, 1.0, 0.0), 3464.0)]:
        u = full_space.force_response(medium, receivers, np.array(force), 2 * np.pi * f + 0j)
        along = np.abs(np.einsum("rif,i->rf", u, np.array(force)))
        travel = 3e6 / (speed * f ** (np.arctan(1 / q[wave]) / np.pi))
        np.testing.assert_allclose(2 * along[1] / along[0], np.exp(-np.pi * f * travel / q[wave]), rtol=2e-3)


def test_mechanisms_do_to_waves_what_constant_q_does():
    mechanisms = conventional((0.05, 5.0))
    times, window = np.linspace(0.0, 8.0, 400), Window(16.0, 8.0)
    receiver = np.array([[9000.0, 12000.0, 1000.0]])
    found = []
    for law in (constant_q(1.0), relaxing(mechanisms, 1.0), lambda w, x: np.ones_like(w)):
        medium = FullSpace(
            6000.0, 3464.0, 2700.0, lambda w, law=law: law(w, 1 / 80), lambda w, law=law: law(w, 1 / 40)
        )
        found.append(
            full_space.displacement(
                medium, receiver, pulse, times, moment=MOMENT, window=window, derivatives=1
            )
        )
    assert difference(found[1], found[0]) < 0.02
    assert difference(found[2], found[0]) > 0.3


@pytest.mark.parametrize("poisson", [0.1, 0.25, 0.3, 0.45])
def test_lamb_agrees_with_another_closed_form(poisson):
    """Zhang and Feng's, through pygrt-kit; this one on both sides of 0.263, where Rayleigh's roots turn complex."""
    other = pytest.importorskip("pygrt.utils")
    vs = 1000.0
    medium = lamb.HalfSpace(vs * np.sqrt((2 - 2 * poisson) / (1 - 2 * poisson)), vs, 2000.0)
    tau = np.linspace(0.2, 3.0, 283)
    known = other.lamb1(nu=poisson, tbar=tau, azimuth=0.0) / np.pi**2
    np.testing.assert_allclose(lamb.vertical(medium, tau), known[:, 2, 2], atol=1e-9)
    np.testing.assert_allclose(lamb.radial(medium, tau), known[:, 0, 2], atol=1e-7)


def test_lamb_settles_to_boussinesq():
    medium = lamb.HalfSpace(1000.0 * np.sqrt(3), 1000.0, 2000.0)
    radial, down = lamb.motion(medium, 500.0, pulse, np.array([0.1, 30.0]))[:, 1]
    share = 1 / (2 * np.pi * medium.rigidity * 500.0)
    assert down == pytest.approx(0.75 * share, rel=1e-5)
    assert radial == pytest.approx(-0.25 * share, rel=2e-3)


def test_derivative():
    t = np.linspace(0.0, 1.2, 50)
    known = -(t - DELAY) / SIGMA**2 * pulse(t)
    np.testing.assert_allclose(lamb.derivative(pulse)(t), known, atol=1e-6 * np.abs(known).max())


@pytest.mark.long
def test_lamb_agrees_with_a_solver():
    """Force just below the surface, at two depths, carried on to depth 0."""
    pytest.importorskip("pyprop8")
    medium = lamb.HalfSpace(1000.0 * np.sqrt(3), 1000.0, 2000.0)
    times = np.linspace(0.0, 3.0, 61)
    layers, receiver = (layered.Layer(0.0, medium.vp, medium.vs, medium.rho),), np.array([[600.0, 800.0]])
    shallow, deep = (
        layered.velocity(layers, depth, receiver, pulse, times, force=(0, 0, 1e10), window=Window(5.0, 7.0))[
            0
        ]
        for depth in (10.0, 20.0)
    )
    vx, vy, vz = 2 * shallow - deep
    found = np.stack([0.6 * vx + 0.8 * vy, vz])
    # with the force's rate as `pulse` the solver gives velocities, and so does its derivative here
    known = lamb.motion(medium, 1000.0, lamb.derivative(pulse), times) * 1e10
    assert difference(found, known) < 0.01
    assert difference(0.8 * vx, 0.6 * vy) < 1e-9


@pytest.mark.parametrize(
    "source", [{"moment": row * 1e16} for row in np.eye(6)] + [{"force": (1e12, -2e12, 3e12)}]
)
def test_layers_all_alike_are_a_full_space(source):
    """Far below the surface, before it answers: all components and their signs."""
    pytest.importorskip("pyprop8")
    times, window = np.arange(0.0, 2.2, 0.05), Window(6.0, 5.0)
    receivers = np.array([[1000.0, 500.0], [-700.0, 900.0]])
    below = np.column_stack([receivers, [-1500.0, -1500.0]])
    layers = tuple(layered.Layer(top, SPACE.vp, SPACE.vs, SPACE.rho) for top in (0.0, 11e3))
    found = layered.velocity(
        layers, 12e3, receivers, pulse, times, receiver_depth=10.5e3, window=window, **source
    )
    known = full_space.displacement(
        SPACE, below, pulse, times, window=window, derivatives=int("moment" in source), **source
    )
    assert difference(found, known) < 2e-3


@pytest.mark.parametrize(("layers", "limit"), [(layered.LOH1, 1e-3), (layered.LOH3, 0.01)])
def test_two_solvers_agree(layers, limit):
    """All six components, with and without attenuation, at two receivers and frequencies up to 3 Hz."""
    pytest.importorskip("pyprop8")
    pytest.importorskip("pygrt")
    times, receivers = np.arange(0.0, 6.0, 0.02), np.array([[3000.0, 1000.0], [-2000.0, 4000.0]])
    one = layered.velocity(layers, 2500.0, receivers, pulse, times, moment=MOMENT, law=constant_q(1.0))
    two = layered.velocity_grt(layers, 2500.0, receivers, pulse, times, moment=MOMENT, highest=8.0)
    for found, known in zip(one, two, strict=True):
        assert difference(found, known) < limit


@pytest.mark.skipif(not LOH_FOLDER.is_dir(), reason="set ESIM_DATA to a folder with seismic/loh1")
@pytest.mark.long
def test_loh1_is_what_was_published():
    pytest.importorskip("pyprop8")
    pytest.importorskip("obspy")
    time, known = layered.read_prose(LOH_FOLDER / "LOH.1_prose3")
    time, known = time[:1125], known[:, :1125]
    found = layered.loh1_reference(layered.LOH_RECEIVERS[-1:], lambda t: pulse(t, 0.06, 0.36), time)[0]
    turn = np.array([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(np.abs(turn @ known).max(axis=1), (1.50, 1.44, 1.31), rtol=0.01)
    result = misfit(found, known, time[1], 0.3, 5.0)
    assert result.envelope < 0.02 and result.phase < 0.01
    when, other = layered.read_sw4(LOH_FOLDER / "sw4_h100mr_sta10.txt")
    sampled = np.stack([np.interp(time, when, c) for c in other])
    result = misfit(sampled, found, time[1], 0.1, 5.0)
    assert result.envelope < 0.015 and result.phase < 0.01


def test_a_source_is_one_thing_and_below_the_receivers():
    args = layered.LOH1, 2000.0, layered.LOH_RECEIVERS, pulse, np.arange(0.0, 2.0, 0.1)
    with pytest.raises(InputError, match="receiver_depth 2000 m is not above the source at 2000 m"):
        layered.velocity(*args, moment=MOMENT, receiver_depth=2000.0)
    pytest.importorskip("pyprop8")
    for both in [{}, {"moment": MOMENT, "force": (0, 0, 1)}]:
        with pytest.raises(InputError, match="either a moment tensor or a force"):
            layered.velocity(*args, **both)


def test_windows_cover_the_spectrum():
    window = Window.covering(pulse, 4.0)
    edge = np.sqrt(2 * np.log(1e3)) / (2 * np.pi * SIGMA)  # where a Gaussian's spectrum is a thousandth
    assert 0.8 * window.highest == pytest.approx(edge, abs=0.5) and window.duration > 4.0
    times = np.linspace(0.0, 4.0, 100)
    whole = Window(6.0, 10.0)
    np.testing.assert_allclose(whole.motion(whole.spectrum(pulse), times), pulse(times), atol=1e-5)


def test_misfits_tell_amplitude_from_time():
    pytest.importorskip("obspy")
    dt = 0.01
    t = np.arange(0.0, 8.0, dt)
    reference = np.stack(
        [np.sin(2 * np.pi * t) * np.exp(-((t - 4) ** 2)), 0 * t, np.exp(-((t - 3) ** 2)) * np.cos(9 * t)]
    )
    same = misfit(reference, reference, dt, 0.3, 5.0)
    assert same.envelope == 0.0 and same.phase < 1e-12
    larger = misfit(1.1 * reference, reference, dt, 0.3, 5.0)
    assert larger.envelope == pytest.approx(0.1, rel=1e-3) and larger.phase < 1e-6
    assert larger.em[1] == 0.0 and larger.pm[1] == 0.0
    late = misfit(np.roll(reference, 5, axis=1), reference, dt, 0.3, 5.0)
    assert late.pm[0] == pytest.approx(2 * 1.0 * 5 * dt, rel=0.1)  # two parts of pi per period
    assert late.envelope < 0.06
    weak = reference * np.array([[1.0], [0.0], [0.01]])
    wrong = misfit(weak * np.array([[1.0], [1.0], [2.0]]), weak, dt, 0.3, 5.0)
    assert wrong.em[2] < 0.02


def test_a_layer_on_rock_amplifies_as_in_closed_form() -> None:
    """2 / (cos kh + i r sin kh), r the ratio of impedances; with Q less at the resonance."""
    layers = (layered.Layer(0, 3000, 1000, 2000, 40, 20), layered.Layer(400, 6000, 3464, 2700))
    f = np.linspace(0.1, 3, 50)
    kh, r = 2 * np.pi * f * 400 / 1000, 2000 * 1000 / (2700 * 3464)
    np.testing.assert_allclose(
        haskell.amplification(layers, f), 2 / (np.cos(kh) + 1j * r * np.sin(kh)), rtol=1e-12
    )
    lossy = np.abs(haskell.amplification(layers, np.array([0.625]), constant_q(1.0)))
    assert 6.0 < lossy[0] < 2 / r
