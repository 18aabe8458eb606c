"""What does a point source in flat layers do to the ground? Two solvers that integrate over wavenumbers.

`velocity` goes through pyprop8 (O'Toole and Woodhouse 2011), frequency by frequency, with the complex moduli of
any attenuation law; `velocity_grt` goes through pygrt-kit, with that code's own attenuation, and
is there to check the first. Also the benchmarks LOH.1 and LOH.3 of the SCEC (Day et al. 2001) and, for LOH.1, the
published solution at station 10.
"""

import contextlib
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.validation.references.law import Law, constant_q
from esim.validation.references.spectrum import Function, Window

KM, MOMENT, FORCE = 1e-3, 1e-15, 1e-12  # m, N m and N in the solvers' units, for results in m


@dataclass(frozen=True)
class Layer:
    """A layer from depth `top` [m] down to the next, or without end: velocities [m/s], density [kg/m3], Q [-]."""

    top: float
    vp: float
    vs: float
    rho: float
    qp: float = np.inf
    qs: float = np.inf


LOH1 = (Layer(0.0, 4000.0, 2000.0, 2600.0), Layer(1000.0, 6000.0, 3464.0, 2700.0))
LOH3 = (Layer(0.0, 4000.0, 2000.0, 2600.0, 120.0, 40.0), Layer(1000.0, 6000.0, 3464.0, 2700.0, 155.9, 69.3))
LOH3_REFERENCE = 2.5  # Hz: where the velocities of LOH.3 hold
LOH_DEPTH = 2000.0  # m
LOH_MOMENT = (0.0, 0.0, 0.0, 1e18, 0.0, 0.0)  # N m: xx, yy, zz, xy, xz, yz
LOH_RECEIVERS = np.outer(np.arange(1.0, 11.0), (600.0, 800.0))  # x, y [m] of the ten stations


def loh1_reference(receivers: np.ndarray, function: Function, times: np.ndarray) -> np.ndarray:
    """Velocity (R, 3, T) [m/s] of LOH.1 at receivers (R, 2) [m] on the surface; see `velocity`."""
    return velocity(LOH1, LOH_DEPTH, receivers, function, times, moment=LOH_MOMENT)


def loh3_reference(receivers: np.ndarray, function: Function, times: np.ndarray) -> np.ndarray:
    """Velocity (R, 3, T) [m/s] of LOH.3 at receivers (R, 2) [m] on the surface; see `velocity`."""
    law = constant_q(LOH3_REFERENCE)
    return velocity(LOH3, LOH_DEPTH, receivers, function, times, moment=LOH_MOMENT, law=law)


def velocity(
    layers: Sequence[Layer],
    depth: float,
    receivers: np.ndarray,
    function: Function,
    times: np.ndarray,
    *,
    moment: Sequence[float] | None = None,
    force: Sequence[float] | None = None,
    receiver_depth: float = 0.0,
    law: Law | None = None,
    window: Window | None = None,
) -> np.ndarray:
    """Velocity (x, y, z down) (R, 3, T) [m/s] at receivers (R, 2) [m] from the epicentre, at times [s].

    Either `moment` (xx, yy, zz, xy, xz, yz) [N m], with `function` the moment rate per unit moment [1/s]; or
    `force` (x, y, z) [N], with `function` the rate of its factor [1/s]. `depth` [m] is that of the source,
    `receiver_depth` must be less. `law` makes moduli complex where layers have a Q; without it Q is ignored.
    The default window reaches to where the spectrum of `function` is 0.001 of its maximum, at most 25 Hz.
    """
    if not receiver_depth < depth:
        raise InputError(
            f"receiver_depth {receiver_depth:g} m is not above the source at {depth:g} m, as it must be"
        )
    window = window or Window.covering(function, float(np.max(times)))
    pyprop8 = _pyprop8()
    stations = pyprop8.ListOfReceivers(*(KM * np.asarray(receivers, float).T), KM * receiver_depth)
    source = pyprop8.PointSource(0.0, 0.0, KM * depth, *_strength(moment, force), 0.0)
    period = KM * (
        np.hypot(*np.asarray(receivers).T).max() + max(layer.vp for layer in layers) * window.duration
    )
    slowest = KM * min(layer.vs for layer in layers)
    grid = {"period": period, "slowest": slowest, "height": KM * (depth - receiver_depth)}
    spectra = np.empty((len(receivers), 3, window.omega.size), dtype=complex)
    for n, omega in enumerate(window.omega):
        spectra[..., n] = pyprop8.compute_spectra(
            _structure(pyprop8, layers, omega, law),
            source,
            stations,
            np.array([omega]),
            show_progress=False,
            squeeze_outputs=False,
            stencil=_wavenumbers,
            stencil_kwargs={**grid, "omega": omega.real},
        )[0, ..., 0].reshape(len(receivers), 3)
    polar = window.motion(spectra * window.spectrum(function), times)
    return _cartesian(polar, np.asarray(receivers), towards_y=True)


