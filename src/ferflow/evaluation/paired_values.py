"""Whether paired values differ in mean and in spread.

References
----------
Pitman (1939), "A note on normal correlation", and Morgan (1939), "A test for the significance of the
difference between the two variances in a sample from a normal bivariate population": variances of paired
values are equal just if the pairs' sums and differences are uncorrelated;
Nadeau and Bengio (2003), "Inference for the generalization error": draws share most of their training faces,
so a plain t test is too sure of itself, and its variance is to grow by the ratio of test to training faces.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-12  # as a share of the largest value: less is no difference between draws, only rounding


@dataclass(frozen=True)
class Comparison:
    """Means and deviations of paired values, and p values that these are equal."""

    means: tuple[float, float]
    deviations: tuple[float, float]
    p_means: float
    p_deviations: float


def compare(
    first: NDArray[np.floating], second: NDArray[np.floating], *, test_to_train: float = 0.0
) -> Comparison:
    """Test paired values for equal means (corrected paired t test) and equal variances (Pitman and Morgan).

    Parameters
    ----------
    first, second : float array of shape (n,)
        At least three values; those of one draw at one place.
    test_to_train : float
        Faces tested on over faces trained on, for the correction of Nadeau and Bengio; 0 leaves the plain
        paired t test.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the two differ in length or have fewer than three values.
    """
    from scipy.stats import pearsonr, t

    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n = len(one)
    if one.shape != two.shape or n < 3:
        raise ValueError(f"needs as many values of both, three at least, not {len(one)} and {len(two)}")
    gap, total = one - two, one + two
    rounding = _ROUNDING * max(np.abs(one).max(), np.abs(two).max())
    p_means = float(abs(gap.mean()) <= rounding)  # for a gap that never varies
    if gap.std() > rounding:
        error = gap.std(ddof=1) * np.sqrt(1 / n + test_to_train)
        p_means = float(2 * t.sf(abs(gap.mean()) / error, n - 1))
    varies = min(gap.std(), total.std()) > rounding
    return Comparison(
        means=(float(one.mean()), float(two.mean())),
        deviations=(float(one.std(ddof=1)), float(two.std(ddof=1))),
        p_means=p_means,
        p_deviations=float(pearsonr(gap, total).pvalue) if varies else 1.0,
    )
