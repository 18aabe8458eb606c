"""Absorbing layers: each damps by its own factor, nothing grows in hard media, permanent displacement stays."""

import numpy as np
import pytest
from support import crusts

from esim.crust import absorbing_layers

SHAPE = (16, 18, 20)
CORNER = crusts.rough(SHAPE)


def stepped(friction, monkeypatch, **options):
    """Velocities after one step from a random state, and the crust."""
    monkeypatch.setattr(absorbing_layers, "FRICTION", friction)
    made = crusts.build(SHAPE, CORNER, free=False, backend="numpy", **options)
    crusts.stir(made)
    made.step()
    return np.array(made.own(made.v)), made


def kept(made, friction):
    """The factor of a step at centres of cells, from the sides; dashpots below and above do not depend on friction."""
    settings, cells = made.settings, made.settings.cells
    factors = []
    for size in SHAPE[1:]:
        at = np.arange(size) + 0.5
        way = np.clip(np.maximum(cells - at, at - (size - cells)) / cells, 0, 1)
        rate = friction * settings.contrast * settings.fastest / (cells * 100.0)
        factors.append(np.exp(-rate * way**absorbing_layers.FRICTION_POWER * settings.dt))
    y, x = factors
    return np.broadcast_to(y[:, None] * x, SHAPE)


@pytest.mark.quick
def test_velocities_are_damped_by_the_product_of_the_layers_and_forces_with_them(monkeypatch):
    """In a corner, too: what balances without friction balances with it."""
    free, _ = stepped(0.0, monkeypatch)
    damped, made = stepped(50.0, monkeypatch)
    expected = free * kept(made, 50.0)
    assert kept(made, 50.0).min() < 0.1
    np.testing.assert_allclose(damped, expected, rtol=0, atol=1e-12 * np.abs(free).max())


def test_sponges_damp_what_matched_layers_have_added(monkeypatch):
    """Whatever the order of the sides: a sponge across x beside layers across y and z."""
    kinds = ("sponge", "cpml", "cpml", "cpml")
    with_sponge, made = stepped(0.0, monkeypatch, kinds=kinds)
    without, _ = stepped(0.0, monkeypatch, kinds=("wall", "cpml", "cpml", "cpml"))
    at, cells, size = np.arange(SHAPE[2]) + 0.5, made.settings.cells, SHAPE[2]
    way = np.clip(np.maximum(cells - at, at - (size - cells)) / cells, 0, 1)
    factor = np.exp(-((absorbing_layers.CERJAN * way) ** 2))
    np.testing.assert_allclose(with_sponge, without * factor, rtol=0, atol=1e-12 * np.abs(without).max())


def test_a_column_that_glides_comes_to_rest():
    """Between periodic sides only the dashpot at the end of the layer below stops it."""
    sides = ("periodic", "periodic", "cpml", "free")
    made = crusts.build((20, 4, 4), kinds=sides, backend="numpy", contrast=3**0.5, frequency=20.0)
    made.v[0] = 1.0
    for _ in range(400):
        made.step()
    assert np.abs(made.own(made.v)[0]).max() < 0.2


@pytest.mark.quick
def test_friction_is_less_in_evener_ground():
    """Friction sends long waves back, and is needed around hard layers only."""

    def rate(contrast):
        settings = crusts.build(SHAPE, CORNER, free=False, backend="numpy", contrast=contrast).settings
        return -np.log(absorbing_layers.velocity_kept(np.ones(1), 500.0, settings))[0] / settings.dt

    assert rate(5.0) / rate(2.5) == pytest.approx(16)
    assert rate(20.0) / rate(5.0) == pytest.approx(4)
