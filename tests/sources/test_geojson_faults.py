"""Is the GeoJSON of a finite fault of the USGS read as the fault that it describes?"""

import json
from pathlib import Path

import numpy as np
import pytest
from support.fault_files import ALONG, DIP, DOWN, LENGTH, LON, MU, STRIKE, WIDTH, at, plane, rows, same

from esim.errors import InputError
from esim.sources.formats import csv_yaml

CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))


def features(unit: float = 1.0, turn: int = 0) -> list[dict]:
    """The plane of fault_files as polygons, depths in `unit` metres, corners counted from another one."""
    numbers = [(n, k) for k in range(DOWN) for n in range(ALONG)]
    found = []
    for (n, k), (*_, slip, start, rise) in zip(numbers, rows(), strict=True):
        ring = [at((n + a) * LENGTH, (k + d) * WIDTH, STRIKE, DIP, LON) for a, d in CORNERS[:-1]]
        ring = [[x, y, z / unit] for x, y, z in np.roll(ring, turn, axis=0).tolist()]
        properties = {"slip": slip, "rake": 95.0, "trup": start, "rise": rise, "t_fal": 6.0}
        properties["sf_moment"] = MU * LENGTH * WIDTH * slip
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        found.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return found


def file(folder: Path, content: list[dict], name: str = "FFM.geojson") -> Path:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": content}))
    return path


@pytest.mark.parametrize(("unit", "turn", "name"), [(1.0, 0, "FFM.geojson"), (1e3, 2, "FFM.json")])
def test_the_fault_is_that_of_the_other_formats(tmp_path: Path, unit: float, turn: int, name: str) -> None:
    found = csv_yaml.read(file(tmp_path, features(unit, turn), name))
    same(found, plane())
    np.testing.assert_allclose(found.strike, STRIKE, atol=0.05)
    np.testing.assert_allclose(found.dip, DIP, atol=0.05)
    assert found.rigidity_given and found.rigidity == pytest.approx(MU, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: one["properties"].pop("slip"), "feature 2: 'slip' is missing"),
        (lambda one: one["properties"].update(rake="up"), "feature 2: rake is 'up', no number"),
        (lambda one: one["geometry"]["coordinates"][0].pop(1), "feature 2: is not a USGS finite fault"),
        (lambda one: one.update(geometry=None), "feature 2: is not a USGS finite fault"),
        (lambda one: one.update(properties=None), "feature 2: has no properties"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, change, sentence: str) -> None:
    content = features()
    change(content[1])
    with pytest.raises(InputError, match=sentence):
        csv_yaml.read(file(tmp_path, content))


@pytest.mark.parametrize("text", ["{", '{"type": "FeatureCollection"}', "[]"])
def test_a_file_without_subfaults_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.geojson: (not GeoJSON|has no features)"):
        csv_yaml.read(path)
