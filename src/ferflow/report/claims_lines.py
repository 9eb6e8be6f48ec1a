"""Claims and their verdicts in words, line by line, and as a table for a spreadsheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ferflow.claims import VERDICTS, Claim, Figure, Measured, Outcome, Range, experiments_of
from ferflow.report.wording import NOTHING

_COLUMNS = [
    *("system", "claim", "what", "protocol", "experiments", "published", "tolerance"),
    *("ours", "ours_low", "ours_high", "ours_sd", "ours_said"),
    *("honest_experiments", "honest", "honest_said", "verdict", "reason"),
]


@dataclass(frozen=True)
class Line:
    """A claim as a row of a table: ``small`` texts stand beneath the figures they belong to."""

    id: str
    what: str
    protocol: str
    published: str
    tolerance: str
    ours: str
    ours_small: str
    honest: str
    honest_small: str
    verdict: str
    reason: str
    why: str


def summary(outcomes: Sequence[Outcome]) -> str:
    """Count the verdicts in a sentence.

    Parameters
    ----------
    outcomes : sequence of Outcome

    Returns
    -------
    str
    """
    count = {verdict: sum(outcome.verdict == verdict for outcome in outcomes) for verdict in VERDICTS}
    parts = [f"{number} {verdict}" for verdict, number in count.items() if number]
    reasons = dict.fromkeys(o.reason for o in outcomes if o.verdict == "no verdict")
    because = f" No verdict: {'; '.join(reasons)}." if reasons else ""
    return f"Of {len(outcomes)} published claims: {', '.join(parts)}.{because}"


def lines_of(outcomes: Sequence[Outcome], letter: str) -> list[Line]:
    """Put the outcomes of a system into words; a reason is not repeated in the next line.

    Parameters
    ----------
    outcomes : sequence of Outcome
    letter : str
        Of the system.

    Returns
    -------
    list of Line
    """
    lines = [_line(outcome) for outcome in outcomes if outcome.claim.system == letter]
    return [
        replace(line, why="As above.") if index and line.why == lines[index - 1].why else line
        for index, line in enumerate(lines)
    ]


def _line(outcome: Outcome) -> Line:
    claim = outcome.claim
    ours, ours_small = _figures(claim, outcome.ours, experiments_of(claim), outcome.finding)
    honest, honest_small = _figures(
        claim, outcome.honest, experiments_of(claim, honest=True), outcome.honest_finding
    )
    return Line(
        id=claim.id,
        what=claim.what,
        protocol=claim.protocol,
        published=_number(claim, claim.published) if isinstance(claim, Figure) else claim.published,
        tolerance=f"± {claim.tolerance:g}" if isinstance(claim, Figure) else "",
        ours=ours,
        ours_small=ours_small,
        honest=honest,
        honest_small=honest_small,
        verdict=outcome.verdict,
        reason=outcome.reason,
        why=claim.why,
    )


def claims_frame(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row a claim: the content of ``claims.csv``; figures of statements are joined by semicolons.

    Parameters
    ----------
    outcomes : sequence of Outcome

    Returns
    -------
    DataFrame
    """
    rows = []
    for outcome in outcomes:
        claim = outcome.claim
        rows.append(
            {
                "system": claim.system,
                "claim": claim.id,
                "what": claim.what,
                "protocol": claim.protocol,
                "experiments": "; ".join(experiments_of(claim)),
                "published": claim.published,
                "tolerance": claim.tolerance if isinstance(claim, Figure) else "",
                "ours": _join(outcome.ours, "value"),
                "ours_low": _join(outcome.ours, "low"),
                "ours_high": _join(outcome.ours, "high"),
                "ours_sd": _join(outcome.ours, "deviation"),
                "ours_said": outcome.finding,
                "honest_experiments": "; ".join(experiments_of(claim, honest=True)),
                "honest": _join(outcome.honest, "value"),
                "honest_said": outcome.honest_finding,
                "verdict": outcome.verdict,
                "reason": outcome.reason,
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _figures(
    claim: Claim, figures: Sequence[Measured], names: Sequence[str], finding: str
) -> tuple[str, str]:
    """Figures in words, and what is known of them: what was found, spread, interval, experiments."""
    small = [finding] if finding else []
    if isinstance(claim, Range) and len(figures) > 1:
        return finding, ""
    if not figures:
        return (finding, "") if finding else (NOTHING, "")
    if len(figures) == 1:
        small += _spread(claim, figures[0])
    if names:
        small.append(", ".join(names))
    return " · ".join(_number(claim, figure.value) for figure in figures), "; ".join(small)


def _spread(claim: Claim, figure: Measured) -> list[str]:
    parts = []
    if not math.isnan(figure.low):
        parts.append(f"{_number(claim, figure.low)} to {_number(claim, figure.high)}")
    if not math.isnan(figure.deviation):
        parts.append(f"± {_number(claim, figure.deviation)} over seeds")
    return parts


def _number(claim: Claim, value: float) -> str:
    text = f"{value:z,.{claim.decimals}f}"  # z: no "-0.00"
    return NOTHING if math.isnan(value) else text.replace("-", "\N{MINUS SIGN}")


def _join(figures: Sequence[Measured], name: str) -> str:
    values = [getattr(figure, name) for figure in figures]
    return "" if all(map(math.isnan, values)) else "; ".join(f"{value:.6g}" for value in values)
