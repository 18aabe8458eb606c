"""How far is the run from what was observed at its gauges?"""

from collections.abc import Iterator

from esim.analysis.ocean.misfit import Misfit, misfits
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.event import number_of
from esim.analysis.report.section import Section, Table, contents

MEANING = (
    "Differences are computed less observed times. The levels around the first crest are compared: root mean square of "
    "the differences over that of the record, correlation, and the delay at which they correlate best."
)
HEADERS = (
    "gauge", "arrival difference (s)", "first crest difference (s)", "first crest, computed / observed",
    "normalised RMS", "correlation", "variance reduction", "delay (s)",
)  # fmt: skip


def agreement(run: Run) -> Iterator[Section]:
    """The misfits of the gauges that have a record; none where there is none."""
    found = list(misfits(run))
    if not found:
        return
    table = Table("Misfits", HEADERS, [_row(one) for one in found])
    yield from contents("Agreement with observations", words=[_line(found), MEANING], tables=[table])


def _line(found: list[Misfit]) -> str:
    """The misfits in one sentence."""
    parts = [
        f"the first crest is {text} times as high as observed"
        if (text := words.span(one.crest_ratio for one in found))
        else "",
        f"the variance reduction is {text}"
        if (text := words.span(one.variance_reduction for one in found))
        else "",
        f"the correlation is {text}" if (text := words.span(one.correlation for one in found)) else "",
    ]
    told = [part for part in parts if part]
    where = f"At {number_of(len(found), 'gauge')} with an observed record"
    return f"{where}, {words.listed(told)}." if told else f"{where}, nothing can be compared."


def _row(one: Misfit) -> tuple[str, ...]:
    return (
        one.station,
        words.signed(one.arrival_difference),
        words.signed(one.crest_difference),
        words.number(one.crest_ratio),
        words.number(one.normalised_rms),
        words.number(one.correlation),
        words.number(one.variance_reduction),
        words.signed(one.lag),
    )
