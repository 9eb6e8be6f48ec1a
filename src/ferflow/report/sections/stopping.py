"""How many iterations? Held-out error of slow descents, leaky and sound, from the first to the last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferflow.params import Params
from ferflow.plots.linear import stopping
from ferflow.plots.style import save
from ferflow.report.results import Result
from ferflow.report.wording import FACES_OF, percent


@dataclass(frozen=True)
class Course:
    """The held-out error of one descent.

    Attributes
    ----------
    name : experiment
    leaky : bool
        Whether some held-out face was trained on.
    subset : str
        "validation", or "test" where there is no validation subset.
    faces : int
        In that subset.
    iteration : int64 array of shape (n,)
        Those that were recorded.
    error : float64 array of shape (n,)
        Balanced error.
    deviation : float
        Standard error of the lowest, from the number of faces of each class.
    """

    name: str
    leaky: bool
    subset: str
    faces: int
    iteration: NDArray[np.int64]
    error: NDArray[np.float64]
    deviation: float

    @property
    def lowest(self) -> float:
        """The lowest error."""
        return float(self.error.min())

    @property
    def best(self) -> int:
        """Iteration of the lowest error, the first of several."""
        return int(self.iteration[self.error.argmin()])

    @property
    def last(self) -> int:
        """Last iteration."""
        return int(self.iteration[-1])

    @property
    def near(self) -> tuple[int, int]:
        """First and last iteration at which the error is within one standard error of the lowest."""
        near = self.iteration[self.error <= self.lowest + self.deviation]
        return int(near[0]), int(near[-1])

    def at(self, iteration: int) -> float:
        """Look up the error at an iteration.

        Parameters
        ----------
        iteration : int

        Returns
        -------
        float
            At the last recorded iteration until then.
        """
        return float(self.error[max(0, int(np.searchsorted(self.iteration, iteration, side="right")) - 1)])


def course_of(result: Result) -> Course:
    """Read the held-out error of the first seed.

    It is the balanced one, the mean over the classes: then a leaky subset, balanced before it was divided,
    can stand beside a sound one, where classes are as rare as they are.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Course
    """
    history = result.histories[0]
    subset = result.followed
    error = 1 - history["validation_balanced_accuracy"].to_numpy(np.float64)
    of_class = result.evaluations[0].subsets[subset].counts().sum(axis=1)
    of_class = of_class[of_class > 0]
    deviation = np.sqrt(error.min() * (1 - error.min()) * (1 / of_class).sum()) / len(of_class)
    return Course(
        name=result.name,
        leaky=result.leaky,
        subset=FACES_OF[subset],
        faces=result.n(subset),
        iteration=history["epoch"].to_numpy(np.int64),
        error=error,
        deviation=float(deviation),
    )


def stopping_part(
    settings: Params, logistic: Sequence[Result], folder: Path, note: str
) -> list[dict[str, Any]]:
    """Set each leaky descent beside a sound one with the same settings, and draw both.

    Parameters
    ----------
    settings : Params
    logistic : sequence of Result
        The experiments.
    folder : Path
        Of the report.
    note : str
        What the faces are.

    Returns
    -------
    list of dict
        What the template shows of each pair.
    """
    entries = []
    for leaky, sound in _twins(settings, logistic):
        courses = [course_of(leaky), course_of(sound)]
        figure = f"figures/stopping-{leaky.name}.png"
        drawing = stopping(
            {_heading(course): (course.iteration, course.error) for course in courses},
            title=f"{leaky.name} and {sound.name}: how many iterations?",
            note=f"{note} · seed {leaky.seeds[0]} · circle: the lowest, square: the last",
        )
        save(drawing, folder / figure)
        entries.append(
            {
                "names": [leaky.name, sound.name],
                "figure": figure,
                "sentences": [*(course_sentence(course) for course in courses), twin_sentence(*courses)],
            }
        )
    return entries


def course_sentence(course: Course) -> str:
    """Say where the error is lowest, and from where to where one may stop.

    Parameters
    ----------
    course : Course

    Returns
    -------
    str
    """
    first, until = course.near
    error = f"one standard error ({percent(course.deviation)} points)"
    early = (
        f"Before iteration {first:,} it is too early to stop: the error is more than {error} above the "
        "lowest. "
        if first > course.iteration[0]
        else f"From the first iteration on, the error is within {error} of the lowest. "
    )
    return (
        f"{_heading(course)}: lowest balanced error {percent(course.lowest)}% at iteration {course.best:,}, "
        f"{percent(course.error[-1])}% at the last, {course.last:,}. {early}{_about_the_end(course, until)}"
    )


def _about_the_end(course: Course, until: int) -> str:
    loss = percent(course.error[-1] - course.lowest)
    if until < course.last:
        return f"After iteration {until:,} it is too late: at the last, {loss} points are lost."
    if course.best == course.last:
        return "It still falls at the end."
    return f"It is never too late: at the last, {loss} points are lost, no more than one standard error."


def twin_sentence(leaky: Course, sound: Course) -> str:
    """Say what it costs to stop where the leaky error is lowest, and how far apart the two lowest are.

    Parameters
    ----------
    leaky, sound : Course

    Returns
    -------
    str
    """
    there, gap = sound.at(leaky.best), sound.lowest - leaky.lowest
    apart = percent(abs(gap))
    beside = f"{apart} points {'below' if gap > 0 else 'above'}" if apart != percent(0) else "as low as"
    cost = there - sound.lowest
    verdict = (
        "within one standard error of its lowest"
        if cost <= sound.deviation
        else f"{percent(cost)} points above its lowest"
    )
    return (
        f"Where the leaky error is lowest, at iteration {leaky.best:,}, the sound one is {percent(there)}%, "
        f"{verdict}. The lowest leaky error is {beside} the lowest sound one."
    )


def _twins(settings: Params, logistic: Sequence[Result]) -> Iterator[tuple[Result, Result]]:
    """Pair leaky descents on the summed gradient with sound ones of the same settings and classes."""
    for leaky in logistic:
        model = settings.experiment(leaky.name).model
        if not leaky.leaky or getattr(model, "gradient", "mean") != "sum":
            continue
        for other in logistic:
            same = settings.experiment(other.name).model == model and other.classes == leaky.classes
            if same and not other.leaky:
                yield leaky, other
                break


def _heading(course: Course) -> str:
    return f"{course.name} ({'leaky' if course.leaky else 'sound'}, {course.faces:,} {course.subset} faces)"
