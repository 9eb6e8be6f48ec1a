"""Draw the explanations' figures, and print their numbers: `python docs/make_explanations.py [folder]`."""

import sys
from pathlib import Path

import numpy as np
from scipy import stats

from ferflow.plots.style import OKABE_ITO, add_title, make_figure, percent_axis, save

#: Faces of FER-2013: of PrivateTest by class (docs/results.md), of all usages where named.
TEST = {"angry": 491, "disgust": 55, "fear": 528, "happy": 879, "sad": 594, "surprise": 416, "neutral": 626}
DISGUSTED, HAPPY = 436 + 56 + 55, 7215 + 895 + 879
LEAKED, ACCURACY, RECALL, TRIALS, SHARE = 288, 0.636, 0.245, 20, 0.1
_SEED, _RESAMPLES, _WIDTH, _HEIGHT = 0, 1000, 6.4, 3.0
TARGET = Path(__file__).parent / "img"


def half_width(share: float, n: int) -> float:
    """Half of a 95% interval for a share of n faces, by the normal approximation."""
    return float(1.96 * np.sqrt(share * (1 - share) / n))


def bootstrap_half_width(share: float, n: int) -> float:
    """Half of a 95% percentile interval: a resample of n faces, some of them right, has a binomial count."""
    right = np.random.default_rng(_SEED).binomial(n, round(share * n) / n, _RESAMPLES)
    low, high = np.percentile(right / n, [2.5, 97.5])
    return float(high - low) / 2


def coverage(share: float, n: int) -> float:
    """How often a 95% percentile interval of a share of n faces holds it, over all counts of right ones."""
    right = np.arange(n + 1)
    low, high = stats.binom.ppf([[0.025], [0.975]], n, right / n) / n
    return float(stats.binom.pmf(right, n, share) @ ((low <= share) & (share <= high)))


def calibration_error_of_none(n: int) -> float:
    """Mean calibration error, in 15 bins, of models whose confidence is right, by n faces each."""
    rng = np.random.default_rng(_SEED)
    confidence = rng.uniform(1 / len(TEST), 1, (_RESAMPLES, n))
    gap = (rng.random(confidence.shape) < confidence) - confidence
    place = np.ceil(15 * confidence).astype(int) + 16 * np.arange(_RESAMPLES)[:, None]
    return float(np.abs(np.bincount(place.ravel(), gap.ravel())).sum() / gap.size)


def draw_intervals(path: Path) -> None:
    """Half widths against the number of faces, for the recall of disgust and the accuracy."""
    figure, axes = make_figure(_WIDTH, _HEIGHT)
    sizes = np.geomspace(20, 10_000, 200)
    for share, colour, marker in ((ACCURACY, OKABE_ITO[0], "o"), (RECALL, OKABE_ITO[1], "s")):
        axes.plot(sizes, [half_width(share, n) for n in sizes], color=colour, label=f"a share of {share:.1%}")
        at = (TEST["disgust"], TEST["happy"], sum(TEST.values()))
        axes.plot(at, [bootstrap_half_width(share, n) for n in at], marker, color=colour)
    axes.set(xscale="log", ylim=(0, 0.24), xlabel="faces", ylabel="half of the interval, points")
    axes.set_xticks([55, 879, 3589], ["55\ndisgusted", "879\nhappy", "3,589\nall"])
    axes.minorticks_off()
    percent_axis(axes.yaxis)
    axes.legend(frameon=False)
    add_title(
        figure,
        "How well a share can be known",
        "Lines: the formula; marks: the bootstrap, 1,000 resamples",
    )
    save(figure, path)


def draw_balanced_accuracy(path: Path) -> None:
    """Both accuracies while the recall of disgust goes from 0 to 1, that of the others constant."""
    recall = np.linspace(0, 1, 11)
    n, k, rest = sum(TEST.values()), len(TEST), ACCURACY
    figure, axes = make_figure(_WIDTH, _HEIGHT)
    accuracy = (TEST["disgust"] * recall + (n - TEST["disgust"]) * rest) / n
    balanced = (recall + (k - 1) * rest) / k
    axes.plot(recall, accuracy, "o-", color=OKABE_ITO[0], label="accuracy")
    axes.plot(recall, balanced, "s-", color=OKABE_ITO[1], label="balanced accuracy")
    axes.set(xlabel="recall of disgust", ylim=(0.5, 0.75))
    percent_axis(axes.xaxis)
    percent_axis(axes.yaxis)
    axes.legend(frameon=False)
    note = f"FER-2013's PrivateTest, {rest:.1%} of each other class recognised"
    add_title(figure, "One class of seven, 55 faces of 3,589", note)
    save(figure, path)


def numbers() -> list[str]:
    """List what the pages state, a line each."""
    n = sum(TEST.values())
    error, leaked, copies = half_width(ACCURACY, n) / 1.96, LEAKED / n, HAPPY / DISGUSTED
    optimism = error * stats.norm.ppf((TRIALS - 0.375) / (TRIALS + 0.25))
    return [
        f"standard error of {ACCURACY:.1%} on {n:,} faces: {100 * error:.2f} points",
        f"best of {TRIALS} independent trials: {100 * optimism:.1f} points too good",
        f"leaked: {leaked:.1%}; {ACCURACY:.1%} looks like {ACCURACY + leaked * (1 - ACCURACY):.1%} at most",
        f"copies of a disgusted face: {copies:.1f}; none in train: {SHARE ** (copies - 1):.0e}",
        f"95% interval: {100 * half_width(ACCURACY, n):.1f} points on all faces, "
        f"{100 * half_width(RECALL, TEST['disgust']):.1f} for {RECALL:.1%} of {TEST['disgust']}",
        *(
            f"recall of {share:.1%}: of {faces} faces, {coverage(share, faces):.0%} of the intervals hold it"
            for share in (RECALL, 0.95)
            for faces in (10, 20, TEST["disgust"])
        ),
        *(
            f"perfectly calibrated on {faces:,} faces: an error of {calibration_error_of_none(faces):.1%}"
            for faces in (350, n)
        ),
        f"twenty faces of a person that correlate by 0.05: {np.sqrt(1 + 19 * 0.05):.1f} times as wide",
        f"one face in twenty with a twin that fares alike: {100 * (np.sqrt(1 + 1 / 20) - 1):.1f}% wider",
        f"all called happy: accuracy {TEST['happy'] / n:.1%}, balanced {1 / len(TEST):.1%}; "
        f"disgust is {TEST['disgust'] / n:.1%} of the faces, 1 of {n / TEST['disgust']:.0f}",
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    draw_intervals(folder / "intervals.png")
    draw_balanced_accuracy(folder / "balanced-accuracy.png")
    print("\n".join(numbers()))
