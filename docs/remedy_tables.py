"""What the pages on remedies have in common: scores, and what a remedy gives and takes by class."""

from collections.abc import Sequence

import numpy as np

from ferflow.evaluation.significance import RecallByExperiment
from ferflow.report.markdown import markdown_table
from ferflow.report.results import RemedyFamily, Result
from ferflow.report.tables import markdown_cell
from ferflow.report.wording import METRIC_NAMES, points, remedy_name

RAREST = "disgust"


def scores(results: Sequence[Result], metrics: Sequence[str]) -> str:
    """Lay out the scores, and what becomes of disgust.

    Parameters
    ----------
    results : sequence of Result
    metrics : sequence of str

    Returns
    -------
    str
        A Markdown table; means over seeds, with deviation and bootstrap interval.
    """
    rows = []
    for result in results:
        rarest = [run.subsets.official.per_class[RAREST] for run in result.evaluations]
        recall = 100 * np.mean([of_class.recall.value for of_class in rarest])
        f1 = 100 * np.mean([of_class.f1.value for of_class in rarest])
        cells = [markdown_cell(result, "official", metric) for metric in metrics]
        rows.append([result.name, remedy_name(result.remedy), *cells, f"{recall:.1f}", f"{f1:.1f}"])
    heads = ["experiment", "remedy", *(METRIC_NAMES[metric] for metric in metrics)]
    return markdown_table([*heads, f"recall of {RAREST}", f"F1 of {RAREST}"], rows)


def gains(family: RemedyFamily, recall: RecallByExperiment) -> str:
    """Lay out the differences to no remedy, by class and balanced.

    Parameters
    ----------
    family : RemedyFamily
    recall : RecallByExperiment
        Of the family.

    Returns
    -------
    str
        A Markdown table; points, with bootstrap intervals.
    """
    rows = []
    for index, result in enumerate(family.results):
        if index != family.baseline:
            difference = zip(
                recall.difference[index],
                recall.difference_low[index],
                recall.difference_high[index],
                strict=True,
            )
            cells = [f"{points(d)} ({points(low)} to {points(high)})" for d, low, high in difference]
            rows.append([label(result, family.results), *cells])
    return markdown_table(["remedy", *family.results[0].classes, "balanced accuracy"], rows)


def label(result: Result, others: Sequence[Result]) -> str:
    """Name a remedy, and its experiment where another one has the same remedy with other settings."""
    noun = remedy_name(result.remedy)
    alone = sum(other.remedy == result.remedy for other in others) == 1
    return noun if alone else f"{noun} (`{result.name}`)"
