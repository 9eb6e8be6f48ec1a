"""What the report says where a figure means little (:mod:`ferflow.evaluation.cautions`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ferflow.evaluation.cautions import FEWEST_STEPS, is_above_chance, only_class, scarce_classes
from ferflow.params import Protocol
from ferflow.remedies.registry import NONE
from ferflow.report.results import Result
from ferflow.report.wording import count_name, guess_name, percent

_MOST_CLASSES = 7  # that are named one by one


@dataclass(frozen=True)
class Caution:
    """Why the figures of an experiment mean little.

    Attributes
    ----------
    word : str
        What marks the experiment in the table.
    reason : str
        The same for all experiments that it holds for: "predicts one class only, happy".
    explanation : str
        What follows from it.
    """

    word: str
    reason: str
    explanation: str


def cautions_of(result: Result) -> list[Caution]:
    """List why the figures of an experiment mean little, over all of its seeds.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Caution
    """
    classes = result.classes
    cautions = []
    constant = {only_class(confusion) for confusion in result.confusions}
    if None not in constant:
        names = " or ".join(classes[index] for index in sorted(i for i in constant if i is not None))
        cautions.append(
            Caution(
                "one class only",
                f"predicts one class only, {names}",
                "its accuracy is the share of that class, and nothing was learnt",
            )
        )
    elif not is_above_chance(result.interval("official", "balanced_accuracy")[1], result.tested_classes):
        cautions.append(
            Caution(
                "chance",
                f"is not above {guess_name(result)} "
                f"({percent(1 / result.tested_classes)}% balanced accuracy)",
                "its difference from guessing may be luck",
            )
        )
    if result.steps is not None and result.steps < FEWEST_STEPS:
        cautions.append(
            Caution(
                "few steps",
                f"was trained for fewer than {FEWEST_STEPS} steps",
                "its figures show what the budget allows, not what the model can do",
            )
        )
    return cautions


def caution_sentences(results: Sequence[Result]) -> list[str]:
    """Say which figures mean little: a sentence for each reason, however many experiments it holds for.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    list of str
    """
    names: dict[Caution, list[str]] = {}
    scarce: list[str] = []
    for result in results:
        for caution in cautions_of(result):
            names.setdefault(caution, []).append(result.name)
        few, of_classes = scarce_classes(result.confusions[0]), count_name(len(result.classes), "class")
        if len(few) > _MOST_CLASSES:
            scarce.append(
                f"{len(few):,} of the {of_classes} have fewer than ten of the {result.n('official'):,} test "
                "faces each: figures of single classes mean little."
            )
            continue
        for index, count in few.items():
            name, n = result.classes[index], result.n("official")
            shown = f"{count_name(count, 'test face')} of {n:,} {'shows' if count == 1 else 'show'} {name}"
            scarce.append(
                f"Of {of_classes}, only {shown}: figures of this class mean little."
                if count
                else f"Of {of_classes}, no test face of {n:,} shows {name}: it has no figures."
            )
    models = [f"{_list_names(who)} {why.reason}: {why.explanation}." for why, who in names.items()]
    return [*models, *dict.fromkeys(scarce)]


def people_sentence(people: dict[str, Any] | None, protocols: Iterable[Protocol]) -> list[str]:
    """Say so where some people are both trained and tested on, because the data's own split has it so.

    Parameters
    ----------
    people : dict or None
        As the audit has it (:func:`ferflow.ingest.audit.describe_people`).
    protocols : iterable of Protocol
        Those of the experiments.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    if not people or not people["across_usages"] or all(each.split.by == "random" for each in protocols):
        return []
    across, faces = people["across_usages"], people["private_test_in_training"]
    verb, show = "is" if across == 1 else "are", "shows" if faces == 1 else "show"
    return [
        f"{across:,} of {people['people']:,} people ({people['name']}) {verb} in several usages of the "
        f"data, and {count_name(faces, 'PrivateTest face')} {show} people who are trained on: for "
        "strangers, figures may be lower."
    ]


def alike_sentence(people: dict[str, Any] | None, faces: int) -> list[str]:
    """Say so where some people are shown several times, which intervals and tests over faces know nothing of.

    Parameters
    ----------
    people : dict or None
        As the audit has it (:func:`ferflow.ingest.audit.describe_people`).
    faces : int
        Of the whole data.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    if not people or people["people"] == faces - people["faces_without"]:
        return []
    shown = "one person" if people["people"] == 1 else f"{people['people']:,} people"
    return [
        f"{faces - people['faces_without']:,} faces show {shown} ({people['name']}): faces of one person are "
        "alike, but intervals and tests take each for another person's, so intervals are too narrow and p "
        "values too small."
    ]


def resampled_sentence(results: Sequence[Result], protocols: Mapping[str, Protocol]) -> list[str]:
    """Say which sound experiments are tested on rows that a remedy for imbalance drew.

    Parameters
    ----------
    results : sequence of Result
    protocols : mapping of str to Protocol
        By name.

    Returns
    -------
    list of str
        One sentence, or none. What is leaky says more than this.
    """
    names = [
        result.name
        for result in results
        for balance in [protocols[result.protocol].balance]
        if balance.scope == "all" and balance.method != NONE.name and not result.leaky
    ]
    if not names:
        return []
    return [
        f"{_list_names(names)}: tested on rows that were resampled before the split (scope: all), where a "
        "face may occur several times: class frequencies differ from the data, and intervals are too narrow."
    ]


def _list_names(names: Sequence[str]) -> str:
    """Name a few experiments, and count the others."""
    if len(names) == 1:
        return names[0]
    last = names[-1] if len(names) <= 4 else count_name(len(names) - 3, "other")
    first = names[:-1] if len(names) <= 4 else names[:3]
    return f"Each of {', '.join(first)} and {last}"
