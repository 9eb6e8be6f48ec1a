"""Runs in MLflow: found again by what they are, so that the same work is one row however often it is done."""

import hashlib
import json
import os
import socket
import subprocess
import urllib.parse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow.faces import content_digest, load_faces
from ferflow.files import read_json
from ferflow.mlflow_run import PATIENCE, Run, quiet_mlflow, read_history
from ferflow.params import Params
from ferflow.timings import read_timings

_LOCK = Path("mlflow.db.lock")
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",  # or its page opens on chats and prompts
    "mlflow.note.content": (
        "Each comparison holds one run per experiment and seed: open it with the + before its name, tick its "
        "box to choose all of them, then *Compare*, or look at their curves in the chart view."
    ),
}
_RUN_KEY, _CONTENT = "run_key", "content"


class Store:
    """The tracking server of some parameters, and the experiment there that holds all runs.

    Raises
    ------
    OSError
        If no server listens at ``tracking.uri``.
    mlflow.exceptions.MlflowException
        If it listens, but refuses.
    """

    def __init__(self, params: Params) -> None:
        _probe(params.tracking.uri)
        self.params = params
        self.faces = load_faces()
        self.digest = content_digest(self.faces)
        mlflow = quiet_mlflow()
        from filelock import FileLock

        local = params.tracking.uri is None
        uri = params.tracking.uri or f"sqlite:///{Path('mlflow.db').resolve()}"
        self._lock = FileLock(_LOCK, timeout=60)
        with self._lock:  # two processes that create the database at once would both fail
            mlflow.set_tracking_uri(uri)
            self.client = mlflow.MlflowClient(uri)
            found = self.client.get_experiment_by_name(params.tracking.experiment)
            self.experiment_id = (
                found.experiment_id
                if found
                else self.client.create_experiment(
                    params.tracking.experiment,
                    artifact_location=Path("mlruns").resolve().as_uri() if local else None,
                    tags=_EXPERIMENT_TAGS,
                )
            )
            self.parent = self._comparison()

    def begin(self, experiment: str, seed: int) -> "Run":
        """Find or create the run of one training, marked as running."""
        with self._lock:
            run = self._find_or_create(experiment, seed)
        self.client.update_run(run.id, status="RUNNING")
        return run

    def complete(self, experiment: str, seed: int) -> bool:
        """Send what the files of one training say, if all are there and not sent yet; tell whether it was.

        A run whose files have changed since (other code, same parameters) is replaced, not added to.
        """
        folder = Path("results/experiments") / experiment / str(seed)
        files = [
            folder / name for name in ("model.safetensors", "history.csv", "metrics.json", "evaluation.json")
        ]
        if not all(file.is_file() for file in files):
            return False
        figures = sorted(folder.glob("*.png"))
        content = _hash_files([*files, *figures])
        with self._lock:
            run = self._find_or_create(experiment, seed)
            if run.tag(_CONTENT) == content:
                return False
            if run.tag(_CONTENT):
                run.delete()
                run = self._find_or_create(experiment, seed)
        seconds = read_timings(files[0]).get("train_seconds")
        run.add_curves(read_history(files[1]))
        run.add_figures(read_json(files[2]), read_json(files[3])["cost"], read_timings(files[0]))
        run.add_files(
            self.faces_table(), self.digest, files[0], read_json(files[3])["classes"], [files[3], *figures]
        )
        run.end("FINISHED", seconds)
        run.set_tag(_CONTENT, content)
        return True

    def complete_comparison(self) -> None:
        """Hang the report on the run that all runs of this comparison stand under."""
        for name in ("index.html", "comparison.csv", "comparison.md"):
            file = Path("results/report") / name
            if file.is_file():
                self.client.log_artifact(self.parent, str(file), "report")
        self.client.set_terminated(self.parent, "FINISHED")

    def faces_table(self) -> pd.DataFrame:
        """Describe the data set: one row per face, without its pixels."""
        names = pd.Series(self.faces.classes)
        return pd.DataFrame(
            {
                "label": names.take(self.faces.label).to_numpy(),
                "usage": self.faces.usage,
                "fingerprint": self.faces.fingerprint,
            }
        )

    def _comparison(self) -> str:
        about = {"budget": self.params.budget, "data": self.digest}
        source = "sample faces" if self.params.on_sample else Path(self.params.data.path).name
        name = f"comparison: {source}, {self.params.budget} budget"
        return self._run(_hash_json(about), name, {"data": self.digest}, about).id

    def _find_or_create(self, experiment: str, seed: int) -> "Run":
        settings = self._settings(experiment, seed)
        tags = {
            "mlflow.parentRunId": self.parent,
            "experiment": experiment,
            "data": self.digest,
            "engine": _engine(),
            "mlflow.source.name": f"python workflow/scripts/train.py {experiment} {seed}",
            **_commit(),
        }
        return self._run(_hash_json(settings | {"data": self.digest}), f"{experiment} {seed}", tags, settings)

    def _settings(self, experiment: str, seed: int) -> dict[str, Any]:
        """All parameters that decide what one training gives, flat, under the names of params.yaml."""
        chosen = self.params.experiment(experiment)
        protocol = self.params.protocol(chosen.protocol)
        everything = {
            "experiment": experiment,
            "seed": seed,
            "budget": self.params.budget,
            "epochs": self.params.epochs_for(experiment),
            "precision": self.params.precision,
            "threads": self.params.threads,
            "image_size": protocol.image_size or self.params.data.image_size,
            **chosen.model_dump(exclude={"epochs"}),
            **protocol.model_dump(exclude={"image_size"}),
        }
        return _flat(everything)

    def _run(self, key: str, name: str, tags: Mapping[str, str], settings: Mapping[str, Any]) -> "Run":
        found = self.client.search_runs(
            [self.experiment_id], f"tags.{_RUN_KEY} = '{key}'", max_results=1, order_by=["start_time ASC"]
        )
        if found:
            return Run(self.client, found[0])
        from mlflow.entities import Param

        run = self.client.create_run(self.experiment_id, run_name=name, tags={_RUN_KEY: key, **tags})
        self.client.log_batch(run.info.run_id, params=[Param(k, str(v)) for k, v in settings.items()])
        return Run(self.client, run)


def _probe(uri: str | None) -> None:
    """Raise OSError at once if nothing listens where a URI points: MLflow itself would try for minutes."""
    parts = urllib.parse.urlsplit(uri or "")
    port = parts.port or _PORTS.get(parts.scheme.partition("+")[0])
    if parts.hostname and port and not _proxied(parts.scheme, parts.hostname):
        socket.create_connection((parts.hostname, port), timeout=PATIENCE).close()


def _proxied(scheme: str, host: str) -> bool:
    import urllib.request

    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)


def _engine() -> str:
    """Name what runs this stage; DVC says so itself, Snakemake in workflow/rules/common.smk."""
    return "dvc" if "DVC_STAGE" in os.environ else os.environ.get("FERFLOW_ENGINE", "by hand")


def _commit() -> dict[str, str]:
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return {"mlflow.source.git.commit": done.stdout.strip()} if done.returncode == 0 else {}


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else value
    return flat


def _hash_json(content: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def _hash_files(files: Iterable[Path]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
