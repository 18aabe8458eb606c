"""Do the figures of a crust run show what its files hold?"""

from pathlib import Path

import numpy as np
import pytest
from support.synthetic_crust import Quake, Scene, line, record, ring, write_run

from esim.analysis.crust import medium
from esim.analysis.crust.figures.arrivals import first_arrival
from esim.analysis.figures import labels
from esim.analysis.reading.run import Run
from esim.errors import InputError

pytest.importorskip("matplotlib", reason="figures need Matplotlib")

TOP, VP = np.array([0.0, 1000.0]), np.array([4000.0, 6000.0])
FAULT = Quake(1e19, 8e3, 30.0, 20e3, 10e3, 1.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fault with ten stations, and planes of every direction."""
    planes = {"xz": ("y", 1000.0), "yz": ("x", 0.0), "deep": ("depth", 5000.0)}
    return write_run(tmp_path_factory.mktemp("run"), Scene(FAULT, stations=line(10, 3e3), planes=planes))


def bare(scene: Scene, **configuration: object) -> Run:
    """A run with a record and no files; keys of its configuration replaced."""
    told = record(scene)
    told["configuration"] |= configuration
    return Run(Path("nowhere"), told, None, None, None)


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def made(sketches) -> dict:
    """The figures by name."""
    return {name: draw() for name, draw in sketches}


# ------------------------------------------------------------------ arrivals


@pytest.mark.parametrize("depth", [0.0, 2e3, 30e3])
def test_a_homogeneous_space_has_straight_rays(depth: float) -> None:
    distance = np.array([0.0, 500.0, 7e3, 90e3, 400e3])
    times = first_arrival(np.zeros(1), np.array([6000.0]), depth, distance)
    np.testing.assert_allclose(times, np.hypot(distance, max(depth, 1)) / 6000, rtol=1e-6)


def test_a_faster_layer_below_the_source_brings_a_head_wave_beyond_its_crossover() -> None:
    top, speed, depth = np.array([0.0, 30e3]), np.array([6000.0, 8000.0]), 10e3
    slow = np.sqrt(1 / 6000**2 - 1 / 8000**2)
    distance = np.array([20e3, 100e3, 150e3, 300e3])
    head = distance / 8000 + (2 * 30e3 - depth) * slow
    direct = np.hypot(distance, depth) / 6000
    assert (direct < head).tolist() == [True, True, False, False]
    np.testing.assert_allclose(
        first_arrival(top, speed, depth, distance), np.minimum(direct, head), rtol=1e-6
    )


def test_a_ray_through_a_slow_layer_takes_the_least_time() -> None:
    """Fermat: no other point at which the ray could cross the interface gives an earlier time."""
    distance = np.array([0.0, 1e3, 5e3, 20e3])
    crossing = np.linspace(0, 1, 20001)[:, None] * distance
    times = np.hypot(crossing, 1000) / 6000 + np.hypot(distance - crossing, 1000) / 4000
    np.testing.assert_allclose(first_arrival(TOP, VP, 2000.0, distance), times.min(axis=0), rtol=1e-6)


def test_shear_waves_do_not_cross_water() -> None:
    times = first_arrival(TOP, np.array([0.0, 3464.0]), 2000.0, np.array([0.0, 5e3]))
    assert np.isnan(times).all()
    assert np.isfinite(first_arrival(TOP, np.array([2000.0, 0.0]), 500.0, np.array([5e3]))).all()


# ------------------------------------------------------------------ names


def test_places_are_spread_no_further_than_needed() -> None:
    np.testing.assert_allclose(labels.spread(np.array([0.0, 2, 5]), 1.0), [0, 2, 5])
    np.testing.assert_allclose(labels.spread(np.array([0.0, 0, 0, 9]), 1.0), [-1, 0, 1, 9])
    places = np.sort(np.random.default_rng(1).uniform(0, 10, 40))
    moved = labels.spread(places, 0.3)
    assert np.diff(moved).min() > 0.3 - 1e-12
    assert moved.mean() == pytest.approx(places.mean())


def test_names_cover_neither_each_other_nor_the_places() -> None:
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(5, 5))
    axes = drawing.add_subplot(xlim=(0, 10), ylim=(0, 10))
    x, y = np.random.default_rng(2).uniform(0, 10, (2, 40))
    labels.beside(axes, x, y, [f"STATION{n}" for n in range(40)])
    drawing.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 10 < len(boxes) < 40
    assert not any(one.overlaps(two) for n, one in enumerate(boxes) for two in boxes[:n])
    points = axes.transData.transform(np.column_stack((x, y)))
    assert not any(box.contains(*point) for box in boxes for point in points)
    frame = axes.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


# ------------------------------------------------------------------ the record


def test_planes_and_motion_are_opened_by_name(folder: Path) -> None:
    (folder / "surface_displacement.nc").write_bytes((folder / "fields.nc").read_bytes())
    with Run.open(folder) as run:
        assert run.scenario == "seismic" and run.magnitude == pytest.approx((19 - 9.1) / 1.5)
        assert set(run.planes) == {"xz", "yz", "deep"}
        assert run.planes["xz"]["vz"].dims == ("time", "depth", "x")
        assert run.surface_displacement is not None and float(run.surface_displacement["seconds"][-1]) == 24
    (folder / "surface_displacement.nc").unlink()


def test_sources_come_strongest_first_with_their_faults() -> None:
    run = bare(Scene(FAULT))
    weak = {"name": "weak", "x": 1.0, "y": 2.0, "depth": 3.0, "moment": 1e10}
    wave = {"name": "plane wave", "x": None, "moment": None}
    two = {
        "name": "two",
        "x": 0,
        "y": 0,
        "depth": 0,
        "moment": 1e15,
        "outline": [[[0, 0], [1, 0], [1, 1]]] * 2,
    }
    run.record["sources"] = [weak, wave, *run.record["sources"], two]
    found = medium.sources(run)
    assert [source.name for source in found] == ["mainshock", "two", "weak"]
    assert [len(source.outlines) for source in found] == [1, 2, 0]
    assert found[0].outlines[0].shape == (4, 3) and found[1].outlines[0].shape == (3, 3)


def test_layers_are_those_within_the_grid() -> None:
    layers = [{"top": top, "vp": vp, "vs": vp / 2} for top, vp in ((30e3, 8e3), (0.0, 4e3), (1e3, 6e3))]
    profile = medium.profile(bare(Scene(), medium={"kind": "layers", "layers": layers}))
    assert profile is not None
    assert profile.top.tolist() == [0, 1000] and profile.vp.tolist() == [4000, 6000]
    assert profile.interfaces.tolist() == [1000]


def test_a_gradient_and_a_file_become_many_layers(tmp_path: Path) -> None:
    given = {"kind": "gradient", "vp": 5000.0, "vs": 2500.0, "vp_gradient": 0.1, "vs_gradient": None}
    profile = medium.profile(bare(Scene(), medium=given))
    assert profile is not None and not profile.interfaces.size
    assert profile.vp[0] == pytest.approx(5000, abs=10) and profile.vp[-1] == pytest.approx(7000, abs=10)
    assert (profile.vs == 2500).all()
    file = tmp_path / "model.nd"
    file.write_text("0 5.8 3.4 2.7\n15 5.8 3.4 2.7\n15 6.5 3.7 2.9\n40 6.5 3.7 2.9\n")
    profile = medium.profile(bare(Scene(), medium={"kind": "model", "file": str(file)}))
    assert profile is not None and profile.interfaces.tolist() == [15e3]
    assert sorted(set(profile.vp.round(6))) == [5800, 6500]
    file.unlink()
    assert medium.profile(bare(Scene(), medium={"kind": "model", "file": str(file)})) is None
    assert medium.profile(bare(Scene(), medium={"kind": "grid", "file": "x.nc"})) is None


def test_absorbing_cells_are_cut_off_and_free_ones_are_not(folder: Path) -> None:
    with Run.open(folder) as run:
        assert run.maxima is not None
        assert medium.inner(run, run.maxima["pgv_horizontal"]).shape == (76, 76)
        assert medium.inner(run, run.planes["xz"]["vz"]).shape == (13, 18, 76)
        run.record["configuration"]["grid"]["boundary"]["x"] = "periodic"
        assert medium.inner(run, run.maxima["pgv_horizontal"]).shape == (76, 80)
        run.record["configuration"]["grid"]["boundary"]["cells"] = 40
        assert medium.inner(run, run.maxima["pgv_horizontal"]).shape == (80, 80)


@pytest.mark.parametrize(
    ("peak", "si", "unit"),
    [
        (2.0, "m/s", "m/s"),
        (0.03, "m/s", "cm/s"),
        (0.002, "m/s²", "mm/s²"),
        (3e-6, "m", "µm"),
        (0.0, "m", "m"),
    ],
)
def test_units_make_peaks_handy(peak: float, si: str, unit: str) -> None:
    assert medium.unit(peak, si).name == unit
    assert peak == 0 or 1 <= peak * medium.unit(peak, si).factor < 1000


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234, "1230"), (0.012345, "0.0123"), (12.0, "12"), (3.21e-9, "3.21e-09")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert medium.number(value) == text


# ------------------------------------------------------------------ record sections


def traces(axes) -> list[np.ndarray]:
    return [line.get_ydata() for line in axes.lines if line.get_color() == "#1a1a1a"]


def test_traces_lie_at_their_distances_and_their_peaks_are_told(folder: Path) -> None:
    from esim.analysis.crust.figures import record_section

    with Run.open(folder) as run:
        figure = record_section.figure(run)
        assert run.stations is not None
        down = 100 * np.abs(run.stations["vz"].values).max(axis=1)
    panels = figure.axes
    assert [axes.get_title() for axes in panels] == [
        "radial (peak in cm/s)", "transverse (peak in cm/s)", "up (peak in cm/s)"
    ]  # fmt: skip
    assert panels[0].get_ylabel() == "epicentral distance (km)"
    np.testing.assert_allclose([trace[0] for trace in traces(panels[2])], 3 * np.arange(1, 11), atol=1e-6)
    written = [text for text in texts(panels[2]) if text not in "PS" and not text.startswith("S")]
    assert written == [medium.number(float(peak)) for peak in down]
    assert {f"S{n:02d}" for n in range(1, 11)} <= set(texts(panels[2]))


def test_motion_is_turned_towards_the_source_and_up(tmp_path: Path) -> None:
    """On the strike of a strike-slip fault nothing but transverse S; at 45 degrees to it no transverse motion."""
    from esim.analysis.crust.figures import record_section

    quake = Quake(strike=0.0, depth=5e3)
    stations = {"ON": (0.0, 10e3), "NE": (8e3, 8e3), "SE": (16e3, -16e3)}
    with Run.open(write_run(tmp_path, Scene(quake, stations=stations, fields=False, maxima=False))) as run:
        panels = record_section.figure(run).axes
        assert run.stations is not None
        vx, vz = run.stations["vx"].values, run.stations["vz"].values
    swings = np.array([[np.ptp(trace) for trace in traces(axes)] for axes in panels])
    assert (swings[[0, 2], 0] < 1e-6).all() and swings[1, 0] > 1
    assert (swings[1, 1:] < 1e-6).all() and (swings[0, 1:] > 0.5).all()
    # P pushes away in the north-east and pulls in the south-east
    for axes in (panels[0], panels[2]):
        first = [trace[np.argmax(np.abs(trace - trace[0]) > 0.02)] - trace[0] for trace in traces(axes)[1:]]
        assert first[0] > 0 > first[1]
    # the transverse motion at the northern station is eastward, and up is opposite to z
    east, up = traces(panels[1])[0] - 10, traces(panels[2])[1] - np.hypot(8, 8)
    assert np.corrcoef(east, vx[0])[0, 1] > 0.999 and np.corrcoef(up, -vz[1])[0, 1] > 0.999


def test_motion_to_true_east_and_north_is_turned_as_that_along_the_grid(tmp_path: Path) -> None:
    """The same motion along other axes: 20 degrees from those of the grid."""
    import xarray as xr

    from esim.analysis.crust.figures import record_section

    stations = {"N": (2e3, 9e3), "E": (9e3, -1e3)}
    folder = write_run(tmp_path, Scene(Quake(strike=10.0), stations=stations, fields=False, maxima=False))
    with Run.open(folder) as run:
        wanted = [traces(axes) for axes in record_section.figure(run).axes]
    data, angle = xr.load_dataset(folder / "stations.nc", decode_times=False), np.deg2rad(20.0)
    east = data.vx * np.cos(angle) + data.vy * np.sin(angle)
    north = data.vy * np.cos(angle) - data.vx * np.sin(angle)
    axes = {"axes": "x true east, y true north"}
    data["vx"], data["vy"] = east.assign_attrs(axes), north.assign_attrs(axes)
    data["meridian_convergence"] = ("station", [20.0, 20.0])
    data.to_netcdf(folder / "stations.nc")
    with Run.open(folder) as run:
        for axes, before in zip(record_section.figure(run).axes, wanted, strict=True):
            np.testing.assert_allclose(traces(axes), before, atol=1e-6)


def test_the_lines_of_first_arrivals_precede_the_waves(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import record_section

    scene = Scene(
        Quake(pulse=0.3), stations=line(8, 3e3), duration=12, every=0.02, fields=False, maxima=False
    )
    with Run.open(write_run(tmp_path, scene)) as run:
        radial, transverse, _ = record_section.figure(run).axes
        time = run.stations["seconds"].values
    assert {"P", "S"} <= set(texts(radial))
    for axes, colour in ((radial, record_section.P), (transverse, record_section.S)):
        (arrival,) = (line for line in axes.lines if line.get_color() == colour)
        for trace in traces(axes):
            first = time[np.argmax(np.abs(trace - trace[0]) > 1e-3 * np.ptp(trace))]
            told = np.interp(trace[0], arrival.get_ydata(), arrival.get_xdata())
            assert told - 0.02 < first < told + 0.6


def test_stations_at_one_distance_are_drawn_in_ranks(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import record_section

    scene = Scene(stations=ring(12), fields=False, maxima=False)
    with Run.open(write_run(tmp_path, scene)) as run:
        panels = record_section.figure(run).axes
    np.testing.assert_allclose([trace[0] for trace in traces(panels[0])], np.arange(12), atol=1e-6)
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert len(names) == 12 and "R05  20 km" in names
    assert panels[0].get_ylabel() == ""


@pytest.mark.parametrize("count", [5, 10, pytest.param(60, marks=pytest.mark.long)])
def test_stations_at_almost_one_distance_are_moved_apart_with_lines_to_it(tmp_path: Path, count: int) -> None:
    """Half of them within 200 m, as seen from the epicentre: names and peaks cover none of each other."""
    from esim.analysis.crust.figures import record_section

    near = 20e3 + np.linspace(-100, 100, count // 2)
    distances = np.sort(np.concatenate((near, np.linspace(5e3, 38e3, count - count // 2))))
    places = {f"KMMH{n:02d}": (0.6 * each, 0.8 * each) for n, each in enumerate(distances)}
    with Run.open(write_run(tmp_path, Scene(stations=places, fields=False, maxima=False))) as run:
        figure = record_section.figure(run)
    first, _, last = figure.axes
    rows = np.array([trace[0] for trace in traces(first)])
    assert len(rows) == count and np.diff(rows).min() > 0.4 * 33 / (count - 1)
    lines = [line.get_ydata() for line in first.lines if line.get_color() == record_section.LEADER["color"]]
    np.testing.assert_allclose([line[0] for line in lines], distances / 1000, atol=0.01)
    np.testing.assert_allclose([line[-1] for line in lines], rows)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in last.texts if text.get_text() not in "PS"]
    assert len(boxes) == 2 * count
    assert not any(one.overlaps(two) for n, one in enumerate(boxes) for two in boxes[:n])


def test_a_crowd_of_stations_has_as_many_names_as_there_is_room_for(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import record_section

    places = np.random.default_rng(3).uniform(-38e3, 38e3, (150, 2))
    scene = Scene(stations={f"ST{n}": tuple(at) for n, at in enumerate(places)}, fields=False, maxima=False)
    with Run.open(write_run(tmp_path, scene)) as run:
        figure = record_section.figure(run)
    last = figure.axes[2]
    assert len(traces(last)) == 150
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in last.texts if text.get_text().startswith("ST")]
    assert 20 < len(boxes) < 150
    assert not any(one.overlaps(two) for n, one in enumerate(boxes) for two in boxes[:n])


def test_without_a_place_of_the_source_components_are_those_of_the_file(folder: Path) -> None:
    from esim.analysis.crust.figures import record_section

    with Run.open(folder) as run:
        run.record["sources"] = [{"name": "plane wave", "x": None, "y": None, "depth": None, "moment": None}]
        panels = record_section.figure(run).axes
        assert [axes.get_title().split()[0] for axes in panels] == ["east", "north", "up"]
        assert panels[0].get_yticklabels()[0].get_text() == "S01"
        assert record_section.figure(run, "a") is None


def test_still_stations_and_one_above_the_source_are_drawn(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import record_section

    stations = {"ABOVE": (0.0, 0.0), "A": (1e4, 0.0), "B": (2e4, 0.0)}
    with Run.open(write_run(tmp_path, Scene(stations=stations, fields=False, maxima=False))) as run:
        assert run.stations is not None
        assert len(traces(record_section.figure(run).axes[0])) == 3
        still = Run(tmp_path, run.record, None, None, run.stations * 0)
        assert texts(record_section.figure(still).axes[1]).count("0") == 3


# ------------------------------------------------------------------ maps of shaking


def test_intensities_are_the_published_ones() -> None:
    """Worden et al. (2012): 3.78 + 1.47 log10 v and 2.89 + 3.16 log10 v meet at log10 v = 0.53."""
    from esim.analysis.crust.figures.shaking import velocity

    assert velocity(4) == pytest.approx(10 ** ((4 - 3.78) / 1.47))
    assert velocity(8) == pytest.approx(41.4, abs=0.1)
    assert velocity(4.5599) == pytest.approx(velocity(4.5601), rel=0.01) == pytest.approx(10**0.53, rel=0.01)


def test_the_map_shows_shaking_in_steps_with_fault_epicentre_and_stations(folder: Path) -> None:
    from esim.analysis.crust.figures import shaking

    with Run.open(folder) as run:
        drawn = made(shaking.figures(run))
        assert run.maxima is not None
        peak = 100 * float(medium.inner(run, run.maxima["pgv_horizontal"]).max())
    assert list(drawn) == ["pgv", "pga"]
    axes = drawn["pgv"].axes[0]
    assert f"Mw 6.60, peak horizontal ground velocity, up to 1.25 Hz; largest {medium.number(peak)} cm/s" in (
        axes.get_title("left")
    )
    (image,) = axes.images
    steps = image.norm.boundaries
    assert {f"{step:.0e}"[0] for step in steps} <= set("125") and 4 <= len(steps) <= 9
    assert steps[0] < float(np.median(image.get_array().data)) < steps[-1] and steps[-1] >= 0.9 * peak
    assert {f"S{n:02d}" for n in range(3, 11)} <= set(texts(axes))
    (star,) = (line for line in axes.lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (0, 0)
    ends = np.array([axis.get_xydata() for axis in axes.lines if len(axis.get_xydata()) == 5])
    np.testing.assert_allclose(np.abs(ends).max(axis=(0, 1)), [5, 10 * np.cos(np.pi / 6)], rtol=1e-6)
    assert axes.get_xlabel() == "x (km)" and axes.get_aspect() == 1


def test_lines_of_intensity_lie_where_the_velocity_says(folder: Path) -> None:
    from esim.analysis.crust.figures import shaking

    with Run.open(folder) as run:
        axes = made(shaking.figures(run))["pgv"].axes[0]
        accelerations = made(shaking.figures(run))["pga"].axes[0]
    (lines,) = (found for found in axes.collections if hasattr(found, "levels"))
    told = {shaking.velocity(number) for number in shaking.INTENSITIES}
    assert set(lines.levels) <= told and len(lines.levels) >= 2
    assert any(text.startswith("MMI ") for text in texts(axes))
    assert not any(text.startswith("MMI") for text in texts(accelerations))


@pytest.mark.parametrize("still", [0.0, np.nan])
def test_a_still_run_has_a_map(folder: Path, still: float) -> None:
    from esim.analysis.crust.figures import shaking

    with Run.open(folder) as run:
        quiet = Run(folder, run.record, None, run.maxima * still, None)
        assert list(made(shaking.figures(quiet))) == ["pgv", "pga"]
    assert list(shaking.figures(bare(Scene()))) == []


def test_a_run_with_a_place_on_earth_has_degrees(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import shaking

    with Run.open(write_run(tmp_path, Scene(origin=(130.76, 32.76), fields=False))) as run:
        axes = made(shaking.figures(run))["pgv"].axes[0]
        lon, lat = axes.child_axes[1:]
        place = medium.projection(run)
    assert [label.get_text() for label in lon.get_xticklabels()] == [
        "130°30′E",
        "130°40′E",
        "130°50′E",
        "131°E",
        "131°10′E",
    ]
    assert len(lat.get_yticks()) > 1
    for tick, label in zip(lat.get_yticks(), lat.get_yticklabels(), strict=True):
        east = axes.get_xlim()[1]
        whole, _, minutes = label.get_text().strip("N′").partition("°")
        latitude = float(whole) + float(minutes or 0) / 60
        assert place.to_lonlat(1000 * east, 1000 * tick)[1] == pytest.approx(latitude, abs=1e-3)


def test_the_coast_is_that_of_the_ground_or_of_gshhg(folder: Path) -> None:
    from esim.analysis.crust.figures import map_marks

    with Run.open(folder) as run:
        assert map_marks.coast(run, (-30.0, 30.0, -30.0, 30.0)) == []
        assert run.maxima is not None
        height = run.maxima["pgv_horizontal"] * 0 + run.maxima["x"] - 5000
        hilly = Run(folder, run.record, None, run.maxima.assign(elevation=height), None)
        (shore,) = map_marks.coast(hilly, (-30.0, 30.0, -30.0, 30.0))
        np.testing.assert_allclose(shore[0], 5, atol=1e-6)
    pytest.importorskip("roaring_landmask", reason="coastlines need roaring-landmask")
    # Oshima is an island of 9 by 13 km, alone in the sea.
    island = max(map_marks.coast(bare(Scene(origin=(139.4, 34.73))), (-15.0, 15.0, -15.0, 15.0)), key=np.size)
    assert np.ptp(island[0]) == pytest.approx(9, abs=1.5) and np.ptp(island[1]) == pytest.approx(13, abs=1.5)
    np.testing.assert_allclose(island.mean(axis=1), 0, atol=2)


# ------------------------------------------------------------------ snapshots


def test_snapshots_of_the_surface_show_upward_motion_while_waves_pass(folder: Path) -> None:
    from esim.analysis.crust.figures import wavefield

    with Run.open(folder) as run:
        drawn = made(wavefield.figures(run))
        assert run.fields is not None
        field, seconds = medium.inner(run, run.fields["vz"]).values, run.fields["seconds"].values
    figure = drawn["wavefield"]
    panels = [axes for axes in figure.axes if axes.images]
    assert 4 <= len(panels) <= 6
    assert "vertical velocity, positive upward, at the surface" in figure.get_suptitle()
    for axes in panels:
        n = int(np.argmin(np.abs(seconds - float(axes.get_title("left").split()[0]))))
        shown = np.asarray(axes.images[-1].get_array())
        scale = -shown.ravel() @ field[n].ravel() / (field[n] ** 2).sum()
        assert scale in (pytest.approx(100), pytest.approx(1000))
        np.testing.assert_allclose(shown, -scale * field[n], rtol=1e-5, atol=1e-12)
    assert all(axes.images[-1].norm.vmin == -axes.images[-1].norm.vmax for axes in panels)


def test_planes_show_depth_downwards_with_source_fault_and_interfaces(tmp_path: Path) -> None:
    from esim.analysis.crust.figures import wavefield

    layers = ({"top": 0.0, "vp": 5e3, "vs": 3e3}, {"top": 4e3, "vp": 6e3, "vs": 3464.0})
    scene = Scene(FAULT, planes={"xz": ("y", 1000.0), "far": ("x", 35e3)}, layers=layers, fields=False)
    with Run.open(write_run(tmp_path, scene)) as run:
        drawn = made(wavefield.figures(run))
    assert set(drawn) == {"wavefield_xz", "wavefield_far"}
    axes = drawn["wavefield_xz"].axes[0]
    low, high = axes.get_ylim()
    assert low == pytest.approx(18) and high == pytest.approx(0)
    assert "at y = 1 km" in drawn["wavefield_xz"].get_suptitle()
    (star,) = (line for line in axes.lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (0, 8)
    assert [line.get_ydata()[0] for line in axes.lines if len(line.get_ydata()) == 2] == [4]
    assert any(len(line.get_ydata()) == 5 for line in axes.lines)
    assert not any(line.get_marker() == "*" for line in drawn["wavefield_far"].axes[0].lines)


def test_a_plane_shows_the_component_that_does_not_vanish_there(tmp_path: Path) -> None:
    """On the plane of a strike-slip fault symmetry leaves only the motion across it and none downwards."""
    from esim.analysis.crust.figures import wavefield

    scene = Scene(Quake(strike=90.0), planes={"along": ("y", 0.0)}, spacing=500.0, fields=False, maxima=False)
    with Run.open(write_run(tmp_path, scene)) as run:
        (figure,) = made(wavefield.figures(run)).values()
    assert "velocity northward" in figure.get_suptitle()


def test_a_still_surface_has_snapshots(folder: Path) -> None:
    from esim.analysis.crust.figures import wavefield

    with Run.open(folder) as run:
        still = Run(folder, run.record, run.fields * 0, None, None)
        assert list(made(wavefield.figures(still))) == ["wavefield"]
        once = Run(folder, run.record, run.fields.isel(time=[0]), None, None)
        assert list(wavefield.figures(once)) == []


# ------------------------------------------------------------------ comparison


def test_a_comparison_has_a_row_for_each_receiver_and_tells_misfits() -> None:
    from esim.analysis.crust.figures import comparison

    time = np.linspace(0, 9, 901)
    reference = {
        name: np.array([np.sin(time * k) for k in (1, 2, 3)]) * size
        for name, size in (("A", 0.3), ("B", 0.02))
    }
    computed = {name: 0.9 * values for name, values in reference.items()}
    misfits = {"A": np.array([[0.1, 0.02], [0.1, 0.03], [np.nan, np.nan]])}
    figure = comparison.figure(time, computed, reference, misfits, title="a benchmark", until=5)
    assert len(figure.axes) == 6
    assert [axes.get_title() for axes in figure.axes[:3]] == ["radial", "transverse", "up"]
    assert figure.axes[0].get_ylabel() == "A\n30 cm/s" and figure.axes[3].get_ylabel() == "B\n2 cm/s"
    assert texts(figure.axes[1]) == ["EM 10.0 %   PM 3.0 %"]
    assert texts(figure.axes[2]) == [] and texts(figure.axes[3]) == []
    exact, found, difference = (line.get_ydata() for line in figure.axes[0].lines[:3])
    np.testing.assert_allclose(found, 0.9 * exact)
    np.testing.assert_allclose(difference - comparison.LOWER, -0.1 * exact, atol=1e-12)
    assert figure.axes[0].get_xlim() == (0, pytest.approx(5))


# ------------------------------------------------------------------ files


@pytest.mark.long
def test_all_figures_of_a_crust_run_become_files(folder: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    from esim.analysis.plot import plot

    paths = plot(folder, tmp_path)
    assert [path.stem for path in paths] == [
        "record_section", "pgv", "pga", "wavefield", "wavefield_deep", "wavefield_xz", "wavefield_yz"
    ]  # fmt: skip
    for path in paths:
        picture = imread(path)
        assert min(picture.shape[:2]) > 400 and 1000 < picture.shape[1] < 2000 and picture.std() > 0.02


def test_a_crust_run_with_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    from esim.analysis.plot import plot

    write_run(tmp_path, Scene(fields=False, maxima=False))
    with pytest.raises(InputError, match="nothing to draw"):
        plot(tmp_path)


# ------------------------------------------------------------------ when waves begin to be seen


def test_the_first_waves_are_those_that_can_be_seen_and_an_explosion_has_no_s(folder: Path) -> None:
    from esim.analysis.crust.figures import record_section

    with Run.open(folder) as run:
        plain = record_section.figure(run)
        run.record["sources"][0] |= {"pulse_begins": 2.5, "isotropic": True}
        late = record_section.figure(run)
    assert "first P and S waves" in plain.get_suptitle() and "first P waves" in late.get_suptitle()
    first, second = ([line.get_xdata()[0] for line in figure.axes[0].lines if line.get_color() == record_section.P]
                     for figure in (plain, late))  # fmt: skip
    assert second[0] == pytest.approx(first[0] + 2.5)
    assert "S" in texts(plain.axes[0]) and "S" not in texts(late.axes[0])


@pytest.mark.parametrize(("kind", "shear"), [("explosion", False), ("double couple", True)])
def test_a_run_records_when_a_pulse_begins_and_whether_it_shears(kind: str, shear: bool) -> None:
    from esim.crust.sources.build import source_record
    from esim.sources.crust.point import PointSources
    from esim.sources.crust.rates import Shifted
    from esim.sources.crust.time_function import Gaussian

    moment = np.array([[1.0, 1, 1, 0, 0, 0]]) if kind == "explosion" else np.array([[0.0, 0, 0, 1, 0, 0]])
    at = np.zeros(1)
    rates = Shifted(Gaussian(0.1), np.array([1.0]))
    source = PointSources("a", at, at, at + 500, 1e15 * moment, np.zeros((1, 3)), rates, ("a",))
    record = source_record(source)
    # Half a per cent of the peak, 3.26 standard deviations before it, which is 6 of them after the onset.
    assert record["pulse_begins"] == pytest.approx(1 + 0.1 * (6 - np.sqrt(-2 * np.log(0.005))), abs=1e-3)
    assert record["isotropic"] is not shear
