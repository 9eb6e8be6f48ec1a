"""Published figures, ours under the same and under an honest protocol, verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow.claims import Outcome
from ferflow.claims.schema import System
from ferflow.files import write_text
from ferflow.report.claims import Line, claims_frame, claims_markdown, judge_all, lines_of, summary
from ferflow.report.context import ReportContext
from ferflow.report.section import Section

LEFT_OUT = "left out"


@dataclass(frozen=True)
class SystemEntry:
    """A published system with its claims: those that were tested, and those that were left out."""

    letter: str
    system: System
    lines: Sequence[Line]
    left_out: Sequence[Line]


def section(context: ReportContext) -> Section:
    """Judge every claim by what the stages wrote; write ``claims.csv`` and ``claims.md`` beside the page."""
    outcomes = judge_all(context.claims, context.evidence)
    table = claims_frame(outcomes).to_csv(index=False, lineterminator="\n")
    write_text(context.folder / "claims.csv", table)
    write_text(context.folder / "claims.md", claims_markdown(context.claims, outcomes, context.note))
    systems = [
        _entry(letter, system, [outcome for outcome in outcomes if outcome.claim.system == letter])
        for letter, system in context.claims.systems.items()
    ]
    return Section("claims", "Claims", {"systems": systems, "summary": summary(outcomes)})


def _entry(letter: str, system: System, outcomes: Sequence[Outcome]) -> SystemEntry:
    tested = [outcome for outcome in outcomes if outcome.verdict != LEFT_OUT]
    left_out = [outcome for outcome in outcomes if outcome.verdict == LEFT_OUT]
    return SystemEntry(letter, system, lines_of(tested, letter), lines_of(left_out, letter))
