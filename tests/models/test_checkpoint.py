"""Checkpoints: any damage is noticed, the file put aside, and the training begins again."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow.models.checkpoint import load_checkpoint, save_checkpoint
from ferflow.models.resnet import ResNetClassifier

STATE = {"network": {"w": torch.arange(6.0).reshape(2, 3)}, "history": [{"epoch": 1, "lr": 0.5}]}


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.pt", STATE)
    state = load_checkpoint(tmp_path / "a.pt")
    assert state is not None
    assert state["history"] == STATE["history"]
    torch.testing.assert_close(state["network"]["w"], torch.arange(6.0).reshape(2, 3))
    assert load_checkpoint(tmp_path / "nowhere.pt") is None


@settings(max_examples=200)
@given(where=st.integers(0, 10**9), bit=st.integers(0, 7), cut=st.booleans())
def test_any_flipped_bit_and_any_cut_is_noticed(tmp_path: Path, where: int, bit: int, cut: bool) -> None:
    path = tmp_path / "a.pt"
    save_checkpoint(path, STATE)
    content = bytearray(path.read_bytes())
    where %= len(content)
    content[where] ^= 1 << bit
    path.write_bytes(content[:where] if cut else content)
    assert load_checkpoint(path) is None
    assert not path.exists()
    assert (tmp_path / "a.pt.damaged").exists()


def test_a_training_with_a_damaged_checkpoint_begins_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    X, y = np.random.default_rng(0).integers(0, 256, (40, 64), dtype=np.uint8), np.arange(40) % 2
    checkpoint = tmp_path / "cnn-0.pt"

    def train(stop_after: int | None = None) -> ResNetClassifier:
        def stop(row: dict[str, float]) -> None:
            if row["epoch"] == stop_after:
                raise KeyboardInterrupt

        model = ResNetClassifier(widths=(4,), blocks=(1,), epochs=3, batch_size=20)
        return model.fit(X, y, checkpoint=checkpoint, progress=stop)

    whole = train()
    checkpoint.unlink()
    with pytest.raises(KeyboardInterrupt):
        train(stop_after=2)
    content = bytearray(checkpoint.read_bytes())
    content[-3] ^= 4
    checkpoint.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        again = train()
    assert len(caplog.messages) == 1
    assert "cnn-0.pt: a damaged checkpoint, put aside as cnn-0.pt.damaged" in caplog.text
    np.testing.assert_array_equal(again.predict_proba(X), whole.predict_proba(X))
