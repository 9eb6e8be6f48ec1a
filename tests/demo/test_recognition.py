"""Where a model looks: for which class, on which models, and how that is drawn."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferflow.demo.recognition import MAP_SIDE, Question, can_look, look, overlaid
from ferflow.errors import InputError
from ferflow.machine import limited_threads
from ferflow.models.factory import make_model
from ferflow.networks import network_names
from ferflow.predict.photos import Photo
from ferflow.predict.predictor import NETWORK, Predictor, model_path
from tests.predict.photographs import lit, train


def test_only_networks_that_pytorch_can_run_look_at_pixels(tmp_path: Path) -> None:
    predictor = Predictor(train(tmp_path / "softmax.safetensors", "softmax"), cropped=True)
    assert not can_look(predictor)
    with pytest.raises(InputError, match="saliency is for networks; this model is none"):
        look(predictor, Question(Photo("a", Image.fromarray(lit(True, 0))), is_face=True))
    if NETWORK in network_names():
        assert can_look(Predictor(NETWORK))
        assert not can_look(Predictor(model_path(NETWORK).with_suffix(".onnx")))


def test_the_map_is_that_of_the_class_though_others_were_never_trained(tmp_path: Path) -> None:
    path, names = tmp_path / "model.safetensors", ("absent", "above", "other", "below")
    y = np.arange(64) % 2
    X = np.array([lit(bool(below), seed).ravel() for seed, below in enumerate(y)])
    with limited_threads(1):
        make_model("cnn", epochs=2, widths=(4, 8), batch_size=16).fit(X, 1 + 2 * y).save(
            path, class_names=names
        )
    predictor = Predictor(path)
    photo = Photo("a", Image.fromarray(lit(True, 0)))
    maps = [look(predictor, Question(photo, is_face=True, label=label)) for label in ("above", "below")]
    assert [answer["label"] for answer in maps] == ["above", "below"]
    assert maps[0]["image"] != maps[1]["image"]
    with pytest.raises(InputError, match="never trained on 'absent'"):
        look(predictor, Question(photo, is_face=True, label="absent"))


def test_a_map_of_nothing_is_the_face_and_one_bright_pixel_does_not_hide_it() -> None:
    face = np.full((48, 48), 100, np.uint8)
    values = np.zeros((48, 48), np.float32)
    assert (np.asarray(overlaid(face, values)) == 100).all()
    values[:24], values[0, 0] = 1.0, 1000.0
    drawn = np.asarray(overlaid(face, values)).astype(int)
    assert drawn.shape == (MAP_SIDE, MAP_SIDE, 3)
    assert (drawn[200:] == 100).all()
    bright = drawn[:100]  # as bright everywhere, at the pixel of 1000 too
    assert np.ptp(bright.reshape(-1, 3), axis=0).max() < 3
    assert np.ptp(bright[50, 50]) > 50
