"""Names of classes that are longer than FER-2013's: nothing runs into its neighbour or over the edge."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from ferflow.plots.clusters import contact_sheet
from ferflow.plots.evaluation import confusion
from ferflow.plots.explain import Looked, saliency
from ferflow.plots.labels import labelled_faces
from ferflow.plots.style import fit_texts, text_width

FER = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
OWN = ("calm, neutral", "joy", "Ärger", "Überraschung")
LONG = ("extraordinarily happy and loud", "joy", "W" * 40, "a b c d e f g h i j k l m n o p q r s t")
FACES = np.zeros((16, 24, 24), dtype=np.uint8)


def boxes(figure: Figure, texts: Sequence[Text]) -> list[Bbox]:
    """Draw a figure, and tell where its texts are."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return [text.get_window_extent() for text in texts if text.get_text()]


def assert_apart(figure: Figure, texts: Sequence[Text]) -> None:
    places = boxes(figure, texts)
    assert len(places) > 1
    width, height = figure.bbox.size
    for place in places:
        assert place.x0 > -1
        assert place.y0 > -1
        assert place.x1 < width + 1
        assert place.y1 < height + 1
    by_line: dict[int, list[Bbox]] = {}
    for place in places:
        by_line.setdefault(round(place.y0 / 8), []).append(place)
    for line in by_line.values():
        for left, right in pairwise(sorted(line, key=lambda place: place.x0)):
            assert left.x1 + 3 < right.x0


@pytest.mark.parametrize("names", [FER, OWN, LONG], ids=["fer", "own", "long"])
def test_names_beside_and_above_saliency_maps_keep_apart(names: Sequence[str]) -> None:
    maps = np.ones((len(names), 24, 24))
    pairs = [(Looked(FACES[0], maps[0], f"{name} 98%"), Looked(FACES[0], maps[0], name)) for name in names]
    figure = saliency(pairs, list(maps), names, title="t")
    assert_apart(figure, figure.axes[0].texts)


def mistakes(names: Sequence[str], *, votes: bool = False) -> Figure:
    captions = [
        [
            names[i % len(names)],
            f"taken for {names[(i * i + 1) % len(names)]} 0.98",
            *([f"FER+: {names[(i + 3) % len(names)]}"] if votes else []),
        ]
        for i in range(16)
    ]
    return labelled_faces(FACES, captions, title="t")


def captions_of(figure: Figure) -> list[Annotation]:
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def lines_beneath(figure: Figure, face: int) -> list[str]:
    """Tell what stands beneath a face of the first row."""
    texts = captions_of(figure)
    column = texts[0].xy[0] + face * (texts[0].xy[0] * 2 + 0.08)
    row = [text for text in texts if abs(text.xy[0] - column) < 0.01 and text.xy[1] < 2]
    return [text.get_text() for text in sorted(row, key=lambda text: text.xy[1])]


@pytest.mark.parametrize("votes", [False, True])
@pytest.mark.parametrize("names", [FER, OWN, LONG], ids=["fer", "own", "long"])
def test_captions_beneath_faces_keep_apart(names: Sequence[str], *, votes: bool) -> None:
    figure = mistakes(names, votes=votes)
    assert_apart(figure, figure.axes[0].texts)


def test_what_is_too_long_is_broken_before_the_name() -> None:
    figure = labelled_faces(
        FACES[:3],
        [
            ["joy", "taken for calm, neutral 0.98", "FER+: joy"],
            ["joy", "taken for Ärger 0.97", "FER+: joy"],
            ["Ärger", "taken for Überraschung 0.96", "FER+: joy"],
        ],
        title="t",
    )
    assert lines_beneath(figure, 0) == ["joy", "taken for", "calm, neutral 0.98", "FER+: joy"]
    assert lines_beneath(figure, 1) == ["joy", "taken for Ärger 0.97", "FER+: joy"]
    assert lines_beneath(figure, 2) == ["Ärger", "taken for", "Überraschung 0.96", "FER+: joy"]
    assert {text.get_fontsize() for text in figure.axes[0].texts} == {7.0}


