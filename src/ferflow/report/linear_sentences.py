"""What the studies of the linear models show, in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ferflow.evaluation.paired_values import Comparison
from ferflow.report.results import Result
from ferflow.report.wording import count_name, number, p_value, points, remedy_name

_LEVEL = 0.05


def sweep_sentence(rows: pd.DataFrame, classes: int) -> str:
    """Say of one key's sweep which values diverge, which under-fit, and which do best in the end."""
    ends = rows.groupby("value").last()
    sound = ends[~ends["diverged"]]
    diverged = [f"{value:g}" for value in ends.index[ends["diverged"]]]
    sentences = [f"Diverges at {', '.join(diverged)}." if diverged else "No value diverges."]
    if sound.empty:
        return sentences[0]
    # Both losses nearer to that of knowing nothing than to the best: what could be learnt was not.
    columns, chance = ["train_loss", "validation_loss"], np.log(classes)
    high = (sound[columns] > (sound[columns].min() + chance) / 2).all(axis=1)
    if high.any():
        weak = ", ".join(f"{value:g}" for value in sound.index[high])
        sentences.append(
            f"Under-fits at {weak}: in training too the loss stays near that of knowing nothing."
        )
    loss, score = sound["validation_loss"], sound["validation_balanced_accuracy"]
    sentences.append(
        f"Lowest validation loss in the end: {loss.idxmin():g}; highest balanced accuracy: "
        f"{score.idxmax():g} ({number(score.max(), 'accuracy')}%)."
    )
    return " ".join(sentences)


def redraw_sentence(heading: str, names: Sequence[str], comparison: Comparison) -> str:
    """Say whether two experiments' errors differ in mean and in spread."""
    errors = " against ".join(
        f"{number(mean, 'accuracy')} ± {number(deviation, 'accuracy')}% ({name})"
        for mean, deviation, name in zip(comparison.means, comparison.deviations, names, strict=True)
    )
    means = "differ" if comparison.p_means < _LEVEL else "do not differ more than chance explains"
    wider = names[int(comparison.deviations[1] > comparison.deviations[0])]
    spread = (
        f"{wider} varies more from draw to draw"
        if comparison.p_deviations < _LEVEL
        else "nor is one shown to vary more than the other"
        if comparison.p_means >= _LEVEL
        else "neither is shown to vary more than the other"
    )
    means, spread = f"{means} (p {_p(comparison.p_means)})", f"{spread} (p {_p(comparison.p_deviations)})"
    return f"{heading}: {errors}. The means {means}; {spread}."


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def way_to_certainty(balanced: float, classes: int) -> float:
    """Share of the way from chance to certainty."""
    return (balanced - 1 / classes) / (1 - 1 / classes)


def lift_sentence(logistic: Sequence[Result], softmax: Sequence[Result]) -> str:
    """Compare two classes with seven; empty where either was not trained without a remedy."""
    firsts = [
        next((r for r in group if r.remedy == "none" and not r.leaky), None) for group in (logistic, softmax)
    ]
    two, seven = firsts
    if two is None or seven is None:
        return ""
    parts = []
    for result in (two, seven):
        value, k = result.interval("official", "balanced_accuracy")[0], len(result.classes)
        parts.append(
            f"{result.name} tells {count_name(k, 'class')} apart with a balanced accuracy of "
            f"{number(value, 'accuracy')}%, where chance gives {number(1 / k, 'accuracy')}%: "
            f"{value * k:.2f} times chance, {points(value - 1 / k)} points from it"
        )
    return f"{'; '.join(parts)}. Both with {remedy_name('none')}, by linear scores of the same pixels."


def end_sentence(history: pd.DataFrame) -> str:
    """Say where a descent ends."""
    last = history.iloc[-1]
    error = number(1 - last["validation_accuracy"], "accuracy")
    return (
        f"after {last['epoch']:,.0f} iterations cost {last['train_loss']:.4f} in training, "
        f"{last['validation_loss']:.4f} held out, error {error}%"
    )
