"""Checksums of everything that small runs of every kind write, to show that a change of the code changes no bit.

    python validation/fingerprint.py --save before.json, and later --compare before.json

The runs are made by the command line, on one and on two ranks: the files of configs/, cut short, and the scenarios
below, with settings as of `esim-run --set`. Two of them need the data, see README: ESIM_DATA.
"""

import argparse
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import netCDF4
import numpy as np
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
RANKS = (1, 2)
LIMIT = 1800  # s that a run may take, compilation included
RESUME = "resume"  # in the settings of a case: once the run is done, resume from its last checkpoint

SCENARIOS = {
    # A coast with land, a fault that takes its time, and every output.
    "basin": """
scenario: tsunami
time: {duration: 10 min}
grid: {kind: cartesian, x: [0, 120 km], y: [0, 96 km], spacing: 2 km, latitude: 40, sponge_cells: 6,
       boundary: {west: open, east: sponge, south: wall, north: wall}}
bathymetry: {kind: slope, depth: 1200 m, slope: 0.03, direction: 280}
physics: {coriolis: true, manning: 0.03}
source:
  - {kind: okada, kajiura: true, horizontal_on_slope: true, faults: [
      {x: 55 km, y: 45 km, depth: 3 km, length: 40 km, width: 20 km, strike: 190, dip: 20, rake: 80, slip: 9,
       rupture_time: 20, rise_time: 60}]}
  - {kind: hump, x: 35 km, y: 30 km, height: 4, radius: 9 km}
stations: [{name: coast, x: 25 km, y: 40 km}, {name: seam, x: 60.5 km, y: 48.2 km}, {name: sea, x: 99 km, y: 70 km}]
output:
  {directory: out, fields: {every: 2 min, variables: [eta, u, v, h]}, stations: {every: 20 s}, runup: {coast: auto},
   maxima: {variables: [eta_max, eta_min, speed_max, momentum_flux_max, inundation_depth_max, arrival_time,
                        drawdown_max, extent, depth_min, eta_max_time]}, checkpoint: {every: 4 min}}
run: {backend: cpu, threads: 1}
""",
    # Real coasts on the sphere, with a nest in a nest and one that its parent does not see.
    "nested": """
scenario: tsunami
time: {start: 2011-03-11T05:46:24Z, duration: 20 min}
grid:
  {kind: lonlat, west: 139, east: 151, south: 34, north: 44, spacing: 15 arcmin, nests: [
    {name: coast, west: 140, east: 145, south: 36, north: 40, ratio: 2},
    {name: bay, west: 141, east: 143, south: 37.5, north: 39, ratio: 3},
    {name: blind, west: 146, east: 149, south: 36, north: 38, ratio: 2, two_way: false,
     activation_threshold: null}]}
bathymetry: {file: "data:etopo1_nwpacific_6min.nc"}
source:
  - {kind: okada, kajiura: true, faults: [
      {lon: 143.4, lat: 38.2, depth: 8 km, length: 180 km, width: 90 km, strike: 200, dip: 14, rake: 88, slip: 12,
       rupture_time: 30, rise_time: 90}]}
stations: [{name: near, lon: 142.01, lat: 38.3}, {name: far, lon: 148.7, lat: 37.1}]
output:
  {directory: out, fields: {every: 5 min, variables: [eta, u, v], significant_bits: 12}, stations: {every: 30 s},
   runup: {coast: auto}, checkpoint: {every: 8 min}}
run: {backend: cpu, threads: 1}
""",
    # Two layers with losses, three kinds of source, stations of all quantities, and every output.
    "block": """
scenario: seismic
time: {start: 2016-04-15T16:25:06Z, duration: 0.8 s}
grid: {kind: cartesian, x: [-1.6 km, 1.6 km], y: [-1.5 km, 1.5 km], depth: [-0.3 km, 2.1 km], spacing: 100 m,
       boundary: {kind: cpml, cells: 10}}
medium: {kind: layers, layers:
    [{top: -300, vp: 3000, vs: 1700, rho: 2200, qp: 80, qs: 40},
     {top: 630, vp: 5000, vs: 2800, rho: 2600, qp: 200, qs: 100}]}
physics: {attenuation: none}
source:
  - {kind: double_couple, x: 130, y: -70, depth: 830, strike: 30, dip: 60, rake: 70, magnitude: 4,
     time_function: {kind: gaussian, sigma: 0.04, delay: 0.2}}
  - {kind: force, x: -430, y: 260, depth: 450, fx: 1.0e10, fz: 2.0e10, time_function: {kind: ricker, frequency: 4}}
  - {kind: explosion, x: 20, y: 440, depth: 555, moment: 1.0e14, time_function: {kind: brune, duration: 0.05}}
stations: [{name: node, x: 0, y: 0}, {name: between, x: 3, y: -412}, {name: deep, x: -395, y: 7, depth: 350},
           {name: layer, x: -1130, y: 5}]
output:
  {directory: out, fields: {every: 0.2 s}, surface_displacement: {every: 0.2 s}, maxima: {},
   checkpoint: {every: 0.3 s},
   stations: {every: 20 ms, variables: [velocity, displacement, acceleration, strain, pressure], sac: true,
              miniseed: true},
   planes: [{name: across, y: 30, every: 0.2 s}, {name: below, depth: 800, every: 0.4 s},
            {name: along, x: -380, every: 0.2 s, variables: [vz, vx], significant_bits: 12}]}
run: {backend: cpu, threads: 1}
""",
}

