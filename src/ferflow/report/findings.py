"""The sentences at the head of the report, each computed from the results."""

from collections.abc import Sequence

import numpy as np

from ferflow.evaluation.cautions import is_above_chance
from ferflow.evaluation.significance import RecallByExperiment, recall_by_experiment
from ferflow.params import Evaluate
from ferflow.remedies.registry import NONE
from ferflow.report.results import RemedyFamily, Result
from ferflow.report.wording import METRIC_NAMES, count_name, guess_name, percent, points, remedy_names

_SAME = 9  # decimals to which two lifts are the same


def compare_recall(family: RemedyFamily, bootstrap: Evaluate) -> RecallByExperiment:
    """Compare the recall of each class under every remedy of a family with no remedy, on the same faces.

    Parameters
    ----------
    family : RemedyFamily
    bootstrap : Evaluate

    Returns
    -------
    RecallByExperiment
    """
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


def best_of(group: Sequence[Result]) -> str:
    """Say which experiment of a group is best, of the sound ones above chance, and how well it does.

    The best is chosen by balanced accuracy on the validation faces: a test figure that was picked as the
    best of many is too high. Without validation faces, the test faces choose, and the sentence says so.

    Parameters
    ----------
    group : sequence of Result
        Experiments tested on the same faces.

    Returns
    -------
    str
        Empty if none has a figure.
    """
    sound = [result for result in group if not result.leaky]
    finite = [r for r in sound if np.isfinite(r.interval("official", "balanced_accuracy")[0])]
    if not finite:
        return ""
    k = group[0].tested_classes
    candidates = [r for r in finite if is_above_chance(r.interval("official", "balanced_accuracy")[1], k)]
    if not candidates:
        return (
            f"With {count_name(len(group[0].classes), 'class')}, no model does better than "
            f"{guess_name(group[0])} on {group[0].n('official'):,} test faces: these figures do not tell "
            "models apart."
        )
    subset = "validation" if all(r.n("validation") for r in candidates) else "official"
    best = max(candidates, key=lambda r: r.interval(subset, "balanced_accuracy")[0])
    value, low, high = (percent(v) for v in best.interval("official", "balanced_accuracy"))
    others = (
        f"{METRIC_NAMES[metric]} {percent(best.interval('official', metric)[0])}%"
        for metric in ("macro_f1", "accuracy")
    )
    faces = f"{best.n('official'):,} test faces"
    if len(sound) == 1:
        where = f"is the only {'' if len(group) == 1 else 'sound '}experiment: on {faces}, balanced accuracy"
    elif subset == "validation":
        where = f"is best on the validation faces: on {faces}, balanced accuracy"
    else:
        where = f"is best on the {faces} themselves: balanced accuracy"
    return (
        f"With {count_name(len(group[0].classes), 'class')}, {best.name} {where} {value}% "
        f"({low} to {high}), {', '.join(others)}."
    )


def remedy_for_the_rarest(family: RemedyFamily, recall: RecallByExperiment) -> str:
    """Say which remedy does most for the class with the fewest faces, and what it costs the others.

    Parameters
    ----------
    family : RemedyFamily
    recall : RecallByExperiment
        Of the family.

    Returns
    -------
    str
    """
    classes = family.results[0].classes
    labels = family.results[0].labels()
    support = np.bincount(labels, minlength=len(classes))
    rarest = int(np.argmin(np.where(support > 0, support, support.max() + 1)))
    # The family may hold further experiments without a remedy, such as one of more epochs.
    remedies = [row for row, result in enumerate(family.results) if result.remedy != NONE.name]
    lifts = {row: round(float(recall.difference[row, rarest]), _SAME) for row in remedies}
    best = max(remedies, key=lambda row: (lifts[row], recall.difference[row, -1]))
    alike = [row for row in remedies if lifts[row] == lifts[best] and row != best]
    names = remedy_names(family.results)
    result, name = family.results[best], classes[rarest]
    faces = count_name(int(support[rarest]), "test face")
    model = f"{result.model} model" if result.model in ("logistic", "softmax") else result.model
    lift = recall.difference[best, rarest]
    low, high = recall.difference_low[best, rarest], recall.difference_high[best, rarest]
    before, after = (percent(recall.value[row, rarest]) for row in (family.baseline, best))
    span = f"{points(lift)} points, {points(low)} to {points(high)}"
    if lift <= 0:
        return f"No remedy raises the {model}'s recall of {name} ({faces}) above {before}%."
    equally = f" (and equally {' and '.join(names[row] for row in alike)})" if alike else ""
    lead = (
        f"For the {model}, the remedy that raises the recall of {name} most is {names[best]}{equally}: "
        f"from {before}% to {after}% ({span}; {faces})"
    )
    if low <= 0:
        lead += ", a gain that may be chance"
    return f"{lead}. {_what_it_costs(recall, best, rarest, classes)}"


def _what_it_costs(recall: RecallByExperiment, best: int, rarest: int, classes: Sequence[str]) -> str:
    change = f"balanced accuracy changes by {points(recall.difference[best, -1])} points"
    tested = np.flatnonzero(~np.isnan(recall.difference[best, : len(classes)]))
    others = tested[tested != rarest]
    if not len(others):
        return f"No other class has test faces; {change}."
    # Not only the greatest loss: that of a class with few faces may be chance where a smaller one is not.
    losers = others[recall.difference_high[best, others] < 0]
    if len(losers):
        worst = int(losers[np.argmin(recall.difference[best, losers])])
        loss = points(-recall.difference[best, worst]).lstrip("+")
        return f"The recall of {classes[worst]} falls by {loss} points; {change}."
    return f"No other class loses more than chance would explain; {change}."
