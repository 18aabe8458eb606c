"""`esim validate`: computes cases, shows how far they are from what is known, and says pass or fail."""

import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from esim.config.yaml.suggest import hint
from esim.errors import EsimError, InputError
from esim.io.provenance import write_record
from esim.tools.table import show
from esim.validation.cases.registry import CASES, GROUPS, Case, Runs
from esim.validation.report import HEADERS, Outcome, totals, write_report


def validate(
    names: Sequence[str],
    output: Path,
    run: Path | None = None,
    quick: bool = False,
    listing: bool = False,
    report: Path | None = None,
) -> int:
    """Judges the cases and groups that are named (all, if none is), or one case by a run that is there; 1 if one fails.

    Prints a table for each case and writes validation.json into `output` and, if asked for, a report in Markdown with
    the figures beside it, anew after each case. A case for which something is missing is skipped; one that breaks off
    has failed, and the others go on. Raises InputError for an unknown case, a `run` without exactly one case, and if
    nothing could be computed, and what stops the only case.
    """
    if listing:
        rows = [(case.name, group, case.summary) for group, cases in GROUPS.items() for case in cases]
        show(("case", "group", "what it compares"), rows)
        return 0
    cases = _named(names)
    if run is not None and not len(names) == len(cases) == 1:
        raise InputError(f"--run {run}: name the one case that it is a run of: {', '.join(CASES)}")
    outcomes = []
    for case in cases:
        outcome = _judge(case, output, run, quick, report.parent if report else output, alone=len(cases) == 1)
        outcomes.append(outcome)
        _show(outcome, run or output / case.name)
        # After each case, so that one that is stopped leaves what the others have found.
        write_record(output / "validation.json", {one.case.name: one.record() for one in outcomes})
        if report is not None:
            words = ["esim validate", *names, *["--quick"] * quick, f"--report {report}"]
            write_report(report, outcomes, " ".join(words))
    if len(cases) > 1:
        show(*totals(outcomes), "all cases")
    if report is not None:
        print(report)
    if all(outcome.skipped for outcome in outcomes):
        raise InputError(f"nothing was computed: {outcomes[0].case.name} is skipped, {outcomes[0].skipped}")
    return int(not all(outcome.passed for outcome in outcomes))


def _named(names: Sequence[str]) -> list[Case]:
    """The cases of names, which may be those of groups, each once."""
    found: dict[str, Case] = {}
    for name in names or GROUPS:
        if name not in CASES and name not in GROUPS:
            raise InputError(f"there is no case '{name}', {hint(name, (*GROUPS, *CASES))}")
        cases = GROUPS[name] if name in GROUPS else (CASES[name],)
        found |= {case.name: case for case in cases}
    return list(found.values())


def _judge(case: Case, output: Path, run: Path | None, quick: bool, figures: Path, alone: bool) -> Outcome:
    """Computes a case, unless its run is there, compares and draws."""
    begun = time.perf_counter()
    if run is None and (skipped := case.missing(quick)):
        return Outcome(case, skipped=skipped)
    try:
        runs = case.find(run) if run is not None else case.run(output / case.name, quick)
        comparisons = list(case.judge(runs))
        drawn = _draw(case, runs, figures)
    except EsimError as error:
        if alone:
            raise
        return Outcome(case, broken=str(error), seconds=time.perf_counter() - begun)
    return Outcome(case, comparisons, seconds=time.perf_counter() - begun, figures=drawn)


def _draw(case: Case, runs: Runs, output: Path) -> list[Path]:
    if case.draw is None or find_spec("matplotlib") is None:
        return []
    output.mkdir(parents=True, exist_ok=True)
    return list(case.draw(runs, output))


def _show(outcome: Outcome, folder: Path) -> None:
    case = outcome.case
    if outcome.skipped:
        print(f"{case.name}: skipped, {outcome.skipped}")
    elif outcome.broken:
        print(f"{case.name}: FAIL, {outcome.broken}")
    else:
        rows = [comparison.row() for comparison in outcome.comparisons]
        show(HEADERS, rows, f"{case.name}: {case.summary} ({folder})")
    for path in outcome.figures:
        print(path)
