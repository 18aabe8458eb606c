"""Do figures, films, tables and pages of a coupled run show what the files of its parts hold?"""

import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from support.synthetic_coupled import ORIGIN, REST, TIMES, UPLIFT, write_run

import esim
from esim.analysis.coupled import movie
from esim.analysis.coupled.coast import coast
from esim.analysis.coupled.figures import bed_motion, records
from esim.analysis.coupled.parts import looks, parts_of
from esim.analysis.export import export
from esim.analysis.figures.look import Look
from esim.analysis.hazard import HazardOptions, hazard
from esim.analysis.plot import plot
from esim.analysis.reading.run import Run
from esim.analysis.report import frames
from esim.analysis.report.coupled.sections import sections
from esim.analysis.report.page import report
from esim.analysis.report.section import Choices
from esim.errors import InputError
from esim.grids.projection import Projection

pytest.importorskip("matplotlib", reason="figures need Matplotlib")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("coupled"))


@pytest.fixture
def run(folder: Path):
    with Run.open(folder) as opened:
        yield opened


# ------------------------------------------------------------------ reading


def test_a_coupled_run_opens_with_both_parts(folder: Path) -> None:
    with esim.open_run(folder) as tree:
        assert set(tree.children) == {"crust", "ocean"}
        assert tree.attrs["scenario"] == "coupled" and tree.crust.attrs["scenario"] == "seismic"
        assert {"stations", "fields", "maxima", "surface_displacement"} <= set(tree.crust.children)
        assert tree.ocean.esim.record["configuration"]["title"] == "a made-up wave"
        assert tree.ocean.fields.esim.run.title == "a made-up wave"
        assert tree.esim.run.parts["crust"].magnitude == pytest.approx(tree.esim.run.magnitude)
        point = tree.ocean.esim.at(lon=150.25, lat=37.25, method="nearest")
        assert float(point.bathymetry) == -4000
        assert "tree.ocean.esim.datum" in tree.esim.datum.vertical
        assert "ocean/maxima/eta_max" in tree.esim.units
        with pytest.raises(InputError, match=r"two parts; expected tree.crust.esim.misfit"):
            tree.esim.misfit()


def test_two_coupled_runs_are_compared_part_by_part(folder: Path, tmp_path: Path) -> None:
    with esim.open_run(folder) as tree, esim.open_run(folder) as other:
        found = tree.esim.compare(other)
        assert set(found.ocean.children) == {"fields", "maxima", "stations"}
        assert float(found.crust.surface_displacement.uz_max_abs) == 0.0


def test_a_missing_part_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text((folder / "run.json").read_text())
    with pytest.raises(InputError, match=r"crust: no such directory"):
        esim.open_run(tmp_path)
    with Run.open(folder / "ocean") as alone, pytest.raises(InputError, match="crust is missing"):
        parts_of(alone)


# ------------------------------------------------------------------ figures


def test_the_bed_is_shown_as_it_grows_and_at_the_end(run: Run) -> None:
    uplift = bed_motion.uplift_of(run.parts["crust"])
    assert uplift is not None and float(uplift.max()) == pytest.approx(UPLIFT, rel=0.02)
    times = uplift["seconds"].values[bed_motion.chosen_times(uplift)]
    # Records are 5 s apart: the first ones with a quarter, a half and three quarters of what the bed moves in 30 s.
    assert times.tolist() == [10.0, 15.0, 25.0, TIMES[-1]]
    drawing = bed_motion.figure(run)
    assert drawing is not None
    headings = [axes.get_title(loc="left") for axes in drawing.axes if axes.get_title(loc="left")]
    assert [text.split(":")[0] for text in headings] == ["10 s", "15 s", "25 s", "60 s"]
    assert "+2.9" in headings[-1] or "+3.0" in headings[-1]


def test_the_coast_on_the_plane_of_the_crust_is_that_of_the_ocean(run: Run) -> None:
    lines = coast(parts_of(run))
    assert len(lines) == 1
    lon, lat = Projection(*ORIGIN).to_lonlat(*(1000 * lines[0]))
    # Cells of half a degree rise from -4000 m at 142.25 to 500 m at 141.75 degrees: zero is an eighth of the way on.
    assert lon == pytest.approx(np.full(lon.shape, 141.75 + 0.5 * 500 / 4500), abs=1e-6)
    assert np.abs(lat - ORIGIN[1]).max() < 20


def test_seismograms_stand_above_the_gauges_on_one_axis(run: Run) -> None:
    shaking = records.seismograms(run.parts["crust"])
    assert [one.name for one in shaking] == ["OFU", "KMS"]  # the nearest first
    vz = run.parts["crust"].stations["vz"].sel(station="OFU").values
    factor = {"m/s": 1.0, "cm/s": 1e2, "mm/s": 1e3}[shaking[0].unit]
    np.testing.assert_allclose(shaking[0].values, -factor * vz, rtol=1e-6)
    waves = records.gauges(run.parts["ocean"])
    assert [one.name for one in waves] == ["21418", "21401", "21413"]  # as they are reached
    drawing = records.figure(run)
    assert drawing is not None
    texts = [text.get_text() for axes in drawing.axes for text in axes.texts]
    assert [text for text in texts if len(text) in (3, 5)] == ["OFU", "KMS", "21418", "21401", "21413"]
    limits = {axes.get_xlim() for axes in drawing.axes}
    assert limits == {(0.0, 7200.0)}
    crest = drawing.axes[2].lines[1]
    assert crest.get_xdata()[np.argmax(crest.get_ydata())] == pytest.approx(1956, abs=15)


