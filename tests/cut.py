"""Parameters cut down to a few experiments."""

from collections.abc import Sequence
from typing import Any


def cut(parameters: dict[str, Any], names: Sequence[str]) -> None:
    """Leave some experiments, all of them run, and of protocols and studies what is theirs; in place."""
    parameters["run"] = list(names)
    parameters["presets"] = {}
    parameters["experiments"] = {name: parameters["experiments"][name] for name in names}
    protocols = {experiment["protocol"] for experiment in parameters["experiments"].values()}
    parameters["protocols"] = {name: parameters["protocols"][name] for name in sorted(protocols)}
    parameters["sweeps"] = {name: keys for name, keys in parameters["sweeps"].items() if name in names}
    parameters["repeated_splits"] = {
        name: study
        for name, study in parameters["repeated_splits"].items()
        if name in names and study["against"] in names
    }
    parameters["explain"] = [name for name in parameters["explain"] if name in names]
    if parameters["labels"]["experiment"] not in names:
        parameters["labels"]["experiment"] = next((name for name in names if _of_all(parameters, name)), None)


def _of_all(parameters: dict[str, Any], name: str) -> bool:
    protocol = parameters["experiments"][name]["protocol"]
    return parameters["protocols"][protocol]["classes"] == "all"
