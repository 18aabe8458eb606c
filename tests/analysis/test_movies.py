"""Do moving pictures have every snapshot, on one scale of colours, whole or not at all?"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import synthetic_crust, synthetic_run

from esim.analysis import Run
from esim.analysis.animation import film, globe
from esim.analysis.animation.animate import animate
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
    assert frames[0].shape[1] == pytest.approx(5.4 * 60, abs=2) and not any(
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
    plane = played(animate(crust, tmp_path / "b.gif", what="vx", plane="xz", format="gif", look=Look(dpi=50)))
    assert len(ground) == len(plane) == 5
    assert ground[0].shape[1] == plane[0].shape[1] == 270
    assert (ground[0] != ground[-1]).any() and (plane[1] != plane[2]).any()


def test_the_globe_shows_each_cell_where_it_is(ocean: Path, tmp_path: Path) -> None:
    frames = played(animate(ocean, tmp_path / "c.gif", format="gif", on_globe=True, look=Look(dpi=50)))
    assert len(frames) == len(synthetic_run.TIMES)
    with Run.open(ocean) as run:
        field = run.fields["bathymetry"]
        view = globe.globe(field, 200)
        lon, lat = field["lon"].values, field["lat"].values
    inside = view.row >= 0
    assert 0.5 < inside.mean() < 1
    np.testing.assert_allclose(view.lon[inside], lon[view.column[inside]], atol=0.2501)
    np.testing.assert_allclose(view.lat[inside], lat[view.row[inside]], atol=0.2501)
    values = np.arange(field.size, dtype=float).reshape(field.shape)
    seen = view.seen(values)
    assert seen.mask[~inside].all() and seen[inside][0] == values[view.row[inside][0], view.column[inside][0]]


def test_a_picture_of_the_whole_earth_has_a_limb(ocean: Path) -> None:
    with Run.open(ocean) as run:
        field = run.fields["bathymetry"]
        wide = field.assign_coords(
            lon=np.linspace(5, 355, field.sizes["lon"]), lat=np.linspace(-80, 80, field.sizes["lat"])
        )
    view = globe.globe(wide, 100)
    turned = globe.globe(wide, 101, (143.0, 38.0))
    assert turned.lon[50, 50] == pytest.approx(143, abs=1) and turned.lat[50, 50] == pytest.approx(38, abs=1)
    assert view.whole and np.isnan(view.lon[0, 0])
    assert np.isfinite(view.lon).mean() == pytest.approx(np.pi / 4 / 1.03**2, abs=0.02)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"what": "etaa"}, "no snapshots of 'etaa', did you mean 'eta'"),
        ({"plane": "xz"}, "a tsunami has no planes"),
        ({"look": Look(extent=(0, 1, 0, 1))}, "--extent lies beside the grid"),
    ],
)
def test_what_cannot_be_shown_is_told(ocean: Path, tmp_path: Path, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        animate(ocean, tmp_path / "x.gif", format="gif", **options)
    assert not list(tmp_path.iterdir())


def test_what_the_crust_cannot_show_is_told(crust: Path, tmp_path: Path) -> None:
    for options, words in (
        ({"plane": "xy"}, "no such plane, expected one of 'xz'"),
        ({"what": "pgv"}, "no snapshots of 'pgv'"),
        ({"on_globe": True}, "needs a grid of longitudes and latitudes"),
    ):
        with pytest.raises(InputError, match=words):
            animate(crust, tmp_path / "x.gif", format="gif", **options)  # type: ignore[arg-type]


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
