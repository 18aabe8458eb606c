"""Tiny runs with every switch of the physics, on both kinds of grid, and what they end in."""

from pathlib import Path
from typing import Any

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.drivers.run import prepared
from esim.drivers.tsunami import Tsunami
from esim.parallel.comm import SerialComm

KINDS = ("cartesian", "lonlat")
NX, NY, CELL = 10, 8, 2000.0
SHARE = CELL / 111_000.0  # of a degree

# A switch changes the run that every other one is compared with: a wave beside an island, walls, friction, rotation.
SWITCHES: dict[str, dict] = {
    "plain": {},
    "no rotation": {"physics": {"coriolis": False}},
    "no friction": {"physics": {"manning": 0.0}},
    "friction map": {"physics": {"manning": {"file": "manning.nc"}}},
    "open sides": {"boundary": "open"},
    "sponge": {"boundary": "sponge"},
    "incident wave": {
        "boundary": ["incident", "wall", "wall", "wall"],
        "incident": [{"side": "west", "kind": "sine", "amplitude": 0.5, "period": 120}],
    },
    "fault": {
        "source": [{"kind": "okada", "faults": ["fault"], "kajiura": True, "horizontal_on_slope": True}]
    },
    "landslide": {"source": ["slide"]},
    "solitary wave": {"source": ["solitary"]},
    "initial state": {"source": [{"kind": "state", "file": "state.nc"}]},
    "dispersion": {"physics": {"dispersion": "serre"}},
    "stratification": {"physics": {"seawater_compressibility": True}},
    "loading": {"physics": {"self_attraction_loading": True}},
    "air pressure": {"forcing": ["squall"]},
    "gridded pressure": {"forcing": [{"kind": "pressure", "file": "pressure.nc"}]},
    "nest": {"nests": [{"ratio": 2}]},
    "nest, one-way": {"nests": [{"ratio": 3, "two_way": False}]},
    "nest with dispersion": {"physics": {"dispersion": "serre"}, "nests": [{"ratio": 2}]},
    "structures": {"structures": ["wall"]},
    "nest with structures": {
        "physics": {"dispersion": "serre"},
        "nests": [{"ratio": 2}],
        "structures": ["wall"],
    },
    "deep solver": {"solver": "deep", "boundary": "open"},
    "deep solver with a friction map": {"solver": "deep", "physics": {"manning": {"file": "manning.nc"}}},
    "deep solver with forces and a nest": {
        "solver": "deep",
        "physics": {"dispersion": "serre"},
        "forcing": ["squall"],
        "nests": [{"ratio": 2}],
    },
    "no maxima": {"output": {"maxima": None}},
    "adaptive steps": {"run": {"adaptive": True, "cfl": 0.4}},
    "no skipping": {"run": {"skip_at_rest": False}},
}
ONLY = {"solitary wave": "cartesian", "structures": "cartesian", "nest with structures": "lonlat"}
# Same water, other bookkeeping.
SAME = ("no maxima", "nest, one-way", "no skipping")


def combinations() -> list[tuple[str, str]]:
    """All pairs of a switch and a kind of grid that go together."""
    return [(switch, kind) for switch in SWITCHES for kind in KINDS if ONLY.get(switch, kind) == kind]


def write_inputs(folder: Path) -> None:
    """An uneven bed with an island, and all else that is read, for both kinds of grid."""
    import xarray as xr

    x, y = (np.arange(NX) + 0.5) * CELL, (np.arange(NY) + 0.5) * CELL
    bed = -800 + 300 * np.sin(x / 5e3)[None, :] * np.cos(y / 4e3)[:, None]
    bed += 900 * np.exp(-((x[None, :] - 15e3) ** 2 + (y[:, None] - 11e3) ** 2) / 4e3**2)
    eta = np.exp(-((x[None, :] - 8e3) ** 2 + (y[:, None] - 9e3) ** 2) / 5e3**2)
    times = np.array([0.0, 60.0])
    air = (
        101325
        + 2000 * np.sin(x / 6e3)[None, None, :] * np.cos(y / 5e3)[None, :, None] * (1 + times)[:, None, None]
    )
    for kind in KINDS:
        lonlat = kind == "lonlat"
        where = folder / kind
        where.mkdir(parents=True, exist_ok=True)
        dims = ("lat", "lon") if lonlat else ("y", "x")
        places = {
            dims[0]: (
                dims[0],
                30 + y / CELL * SHARE if lonlat else y,
                {"units": "degrees_north" if lonlat else "m"},
            ),
            dims[1]: (
                dims[1],
                140 + x / CELL * SHARE if lonlat else x,
                {"units": "degrees_east" if lonlat else "m"},
            ),
        }

        def write(name: str, fields: dict, where: Path = where, places: dict = places) -> None:
            xr.Dataset(fields, places).to_netcdf(where / name)

        write("bed.nc", {"elevation": (dims, bed, {"units": "m"})})
        write("manning.nc", {"manning": (dims, 0.03 + 0.02 * eta, {"units": "s m-1/3"})})
        velocity = {"u": (dims, 0.3 * eta, {"units": "m/s"}), "v": (dims, -0.2 * eta, {"units": "m/s"})}
        write("state.nc", {"eta": (dims, eta, {"units": "m"}), **velocity})
        dated = places | {"time": ("time", times, {"units": "s"})}
        pressure = {"pressure": (("time", *dims), air, {"units": "Pa"})}
        xr.Dataset(pressure, dated).to_netcdf(where / "pressure.nc")


