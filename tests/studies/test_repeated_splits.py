from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, ttest_rel

from ferflow.data.draw import draw_samples
from ferflow.data.faces import Faces, make_faces
from ferflow.data.samples import inputs_and_targets
from ferflow.evaluation.paired_values import compare
from ferflow.models.factory import make_model
from ferflow.params import Balance, Protocol, Split
from ferflow.studies import repeated_splits
from ferflow.studies.repeated_splits import Contestant, repeat_splits, with_seeds_of
from ferflow.tables import REPEATED_SPLITS

PAIR = Protocol(classes=["happy", "fear"], balance=Balance(), split=Split(by="usage", test=0.2))
MODEL: dict[str, Any] = {"name": "logistic", "solver": "lbfgs", "l2": 1.0, "epochs": 15}


def faces_and_table(n: int = 120) -> tuple[Faces, pd.DataFrame]:
    rng = np.random.default_rng(0)
    label = (rng.random(n) < 0.3).astype(np.int16)
    pixels = np.clip(100 + 25 * label[:, None, None] + rng.normal(0, 40, (n, 8, 8)), 0, 255)
    pixels[-10:] = pixels[:10]  # copies of faces, which must stay together
    label[-10:] = label[:10]
    usage = np.array(["Training"] * n)
    faces = make_faces(
        pixels.astype(np.uint8), label, usage, ("happy", "fear"), [f"row {i}" for i in range(n)]
    )
    table = pd.DataFrame(
        {
            "face": np.arange(n),
            "label": np.array(faces.classes)[label],
            "usage": usage,
            "fingerprint": [faces.pixels[i].tobytes().hex()[:40] for i in range(n)],
        }
    )
    return faces, table


@pytest.fixture(scope="module")
def errors() -> Iterator[pd.DataFrame]:
    faces, table = faces_and_table()
    two = (
        Contestant("under", with_balance("undersample"), MODEL, "none"),
        Contestant("over", with_balance("oversample"), MODEL, "none"),
    )
    yield repeat_splits(faces, table, two, 4)


def with_balance(method: Any) -> Protocol:
    return PAIR.model_copy(update={"balance": Balance(method=method)})


