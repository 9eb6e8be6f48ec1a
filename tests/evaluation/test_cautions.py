"""When a figure means nothing."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from ferflow.evaluation.cautions import Caution, Schedule, cautions_of, frequency_loss, is_worthless
from ferflow.evaluation.evaluation import Evaluation
from ferflow.evaluation.metrics import side_metrics
from tests.evaluations import evaluation_content, evaluation_of

SOUND = evaluation_of([[40, 10], [10, 40]], (0.8, 0.7, 0.9))
STEADY = Schedule(epochs=10, epoch_faces=1280, batch_size=128, losses=[0.4], frequency_loss=0.69)


def details(evaluations: Sequence[Evaluation], schedule: Schedule | None = None) -> dict[str, str]:
    return {caution.kind: caution.detail for caution in cautions_of(evaluations, schedule)}


def test_a_sound_model_has_none() -> None:
    assert cautions_of([SOUND, SOUND], STEADY) == ()
    assert not is_worthless(())


def measured(predicted: Sequence[int], labels: Sequence[int], k: int) -> Evaluation:
    """Evaluate as the stage does, bootstrap and all."""
    names = [f"class {index}" for index in range(k)]
    probabilities = np.eye(k)[list(predicted)]
    side = side_metrics(np.array(labels), probabilities, names, resamples=200, confidence=0.95, seed=0)
    content = evaluation_content(dict.fromkeys(("validation", "official", "clean"), side), names)
    return Evaluation.model_validate(content)


def test_a_constant_model_says_which_class_it_names() -> None:
    constant = measured([3] * 140, [label % 7 for label in range(140)], 7)
    cautions = cautions_of([constant])
    assert cautions[0] == Caution("constant", "class 3")
    assert cautions[0].text == "names one class only: class 3"
    assert [caution.kind for caution in cautions] == ["constant", "chance"]  # its interval begins at 1/7
    assert is_worthless(cautions)


def test_a_model_that_is_constant_with_some_seeds_says_with_how_many() -> None:
    constant = evaluation_of([[50, 0], [50, 0]], (0.5, 0.5, 0.5))
    other = evaluation_of([[0, 50], [0, 50]], (0.5, 0.5, 0.5))
    assert details([SOUND, constant])["constant"] == "happy, with 1 of 2 seeds"
    assert details([constant, other])["constant"] == "happy or fear"


@pytest.mark.parametrize(
    ("interval", "is_above"),
    [
        ((0.6, 0.51, 0.7), True),
        ((0.6, 0.49, 0.7), False),
        ((0.5, 0.5, 0.5), False),
        ((0.3, 0.2, 0.4), False),  # below is not above either
    ],
)
def test_an_interval_that_includes_chance_or_lies_below_is_not_above(
    interval: tuple[float, float, float], *, is_above: bool
) -> None:
    evaluation = evaluation_of([[30, 20], [20, 30]], interval)
    found = details([evaluation])
    assert ("chance" not in found) == is_above
    if not is_above:
        assert found["chance"].endswith(", chance 50.0%")
        assert f"{interval[1]:.1%} to {interval[2]:.1%}" in found["chance"]


def test_chance_is_one_part_in_as_many_classes_as_have_faces() -> None:
    confusion = [[30, 20, 0], [20, 30, 0], [0, 0, 0]]
    evaluation = evaluation_of(confusion, (0.6, 0.45, 0.7), ("happy", "fear", "sad"))
    assert details([evaluation])["chance"].endswith("chance 50.0%")


def test_chance_is_judged_by_the_mean_over_seeds() -> None:
    low, high = (
        evaluation_of([[30, 20], [20, 30]], interval) for interval in ((0.5, 0.4, 0.6), (0.8, 0.7, 0.9))
    )
    assert "chance" in details([low])
    assert "chance" not in details([low, high])


def test_without_test_faces_there_is_no_interval_to_judge() -> None:
    nothing = evaluation_of([[0, 0], [0, 0]], (math.nan, math.nan, math.nan))
    assert set(details([nothing])) == {"few faces"}


@pytest.mark.parametrize(
    ("confusion", "detail"),
    [
        ([[40, 10], [1, 9]], None),
        ([[40, 10], [1, 8]], "9 of fear"),
        ([[0, 0], [1, 8]], "none of happy, 9 of fear"),
    ],
)
def test_classes_with_fewer_than_ten_test_faces_are_counted(
    confusion: list[list[int]], detail: str | None
) -> None:
    assert details([evaluation_of(confusion, (0.8, 0.7, 0.9))]).get("few faces") == detail


def test_few_optimizer_steps_are_counted() -> None:
    assert STEADY.steps == 100
    short = Schedule(epochs=9, epoch_faces=1281, batch_size=128, losses=[0.4], frequency_loss=0.69)
    assert "few steps" in details([SOUND], short)
    assert short.steps == 99  # the last batch of an epoch is short
    assert (
        details([SOUND], short)["few steps"]
        == "only 99 optimizer steps (9 epochs of 1,281 faces, 128 a step)"
    )


def test_a_training_that_learnt_no_more_than_the_frequencies_is_named() -> None:
    stuck = Schedule(epochs=10, epoch_faces=1280, batch_size=128, losses=[0.4, 0.7], frequency_loss=0.69)
    assert details([SOUND], stuck)["few steps"] == (
        "its training loss, 0.700, is not below that of predicting the class frequencies, 0.690"
    )


@pytest.mark.parametrize("keys", [{}, {"gamma": 2.0}, {"gamma": 2.0, "balanced": True}, {"smoothing": 0.1}])
def test_loss_of_the_frequencies_is_that_of_the_networks_losses(keys: dict[str, float]) -> None:
    import torch

    from ferflow.models.losses import cross_entropy, focal

    counts = np.array([5, 15, 80])
    target = torch.from_numpy(np.repeat(np.arange(3), counts))
    logits = torch.from_numpy(np.log(counts / counts.sum())).repeat(len(target), 1)
    if "gamma" in keys:
        alpha = torch.from_numpy(counts.sum() / (3 * counts)) if keys.get("balanced") else None
        expected = focal(logits, target, keys["gamma"], alpha).mean()
    else:
        expected = cross_entropy(logits, target, keys.get("smoothing", 0.0)).mean()
    weights = dict(zip("abc", counts.tolist(), strict=True))
    assert frequency_loss(weights, **keys) == pytest.approx(float(expected))  # type: ignore[arg-type]


def test_a_class_without_training_samples_has_no_part_in_the_loss() -> None:
    assert frequency_loss({"a": 10, "b": 10, "c": 0}) == pytest.approx(math.log(2))
