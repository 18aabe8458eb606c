"""Is what is read from a run, picked from a record and drawn on a map what is there?"""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support.synthetic_run import BUOYS, START, write_run

from esim.analysis import Run
from esim.analysis.comparison.observations import observed
from esim.analysis.figures import chart, credit
from esim.analysis.figures.clock import clock, duration, local_zone
from esim.analysis.figures.look import Look, checked_colours, checked_extent, checked_zone
from esim.analysis.ocean.crest import Crest, first_crest
from esim.errors import InputError

plotting = pytest.importorskip("matplotlib", reason="figures need Matplotlib")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


# ------------------------------------------------------------------ first crests


@pytest.mark.parametrize(
    ("buoy", "time", "height"), [("21418", 1956, 1.873), ("21401", 3996, 0.664), ("21413", 4836, 0.774)]
)
def test_the_observed_records_give_the_published_crests(buoy: str, time: float, height: float) -> None:
    record = observed(buoy, START)
    assert record is not None
    crest = first_crest(record.time, record.eta, after=record.shaking)
    assert crest is not None
    assert crest.time == time
    assert crest.height == pytest.approx(height, abs=5e-4)


def wave(time: np.ndarray) -> np.ndarray:
    """A crest of 1 m at 3000 s, a trough after it, and a larger crest at 9000 s, after more than an hour."""
    parts = ((1.0, 3000, 250), (-0.6, 3700, 300), (1.5, 9000, 300))
    return sum(height * np.exp(-(((time - when) / width) ** 2)) for height, when, width in parts)


@pytest.mark.parametrize("seed", range(20))
def test_noise_moves_the_crest_little(seed: int) -> None:
    time = np.arange(0, 12000, 15.0)
    eta = wave(time) + np.random.default_rng(seed).normal(0, 0.03, time.size)
    crest = first_crest(time, eta)
    assert crest is not None
    assert abs(crest.time - 3000) < 150
    assert abs(crest.height - 1) < 0.12


def test_the_higher_of_two_crests_without_a_trough_between_them_is_taken() -> None:
    time = np.arange(0, 6000, 15.0)
    eta = 0.7 * np.exp(-(((time - 2000) / 150) ** 2)) + np.exp(-(((time - 2400) / 200) ** 2))
    crest = first_crest(time, eta)
    assert crest is not None
    assert crest.time == 2400


def test_shaking_before_the_wave_and_missing_values_are_passed_over() -> None:
    time = np.arange(0, 6000, 15.0)
    eta = wave(time)
    eta[:40] = 5 * np.sin(time[:40])
    eta[195:199] = np.nan
    crest = first_crest(time, eta, after=1200)
    assert crest is not None
    assert crest.time == 3000


@pytest.mark.parametrize("last", [2000, 2900, 3100])
def test_a_record_that_ends_before_the_crest_has_passed_has_none(last: float) -> None:
    time = np.arange(0, last, 15.0)
    assert first_crest(time, wave(time)) is None


@pytest.mark.parametrize("eta", [np.zeros(50), np.full(50, np.nan), -np.ones(50), np.zeros(0)])
def test_without_a_rise_there_is_no_crest(eta: np.ndarray) -> None:
    assert first_crest(15.0 * np.arange(eta.size), eta) is None


# ------------------------------------------------------------------ observations


def test_a_record_counts_from_the_origin_of_the_run() -> None:
    early = observed("21401", START - timedelta(seconds=60))
    record = observed("21401", START)
    assert early is not None and record is not None
    np.testing.assert_array_equal(early.time, record.time + 60)
    assert early.shaking == record.shaking + 60


@pytest.mark.parametrize(
    ("station", "start"),
    [("21401", None), ("21401", START + timedelta(days=1)), ("99999", START)],
)
def test_no_record_is_made_up(station: str, start: datetime | None) -> None:
    assert observed(station, start) is None


# ------------------------------------------------------------------ opening a run


