"""How do figures become part of a page? As WebP in data URIs."""

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.report.section import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

DPI = 150
MAP, FRAME = 88, 72  # quality of maps and of frames, of 100

Sketches = Mapping[str, "Callable[[], Figure | None]"]


def pictures(sketches: Sketches, describe: Callable[[str], str]) -> Iterator[Picture]:
    """The figures that are there, by their names, of which `describe` makes an alternative text."""
    for name, draw in sketches.items():
        if (drawing := draw()) is not None:
            yield picture(drawing, describe(name))


def picture(drawing: "Figure", alt: str) -> Picture:
    """A figure of Matplotlib."""
    from PIL import Image

    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=DPI)
    return _encoded(Image.open(buffer).convert("RGB"), alt, MAP)


def frame(values: np.ndarray, alt: str, caption: str) -> Picture:
    """An array (rows, columns, 3) of bytes."""
    from PIL import Image

    return _encoded(Image.fromarray(values), alt, FRAME)._replace(caption=caption)


def _encoded(image: "Image", alt: str, quality: int) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, format="webp", quality=quality)
    uri = "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(uri, *image.size, alt)
