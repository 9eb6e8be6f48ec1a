"""Which muscles move in which expression: FACS action units and their EMFACS combinations.

References
----------
P. Ekman and W. V. Friesen, *Facial Action Coding System*, Consulting Psychologists Press, 1978.
W. V. Friesen and P. Ekman, *EMFACS-7: Emotional Facial Action Coding System*, unpublished manual, University
of California, 1983.
"""

import numpy as np

from ferflow.sample.exact import between

ACTION_UNITS: dict[int, str] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    12: "lip corner puller",
    15: "lip corner depressor",
    20: "lip stretcher",
    23: "lip tightener",
    25: "lips part",
    26: "jaw drop",
}

# In FER-2013's class order, one of EMFACS's combinations each; disgust lacks the unit of the lower lip (16 or
# 17), which is not drawn.
EMFACS: dict[str, tuple[int, ...]] = {
    "angry": (4, 5, 7, 23),
    "disgust": (9, 15),
    "fear": (1, 2, 4, 5, 20, 26),
    "happy": (6, 12),
    "sad": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
    "neutral": (),
}

# How often lips part where EMFACS leaves them free: most photographed smiles show teeth.
_LIPS_PART = {
    "angry": 0.2,
    "disgust": 0.25,
    "fear": 0.6,
    "happy": 0.65,
    "sad": 0.1,
    "surprise": 0.7,
    "neutral": 0.1,
}
# Units that people move without meaning it: speech, a squint against the light, a habitual frown.
_IDLE = (1, 2, 4, 7, 12, 15)

Activity = dict[int, float]
"""Intensity of every action unit, 0 (absent) to 1 (maximal, E in FACS)."""


def rest() -> Activity:
    """Return the activity of a face at rest: every unit at 0."""
    return dict.fromkeys(ACTION_UNITS, 0.0)


def act(expression: str, rng: np.random.Generator) -> Activity:
    """Draw an activity that shows ``expression``.

    A face has one overall strength (posed or slight); each unit varies around it, and units that do not
    belong to the expression move a little now and then.

    Parameters
    ----------
    expression : str
        A key of :data:`EMFACS`.
    rng : numpy.random.Generator

    Returns
    -------
    dict of int to float
        Every unit of :data:`ACTION_UNITS` with its intensity in [0, 1].

    Raises
    ------
    KeyError
        If ``expression`` is not one of :data:`EMFACS`.
    """
    units = EMFACS[expression]
    activity = rest()
    strength = between(rng, 0.45, 1.0)
    for unit, variation in zip(units, between(rng, 0.6, 1.3, len(units)), strict=True):
        activity[unit] = min(1.0, strength * variation)
    draws, amount = rng.random((2, len(_IDLE)))
    for unit, chance, intensity in zip(_IDLE, draws.tolist(), amount.tolist(), strict=True):
        if chance < 0.2:
            activity[unit] = max(activity[unit], 0.45 * intensity)
    if rng.random() < _LIPS_PART[expression]:
        activity[25] = between(rng, 0.3, 1.0)
    return activity
