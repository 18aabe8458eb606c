"""Does the notebook run from the first cell to the last, and is it stored without outputs?"""

import os
from pathlib import Path

import pytest
from support.synthetic_run import write_run

NOTEBOOK = Path(__file__).parents[2] / "notebooks/tohoku2011.ipynb"


@pytest.mark.long
def test_the_notebook_runs_on_a_run_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="running notebooks needs nbclient")
    nbformat = pytest.importorskip("nbformat", reason="running notebooks needs nbformat")
    pytest.importorskip("ipykernel", reason="running notebooks needs ipykernel")
    pytest.importorskip("matplotlib", reason="the notebook draws with Matplotlib")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own
    monkeypatch.setenv("ESIM_RUN", os.fspath(write_run(tmp_path)))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    printed = "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")
    assert len(pictures) == 3
    assert "21418 observed Crest(time=1956.0" in printed and "21413 computed Crest(time=4830.0" in printed


def test_the_notebook_is_stored_without_outputs() -> None:
    nbformat = pytest.importorskip("nbformat", reason="reading notebooks needs nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)
