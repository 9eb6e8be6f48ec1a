"""Which training of a table is best and why, in words and as a table: the text above it in MLflow."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import Evaluation
from ferflow.params import Params
from ferflow.remedies.names import look_up, remedy_of, structure_of
from ferflow.remedies.registry import NONE
from ferflow.tracking.groups import run_name
from ferflow.tracking.metrics import HEADLINE, headline

_ROWS = 10  # of the text's table; MLflow keeps 5,000 characters
_NAMES = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "rarest_recall": "recall of {rarest}",
    "accuracy": "accuracy",
}


@dataclass(frozen=True)
class Standing:
    """The sound trainings of one table, best first by macro-F1 on the validation faces.

    Attributes
    ----------
    evaluations : sequence of Evaluation
        Never empty.
    remedies : sequence of str
        Of each.
    plain : Evaluation or None
        The best's model on the same faces without a remedy; None if that is it, or is not trained.
    rarest : str
        The class with the fewest faces.
    """

    evaluations: Sequence[Evaluation]
    remedies: Sequence[str]
    plain: Evaluation | None
    rarest: str

    @property
    def why(self) -> str:
        """Say who won, by what, and what the test faces say of it; Markdown."""
        best = self.evaluations[0]
        count = len(self.evaluations)
        sentences = [
            f"**{run_name(best.experiment, best.seed)}** is the best of {count}, chosen by macro-F1 on the "
            f"{best.subsets.validation.n:,} validation faces: {_chosen_by(best)}"
            + (f" (next: {_with_score(self.evaluations[1])})." if count > 1 else ".")
        ]
        if self.plain is not None:
            noun = look_up(self.remedies[0]).noun
            sentences.append(f"The same model without {noun}: {_with_score(self.plain)}.")
        figures = ", ".join(
            f"{_NAMES[name].format(rarest=self.rarest)} {_interval(headline(best, self.rarest, name))}"
            for name in HEADLINE
        )
        sentences.append(
            f"Measured on {best.subsets.official.n:,} test faces, with intervals: {figures}. Protocol "
            f"{best.protocol}: {len(best.classes)} classes."
        )
        return " ".join(sentences)

    def table(self) -> str:
        """Rank the trainings; a table in Markdown."""
        names = [_NAMES[name].format(rarest=self.rarest) for name in HEADLINE]
        lines = [
            "| | run | remedy | macro-F1 (validation) | " + " | ".join(names) + " |",
            "|" + " --- |" * (4 + len(names)),
        ]
        for place, (evaluation, remedy) in enumerate(zip(self.evaluations, self.remedies, strict=True), 1):
            values = [_interval(headline(evaluation, self.rarest, name)) for name in HEADLINE]
            run = run_name(evaluation.experiment, evaluation.seed)
            lines.append(f"| {place} | {run} | {remedy} | {_chosen_by(evaluation)} | {' | '.join(values)} |")
        return "\n".join(lines[: _ROWS + 2])


def standing(params: Params, evaluations: Sequence[Evaluation], rarest: str) -> Standing:
    """Rank evaluations.

    Parameters
    ----------
    params : Params
    evaluations : sequence of Evaluation
        Best first, of the same faces.
    rarest : str
        The class with the fewest faces.

    Returns
    -------
    Standing
    """
    remedies = [_remedy(params, each.experiment) for each in evaluations]
    models = [structure_of(params.experiment(each.experiment)) for each in evaluations]
    plain = (
        each
        for each, remedy, model in zip(evaluations, remedies, models, strict=True)
        if remedy == NONE.name and each.seed == evaluations[0].seed and model == models[0]
    )
    return Standing(evaluations, remedies, None if remedies[0] == NONE.name else next(plain, None), rarest)


def _remedy(params: Params, experiment: str) -> str:
    return remedy_of(params.experiment(experiment), params.protocol_of(experiment))


def _chosen_by(evaluation: Evaluation) -> str:
    return f"{evaluation.subsets.validation.metrics.macro_f1.value:.3f}"


def _with_score(evaluation: Evaluation) -> str:
    return f"{run_name(evaluation.experiment, evaluation.seed)}, {_chosen_by(evaluation)}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
