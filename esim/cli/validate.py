"""`esim validate`: computes cases, shows how far they are from what is known, and says pass or fail."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from esim.cli.show import show
from esim.errors import InputError
from esim.io.provenance import write_record
from esim.validation.cases import CASES, Case, Comparison, Runs


def validate(
    names: Sequence[str], output: Path, run: Path | None = None, quick: bool = False, listing: bool = False
) -> int:
    """Judges the named cases (all, if none is named), or one case by a run that is there; 1 if one fails.

    Prints a table for each case and writes validation.json into `output`. Raises InputError for an unknown
    case, or a `run` without exactly one case.
    """
    if listing:
        show(("case", "what it compares"), [(case.name, case.summary) for case in CASES.values()])
        return 0
    cases = [_case(name) for name in names] or list(CASES.values())
    if run is not None and len(cases) != 1:
        raise InputError(f"--run {run}: name the one case that it is a run of: {', '.join(CASES)}")
    results = {}
    for case in cases:
        runs = case.find(run) if run is not None else case.run(output / case.name, quick)
        results[case.name] = list(case.judge(runs))
        _show(case, run or output / case.name, results[case.name])
        _draw(case, runs, output)
    records = {name: [check.record() for check in checks] for name, checks in results.items()}
    write_record(output / "validation.json", records)
    return int(not all(check.passed for checks in results.values() for check in checks))


def _case(name: str) -> Case:
    if name not in CASES:
        raise InputError(f"there is no case '{name}'; the cases are {', '.join(CASES)}")
    return CASES[name]


def _draw(case: Case, runs: Runs, output: Path) -> None:
    if case.draw is None or find_spec("matplotlib") is None:
        return
    for path in case.draw(runs, output):
        print(path)


def _show(case: Case, folder: Path, checks: Sequence[Comparison]) -> None:
    headers = ("quantity", "known", "computed", "difference", "limit", "result")
    show(headers, [check.row() for check in checks], f"{case.name}: {case.summary} ({folder})")