def test_a_run_is_opened_with_dates_and_hours(folder: Path) -> None:
    with Run.open(folder) as run:
        assert run.fields is not None and run.maxima is not None and run.stations is not None
        assert run.fields["time"].values[1] == np.datetime64("2011-03-11T06:01:24")
        np.testing.assert_allclose(run.fields["hours"][:3], [0, 0.25, 0.5])
        assert (run.title, run.start) == ("a made-up wave", START)
        assert run.magnitude == pytest.approx((22.69897 - 9.1) / 1.5)
        assert list(run.stations["station"].values) == list(BUOYS)
        assert run.maxima["arrival_time"].dtype.kind == "f"


def test_a_run_on_a_plane_has_no_date(tmp_path: Path) -> None:
    with Run.open(write_run(tmp_path, lonlat=False)) as run:
        assert run.start is None and run.stations is not None
        assert float(run.stations["seconds"][-1]) == 7200


def test_files_that_were_not_written_are_none(tmp_path: Path) -> None:
    with Run.open(write_run(tmp_path, fields=False, stations=False)) as run:
        assert run.fields is None and run.stations is None and run.maxima is not None


def test_what_is_no_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        Run.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no run\.json"):
        Run.open(tmp_path)
    for text in ("{", "[]", '{"title": 1}', '{"configuration": 3}'):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(InputError, match="not a record written by esim-run"):
            Run.open(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"configuration": {}}))
    (tmp_path / "maxima.nc").write_bytes(b"CDF?")
    with pytest.raises(InputError, match=r"maxima\.nc: not a readable NetCDF file"):
        Run.open(tmp_path)


# ------------------------------------------------------------------ figures


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_uplift_is_drawn_around_the_source_with_a_symmetric_scale(folder: Path) -> None:
    from esim.analysis.ocean.figures import uplift

    with Run.open(folder) as run:
        axes = uplift.figure(run).axes[0]
    image = axes.images[-1]
    assert image.norm.vmin == -image.norm.vmax == -5
    assert "Mw 9.07" in axes.get_title("left") and "+5.00 m" in axes.get_title("left")
    assert axes.child_axes[0].get_ylabel() == "uplift of the seafloor (m)"
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert west < 145 < east and south < 37 < north
    assert axes.get_aspect() == pytest.approx(1 / np.cos(np.deg2rad((south + north) / 2)))
    assert "21418" in texts(axes)


def test_without_uplift_the_initial_water_is_drawn(tmp_path: Path) -> None:
    from esim.analysis.ocean.figures import uplift

    with Run.open(write_run(tmp_path / "hump", uplift=0)) as run:
        figure = uplift.figure(run)
    assert "initial water surface" in figure.axes[0].get_title("left")
    assert "Mw" not in figure.axes[0].get_title("left")
    with Run.open(write_run(tmp_path / "calm", uplift=0, fields=False)) as run:
        assert uplift.figure(run) is None


def test_heights_are_drawn_with_land_coast_isochrones_and_gauges(folder: Path) -> None:
    from esim.analysis.ocean.figures import heights

    with Run.open(folder) as run:
        axes = heights.figure(run).axes[0]
    land, water = axes.images
    assert np.isfinite(land.get_array()[:, :4]).all() and water.get_array()[:, :4].mask.all()
    coast, isochrones = (lines for lines in axes.collections if hasattr(lines, "levels"))
    assert list(coast.levels) == [0]
    assert len(isochrones.levels) > 4
    np.testing.assert_array_equal(np.diff(isochrones.levels), 900)
    np.testing.assert_array_equal(isochrones.levels % 900, 0)
    assert set(BUOYS) <= set(texts(axes))
    assert any(text.endswith("min") or text.endswith("h") for text in texts(axes))
    assert axes.child_axes[0].get_ylabel() == "maximum water-surface elevation (m)"
    assert "1 cm" in axes.get_title("left")


