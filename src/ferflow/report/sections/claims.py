"""The section on claims: published figures, ours under the same and under an honest protocol, verdicts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.claims import (
    VERDICTS,
    Claim,
    Claims,
    Evidence,
    Figure,
    Measured,
    Outcome,
    Range,
    experiments_of,
    judge,
    load_claims,
)
from ferflow.files import read_json, write_text
from ferflow.params import Params
from ferflow.report.context import ReportContext, Section
from ferflow.report.markdown import markdown_table
from ferflow.report.results import Result, read_csv
from ferflow.report.wording import NOTHING, count_name

FER_FACES = 35_887


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


def claims(context: ReportContext) -> Section:
    """Set published figures beside ours.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    content = claims_section(context.settings, context.results, context.folder, context.note)
    return Section("claims", "Claims", content)


def claims_section(settings: Params, results: Sequence[Result], folder: Path, note: str) -> dict[str, Any]:
    """Judge every claim by what the stages wrote; write ``claims.csv`` and ``claims.md`` into ``folder``.

    Parameters
    ----------
    settings : Params
        What was to be run.
    results : sequence of Result
        What came of it.
    folder : Path
        Of the report.
    note : str
        What the faces are, such as "sample faces".

    Returns
    -------
    dict
        ``claims_systems``: of each system its letter, title, words and lines; ``claims_summary``: a sentence.
    """
    content = load_claims()
    outcomes = judge_all(content, settings, results)
    write_text(folder / "claims.csv", claims_frame(outcomes).to_csv(index=False, lineterminator="\n"))
    write_text(folder / "claims.md", claims_markdown(content, outcomes, note))
    systems = [
        {
            "letter": letter,
            "system": system,
            "lines": lines_of(outcomes, letter),
            "untested": untested([outcome for outcome in outcomes if outcome.claim.system == letter]),
        }
        for letter, system in content.systems.items()
    ]
    return {"claims_systems": systems, "claims_summary": summary(outcomes)}


def untested(outcomes: Sequence[Outcome]) -> str:
    """Say in a line why none of some claims has a figure of ours.

    Parameters
    ----------
    outcomes : sequence of Outcome

    Returns
    -------
    str
        Empty if one has.
    """
    if any(outcome.ours for outcome in outcomes):
        return ""
    reasons = dict.fromkeys(outcome.reason for outcome in outcomes)
    return (
        f"{count_name(len(outcomes), 'claim')}, none of them tested here ({'; '.join(filter(None, reasons))})"
    )


def judge_all(claims: Claims, settings: Params, results: Sequence[Result]) -> list[Outcome]:
    """Judge every claim.

    Parameters
    ----------
    claims : Claims
    settings : Params
    results : sequence of Result

    Returns
    -------
    list of Outcome
        In the order of the file.
    """
    evidence = gather(settings, results)
    return [judge(claim, evidence) for claim in claims.claims]


def gather(settings: Params, results: Sequence[Result]) -> Evidence:
    """Read what claims need beside the results of the experiments.

    Parameters
    ----------
    settings : Params
    results : sequence of Result

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        If the clusters stage or a repeated split that ``params.yaml`` names has not written its file.
    """
    return Evidence(
        evaluations={result.name: result.evaluations for result in results},
        histories={result.name: result.histories for result in results},
        clusters=read_json(paths.CLUSTERS / "clusters.json"),
        repeated_splits={
            name: read_csv(paths.repeated_splits(name), "repeated_splits")
            for name in settings.repeated_splits
        },
        no_verdict=why_no_verdict(settings, int(read_json(paths.AUDIT)["faces"])),
    )


def why_no_verdict(settings: Params, faces: int) -> str:
    """Say why figures measured here cannot speak of FER-2013.

    Parameters
    ----------
    settings : Params
    faces : int
        Number of all faces.

    Returns
    -------
    str
        Empty if they can.
    """
    if settings.on_sample:
        return "sample faces"
    if faces != FER_FACES:
        return f"{faces:,} faces, not FER-2013's {FER_FACES:,}"
    return "budget quick" if settings.budget == "quick" else ""


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
    return f"Of {len(outcomes)} published claims {', '.join(parts)}.{because}"


def lines_of(outcomes: Sequence[Outcome], letter: str) -> list[Line]:
    """Put the outcomes of a system into words; a reason that stands in the line above is not repeated.

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
    return pd.DataFrame(rows)


def claims_markdown(claims: Claims, outcomes: Sequence[Outcome], note: str) -> str:
    """Write the claims as Markdown, one table a system.

    Parameters
    ----------
    claims : Claims
    outcomes : sequence of Outcome
    note : str
        What the faces are.

    Returns
    -------
    str
    """
    lines = [f"# Claims ({note})", "", summary(outcomes), ""]
    for letter, system in claims.systems.items():
        lines += [
            f"## {letter}. {system.title}",
            "",
            f"Published: {system.published}.",
            "",
            f"Protocol: {system.protocol.rstrip('.')}.",
            "",
            markdown_table(
                ("what", "published", "ours, same protocol", "ours, honest protocol", "verdict", "why"),
                [
                    [
                        line.what,
                        _with_small(line.published, line.tolerance),
                        _with_small(line.ours, line.ours_small),
                        _with_small(line.honest, line.honest_small),
                        _with_small(f"**{line.verdict}**", line.reason),
                        line.why,
                    ]
                    for line in lines_of(outcomes, letter)
                ],
            ),
            "",
        ]
    return "\n".join(lines)


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
    return NOTHING if math.isnan(value) else f"{value:,.{claim.decimals}f}"


def _join(figures: Sequence[Measured], name: str) -> str:
    values = [getattr(figure, name) for figure in figures]
    return "" if all(map(math.isnan, values)) else "; ".join(f"{value:.6g}" for value in values)


def _with_small(text: str, small: str) -> str:
    return f"{text} ({small})" if small else text
