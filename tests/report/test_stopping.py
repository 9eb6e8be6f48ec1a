"""How many iterations: the twins that are set side by side, and sentences that follow their errors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferflow import params
from ferflow.report.sections.linear import linear_section
from ferflow.report.sections.stopping import Course, course_of, course_sentence, stopping_part, twin_sentence
from tests.fabricated import REPOSITORY
from tests.report.test_linear import SLOW, folder, page_of, result_of, settings_of

__all__ = ["folder"]  # the fixture

ITERATION = np.array([1, 21, 401, 8541, 120_000])


def course(*error: float, leaky: bool = False, deviation: float = 0.02) -> Course:
    subset = "test" if leaky else "validation"
    return Course("one", leaky, subset, 1000, ITERATION, np.array(error), deviation)


def test_the_sound_twin_has_the_settings_of_the_leaky_one_and_its_presets() -> None:
    settings = params.load(REPOSITORY / "params.yaml")
    leaky, sound = (settings.experiment(name) for name in SLOW)
    assert sound.model == leaky.model
    assert sound.epochs == leaky.epochs
    assert leaky.epochs is not None
    assert leaky.epochs.full == 120_000
    split = settings.protocol_of(SLOW[1]).split
    assert split.group_by == "fingerprint"
    assert settings.protocol_of(SLOW[1]).balance.scope == "train"
    for preset in ("published", "all"):
        assert set(SLOW) <= set(settings.presets[preset])


def test_twins_are_drawn_and_told_in_the_section(folder: Path) -> None:
    settings = settings_of(*SLOW, studies=False)
    context = linear_section(settings, [result_of(settings, name) for name in SLOW], folder, "sample faces")
    entry = context["linear"]["stopping"][0]
    assert entry["names"] == list(SLOW)
    assert (folder / "figures/stopping-logistic-as-published.png").stat().st_size > 5000
    page = page_of(settings, context, folder)
    assert (
        "logistic-as-published (leaky, 160 test faces): lowest balanced error 29.9% at iteration 401" in page
    )
    assert "logistic-slow (sound, 80 validation faces)" in page


def test_a_descent_without_a_twin_is_left_out(folder: Path) -> None:
    settings = settings_of(*SLOW, "logistic", "happy-fear", studies=False)
    leaky, sound, other, third = (result_of(settings, name) for name in (*SLOW, "logistic", "happy-fear"))
    assert stopping_part(settings, [leaky], folder, "") == []
    assert stopping_part(settings, [leaky, other, third], folder, "") == []
    assert stopping_part(settings, [sound, other], folder, "") == []
    assert len(stopping_part(settings, [sound, other, leaky], folder, "")) == 1


def test_course_is_of_the_side_that_the_history_follows() -> None:
    settings = settings_of(*SLOW, studies=False)
    for name, subset in zip(SLOW, ("official", "validation"), strict=True):
        result = result_of(settings, name)
        read = course_of(result)
        assert read.faces == result.n(subset)
        assert read.lowest == pytest.approx(1 - result.histories[0]["validation_balanced_accuracy"].max())
        counts = np.sum(result.evaluations[0].subsets[subset].confusion, axis=1)
        spread = read.lowest * (1 - read.lowest)
        assert read.deviation == pytest.approx(np.sqrt(spread / counts[0] + spread / counts[1]) / 2)


def test_too_early_and_too_late() -> None:
    sentence = course_sentence(course(0.5, 0.4, 0.3, 0.31, 0.36))
    assert sentence == (
        "one (sound, 1,000 validation faces): lowest balanced error 30.0% at iteration 401, 36.0% at the "
        "last, 120,000. Before iteration 401 it is too early to stop: the error is more than one standard "
        "error (2.0 points) above the lowest. After iteration 8,541 it is too late: at the last, 6.0 points "
        "are lost."
    )
    assert course_sentence(course(0.5, 0.4, 0.3, 0.25, 0.2)).endswith("It still falls at the end.")
    level = course_sentence(course(0.31, 0.3, 0.31, 0.31, 0.31))
    assert "From the first iteration on, the error is within one standard error (2.0 points) of the" in level
    assert level.endswith("at the last, 1.0 points are lost, no more than one standard error.")


def test_stopping_by_the_leaky_side() -> None:
    leaky = course(0.5, 0.4, 0.3, 0.25, 0.18, leaky=True)
    sentence = twin_sentence(leaky, course(0.5, 0.4, 0.3, 0.31, 0.36))
    assert "lowest, at iteration 120,000, the sound one is 36.0%, 6.0 points above its lowest." in sentence
    assert "The lowest leaky error is 12.0 points below the lowest sound one." in sentence
    sentence = twin_sentence(leaky, course(0.5, 0.4, 0.17, 0.17, 0.18))
    assert "within one standard error of its lowest" in sentence
    assert "1.0 points above the lowest sound one" in sentence
    sentence = twin_sentence(leaky, course(0.5, 0.4, 0.1803, 0.19, 0.19))
    assert sentence.endswith("The lowest leaky error is as low as the lowest sound one.")
    # The sound one was not recorded at that iteration: the last before it counts.
    thin = replace(course(0.5, 0.4, 0.3, 0.31, 0.36), iteration=np.array([5, 50, 500, 5000, 500_000]))
    assert thin.at(120_000) == 0.31
    assert thin.at(1) == 0.5
