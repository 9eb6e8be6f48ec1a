"""What to think of each claim: our figures held against the published ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ferflow import paths
from ferflow.claims.evidence import Evidence, Measured, NotReachedError, leaves, read
from ferflow.claims.schema import (
    Claim,
    Figure,
    FromClusters,
    Greatest,
    Range,
    Same,
    SteadierSplits,
    experiments_of,
    readings,
)
from ferflow.errors import InputError
from ferflow.evaluation.paired_values import compare
from ferflow.evaluation.significance import LEVEL

Verdict = Literal["reproduced", "not reproduced", "left out", "no verdict"]
VERDICTS: tuple[Verdict, ...] = ("reproduced", "not reproduced", "left out", "no verdict")


@dataclass(frozen=True)
class Outcome:
    """A claim with our figures and the verdict.

    Attributes
    ----------
    claim : Claim
    verdict : {"reproduced", "not reproduced", "left out", "no verdict"}
    ours, honest : sequence of Measured
        One figure for each reading of the claim; empty where there is none.
    finding, honest_finding : str
        What the check of a statement found, in words; empty for a figure.
    reason : str
        Why there is no verdict; empty if there is one.
    missing : sequence of str
        What was not run, where that is why.
    """

    claim: Claim
    verdict: Verdict
    ours: Sequence[Measured] = ()
    honest: Sequence[Measured] = ()
    finding: str = ""
    honest_finding: str = ""
    reason: str = ""
    missing: Sequence[str] = ()


def judge(claim: Claim, evidence: Evidence) -> Outcome:
    """Read our figures of a claim and compare them with what was published.

    An experiment that was not chosen leaves a claim out; an iteration that was not reached gives no verdict,
    nor does evidence that says why it has none.

    Parameters
    ----------
    claim : Claim
    evidence : Evidence

    Returns
    -------
    Outcome
    """
    missing = _missing(claim, evidence)
    honest = _read_honestly(claim, evidence)
    honest_finding = _statement(claim, honest)[1] if honest else ""
    if missing:
        reason = f"not run: {', '.join(missing)}"
        return Outcome(claim, "left out", (), honest, "", honest_finding, reason, missing)
    if isinstance(claim, SteadierSplits):
        holds, finding = compare_splits(claim, evidence.repeated_splits[claim.repeated_splits])
        return _outcome(claim, evidence, holds, (), (), finding, "")
    try:
        ours = _read_ours(claim, evidence)
    except NotReachedError as error:
        return Outcome(claim, "no verdict", (), honest, "", honest_finding, evidence.no_verdict or str(error))
    if undefined := _undefined(claim, ours):
        reason = evidence.no_verdict or undefined
        return Outcome(claim, "no verdict", ours, honest, "", honest_finding, reason)
    holds, finding = _statement(claim, ours)
    return _outcome(claim, evidence, holds, ours, honest, finding, honest_finding)


def _outcome(
    claim: Claim,
    evidence: Evidence,
    holds: bool,
    ours: Sequence[Measured],
    honest: Sequence[Measured],
    finding: str,
    honest_finding: str,
) -> Outcome:
    verdict: Verdict = "reproduced" if holds else "not reproduced"
    if evidence.no_verdict:
        verdict = "no verdict"
    return Outcome(claim, verdict, ours, honest, finding, honest_finding, evidence.no_verdict)


def _missing(claim: Claim, evidence: Evidence) -> list[str]:
    missing = [name for name in experiments_of(claim) if name not in evidence.evaluations]
    if isinstance(claim, SteadierSplits) and claim.repeated_splits not in evidence.repeated_splits:
        missing = [f"repeated splits of {claim.repeated_splits}"]
    if evidence.clusters is None and any(isinstance(r, FromClusters) for r in readings(claim)):
        missing = ["clusters"]
    return missing


def _read_ours(claim: Claim, evidence: Evidence) -> list[Measured]:
    if isinstance(claim, Range):
        values = leaves(evidence.clusters, claim.ours.path)
        if not values:
            raise NotReachedError(f"clusters.json: no figure of {claim.ours.path} has a meaning")
        return [Measured(value) for value in values]
    return [read(reading, evidence) for reading in readings(claim)]


def _read_honestly(claim: Claim, evidence: Evidence) -> list[Measured]:
    """Honest figures, if all that they are read from was run and reached."""
    sources = readings(claim, honest=True)
    clusters = any(isinstance(reading, FromClusters) for reading in sources)
    if clusters and evidence.clusters is None:
        return []
    if any(name not in evidence.evaluations for name in experiments_of(claim, honest=True)):
        return []
    try:
        return [read(reading, evidence) for reading in sources]
    except NotReachedError:
        return []


def _undefined(claim: Claim, figures: Sequence[Measured]) -> str:
    """Say which figure of ours is undefined, if one is, as that of a class without test faces."""
    for reading, figure in zip(readings(claim), figures, strict=False):  # a range reads many at once
        if math.isnan(figure.value):
            return f"{getattr(reading, 'experiment', paths.CLUSTER_FIGURES)}: this figure is undefined (NaN)"
    return ""


def _statement(claim: Claim, figures: Sequence[Measured]) -> tuple[bool, str]:
    """Tell whether a claim holds for these figures, and for a statement also in words."""
    values = [figure.value for figure in figures]
    if any(map(math.isnan, values)):
        return False, ""
    if isinstance(claim, Figure):
        return abs(values[0] - claim.published) <= claim.tolerance, ""
    if isinstance(claim, Same):
        spread = max(values) - min(values)
        holds = spread <= claim.tolerance
        return holds, "the same" if spread == 0 else f"apart by {spread:.3g}"
    if isinstance(claim, Greatest):
        return _first_is_greatest(figures)
    if isinstance(claim, Range):
        inside = sum(claim.low <= value <= claim.high for value in values)
        finding = f"{min(values):.3f} to {max(values):.3f}; {inside} of {len(values)} within the range"
        return inside == len(values), finding if len(values) > 1 else ""  # one figure speaks for itself
    return False, ""


def _first_is_greatest(figures: Sequence[Measured]) -> tuple[bool, str]:
    first, rest = figures[0], figures[1:]
    if not all(first.value > rival.value for rival in rest):
        return False, "it is not"
    if math.isnan(first.low) or any(math.isnan(rival.high) for rival in rest):
        return True, "it is"
    # Not only of the second greatest: a smaller figure may have the wider interval.
    apart = all(first.low > rival.high for rival in rest)
    return True, "it is, intervals apart" if apart else "it is, but intervals overlap"


def compare_splits(claim: SteadierSplits, table: pd.DataFrame) -> tuple[bool, str]:
    """Compare mean and spread of two experiments over draws (:mod:`ferflow.evaluation.paired_values`).

    The means are held against the claim's tolerance, the spreads against chance at 5%.

    Parameters
    ----------
    claim : SteadierSplits
    table : DataFrame
        The content of ``repeated_splits.csv``.

    Returns
    -------
    holds : bool
        Whether the claim holds.
    finding : str
        The same in words.

    Raises
    ------
    InputError
        If the table lacks a column, or does not hold exactly two experiments, one of them ``steadier``.
    """
    where = paths.repeated_splits(claim.repeated_splits)
    if missing := [name for name in ("repetition", "experiment", claim.column) if name not in table]:
        raise InputError(f"{where}: no column '{missing[0]}', found {', '.join(map(str, table.columns))}")
    wide = table.pivot(index="repetition", columns="experiment", values=claim.column)
    others = [name for name in wide if name != claim.steadier]
    if len(others) != 1 or claim.steadier not in wide:
        raise InputError(
            f"{where}: expected {claim.steadier} and one other, found {', '.join(map(str, wide))}"
        )
    comparison = compare(wide[others[0]].to_numpy(), wide[claim.steadier].to_numpy())
    (other, steadier), (wider, narrower) = comparison.means, comparison.deviations
    holds = abs(steadier - other) <= claim.tolerance and narrower < wider and comparison.p_deviations < LEVEL
    finding = (
        f"{other:.3f} ± {wider:.3f} against {steadier:.3f} ± {narrower:.3f} over {len(wide)} draws; "
        f"equal spread: p {comparison.p_deviations:.2g}"
    )
    return bool(holds), finding