# Settings of the cases by name: that of a file of configs/, or that of a scenario above and what is special.
CASES = """
halfspace_explosion: [time.duration=0.5 s, grid.spacing=125 m, run.threads=1]
kumamoto2016: [time.duration=5 s, "grid.spacing=[4 km, 4 km, 2 km]", run.threads=1]
loh1: [time.duration=1 s, grid.spacing=500 m, run.threads=1]
loh3: [time.duration=1 s, grid.spacing=500 m, run.threads=1]
landslide: [time.duration=5 min, grid.spacing=2 km, run.threads=1]
tohoku2011: [time.duration=15 min, grid.spacing=12 arcmin, run.threads=1]
tohoku2011_4min: [time.duration=15 min, grid.spacing=12 arcmin, run.threads=1]
tohoku2011_nested: [time.duration=10 min, grid.spacing=12 arcmin, run.threads=1]
basin: [resume]
basin_threads: [run.threads=2]
basin_float64: [run.precision=float64]
basin_numpy: [run.backend=numpy]
basin_all_cells: [run.skip_at_rest=false]
basin_adaptive: [run.adaptive=true, run.cfl=0.5, resume]
basin_friction: ["physics.manning={file: inputs.nc, variable: manning}", "grid.boundary=[periodic, periodic, wall,
  sponge]", "bathymetry={kind: bowl, depth: 500, radius: 55 km, x: 60 km, y: 48 km}"]
basin_dispersive: [physics.dispersion=serre, physics.self_attraction_loading=true, resume]
basin_forced: [physics.seawater_compressibility=true, physics.self_attraction_loading=true, "forcing=[
  {kind: plane_pulse, x: 90 km, y: 48 km, amplitude: 20 hPa, speed: 120, width: 6 km, direction: 270},
  {kind: circular_pulse, x: 70 km, y: 40 km, amplitude: 2 hPa, speed: 310, width: 9 km, distance: 100 km,
   inverse_barometer: true}, {kind: pressure, file: inputs.nc, variable: pressure}]"]
basin_landslide: ["source=[{kind: landslide, x: 45 km, y: 48 km, direction: 100, thickness: 90, length: 9 km,
  width: 8 km, motion: {kind: slide, acceleration: 0.3, velocity: 40, distance: 9 km}}]"]
basin_incident: ["grid.boundary=[wall, incident, wall, open]", "source=[{kind: n_wave, x: 50 km, direction: 270,
  height: 1, depth: 1000}]", "incident=[{side: east, kind: sine, amplitude: 0.5, period: 120}]"]
basin_files: ["source=[{kind: state, file: inputs.nc}, {kind: deformation, file: inputs.nc, variable: uplift}]"]
nested: [resume]
nested_numpy: [run.backend=numpy, time.duration=4 min]
nested_dispersive: [physics.dispersion=serre, resume]
nested_forced: [physics.seawater_compressibility=true, physics.self_attraction_loading=true, run.adaptive=true,
  run.cfl=0.5,
  "forcing=[{kind: circular_pulse, lon: 150, lat: 35, amplitude: 2 hPa, speed: 310, width: 60 km}]"]
block: [resume]
block_threads: [run.threads=2]
block_float64: [run.precision=float64, physics.attenuation=coarse, grid.boundary.kind=wall]
block_numpy: [run.backend=numpy, time.duration=0.2 s, physics.attenuation=coarse]
block_coarse: [physics.attenuation=coarse, resume]
block_conventional: [physics.attenuation=conventional, physics.order=8, grid.boundary.kind=wall]
block_bfloat16: [physics.attenuation=conventional, physics.memory_variable_precision=bfloat16,
  grid.boundary.kind=wall, resume]
block_hill: [physics.attenuation=coarse, grid.boundary.kind=sponge, "topography={kind: slope, depth: 0, slope: 0.1,
  direction: 60}", "output.stations.variables=[velocity, displacement, acceleration]"]
block_bay: [physics.order=8, "topography={kind: bowl, depth: 150, radius: 1.6 km}",
  "output.stations.variables=[velocity]"]
block_column: [grid.surface=absorbing, grid.boundary.kind=periodic, "medium={kind: gradient, vp: 4000, vs: 2200,
  rho: 2400, vp_gradient: 0.5, random: {sigma: 0.05, correlation: 300 m}}", "source=[{kind: plane_wave,
  polarisation: x, depth: 1 km, amplitude: 1, time_function: {kind: ricker, frequency: 4}}]"]
"""

