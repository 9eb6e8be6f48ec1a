"""What surrounds the export of a model: pixels that are none, models that are not ours, the caller's log."""

import logging
import warnings
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ferflow.errors import InputError
from ferflow.export.files import _quiet
from ferflow.export.modules import probability_module
from ferflow.models.factory import load_model
from tests.predict.photographs import SIDE, train


@pytest.mark.parametrize("name", ["softmax", "cnn"])
def test_pixels_beyond_black_and_white_are_black_and_white(tmp_path: Path, name: str) -> None:
    module = probability_module(load_model(train(tmp_path / "model.safetensors", name)))
    far = torch.from_numpy(np.random.default_rng(0).uniform(-250, 500, (9, SIDE, SIDE))).float()
    with torch.inference_mode():
        np.testing.assert_allclose(module(far), module(far.clamp(0, 255)), atol=1e-6)


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="a model of kind 'tree' cannot be exported"):
        probability_module(SimpleNamespace(model_name="tree"))


def test_exporters_are_kept_quiet_and_their_caller_is_not(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    for message, context in (("advice", _quiet()), ("still there", nullcontext())):
        with context:
            logging.getLogger("mine").warning(message)
            warnings.warn(message, stacklevel=1)
            print(message)
    assert caplog.messages == ["still there"]
    assert [str(warning.message) for warning in recwarn] == ["still there"]
    assert capsys.readouterr().out == "still there\n"
