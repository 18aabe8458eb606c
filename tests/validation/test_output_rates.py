"""What is said of the rates at which checkpoints are written is what was written."""

import re
from pathlib import Path

import pytest

from esim.parallel.comm import Comm, run_ranks
from esim.validation.studies import output_rates


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_rate_of_a_checkpoint_is_that_of_the_whole_state(ranks: int, tmp_path: Path) -> None:
    cells, found = 100 * 40**2, []

    def work(comm: Comm) -> None:
        spent, size = output_rates.checkpoint(comm, tmp_path / "out", cells)
        assert size == 9 * 4 * cells and spent > 0
        found.append(output_rates.measure_checkpoints(comm, tmp_path, cells, 2))

    run_ranks(ranks, work)
    parts = [*tmp_path.glob("out/checkpoint/step_*/part_*.npy")]
    assert len(parts) == ranks and 36 * cells < sum(part.stat().st_size for part in parts) < 37 * cells
    (text,) = filter(None, found)
    assert text.startswith(f"{ranks} ranks, checkpoints of 1.6e+05 cells") and re.search(
        r": \d+% to \d+% of it", text
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