def velocity_grt(
    layers: Sequence[Layer],
    depth: float,
    receivers: np.ndarray,
    function: Function,
    times: np.ndarray,
    *,
    moment: Sequence[float],
    reference: float = 1.0,
    dt: float = 0.01,
    highest: float = 20.0,
    length: float = 40.0,
) -> np.ndarray:
    """The same by pygrt-kit, for a moment tensor and receivers on the surface.

    Its modulus goes as (1 + ln(f / f0) / (pi Q) + i / 2 Q)^2, constant_q to the first order in 1/Q; velocities hold
    at `reference` [Hz]. dt [s] is the step of its seismograms, which are interpolated to `times`;
    frequencies go up to `highest` [Hz], wavenumbers by 2 pi / (length x largest distance).
    """
    from scipy.interpolate import CubicSpline

    distances = KM * np.hypot(*np.asarray(receivers, float).T)
    samples = int(np.ceil(1.5 * np.max(times) / dt))
    pulse = function(np.arange(samples) * dt)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_model(folder / "layers", layers, reference, highest)
        np.savetxt(folder / "pulse", pulse)
        model = _pygrt().PyModel1D(grn=folder / "green", modelpath=folder / "layers")
        model.greenfn(
            depsrc=KM * depth,
            deprcv=0.0,
            dists=np.unique(distances),
            nt=samples,
            dt=dt,
            freqband=(-1.0, highest),
            keepAllFreq=True,
            Length=length,
            gf_source=["EX", "DC"],
            print_log=False,
        )
        polar = [
            _synthesize(folder, KM * depth, distance, azimuth, moment)
            for distance, azimuth in zip(distances, np.arctan2(*np.asarray(receivers).T), strict=True)
        ]
    area = np.sum(pulse) * dt  # the code sets it to 1
    smooth = CubicSpline(np.arange(samples) * dt, np.array(polar) * area, axis=-1)(times)
    return _cartesian(smooth, np.asarray(receivers), towards_y=False)


def read_prose(path: Path, sigma: float = 0.06, delay: float = 0.36) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and velocity (x, y, z down) (3, T) [m/s] of LOH.1 at station 10, S. Day's file LOH.1_prose3.

    The moment rate is a Gaussian of standard deviation `sigma` [s] around `delay`. The file, with its noise of
    about 1 %, holds the response to a step of moment (columns: time, up, radial, transverse; unit 1e5 m/s).
    """
    time, up, outward, across = np.loadtxt(path).T
    tau = time - delay
    pulse = np.exp(-0.5 * (tau / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi)) * (time[1] - time[0])
    polar = np.stack([np.convolve(c, pulse)[: time.size] for c in (outward, across, up)]) * 1e5
    return time, _cartesian(polar[None], LOH_RECEIVERS[-1:], towards_y=True)[0]


def read_sw4(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and motion (x, y, z down) (3, T), in the unit of the file, of a station of SW4 in text form."""
    time, *motion = np.loadtxt(path, comments="#").T
    return time, np.stack(motion)


def _strength(moment: Sequence[float] | None, force: Sequence[float] | None) -> tuple[np.ndarray, np.ndarray]:
    """Moment tensor and force with z up and in the solver's units."""
    if (moment is None) == (force is None):
        raise InputError("a source is either a moment tensor or a force; give one of moment and force")
    xx, yy, zz, xy, xz, yz = moment if moment is not None else (0.0,) * 6
    fx, fy, fz = force if force is not None else (0.0,) * 3
    tensor = np.array([[xx, xy, -xz], [xy, yy, -yz], [-xz, -yz, zz]])
    return MOMENT * tensor, FORCE * np.array([[fx], [fy], [-fz]])