def test_records_need_both_kinds(run: Run) -> None:
    silent = Run(run.directory, run.record, None, None, None, parts=dict(run.parts))
    silent.parts["crust"] = Run(run.directory, run.parts["crust"].record, None, None, None)
    assert records.figure(silent) is None and bed_motion.figure(silent) is None


def test_an_extent_in_degrees_is_one_of_the_ocean_alone(run: Run) -> None:
    found = looks(parts_of(run), Look(extent=(140, 150, 30, 40)))
    assert found["crust"].extent is None and found["ocean"].extent == (140, 150, 30, 40)
    assert found["crust"].zone is not None and found["crust"].zone == found["ocean"].zone


@pytest.mark.long
def test_all_figures_are_drawn(folder: Path, tmp_path: Path) -> None:
    found = {path.stem for path in plot(folder, tmp_path, look=Look(dpi=50))}
    assert {"bed_motion", "records", "crust_pgv", "crust_record_section", "ocean_heights"} <= found
    assert "stations_misfit" in found


def test_a_run_without_a_place_on_earth_has_its_figures(tmp_path: Path) -> None:
    own = ("bed_motion", "records")
    found = plot(write_run(tmp_path / "run", lonlat=False), tmp_path, look=Look(only=own, dpi=50))
    assert [path.stem for path in found] == list(own)


# ------------------------------------------------------------------ films


@pytest.mark.parametrize("lonlat", [True, False])
def test_the_film_shows_the_bed_and_then_the_water(tmp_path: Path, lonlat: bool) -> None:
    with Run.open(write_run(tmp_path / "run", lonlat)) as run:
        scene = movie.moving(run, None, None, Look())
        seconds = scene.field["seconds"].values
        assert seconds[: TIMES.size].tolist() == TIMES.tolist() and (np.diff(seconds) > 0).all()
        assert seconds[TIMES.size :].tolist() == np.arange(900.0, 7201.0, 900.0).tolist()
        assert scene.captions == ["uplift of the bed"] * TIMES.size + ["water surface"] * 8
        bed, waves = scene.field[TIMES.size - 1].values, scene.field[-1].values
        if lonlat:
            row, column = (
                np.argmin(np.abs(scene.field.lat.values - 37)),
                np.argmin(np.abs(scene.field.lon.values - 143)),
            )
            x, y = Projection(*ORIGIN).to_xy(scene.field.lon.values[column], scene.field.lat.values[row])
            assert bed[row, column] == pytest.approx(
                UPLIFT * np.exp(-((np.hypot(x, y) / 30e3) ** 2)), rel=0.02
            )
            assert float(scene.field[0].values[row, column]) == pytest.approx(
                bed[row, column] * 5 / REST, rel=1e-3
            )
            assert bed[0, -1] == 0.0 and np.isnan(bed[0, 0])  # far away: the sea is at rest, land is land
        np.testing.assert_array_equal(waves, run.parts["ocean"].fields["eta"][-1].values)
        some = scene.at(np.array([0, 19]))
        assert some.captions == ["uplift of the bed", "water surface"]


def test_a_film_may_show_one_part_alone(run: Run) -> None:
    assert movie.moving(run, "vz", None, Look()).field.name == "vz"
    assert movie.moving(run, "eta", None, Look()).field.sizes["time"] == 9
    with pytest.raises(InputError, match=r"--what etta: the run has no snapshots of it, did you mean 'eta'"):
        movie.moving(run, "etta", None, Look())


# ------------------------------------------------------------------ tables, exports, pages


def test_hazard_tables_are_those_of_both_parts(folder: Path, tmp_path: Path) -> None:
    names = {path.name for path in hazard(folder, tmp_path)}
    assert {"intensity_measures.csv", "travel_times.csv"} <= names
    with pytest.raises(InputError, match="--within has no meaning for a tsunami run without --places"):
        hazard(folder, tmp_path, HazardOptions(within=3.0))


def test_exports_are_in_a_folder_of_each_part(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("rioxarray", reason="GeoTIFF needs rioxarray")
    found = export(folder, tmp_path, ["pgv_horizontal", "eta_max"])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "crust/pgv_horizontal.tif",
        "ocean/eta_max.tif",
    ]
    with pytest.raises(InputError, match="there is no 'etamax' to export, did you mean 'eta_max'"):
        export(folder, tmp_path, ["etamax"])


def test_layers_of_both_parts_are_exported(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("geopandas", reason="GeoJSON needs geopandas")
    found = export(folder, tmp_path, ["stations", "isochrones"], format="geojson", step=1800.0)
    assert {str(path.relative_to(tmp_path)) for path in found} == {
        "crust/stations.geojson",
        "ocean/stations.geojson",
        "ocean/isochrones.geojson",
    }


def test_a_page_begins_with_what_concerns_both_parts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "FRAMES", 2)  # pictures of the slider, each of which takes its time
    summary, coupling, waves = islice(sections(run, Choices()), 3)
    assert summary.data["text"].startswith("An earthquake of magnitude")
    assert len(coupling.data["pictures"]) == 2 and len(waves.data["frames"]) == 3


@pytest.mark.long
def test_the_page_has_the_sections_of_both_parts(folder: Path, tmp_path: Path) -> None:
    for package in ("jinja2", "plotly"):
        pytest.importorskip(package, reason=f"a report needs {package}")
    page = report(folder, tmp_path / "page.html", Choices()).read_text("utf-8")
    titles = re.findall(r"<h2[^>]*>([^<]*)", page)
    assert titles[:3] == ["Summary", "From the rupture to the gauges", "Bed and water surface in time"]
    assert {"Earthquake: seismograms", "Tsunami: gauges"} <= set(titles) and "Provenance" in titles
    assert len(titles) == len(set(titles))
    assert "An earthquake of magnitude" in page and "Moment magnitude, tsunami" in page
