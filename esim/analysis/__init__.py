"""What a run looks like afterwards: its files, figures and comparisons."""

from esim.analysis.run import Run, open_run

__all__ = ["Run", "open_run"]
