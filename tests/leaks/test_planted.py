"""Leaks put into the data on purpose: what docs/planted-leaks.md says becomes of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from ferflow.data.draw import draw_samples
from ferflow.data.faces import Faces, face_table, make_faces
from ferflow.data.samples import Samples, class_prior, rows_and_targets
from ferflow.data.split import TEST, TRAIN, VALIDATION
from ferflow.evaluation.subsets import Adjust, predict_subsets
from ferflow.ingest import sources
from ferflow.ingest.audit import audit, find_near_duplicates, resembled
from ferflow.ingest.collection import SourceResult
from ferflow.ingest.near_duplicates import perceptual_hash
from ferflow.machine import limited_threads
from ferflow.models.factory import make_model
from ferflow.params import Balance, Protocol, Split
from ferflow.remedies.adjustments import adjusted, class_weights
from tests.near import sorted_pairs

SIDE = 12
CLASSES = ("angry", "disgust", "happy")
USAGES = ("Training", "PublicTest", "PrivateTest")
MODELS: dict[str, dict[str, Any]] = {
    "logistic": {"epochs": 3},
    "softmax": {"epochs": 3},
    "kmeans": {"n_components": 4, "n_clusters": 6, "n_init": 1},
    "cnn": {"widths": (4, 8), "epochs": 1, "batch_size": 32},
    "dnn": {"hidden": (8, 8), "epochs": 1, "batch_size": 32},
}
BALANCES = ("none", "undersample", "oversample", "square-root", "augment")


def drawn(n: int = 240, classes: Sequence[str] = CLASSES) -> Faces:
    """Faces of noise around a bright spot whose place tells the class; a third of each usage."""
    rng = np.random.default_rng(7)
    label = (rng.permutation(n) % len(classes)).astype(np.int16)
    pixels = rng.integers(0, 200, (n, SIDE, SIDE)).astype(np.uint8)
    pixels[np.arange(n), 2, 3 * label] = 255
    usage = np.array(USAGES)[rng.permutation(n) % 3]
    return make_faces(pixels, label, usage, tuple(classes), [f"face {i}" for i in range(n)])


def samples_of(faces: Faces, method: str = "none", **split: Any) -> Samples:
    augment = {"transforms": ["flip", "noise"]} if method == "augment" else {}
    balance = Balance.model_validate({"method": method, **augment})
    return draw_samples(face_table(faces), Protocol(balance=balance, split=Split(**split)), "p")


def planted(faces: Faces, alter: Any, count: int = 20) -> tuple[Faces, NDArray[np.int64]]:
    """Put altered test faces into Training; also where they stand in the result."""
    which = np.flatnonzero(faces.usage == "PrivateTest")[:count]
    joined = make_faces(
        np.concatenate([faces.pixels, alter(faces.pixels[which])]),
        np.concatenate([faces.label, faces.label[which]]),
        np.concatenate([faces.usage, np.full(count, "Training")]),
        faces.classes,
        np.concatenate([faces.origin, np.full(count, "planted")]),
    )
    return joined, np.flatnonzero(joined.origin == "planted")


def found_by_audit(faces: Faces, bits: int = 4) -> dict[str, int]:
    report = audit("x", SourceResult(faces, {}, {}, 0, ()), find_near_duplicates(faces, bits))
    return {kind: report[kind]["private_test_in_training"] for kind in ("duplicates", "near_duplicates")}


def test_copies_of_test_faces_are_named_and_not_trained_on() -> None:
    faces, copies = planted(drawn(), np.copy)
    assert found_by_audit(faces)["duplicates"] == 20
    samples = samples_of(faces).table
    assert set(samples.set_index("face").loc[copies, "subset"]) == {"dropped"}
    assert samples.query("subset == 'test'")["clean"].sum() == (faces.usage == "PrivateTest").sum() - 20


def test_copies_that_are_trained_on_make_it_leaky() -> None:
    faces, _ = planted(drawn(), np.copy)
    assert samples_of(faces, group_by="none").leaky
    assert not samples_of(faces).leaky
    assert not samples_of(drawn(), group_by="none").leaky


def test_slightly_altered_copies_are_named() -> None:
    smooth = np.add.outer(np.arange(48), np.arange(48)) % 97 * 2
    base = drawn(60)
    large = np.stack(
        [np.kron(face, np.ones((4, 4))).astype(np.uint8) // 2 + smooth // 4 for face in base.pixels]
    )
    faces = make_faces(large.astype(np.uint8), base.label, base.usage, CLASSES, base.origin)
    before = found_by_audit(faces)["near_duplicates"]
    altered, copies = planted(faces, lambda pixels: np.clip(pixels.astype(int) + 9, 0, 255).astype(np.uint8))
    assert found_by_audit(altered)["near_duplicates"] - before >= 20
    assert not (samples_of(altered).table["subset"] == "dropped").any()  # named, and no more
    like = replace(altered, resembles=resembled(find_near_duplicates(altered, 4)))
    without = samples_of(like, group_by="near_duplicates").table.set_index("face")
    assert (without.loc[copies, "subset"] == "dropped").all()
    assert (without.loc[copies, "reason"] == "a near duplicate is in test").all()


@pytest.mark.parametrize("bits", [0, 1, 4, 8])
def test_near_duplicates_are_named_at_every_distance_that_is_asked_for(bits: int) -> None:
    rng = np.random.default_rng(bits)
    base = rng.integers(0, 2**63, 1, dtype=np.uint64)[0]
    masks = [sum(1 << int(bit) for bit in rng.choice(64, distance, replace=False)) for distance in range(17)]
    hashes = np.array([int(base) ^ mask for mask in masks], dtype=np.uint64)
    near = {int(j) for i, j in sorted_pairs(hashes, bits) if i == 0}
    assert near == set(range(1, bits + 1))


def test_a_mirrored_test_face_is_not_named() -> None:
    """The page says so: this is a limit, not a promise."""
    faces = drawn()
    mirrored = faces.pixels[:, :, ::-1]
    distance = np.bitwise_count(perceptual_hash(mirrored) ^ perceptual_hash(faces.pixels))
    assert np.median(distance) > 8


@settings(max_examples=40)
@given(data=st.data())
def test_no_image_stands_on_both_sides_whatever_is_planted(data: st.DataObject) -> None:
    base = drawn(90)
    count = data.draw(st.integers(0, 60))
    source = np.array(data.draw(st.lists(st.integers(0, 89), min_size=count, max_size=count)), dtype=np.int64)
    usage = data.draw(st.lists(st.sampled_from(USAGES), min_size=count, max_size=count))
    faces = make_faces(
        np.concatenate([base.pixels, base.pixels[source]]),
        np.concatenate([base.label, base.label[source]]),
        np.concatenate([base.usage, np.array(usage, dtype="U11")]),
        CLASSES,
        [str(i) for i in range(90 + count)],
    )
    by = data.draw(st.sampled_from(["auto", "random"]))
    samples = samples_of(faces, data.draw(st.sampled_from(BALANCES)), by=by)
    marks = {
        subset: set(faces.fingerprint[samples.subset(subset)["face"].to_numpy()])
        for subset in (TRAIN, VALIDATION, TEST)
    }
    assert not marks[TRAIN] & marks[TEST]
    assert not marks[TRAIN] & marks[VALIDATION]
    assert not marks[VALIDATION] & marks[TEST]
    assert not samples.leaky


def other_tests(faces: Faces) -> Faces:
    """Put other pixels and other labels where the test faces stand; which rows they are stays."""
    test = faces.usage == "PrivateTest"
    rng = np.random.default_rng(99)
    pixels = np.where(test[:, None, None], rng.integers(0, 256, faces.pixels.shape), faces.pixels)
    label = np.where(test, (faces.label + 1) % len(faces.classes), faces.label)
    return replace(faces, pixels=pixels.astype(np.uint8), label=label.astype(np.int16))


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("method", ["none", "augment"])
def test_a_model_has_the_same_bytes_whatever_the_test_faces_are(
    name: str, method: str, tmp_path: Path
) -> None:
    faces = drawn(classes=CLASSES[:2] if name == "logistic" else CLASSES)
    samples = samples_of(faces, method)
    digests = []
    # The first training of a process may round otherwise than later ones: it is only there to be first.
    for index, data in enumerate((faces, faces, other_tests(faces))):
        X, y = rows_and_targets(data, samples, TRAIN)
        with limited_threads(1):
            model = make_model(name, random_state=0, **MODELS[name])
            model.fit(X, y, validation=rows_and_targets(data, samples, samples.followed))
        path = tmp_path / f"{index}.safetensors"
        model.save(path, class_names=faces.classes)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[1] == digests[2]


@pytest.mark.parametrize("adjustment", ["thresholds", "logit-adjustment"])
def test_adjustments_do_not_look_at_test_labels(adjustment: str) -> None:
    faces = drawn()
    samples = samples_of(faces)
    model = make_model("softmax", epochs=3, random_state=0).fit(*rows_and_targets(faces, samples, TRAIN))
    test = faces.usage == "PrivateTest"
    relabelled = replace(faces, label=np.where(test, (faces.label + 1) % 3, faces.label).astype(np.int16))
    tables = []
    for data in (faces, relabelled):
        prior = class_prior(data, samples)

        def find(probabilities: NDArray[np.float32], labels: NDArray[np.int64], prior: Any = prior) -> Adjust:
            return partial(adjusted, weight=class_weights(adjustment, probabilities, labels, prior))

        tables.append(predict_subsets(model, data, samples, find_adjustment=find).drop(columns="label"))
    pd.testing.assert_frame_equal(tables[0], tables[1])


def test_names_of_files_say_nothing_to_a_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for index in range(30):
        label = CLASSES[index % 3]
        image = Image.fromarray(rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8))
        for tree, name in (("telling", f"{label}-{index:02}"), ("silent", f"{rng.integers(10**9):09}")):
            folder = tmp_path / tree / USAGES[index // 3 % 3] / label
            folder.mkdir(parents=True, exist_ok=True)
            image.save(folder / f"{name}.png")
    telling, silent = (sources.read(tmp_path / tree, SIDE, "fail").faces for tree in ("telling", "silent"))
    assert np.array_equal(telling.pixels, silent.pixels)
    assert np.array_equal(telling.label, silent.label)
    assert samples_of(telling).table.equals(samples_of(silent).table)
