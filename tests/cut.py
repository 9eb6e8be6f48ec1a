"""Parameters cut down to a few experiments."""

from collections.abc import Sequence
from typing import Any


def cut(parameters: dict[str, Any], kept: Sequence[str]) -> None:
    """Leave some experiments, and of protocols and studies what belongs to these; in place."""
    known = parameters["catalogue"].get("all", {}) | parameters["experiments"]
    parameters["catalogue"] = {}
    parameters["experiments"] = {name: known[name] for name in kept}
    used = {experiment["protocol"] for experiment in parameters["experiments"].values()}
    parameters["protocols"] = {name: parameters["protocols"][name] for name in sorted(used)}
    parameters["sweeps"] = {name: keys for name, keys in parameters["sweeps"].items() if name in kept}
    parameters["redraws"] = {
        name: study
        for name, study in parameters["redraws"].items()
        if name in kept and study["against"] in kept
    }
    parameters["explain"] = [name for name in parameters["explain"] if name in kept]
