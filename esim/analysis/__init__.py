"""Analysis of finished runs: their files, figures and comparisons."""

from esim.analysis.accessor import open_run
from esim.analysis.reading.run import Run

__all__ = ["Run", "open_run"]
