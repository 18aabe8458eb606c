"""Layers as GeoJSON (RFC 7946), a file each, and as a GeoPackage."""

import warnings
from pathlib import Path
from typing import Any

from esim.analysis.export.layer import Layer, wgs84, wrapped
from esim.analysis.figures.place import GEOGRAPHIC, reference_system
from esim.analysis.reading.run import Run
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

FORMATS = ("geojson", "gpkg")


def write(run: Run, layers: list[Layer], folder: Path, crs: str | None, format: str) -> list[Path]:
    """Writes layers; returns the paths: NAME.geojson of each, or one RUN.gpkg.

    Raises InputError if geopandas is missing, and for GeoJSON of a run without a place on Earth.
    """
    try:
        import geopandas  # noqa: F401
        import pyogrio  # noqa: F401
    except ImportError:
        raise InputError(f"{format} needs geopandas and pyogrio: {install('gis')}") from None
    if format == "gpkg":
        return [_geopackage(run, layers, folder / f"{run.directory.resolve().name}.gpkg", crs)]
    return [_geojson(run, layer, folder / f"{layer.name}.geojson", crs) for layer in layers]


def _geojson(run: Run, layer: Layer, path: Path, crs: str | None) -> Path:
    frame = _frame(layer, wgs84(run, layer.shapes, crs), GEOGRAPHIC)
    with whole_file(path) as temporary:
        frame.to_file(temporary, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
    return path


def _geopackage(run: Run, layers: list[Layer], path: Path, crs: str | None) -> Path:
    system = reference_system(run, crs)
    with whole_file(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of the name of the temporary file, and that a grid has no place on Earth
        temporary.unlink(missing_ok=True)
        for layer in layers:
            shapes = [wrapped(shape) for shape in layer.shapes] if system == GEOGRAPHIC else layer.shapes
            _frame(layer, shapes, system).to_file(
                temporary, driver="GPKG", layer=layer.name, engine="pyogrio"
            )
    return path


def _frame(layer: Layer, shapes: list[Any], system: str | None) -> Any:
    import geopandas

    return geopandas.GeoDataFrame(layer.rows, geometry=shapes, crs=system)