Hashes = dict[str, str]  # by case/ranks/file/variable
Case = tuple[Path, str, list[str]]  # configuration, name and settings
LIBRARY = threading.Lock()  # NetCDF and HDF5 serve one thread at a time


def cases(folder: Path, names: Sequence[str] = ()) -> list[Case]:
    """Some cases, or all; the scenarios and their inputs are written into a folder."""
    for name, text in SCENARIOS.items():
        (folder / f"{name}.yaml").write_text(text)
    write_inputs(folder / "inputs.nc")
    found = []
    for name, settings in YAML(typ="safe").load(CASES).items():
        scenario = name.split("_")[0]
        path = folder / f"{scenario}.yaml" if scenario in SCENARIOS else ROOT / "configs" / f"{name}.yaml"
        if not names or name in names:
            found.append((path, name, settings))
    return found


def run(ranks: int, folder: Path, case: Case) -> Hashes:
    """Hashes of all that a case writes on so many ranks, into a directory in a folder; none if it fails."""
    config, name, settings = case
    output = folder / f"{name}_{ranks}"
    command = [sys.executable, "-m", "esim.cli.run", str(config), "--quiet", "--output", str(output)]
    command += [word for key in settings if key != RESUME for word in ("--set", " ".join(key.split()))]
    if ranks > 1:
        places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        command = [shutil.which("mpirun", path=places) or "mpirun", "-n", str(ranks), *command]
    if not succeeds(command, folder):
        return {}
    found = hashes(f"{name}/{ranks}", output)
    if RESUME in settings:
        (output / "maxima.nc").unlink()  # it is rewritten at the end
        if not succeeds([*command, "--resume"], folder):
            return {}
        found |= hashes(f"{name}+{RESUME}/{ranks}", output)
    shutil.rmtree(output)
    return found


def write_inputs(path: Path) -> None:
    """Friction, air pressure, uplift and a state of the water over the basin."""
    x, y = np.linspace(0, 120e3, 61), np.linspace(0, 96e3, 49)
    bell = np.exp(-(((x - 70e3) / 15e3) ** 2) - ((y[:, None] - 50e3) / 12e3) ** 2)
    ripple = np.sin(x / 9e3) * np.cos(y[:, None] / 7e3)
    pressure = 101325 + np.array([0.0, 2000.0])[:, None, None] * ripple
    axes = {"time": (np.array([0.0, 900.0]), "s"), "y": (y, "m"), "x": (x, "m")}
    water = {"eta": (3 * bell, "m"), "u": (0.1 * bell, "m/s"), "v": (-0.05 * bell, "m/s")}
    maps = {"manning": (0.03 + 0.02 * bell, "s m-1/3"), "uplift": (2 * bell + 0.1 * ripple, "m")}
    with netCDF4.Dataset(path, "w") as file:
        for name, (values, units) in (axes | water | maps | {"pressure": (pressure, "Pa")}).items():
            if name in axes:
                file.createDimension(name, values.size)
            dimensions = (name,) if name in axes else ("time", "y", "x")[-values.ndim :]
            variable = file.createVariable(name, "f8", dimensions)
            variable.units = units
            variable[:] = values


