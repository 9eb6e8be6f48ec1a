"""A training in a file, to go on from after an interruption; damage is noticed, the file put aside."""

import hashlib
import io
import logging
from pathlib import Path
from typing import Any

import torch

from ferflow.atomic import atomic_path

_MARK = b"ferflow checkpoint 1\n"
_DIGEST_BYTES = 32


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers, strings, lists and dicts with their digest, whole or not at all."""
    content = io.BytesIO()
    torch.save(state, content)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(_MARK + _digest(content.getbuffer()))
        file.write(content.getbuffer())


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read what :func:`save_checkpoint` wrote, on the CPU; never unpickles code.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict or None
        None if there is no such file. None too if it is not to the bit what was written: then it is renamed,
        with one line on standard error.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    start = len(_MARK) + _DIGEST_BYTES
    payload = memoryview(content)[start:]
    if content[:start] != _MARK + _digest(payload):
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        logging.getLogger("ferflow").warning(
            "%s: a damaged checkpoint, put aside as %s; the training begins again", path, aside.name
        )
        return None
    state: dict[str, Any] = torch.load(io.BytesIO(payload), weights_only=True, map_location="cpu")
    return state


def _digest(content: memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
