"""Results of a run for other programs: pictures, lines and polygons for maps, tables."""

from esim.analysis.export.export import export

__all__ = ["export"]
