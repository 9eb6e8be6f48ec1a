import pytest

from ferflow.report import wording


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.6123, "accuracy", "61.2"),
        (1.2345, "log_loss", "1.234"),
        (float("nan"), "accuracy", wording.NOTHING),
    ],
)
def test_number(value: float, metric: str, text: str) -> None:
    assert wording.number(value, metric) == text


def test_points_have_a_sign_and_no_negative_zero() -> None:
    assert wording.points(0.033) == "+3.3"
    assert wording.points(-0.033) == "\N{MINUS SIGN}3.3"
    assert wording.points(-0.0001) == "0.0"
    assert wording.points(float("nan")) == wording.NOTHING


def test_decimals_have_a_real_minus_sign_and_no_negative_zero() -> None:
    assert wording.decimals(-0.0334) == "\N{MINUS SIGN}0.033"
    assert wording.decimals(-0.0001) == wording.decimals(0.0001) == "0.000"
    assert wording.decimals(float("nan")) == wording.NOTHING


def test_counts_in_words() -> None:
    assert wording.count_name(7, "class") == "seven classes"
    assert wording.count_name(1, "seed") == "one seed"
    assert wording.count_name(12, "seed") == "12 seeds"
    assert wording.short_count(9_120_000) == "9.12 M"
    assert wording.short_count(12) == "12"
    assert wording.short_count(999_600) == "1 M"


def test_a_share_that_was_chosen_is_written_as_it_is() -> None:
    assert [wording.share_name(value) for value in (0.29, 0.975, 0.995)] == ["29%", "97.5%", "99.5%"]


def test_interval_of_nothing_is_empty() -> None:
    assert wording.interval((float("nan"),) * 3, "accuracy") == ""
    assert wording.interval((0.5, 0.4, 0.6), "accuracy") == "40.0 to 60.0"


def test_p_values_are_never_zero() -> None:
    assert wording.p_value(0.0) == "< 0.001"
    assert wording.p_value(0.0312) == "0.031"


def test_remedies_as_nouns() -> None:
    assert wording.remedy_name("oversample + class weights") == "oversampling + class weights"
    assert wording.remedy_name("none") == "no remedy"
