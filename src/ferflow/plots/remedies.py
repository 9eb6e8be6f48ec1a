"""The colour and the marker of each remedy, the same in every figure and table."""

from ferflow.remedies.names import look_up


def remedy_colour(remedy: str) -> str:
    """Look up the colour of a remedy; several together share one.

    Parameters
    ----------
    remedy : str
        Its name.

    Returns
    -------
    str
        As it is registered.
    """
    return look_up(remedy).colour


def remedy_marker(remedy: str) -> str:
    """Look up the marker of a remedy, so that colour is never the only difference.

    Parameters
    ----------
    remedy : str
        Its name.

    Returns
    -------
    str
        As it is registered.
    """
    return look_up(remedy).marker
