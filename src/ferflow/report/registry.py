"""The sections of the report, by their place on the page."""

from collections.abc import Callable

from ferflow.report.context import ReportContext, Section

MakeSection = Callable[[ReportContext], Section]

#: By place: the page shows them in order of it.
SECTIONS: dict[int, MakeSection] = {}


def register_section(place: int) -> Callable[[MakeSection], MakeSection]:
    """Register what makes a section; used as a decorator in a module of ``ferflow.report.sections``.

    Parameters
    ----------
    place : int
        Where it stands: 10 to 40 for what was compared, 50 to 90 for the studies, 100 to 120 for single
        experiments, 130 to 150 for the data, 160 for what others published, 170 for where it comes from.

    Returns
    -------
    callable
        Gives the function back as it was.

    Raises
    ------
    ValueError
        If another section has that place.
    """

    def register(make: MakeSection) -> MakeSection:
        if place in SECTIONS:
            raise ValueError(f"{make.__name__}: place {place} is taken by {SECTIONS[place].__name__}")
        SECTIONS[place] = make
        return make

    return register
