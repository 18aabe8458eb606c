"""Analysis of finished runs: their files, figures and comparisons."""

from esim.analysis.run import Run, open_run

__all__ = ["Run", "open_run"]
