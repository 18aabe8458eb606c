"""Sources near a free surface, and receivers in their place: what a force far away does there."""

from dataclasses import dataclass
from functools import cached_property, partial
from types import SimpleNamespace

import numpy as np
from support import crusts

from esim.crust.sources.injection import inject_forces, inject_moments
from esim.grids.interpolation import Gather, Site, terms_of
from esim.sources.crust.point import PointSources

MOMENTS = ("mxx", "myy", "mzz", "mxy", "mxz", "myz")
FORCES = ("fx", "fy", "fz")
VELOCITIES = ("vx", "vy", "vz")
STRAINS = ("exx", "eyy", "ezz", "exy", "exz", "eyz")
ROCK = (4000.0, 2300.0, 2400.0)  # vp, vs [m/s], density [kg/m3]
Q = (120.0, 40.0)
SPACING = 100.0  # m
POINTS = 10  # per wavelength of S at 2.5 times the peak frequency of a Ricker wavelet, the highest it sends
FREQUENCY = ROCK[1] / (2.5 * POINTS * SPACING)  # Hz
SIZE = 1e12  # N, N m


class Wavelet:
    """A Ricker wavelet as the rate of one source."""

    first, last = np.zeros(1), np.full(1, 2.2 / FREQUENCY)

    def __call__(self, times):
        phase = (np.pi * FREQUENCY * (times - 1.1 / FREQUENCY)) ** 2
        return ((1 - 2 * phase) * np.exp(-phase))[:, None]


@dataclass(frozen=True)
class Pair:
    """A place near the surface, between nodes, at any depth [cells], and one far from it, in a box of walls."""

    order: int
    attenuate: str | None = None
    shape: tuple[int, int, int] = (22, 28, 32)
    place: tuple[float, float] = (630.0, 670.0)  # m
    far: tuple[float, float, float] = (1130.0, 920.0, 630.0)  # m

    @cached_property
    def made(self):
        """The crust, with a free surface."""
        return crusts.build(
            self.shape,
            crusts.uniform(*ROCK),
            kinds=crusts.WALL,
            order=self.order,
            attenuate=self.attenuate,
            q=Q,
            reference=1.0,
            spacing=SPACING,
            dtype="float32",
        )

    def compare(self, component, depth):
        """Amplitude of what a source does far away over what a receiver in its place should see, and their misfit."""
        found = self.radiated(component, depth)
        if component in FORCES:
            known = self.read(VELOCITIES[FORCES.index(component)], depth)
        else:
            strain = self.read(STRAINS[MOMENTS.index(component)], depth)
            twice = 1 if component in MOMENTS[:3] else 2
            known = twice * self.made.dt * (np.cumsum(strain, axis=0) - 0.5 * strain)
        power = (known**2).sum()
        return (found * known).sum() / power, np.sqrt(((found - known) ** 2).sum() / power)

    def radiated(self, component, depth):
        """Velocity (steps, 3) far away, of a source near the surface."""
        strength = np.zeros(9)
        strength[(*MOMENTS, *FORCES).index(component)] = SIZE
        site = Site(*self.far)
        return self._march(strength, (*self.place, depth * SPACING), [site], VELOCITIES)[:, :, 0]

    def read(self, quantity, depth):
        """A quantity (steps, 3) near the surface, of forces along x, y and z far away."""
        n, m = (*VELOCITIES, *STRAINS).index(quantity), round(4 * depth)
        return np.stack([records[:, n, m] for records in self._received], axis=1)

    @cached_property
    def _received(self):
        sites = [Site(*self.place, depth * SPACING) for depth in np.arange(0, 4.01, 0.25)]
        forces = [np.eye(9)[6 + axis] * SIZE for axis in range(3)]
        return [self._march(force, self.far, sites, (*VELOCITIES, *STRAINS)) for force in forces]

    def _march(self, strength, place, sites, quantities):
        """Quantities (steps, quantities, sites) of a source with moments and forces (9,) at a place."""
        made = self.made
        for array in (made.v, made.s, *([] if made.memory is None else [made.memory])):
            array[...] = 0
        at = [np.array([value]) for value in place]
        source = PointSources("pair", *at, strength[None, :6], strength[None, 6:], Wavelet())
        ground = SimpleNamespace(grid=made.grid, uniform=True, plain=True, survey=SimpleNamespace(solid=True))
        forces, moments = (put(made, [source], ground) for put in (inject_forces, inject_moments))
        gather = Gather(
            *(made.grid, made.block, made.block.halo, sites, quantities),
            allocated=made.v.shape[1:],
            terms=partial(terms_of, made.grid, sites, strain=made.strain),
        )
        distance = np.linalg.norm(np.subtract(self.far, (*self.place, 0.0)))
        steps = round((2.2 / FREQUENCY + 1.5 * distance / ROCK[1]) / made.dt)
        records = []
        for step in range(1, steps + 1):
            forces.add(step)
            made.advance()
            moments.add(step)
            made.end_step()
            records.append(gather.read(made.v))
        return np.array(records)