def test_labels_of_isochrones_cover_nothing_that_is_written(folder: Path) -> None:
    from esim.analysis.ocean.figures import heights

    with Run.open(folder) as run:
        figure = heights.figure(run)
    axes = figure.axes[0]
    figure.draw_without_rendering()
    boxes = {text: text.get_window_extent() for text in axes.texts}
    times = [
        text for text in boxes if text.get_text().endswith(("min", "h")) and text.get_text()[0].isdigit()
    ]
    assert len(times) >= 4
    frame = axes.get_window_extent()
    for time in times:
        middle = (boxes[time].x0 + boxes[time].x1) / 2, (boxes[time].y0 + boxes[time].y1) / 2
        assert frame.contains(*middle)
        assert not any(box.contains(*middle) for text, box in boxes.items() if text is not time)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((0, 1), "neither"),
        ((-2, 1, np.nan), "min"),
        ((0, 3), "max"),
        ((-2, 3), "both"),
        ((np.nan,), "neither"),
    ],
)
def test_a_scale_of_colours_goes_on_where_values_do(values: tuple, ends: str) -> None:
    assert chart.beyond(np.array(values, dtype=float), -1.0, 1.0) == ends


def test_gauges_are_drawn_with_observations_where_there_are(folder: Path, tmp_path: Path) -> None:
    from esim.analysis.ocean.figures import gauges

    with Run.open(folder) as run:
        ((_, draw),) = gauges.figures(run)
        figure = draw()
    labels = [{line.get_label() for line in axes.lines} for axes in figure.axes]
    assert all({"computed", "observed"} <= found for found in labels)
    assert figure.axes[-1].get_xlabel() == "time since origin (min)"
    assert figure.axes[0].get_xlim() == (0, 120)
    low, high = figure.axes[0].get_ylim()
    assert low < -0.93 and high > 1.88
    with Run.open(write_run(tmp_path, lonlat=False)) as run:
        ((_, draw),) = gauges.figures(run)
        figure = draw()
    assert not any(line.get_label() == "observed" for axes in figure.axes for line in axes.lines)


def test_many_gauges_fill_several_figures(folder: Path) -> None:
    from esim.analysis.ocean.figures import gauges
    from esim.analysis.reading.run import Run

    with Run.open(folder) as run:
        many = run.stations.isel(station=np.arange(19) % 3)
        sketches = dict(gauges.figures(Run(folder, run.record, None, None, many)))
        assert list(sketches) == ["gauges", "gauges_2", "gauges_3"]
        assert [len(draw().axes) for draw in sketches.values()] == [8, 8, 3]


def test_snapshots_are_chosen_over_the_whole_run(folder: Path) -> None:
    from esim.analysis.ocean.figures import snapshots

    with Run.open(folder) as run:
        figure = snapshots.figure(run)
    titles = [axes.get_title("left") for axes in figure.axes if axes.images]
    assert len(titles) == len(set(titles)) and titles[-1].startswith("2 h | 07:46 UTC")
    assert not any(title.startswith("0 min") for title in titles)


@pytest.mark.long
def test_all_figures_become_files(folder: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    from esim.analysis.plot import plot

    *paths, table = plot(folder, tmp_path)
    assert [path.name for path in paths] == ["uplift.png", "heights.png", "snapshots.png", "gauges.png"]
    assert table.name == "stations_misfit.csv"
    for path in paths:
        picture = imread(path)
        assert min(picture.shape[:2]) > 400 and picture.std() > 0.02
    assert sorted(tmp_path.iterdir()) == sorted([*paths, table])


@pytest.mark.long
@pytest.mark.parametrize("format", ["pdf", "svg"])
def test_a_run_on_a_plane_is_drawn_in_other_formats(tmp_path: Path, format: str) -> None:
    from esim.analysis.plot import plot

    paths = plot(write_run(tmp_path, lonlat=False), format=format)
    assert len(paths) == 4 and all(path.parent == tmp_path / "figures" for path in paths)
    head = {"pdf": b"%PDF", "svg": b"<?xml"}[format]
    assert all(path.read_bytes().startswith(head) for path in paths)


def test_a_run_with_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    from esim.analysis.plot import plot

    write_run(tmp_path, fields=False, maxima=False, stations=False)
    with pytest.raises(InputError, match="nothing to draw"):
        plot(tmp_path)


@pytest.mark.parametrize("still", [0.0, np.nan])
def test_a_still_or_dry_run_on_one_row_of_cells_is_drawn(folder: Path, still: float) -> None:
    from esim.analysis.ocean.figures import heights, snapshots, uplift
    from esim.analysis.reading.run import Run

    with Run.open(folder) as run:
        fields, maxima = run.fields.isel(lat=[0]), run.maxima.isel(lat=[0])
        fields["eta"] = fields["eta"] * 0 + still
        maxima["eta_max"], maxima["arrival_time"] = maxima["eta_max"] * 0 + still, maxima["eta_max"] * np.nan
        maxima["uplift"] = maxima["uplift"] * 0
        quiet = Run(folder, run.record, fields, maxima, None)
        assert heights.figure(quiet) is not None and snapshots.figure(quiet) is not None
        assert uplift.figure(quiet) is None


def test_maps_are_thinned_to_what_can_be_seen(folder: Path) -> None:
    with Run.open(folder) as run:
        field = run.maxima["eta_max"]
        assert chart.thin(field, 10).shape == (9, 8)
        assert chart.thin(field, 36).shape == field.shape


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (45, "45 s"), (1800, "30 min"), (3600, "1 h"), (5400, "1 h 30 min"), (7199.9, "2 h")],
)
def test_durations_are_told_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("degrees", "words"), [(140, "140°E"), (190, "170°W"), (180, "180°"), (-70, "70°W")])
def test_meridians_are_named_across_the_dateline(degrees: float, words: str) -> None:
    assert chart.meridian(degrees) == words


