"""Water at two levels on uneven ground, parted by a line, and a run with walls, weirs and a file of lines."""

import json

import numpy as np
from support.oceans import (
    plane,
)
from support.scenes import channel

from esim.media.ocean.structures import SHIFT

GRID = plane(22, 18, 120.0)
CORNERS = np.array([(-60.0, 1023), (410, 905), (830, 1307), (1250, 777), (2700, 701)])
NEST = {"x": [600, 1800], "y": [480, 1680], "activation_threshold": None}


def bed(x, y):
    """Uneven ground, here and there above the lower of the two waters."""
    return -3 + 1.9 * np.sin(x / 230)[None, :] * np.cos(y / 190)[:, None]


def beyond(points, finest):
    """Whether cells lie north of a line, as a formula of their centres."""
    east, north = points.T + np.array(SHIFT)[:, None] * finest
    return lambda x, y: y[:, None] > np.interp(x, east, north)[None, :]


def two_waters(points, finest, low=-1.0, high=1.3):
    """Water at one level south of a line, and at another one north of it."""
    side = beyond(points, finest)
    return lambda x, y: np.where(side(x, y), high, low)


def scene(directory, **changes):
    """A channel with walls, weirs and a file of lines; the source is beside them."""
    made = channel(directory, backend="numpy")
    lines = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"top": 5.0},
                "geometry": {"type": "LineString", "coordinates": [[-30e3, -30e3], [-20e3, 20e3]]},
            }
        ],
    }
    directory.mkdir(exist_ok=True)
    (directory / "lines.geojson").write_text(json.dumps(lines))
    made["structures"] = [
        {"name": "mole", "points": [[2e3, -22e3], [19e3, 1e3], [15e3, 30e3]], "crest": 1.5},
        {"points": [[-49e3, 9e3], [-35e3, 12e3]], "height": "100 m"},
        {"name": "file", "file": str(directory / "lines.geojson"), "crest_from": "top"},
    ]
    return made | changes
