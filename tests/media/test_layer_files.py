"""Layers by thickness, files whose columns are named, and media of which only vs is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.sections import section

from esim.config.crust.medium import MediumConfig
from esim.config.crust.scaling import rho_of_vp, vp_of_vs
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.io import netcdf
from esim.media import crust

GRID = Grid3D(Grid("cartesian", -2e3, -2e3, 1e3, 1e3, 4, 4), 40, 1e3)
ROCK = {"vp": 6000.0, "vs": 3464.0, "rho": 2700.0}
ORIGIN = np.zeros(1)


def medium(**values: Any) -> Any:
    found = crust.build(section(MediumConfig, **values), GRID, None)
    found.check(GRID)
    return found


def column(found: Any, *depths: float) -> np.ndarray:
    """vp, vs, rho, qp, qs (5, n) at depths [m]."""
    return found.sample(ORIGIN, ORIGIN, np.array(depths))[:, :, 0, 0]


def layers(*rows: dict[str, Any], **more: Any) -> Any:
    return medium(kind="layers", layers=list(rows), **more)


def test_layers_by_thickness_are_those_by_their_tops() -> None:
    soft, middle = ROCK | {"vp": 4000.0, "vs": 2000.0}, ROCK | {"vp": 5000.0, "vs": 2800.0}
    by_top = layers(soft | {"top": 0}, middle | {"top": "1 km"}, ROCK | {"top": 3500.0})
    for rows in (
        (soft | {"thickness": "1 km"}, middle | {"thickness": 2500.0}, ROCK),
        (soft | {"top": 0, "thickness": 1000}, middle, ROCK | {"top": 3500.0}),
        (soft, middle | {"top": 1000, "thickness": 2500}, ROCK | {"thickness": 10.0}),
    ):
        found = layers(*rows)
        assert found.interfaces == by_top.interfaces == (1000, 3500)
        depths = 0.0, 999.0, 1000.0, 3499.0, 3500.0, 39e3
        np.testing.assert_array_equal(column(found, *depths), column(by_top, *depths))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (({}, {}), r"layers.1.top: is missing; expected it, or thickness in the layer before"),
        (({"thickness": 1000}, {"top": 900}), r"layers.1.top: 900 m, and the layer before ends at 1000 m"),
        (({"thickness": 0}, {}), r"layers.0.thickness: 0 is too small"),
        (({"top": 5}, {"top": 5}), r"layers.1.top: 5 m is not below the top of the layer before, 5 m"),
        (({"vp": None},), r"layers.0.vp: is missing; expected it, or medium.scaling: brocher2005"),
        (({"rho": None},), r"layers.0.rho: is missing"),
    ],
)
def test_layers_that_do_not_fit_are_told(rows: tuple[dict[str, Any], ...], sentence: str) -> None:
    from esim.config import from_dict

    scene = {
        "scenario": "seismic",
        "time": {"duration": 1},
        "grid": {"kind": "cartesian", "x": [-5e3, 5e3], "y": [-5e3, 5e3], "depth": [0, 5e3], "spacing": 250},
        "medium": {"kind": "layers", "layers": [ROCK | row for row in rows]},
        "source": [],
        "output": {"directory": "out"},
    }
    with pytest.raises(InputError, match=sentence):
        from_dict(scene, Path())


def test_scaling_is_that_of_brocher() -> None:
    """Equations 9 and 1 by hand; the density is the 2.72 g/cm3 of the Nafe-Drake curve at 6 km/s."""
    assert vp_of_vs(3500.0) == pytest.approx(5956.84, abs=0.5)
    assert rho_of_vp(6000.0) == pytest.approx(2716.7, abs=0.5)
    found = layers({"vs": 3000.0}, ROCK | {"top": 5000.0}, scaling="brocher2005")
    vp, vs, rho = column(found, 0.0, 6000.0)[:3]
    assert vp[0] == pytest.approx(940.9 + 6284.1 - 7385.4 + 7244.1 - 2033.1, abs=0.1)
    assert rho[0] == pytest.approx(float(rho_of_vp(vp[0]))) and (vp[1], vs[1], rho[1]) == (6000, 3464, 2700)
    text = "medium.layers (1 of 2): makes vp of vs (eq. 9) and density of vp (eq. 1) after Brocher (2005)"
    assert found.remarks == (text,)
    assert layers(ROCK).remarks == layers(ROCK, scaling="brocher2005").remarks == ()
    said = layers({"vs": 200.0}, {"vs": 4700.0, "top": 1000.0}, scaling="brocher2005", min_vs=300.0).remarks
    assert "vs is up to 4700 m/s, and eq. 9 was fitted to vs below 4500 m/s" in said[1]
    assert "vp is 1329 to 8267 m/s, and eq. 1 was fitted to 1500 to 8500 m/s" in said[2]


def file(folder: Path, text: str, **more: Any) -> Any:
    (folder / "model.txt").write_text(text)
    return medium(kind="model", file=folder / "model.txt", **more)


HERRMANN = """MODEL.01
Three layers
ISOTROPIC
KGS
FLAT EARTH
1-D
CONSTANT VELOCITY
LINE08
LINE09
LINE10
LINE11
      H(KM)   VP(KM/S)   VS(KM/S) RHO(GM/CC)     QP         QS       ETAP       ETAS      FREFP      FREFS
     1.0000     4.0000     2.0000     2.6000   120.        40.0       0.00       0.00       1.00       1.00
     2.5000     5.0000     2.8000     2.7000     0.          0.       0.00       0.00       1.00       1.00
     0.0000     6.0000     3.4640     2.7000   155.9       69.3       0.00       0.00       1.00       1.00