@pytest.mark.parametrize(("value", "rounded"), [(1, 1), (1.01, 1.5), (0.0071, 0.008), (9, 10), (0.3, 0.3)])
def test_scales_end_at_round_numbers(value: float, rounded: float) -> None:
    assert chart.nice(value) == pytest.approx(rounded)


def test_a_crest_is_a_sample_of_the_record() -> None:
    crest = first_crest(np.array([0.0, 60, 120, 180]), np.array([0.0, 1.2, 0.9, 0.0]))
    assert crest == Crest(60.0, 1.2)


# ------------------------------------------------------------------ what a cartographer asks for


def test_what_no_wave_has_reached_has_no_colour(folder: Path) -> None:
    from esim.analysis.ocean.figures import heights
    from esim.analysis.reading.run import Run

    with Run.open(folder) as run:
        low = run.maxima.copy()
        low["eta_max"] = low["eta_max"].where(low["lat"] < 40, 0.009)
        axes = heights.figure(Run(folder, run.record, None, low, None)).axes[0]
    shown = axes.images[-1].get_array()
    assert shown[-1].mask.all() and not shown[0, 4:].mask.any()
    assert any(text == "white: below 1 cm" for text in texts(axes))
    assert min(axes.images[-1].cmap(0.0)[:3]) < 0.8  # the palest colour is not white


def test_isochrones_keep_out_of_the_source_and_of_crumbs() -> None:
    import xarray as xr

    from esim.analysis.ocean.figures import isochrones

    x, y = np.arange(50.0), np.arange(40.0)
    time = xr.DataArray(60 * np.hypot(x - 25, y[:, None] - 20), {"lat": y, "lon": x}, ("lat", "lon"))
    time = time.assign_attrs(threshold=0.01)
    maxima = xr.Dataset({"arrival_time": time, "eta_max": time * 0 + 1, "uplift": time * 0})
    maxima["uplift"][18:23, 23:28] = 2.0
    maxima["eta_max"][:5] = 0.001
    triangle = np.array([[10.0, 10], [16, 10], [10, 16]])
    kept = isochrones.arrivals(maxima, [triangle]).notnull()
    assert not kept[20, 25] and not kept[:5].any() and not kept[11, 11] and kept[15, 15] and kept[30, 40]
    assert isochrones.levels(time)[0] == 300 and len(isochrones.levels(time)) <= 10
    assert list(isochrones.levels(time, 600.0)) == [600, 1200, 1800]
    long, crumb = np.array([[0.0, 0], [10, 0]]), np.array([[0.0, 0], [1, 0], [0, 1], [0, 0]])
    assert len(isochrones.pieces([long, crumb], 50.0)) == 1


