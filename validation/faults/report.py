"""How is the table of faults written?"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from esim.validation.faults.plan import KINDS
from esim.validation.faults.trial import Outcome

HEAD = """# Faults

Tiny runs of three scenes (an ocean with a nest in a nest, waves with dispersion, rock with attenuation) on one or two
ranks, each struck by one fault at a random moment, and then resumed on one or two ranks. They compute on NumPy, but
for the compilation of kernels. `make test-faults` draws them by a seed. Moments at writes are exact: a library that is
preloaded counts them.

A run must end by itself, within its limits and with one sentence and its exit code where it can still speak; no process
may stay; resumed, it must write what an undisturbed run writes, bit for bit. After a flipped bit it may also refuse to
resume, with one sentence.
"""


def write_report(path: Path, outcomes: Sequence[Outcome], seed: int) -> None:
    """Write the table of outcomes, and what was wrong, as Markdown."""
    good = [outcome for outcome in outcomes if not outcome.problems]
    lines = [
        HEAD,
        f"{len(outcomes)} faults, seed {seed}: {len(good)} as they must be, {len(outcomes) - len(good)} not.",
        "",
        "| fault | number | at | ended with | too late | resumed, same bits | refused | wrong |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(kind.name, [one for one in outcomes if one.fault.kind is kind]) for kind in KINDS),
        "",
    ]
    bad = [outcome for outcome in outcomes if outcome.problems]
    lines += ["## Wrong", "", *map(_complaint, bad), ""] if bad else []
    path.write_text("\n".join(lines))


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    moments = ", ".join(
        f"{moment} {n}" for moment, n in Counter(one.fault.moment for one in outcomes).items()
    )
    codes = Counter(one.ended.code for one in outcomes if not one.late)
    ended = ", ".join(f"{code} ({n})" if n > 1 else f"{code}" for code, n in codes.most_common())
    same = sum(one.resumed is not None and one.resumed.code == 0 and not one.problems for one in outcomes)
    late, wrong = sum(one.late for one in outcomes), sum(bool(one.problems) for one in outcomes)
    refused = sum(one.resumed is not None and one.resumed.code != 0 and not one.problems for one in outcomes)
    return f"| {name} | {len(outcomes)} | {moments} | {ended} | {late} | {same} | {refused} | {wrong} |"


def _complaint(outcome: Outcome) -> str:
    fault = outcome.fault
    where = f"{fault.kind.name}, {fault.moment}, {fault.scene}, {fault.ranks} to {fault.resumed_on} ranks"
    note = f" ({outcome.note})" if outcome.note else ""
    return f"- {where}{note}: {'; '.join(' '.join(text.split()) for text in outcome.problems)}"