def configuration(folder: Path, switch: str, kind: str, backend: str) -> dict[str, Any]:
    """A run with one switch, in a folder that has its inputs; the backend may be an array module of numpy."""
    changes = SWITCHES[switch]
    machine = {"backend": "numpy", "array_module": backend} if backend == "nlcpy" else {"backend": backend}
    lonlat = kind == "lonlat"

    def at(east: float, north: float) -> dict:
        """A point, given in cells."""
        if lonlat:
            return {"lon": 140 + east * SHARE, "lat": 30 + north * SHARE}
        return {"x": east * CELL, "y": north * CELL}

    def box(east: tuple, north: tuple) -> dict:
        west, south = at(east[0], north[0]).values()
        right, top = at(east[1], north[1]).values()
        if lonlat:
            return {"west": west, "east": right, "south": south, "north": top}
        return {"x": [west, right], "y": [south, top]}

    fault = {
        "length": "8 km",
        "width": "6 km",
        "depth": "2 km",
        "strike": 30,
        "dip": 30,
        "rake": 80,
        "slip": 3,
    }
    slide = {"kind": "landslide", "thickness": 40, "length": 8e3, "width": 6e3, "direction": 60}
    named = {
        "fault": fault | at(6, 4) | {"rise_time": 20},
        "slide": slide | at(4, 3) | {"motion": {"kind": "steady", "velocity": 60}},
        "solitary": {"kind": "solitary_wave", "x": 8e3, "direction": 90, "height": 5.0, "depth": 800.0},
        "squall": {"kind": "plane_pulse", "amplitude": "20 hPa", "speed": 80, "width": 4e3, "direction": 70}
        | at(1, 1),
        "wall": {"points": [list(at(*p).values()) for p in ((5.2, 1.1), (4.7, 4.2), (6, 7))], "crest": 2.0},
    }

    def given(entries: list) -> list:
        found = []
        for entry in entries:
            entry = named[entry] if isinstance(entry, str) else dict(entry)
            if "faults" in entry:
                entry["faults"] = given(entry["faults"])
            if "file" in entry:
                entry["file"] = str(folder / kind / entry["file"])
            found.append(entry)
        return found

    physics = {"coriolis": True, "manning": 0.03} | changes.get("physics", {})
    if isinstance(physics["manning"], dict):
        physics["manning"] = {"file": str(folder / kind / physics["manning"]["file"])}
    grid = {"kind": kind, **box((0, NX), (0, NY)), "spacing": SHARE if lonlat else CELL}
    grid |= {"boundary": changes.get("boundary", "wall"), "sponge_cells": 3}
    grid |= {key: changes[key] for key in ("solver",) if key in changes}
    if not lonlat:
        grid["latitude"] = 35
    if "nests" in changes:
        grid["nests"] = [box((3, 7), (2, 6)) | nest for nest in changes["nests"]]
    hump = {"kind": "hump", "height": 10.0, "radius": 5e3} | at(4, 3.5)
    return {
        "scenario": "tsunami",
        "time": {"duration": 1000},
        "grid": grid,
        "bathymetry": {"file": str(folder / kind / "bed.nc")},
        "physics": physics,
        "source": [hump, *given(changes.get("source", []))],
        "structures": given(changes.get("structures", [])),
        "forcing": given(changes.get("forcing", [])),
        "incident": changes.get("incident", []),
        "output": {
            "directory": str(folder / f"{switch}-{kind}-{backend}"),
            "overwrite": True,
            **changes.get("output", {}),
        },
        "run": {**machine, "precision": "float32", "threads": 1, **changes.get("run", {})},
    }


def final(folder: Path, switch: str, kind: str, backend: str, steps: int = 2) -> dict[str, np.ndarray]:
    """What a checkpoint would hold of every grid after some steps, by `grid: array`."""
    driver = Tsunami()
    config = TsunamiConfig.model_validate(configuration(folder, switch, kind, backend))
    with prepared(driver, driver.check(config, SerialComm())) as run:
        for _ in range(steps):
            run.simulation.advance()
        found = {
            f"{level.place.name}: {name}": np.array(level.ocean.own(array))
            for level in run.hierarchy.levels
            for name, array in level.ocean.checkpoint_arrays.items()
        }
        run.outputs.abandon()
    return found
