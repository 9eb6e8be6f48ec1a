"""Edits of ``params.yaml`` from the command line, in DVC's own words and with DVC's own writer."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ferflow import paths
from ferflow.atomic import atomic_path
from ferflow.errors import InputError, reason_of, shown, unknown
from ferflow.params.loading import load, read
from ferflow.passwords import without_password

_LONGEST_ECHO = 120  # characters of what a message repeats
_LONGEST_REASON = 250


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
        raise InputError(f"params.yaml: {unknown('preset', name, presets)}")
    (line,) = set_values([f"run=[{','.join(presets[name])}]"])
    return line


def set_values(assignments: Sequence[str]) -> list[str]:
    """Set values in ``params.yaml`` as ``dvc exp run -S`` does, after checking that the result is valid.

    Parameters
    ----------
    assignments : sequence of str
        ``key=value`` each, in the override grammar of Hydra; ``+key=value`` for a key that is not written in
        the file.

    Returns
    -------
    list of str
        The values that then hold, each as ``key: value``, without the password of ``tracking.uri``; the
        default of a key that was taken out of the file.

    Raises
    ------
    InputError
        If the file or an assignment cannot be read, or an assignment names a key that is not there or leaves
        the file invalid. The file then stays as it was.
    """
    read(paths.PARAMS)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / paths.PARAMS.name
        before = paths.PARAMS.read_bytes()
        trial.write_bytes(before)
        try:
            _apply(assignments, trial)
            settings = load(trial)
        except InputError as error:
            raise InputError(str(error).replace(str(trial), "params.yaml")) from None
        with atomic_path(paths.PARAMS, follow=True) as temporary:
            temporary.write_bytes(_with_ends_of(before, trial.read_bytes()))
        content = read(trial)
    keys = [assignment.partition("=")[0].lstrip("+~") for assignment in assignments]
    lines = [_line(key, content, settings.model_dump(mode="json")) for key in keys]
    return [without_password(line, settings.tracking.uri or "") for line in lines]


def _with_ends_of(before: bytes, after: bytes) -> bytes:
    """End the lines that DVC wrote as those before did: else a file from Windows would change in each."""
    end = b"\r\n" if before.partition(b"\n")[0].endswith(b"\r") else b"\n"
    return b"".join(line + end for line in after.splitlines())


def _refuse_unknown(assignments: Sequence[str], file: Path) -> None:
    """Raise what the schema says about keys that are not in the file: the nearest name to an unknown one."""
    added = [f"++{assignment.lstrip('+')}" for assignment in assignments if not assignment.startswith("~")]
    _apply(added, file, added=True)
    load(file)


def _apply(assignments: Sequence[str], file: Path, *, added: bool = False) -> None:
    """Have DVC write assignments into a file; say in one line why it cannot.

    Where it is for keys that are not in the file, the schema's own word of them, if it has one, goes first;
    ``added`` says that they have been added for that.
    """
    from dvc.exceptions import DvcException
    from dvc.utils.hydra import apply_overrides
    from hydra.errors import OverrideParseException
    from omegaconf.errors import GrammarParseError, InterpolationResolutionError, OmegaConfBaseException
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.representer import RepresenterError

    where = f"params.yaml: {shown(' '.join(assignments), _LONGEST_ECHO)}"
    try:
        apply_overrides(file, list(assignments))
    except DvcException as error:
        cause = error.__cause__ or error
        if not added and not isinstance(cause, OverrideParseException):
            _refuse_unknown(assignments, file)
        raise InputError(f"{where}: {_reason_of(cause)}") from error
    except (GrammarParseError, InterpolationResolutionError) as error:
        # In the file already, perhaps. Escaped as Hydra has it, it would pass once, and stop the next `set`.
        raise InputError(
            f"params.yaml: {error.full_key}: '${{' begins a reference to another value, as `dvc exp run -S` "
            f"reads it ({str(error).splitlines()[0]}); leave it out: an address can have %24 for the '$'"
        ) from error
    except RepresenterError as error:
        raise InputError(
            f"{where}: stands for several runs; write the one value that the file is to hold, such as "
            "seeds=[0,1,2] for range(0,3)"
        ) from error
    except (
        OmegaConfBaseException,
        YAMLError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        # These libraries let Python's errors through: of numbers with thousands of digits.
        raise InputError(f"{where}: cannot be read: {reason_of(error, _LONGEST_REASON)}") from error


def _reason_of(error: BaseException) -> str:
    """Say why Hydra refuses an assignment, and what to do where its words do not."""
    reason = reason_of(error, _LONGEST_REASON)
    # Hydra says so of keys that are not in the file; a plus does not help if a bracket is missing.
    if "Could not override" in reason:
        return (
            f"{reason}; a key that has a default and is not written in the file needs a plus before it "
            "(+key=value)"
        )
    if "LexerNoViableAlt" in reason:  # a sign that its grammar does not have, an umlaut for one
        return "has a sign that Hydra takes in quotes only; write 'key=\"value\"', within the shell's quotes"
    return reason


def _line(key: str, *contents: Any) -> str:
    """Write a key with its value, from the first that has it of the file and the parameters in force."""
    for content in contents:
        try:
            value = content
            for name in key.split("."):
                value = value[int(name)] if isinstance(value, list) else value[name]
        except (LookupError, TypeError, ValueError):
            continue
        text = yaml.safe_dump(value, default_flow_style=True, width=math.inf)
        return f"{key}: {text.splitlines()[0]}"
    return f"{key}: removed"
