"""Does the page of a run tell what the run wrote, nothing else, and nothing that a stranger smuggles in?"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.synthetic_crust import Scene, line
from support.synthetic_crust import write_run as write_quake
from support.synthetic_run import write_run

from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.ocean.summary import summary
from esim.analysis.report.page import render, report
from esim.analysis.report.section import Choices, Fact, contents
from esim.analysis.report.series import thinned
from esim.cli.main import main
from esim.errors import InputError

for package in ("matplotlib", "jinja2", "plotly"):
    pytest.importorskip(package, reason="a report needs the extra report")

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&"
SMALL = 1e6  # bytes of a page without Plotly
PLOTLY = 5e6


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and the headlines of its sections."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.titles: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "h2" and data.strip():
            self.titles.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def tsunami(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("tsunami"))


@pytest.fixture(scope="module")
def page(tsunami: Path) -> str:
    """The page that the command writes, with places, into a folder that is not there yet."""
    (places := tsunami / "ports.csv").write_text("name,lon,lat\nHarbour <b>,142.3,37.3\n")
    output = tsunami / "new" / "page.html"
    chosen = ["--output", str(output), "--places", str(places), "--timezone", "Asia/Tokyo"]
    assert main(["report", str(tsunami), *chosen]) == 0
    return output.read_text()


def change(folder: Path, **values: object) -> None:
    """Other values in the record of a run."""
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def series(text: str) -> list[dict]:
    """What the script of a page plots."""
    return [
        json.loads(data) for data in re.findall(r'<script type="application/json">(.*?)</script>', text, re.S)
    ]


# ------------------------------------------------------------------ what a page tells


def test_the_page_of_a_tsunami_has_a_section_for_all_that_was_written(page: str) -> None:
    assert Elements(page).titles == [
        "Summary", "Source", "Water surface in time", "Gauges", "Maximum elevation",
        "Arrival at named places", "Agreement with observations", "Computing time and energy", "Provenance",
    ]  # fmt: skip
    assert "An earthquake of magnitude 9.1 on 11 March 2011 at 05:46 UTC (14:46 JST)" in page
    assert "rose to at most 5\xa0m above its still level, at 37.25°N 145.25°E" in page


def test_what_was_not_written_has_no_section(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", lonlat=False, fields=False, stations=False)
    text = report(folder).read_text()
    titles = Elements(text).titles
    assert titles[:3] == ["Summary", "Source", "Maximum elevation"]
    assert titles[3:] == ["Computing time and energy", "Provenance"]
    words = re.sub(
        r"<script>.*?</script>|Computed.*?</dd>|data:image/webp;base64,[^\"]*", "", text, flags=re.S
    )
    assert "UTC" not in words  # in a picture any three letters may follow each other
    assert (folder / "report.html").stat().st_size < SMALL


@pytest.mark.parametrize(
    ("spacing", "coast", "told"),
    [
        (
            200,
            (3.21, 2.96, 8.51),
            "Water flooded 3.2 km² of land to at most 3 m deep, up to ground 8.5 m high.",
        ),
        (200, (0.0, None, None), "No land was flooded."),
        (2000, (3.21, 2.96, 8.51), "Cells of 2 km are too large to tell what was flooded."),
    ],
)
def test_the_summary_tells_of_floods_as_far_as_cells_resolve_them(
    spacing: float, coast: tuple[float | None, ...], told: str
) -> None:
    axes = {"y": spacing * np.arange(3.0), "x": spacing * np.arange(4.0)}
    maxima = xr.Dataset(
        {name: (("y", "x"), np.full((3, 4), -2.0)) for name in ("eta_max", "bathymetry")}, axes
    )
    names = ("flooded_km2", "deepest_flood_m", "highest_runup_m")
    record = {"configuration": {}, "hazard": {"grid": dict(zip(names, coast, strict=True))}}
    (section,) = summary(Run(Path("x"), record, fields=None, maxima=maxima, stations=None), Choices())
    assert section.data["text"].replace("\xa0", " ").endswith(told)


def test_gauges_are_plotted_beside_what_was_observed(page: str) -> None:
    plots = series(page)
    assert [[trace["name"] for trace in plot["traces"]] for plot in plots] == 3 * [["computed", "observed"]]
    computed = plots[0]["traces"][0]
    assert max(computed["y"]) == pytest.approx(1.87, abs=0.01)
    assert computed["x"][int(np.argmax(computed["y"]))] * plots[0]["seconds"] == pytest.approx(1956, abs=15)
    assert plots[0]["start"] == 1299822384 and plots[0]["label"] == "elevation (m)"


def test_places_of_a_file_are_told(page: str) -> None:
    assert re.search(r"Harbour &lt;b&gt;</th>\s*<td>place</td>\s*<td>37.3°N 142.3°E</td>", page)


@pytest.mark.long
def test_the_page_of_an_earthquake(tmp_path: Path) -> None:
    scene = Scene(
        stations=line(3), origin=(130.9, 32.85), half=20e3, planes={"west_east": ("y", 0.0)}, frames=2
    )
    folder = write_quake(tmp_path / "run", scene)
    text = report(folder).read_text()
    assert Elements(text).titles == [
        "Summary", "Source", "Waves in time at the surface", "Waves in time, plane west_east", "Seismograms",
        "Record section", "Peak ground motion", "Ground motion at stations",
        "Computing time and energy", "Provenance",
    ]  # fmt: skip
    assert [trace["name"] for trace in series(text)[0]["traces"]] == ["east", "north", "up"]
    row = re.search(r'<th scope="row">S01</th>(.*?)</tr>', text, re.S)
    assert row and "<td>4</td>" in row[1]  # km
    assert (
        f"<td>{np.hypot(4, 8) / 6:.3g}</td>" in row[1] and f"<td>{np.hypot(4, 8) / 3.464:.3g}</td>" in row[1]
    )
    assert "Shaking above 1.2\xa0Hz is not contained" in text


# ------------------------------------------------------------------ a page that stays in its bounds


def test_hostile_texts_do_nothing(tmp_path: Path) -> None:
    folder = write_quake(tmp_path / "run", Scene(stations={HOSTILE: (4e3, 3e3)}, fields=False, maxima=False))
    record = json.loads((folder / "run.json").read_text())
    source = [{**record["sources"][0], "name": HOSTILE}]
    titled = record["configuration"] | {"title": HOSTILE}
    change(folder, configuration=titled, warnings=[HOSTILE], command=HOSTILE, sources=source)
    page = Elements(report(folder).read_text())
    assert all(str(image["src"]).startswith("data:image/webp;base64,") for image in page.all("img"))
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    assert [script.get("type") for script in page.all("script")] == ["application/json", None, None]


def test_nothing_is_fetched_and_no_other_script_may_run(page: str) -> None:
    elements = Elements(page)
    addresses = [
        value for _, found in elements.found for name, value in found.items() if name in ("src", "href")
    ]
    assert {str(value).split(",")[0] for value in addresses if not str(value).startswith("#")} == {
        "data:image/webp;base64"
    }
    (policy,) = (meta["content"] for meta in elements.all("meta") if "http-equiv" in meta)
    assert policy and "default-src 'none'" in policy and policy.count("'sha256-") == 2
    assert "unsafe" not in policy.split("script-src")[1]
    assert len(page) < SMALL + PLOTLY + 1e6


def test_every_picture_and_table_has_words_for_who_cannot_see_it(page: str) -> None:
    elements = Elements(page)
    assert elements.all("html") == [{"lang": "en"}]
    assert all(image["alt"] and image["width"] and image["height"] for image in elements.all("img"))
    labels = {label.get("for") for label in elements.all("label")}
    sliders = [box["id"] for box in elements.all("input") if box["type"] == "range"]
    assert sliders and set(sliders) <= labels


# ------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--output", "."], "is a folder; expected a file"),
        (["--timezone", "Asia/Tokio"], "did you mean 'Asia/Tokyo'?"),
        (["--places", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_choices_end_in_one_sentence(
    tsunami: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["report", str(tsunami), *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_places_have_no_meaning_for_an_earthquake(tmp_path: Path) -> None:
    folder = write_quake(tmp_path / "run", Scene(fields=False, maxima=False))
    with pytest.raises(InputError, match="--places has no meaning for a seismic run"):
        report(folder, choices=Choices(places=tmp_path / "ports.csv"))


# ------------------------------------------------------------------ numbers, records, sections


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.17485e22, "4.17 × 10²²"),
        (-7.367, "−7.37"),
        (123750, "124,000"),
        (0.0, "0"),
        (1.2e-6, "1.20 × 10⁻⁶"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert words.number(value) == text


def test_what_is_not_known_is_empty() -> None:
    assert words.number(None) == words.number(np.nan, "m") == words.span([None]) == words.memory(None) == ""
    assert words.span([0.2, None, 0.31], "m") == "0.2 to 0.31\xa0m"
    assert words.place(-171.004, -13.5, lonlat=True) == "13.5°S 171°W"


def test_long_records_keep_their_peaks_and_gaps() -> None:
    values = np.sin(np.arange(100_000) / 50.0)
    values[61_803], values[30_000:40_000] = 9.0, np.nan
    kept = thinned(values)
    assert kept.size <= 3002 and 61_803 in kept and np.isnan(values[kept]).any()
    assert (np.diff(kept) > 0).all() and kept[[0, -1]].tolist() == [0, 99_999]


def test_a_section_of_a_new_scenario_needs_no_template_of_its_own() -> None:
    (section,) = contents("Ice & snow", facts=[Fact("Depth", "3 m")])
    assert not list(contents("Nothing"))
    text = render("x", [section])
    assert 'id="ice-snow"' in text and '<h2 id="ice-snow-title">Ice &amp; snow</h2>' in text
