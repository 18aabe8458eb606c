"""Strike at runs by many faults, and write the table.

python -m esim.validation.faults --count 110 --seed 1
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from esim.validation.faults.plan import KINDS, Fault, draw
from esim.validation.faults.report import write_report
from esim.validation.faults.scenes import SCENES
from esim.validation.faults.shim import build_shim
from esim.validation.faults.trial import Outcome, attempt, refer

REPORT = Path(__file__).parents[1] / "results" / "faults.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw faults, try each, write the table; 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=110, metavar="N", help="number of faults")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is drawn")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin no fault after so long")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="faults at the same time")
    parser.add_argument(
        "--kind", default="", metavar="TEXT", help="only faults of a kind with this in its name"
    )
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="only these of the faults, from 0")
    parser.add_argument("--output", type=Path, default=REPORT, metavar="FILE", help="the table")
    parser.add_argument("--keep", action="store_true", help="keep the folders of faults that went wrong")
    options = parser.parse_args(arguments)
    if not (kinds := [kind for kind in KINDS if options.kind in kind.name]):
        parser.error(f"--kind {options.kind}: expected a part of {', '.join(kind.name for kind in KINDS)}")
    folder = Path(tempfile.mkdtemp(prefix="esim-faults-"))
    shim, begun = build_shim(folder), time.monotonic()
    references = {scene: refer(scene, folder, shim) for scene in SCENES}
    writes = {name: one.writes for name, one in references.items()}
    faults = list(draw(options.count, options.seed, writes, kinds))

    def strike(number: int) -> Outcome | None:
        if time.monotonic() - begun > 60 * options.minutes:
            return None
        fault = faults[number]
        outcome = attempt(fault, references[fault.scene], folder / f"{number}", shim)
        print(_line(number, fault, outcome), flush=True)
        if not (outcome.problems and options.keep):
            shutil.rmtree(folder / f"{number}", ignore_errors=True)
        return outcome

    with ThreadPoolExecutor(options.workers) as pool:
        numbers = options.only if options.only else range(options.count)
        outcomes = [outcome for outcome in pool.map(strike, numbers) if outcome is not None]
    write_report(options.output, outcomes, options.seed)
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    print(
        f"{len(outcomes)} faults in {(time.monotonic() - begun) / 60:.1f} min, {wrong} wrong; {options.output}"
    )
    if not options.keep or not wrong:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


def _line(number: int, fault: Fault, outcome: Outcome) -> str:
    resumed = "too late" if outcome.late else f"resumed {outcome.resumed.code if outcome.resumed else '-'}"
    spent = outcome.ended.seconds + (outcome.resumed.seconds if outcome.resumed else 0.0)
    text = "; ".join(outcome.problems) or "as it must be"
    return (
        f"{number:4d} {fault.kind.name}, {fault.moment}, {fault.scene}, {fault.ranks}->{fault.resumed_on} ranks: "
        f"ended {outcome.ended.code}, {resumed}, {spent:.0f} s, {text} {outcome.note}"
    )


if __name__ == "__main__":
    sys.exit(main())