def test_two_rows_a_repetition_on_the_same_test_faces(errors: pd.DataFrame) -> None:
    assert list(errors.columns) == list(REPEATED_SPLITS)
    assert errors["repetition"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert errors["experiment"].tolist() == ["under", "over"] * 4
    assert (errors.groupby("repetition")["test_faces"].nunique() == 1).all()
    rows = errors.groupby("experiment")["train_faces"].mean()
    assert rows["under"] < rows["over"]  # and neither has more than there are, whatever copies were made
    _, table = faces_and_table()
    assert (errors["train_faces"] + errors["test_faces"] <= len(table)).all()
    assert errors["error"].between(0, 1).all()
    assert errors["error"].nunique() > 2


def test_draws_are_the_same_again(errors: pd.DataFrame) -> None:
    faces, table = faces_and_table()
    calls: list[int] = []
    two = (
        Contestant("under", with_balance("undersample"), MODEL, "none"),
        Contestant("over", with_balance("oversample"), MODEL, "none"),
    )
    again = repeat_splits(faces, table, two, 2, after_repetition=calls.append)
    assert again.equals(errors.head(4))
    assert calls == [1, 2]


def test_a_repetition_draws_split_and_balance_and_keeps_copies_together() -> None:
    _, table = faces_and_table()
    protocol = with_balance("undersample")
    first, again, other = (draw_samples(table, with_seeds_of(protocol, r), "pair") for r in (0, 0, 1))
    assert first.table.equals(again.table)
    assert not first.table.equals(other.table)
    assert not first.leaky
    assert not other.leaky
    assert protocol.split.by == "usage"  # what params.yaml says stays as it is
    test = first.subset("test")["face"]
    assert test.nunique() == pytest.approx(0.2 * len(table), abs=3)


def test_a_draw_seeds_split_and_balance_alike() -> None:
    protocol = with_seeds_of(with_balance("augment"), 7)
    assert (protocol.split.by, protocol.split.seed, protocol.balance.seed) == ("random", 7, 7)


def test_each_draw_has_a_model_of_its_own_seed_and_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def listening(**arguments: Any) -> Any:
        calls.append(arguments)
        return make_model(**arguments)

    monkeypatch.setattr(repeated_splits, "make_model", listening)
    faces, table = faces_and_table()
    over = Contestant("over", with_balance("oversample"), MODEL, "none")
    repeat_splits(faces, table, (over, over), 2)
    assert [call["random_state"] for call in calls] == [0, 0, 1, 1]
    draws = [draw_samples(table, with_seeds_of(over.protocol, r), "over") for r in (0, 0, 1, 1)]
    assert [call["epoch_faces"] for call in calls] == [samples.train_faces for samples in draws]
    assert calls[0]["epoch_faces"] < len(draws[0].subset("train"))  # without the copies


def test_errors_are_of_the_test_faces_and_their_mean_over_the_classes() -> None:
    faces, table = faces_and_table()
    contestant = Contestant("under", with_balance("undersample"), MODEL, "none")
    first = repeat_splits(faces, table, (contestant, contestant), 1).iloc[0]
    samples = draw_samples(table, with_seeds_of(contestant.protocol, 0), "under")
    model = make_model(**MODEL, random_state=0).fit(*inputs_and_targets(faces, samples, "train"))
    X, y = inputs_and_targets(faces, samples, "test")
    wrong = model.predict(X) != y
    assert first["test_faces"] == len(y)
    assert first["error"] == pytest.approx(wrong.mean())
    assert first["balanced_error"] == pytest.approx((wrong[y == 0].mean() + wrong[y == 1].mean()) / 2)
    assert wrong[y == 0].mean() != pytest.approx(wrong[y == 1].mean())


def test_class_weights_are_heeded() -> None:
    faces, table = faces_and_table()
    both = tuple(Contestant(kind, with_balance("none"), MODEL, kind) for kind in ("none", "balanced"))
    result = repeat_splits(faces, table, (both[0], both[1]), 3)
    error = result.pivot_table(index="repetition", columns="experiment", values="balanced_error")
    assert (error["none"] != error["balanced"]).any()


def test_comparison_is_scipys() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(0.3, 0.01, 20), rng.normal(0.31, 0.05, 20)
    result = compare(one, two)
    assert result.p_means == pytest.approx(ttest_rel(one, two).pvalue)
    assert result.p_deviations == pytest.approx(pearsonr(one - two, one + two).pvalue)
    assert result.p_deviations < 0.001
    assert result.means == pytest.approx((one.mean(), two.mean()))
    assert result.deviations == pytest.approx((one.std(ddof=1), two.std(ddof=1)))


def test_the_correction_widens_and_never_narrows() -> None:
    rng = np.random.default_rng(4)
    one = rng.normal(0.3, 0.02, 20)
    two = one + rng.normal(0.02, 0.02, 20)
    assert compare(one, two, test_to_train=0.125).p_means > compare(one, two).p_means


def test_at_the_ends_of_a_95_percent_interval_p_is_5_percent() -> None:
    # Nadeau and Bengio (2003): mean ± t * sqrt((1/n + test/train) * variance). Gaps of 4, 8, 4 and 8 have a
    # mean of 6 and a variance of 16/3; a quarter as many faces are tested on as trained on; the 97.5%
    # quantile of t with 3 degrees of freedom is 3.182446. So 6 ± 3.182446 * sqrt((1/4 + 1/4) * 16/3):
    two = np.array([1.0, 2.0, 4.0, 7.0])
    one = two + np.array([4.0, 8.0, 4.0, 8.0])
    for end in (0.803094, 11.196906):
        assert compare(one - end, two, test_to_train=0.25).p_means == pytest.approx(0.05, abs=1e-6)
    assert compare(one, two, test_to_train=0.25).p_means < 0.05
    assert compare(one, two, test_to_train=4.0).p_means > 0.05


def test_false_alarms_come_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(5)
    common = rng.normal(0, 1, (400, 15))
    pairs = [(c + rng.normal(0, 1, 15), c + rng.normal(0, 1, 15)) for c in common]
    result = [compare(*pair) for pair in pairs]
    for share in (
        np.mean([c.p_means < 0.1 for c in result]),
        np.mean([c.p_deviations < 0.1 for c in result]),
    ):
        assert 0.05 < share < 0.15


@pytest.mark.parametrize(("gap", "p_means"), [(0.0, 1.0), (0.125, 0.0)])
def test_values_that_always_differ_by_the_same(gap: float, p_means: float) -> None:
    one = np.array([0.125, 0.25, 0.375])
    result = compare(one, one - gap)
    assert (result.p_means, result.p_deviations) == (p_means, 1.0)


def test_what_rounding_leaves_of_a_steady_gap_is_no_spread() -> None:
    for seed in range(50):
        one = np.random.default_rng(seed).uniform(0.2, 0.4, 20)
        result = compare(one, one - 0.1)
        assert (result.p_means, result.p_deviations) == (0.0, 1.0)


@pytest.mark.parametrize("lengths", [(3, 4), (2, 2)])
def test_too_few_to_compare(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="three at least"):
        compare(np.zeros(lengths[0]), np.zeros(lengths[1]))
