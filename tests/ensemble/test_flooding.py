"""Is the probability of flooding on a nest what the members' files of that nest give, in files and on pictures?"""

import numpy as np
import pytest
import xarray as xr
from support.ensembles import ensemble, write

from esim.analysis.export.export import export
from esim.analysis.figures.look import Look
from esim.analysis.plot import plot
from esim.analysis.reading.run import Run
from esim.config import from_dict
from esim.drivers.ensemble.ensemble import Ensemble
from esim.drivers.run import checked, simulate
from esim.parallel.comm import SerialComm

NEST = {"name": "beach", "x": [3000, 6000], "y": [0, 3000], "ratio": 2}
TABLE = "name,weight,branch,branch_weight,source.0.height\na,1,x,0.6,1\nb,3,x,0.6,3\nc,1,y,0.4,5\n"
SHARES = {"a": 0.15, "b": 0.45, "c": 0.4}
HAZARD = {
    "thresholds": [0.5],
    "annual_rate": 0.01,
    "inundation_thresholds": [0.1, 0.4],
    "fractiles": [0.5, 0.9],
}


def beach(**grid) -> dict:
    """A hump before a beach of 1 in 50, which is in a nest."""
    return {
        "scenario": "tsunami",
        "time": {"duration": 200},
        "grid": {
            "kind": "cartesian",
            "x": [0, 6e3],
            "y": [0, 3e3],
            "spacing": 300,
            "boundary": {"south": "wall", "east": "wall"},
            "nests": [NEST],
        }
        | grid,
        "bathymetry": {"kind": "slope", "depth": 30, "slope": 0.02, "direction": 90},
        "source": [{"kind": "hump", "x": 3e3, "y": 1e3, "height": 3, "radius": 900}],
        "output": {"directory": "nowhere", "maxima": {"arrival_threshold": 0.05}},
        "run": {"backend": "numpy", "precision": "float64", "threads": 1},
    }


def made(folder, table=TABLE, **grid) -> dict:
    (folder / "members.csv").write_text(table)
    found = ensemble(folder, {"table": str(folder / "members.csv")}, hazard=HAZARD)
    write(folder / "base.yaml", beach(**grid))
    return found


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return simulate(from_dict(made(tmp_path_factory.mktemp("beach"))))


@pytest.mark.parametrize("nest", ["", "_beach"])
def test_flooding_is_that_of_the_members_files(nest, out):
    files = [xr.open_dataset(out / "members" / name / f"maxima{nest}.nc") for name in SHARES]
    depth = np.stack([one.inundation_depth_max.values for one in files])
    eta, x, y = np.stack([one.eta_max.values for one in files]), files[0].x.values, files[0].y.values
    for one in files:
        one.close()
    weights = np.array(list(SHARES.values()))

    def share(happens):
        return np.tensordot(weights, happens, 1).astype("f4")

    with xr.open_dataset(out / f"hazard{nest}.nc") as hazard:
        assert np.allclose(hazard.weight, weights) and hazard.exceedance_probability.dims[-2:] == ("y", "x")
        assert np.array_equal(hazard.x, x) and np.array_equal(hazard.y, y)
        assert np.allclose(hazard.exceedance_probability[0], share(eta > 0.5), atol=1e-6)
        assert np.allclose(hazard.flood_probability, share(np.isfinite(depth)), atol=1e-6)
        assert np.allclose(hazard.flood_rate, 0.01 * hazard.flood_probability, rtol=1e-5)
        found = hazard.inundation_exceedance_probability
        assert np.allclose(found, np.stack([share(depth > 0.1), share(depth > 0.4)]), atol=1e-6)
        each = np.stack([0.25 * (depth[0] > 0.4) + 0.75 * (depth[1] > 0.4), 1.0 * (depth[2] > 0.4)])
        # Branch x weighs more than half, so that the median is always its own.
        fractiles = hazard.inundation_exceedance_probability_fractile[:, 1]
        assert np.array_equal(fractiles, np.stack([each[0], each.max(0)]).astype("f4"))
        worst = np.where(np.isnan(depth).all(0), np.nan, np.nanmax(np.nan_to_num(depth, nan=-1), 0))
        assert np.array_equal(hazard.inundation_depth_max_worst, worst.astype("f4"), equal_nan=True)
        if nest:
            assert len(np.unique(hazard.flood_probability)) > 2  # members flood more and less of the beach
            assert 0 < float(found[1].max()) <= float(found[0].max())


def test_the_nest_has_figures_and_geotiff_of_its_own(out, tmp_path):
    rioxarray = pytest.importorskip("rioxarray")
    only = ("flood", "inundation_exceedance_0.1")
    names = {path.stem for path in plot(out, tmp_path, look=Look(only=only))}
    assert names == {
        f"{name}{nest}"
        for name in ("flood_probability", "inundation_exceedance_0.1")
        for nest in ("", "_beach")
    }
    (_, path) = export(out, tmp_path, ["flood_probability"], crs="EPSG:32654")
    assert path.name == "beach_flood_probability.tif"
    with Run.open(out) as run, rioxarray.open_rasterio(path) as picture:
        assert list(run.nests) == ["beach"] and run.nests["beach"].sizes == {"y": 20, "x": 20}
        assert np.array_equal(picture[0, ::-1], run.nests["beach"]["flood_probability"])


def test_the_files_of_nests_are_known_before_and_recorded(out, tmp_path):
    setup = checked(Ensemble(), from_dict(made(tmp_path)), SerialComm())
    assert Ensemble().files(setup) == ["members.csv", "hazard.nc", "hazard_beach.nc"]
    assert str(out / "hazard_beach.nc") in (out / "run.json").read_text()


def test_a_nest_that_differs_between_members_is_said(tmp_path):
    table = "name,grid.nests.0.ratio\na,2\nb,3\n"
    config = from_dict(made(tmp_path, table))
    simulate(config)
    told = (tmp_path / "out" / "run.json").read_text()
    assert "hazard: no maps of nest 'beach': " in told and "is on another grid than" in told
    assert (tmp_path / "out" / "hazard.nc").exists() and not (tmp_path / "out" / "hazard_beach.nc").exists()
