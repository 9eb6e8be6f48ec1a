"""Threshold moving: classes are weighed so that the validation subset is told apart best."""

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.remedies.adjustments import Floats, adjusted, register_adjustment
from ferflow.remedies.registry import Remedy

_APART = 1e-6  # steps that are closer are one: what lies between them would not survive as float32
_MOST_PASSES = 100
_GAIN = 1e-12  # less is rounding


@register_adjustment("thresholds", remedy=Remedy("thresholds", "threshold moving", "#aa4499", "8"))
def thresholds(probabilities: Floats, labels: NDArray[np.int64], prior: Floats) -> Floats:
    """Choose the weights of the classes by the balanced accuracy of the validation subset.

    Zhou and Liu, "Training Cost-Sensitive Neural Networks with Methods Addressing the Class Imbalance
    Problem" (IEEE TKDE 2006), for threshold moving. The logarithms of the weights are found by coordinate
    search, one class after the other until none gains. Along each of them balanced accuracy is a step
    function whose steps are known, so the search is exact; of equally good weights that which changes least
    is taken. The validation subset's balanced accuracy is therefore never below that of the model as it is.
    Its figures are optimistic, since it chose: only the test subset tells what the weights are worth.

    Raises
    ------
    InputError
        If there are no validation faces.
    """
    if not len(labels):
        raise InputError(
            "adjustment 'thresholds' is chosen on validation faces, and the protocol has none; "
            "give its split some (split.validation), or take another adjustment"
        )
    with np.errstate(divide="ignore"):  # no weight makes a probability of zero the largest
        logits = np.log(probabilities)
    present = np.bincount(labels, minlength=logits.shape[1])
    # What a face of each class counts for: one over its class's faces and over the classes.
    worth = np.divide(1.0, present, out=np.zeros(len(present)), where=present > 0) / (present > 0).sum()
    offset = np.zeros(logits.shape[1])
    for _ in range(_MOST_PASSES):
        before = offset.copy()
        for k in range(len(offset)):
            offset[k] += _best_change(logits + offset, labels, worth, k)
        if np.array_equal(offset, before):
            break
    weight: Floats = np.exp(offset)
    kept = probabilities.astype(np.float32)
    now, then = (
        float(worth[labels] @ (shown.argmax(axis=1) == labels)) for shown in (kept, adjusted(kept, weight))
    )
    return weight if then > now else np.ones_like(weight)  # the same, but for what rounding made of it


def _best_change(logits: Floats, labels: NDArray[np.int64], worth: Floats, k: int) -> float:
    """Find what to add to the logits of class k for the best balanced accuracy; 0 where nothing is better."""
    others = logits.copy()
    others[:, k] = -np.inf
    rival = others.argmax(axis=1)
    needs = others.max(axis=1) - logits[:, k]  # what makes a face one of class k
    gain = worth[labels] * ((labels == k).astype(float) - (labels == rival))
    can_change = np.isfinite(needs)  # all but faces that can only be of class k, or never
    if not can_change.any():
        return 0.0
    cells, place = np.unique(np.round(needs[can_change] / _APART), return_inverse=True)
    steps, gain = cells * _APART, gain[can_change]
    # Balanced accuracy before the first step, after it, after the second ..., less what all have in common.
    value = np.concatenate([[0.0], np.bincount(place, weights=gain).cumsum()])
    changes = np.concatenate([[steps[0] - 1], (steps[1:] + steps[:-1]) / 2, [steps[-1] + 1]])
    now = value[np.searchsorted(steps, 0.0, side="right")]
    if value.max() <= now + _GAIN:
        return 0.0
    best = changes[value >= value.max() - _GAIN]
    return float(best[np.abs(best).argmin()])
