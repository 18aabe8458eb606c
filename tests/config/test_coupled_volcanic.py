"""Volcanic sources of a coupled run with method okada: what a half-space has, and what it has not, at its key."""

from pathlib import Path
from typing import Any

import pytest

from esim.config import from_dict
from esim.config.coupled.translate import crust_run, ocean_run
from esim.errors import InputError

CLVD = {"kind": "clvd", "x": 0, "y": 0, "depth": 3e3, "magnitude": 5.5, "axis": "tension"}
RING = {"kind": "ring_fault", "x": 0, "y": 0, "depth": 5e2, "radius": 2e3, "width": 2e3, "slip": 1}


def coupled(source: dict[str, Any], method: str = "okada") -> Any:
    sides = {"kind": "cartesian", "x": [-8e3, 8e3], "y": [-8e3, 8e3], "spacing": 400}
    return from_dict(
        {
            "scenario": "coupled",
            "time": {"duration": 120},
            "source": [source],
            "crust": {
                "duration": 8,
                "grid": sides | {"depth": [0, 8e3]},
                "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 4000, "vs": 2300, "rho": 2500}]},
                "topography": {"kind": "flat", "depth": 800},
            },
            "ocean": {"grid": sides, "bathymetry": {"kind": "flat", "depth": 800}},
            "coupling": {"method": method, "kajiura": True},
            "output": {"directory": "out"},
        }
    )


@pytest.mark.parametrize("source", [CLVD | {"rigidity": 1e10}, RING], ids=["clvd", "ring"])
def test_both_parts_have_the_source(source: dict[str, Any], tmp_path: Path) -> None:
    config = coupled(source | {"rise_time": 4, "onset": 2, "draped": True})
    (deep,), (above,) = crust_run(config).source, ocean_run(config).source
    assert deep.kind == above.kind == source["kind"] and deep.draped
    assert (above.onset, above.rise_time, above.kajiura, above.horizontal_on_slope) == (2, 4, True, True)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"rise_time": 2}, "source.0.rigidity: is missing; the displacement by a moment depends on it"),
        ({"rigidity": 1e10, "half_duration": 1}, "source.0.half_duration: is not one of a half-space"),
        ({"rigidity": 1e10, "rise_time": 1, "centroid_time": 3}, "source.0.centroid_time: is not one of a half-space"),
    ],
)  # fmt: skip
def test_what_a_half_space_has_not_is_said_at_its_key(keys: dict[str, Any], sentence: str) -> None:
    coupled(CLVD | keys, "kinematic")
    with pytest.raises(InputError, match=sentence):
        coupled(CLVD | keys)