"""
EXPECTED = [
    [4000.0, 2000.0, 2600.0, 120.0, 40.0],
    [5000.0, 2800.0, 2700.0, np.inf, np.inf],
    [6000.0, 3464.0, 2700.0, 155.9, 69.3],
]


@pytest.mark.parametrize(
    "text",
    [
        HERRMANN,
        "### a model\n# thick vp qp vs qb rho\n1.0 4 120 2 40 2.6\n2.5 5 0 2.8 0 2.7\n"
        "700 6 155.9 3.464 69.3 2.7\n",
        "depth (m), density (kg/m3), vp (m/s), vs (m/s), qp, qs\n0,2600,4000,2000,120,40\n"
        "1000,2700,5000,2800,0,0\n3500,2700,6000,3464,155.9,69.3\n",
        "thickness_m vp_m_s vs_m_s rho_kg_m3 qp qs\n1000 4e3 2e3 2600 120 40\n2500 5000 2800 2700 0 0\n"
        "0 6000 3464 2700 155.9 69.3\n",
    ],
    ids=["model96", "mtinv", "metres", "suffixes"],
)
def test_files_by_thickness_and_by_named_columns(tmp_path: Path, text: str) -> None:
    found = file(tmp_path, text)
    assert found.interfaces == (1000, 3500)
    np.testing.assert_allclose(column(found, 500.0, 1000.0, 3500.0).T, EXPECTED)
    assert (found.remarks == ()) == (text != HERRMANN)
    assert text != HERRMANN or "columns ETAP, ETAS, FREFP, FREFS are not used" in found.remarks[0]


def test_named_depths_with_vp_first_run_straight(tmp_path: Path) -> None:
    """As in the forms without names; a depth that is there twice is a jump."""
    text = "depth_m vp[m/s] vs[m/s] rho[kg/m3]\n0 4000 2000 2600\n1000 5000 2800 2700\n"
    text += "1000 6000 3464 2700\n50000 6000 3464 2700\n"
    found = file(tmp_path, text)
    assert found.interfaces == (1000,)
    np.testing.assert_allclose(column(found, 500.0, 1000.0)[:3].T, [[4500, 2400, 2650], [6000, 3464, 2700]])
    with pytest.raises(InputError, match="line 3: the depth is not below"):
        file(tmp_path, text.replace("1000 5", "-1 5"))


def test_words_that_name_no_columns_are_comments(tmp_path: Path) -> None:
    """The abbreviation of versus is no speed."""
    found = file(tmp_path, "# depth vs velocity\n0 5 2.8 2.7\n50 6 3.4 2.7\n")
    assert found.linear and column(found, 25e3)[0] == pytest.approx(5500)


def test_a_file_of_vs_alone_needs_a_scaling(tmp_path: Path) -> None:
    text = "# thickness vs\n0.5 1.0\n4.5 3.0\n0 3.6\n"
    with pytest.raises(
        InputError, match=r"model.txt line 1: names no vp and no rho; expected them, or the key scal"
    ):
        file(tmp_path, text)
    found = file(tmp_path, text, scaling="brocher2005")
    vs = np.array([1000.0, 3000.0, 3600.0])
    np.testing.assert_allclose(
        column(found, 0.0, 500.0, 5000.0)[:3], [vp_of_vs(vs), vs, rho_of_vp(vp_of_vs(vs))]
    )
    assert (
        "model.txt: makes vp of vs (eq. 9) and density of vp (eq. 1) after Brocher (2005)" in found.remarks[0]
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# h vp vs rho\n1 4 2 2.6\n0 5 2.8 2.7\n2 6 3 2.7\n", "line 3: the thickness is not above 0"),
        ("# h vp vs rho\n1 4 2\n", "line 2: 3 numbers, expected 4: thickness vp vs rho"),
        ("# h vp vs rho\n1 4 two 2.6\n", "line 2: 'two' is not a number"),
        ("# h vp vs rho\n", "line 1: names columns, and no row of numbers follows"),
        ("# h[m] vp[m/s] vs[m/s] rho\n100 4 2 2.6\n", "line 2: vp is 4 m/s, expected .*; is it 4 km/s?"),
        (
            "depth_m rho vp vs\n0 2.6 4 2\n0 2.6 5 2.8\n",
            "line 3: the depth is not below that of the row before",
        ),
    ],
)
def test_bad_files_of_layers_name_the_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=f"model.txt {sentence}"):
        file(tmp_path, text)


def test_a_gridded_model_of_vs_alone(tmp_path: Path) -> None:
    nodes, depths = np.array([-4e3, 0.0, 4e3]), np.array([0.0, 50e3])
    vs = 2000 + 0.02 * depths[:, None, None] + 0.01 * nodes[None, None] + 0 * nodes[None, :, None]
    with netcdf.create(tmp_path / "vs.nc") as data:
        for name, values in (("depth", depths), ("y", nodes), ("x", nodes)):
            data.createDimension(name, values.size)
            data.createVariable(name, "f8", (name,))[:] = values
        data.createVariable("vs", "f8", ("depth", "y", "x"))[:] = vs
    with pytest.raises(InputError, match=r"no variable vp, .*medium.scaling makes vp and rho of vs"):
        medium(kind="grid", file=tmp_path / "vs.nc")
    found = medium(kind="grid", file=tmp_path / "vs.nc", scaling="brocher2005")
    values = found.at(np.array([0.0, 4e3]), np.zeros(2), np.array([0.0, 0.0]))
    np.testing.assert_allclose(
        values[:3], [vp_of_vs(values[1]), [2000, 2040], rho_of_vp(vp_of_vs(values[1]))]
    )
    assert len(found.remarks) == 1 and "vs.nc: makes vp of vs (eq. 9) and density" in found.remarks[0]
