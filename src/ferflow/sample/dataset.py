"""The data set of sample faces: which face is what, and the archive they stand in.

The archive has the layout of the FER-2013 image archive, the class ratio of its Training subset, and its
blemishes: wrong labels, the same face twice (also across usages), one face under two labels, blank images.
In two things it differs, since a small data set could not answer the question otherwise. A third of the faces
are test faces, half of them PublicTest and half PrivateTest, where FER-2013 has a fifth; and in these two a
class has at least half of an even share. With FER-2013's shares, 6,000 sample faces would hold nine disgusted
ones to test on, and the interval of any figure on them would be next to everything.
"""

import math
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferflow.sample.camera import SIZE
from ferflow.sample.drawing import draw_face
from ferflow.sample.expressions import EMFACS
from ferflow.sample.png import png

CLASSES = tuple(EMFACS)
# Faces per class in FER-2013 (Goodfellow et al., "Challenges in representation learning", 2013).
FER_COUNTS = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
USAGE_SHARES = {"Training": 4, "PublicTest": 1, "PrivateTest": 1}
"""Faces of each usage, relative to the others."""
LEAST_TEST_SHARE = 1 / (2 * len(CLASSES))
"""Share of a test subset that each class has at least."""
WRONG_LABELS = 0.07
"""Probability that a face stands under a label that it does not show."""
# By label, what is shown where the label is wrong.
_MISTAKEN_FOR = {
    "angry": ("disgust", "neutral", "sad"),
    "disgust": ("angry", "sad"),
    "fear": ("surprise", "sad"),
    "happy": ("neutral", "surprise"),
    "sad": ("neutral", "fear", "angry"),
    "surprise": ("fear", "happy"),
    "neutral": ("sad", "angry", "happy"),
}
# Usages of a planted pair and whether it stands under two labels. A cycle of ten: one pair per 175 faces, at
# least five.
_PAIRS = (
    ("Training", "PrivateTest", False),
    ("Training", "PublicTest", False),
    ("Training", "Training", True),
    ("Training", "Training", False),
    ("PublicTest", "PrivateTest", False),
    ("Training", "PrivateTest", False),
    ("Training", "Training", False),
    ("Training", "PublicTest", False),
    ("Training", "PrivateTest", False),
    ("Training", "Training", False),
)
_FACES_PER_PAIR, _FACES_PER_BLANK = 175, 1750
_BLANK_TONES = (0, 128, 255)
_BATCH = 256  # faces that processes draw ahead of the archive
_CHUNK = 16  # faces that a process draws in one go

_TIMESTAMP = (2013, 7, 1, 0, 0, 0)  # of the FER-2013 challenge; a clock's would change the bytes


@dataclass(frozen=True)
class SampleFace:
    """One entry of the archive.

    Attributes
    ----------
    number : int
        Its own, from 0; Training faces come first, then PublicTest, then PrivateTest.
    usage, label : str
        Where it stands.
    drawing : int
        Which drawing it shows: its own number, or that of the face it repeats.
    expression : str
        What the drawing shows: differs from ``label`` where the label is wrong. Without meaning for a blank
        image.
    blank_tone : int or None
        The one grey level of a blank image; None for all that show a face.
    """

    number: int
    usage: str
    label: str
    drawing: int
    expression: str
    blank_tone: int | None = None

    @property
    def path(self) -> str:
        """Its name in the archive."""
        folder = "train" if self.usage == "Training" else "test"
        return f"{folder}/{self.label}/{self.usage}_{self.number}.png"


def plan_sample(faces: int, seed: int) -> list[SampleFace]:
    """Decide usage, label and content of every face, without drawing any.

    Parameters
    ----------
    faces : int
        How many; at least 100, so that each class stands in each usage.
    seed : int

    Returns
    -------
    list of SampleFace
        In order of their numbers.

    Raises
    ------
    ValueError
        If there are fewer than 100 faces.
    """
    if faces < 100:
        raise ValueError(f"{faces} sample faces are too few for seven classes in three usages; at least 100")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    usages, labels = _slots(faces, rng)
    expressions = [
        str(rng.choice(_MISTAKEN_FOR[label])) if rng.random() < WRONG_LABELS else label for label in labels
    ]
    drawings = list(range(faces))
    for original, copy in _pairs(usages, labels, rng):
        drawings[copy], expressions[copy] = original, expressions[original]
    tones = _blanks(usages, drawings, rng)
    return [
        SampleFace(n, usages[n], labels[n], drawings[n], expressions[n], tones.get(n)) for n in range(faces)
    ]