def _structure(pyprop8: ModuleType, layers: Sequence[Layer], omega: complex, law: Law | None) -> Any:
    """The layers with their moduli at a frequency."""
    tops = [layer.top for layer in layers]
    thickness = np.diff([*tops, np.inf])
    structure = pyprop8.LayeredStructureModel(
        [
            (KM * h, KM * layer.vp, KM * layer.vs, KM * layer.rho)
            for h, layer in zip(thickness, layers, strict=True)
        ]
    )
    if law is not None:
        at = np.array([omega])
        structure.sigma = structure.sigma * np.array([law(at, 1.0 / layer.qp)[0] for layer in layers])
        structure.mu = structure.mu * np.array([law(at, 1.0 / layer.qs)[0] for layer in layers])
    return structure


def _wavenumbers(omega: float, period: float, slowest: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Wavenumbers [1/km] for an angular frequency [rad/s], and the weights that integrate over them.

    Close enough together that the source's images, a `period` [km] apart, are not seen in time. Up to beyond the
    surface waves of the slowest layer, and until what does not travel has decayed over the height between source
    and receivers. Integrands are odd in k: to the trapezoidal rule, two terms of its correction at k = 0.
    """
    step = 2.0 * np.pi / period
    count = int(np.hypot(15.0 / height, 1.4 * omega / slowest) / step) + 4
    weights = np.full(count, step)
    weights[:2] *= 1.0 + np.array([41.0 / 360.0, -11.0 / 720.0])
    weights[-1] *= 0.5
    return np.arange(1, count + 1) * step, weights


def _cartesian(polar: np.ndarray, receivers: np.ndarray, towards_y: bool) -> np.ndarray:
    """(x, y, z down) from (outward, across, up) (R, 3, T); across: from x towards y, or from y towards x."""
    x, y = receivers.T[:, :, None] / np.hypot(*receivers.T)[:, None]
    outward, across, up = polar[:, 0], polar[:, 1] * (1.0 if towards_y else -1.0), polar[:, 2]
    return np.stack([x * outward - y * across, y * outward + x * across, -up], axis=1)


def _write_model(path: Path, layers: Sequence[Layer], reference: float, highest: float) -> None:
    """A model file; the code takes velocities at the highest frequency, 1 + ln(f / highest) / (pi Q) of them at f."""
    bottoms = [layer.top for layer in layers[1:]]
    lines = []
    for layer, bottom in zip(layers, [*bottoms, layers[-1].top], strict=True):
        vp, vs = (
            v / (1.0 + np.log(reference / highest) / (np.pi * q))
            for v, q in ((layer.vp, layer.qp), (layer.vs, layer.qs))
        )
        q = [min(q, 1e12) for q in (layer.qp, layer.qs)]
        values = KM * (bottom - layer.top), KM * vp, KM * vs, KM * layer.rho, *q
        lines.append(" ".join(f"{value:.12g}" for value in values))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _synthesize(
    folder: Path, depth: float, distance: float, azimuth: float, moment: Sequence[float]
) -> list[np.ndarray]:
    """Motion (outward, clockwise, up) [m/s] at a distance [km] and an azimuth [rad] from north."""
    from obspy import read
    from pygrt import cli

    east2, north2, down2, east_north, east_down, north_down = moment
    north_first = (north2, east_north, north_down, east2, east_down, down2)
    options = {
        "G": folder / "green",
        "Ds": f"{depth:.12g}",
        "Dr": 0,
        "R": f"{distance:.12g}",
        "A": f"{np.rad2deg(azimuth) % 360.0:.12g}",
        "S": 1e25,  # dyn cm: 1e18 N m
        "T": "/".join(f"{1e-18 * m:.12g}" for m in north_first),
        "D": f"0/{folder / 'pulse'}",
        "i": 0,
        "O": folder / "motion",
    }
    # The package's own method for this cannot be kept from printing.
    cli.run_grt(["syn", *(f"-{key}{value}" for key, value in options.items())], print_log=False)
    return [0.01 * read(str(folder / "motion" / f"{c}.sac"))[0].data for c in "RTZ"]


def _pyprop8() -> ModuleType:
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints when it misses a progress bar
            import pyprop8
    except ImportError as error:
        raise InputError("references for layers need the package pyprop8; pip install pyprop8") from error
    return pyprop8


def _pygrt() -> ModuleType:
    try:
        import pygrt
    except ImportError as error:
        raise InputError("this reference needs the package pygrt-kit; pip install pygrt-kit") from error
    return pygrt
