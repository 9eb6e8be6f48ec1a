"""Numbers and names as a reader wants them."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ferflow.evaluation.over_seeds import Interval
from ferflow.remedies.names import look_up
from ferflow.report.results import Result

NOTHING = "\u2013"
METRIC_NAMES = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "ece": "calibration error",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
}
#: What the faces of a subset are called in a sentence.
FACES_OF = {"validation": "validation", "official": "test", "clean": "clean test"}
SHARES = ("balanced_accuracy", "macro_f1", "accuracy", "ece")  # written as percentages
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def remedy_name(remedy: str) -> str:
    """Look up the noun for a remedy: ``oversample`` -> oversampling.

    Parameters
    ----------
    remedy : str
        Its name.

    Returns
    -------
    str
    """
    return look_up(remedy).noun


def remedy_names(results: Sequence[Result]) -> list[str]:
    """Name the remedy of each experiment, with the experiment's own name where several have the same.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    list of str
    """
    shared = Counter(result.remedy for result in results)
    return [
        remedy_name(result.remedy) + (f" ({result.name})" if shared[result.remedy] > 1 else "")
        for result in results
    ]


def count_name(count: int, noun: str) -> str:
    """Write a number with its noun: ``seven classes``, ``12 seeds``, ``one seed``.

    Parameters
    ----------
    count : int
    noun : str
        In the singular.

    Returns
    -------
    str
    """
    plural = noun if count == 1 else noun + ("es" if noun.endswith("s") else "s")
    return f"{_NUMBERS[count] if count < len(_NUMBERS) else f'{count:,}'} {plural}"


def guess_name(result: Result) -> str:
    """Say which guess scores most without looking at a face: ``is_above_chance`` holds models against it.

    Guessing among all classes gets less where some have no test faces: their share is lost.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
    """
    every = result.tested_classes == len(result.classes)
    return "chance" if every else "always naming one of the tested classes"


def name_list(names: Iterable[str]) -> str:
    """Join names in a sentence; with semicolons where a name holds a comma itself, and would read as two.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    str
    """
    names = list(names)
    return ("; " if any("," in name for name in names) else ", ").join(names)


def number(value: float, metric: str = "") -> str:
    """Write a share as a percentage with one decimal, anything else with three.

    Parameters
    ----------
    value : float
    metric : str, default=""
        Its name; empty for what is no metric.

    Returns
    -------
    str
    """
    if not math.isfinite(value):
        return NOTHING
    return f"{100 * value:.1f}" if metric in SHARES else f"{value:.3f}"


def percent(share: float) -> str:
    """Write a share as a percentage with one decimal, without the sign.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
    """
    return number(share, "accuracy")


def decimals(value: float) -> str:
    """Write what may be negative with three decimals and a real minus sign.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    text = number(value)
    return "0.000" if text == "-0.000" else text.replace("-", "\N{MINUS SIGN}")


def interval(entry: Interval, metric: str) -> str:
    """Write the two ends of an interval.

    Parameters
    ----------
    entry : tuple of float
        Value, low, high.
    metric : str
        Its name.

    Returns
    -------
    str
        Empty where there is no interval.
    """
    return f"{number(entry[1], metric)} to {number(entry[2], metric)}" if math.isfinite(entry[1]) else ""


def with_interval(entry: Interval, metric: str, deviation: float = math.nan) -> str:
    """Write a value and its interval: "70.1 (68.6 to 71.5)", or "70.1 ± 0.3 (68.6 to 71.5)".

    Parameters
    ----------
    entry : tuple of float
        Value, low, high.
    metric : str
        Its name.
    deviation : float, default=nan
        Over seeds; NaN where there is one only.

    Returns
    -------
    str
    """
    spread = f" ± {number(deviation, metric)}" if math.isfinite(deviation) else ""
    ends = interval(entry, metric)
    return f"{number(entry[0], metric)}{spread}" + (f" ({ends})" if ends else "")


def points(difference: float) -> str:
    """Write a difference of shares in percentage points, with a real minus sign.

    Parameters
    ----------
    difference : float

    Returns
    -------
    str
    """
    if not math.isfinite(difference):
        return NOTHING
    text = f"{100 * difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "\u2212")


def short_count(value: float) -> str:
    """Write a large number short: ``1.2 M``, ``340 k``.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    value = float(f"{value:.3g}")  # before the unit is chosen: 999,600 is 1 M
    for unit, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:g}"


def share_name(share: float) -> str:
    """Write a share that someone chose, such as the confidence of an interval: ``95%``, ``99.5%``.

    Parameters
    ----------
    share : float
        0 to 1.

    Returns
    -------
    str
    """
    return f"{100 * share:.6g}%"


def p_value(value: float) -> str:
    """Write a p value with three decimals, and never as zero.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def equals_p(value: float) -> str:
    """Write a p value as it follows a ``p``: ``= 0.012``, ``< 0.001``.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"
