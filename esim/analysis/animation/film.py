"""How do frames become a file? MP4 through the ffmpeg of imageio-ffmpeg, GIF through Pillow; whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

FORMATS = ("mp4", "gif")
QUALITY = 7  # of 10
COLOURS = 192  # of a GIF
PLAYABLE = ["-f", "mp4", "-movflags", "+faststart"]  # the index first, so that browsers begin at once


def chosen_format(format: str | None, output: Path | None) -> str:
    """The format that is asked for, or that of the name of the file; MP4 without either.

    Raises InputError where the name ends otherwise.
    """
    suffix = "" if output is None else output.suffix.lower().removeprefix(".")
    if output is not None and suffix not in ([format] if format else FORMATS):
        wanted = f".{format}" if format else " or ".join(f".{each}" for each in FORMATS)
        raise InputError(f"{output}: the name of a moving picture ends with {wanted}")
    return format or suffix or FORMATS[0]


def check(format: str) -> None:
    """Raises InputError if what writes a format is not installed."""
    try:
        if format == "mp4":
            import imageio_ffmpeg  # noqa: F401
    except ImportError:
        raise InputError(f"MP4 needs imageio-ffmpeg: {install('animation')}; or --format gif") from None


def write(path: Path, frames: Iterable[np.ndarray], format: str, fps: float) -> None:
    """Writes frames (rows, columns, 3), uint8, at least one, all of one size with even sides, at a rate [1/s]."""
    with whole_file(path) as temporary:
        (_mp4 if format == "mp4" else _gif)(temporary, iter(frames), fps)


def _mp4(path: Path, frames: Iterator[np.ndarray], fps: float) -> None:
    import imageio_ffmpeg

    first = next(frames)
    rows, columns = first.shape[:2]
    writer = imageio_ffmpeg.write_frames(
        os.fspath(path), (columns, rows), fps=fps, codec="libx264", quality=QUALITY, macro_block_size=2,
        output_params=PLAYABLE,
    )  # fmt: skip
    writer.send(None)
    try:
        writer.send(np.ascontiguousarray(first))
        for frame in frames:
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()


def _gif(path: Path, frames: Iterator[np.ndarray], fps: float) -> None:
    from PIL import Image

    pictures = [Image.fromarray(frame) for frame in frames]
    some = [np.asarray(pictures[n]) for n in (0, len(pictures) // 2, -1)]
    palette = Image.fromarray(np.vstack(some)).quantize(COLOURS)
    first, *others = (
        picture.quantize(COLOURS, palette=palette, dither=Image.Dither.NONE) for picture in pictures
    )
    options: dict[str, Any] = {"duration": 1000 / fps, "loop": 0, "optimize": False}
    first.save(path, format="GIF", save_all=True, append_images=others, **options)
