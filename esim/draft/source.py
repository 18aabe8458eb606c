"""Which earthquake lifts the sea floor? A rectangle of uniform slip, or a finite fault of a file."""

from dataclasses import dataclass
from pathlib import Path

from esim.draft.earthquake import Earthquake
from esim.draft.rupture import Footprint, Rupture, fault_footprint, footprint, rupture_of
from esim.draft.text import comment, comments, date, relative
from esim.errors import InputError
from esim.sources.formats import csv_yaml, geojson
from esim.sources.scaling import Setting

WEAKEST = 6.5  # magnitude below which a tsunami is seldom seen


@dataclass(frozen=True)
class Source:
    """What lifts the sea floor: its title, the lines of YAML of its key, where it is, and what is to be said of it."""

    title: str
    start: str
    magnitude: float
    yaml: str
    around: Footprint
    remarks: tuple[str, ...]


def point_source(quake: Earthquake, setting: Setting | None) -> Source:
    """An earthquake as a rectangle of uniform slip."""
    rupture = rupture_of(quake, setting)
    around = footprint(rupture, quake.plane.strike, quake.plane.dip)
    return Source(
        quake.title,
        date(quake.origin),
        quake.magnitude,
        _okada(quake, rupture),
        around,
        (*quake.remarks, *quake.why_plane, *rupture.remarks, *_doubts(quake)),
    )


def finite_fault(path: Path, target: Path) -> Source:
    """A finite fault of a file, as it is."""
    fault = csv_yaml.read(path)
    magnitude = fault.magnitude()
    if magnitude is None or not fault.lonlat:
        raise InputError(f"{path}: expected a fault that slips, at longitudes and latitudes")
    yaml = (
        comment(
            f"{len(fault.x)} subfaults, Mw {magnitude:.2f}, at most {fault.total_slip.max():.3g} m of slip", 2
        )
        + f"  - kind: finite_fault\n    file: {relative(path, target)}\n    kajiura: true\n"
    )
    name = geojson.title(path) if path.suffix.lower() in (".geojson", ".json") else ""
    title = f"{name or path.stem}, Mw {magnitude:.2f}"
    return Source(title, "", magnitude, yaml, fault_footprint(fault), fault.remarks)


def _okada(quake: Earthquake, rupture: Rupture) -> str:
    """The lines of YAML of a rectangle."""
    plane = quake.plane
    values = {
        "lon": f"{(rupture.lon + 180) % 360 - 180:.4f}",
        "lat": f"{rupture.lat:.4f}",
        "depth": f"{rupture.depth / 1e3:.2f} km",
        "length": f"{rupture.length / 1e3:.4g} km",
        "width": f"{rupture.width / 1e3:.4g} km",
        "strike": f"{plane.strike:g}",
        "dip": f"{plane.dip:g}",
        "rake": f"{plane.rake:g}",
        "slip": f"{rupture.slip:.3g} m",
        "reference": "center",
    }
    lines = [
        f"{'      - ' if n == 0 else '        '}{key}: {value}\n"
        for n, (key, value) in enumerate(values.items())
    ]
    return (
        comments([f"Mw {quake.magnitude:.4g}: {rupture.reasons[0]}.", *rupture.reasons[1:]], 2)
        + "  # Uniform slip on a rectangle, at once: where a finite fault is known, take kind: finite_fault.\n"
        + f"  - kind: okada\n    kajiura: true\n    rigidity: {rupture.rigidity / 1e9:g} GPa\n    faults:\n"
        + "".join(lines)
    )


def _doubts(quake: Earthquake) -> list[str]:
    found = []
    rake = abs((quake.plane.rake + 180) % 360 - 180)
    if min(rake, 180 - rake) < 30 and quake.plane.dip > 45:
        found.append("a strike-slip earthquake lifts the sea floor little: expect a small tsunami")
    if quake.magnitude < WEAKEST:
        found.append(f"Mw {quake.magnitude:.4g} is small: a tsunami is seldom seen below Mw {WEAKEST:g}")
    if quake.depth > 100e3:
        found.append(f"at a depth of {quake.depth / 1e3:.0f} km it hardly moves the sea floor")
    return found
