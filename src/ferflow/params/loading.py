"""Reads ``params.yaml`` and says in one line what is wrong with it."""

import typing
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ferflow.errors import InputError, nearest, reason_of, shown, unknown
from ferflow.models.registry import MODELS
from ferflow.params.whole import Params
from ferflow.remedies.registry import LOSSES
from ferflow.schema import worst_mistake

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LOSS_KEYS = {"gamma", "alpha", "label_smoothing"}  # they stood beside the loss in ferflow 0.1
_LONGEST_ECHO = 120  # characters of what a message repeats
_LONGEST_LINE = 350
_FORMER_KEYS = {
    "catalogue": "its experiments stand under 'experiments', and 'run' lists the names of those to train",
    "epochs": "each experiment has its own, 'experiments.<name>.epochs'",
    "redraws": "it is called 'repeated_splits'",
}


def load(path: Path | str = "params.yaml") -> Params:
    """Read and validate a parameter file.

    Parameters
    ----------
    path : Path | str, optional
        The file.

    Returns
    -------
    Params
        Valid, with defaults filled in.

    Raises
    ------
    InputError
        If the file is missing, is not YAML, holds a key twice or an unknown one (the nearest valid one is
        named), a value of the wrong type or range, or an experiment that names no protocol or model.
    """
    content = read(path)
    for key, successor in _FORMER_KEYS.items():
        if key in content:
            raise InputError(f"{path}: '{key}' is of ferflow 0.1; {successor} (CHANGELOG.md, 0.2.0)")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {shown(_first_line(error, content), _LONGEST_LINE)}") from None


def read(path: Path | str) -> dict[str, Any]:
    """Read a parameter file as it is, whatever its keys and values.

    Parameters
    ----------
    path : Path | str
        The file.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If the file is missing or cannot be read, is not YAML, is no mapping, or is one that DVC would read
        otherwise, or not at all: with an alias, or a key that stands twice.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_aliases(text, path)
        loader = _LOADER(text)  # safe, whichever it is
        node = loader.get_single_node()
        _refuse_twice(node, path)
        content = loader.construct_document(node) if node else None
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; run from the folder that holds it, a clone of ferflow"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); let yourself read it") from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        # PyYAML lets Python's errors through: of numbers with thousands of digits, of odd dates.
        raise InputError(f"{path}: not valid YAML: {_reason_of(error)}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected sections such as 'data:' and 'experiments:', found none")
    return content


def _reason_of(error: Exception) -> str:
    """Say what is wrong in which line, without what PyYAML quotes around it."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        context = f" ({error.context})" if error.context else ""
        return shown(f"line {error.problem_mark.line + 1}: {error.problem}{context}", _LONGEST_ECHO)
    return reason_of(error, _LONGEST_ECHO)


def _refuse_aliases(text: str, path: Path) -> None:
    """Refuse what two places would share: ``dvc exp run -S`` would set none of them, or both."""
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else "?"
            anchor = _short(event.anchor or "")
            raise InputError(
                f"{path}: line {line}: '*{anchor}' repeats another value; write the value "
                "itself, since `dvc exp run -S` cannot set one that two places share"
            )


def _refuse_twice(node: yaml.Node | None, path: Path, where: str = "") -> None:
    """Refuse a key that occurs twice in one mapping: DVC does too, but PyYAML silently takes the last."""
    lines: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        name, line = f"{where}{key.value}", key.start_mark.line + 1
        if name in lines:
            raise InputError(
                f"{path}: lines {lines[name]} and {line}: '{_short(name)}' stands twice; keep one"
            )
        lines[name] = line
        _refuse_twice(value, path, f"{name}.")
    for item in node.value if isinstance(node, yaml.SequenceNode) else []:
        _refuse_twice(item, path, where)


def _first_line(error: ValidationError, content: dict[str, Any]) -> str:
    first, message = worst_mistake(error)
    loc = first["loc"]
    where = _yaml_key(loc, content)
    if first["type"] == "extra_forbidden":
        if loc[-1] in _LOSS_KEYS:
            return f"unknown key '{where}'; it is a parameter of the loss: write it beside the loss's name"
        return f"unknown key '{_short(where)}'{nearest(str(loc[-1]), _fields_at(loc[:-1]))}"
    if first["type"] == "union_tag_invalid":
        tag = str(first["ctx"]["tag"])
        is_loss = where.endswith(".loss")
        return f"{where}.name: {unknown('loss', tag, LOSSES) if is_loss else unknown('model', tag, MODELS)}"
    if first["type"] == "value_error":
        return f"{where}: {message}" if where else message
    if first["type"] == "missing":
        return f"'{where}' is missing"
    return f"{_short(where)}: {message}, found {_short(repr(first['input']))}"


def _short(text: str) -> str:
    """Cut what a message repeats of a file, which may be of any length."""
    return shown(text, _LONGEST_ECHO)


def _yaml_key(loc: tuple[int | str, ...], content: Any) -> str:
    """Join a pydantic location, leaving out the tags of unions, which are not in the file."""
    parts: list[str] = []
    for index, part in enumerate(loc):
        if isinstance(content, dict) and part not in content and index < len(loc) - 1:
            continue
        if part == "[key]" or (not isinstance(content, (dict, list)) and index > 0):
            continue
        parts.append(str(part))
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part] if part < len(content) else None
    return ".".join(parts)


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    """Field names valid at a location, following fields, dict values and model tags."""
    annotation: Any = Params
    for part in loc:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = _without_none(annotation.model_fields[str(part)].annotation)
        elif typing.get_origin(annotation) is dict:
            annotation = typing.get_args(annotation)[1]
        else:  # a union of models or of losses, told apart by name
            annotation = MODELS[str(part)].schema if part in MODELS else LOSSES[str(part)]
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return list(annotation.model_fields) if is_section else []


def _without_none(annotation: Any) -> Any:
    """Take the section out of ``Section | None``."""
    sections = [a for a in typing.get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return sections[0] if len(sections) == 1 and type(None) in typing.get_args(annotation) else annotation
