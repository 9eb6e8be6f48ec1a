import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferflow.data.faces import FER_CLASSES, Faces, make_faces
from ferflow.ingest import sources
from ferflow.ingest.audit import (
    audit,
    count,
    describe_groups,
    find_blank,
    find_near_duplicates,
    near_duplicate_table,
    resembled,
)
from ferflow.ingest.near_duplicates import perceptual_hash
from ferflow.ingest.sources import BadFace, SourceResult

REAL = Path(__file__).parents[3] / "shared" / "data" / "fer2013.zip"


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 250, (48, 48), dtype=np.uint8)


def faces_of(*rows: tuple[np.ndarray, str, str]) -> Faces:
    pixels = np.stack([row[0] for row in rows])
    classes = ("happy", "sad")
    label = np.array([classes.index(row[1]) for row in rows], dtype=np.int16)
    return make_faces(
        pixels, label, [row[2] for row in rows], classes, [f"row {i}" for i in range(len(rows))]
    )


def result_of(faces: Faces) -> SourceResult:
    return SourceResult(faces, {"RGB": 2}, {(90, 90): 3}, 1, (BadFace("train/happy/9.jpg", "damaged image"),))


def audited(source: str, result: SourceResult, bits: int, group: str = "") -> dict[str, Any]:
    return audit(source, result, find_near_duplicates(result.faces, bits), group)


@pytest.fixture
def faces() -> Faces:
    a, b, c, d = (picture(seed) for seed in range(4))
    near_c = c.copy()
    near_c[5, 5] += 3
    blank = np.full_like(a, 7)
    return faces_of(
        (a, "happy", "Training"),
        (a, "happy", "Training"),
        (a, "happy", "PrivateTest"),
        (b, "happy", "PublicTest"),
        (b, "sad", "PublicTest"),
        (c, "sad", "Training"),
        (near_c, "happy", "PrivateTest"),
        (d, "sad", "PrivateTest"),
        (blank, "sad", "Training"),
        (blank, "happy", "Training"),
        (np.full_like(a, 8), "happy", "Training"),
    )


def test_whole_audit(faces: Faces) -> None:
    report = audited("mine.zip", result_of(faces), 4)
    assert report["faces"] == 11
    assert report["classes"] == ["happy", "sad"]
    assert report["image_size"] == [48, 48]
    assert report["counts"] == {
        "Training": {"happy": 4, "sad": 2},
        "PublicTest": {"happy": 1, "sad": 1},
        "PrivateTest": {"happy": 2, "sad": 1},
    }
    assert report["duplicates"] == {
        "copies_of_an_earlier_face": 4,
        "groups": 3,
        "faces": 7,
        "groups_across_usages": 1,
        "groups_with_two_labels": 2,
        "private_test_in_training": 1,
    }
    assert report["near_duplicates"] == {
        "bits": 4,
        "pairs": 1,
        "groups": 1,
        "faces": 2,
        "groups_across_usages": 1,
        "groups_with_two_labels": 1,
        "private_test_in_training": 1,
    }
    assert len(report["blank"]) == 3
    assert all(np.ptp(faces.pixels[face]) == 0 for face in report["blank"])
    assert report["converted"] == {"RGB": 2}
    assert (report["resized"], report["ignored_files"]) == (3, 1)
    assert report["skipped"] == [{"origin": "train/happy/9.jpg", "reason": "damaged image"}]
    assert report["source"] == "mine.zip"
    assert json.loads(json.dumps(report)) == report


def test_near_duplicates_are_named_group_by_group(faces: Faces) -> None:
    table = near_duplicate_table(faces, find_near_duplicates(faces, 4))
    assert (
        list(table["origin"]) == sorted(table["origin"]) == ["row 5", "row 6"]
    )  # not copies, nor blank ones
    assert list(table["group"]) == [0, 0]
    assert list(table["label"]) == ["sad", "happy"]
    assert list(table["usage"]) == ["Training", "PrivateTest"]
    assert [faces.fingerprint[face] for face in table["face"]] == list(table["fingerprint"])
    first, second = table["face"]
    first_like_it = resembled(find_near_duplicates(faces, 4))
    assert first_like_it[second] == first_like_it[first] == first
    others = np.setdiff1d(np.arange(len(faces)), [first, second])
    assert (first_like_it[others] == faces.resembles[others]).all()  # of equal faces the first
    assert [faces.fingerprint[face] for face in faces.resembles] == list(faces.fingerprint)
    apart = faces_of((picture(0), "sad", "Training"), (picture(1), "sad", "Training"))
    assert near_duplicate_table(apart, find_near_duplicates(apart, 4)).empty


