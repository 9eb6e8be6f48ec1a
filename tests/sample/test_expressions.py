import numpy as np
import pytest

from ferflow.sample.expressions import _LIPS_PART, ACTION_UNITS, EMFACS, act, rest


def test_emfacs_is_in_fer_order_and_names_known_units() -> None:
    assert tuple(EMFACS) == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert {unit for units in EMFACS.values() for unit in units} <= set(ACTION_UNITS)


@pytest.mark.parametrize("expression", EMFACS)
def test_units_of_an_expression_are_the_strongest_on_average(expression: str) -> None:
    faces = [act(expression, np.random.default_rng(seed)) for seed in range(60)]
    mean = {unit: np.mean([face[unit] for face in faces]) for unit in ACTION_UNITS}
    main = EMFACS[expression]
    others = max(mean[unit] for unit in ACTION_UNITS if unit not in (*main, 25))
    assert all(mean[unit] > 2 * others for unit in main)
    weakest = 0.45 * 0.6  # a slight expression and a unit that lags behind; idle movement takes nothing away
    assert all(face[unit] >= weakest for face in faces for unit in main)


@pytest.mark.parametrize("expression", EMFACS)
def test_lips_part_as_often_as_photographed_ones(expression: str) -> None:
    parted = [act(expression, np.random.default_rng(seed))[25] for seed in range(500)]
    assert np.mean(np.array(parted) > 0) == pytest.approx(_LIPS_PART[expression], abs=0.05)
    assert all(0.3 <= intensity <= 1 for intensity in parted if intensity)
    if expression == "happy":
        assert np.mean(np.array(parted) > 0) > 0.5  # most photographed smiles show teeth


def test_intensities_lie_between_absent_and_maximal() -> None:
    faces = [act("fear", np.random.default_rng(seed)) for seed in range(60)]
    values = np.array([list(face.values()) for face in faces])
    assert values.min() == 0 and 0.9 < values.max() <= 1
    assert set(faces[0]) == set(rest()) == set(ACTION_UNITS)


def test_expression_without_units_is_refused() -> None:
    with pytest.raises(KeyError, match="contempt"):
        act("contempt", np.random.default_rng(0))
