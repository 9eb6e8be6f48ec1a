"""The code that stages depend on, written into ``dvc.yaml``: DVC does not work it out by itself."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from ferflow import paths
from ferflow.engines.code import code
from ferflow.files import write_text


def with_current_code(text: str) -> str:
    """Bring the code among the dependencies of every stage up to date, and leave all else as it is.

    Parameters
    ----------
    text : str
        Content of ``dvc.yaml``. Each stage has the name of its script; it may be one of a ``foreach`` or
        ``matrix``.

    Returns
    -------
    str
        The content, in which each stage's ``deps`` begin with the files that
        :func:`ferflow.engines.code.code` lists.
    """
    yaml = _yaml()
    content = yaml.load(text)
    for name, stage in content["stages"].items():
        _replace_code(stage.get("do", stage)["deps"], code(name))
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def is_current(path: Path = paths.DVC_FILE) -> bool:
    """Tell whether a ``dvc.yaml`` names the code that its stages depend on now.

    Parameters
    ----------
    path : Path, optional
        The file.

    Returns
    -------
    bool
    """
    text = path.read_text(encoding="utf-8")
    return with_current_code(text) == text


def write(path: Path = paths.DVC_FILE) -> bool:
    """Bring a ``dvc.yaml`` up to date.

    Parameters
    ----------
    path : Path, optional
        The file.

    Returns
    -------
    bool
        Whether there was anything to write.
    """
    if is_current(path):
        return False
    write_text(path, with_current_code(path.read_text(encoding="utf-8")))
    return True


def _yaml() -> YAML:
    """Reader and writer that keep comments, quotes, and the layout of ``dvc.yaml``."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # long lines are never wrapped
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _replace_code(deps: CommentedSeq, files: list[str]) -> None:
    places = [index for index, dependency in enumerate(deps) if _is_code(dependency)]
    # ruamel hangs a comment on the item before it; what follows the code is to stay there.
    comment = deps.ca.items.get(places[-1]) if places else None
    for index in reversed(places):
        del deps[index]
    for index, file in enumerate(files):
        deps.insert(index, file)
    if comment:
        deps.ca.items[len(files) - 1] = comment


def _is_code(dependency: Any) -> bool:
    """Tell code from artifacts and data; a dependency may be a mapping of its path to options."""
    path = str(dependency)
    return path.startswith("src/ferflow/") or (path.startswith("workflow/scripts/") and path.endswith(".py"))
