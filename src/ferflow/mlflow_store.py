"""Runs in MLflow: found again by what they are, so that the same work is one row however often it is done."""

import hashlib
import json
import logging
import os
import socket
import subprocess
import urllib.parse
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow import __version__
from ferflow.faces import content_digest, load_faces
from ferflow.files import read_json
from ferflow.params import Params
from ferflow.timings import read_timings

_PATIENCE = 4.0  # seconds for a server to answer
_LOCK = Path("mlflow.db.lock")
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
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
        mlflow = _mlflow()
        from filelock import FileLock

        local = params.tracking.uri is None
        uri = params.tracking.uri or f"sqlite:///{Path('mlflow.db').resolve()}"
        self._lock = FileLock(_LOCK, timeout=60)
        self.params = params
        self.faces = load_faces()
        self.digest = content_digest(self.faces)
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
        seconds = read_timings(experiment, seed).get("train_seconds")
        run.add_curves(_rows(files[1]))
        run.add_figures(read_json(files[2]), read_json(files[3])["cost"], read_timings(experiment, seed))
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
        everything = {
            "experiment": experiment,
            "seed": seed,
            "budget": self.params.budget,
            "epochs": self.params.epochs_of(chosen.model.name),
            "threads": self.params.threads,
            "image_size": self.params.data.image_size,
            **chosen.model_dump(),
            **self.params.protocol(chosen.protocol).model_dump(),
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


class Run:
    """One run on the server; what is added twice stands there once, as its time is the run's own start."""

    def __init__(self, client: Any, entity: Any) -> None:
        self._client = client
        self._entity = entity
        self.id: str = entity.info.run_id

    def tag(self, name: str) -> str | None:
        """Return a tag, or None."""
        return self._entity.data.tags.get(name)

    def set_tag(self, name: str, value: str) -> None:
        """Set a tag."""
        self._client.set_tag(self.id, name, value)

    def add_curves(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of a history, one step per epoch."""
        rows = [dict(row) for row in rows]
        self._add(
            [(key, value, int(row["epoch"])) for row in rows for key, value in row.items() if key != "epoch"]
        )

    def add_figures(
        self, metrics: Mapping[str, Any], cost: Mapping[str, Any], timings: Mapping[str, Any]
    ) -> None:
        """Add what was measured at the end: ``official/macro_f1``, ``cost/train_seconds`` ..."""
        sides = [
            (f"{side}/{name}", value, 0) for side, values in metrics.items() for name, value in values.items()
        ]
        costs = [(f"cost/{name}", value, 0) for name, value in {**cost, **timings}.items()]
        self._add(sides + costs)

    def add_files(
        self, table: pd.DataFrame, digest: str, model: Path, classes: list[str], files: Iterable[Path]
    ) -> None:
        """Add the data set, the model with its signature and an example, and figures."""
        mlflow = _mlflow()
        with warnings.catch_warnings(), mlflow.start_run(run_id=self.id):
            warnings.simplefilter("ignore")  # advice on type hints, which the model's file cannot follow
            mlflow.log_input(
                mlflow.data.from_pandas(table, targets="label", name="faces", digest=digest),
                context="training",
            )
            _log_model(mlflow, model, classes)
            for file in files:
                mlflow.log_artifact(str(file), "figures" if file.suffix == ".png" else None)

    def end(self, status: str, seconds: float | None = None) -> None:
        """Close the run; with ``seconds``, as one that lasted that long."""
        start = self._entity.info.start_time
        self._client.set_terminated(
            self.id, status, None if seconds is None else start + round(1000 * seconds)
        )

    def delete(self) -> None:
        """Remove the run and its model from view."""
        for output in self._entity.outputs.model_outputs if self._entity.outputs else []:
            self._client.delete_logged_model(output.model_id)
        self._client.delete_run(self.id)

    def _add(self, figures: list[tuple[str, Any, int]]) -> None:
        from mlflow.entities import Metric

        time = self._entity.info.start_time
        known = [Metric(key, float(v), time, step) for key, v, step in figures if isinstance(v, (int, float))]
        for start in range(0, len(known), 1000):  # as many as a server takes at a time
            self._client.log_batch(self.id, metrics=known[start : start + 1000])


def _rows(history: Path) -> list[dict[str, Any]]:
    table = pd.read_csv(history)
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False)]


def _log_model(mlflow: Any, weights: Path, classes: list[str]) -> None:
    """Store a model whose example is a ramp of greys: no face of anyone leaves the data set."""
    import numpy as np

    from ferflow.models import load_model

    model = load_model(weights)
    example = np.linspace(0, 255, model.n_features_in_).astype(np.uint8)[None]
    probabilities = pd.DataFrame(model.predict_proba(example), columns=classes)
    mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).with_name("tracked_model.py")),
        artifacts={"model": str(weights)},
        model_config={"classes": classes},
        signature=mlflow.models.infer_signature(example, probabilities),
        input_example=example,
        pip_requirements=[f"ferflow=={__version__}"],
    )


def _mlflow() -> Any:
    """Import MLflow with its chatter off and its patience short."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(int(_PATIENCE)))
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def _probe(uri: str | None) -> None:
    """Raise OSError at once if nothing listens where a URI points: MLflow itself would try for minutes."""
    parts = urllib.parse.urlsplit(uri or "")
    port = parts.port or _PORTS.get(parts.scheme.partition("+")[0])
    if parts.hostname and port and not _proxied(parts.scheme, parts.hostname):
        socket.create_connection((parts.hostname, port), timeout=_PATIENCE).close()


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
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def _hash_json(content: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def _hash_files(files: Iterable[Path]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
