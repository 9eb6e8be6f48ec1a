"""The section on claims: published figures, ours under the same and under an honest protocol, verdicts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ferflow import paths
from ferflow.claims import Claims, Evidence, Outcome, judge, load_claims
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.ingest.audit_file import read_audit
from ferflow.params import Params
from ferflow.report.claims_lines import claims_frame, lines_of, summary
from ferflow.report.context import ReportContext, Section
from ferflow.report.markdown import markdown_table, plain_markdown
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.wording import count_name
from ferflow.studies.clusters.figures import read_clusters
from ferflow.tables import REPEATED_SPLITS, read_table

FER_FACES = 35_887
_NONE = "The published systems are about FER-2013, and params.yaml leaves them out (claims: false)."


@register_section(place=160)
def claims(context: ReportContext) -> Section:
    """Set published figures beside ours.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    if not context.settings.claims:
        write_text(context.folder / "claims.csv", claims_frame([]).to_csv(index=False, lineterminator="\n"))
        write_text(context.folder / "claims.md", "# Claims\n\nNone: `claims` is false in params.yaml.\n")
        return Section("claims", "Claims", empty=_NONE)
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
        Empty if one has, or a verdict without.
    """
    if any(outcome.ours or outcome.finding for outcome in outcomes):
        return ""
    missing = list(dict.fromkeys(name for outcome in outcomes for name in outcome.missing))
    reasons = [f"not run: {', '.join(missing)}"] if missing else []
    reasons += dict.fromkeys(outcome.reason for outcome in outcomes if outcome.reason and not outcome.missing)
    return f"{count_name(len(outcomes), 'claim')}, none tested here ({'; '.join(reasons)})"


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
        clusters=read_clusters(),
        repeated_splits={
            name: read_table(paths.repeated_splits(name), REPEATED_SPLITS, "repeated_splits")
            for name in settings.repeated_splits
        },
        no_verdict=why_no_verdict(settings, read_audit()["faces"]),
    )


def why_no_verdict(settings: Params, faces: int) -> str:
    """Say why figures measured here are no figures of FER-2013.

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


def require_full_run(page: str, settings: Params) -> None:
    """Refuse to write a page of the docs about FER-2013 from another run.

    Parameters
    ----------
    page : str
        Its file.
    settings : Params

    Raises
    ------
    InputError
        If the run is of other faces or of budget quick.
    """
    if reason := why_no_verdict(settings, read_audit()["faces"]):
        raise InputError(f"{page} is for a run on FER-2013 at full budget; this one is: {reason}")


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
    lines = [f"# Claims ({plain_markdown(note)})", "", summary(outcomes), ""]
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


def _with_small(text: str, small: str) -> str:
    return f"{text} ({small})" if small else text
