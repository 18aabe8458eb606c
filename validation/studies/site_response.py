"""Do long waves pass? Soft ground shaken by S waves from straight below, against the transfer function of Haskell.

A soft layer lies on rock in a block of 4 km. What the ground sends back down has to leave through ten cells of
absorbing layers, though its waves are up to seventy times as long as these are thick. The wave starts in the rock
between periodic sides, up and down, or enters on a box between absorbing sides. The ground is recorded until its
motion is 1e-3 of the largest, then faded out; its spectrum over that of the wave is compared where waves have 10
points or more.

Run as `python -m esim.validation.studies.site_response`; it prints the table of validation/results/crust.md.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.drivers.run import simulate
from esim.validation.cases.crust.records import read
from esim.validation.references.haskell import amplification
from esim.validation.references.layered import LOH1, Layer

FREQUENCIES = np.linspace(0.1, 0.6, 1001)  # Hz
CELL, DEPTH, START = 50.0, 4000.0, 2700.0  # m
CELLS = {"periodic": 4, "absorbing": 36}  # across a block, by its sides
SIGMA, DELAY, LEFT, FADE = 0.2, 1.0, 1e-3, 20.0  # s, s, of the largest motion, s
SITES = {
    "1000 m of vs 2000 m/s over 3464 (LOH.1)": LOH1,
    "400 m of vs 1000 m/s over 3464": (Layer(0, 3000, 1000, 2000), Layer(400, 6000, 3464, 2700)),
    "500 m of vs 300 m/s over 3200": (Layer(0, 1500, 300, 1800), Layer(500, 5500, 3200, 2700)),
}
SOFTEST = list(SITES)[-1]  # rings for minutes: computed between periodic sides only
RUNS = [(site, sides) for site in SITES for sides in CELLS if (site, sides) != (SOFTEST, "absorbing")]


def configure(folder: Path, layers: tuple[Layer, ...], sides: str) -> ScenarioConfig:
    """The run of a soft layer on rock between sides of a kind."""
    half = 0.5 * CELLS[sides] * CELL
    wave: dict[str, Any] = {"kind": "plane_wave", "depth": START, "amplitude": 1.0}
    oblique = {"wave_type": "SV", "incidence": 0, "azimuth": 90}
    return from_dict(
        {
            "scenario": "seismic",
            "title": "site response",
            "time": {"duration": duration(layers)},
            "grid": {
                "kind": "cartesian",
                "x": [-half, half],
                "y": [-half, half],
                "depth": [0, DEPTH],
                "spacing": CELL,
                "boundary": {"kind": "periodic" if sides == "periodic" else "cpml"},
            },
            "medium": {"kind": "layers", "layers": [_rock(layer) for layer in layers]},
            "physics": {"low_pass": False},
            "source": [
                wave
                | ({"polarisation": "x"} if sides == "periodic" else oblique)
                | {"time_function": {"kind": "gaussian", "sigma": SIGMA, "delay": DELAY}}
            ],
            "stations": [{"name": "ground", "x": 0, "y": 0}],
            "output": {
                "directory": str(folder),
                "maxima": None,
                "stations": {"every": 0.02, "variables": ["velocity"]},
            },
        }
    )


def _rock(layer: Layer) -> dict[str, float]:
    return {"top": layer.top, "vp": layer.vp, "vs": layer.vs, "rho": layer.rho}


def duration(layers: tuple[Layer, ...]) -> float:
    """Seconds until a wave that goes up and down in the layer is LEFT of itself and has been faded out."""
    soil, rock = layers
    contrast = soil.rho * soil.vs / (rock.rho * rock.vs)
    returns = np.log(LEFT) / np.log((1 - contrast) / (1 + contrast))
    travel = (START - rock.top) / rock.vs + rock.top / soil.vs
    return float(2 * DELAY + travel + returns * 2 * rock.top / soil.vs + FADE)


def found(folder: Path, layers: tuple[Layer, ...]) -> np.ndarray:
    """The spectrum of the ground over that of the wave at the top of the rock, (F,)."""
    records = read(folder)
    rock = layers[-1]
    times = records.times - (START - rock.top) / rock.vs
    wave = np.sqrt(2 * np.pi) * SIGMA * np.exp(-0.5 * (2 * np.pi * FREQUENCIES * SIGMA) ** 2)
    step = records.times[1] - records.times[0]
    kernel = np.exp(-2j * np.pi * np.outer(FREQUENCIES, times - DELAY))
    fade = np.sin(0.5 * np.pi * np.clip((records.times[-1] - records.times) / FADE, 0, 1)) ** 2
    return np.asarray(step * (kernel @ (fade * records.at("ground")[0])) / wave)


def main() -> None:
    """Print the table."""
    print("| ground | sides | resonance | its amplification | amplification | motion |")
    for site, sides in RUNS:
        with TemporaryDirectory() as folder:
            simulate(configure(Path(folder) / "run", SITES[site], sides))
            motion = found(Path(folder) / "run", SITES[site])
        known = amplification(SITES[site], FREQUENCIES)
        print(f"| {site} | {sides} | {' | '.join(errors(motion, known))} |")


def errors(motion: np.ndarray, known: np.ndarray) -> list[str]:
    """The first resonance and its amplification, known and their errors; the largest errors of amplitude and motion.

    The error of amplitude is a share of that at the same frequency, the one of motion of the largest in the band.
    """
    size, right = np.abs(motion), np.abs(known)
    top, peak = size.argmax(), right.argmax()
    return [
        f"{FREQUENCIES[peak]:.4g} Hz, {100 * (FREQUENCIES[top] / FREQUENCIES[peak] - 1):+.2f} %",
        f"{right[peak]:.2f}, {100 * (size[top] / right[peak] - 1):+.2f} %",
        f"{100 * np.abs(size / right - 1).max():.2g} %",
        f"{100 * np.abs(motion - known).max() / right[peak]:.2g} %",
    ]


if __name__ == "__main__":
    main()