def _blanks(usages: list[str], drawings: list[int], rng: np.random.Generator) -> dict[int, int]:
    """Choose Training faces that show nothing, each of one tone: number -> grey level."""
    count = min(len(_BLANK_TONES), max(1, len(usages) // _FACES_PER_BLANK))
    originals = {drawing for number, drawing in enumerate(drawings) if drawing != number}
    single = [n for n, drawing in enumerate(drawings) if drawing == n and n not in originals]
    numbers = rng.choice([n for n in single if usages[n] == "Training"], size=count, replace=False)
    return dict(zip(numbers.tolist(), _BLANK_TONES, strict=False))


def _slots(faces: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Deal out usages and labels, the labels of a usage shuffled."""
    usages: list[str] = []
    labels: list[str] = []
    for usage, size in zip(USAGE_SHARES, _apportion(faces, USAGE_SHARES.values()), strict=True):
        least = 0.0 if usage == "Training" else LEAST_TEST_SHARE
        per_class = _apportion(size, _raise_rare(FER_COUNTS[usage], least))
        usages += [usage] * size
        labels += rng.permutation(np.repeat(CLASSES, per_class)).tolist()
    return usages, labels


def _raise_rare(counts: Iterable[int], least: float) -> list[float]:
    """Turn counts into shares and raise those below ``least`` to it, at the cost of all others alike."""
    total = sum(counts := list(counts))
    shares = [count / total for count in counts]
    rare = sum(share < least for share in shares)
    common = sum(share for share in shares if share >= least)
    return [share * (1 - rare * least) / common if share >= least else least for share in shares]


def _apportion(total: int, weights: Iterable[float]) -> list[int]:
    """Split ``total`` by largest remainders, then let the largest part fill up those that got nothing."""
    share = np.array(list(weights), dtype=float)
    share *= total / share.sum()
    parts = np.floor(share).astype(int)
    parts[np.argsort(parts - share, kind="stable")[: total - parts.sum()]] += 1
    while parts.min() < 1:
        parts[parts.argmin()] += 1
        parts[parts.argmax()] -= 1
    return [int(part) for part in parts]


def _pairs(usages: list[str], labels: list[str], rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Choose pairs of faces of which the second repeats the first; no face is in two pairs."""
    # A queue of (rank in a random order, number) per usage and label: to search all faces for each pair would
    # take hours for millions of them.
    free = {(usage, label): deque[tuple[int, int]]() for usage, label in product(USAGE_SHARES, CLASSES)}
    for rank, number in enumerate(rng.permutation(len(usages)).tolist()):
        free[usages[number], labels[number]].append((rank, number))
    for turn in range(max(len(_PAIRS) // 2, len(usages) // _FACES_PER_PAIR)):
        first, second, conflicting = _PAIRS[turn % len(_PAIRS)]
        candidates = [
            (free[first, label], free[second, other])
            for label, other in product(CLASSES, CLASSES)
            if (label != other) == conflicting
        ]
        originals, copies = min(
            (pair for pair in candidates if pair[1] and len(pair[0]) > (pair[0] is pair[1])),
            key=lambda pair: (pair[0][0], pair[1][0]),
        )
        yield originals.popleft()[1], copies.popleft()[1]


def render(face: SampleFace, seed: int) -> NDArray[np.uint8]:
    """Draw one face of a plan; it depends on ``seed`` and the face alone, not on the others.

    Parameters
    ----------
    face : SampleFace
        One entry of the plan.
    seed : int
        Of the whole data set.

    Returns
    -------
    uint8 array of shape (48, 48)
    """
    if face.blank_tone is not None:
        return np.full((SIZE, SIZE), face.blank_tone, dtype=np.uint8)
    source = np.random.SeedSequence(seed, spawn_key=(1, face.drawing))
    return draw_face(face.expression, np.random.default_rng(source))


def write_archive(
    path: Path,
    plan: Sequence[SampleFace],
    seed: int,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw the faces of a plan into a zip archive: the same bytes for the same plan and seed.

    They are the same on every processor, too: faces are drawn in arithmetic that none of them changes
    (:mod:`ferflow.sample.exact`), and nothing is compressed, as compressors differ in what they make of the
    same picture.

    Parameters
    ----------
    path : Path
    plan : sequence of SampleFace
        The archive's entries stand in its order.
    seed : int
    processes : int, default=1
        In how many processes faces are drawn, at most; more than one only under
        ``if __name__ == "__main__"``.
    progress : callable, optional
        Called after each face with the number of faces that are written and that of all.

    Raises
    ------
    OSError
        If the archive cannot be written.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for done, (face, pixels) in enumerate(_pictures(plan, seed, processes), start=1):
            entry = zipfile.ZipInfo(face.path, date_time=_TIMESTAMP)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, whatever the system
            archive.writestr(entry, png(pixels))
            if progress:
                progress(done, len(plan))


def _pictures(
    plan: Sequence[SampleFace], seed: int, processes: int
) -> Iterator[tuple[SampleFace, NDArray[np.uint8]]]:
    chunks = math.ceil(min(len(plan), _BATCH) / _CHUNK)
    processes = min(processes, chunks)  # further ones would have nothing to do
    if processes <= 1:
        yield from ((face, render(face, seed)) for face in plan)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for start in range(0, len(plan), _BATCH):
            batch = plan[start : start + _BATCH]
            pictures = pool.map(partial(render, seed=seed), batch, chunksize=_CHUNK)
            yield from zip(batch, pictures, strict=True)