def test_faults_and_nests_are_outlined_on_the_map(folder: Path) -> None:
    from dataclasses import replace

    from esim.analysis.ocean.figures import heights

    corners = [[-216.0, 36.0, 5e3], [-215.0, 36.0, 5e3], [-215.0, 38.0, 2e4], [-216.0, 38.0, 2e4]]
    with Run.open(folder) as run:
        run.record["sources"] = [{"lonlat": True, "outline": [corners], "rupture_start": [-215.5, 37.0]}]
        inner = run.maxima.isel(lon=slice(8, 16), lat=slice(8, 16))
        axes = heights.figure(replace(run, nests={"bay": inner})).axes[0]
    (star,) = (line for line in axes.lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (144.5, 37)
    (fault,) = (
        each
        for each in axes.collections
        if type(each).__name__ == "LineCollection" and each.get_alpha() == 0.75
    )
    np.testing.assert_allclose(fault.get_segments()[0].min(axis=0), (144, 36))
    box = next(line for line in axes.lines if line.get_color() == "#D55E00").get_xydata()
    np.testing.assert_allclose((box.min(axis=0), box.max(axis=0)), ((144, 32), (148, 36)))
    assert "bay" in texts(axes) and any(text.endswith("km at 37°N") for text in texts(axes))


def test_a_scale_bar_has_the_length_that_it_says(folder: Path) -> None:
    from matplotlib.figure import Figure

    from esim.analysis.figures import marks

    axes = Figure().add_subplot(xlim=(140, 156), ylim=(28, 46))
    marks.scale_bar(axes, degrees=True)
    ends = axes.lines[-1].get_xdata()
    assert texts(axes) == ["200 km at 37°N"]
    assert (ends[1] - ends[0]) * 111.19 * np.cos(np.deg2rad(37)) == pytest.approx(200, rel=1e-3)


def test_cells_too_coarse_for_inundation_are_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    from esim.analysis.ocean.figures import inundation
    from esim.analysis.reading.run import Run

    with Run.open(folder) as run:
        wet = run.maxima.copy()
        wet["inundation_depth_max"] = wet["inundation_depth_max"].fillna(1.0)
        assert inundation.figure(Run(folder, run.record, None, wet, None)) is None
        assert "cells of 55.6 km do not resolve it, 500 m at most" in caplog.text
        fine = wet.assign_coords(lon=140 + 1e-3 * np.arange(32), lat=38 + 1e-3 * np.arange(36))
        assert inundation.figure(Run(folder, run.record, None, fine, None)) is not None


def test_maps_show_the_part_the_colours_and_the_title_that_are_chosen(folder: Path) -> None:
    from esim.analysis.ocean.figures import heights, snapshots, uplift

    look = Look(extent=(144.0 - 360, 148.0 - 360, 36.0, 39.0), cmap="cividis", title="mine")
    with Run.open(folder) as run:
        for figure in (heights.figure(run, look=look), uplift.figure(run, look), snapshots.figure(run, look)):
            axes = figure.axes[0]
            assert axes.get_xlim() == (144, 148) and axes.get_ylim() == (36, 39)
            assert axes.images[-1].cmap.name == "cividis"
            assert f"{axes.get_title('left')}{figure.get_suptitle()}".count("mine") == 1
        assert heights.figure(run, look=Look(extent=(0, 1, 0, 1))) is None


def test_only_some_figures_are_drawn(folder: Path, tmp_path: Path) -> None:
    from esim.analysis.plot import plot

    (path,) = plot(folder, tmp_path, look=Look(only=("gauges",), dpi=50))
    assert path.name == "gauges.png"
    with pytest.raises(InputError, match="--only hights: the run has no such figure, did you mean 'heights'"):
        plot(folder, tmp_path, look=Look(only=("hights",)))
    with pytest.raises(InputError, match="nothing to draw within --extent"):
        plot(folder, tmp_path, look=Look(only=("heights",), extent=(0, 1, 0, 1)))


def test_choices_that_mean_nothing_are_told() -> None:
    with pytest.raises(InputError, match="--extent 2 1 0 1 is no box"):
        checked_extent((2, 1, 0, 1))
    with pytest.raises(InputError, match="no map of colours is called 'virdis', did you mean 'viridis'"):
        checked_colours("virdis")
    with pytest.raises(InputError, match="no time zone is called 'Asia/Tokio', did you mean 'Asia/Tokyo'"):
        checked_zone("Asia/Tokio")


def test_clocks_are_those_of_the_land_nearest_to_the_source(folder: Path) -> None:
    pytest.importorskip("tzfpy", reason="time zones of places need tzfpy")
    with Run.open(folder) as run:
        times = clock(run, Look(zone=checked_zone("Asia/Tokyo")))
        elsewhere = clock(run, Look(zone=checked_zone("Asia/Kathmandu")))
    assert times.origin() == "origin 2011-03-11 05:46:24 UTC = 14:46:24 JST"
    assert times.at(3600) == ["06:46 UTC", "15:46 JST"] and times.at(36000)[1] == "12 Mar 00:46 JST"
    assert elsewhere.at(0)[1] == "11:31 UTC+5:45"
    assert str(local_zone(141.5, 38.3)) == "Asia/Tokyo" == str(local_zone(-218.5, 38.3))
    assert local_zone(160.0, 20.0).utcoffset(START).total_seconds() == 11 * 3600


def test_a_time_zone_without_an_origin_time_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from esim.analysis.plot import plot

    run = write_run(tmp_path, lonlat=False, fields=False, maxima=False)
    plot(run, look=Look(zone=checked_zone("Asia/Tokyo"), dpi=40))
    assert caplog.text.count("the time zone is not used") == 1


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((130.2, 131.5), ["130°30′E", "131°E", "131°30′E"]),
        ((178.0, 182.0), ["178°E", "179°E", "180°", "179°W", "178°W"]),
    ],
)
def test_degrees_are_round_in_minutes(ends: tuple[float, float], words: list[str]) -> None:
    assert [chart.meridian(value) for value in chart.degrees(*ends, 5)] == words