def test_faces_without_usage_cross_none() -> None:
    a, b = picture(0), picture(1)
    report = audited("x", result_of(faces_of((a, "happy", ""), (a, "sad", ""), (b, "sad", ""))), 0)
    assert report["counts"] == {"": {"happy": 1, "sad": 2}}
    assert report["duplicates"]["groups_across_usages"] == 0
    assert report["duplicates"]["groups_with_two_labels"] == 1


def test_only_blank_faces() -> None:
    blank = np.zeros((48, 48), dtype=np.uint8)
    report = audited("x", result_of(faces_of((blank, "happy", "Training"), (blank, "sad", "Training"))), 4)
    assert report["near_duplicates"]["pairs"] == 0
    assert report["blank"] == [0, 1]


def test_a_copy_of_a_training_face_is_counted_among_the_copies_alone() -> None:
    face = picture(0)
    near = face.copy()
    near[5, 5] += 3
    rows = [(face, "Training"), (near, "Training"), (face, "PrivateTest"), (near, "PrivateTest")]
    report = audited("x", result_of(faces_of(*((pixels, "sad", usage) for pixels, usage in rows))), 4)
    assert report["duplicates"]["private_test_in_training"] == 2
    assert report["near_duplicates"]["faces"] == 4
    assert report["near_duplicates"]["private_test_in_training"] == 0


def test_near_is_what_differs_in_as_many_bits_as_are_asked_for() -> None:
    face = picture(0)
    other = np.clip(face + np.random.default_rng(1).normal(0, 25, face.shape), 0, 255).astype(np.uint8)
    bits = int(np.bitwise_count(np.bitwise_xor(*perceptual_hash(np.stack([face, other])))))
    assert bits > 4
    result = result_of(faces_of((face, "sad", "Training"), (other, "sad", "PrivateTest")))
    pairs = [audited("x", result, most)["near_duplicates"]["pairs"] for most in (bits - 1, bits)]
    assert pairs == [0, 1]


def test_resemblance_through_others_makes_one_group(faces: Faces) -> None:
    group = np.full(len(faces), -1)
    group[[0, 3, 8]] = 5
    assert describe_groups(faces, group)["faces"] == 3


def test_blank_means_one_grey_value() -> None:
    images = np.zeros((3, 4, 4), dtype=np.uint8)
    images[1, 2, 2] = 1
    images[2] = 255
    assert find_blank(images).tolist() == [True, False, True]


@pytest.mark.skipif(not REAL.exists(), reason="the real FER-2013 is not part of the project")
def test_known_facts_of_fer2013() -> None:
    result = sources.read(REAL, 48, "fail")
    assert result.faces.classes == FER_CLASSES
    counts = {usage: list(by_class.values()) for usage, by_class in count(result.faces).items()}
    assert counts == {
        "Training": [3995, 436, 4097, 7215, 4830, 3171, 4965],
        "PublicTest": [467, 56, 496, 895, 653, 415, 607],
        "PrivateTest": [491, 55, 528, 879, 594, 416, 626],
    }
    report = audited(REAL.name, result, 4)
    exact = report["duplicates"]
    assert exact["copies_of_an_earlier_face"] == 1853
    assert exact["groups_across_usages"] == 557
    assert exact["groups_with_two_labels"] == 57
    assert exact["private_test_in_training"] == 288
    assert len(report["blank"]) == 12
    assert (report["converted"], report["resized"], report["skipped"]) == ({}, 0, [])


def test_people_in_several_usages_are_counted() -> None:
    usages = ["Training", "Training", "PrivateTest", "PrivateTest", "PublicTest", "PrivateTest"]
    plain = faces_of(*((picture(seed), "happy", usage) for seed, usage in enumerate(usages)))
    person = dict(zip((f"row {i}" for i in range(6)), ["a", "b", "a", "a", "b", ""], strict=True))
    faces = replace(plain, group=np.array([person[origin] for origin in plain.origin.tolist()]))
    assert audited("x.csv", result_of(faces), 4)["people"] is None
    assert audited("x.csv", result_of(faces), 4, "subject")["people"] == {
        "name": "subject",
        "people": 2,
        "faces_without": 1,
        "across_usages": 2,
        "private_test_in_training": 2,
    }
