"""One figure for several seeds: means and deviations of the values that have a meaning."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ferflow.content import Estimate

#: Value, low and high end; NaN where there is none.
Interval = tuple[float, float, float]


def mean_interval(estimates: Sequence[Estimate]) -> Interval:
    """Average the values, the low ends and the high ends, each as :func:`mean_over_seeds` does."""
    return (
        mean_over_seeds(estimate.value for estimate in estimates),
        mean_over_seeds(estimate.low for estimate in estimates),
        mean_over_seeds(estimate.high for estimate in estimates),
    )


def mean_over_seeds(values: Iterable[float]) -> float:
    """Average the values that are not NaN; NaN where all are."""
    numbers = _without_nan(values)
    return float(np.mean(numbers)) if numbers else math.nan


def deviation_over_seeds(values: Iterable[float]) -> float:
    """Compute the sample standard deviation of the values that are not NaN; NaN for fewer than two."""
    numbers = _without_nan(values)
    return float(np.std(numbers, ddof=1)) if len(numbers) > 1 else math.nan


def _without_nan(values: Iterable[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