def test_the_line_below_a_figure_names_the_data(folder: Path) -> None:
    from matplotlib.figure import Figure

    with Run.open(folder) as run:
        beds = [
            {"kind": "file", "file": "data:etopo1_nwpacific_6min.nc"},
            {"kind": "file", "file": "/a/harbour.nc"},
        ]
        run.record["configuration"] |= {
            "bathymetry": beds,
            "source": [{"file": "b/slip.csv"}, {"kind": "hump"}],
        }
        drawing = Figure(layout="constrained")
        drawing.add_subplot()
        credit.line(drawing, run, coast=True)
    (line,) = (text.get_text() for text in drawing.texts)
    assert line.startswith(
        "bathymetry ETOPO1 (NOAA, doi:10.7289/V5C8276M), harbour.nc; source slip.csv; coastline GSHHG"
    )


def test_a_source_that_comes_with_esim_is_named_by_its_paper(folder: Path) -> None:
    """Only one with the same bytes: a copy that was changed has its own name."""
    from matplotlib.figure import Figure

    file = credit.CONFIGS / "sources/satake2013.csv"
    sums = {hashlib.sha256(file.read_bytes()).hexdigest(): "Satake et al. (2013", "0" * 64: "satake2013.csv"}
    for found, words in sums.items():
        with Run.open(folder) as run:
            run.record["configuration"] |= {"source": [{"file": "my/satake2013.csv"}]}
            run.record["inputs"] = [{"path": "/my/satake2013.csv", "sha256": found}]
            drawing = Figure()
            drawing.add_subplot()
            credit.line(drawing, run)
        assert drawing.texts[0].get_text().startswith(f"source {words}")


def test_nests_are_seen_in_the_snapshots(tmp_path: Path) -> None:
    from esim.analysis.ocean.figures import snapshots

    with Run.open(write_run(tmp_path, stations=False, maxima=False, nest="bay")) as run:
        panels = [axes for axes in snapshots.figure(run).axes if axes.images]
    for n, axes in enumerate(panels):
        water = [image for image in axes.images if image.get_zorder() in (2.0, 2.1)]
        whole, inner = (image.get_array() for image in water)
        np.testing.assert_array_equal(inner, 0.5 * whole[6:14, 8:18].repeat(2, 0).repeat(2, 1))
        assert ("bay" in texts(axes)) == (n == 0)
