"""The parameters as both engines see them."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ferflow.errors import InputError
from ferflow.params import SAMPLE_PATH, load


def parameters(config: Mapping[str, Any], path: Path | str = "params.yaml") -> dict[str, Any]:
    """Read the parameters for Snakemake's rules, as they stand in the file, once they are known to be valid.

    Raises
    ------
    InputError
        If the file is not valid, the data that it names are not there, or Snakemake was given a ``config``
        of its own: that would change when a rule runs, but not what its script reads.
    """
    if config:
        raise InputError(
            f"--config and --configfile are not used here (found: {', '.join(config)}); edit params.yaml, "
            "or give one run other values with `dvc exp run -S budget=full`"
        )
    data = load(path).data.path
    if data != SAMPLE_PATH and not Path(data).exists():  # Snakemake would go on with the faces of before
        raise InputError(f"{path}: data.path: there is no {data}; name a CSV file, an archive or a folder")
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def tracked(parameters: Mapping[str, Any], *keys: str) -> str:
    """Return the sections ``keys`` (``evaluate``, ``protocols.pair``) as one line of JSON.

    Sorted keys, since DVC compares values and not their order in the file.
    """
    sections: dict[str, Any] = {}
    for key in keys:
        value: Any = parameters
        for part in key.split("."):
            value = value[part]
        sections[key] = value
    return json.dumps(sections, sort_keys=True)


def listing(path: Path | str) -> str:
    """Hash the names, sizes and times in a folder of faces; empty for a file.

    Snakemake looks at the time of a folder only, which tells nothing of the files further down.
    """
    top = Path(path)
    if not top.is_dir():
        return ""
    digest = hashlib.blake2b(digest_size=8)
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            status = (Path(folder) / name).stat()
            digest.update(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
