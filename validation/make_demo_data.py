"""Makes the data files shipped with esim, in esim/data: relief for Tohoku 2011 and Tonga 2022, and buoy records.

    python validation/make_demo_data.py [FOLDER]

FOLDER (by default $ESIM_DATA) holds bathymetry/etopo1_6min_pacific.nc and tohoku2011/dart/*_notide.txt.
Prints the lines of esim/data/registry.txt.
"""

import argparse
import hashlib
import os
from pathlib import Path

import numpy as np

from esim import data
from esim.io import netcdf
from esim.io.atomic import whole_file
from esim.io.gridded.reader import read_field

NORTHWEST, PER_DEGREE = (120, 180, 10, 60), 10  # degrees
PACIFIC = 116, 294, -64, 64  # degrees
QUARTERS = 4  # cells per degree of the Pacific
HOURS = 4
STATIONS = {"21418": (148.694, 38.711), "21401": (152.583, 42.617), "21413": (152.1167, 30.5153)}
ATTRIBUTES = {
    "Conventions": "CF-1.11",
    "title": "ETOPO1 relief of the northwestern Pacific, every 6 arc-minutes",
    "institution": "NOAA National Geophysical Data Center",
    "source": "ETOPO1 bedrock, grid-registered, 1 arc-minute",
    "references": "Amante, C. and Eakins, B. W. (2009): ETOPO1 1 arc-minute global relief model: procedures,"
    " data sources and analysis, NOAA Technical Memorandum NESDIS NGDC-24, doi:10.7289/V5C8276M",
    "license": "US public domain",
    "history": "ETOPO1 resampled bicubically to nodes every 0.1 degree with GMT grdsample; cropped to"
    " 120..180 E, 10..60 N; rounded to whole metres",
    "comment": "made for demonstrations; depths near the coast are too coarse for inundation",
}
WHOLE = ATTRIBUTES | {
    "title": "ETOPO1 relief of the Pacific, means of cells of 15 arc-minutes",
    "history": "ETOPO1 resampled bicubically to nodes every 0.1 degree with GMT grdsample; means over cells of"
    " 15 arc-minutes, 116..294 E, 64 S..64 N; rounded to whole metres",
}
HEADER = """\
# Tsunami of 2011-03-11 at three deep-ocean buoys (DART): anomaly of the sea surface, tide removed.
# Source: NOAA National Data Buoy Center, DART bottom pressure records; US public domain.
# Tide removed (polynomial of degree 15) by MacInnes, Gusman, LeVeque and Tanioka (2013), Comparison of
# earthquake source models for the 2011 Tohoku event using tsunami simulations and near-field observations,
# Bull. Seismol. Soc. Am. 103(2B), 1256-1274, with the supplement faculty.washington.edu/rjl/macinnes-esupp.
# Here sorted in time, values of the same time averaged, the first {hours} hours.
# time: seconds after 2011-03-11T05:46:24Z. eta: metres. The first 20 minutes hold seismic shaking.
"""


def main() -> None:
    """Writes the files and prints their checksums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=os.environ.get("ESIM_DATA"), help="default: $ESIM_DATA")
    folder = parser.parse_args().folder
    if folder is None:
        parser.error("name the folder of the original files, or set ESIM_DATA")
    original = Path(folder) / "bathymetry/etopo1_6min_pacific.nc"
    west, east, south, north = NORTHWEST
    lon = np.arange(west * PER_DEGREE, east * PER_DEGREE + 1) / PER_DEGREE
    lat = np.arange(south * PER_DEGREE, north * PER_DEGREE + 1) / PER_DEGREE
    write_relief(original, data.FOLDER / "etopo1_nwpacific_6min.nc", lon, lat, ATTRIBUTES)
    west, east, south, north = PACIFIC
    lon = (np.arange(west * QUARTERS, east * QUARTERS) + 0.5) / QUARTERS
    lat = (np.arange(south * QUARTERS, north * QUARTERS) + 0.5) / QUARTERS
    write_relief(original, data.FOLDER / "etopo1_pacific_15min.nc", lon, lat, WHOLE)
    write_buoys(Path(folder) / "tohoku2011/dart", data.FOLDER / "tohoku2011_dart.csv")


def write_relief(
    original: Path, path: Path, lon: np.ndarray, lat: np.ndarray, attributes: dict[str, str]
) -> None:
    """Stores the relief at some degrees as whole metres: at nodes, or the means of cells twice as wide or more."""
    elevation = np.rint(read_field(original, "elevation", lon, lat, True)).astype(np.int16)
    with whole_file(path) as temporary, netcdf.create(temporary) as file:
        file.setncatts(attributes)
        for name, values, units, word in (
            ("lat", lat, "degrees_north", "latitude"),
            ("lon", lon, "degrees_east", "longitude"),
        ):
            file.createDimension(name, values.size)
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts({"units": units, "standard_name": word, "long_name": word})
            axis[:] = values
        z = file.createVariable(
            "elevation", "i2", ("lat", "lon"), compression="zlib", complevel=9, shuffle=True
        )
        z.setncatts({"units": "m", "standard_name": "height_above_mean_sea_level", "positive": "up"})
        z.setncattr("long_name", "elevation of the solid surface above mean sea level")
        z[:] = elevation
    report(path)


def write_buoys(folder: Path, path: Path) -> None:
    """Sorts the records and averages values of the same time."""
    lines = [HEADER.format(hours=HOURS)]
    for station, (lon, lat) in STATIONS.items():
        lines.append(f"# {station}: lon {lon}, lat {lat}\n")
    lines.append("station,time,eta\n")
    for station in STATIONS:
        times, eta = np.loadtxt(folder / f"{station}_notide.txt", unpack=True)
        seconds, where, counts = np.unique(
            np.rint(times).astype(int), return_inverse=True, return_counts=True
        )
        means = np.bincount(where, eta) / counts
        lines += [
            f"{station},{t},{a:.4f}\n" for t, a in zip(seconds, means, strict=True) if t <= HOURS * 3600
        ]
    with whole_file(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    report(path)


def report(path: Path) -> None:
    """Prints the line of the registry for a file."""
    print(path.name, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
