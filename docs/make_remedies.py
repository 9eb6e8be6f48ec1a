"""Write docs/remedies.md, the preset `remedies` on FER-2013: `python docs/make_remedies.py MACHINE`.

MACHINE is a word for the page; all else is read from results/ and timings/.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from remedy_tables import RAREST, gains, label, scores

from ferflow import params, paths
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.files import write_text
from ferflow.report.findings import compare_recall
from ferflow.report.markdown import markdown_table
from ferflow.report.pairs import pair_tables
from ferflow.report.results import RemedyFamily, Result, read_results, remedy_families
from ferflow.report.sections.claims import require_full_run
from ferflow.report.wording import p_value, percent, points
from ferflow.timings import read_timings

DOCS = Path(__file__).parent
BASELINE = "cnn-3min"
METRICS = ("balanced_accuracy", "macro_f1", "accuracy", "ece", "log_loss")


def answer(family: RemedyFamily, recall: RecallByExperiment, n: int) -> str:
    """List what raises the rarest class, what that costs, and what is best on the whole; Markdown."""
    rarest, none = family.results[0].classes.index(RAREST), family.baseline
    names = [label(result, family.results) for result in family.results]
    accuracy = [result.interval("official", "accuracy")[0] for result in family.results]
    balanced = [result.interval("official", "balanced_accuracy")[0] for result in family.results]
    lift = recall.difference[:, rarest]
    first, fairest, truest = (int(np.argmax(values)) for values in (lift, balanced, accuracy))
    # A loss of less than a standard error is none that these faces can show.
    error = math.sqrt(accuracy[none] * (1 - accuracy[none]) / n)
    free = [
        f"{names[index]} ({points(lift[index])})"
        for index in np.argsort(-lift)
        if recall.difference_low[index, rarest] > 0 and accuracy[index] > accuracy[none] - error
    ]
    within = f"a loss of accuracy of less than its standard error, {percent(error)} points"
    beside = (
        f"With {within}, it gains from {', '.join(free)}" if free else f"No remedy raises it with {within}"
    )
    near = [
        f"{names[index]} ({_share(balanced[index])})"
        for index in np.argsort(balanced)[::-1]
        if index != fairest and balanced[index] > balanced[fairest] - 0.01
    ]
    ahead = f", less than a point ahead of {', '.join(near)}" if near else ""
    return "\n".join(
        (
            f"- **The recall of {RAREST} gains most from {names[first]}**: from "
            f"{_share(recall.value[none, rarest])} to {_share(recall.value[first, rarest])} "
            f"({_gain(recall, first, rarest)}), while accuracy goes from {_share(accuracy[none])} to "
            f"{_share(accuracy[first])}.",
            f"- {beside}.",
            f"- **Balanced accuracy is best with {names[fairest]}**: {_share(balanced[fairest])} against "
            f"{_share(balanced[none])} ({_gain(recall, fairest, -1)}){ahead}.",
            f"- **Accuracy is best with {names[truest]}**: {_share(accuracy[truest])}.",
        )
    )


def _share(value: float) -> str:
    return f"{percent(value)}%"


def _gain(recall: RecallByExperiment, experiment: int, column: int) -> str:
    """Write a difference to no remedy with its interval, in points."""
    low, high = recall.difference_low[experiment, column], recall.difference_high[experiment, column]
    return f"{points(recall.difference[experiment, column])} points, {points(low)} to {points(high)}"


def training_minutes(results: Iterable[Result]) -> float:
    """Take the median of what a training took; one that was interrupted does not know."""
    seconds = [
        read_timings(paths.model(result.name, seed)).get("train_seconds")
        for result in results
        for seed in result.seeds
    ]
    return float(np.median([value for value in seconds if value is not None])) / 60


def main() -> None:
    """Read the results and write the page."""
    if len(sys.argv) != 2:
        raise InputError("usage: python docs/make_remedies.py MACHINE")
    settings = params.load()
    require_full_run("docs/remedies.md", settings)
    families = [f for f in remedy_families(read_results(settings)) if BASELINE in {r.name for r in f.results}]
    if not families:
        raise InputError(f"{BASELINE} was not run with and without a remedy; `ferflow preset remedies`")
    family = families[0]
    base = family.results[family.baseline]
    tables = pair_tables(family.results)
    recall = compare_recall(family, settings.evaluate)
    page = (
        (DOCS / "templates" / "remedies.md")
        .read_text()
        .format(
            remedies=len(family.results) - 1,
            experiments=len(family.results),
            baseline=BASELINE,
            parameters=base.cost.parameters / 1e6,
            epochs=settings.epochs_for(BASELINE),
            seeds=len(settings.seeds),
            seed_list=settings.seeds,
            threads=settings.threads,
            n=tables.n,
            support=int(np.sum(base.labels() == base.classes.index(RAREST))),
            answer=answer(family, recall, tables.n),
            source=Path(settings.data.path).name,
            machine=sys.argv[1],
            trainings=len(family.results) * len(settings.seeds),
            minutes=training_minutes(family.results),
            beside=" on one core, two at a time" if settings.threads == 1 else "",
            confidence=f"{settings.evaluate.confidence:.0%}",
            scores=scores(family.results, METRICS),
            gains=gains(family, recall),
            pairs=markdown_table(
                ["remedy", "minus no remedy, points of accuracy", "p"],
                [
                    [label(other, family.results), points(difference), p_value(pair.adjusted)]
                    for other in family.results
                    if other is not base
                    for difference, pair in [tables.cell[other.name, base.name]]
                ],
            ),
        )
    )
    write_text(DOCS / "remedies.md", page)


if __name__ == "__main__":
    run(main)
