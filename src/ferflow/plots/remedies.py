"""The colour and the marker of each remedy, the same in every figure and table."""

from ferflow.remedies.names import look_up


def remedy_colour(remedy: str) -> str:
    """Colour of a remedy, as it registered it; several together share one."""
    return look_up(remedy).colour


def remedy_marker(remedy: str) -> str:
    """Marker of a remedy, so that colour is never the only difference."""
    return look_up(remedy).marker
