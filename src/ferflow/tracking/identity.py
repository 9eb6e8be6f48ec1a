"""What one training is, and what ran it: the parameters, the key and the tags of its run in MLflow."""

import getpass
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ferflow.engines.last import current_engine
from ferflow.params import Params


def settings(params: Params, experiment: str, seed: int) -> dict[str, Any]:
    """Gather all parameters that decide what one training gives, flat, under the names of params.yaml.

    The number of threads and the precision are not among them: they belong to the machine.

    Parameters
    ----------
    params : Params
    experiment : str
        Its name.
    seed : int
        Of the training.

    Returns
    -------
    dict
    """
    recipe, protocol = params.experiment(experiment), params.protocol_of(experiment)
    return _flat(
        {
            "experiment": experiment,
            "seed": seed,
            "budget": params.budget,
            "epochs": params.epochs_for(experiment),
            "image_size": params.image_size_of(experiment),
            **recipe.model_dump(exclude={"epochs"}),
            **protocol.model_dump(exclude={"image_size"}),
        }
    )


def origin() -> dict[str, str]:
    """Name what runs this stage, as tags: its engine and, within a DVC experiment, that and its baseline.

    Returns
    -------
    dict of str to str
    """
    experiment = {"dvc.experiment": "DVC_EXP_NAME", "dvc.baseline": "DVC_EXP_BASELINE_REV"}
    return {"engine": current_engine() or "by hand"} | {
        tag: os.environ[name] for tag, name in experiment.items() if name in os.environ
    }


def commit() -> dict[str, str]:
    """Name the commit that is checked out, as a tag; none outside of git, or on a machine without it.

    Returns
    -------
    dict of str to str
    """
    if shutil.which("git") is None:
        return {}
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return {"mlflow.source.git.commit": done.stdout.strip()} if done.returncode == 0 else {}


def user() -> dict[str, str]:
    """Name who is logged in, as the tag that MLflow shows; none where the system has no name for them.

    Returns
    -------
    dict of str to str
    """
    try:
        return {"mlflow.user": getpass.getuser()}
    except (OSError, KeyError):  # KeyError before Python 3.13: a container may run as any number
        return {}


def hash_json(content: Mapping[str, Any]) -> str:
    """Hash values, whatever their order.

    Parameters
    ----------
    content : mapping
        What JSON can hold.

    Returns
    -------
    str
        16 hexadecimal digits (64-bit BLAKE2b).
    """
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def hash_files(files: Iterable[Path]) -> str:
    """Hash the names and bytes of files.

    Parameters
    ----------
    files : iterable of Path
        In this order.

    Returns
    -------
    str
        16 hexadecimal digits (64-bit BLAKE2b).
    """
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else value
    return flat
