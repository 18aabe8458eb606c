"""Layers as KML, for Google Earth: a folder each, with colours that can be told apart by everybody."""

from pathlib import Path
from typing import Any

from esim.analysis.export.layer import DIGITS, Layer, wgs84
from esim.analysis.reading.run import Run
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

FORMATS = ("kml",)
# By kind of layer: colours of lines and areas, alpha first, then blue, green, red, as KML writes them; width in pixels.
LINES = {"isochrones": ("ff2a1a0a", 2.0), "faults": ("ff005ed5", 1.5), "flood": ("ffb27200", 1.0)}
AREAS = {"flood": "99b27200", "faults": "33005ed5"}
ICONS = {"stations": "triangle", "runup": "shaded_dot"}
SYMBOLS = "http://maps.google.com/mapfiles/kml/shapes/{}.png"  # which Google Earth has of its own


def write(run: Run, layers: list[Layer], folder: Path, crs: str | None, format: str = "kml") -> list[Path]:
    """Writes layers into one file, RUN.kml; returns its path.

    Raises InputError if fastkml is missing, or for a run without a place on Earth.
    """
    try:
        from fastkml import kml
    except ImportError:
        raise InputError(f"KML needs fastkml: {install('gis')}") from None
    path = folder / f"{run.directory.resolve().name}.kml"
    folders = [_folder(layer, wgs84(run, layer.shapes, crs)) for layer in layers]
    styles = [_style(kind) for kind in dict.fromkeys(layer.kind for layer in layers)]
    document = kml.Document(name=run.title, styles=styles, features=folders)
    with whole_file(path) as temporary:
        temporary.write_text(kml.KML(features=[document]).to_string(precision=DIGITS), encoding="utf-8")
    return [path]


def _folder(layer: Layer, shapes: list[Any]) -> Any:
    from fastkml import kml

    marks = [_placemark(layer.kind, shape, row) for shape, row in zip(shapes, layer.rows, strict=True)]
    return kml.Folder(name=layer.name, features=marks)


def _placemark(kind: str, shape: Any, row: dict[str, Any]) -> Any:
    """A shape with its name, if it has one, and its attributes as a table."""
    from fastkml import data, kml, styles
    from pygeoif.factories import shape as converted

    told = [data.Data(name=key, value=str(value)) for key, value in row.items() if value is not None]
    return kml.Placemark(
        name=str(row["name"]) if "name" in row else None,
        style_url=styles.StyleUrl(url=f"#{kind}"),
        extended_data=data.ExtendedData(elements=told),
        geometry=converted(shape),
    )


def _style(kind: str) -> Any:
    from fastkml import styles

    parts: list[Any] = []
    if kind in ICONS:
        parts += [
            styles.IconStyle(scale=0.8, icon_href=SYMBOLS.format(ICONS[kind])),
            styles.LabelStyle(scale=0.8),
        ]
    if kind in LINES:
        colour, width = LINES[kind]
        parts.append(styles.LineStyle(color=colour, width=width))
    if kind in AREAS:
        parts.append(styles.PolyStyle(color=AREAS[kind]))
    return styles.Style(id=kind, styles=parts)
