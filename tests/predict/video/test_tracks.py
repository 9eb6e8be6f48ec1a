import math

import pytest

from ferflow.predict.detector import Box
from ferflow.predict.results import Expression
from ferflow.predict.video.tracks import Tracks


def face(left: float, happy: float = 0.5, size: float = 10) -> Expression:
    probabilities = {"happy": happy, "sad": 1 - happy}
    return Expression("a.mp4", Box(left, 0, left + size, size), 0.9, "happy", probabilities)


def numbers(tracks: Tracks, time: float, *lefts: float) -> list[int]:
    return [face.track for face in tracks.update(time, [face(left) for left in lefts])]


def test_faces_keep_their_numbers_whatever_their_order() -> None:
    tracks = Tracks(0)
    assert numbers(tracks, 0.0, 0, 50) == [0, 1]
    assert numbers(tracks, 0.5, 45, 8) == [1, 0]
    assert numbers(tracks, 1.0, 16) == [0]
    assert numbers(tracks, 1.5, 24, 40, 90) == [0, 1, 2]
    assert tracks.count == 3


def test_of_two_matches_the_better_pair_is_taken() -> None:
    tracks = Tracks(0)
    assert numbers(tracks, 0.0, 0, 12) == [0, 1]
    assert numbers(tracks, 0.5, 12, 24) == [1, 2]
    far = Tracks(0)
    assert numbers(far, 0.0, 0) == [0]
    assert numbers(far, 0.5, 14) == [1]  # more than its width away


def test_a_track_ends_when_its_face_was_away_for_a_second() -> None:
    tracks = Tracks(0)
    assert numbers(tracks, 0.0, 0) == [0]
    assert numbers(tracks, 0.6) == []
    assert numbers(tracks, 1.0, 0) == [0]
    assert numbers(tracks, 1.5) == []
    assert numbers(tracks, 2.1, 0) == [1]
    assert numbers(tracks, 60.0, 0) == [1]  # the frame before showed it


def test_probabilities_are_averaged_with_weights_that_decay_in_time() -> None:
    tracks = Tracks(2.0)
    values = []
    for time, happy in ((0.0, 1.0), (0.5, 0.0), (3.0, 0.2)):
        (result,) = tracks.update(time, [face(0, happy)])
        values.append(result.probabilities["happy"])
        assert sum(result.probabilities.values()) == pytest.approx(1)
        assert result.label == ("happy" if values[-1] > 0.5 else "sad")
    old, older = math.exp(-2.5 / 2), math.exp(-3 / 2)
    assert values == pytest.approx(
        [1, math.exp(-0.25) / (1 + math.exp(-0.25)), (older + 0.2) / (1 + old + older)]
    )


def test_without_smoothing_each_frame_stands_alone() -> None:
    tracks = Tracks(0)
    for time, happy in ((0.0, 1.0), (0.1, 0.1)):
        (result,) = tracks.update(time, [face(0, happy)])
        assert result.probabilities["happy"] == pytest.approx(happy)
