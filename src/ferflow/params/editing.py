"""Edits of ``params.yaml`` from the command line, in DVC's own words and with DVC's own writer."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from ferflow import paths
from ferflow.errors import InputError, nearest
from ferflow.files import atomic_path
from ferflow.params.loading import load
from ferflow.tracking.uri import without_password


def preset_lines() -> list[str]:
    """List the presets of ``params.yaml``, each with its experiments.

    Returns
    -------
    list of str
    """
    presets = load().presets
    return [f"{name}: {', '.join(experiments)}" for name, experiments in presets.items()]


def use_preset(name: str) -> str:
    """Write the experiments of a preset into ``run``.

    Parameters
    ----------
    name : str
        Of the preset.

    Returns
    -------
    str
        What was written.

    Raises
    ------
    InputError
        If no preset has this name (the nearest is named).
    """
    presets = load().presets
    if name not in presets:
        raise InputError(f"params.yaml: no preset is called '{name}'{nearest(name, list(presets))}")
    (line,) = set_values([f"run=[{','.join(presets[name])}]"])
    return line


def set_values(assignments: Sequence[str]) -> list[str]:
    """Set values in ``params.yaml`` as ``dvc exp run -S`` does, once the outcome is known to be valid.

    Parameters
    ----------
    assignments : sequence of str
        ``key=value`` each, in the override grammar of Hydra; ``+key=value`` for a key that is not written in
        the file.

    Returns
    -------
    list of str
        The values set, each as ``key: value``, without the password of ``tracking.uri``.

    Raises
    ------
    InputError
        If an assignment cannot be read, names a key that is not there, or leaves the file invalid. The file
        then stays as it was.
    """
    from dvc.exceptions import DvcException
    from dvc.utils.hydra import apply_overrides

    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / paths.PARAMS.name
        trial.write_bytes(paths.PARAMS.read_bytes())
        try:
            apply_overrides(trial, list(assignments))
        except DvcException as error:
            reason = " ".join(str(error.__cause__ or error).split())
            raise InputError(
                f"params.yaml: {' '.join(assignments)}: {reason}; a key that has a default and is not "
                "written in the file needs a plus before it (+key=value)"
            ) from error
        try:
            uri = load(trial).tracking.uri or ""
        except InputError as error:
            raise InputError(str(error).replace(str(trial), "params.yaml")) from None
        with atomic_path(paths.PARAMS) as temporary:
            temporary.write_bytes(trial.read_bytes())
        content = yaml.safe_load(trial.read_text(encoding="utf-8"))
    lines = [_line(content, assignment.partition("=")[0].lstrip("+~")) for assignment in assignments]
    return [without_password(line, uri) for line in lines]


def _line(content: object, key: str) -> str:
    value = content
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return f"{key}: {yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}"
