"""What can be seen on the simplest models: sweeps, thresholds, repeated splits, two classes against seven."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow.report.context import ReportContext
from ferflow.report.linear_sentences import lift_sentence, way_to_certainty
from ferflow.report.linear_studies import (
    descent_entries,
    redraw_entries,
    sweep_entries,
    threshold_entries,
)
from ferflow.report.results import Result
from ferflow.report.section import Section
from ferflow.report.wording import number


@dataclass(frozen=True)
class LiftLine:
    """How far an experiment comes from chance."""

    result: Result
    chance: str
    accuracy: str
    balanced: str
    times: str
    way: str
    parameters: str


def section(context: ReportContext) -> Section:
    """Show the studies of the linear models, where two classes were told apart by logistic regression."""
    logistic, softmax = (_results_of(context, name) for name in ("logistic", "softmax"))
    if not logistic:
        empty = "No experiment tells two classes apart by logistic regression."
        return Section("linear", "Logistic regression", {}, empty)
    content = {
        "sweeps": sweep_entries(context),
        "thresholds": threshold_entries(context, logistic),
        "without_validation": [result.name for result in logistic if not result.n("validation")],
        "redraws": redraw_entries(context),
        "lifts": [_lift_line(result) for result in [*logistic, *softmax]],
        "lift_sentence": lift_sentence(logistic, softmax),
        "descents": descent_entries(context, logistic),
    }
    return Section("linear", "Logistic regression", content)


def _results_of(context: ReportContext, model: str) -> Sequence[Result]:
    experiments = context.settings.experiments
    return [result for result in context.results if experiments[result.name].model.name == model]


def _lift_line(result: Result) -> LiftLine:
    balanced, k = result.interval("official", "balanced_accuracy")[0], len(result.classes)
    return LiftLine(
        result=result,
        chance=number(1 / k, "accuracy"),
        accuracy=number(result.interval("official", "accuracy")[0], "accuracy"),
        balanced=number(balanced, "accuracy"),
        times=f"{balanced * k:.2f}",
        way=number(way_to_certainty(balanced, k), "accuracy"),
        parameters=f"{result.cost.parameters:,}",
    )
