"""The sentences at the head of the report, each computed from the results."""

from collections.abc import Sequence

import numpy as np

from ferflow.evaluation.cautions import chance_level, is_worthless
from ferflow.evaluation.significance import RecallByExperiment, recall_by_experiment
from ferflow.params import Evaluate
from ferflow.report.footnotes import Cautions
from ferflow.report.results import RemedyFamily, Result
from ferflow.report.wording import METRIC_NAMES, count_name, number, points, remedy_name


def compare_recall(family: RemedyFamily, bootstrap: Evaluate) -> RecallByExperiment:
    """Recall by class of every remedy in a family, and differences to no remedy, over the same faces."""
    correct = np.stack(
        [sum(r.correct(s).astype(np.int64) for s in range(len(r.seeds))) for r in family.results], axis=1
    )
    return recall_by_experiment(
        family.results[0].labels(),
        correct,
        np.array([len(result.seeds) for result in family.results]),
        len(family.results[0].classes),
        baseline=family.baseline,
        resamples=bootstrap.resamples,
        confidence=bootstrap.confidence,
        seed=bootstrap.seed,
    )


def best_of(group: Sequence[Result], cautions: Cautions) -> str:
    """Say which experiment of a group has the best balanced accuracy, leaky ones aside.

    A model that is constant or not above chance is not praised; where none is better, that is what is said.
    """
    scored = [r for r in group if not r.leaky and np.isfinite(r.interval("official", "balanced_accuracy")[0])]
    if not scored:
        return ""
    sound = [result for result in scored if not is_worthless(cautions.get(result.name, ()))]
    best = max(sound or scored, key=lambda r: r.interval("official", "balanced_accuracy")[0])
    value, low, high = (number(v, "accuracy") for v in best.interval("official", "balanced_accuracy"))
    if not sound:
        level = number(chance_level(best.evaluations[0]), "accuracy")
        return (
            f"Of {count_name(len(group[0].classes), 'class')}, no model beats chance ({level}% balanced "
            f"accuracy): the highest figure, {value}% ({low} to {high}) of {best.name}, is no evidence of it."
        )
    others = (
        f"{METRIC_NAMES[metric]} {number(best.interval('official', metric)[0], metric)}%"
        for metric in ("macro_f1", "accuracy")
    )
    return (
        f"Of {count_name(len(group[0].classes), 'class')}, {best.name} does best: balanced accuracy {value}% "
        f"({low} to {high}), {', '.join(others)}, on {best.n('official'):,} test faces."
        f"{_but(best, cautions)}"
    )


def _but(result: Result, cautions: Cautions) -> str:
    texts = [caution.text for caution in cautions.get(result.name, ())]
    return f" Caution: {'; '.join(texts)}." if texts else ""


def remedy_for_the_rarest(family: RemedyFamily, recall: RecallByExperiment, cautions: Cautions) -> str:
    """Say which remedy does most for the class with the fewest faces, and what that costs the others."""
    classes = family.results[0].classes
    labels = family.results[0].labels()
    support = np.bincount(labels, minlength=len(classes))
    rarest = int(np.argmin(np.where(support > 0, support, support.max() + 1)))
    gains = np.delete(recall.difference[:, rarest], family.baseline)
    best = int(np.delete(np.arange(len(family.results)), family.baseline)[np.argmax(gains)])
    result, name = family.results[best], classes[rarest]
    model = f"{result.model} model" if result.model in ("logistic", "softmax") else result.model
    lift = recall.difference[best, rarest]
    low, high = recall.difference_low[best, rarest], recall.difference_high[best, rarest]
    before, after = (number(recall.value[row, rarest], "accuracy") for row in (family.baseline, best))
    span = f"{points(lift)} points, {points(low)} to {points(high)}"
    if lift <= 0:
        return (
            f"No remedy lifts the {model}'s recall of {name} ({support[rarest]} test faces) above {before}%."
        )
    lead = (
        f"Of the remedies for the {model}, {name} gains most from {remedy_name(result.remedy)}: its recall "
        f"goes from {before}% to {after}% ({span}; {support[rarest]} test faces)"
    )
    if low <= 0:
        lead += ", a lift that may be chance"
    worthless = is_worthless(cautions.get(result.name, ()))
    return f"{lead}. {_what_it_costs(recall, best, rarest, classes)}" + (
        _but(result, cautions) if worthless else ""
    )


def _what_it_costs(recall: RecallByExperiment, best: int, rarest: int, classes: Sequence[str]) -> str:
    others = np.array([index for index in range(len(classes)) if index != rarest])
    worst = int(others[np.nanargmin(recall.difference[best, others])])
    balanced = f"balanced accuracy changes by {points(recall.difference[best, -1])} points"
    if recall.difference_high[best, worst] < 0:
        loss = points(-recall.difference[best, worst]).lstrip("+")
        return f"It costs {classes[worst]} {loss} points; {balanced}."
    return f"No other class loses more than chance would explain; {balanced}."
