"""Do moving pictures have every snapshot, on one scale of colours, whole or not at all?"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support import synthetic_crust, synthetic_run

from esim.analysis import Run
from esim.analysis.animation import film, layers, projections
from esim.analysis.animation.animate import _scenes, animate
from esim.analysis.figures.look import Look
from esim.errors import InputError

pytest.importorskip("matplotlib", reason="moving pictures need Matplotlib")


@pytest.fixture(scope="module")
def ocean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("ocean"), stations=False)


@pytest.fixture(scope="module")
def crust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = synthetic_crust.Scene(planes={"xz": ("y", 1000.0)}, maxima=False, frames=5)
    return synthetic_crust.write_run(tmp_path_factory.mktemp("crust"), scene)


def played(path: Path) -> list[np.ndarray]:
    """The frames of a file."""
    if path.suffix == ".mp4":
        import imageio_ffmpeg

        frames = imageio_ffmpeg.read_frames(path)
        width, height = next(frames)["size"]
        return [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in frames]
    from PIL import Image, ImageSequence

    return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(Image.open(path))]


def test_an_mp4_has_a_frame_for_each_snapshot(ocean: Path, tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="MP4 needs imageio-ffmpeg")
    told: list[int] = []

    def progress(items, count: int) -> Iterator:
        told.append(count)
        yield from items

    path = animate(ocean, tmp_path / "eta.mp4", fps=5, look=Look(dpi=60), progress=progress)
    frames = played(path)
    assert len(frames) == len(synthetic_run.TIMES) == told[0]
    assert frames[0].shape[1] == pytest.approx(4.5 * 60, abs=2) and not any(
        side % 2 for side in frames[0].shape[:2]
    )
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 100
    assert list(tmp_path.iterdir()) == [path]


def test_the_scale_of_colours_is_that_of_the_whole_run(ocean: Path) -> None:
    from esim.analysis.ocean.movie import moving

    with Run.open(ocean) as run:
        scene = moving(run, None, None, Look())
        largest = float(np.abs(run.fields["eta"]).max())
    assert scene.norm.vmax == -scene.norm.vmin and 0.5 * largest < scene.norm.vmax <= 1.01 * largest


def test_gifs_of_the_ground_and_of_a_plane(crust: Path, tmp_path: Path) -> None:
    ground = played(animate(crust, tmp_path / "a.gif", format="gif", look=Look(dpi=50)))
    plane = played(
        animate(crust, tmp_path / "b.gif", what="vx", planes=["xz"], format="gif", look=Look(dpi=50))
    )
    assert len(ground) == len(plane) == 5
    assert ground[0].shape[1] == plane[0].shape[1] == 224
    assert (ground[0] != ground[-1]).any() and (plane[1] != plane[2]).any()


def test_the_globe_shows_each_cell_where_it_is(ocean: Path, tmp_path: Path) -> None:
    frames = played(
        animate(ocean, tmp_path / "c.gif", format="gif", projection="orthographic", look=Look(dpi=50))
    )
    assert len(frames) == len(synthetic_run.TIMES)
    with Run.open(ocean) as run:
        field = run.fields["bathymetry"]
        view = projections.view("orthographic", field, 200)
        cells = view.cells(field)
        lon, lat = field["lon"].values, field["lat"].values
    inside = cells.there
    assert 0.5 < inside.mean() < 1
    np.testing.assert_allclose(view.lon[inside], lon[cells.column[inside]], atol=0.2501)
    np.testing.assert_allclose(view.lat[inside], lat[cells.row[inside]], atol=0.2501)
    values = np.arange(field.size, dtype=float).reshape(field.shape)
    seen = cells.seen(values)
    assert (
        seen.mask[~inside].all() and seen[inside][0] == values[cells.row[inside][0], cells.column[inside][0]]
    )


def test_a_picture_of_the_whole_earth_has_a_limb(ocean: Path) -> None:
    with Run.open(ocean) as run:
        field = run.fields["bathymetry"]
        wide = field.assign_coords(
            lon=np.linspace(5, 355, field.sizes["lon"]), lat=np.linspace(-80, 80, field.sizes["lat"])
        )
    view = projections.view("orthographic", wide, 100)
    turned = projections.view("orthographic", wide, 101, (143.0, 38.0))
    assert turned.lon[50, 50] == pytest.approx(143, abs=1) and turned.lat[50, 50] == pytest.approx(38, abs=1)
    assert view.whole and np.isnan(view.lon[0, 0])
    assert np.isfinite(view.lon).mean() == pytest.approx(np.pi / 4 / 1.03**2, abs=0.02)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"what": "etaa"}, "no snapshots of 'etaa', did you mean 'eta'"),
        ({"planes": ["xz"]}, "a tsunami has no planes"),
        ({"look": Look(extent=(0, 1, 0, 1))}, "--extent lies beside the grid"),
    ],
)
def test_what_cannot_be_shown_is_told(ocean: Path, tmp_path: Path, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        animate(ocean, tmp_path / "x.gif", format="gif", **options)
    assert not list(tmp_path.iterdir())


def test_what_the_crust_cannot_show_is_told(crust: Path, tmp_path: Path) -> None:
    for options, words in (
        ({"planes": ["xy"]}, "no such plane, expected one of 'xz'"),
        ({"what": "pgv"}, "no snapshots of 'pgv'"),
        ({"projection": "auto"}, "needs a grid of longitudes and latitudes"),
    ):
        with pytest.raises(InputError, match=words):
            animate(crust, tmp_path / "x.gif", format="gif", **options)  # type: ignore[arg-type]


def degrees(west: float, east: float, south: float, north: float) -> xr.DataArray:
    """An empty grid with these edges."""
    lon, lat = (
        low + (high - low) * (np.arange(40) + 0.5) / 40 for low, high in ((west, east), (south, north))
    )
    return xr.DataArray(np.zeros((40, 40)), {"lat": lat, "lon": lon}, ("lat", "lon"))


@pytest.mark.parametrize(
    ("box", "name"),
    [
        ((135, 160, 26, 48), "lambert"),
        ((-80, -65, -45, -20), "lambert"),
        ((90, 110, -10, 10), "mercator"),
        ((0, 40, 70, 82), "stereographic"),
        ((-180, 180, 60, 90), "stereographic"),
        ((120, 290, -60, 60), "azimuthal"),
    ],
)
def test_a_region_has_the_projection_that_suits_it(box: tuple, name: str) -> None:
    """Where a cell is seen the way back leads to it; conformal ones stretch alike to north and east."""
    field = degrees(*box)
    view = projections.view("auto", field, 120, (143.0, 38.0))
    assert view.name == name
    there = view.cells(field).there
    assert there.mean() > 0.25
    rows, columns = np.nonzero(there)
    lon, lat = view.lon[rows, columns], view.lat[rows, columns]
    x, y = view.project(lon, lat)
    step = (view.box[1] - view.box[0]) / there.shape[1]
    np.testing.assert_allclose(x, view.box[0] + step * (columns + 0.5), atol=1e-3 * step)
    if name != "azimuthal":
        small = 1e-4
        east = np.hypot(*(np.array(view.project(lon + small / np.cos(np.deg2rad(lat)), lat)) - (x, y)))
        north = np.hypot(*(np.array(view.project(lon, lat - small)) - (x, y)))
        np.testing.assert_allclose(east, north, rtol=1e-3)


def test_distances_from_the_source_are_true_on_an_azimuthal_map() -> None:
    view = projections.view("azimuthal", degrees(120, 290, -60, 60), 50, (143.0, 38.0))
    x, y = view.project(143.0, 38.0 - np.array((0.0, 10.0, 60.0)))
    km = projections.RADIUS * np.deg2rad((0.0, 10.0, 60.0))
    np.testing.assert_allclose(np.hypot(x - x[0], y - y[0]), km, rtol=1e-9)


def test_a_projection_that_cannot_show_the_grid_is_told() -> None:
    for name, words in (("lambert", "needs a map on one side of the equator"), ("mercator", "ends at 85")):
        with pytest.raises(InputError, match=words):
            projections.view(name, degrees(90, 110, -88, 88), 50)


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(
        tmp_path_factory.mktemp("nested"), stations=False, maxima=False, nest="bay"
    )


@pytest.mark.parametrize("projection", [None, "auto"])
def test_a_nest_is_seen_in_its_parent_with_its_own_data(nested: Path, projection: str | None) -> None:
    """The wave of the nest is half as high as in the parent, which tells them apart."""
    from matplotlib.figure import Figure

    from esim.analysis.ocean.movie import moving

    with Run.open(nested) as run:
        scene = moving(run, None, None, Look())
        (bay,) = scene.nests.values()
        axes = Figure().add_subplot()
        if projection is None:
            whole, inner = layers.plain(axes, scene, 100)
            np.testing.assert_array_equal(
                inner.seen(3), 0.5 * whole.seen(3)[6:14, 8:18].repeat(2, 0).repeat(2, 1)
            )
            edges = [list(image.get_extent()) for image in axes.images if image.get_zorder() > 2]
            assert [144.0, 149.0, 31.0, 35.0] in edges
        else:
            assert scene.bathymetry is not None
            view = projections.view(projection, scene.bathymetry, 100)
            (layer,) = layers.projected(axes, scene, view)
            there = view.cells(bay.field).there
            alone = view.cells(scene.field).seen(scene.field[3].values)
            shown = layer.seen(3)
            np.testing.assert_array_equal(shown[~there], alone[~there])
            np.testing.assert_allclose(shown[there], 0.5 * alone[there])
        assert "bay" in [text.get_text() for text in axes.texts]


def test_a_nest_with_snapshots_at_other_times_is_left_out(
    nested: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from esim.analysis.ocean.movie import moving

    with Run.open(nested) as run:
        late = {"bay": run.nest_fields["bay"].isel(time=slice(2, None))}
        assert not moving(replace(run, nest_fields=late), None, None, Look()).nests
    assert "nest 'bay' is not shown: its snapshots are at other times" in caplog.text


def test_several_planes_move_together_on_one_scale(tmp_path: Path) -> None:
    scene = synthetic_crust.Scene(
        planes={"xz": ("y", 1000.0), "map": ("depth", 2000.0)}, maxima=False, frames=3
    )
    folder = synthetic_crust.write_run(tmp_path / "run", scene)
    with Run.open(folder) as run:
        first, others = _scenes(run, "vz", ["xz", "map"], Look())
        ((name, other),) = others
        assert name == "plane map" and other.norm is first.norm and other.words == first.words
        largest = max(float(np.abs(one.field).max()) * one.factor for one in (first, other))
        assert first.norm.vmax > 0.5 * largest
    one, two = (
        played(
            animate(folder, tmp_path / f"{n}.gif", what="vz", planes=planes, format="gif", look=Look(dpi=50))
        )
        for n, planes in enumerate((["xz"], ["xz", "map"]))
    )
    assert len(one) == len(two) == 3 and two[0].shape[0] > one[0].shape[0] + 80


@pytest.mark.parametrize("format", ["gif", "mp4"])
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, format: str) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="MP4 needs imageio-ffmpeg")

    def frames() -> Iterator[np.ndarray]:
        yield np.zeros((20, 20, 3), np.uint8)
        raise InputError("the snapshots are damaged")

    with pytest.raises(InputError, match="damaged"):
        film.write(tmp_path / f"a.{format}", frames(), format, 10)
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_file_says_what_it_is(tmp_path: Path) -> None:
    assert film.chosen_format(None, None) == "mp4" and film.chosen_format("gif", None) == "gif"
    assert film.chosen_format(None, tmp_path / "a.GIF") == "gif"
    for format, name in ((None, "a.avi"), ("mp4", "a.gif")):
        with pytest.raises(InputError, match="the name of a moving picture ends with .mp4"):
            film.chosen_format(format, tmp_path / name)
