"""Whose face it is: proportions, age, sex, skin, hair, glasses, beard.

Lengths are in half-widths of an average head (see :mod:`ferflow.sample.anatomy`), tones in grey levels.
"""

from dataclasses import dataclass

import numpy as np

from ferflow.sample.exact import between

HAIR_STYLES = ("bald", "receding", "short", "parted", "fringe", "long", "curly", "scarf")
_WOMENS_HAIR = (0.0, 0.0, 0.13, 0.17, 0.13, 0.4, 0.09, 0.08)
_MENS_HAIR = (0.1, 0.17, 0.34, 0.17, 0.1, 0.04, 0.08, 0.0)

# Proportions that vary freely between people: name -> (lowest, highest).
_PROPORTIONS = {
    "width": (0.88, 1.06),
    "cheeks": (0.84, 0.97),
    "jaw": (0.6, 0.82),
    "chin": (1.16, 1.34),
    "crown": (-1.5, -1.32),
    "eye_distance": (0.39, 0.46),
    "eye_width": (0.17, 0.215),
    "eye_opening": (0.075, 0.11),
    "eye_slant": (-0.03, 0.035),
    "lid_crease": (0.0, 1.0),
    "iris": (0.085, 0.1),
    "brow_height": (0.25, 0.34),
    "brow_arch": (0.02, 0.1),
    "brow_slant": (-0.04, 0.04),
    "brow_width": (0.03, 0.065),
    "nose_width": (0.13, 0.21),
    "nose_length": (0.36, 0.5),
    "mouth_height": (0.7, 0.8),
    "mouth_width": (0.29, 0.38),
    "mouth_curve": (-0.025, 0.035),
    "lips": (0.045, 0.085),
    "hairline": (-0.98, -0.74),
    "hair_volume": (0.04, 0.2),
    "parting": (-0.5, 0.5),
    "asymmetry": (-0.2, 0.2),
    "gaze": (-0.06, 0.06),
}


@dataclass(frozen=True)
class Person:
    """One identity; ``person["jaw"]`` and the like are its proportions."""

    proportions: dict[str, float]
    age: float  # years
    woman: bool
    hair_style: str
    skin: float
    hair: float
    glasses: str  # "none", "clear", "dark"
    beard: str  # "none", "stubble", "moustache", "full"

    def __getitem__(self, name: str) -> float:
        return self.proportions[name]

    @property
    def wrinkles(self) -> float:
        """0 for a smooth face, 1 for a very old one."""
        return min(1.0, max(0.0, (self.age - 40) / 40))


def draw_person(rng: np.random.Generator) -> Person:
    """Draw an identity: anyone from a toddler to an old man or woman, of any skin tone.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Person
    """
    low, high = np.array(list(_PROPORTIONS.values())).T
    values = low + (high - low) * rng.random(len(low))
    shape = dict(zip(_PROPORTIONS, values.tolist(), strict=True))
    woman = bool(rng.random() < 0.5)
    age = _one_of(rng, {(2, 12): 0.14, (16, 50): 0.63, (50, 85): 0.23})
    if age < 13:
        _make_childlike(shape)
    if woman:
        shape["brow_width"] *= 0.75
        shape["lips"] *= 1.15
        shape["jaw"] *= 0.93
    style = str(rng.choice(HAIR_STYLES, p=_WOMENS_HAIR if woman else _MENS_HAIR))
    if age < 30 and style in ("bald", "receding"):
        style = "short"
    skin = _one_of(rng, {(165, 225): 0.68, (88, 165): 0.32})
    hair = _one_of(rng, {(18, 70): 0.72, (90, 190): 0.28})
    if age > 55 and rng.random() < 0.75:
        hair = between(rng, 165, 235)
    if skin < 140 and age < 55:
        hair = min(hair, 0.35 * skin)
    beard = str(rng.choice(("none", "stubble", "moustache", "full"), p=(0.56, 0.16, 0.12, 0.16)))
    return Person(
        proportions=shape,
        age=age,
        woman=woman,
        hair_style=style,
        skin=skin,
        hair=hair,
        glasses=str(rng.choice(("none", "clear", "dark"), p=(0.86, 0.125, 0.015))),
        beard="none" if woman or age < 18 else beard,
    )


def _one_of(rng: np.random.Generator, ranges: dict[tuple[int, int], float]) -> float:
    """Draw from a mixture of uniform distributions: (lowest, highest) -> probability."""
    index = rng.choice(len(ranges), p=list(ranges.values()))
    return between(rng, *list(ranges)[index])


def _make_childlike(shape: dict[str, float]) -> None:
    """Give a child's proportions: large eyes low in a round head, small nose, short chin."""
    for name, factor in (
        ("eye_opening", 1.15),
        ("eye_width", 1.08),
        ("iris", 1.12),
        ("nose_width", 0.78),
        ("nose_length", 0.85),
        ("mouth_width", 0.88),
        ("mouth_height", 0.94),
        ("chin", 0.9),
        ("cheeks", 1.06),
        ("brow_width", 0.6),
    ):
        shape[name] *= factor
