"""Do the notebooks run from the first cell to the last, and say what their texts say?"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.synthetic_run import write_run

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
NEEDED = {"own_seismograms": "obspy", "loh1": "pyprop8"}
PRINTED = {"large_runs": "a map of the corner: 9 of 384,650 blocks"}
LARGEST = 300e3  # bytes, with outputs


def stored(name: str) -> Any:
    nbformat = pytest.importorskip("nbformat", reason="reading notebooks needs nbformat")
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def computed(name: str, folder: Path) -> Any:
    """The notebook, executed in an empty folder."""
    nbclient = pytest.importorskip("nbclient", reason="running notebooks needs nbclient")
    pytest.importorskip("ipykernel", reason="running notebooks needs ipykernel")
    pytest.importorskip("matplotlib", reason="notebooks draw with Matplotlib")
    notebook = stored(name)
    here = {"metadata": {"path": os.fspath(folder)}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=here).execute()
    return notebook


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(notebook: Any) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs(notebook))


def printed(notebook: Any) -> str:
    return "".join(output.get("text", "") for output in outputs(notebook) if output.get("name") == "stdout")


@pytest.fixture(autouse=True)
def kernel_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own
    monkeypatch.setenv("PYTHONPATH", os.fspath(FOLDER.parent))


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.thorough] if name == "coupled_tohoku" else [])
        for name in NAMES
        if name != "tohoku2011"
    ],
)
def test_a_notebook_runs_in_an_empty_folder(name: str, tmp_path: Path) -> None:
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason=f"{name}.ipynb needs {NEEDED[name]}")
    notebook = computed(name, tmp_path)
    assert pictures(notebook) == pictures(stored(name)) > 0
    assert PRINTED.get(name, "") in printed(notebook)


@pytest.mark.long
def test_the_notebook_of_tohoku_runs_on_a_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(tmp_path / "run")
    lat = np.array([36.0, 38.0, 40.0])
    coast = {"lon": ("point", lat * 0 + 141.5), "lat": ("point", lat)}
    heights = {name: ("point", lat / 10, {"units": "m"}) for name in ("shore_level", "runup")}
    xr.Dataset(heights, coast).to_netcdf(run / "runup.nc")
    monkeypatch.setenv("ESIM_RUN", os.fspath(run))
    notebook = computed("tohoku2011", tmp_path)
    assert pictures(notebook) == 4 and not (tmp_path / "out").exists()
    for line in ("21418 observed Crest(time=1956.0", "21413 computed Crest(time=4830.0"):
        assert line in printed(notebook)


@pytest.mark.parametrize("name", NAMES)
def test_text_and_notebook_agree(name: str) -> None:
    jupytext = pytest.importorskip("jupytext", reason="texts of notebooks are read by jupytext")
    notebook, text = stored(name), jupytext.read(FOLDER / f"{name}.py")
    assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in text.cells]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_short_and_stored_with_its_outputs(name: str) -> None:
    nbformat = pytest.importorskip("nbformat", reason="reading notebooks needs nbformat")
    notebook = stored(name)
    nbformat.validate(notebook)
    assert 5 <= len(notebook.cells) <= 12
    assert pictures(notebook) > 0 and all(output.output_type != "error" for output in outputs(notebook))
    assert (FOLDER / f"{name}.ipynb").stat().st_size < LARGEST


def test_every_text_has_its_notebook() -> None:
    assert NAMES == sorted(path.stem for path in FOLDER.glob("*.py"))