def test_one_face_is_broken_where_both_lines_are_shortest() -> None:
    figure = labelled_faces(FACES[:1], [["joy", "taken for contempt and pity 0.98"]], title="t")
    assert lines_beneath(figure, 0) == ["joy", "taken for contempt", "and pity 0.98"]


def test_names_of_fer_2013_take_the_lines_that_they_took() -> None:
    figure = mistakes(FER, votes=True)
    assert lines_beneath(figure, 2) == ["fear", "taken for surprise 0.98", "FER+: surprise"]
    assert {text.get_fontsize() for text in figure.axes[0].texts} == {7.0}


def test_letters_with_dots_stand_on_the_line_of_the_others() -> None:
    sheets = (
        mistakes(("Ärger", "joy")),
        contact_sheet([FACES], [["Ärger", "joy"] * 8], ["a"], columns=16, title="t"),
    )
    for figure in sheets:
        texts = [text for text in captions_of(figure) if text.xy[1] == captions_of(figure)[0].xy[1]]
        assert len({text.get_text() for text in texts}) == 2
        lowest = {box.y0 for box in boxes(figure, texts)}
        assert max(lowest) - min(lowest) < 0.1
    flat = confusion(np.eye(3, dtype=int), ["Öde", "joy", "Ärger"], title="t")
    lowest = {box.y0 for box in boxes(flat, flat.axes[0].get_xticklabels())}
    assert max(lowest) - min(lowest) < 0.1


@pytest.mark.parametrize("names", [FER, OWN, LONG], ids=["fer", "own", "long"])
def test_captions_of_a_sheet_keep_apart(names: Sequence[str]) -> None:
    captions = [[names[(i + j) % len(names)] for j in range(14)] for i in range(len(names))]
    rows = [f"{i}: {name}\n1,234 faces" for i, name in enumerate(names)]
    figure = contact_sheet([FACES] * len(names), captions, rows, columns=14, title="t")
    assert_apart(figure, figure.axes[0].texts)
    assert_apart(figure, figure.axes[0].get_yticklabels())
    assert figure.get_size_inches()[0] < 12
    assert (
        figure.axes[0].get_window_extent().width > 0.58 * figure.dpi * 14
    )  # what leaves the captions their room


@pytest.mark.parametrize(
    "names", [FER[:2], FER, OWN, OWN[2:], LONG], ids=["two", "fer", "own", "pair", "long"]
)
def test_names_beside_a_confusion_matrix_keep_apart(names: Sequence[str]) -> None:
    figure = confusion(np.eye(len(names), dtype=int), names, title="t")
    labels = figure.axes[0].get_xticklabels()
    if len(names) <= 2:
        assert {label.get_rotation() for label in labels} == {0.0}
    if not labels[0].get_rotation():
        assert_apart(figure, labels)
    assert max(place.x1 for place in boxes(figure, labels)) < figure.bbox.width - 4
    assert_apart(figure, figure.axes[0].get_yticklabels())


def test_texts_are_made_smaller_first_then_shortened() -> None:
    assert fit_texts(["joy"], 100, size=7, smallest=5) == (["joy"], 7)
    assert fit_texts([], 100, size=7, smallest=5) == ([], 7)
    width = text_width("contempt", 6)
    texts, size = fit_texts(["contempt", "joy"], width, size=7, smallest=5)
    assert texts == ["contempt", "joy"]
    assert size == pytest.approx(6)
    (text,), size = fit_texts(["contemptuousness 0.98"], width, size=7, smallest=5)
    assert size == 5
    assert text_width(text, size) <= width
    assert text.startswith("cont")
    assert text.endswith("\N{HORIZONTAL ELLIPSIS} 0.98")
