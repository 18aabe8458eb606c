"""Is the GeoJSON of a finite fault of the USGS read as the fault that it describes?"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.fault_files import ALONG, DIP, DOWN, LAT, LENGTH, LON, MU, STRIKE, WIDTH, at, plane, rows, same

from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault
from esim.sources.formats import csv_yaml, geojson

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
    assert found.rigidity_given
    np.testing.assert_allclose(found.rigidity, MU, rtol=2e-3)
    assert any("kilometres" in text for text in found.remarks) == (unit == 1e3)


def published(folder: Path, change: Callable[[dict], object] = lambda content: None) -> FiniteFault:
    """A file just as the USGS writes it, changed: two segments, the second one upright, rounded, rakes above 360."""
    content = []
    for strike, dip, lon, rake in ((STRIKE, DIP, LON, 455.0), (10.0, 90.0, LON + 1, 352.5)):
        for n, place in enumerate(rows(strike=strike, dip=dip, lon=lon)):
            a, d = n % ALONG, n // ALONG
            ring = [at((a + i) * LENGTH, (d + j) * WIDTH, strike, dip, lon) for i, j in CORNERS]
            properties = {"fill": "#FEF9F9", "fill-opacity": 1, "rake": rake, "rise": 4.5}
            properties |= {"sf_moment": float(f"{MU * LENGTH * WIDTH * place[3]:.3g}"), "slip": place[3]}
            properties |= {"stroke-width": 1.5, "trup": place[4], "x==ew": -31.6, "y==ns": -17.0}
            corners = [[round(x, 4), round(y, 4), round(z, 5)] for x, y, z in ring]
            geometry = {"coordinates": [corners], "type": "Polygon"}
            content.append({"geometry": geometry, "properties": properties, "type": "Feature"})
    epicentre = {"date": "2024-04-02T00:00:00.000000Z", "location": "TAIWAN T23", "moment": 1.04e21}
    whole = {"features": content, "metadata": {"epicenter": epicentre, "eventid": "7000m9g4"}}
    whole["type"] = "FeatureCollection"
    change(whole)
    path = folder / "FFM.geojson"
    path.write_text(json.dumps(whole, indent=4))
    return csv_yaml.read(path)


def corners_of(content: dict) -> Iterator[list]:
    for one in content["features"]:
        yield from one["geometry"]["coordinates"][0]


def changed(name: str, factor: float) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        for one in content["features"]:
            one["properties"][name] *= factor

    return change


def in_2018(content: dict) -> None:
    """The extent in depth was written in km."""
    for one in content["features"]:
        ring = one["geometry"]["coordinates"][0]
        middle = np.mean([z for *_, z in ring[:-1]])
        for corner in ring:
            corner[2] = round(middle + (corner[2] - middle) / 1e3, 5)


def upward(content: dict) -> None:
    for corner in corners_of(content):
        corner[2] *= -1


def in_utm(content: dict) -> None:
    import pyproj

    change = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32654", always_xy=True)
    for corner in corners_of(content):
        corner[:2] = change.transform(*corner[:2])
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32654"}}


def with_an_epicentre(content: dict) -> None:
    for one in content["features"]:
        one["geometry"] = {"type": "MultiPolygon", "coordinates": [one["geometry"]["coordinates"]]}
        one["properties"]["slip(cm)"] = 100 * one["properties"].pop("slip")
    point = {"type": "Point", "coordinates": [LON, LAT]}
    content["features"].insert(0, {"type": "Feature", "properties": {}, "geometry": point})
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: None, ""),
        (in_2018, "the former are taken for kilometres"),
        (upward, "taken for depths"),
        (in_utm, "zone 54N"),
        (changed("slip", 100.0), "slips are taken for cm"),
        (changed("sf_moment", 1e7), "moments are taken for dyn cm"),
        (with_an_epicentre, "1 of its features are points"),
    ],
)
def test_a_file_as_the_usgs_writes_it_is_read_in_all_its_forms(
    change: Callable[[dict], None], said: str, tmp_path: Path
) -> None:
    found, half = published(tmp_path, change), ALONG * DOWN
    assert len(found.remarks) == bool(said) and all(said in text for text in found.remarks)
    np.testing.assert_allclose(found.strike, [STRIKE] * half + [10.0] * half, atol=0.1)
    np.testing.assert_allclose(found.dip, [DIP] * half + [90.0] * half, atol=0.1)
    np.testing.assert_allclose(found.rake, [95.0] * half + [352.5] * half)
    np.testing.assert_allclose(found.slip[:half, 0], plane().slip[:, 0])
    np.testing.assert_allclose(found.depth[:half], plane().depth, atol=20)
    np.testing.assert_allclose(found.width, WIDTH, rtol=3e-3)
    np.testing.assert_allclose(found.rigidity, MU, rtol=1e-2)
    assert geojson.title(tmp_path / "FFM.geojson") == "TAIWAN T23, 2024-04-02"


def test_moments_that_no_rock_has_are_not_believed(tmp_path: Path) -> None:
    found = published(tmp_path, changed("sf_moment", 1e-4))
    assert not found.rigidity_given and found.rigidity == RIGIDITY
    assert "which no rock has; 4e+10 Pa is taken" in found.remarks[0]


def test_a_whole_that_is_not_the_sum_of_its_parts_is_told(tmp_path: Path) -> None:
    found = published(tmp_path, lambda content: content["metadata"]["epicenter"].update(moment=2.08e21))
    assert "subfaults have Mw 7.94 together, and its metadata Mw 8.15" in found.remarks[0]
    assert found.magnitude() == pytest.approx(7.944, abs=0.01)


def without_times(content: dict) -> None:
    for one in content["features"]:
        del one["properties"]["trup"], one["properties"]["rise"], one["properties"]["sf_moment"]
    del content["metadata"]


def test_times_and_moments_may_be_missing_in_all_subfaults_but_not_in_some(tmp_path: Path) -> None:
    found = published(tmp_path, without_times)
    assert not found.rigidity_given and not found.start.any() and "no rupture times" in found.remarks[0]
    assert geojson.title(tmp_path / "FFM.geojson") == ""
    with pytest.raises(InputError, match="feature 3: 'rupture_time' is missing"):
        published(tmp_path, lambda content: content["features"][2]["properties"].pop("trup"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: one["properties"].pop("slip"), "feature 2: 'slip' is missing"),
        (lambda one: one["properties"].update(rake="up"), "feature 2: rake is 'up', no number"),
        (lambda one: one["geometry"]["coordinates"][0].pop(1), "feature 2: is not a USGS finite fault"),
        (lambda one: [point.pop() for point in one["geometry"]["coordinates"][0][:4]], "have no depth"),
        (
            lambda one: one["geometry"]["coordinates"][0][1].__setitem__(1, 7e6),
            "feature 2: lon .* is no place",
        ),
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
