"""The paired tests as a matrix to look at and a list to look things up in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ferflow.evaluation.significance import LEVEL, holm, mcnemar
from ferflow.report.results import Result


@dataclass(frozen=True)
class Pair:
    """Two experiments on the same test faces; the difference is the first's accuracy less the second's."""

    first: str
    second: str
    difference: float
    only_first: int
    only_second: int
    p_value: float
    adjusted: float

    @property
    def significant(self) -> bool:
        """Whether chance alone would rarely make them differ so, all pairs taken together."""
        return self.adjusted < LEVEL


@dataclass(frozen=True)
class PairTables:
    """All pairs of a group, and each of them by row and column (both ways round)."""

    names: list[str]
    n: int
    seed: int
    pairs: list[Pair]
    cell: dict[tuple[str, str], tuple[float, Pair]]


def pair_tables(group: Sequence[Result]) -> PairTables:
    """Test every pair of a group with its first seed, Holm-corrected over all of them.

    Parameters
    ----------
    group : sequence of Result
        Experiments tested on the same faces.

    Returns
    -------
    PairTables
    """
    names = [result.name for result in group]
    right = {result.name: result.correct(0) for result in group}
    tests = {pair: mcnemar(right[pair[0]], right[pair[1]]) for pair in combinations(names, 2)}
    adjusted = holm([test.p_value for test in tests.values()])
    pairs = [
        Pair(
            first,
            second,
            float(np.mean(right[first]) - np.mean(right[second])),
            test.only_first,
            test.only_second,
            test.p_value,
            p,
        )
        for ((first, second), test), p in zip(tests.items(), adjusted, strict=True)
    ]
    cell = {(pair.first, pair.second): (pair.difference, pair) for pair in pairs}
    cell |= {(pair.second, pair.first): (-pair.difference, pair) for pair in pairs}
    return PairTables(names, len(right[names[0]]), group[0].seeds[0], pairs, cell)