def succeeds(command: Sequence[str], folder: Path) -> bool:
    """Whether a command on this checkout succeeds in a folder; if not, what it says is printed."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode:
        print(f"FAILED: {' '.join(command)}\n{done.stderr}", file=sys.stderr)
    return done.returncode == 0


def hashes(case: str, output: Path) -> Hashes:
    """Hashes of all arrays in an output directory, by names that begin with that of the case."""
    with LIBRARY:
        return {
            f"{case}/{path.relative_to(output).as_posix().replace('/', ':')}/{name}": digest(values)
            for path in sorted(output.rglob("*"))
            for name, values in arrays(path)
        }


def arrays(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Every array of a file by name, as it is stored; other files than NetCDF and NumPy's are one array of bytes."""
    if path.suffix == ".nc":
        with netCDF4.Dataset(path) as file:
            file.set_auto_maskandscale(False)
            for name, variable in file.variables.items():
                yield name, np.asarray(variable[...])
    elif path.suffix == ".npy":  # the part of one rank of a checkpoint
        with path.open("rb") as file:
            for number in itertools.takewhile(lambda _: file.peek(1), itertools.count()):
                yield str(number), np.load(file)
    elif path.is_file() and path.suffix != ".json":  # run.json has the time of day
        yield "bytes", np.frombuffer(path.read_bytes(), np.uint8)


def digest(values: np.ndarray) -> str:
    """The first 16 digits of the SHA-256 of type, shape and bytes of an array."""
    values = values.astype(str) if values.dtype == object else values
    return hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode() + values.tobytes()).hexdigest()[:16]


def differences(before: Hashes, now: Hashes) -> list[str]:
    """Lines that say which arrays are missing, new or changed."""
    lines = [f"missing {key}" for key in before.keys() - now.keys()]
    lines += [f"new     {key}" for key in now.keys() - before.keys()]
    lines += [f"changed {key}" for key in before.keys() & now.keys() if before[key] != now[key]]
    return sorted(lines)


def between_ranks(found: Hashes) -> list[str]:
    """Lines that say which arrays of NetCDF files two ranks write otherwise than one."""
    first, second = (
        {key.replace(f"/{n}/", "/", 1): found[key] for key in found if f"/{n}/" in key and ".nc/" in key}
        for n in RANKS
    )
    return differences(first, second)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, print and keep or compare their hashes; 1 if any differ, or a run fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--save", metavar="FILE", type=Path, help="write the hashes as JSON")
    parser.add_argument("--compare", metavar="FILE", type=Path, help="print differences from saved hashes")
    parser.add_argument("--only", metavar="NAME", nargs="+", default=[], help="cases to run")
    options = parser.parse_args(arguments)
    begun, found, failed = time.perf_counter(), Hashes(), 0
    with tempfile.TemporaryDirectory(prefix="fingerprint_") as name:
        chosen = cases(Path(name), options.only)
        for ranks in RANKS:
            with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // ranks)) as pool:
                for written in pool.map(partial(run, ranks, Path(name)), chosen):
                    failed += not written
                    found |= written
                    for key, value in written.items():
                        print(*key.split("/"), value, flush=True)
    lines: list[str] = []
    if options.compare:
        saved, names = json.loads(options.compare.read_text()), [case[1] for case in chosen]
        before = {key: saved[key] for key in saved if key.split("/")[0].removesuffix(f"+{RESUME}") in names}
        lines = differences(before, found)
        print(*lines, f"{len(lines)} of {len(before)} arrays differ from {options.compare}", sep="\n")
    if options.save:
        options.save.write_text(json.dumps(dict(sorted(found.items())), indent=0) + "\n")
    seconds = time.perf_counter() - begun
    print(f"{len(chosen)} cases, {len(found)} arrays, {failed} failed runs, {seconds:.0f} s")
    differing = between_ranks(found)
    print(*differing, f"arrays of NetCDF files that differ between ranks: {len(differing)}", sep="\n")
    return 1 if failed or lines or differing else 0


if __name__ == "__main__":
    sys.exit(main())
