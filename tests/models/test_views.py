import pytest
import torch
from torch import Tensor

from ferflow.models.resnet import ResNetClassifier
from ferflow.models.views import views
from tests.models.test_trainer import two_classes


def ramp(side: int) -> Tensor:
    """One face whose pixels grow from left to right, by ten a pixel."""
    return (10 * torch.arange(side)).expand(1, side, side).to(torch.uint8)


def test_the_face_comes_first_and_each_size_is_mirrored() -> None:
    face = ramp(16)
    seen = views(face, flip=True, scales=(1.25, 0.75))
    assert [view.shape for view in seen] == [face.shape] * 6
    assert torch.equal(seen[0], face)
    for straight, mirrored in zip(seen[::2], seen[1::2], strict=True):
        assert torch.equal(straight.flip(2), mirrored)
    assert len(views(face, flip=False, scales=(1.25,))) == 2
    assert len(views(face, flip=False)) == 1


@pytest.mark.parametrize("side", [15, 16])
def test_a_larger_face_shows_its_middle_in_place(side: int) -> None:
    larger = views(ramp(side), flip=False, scales=(1.5,))[1][0, side // 2]
    middle = 10 * (side - 1) / 2
    assert float(larger.mean()) == pytest.approx(middle)
    assert float(larger[-1] - larger[0]) == pytest.approx(10 * (side - 1) / 1.5, rel=0.03)


def test_the_margin_is_the_nearest_whole_number_of_pixels() -> None:
    face = 5 * torch.arange(48.0).expand(1, 48, 48)
    larger = views(face, flip=False, scales=(1.08,))[1][0, 24]  # 1.92 pixels on each side
    assert float(larger[-1] - larger[0]) == pytest.approx(5 * 47 * 48 / 52, rel=0.005)


def test_a_smaller_face_repeats_its_edges() -> None:
    smaller = views(ramp(16), flip=False, scales=(0.75,))[1][0]
    assert torch.equal(smaller[:, 0], smaller[:, 2])
    assert torch.equal(smaller[0], smaller[2])
    assert float(smaller.mean()) == pytest.approx(75)


def test_predictions_average_the_sizes() -> None:
    X, y = two_classes()
    model = ResNetClassifier(
        widths=(8, 16), blocks=(1, 0), batch_size=16, epochs=1, flip_average=True, scale_average=(1.25, 0.75)
    ).fit(X, y, validation=(X, y))
    logits = model.logits(X)
    assert logits.shape == (6, len(X), 2)
    shares = torch.softmax(torch.from_numpy(logits), 2).mean(0).numpy()
    assert model.predict_proba(X) == pytest.approx(shares)
    alone = ResNetClassifier(**{**model.get_params(), "scale_average": ()}).fit(X, y, validation=(X, y))
    assert alone.history_ == model.history_  # the curve is that of the face and its mirror image
    assert alone.predict_proba(X) != pytest.approx(shares)
