"""Runs in MLflow: found again by what they are, so that the same work is one row however often it is done."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.data.faces import content_digest, load_faces
from ferflow.evaluation.evaluation import Evaluation, read_evaluation, read_plain_metrics
from ferflow.home import home
from ferflow.params import Params
from ferflow.timings import read_timings
from ferflow.tracking.champions import candidates, crown
from ferflow.tracking.identity import commit, hash_files, hash_json, origin, settings
from ferflow.tracking.run import Run, quiet_mlflow, read_history
from ferflow.tracking.uri import artifacts, probe, resolve

_LOCK = "mlflow.db.lock"
_TURN = 60  # seconds to wait for other processes of this project, each of which sends one training
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
        uri = resolve(params.tracking.uri)
        probe(uri)
        self.params = params
        self.faces = load_faces()
        self.digest = content_digest(self.faces)
        mlflow = quiet_mlflow()
        from filelock import FileLock

        # Two processes that create the database at once would both fail; two that send one training would
        # send it twice.
        self._lock = FileLock(home() / _LOCK, timeout=_TURN)
        with self._lock:
            mlflow.set_tracking_uri(uri)
            self.client = mlflow.MlflowClient(uri)
            entity = self.client.get_experiment_by_name(params.tracking.experiment)
            self.experiment_id = (
                entity.experiment_id
                if entity
                else self.client.create_experiment(
                    params.tracking.experiment, artifact_location=artifacts(uri), tags=_EXPERIMENT_TAGS
                )
            )
            self.parent = self._comparison()

    def begin(self, experiment: str, seed: int) -> Run:
        """Find or create the run of one training, marked as running."""
        with self._lock:
            run = self._find_or_create(experiment, seed, origin())
        self.client.update_run(run.id, status="RUNNING")
        return run

    def complete(self, experiment: str, seed: int) -> bool:
        """Send what the files of one training say, if all are there and not sent yet; tell whether it was.

        A run whose files have changed since (other code, same parameters) is replaced, not added to. One that
        another engine, or another DVC experiment, has trained again to just the same files gains its tags.
        """
        folder = paths.training(experiment, seed)
        files = [
            folder / name for name in ("model.safetensors", "history.csv", "metrics.json", "evaluation.json")
        ]
        if not all(file.is_file() for file in files):
            return False
        figures = sorted(folder.glob("*.png"))
        content = hash_files([*files, *figures])
        trained_by = read_timings(files[0]).get("origin", {})
        with self._lock:
            run = self._find_or_create(experiment, seed, trained_by or origin())
            if run.tag(_CONTENT) == content:
                run.extend_tags(trained_by)
                return False
            if run.tag(_CONTENT):
                run.delete()
                run = self._find_or_create(experiment, seed, trained_by or origin())
            run.extend_tags(trained_by)
            self._send(run, read_evaluation(experiment, seed), read_timings(files[0]), files, figures)
            run.set_tag(_CONTENT, content)
        return True

    def complete_comparison(self) -> None:
        """Hang the report on the run that all runs of this comparison stand under, and register champions."""
        for name in ("index.html", "comparison.csv", "comparison.md"):
            file = paths.REPORT / name
            if file.is_file():
                self.client.log_artifact(self.parent, str(file), "report")
        self.client.set_terminated(self.parent, "FINISHED")
        with self._lock:
            for name, ((_, experiment, seed), *_) in candidates(self.params):
                run = self._find(self._key(experiment, seed))
                if run is not None:
                    crown(self.client, name, run.entity)

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
        return self._run(hash_json(about), name, {"data": self.digest}, about).id

    def _find_or_create(self, experiment: str, seed: int, trained_by: Mapping[str, str]) -> Run:
        tags = {
            "mlflow.parentRunId": self.parent,
            "experiment": experiment,
            "data": self.digest,
            "mlflow.source.name": f"python workflow/scripts/train.py --experiment {experiment} --seed {seed}",
            **commit(),
            **trained_by,
        }
        parameters = settings(self.params, experiment, seed)
        return self._run(self._key(experiment, seed), f"{experiment} {seed}", tags, parameters)

    def _key(self, experiment: str, seed: int) -> str:
        return hash_json(settings(self.params, experiment, seed) | {"data": self.digest})

    def _find(self, key: str) -> Run | None:
        listed = self.client.search_runs(
            [self.experiment_id], f"tags.{_RUN_KEY} = '{key}'", max_results=1, order_by=["start_time ASC"]
        )
        return Run(self.client, listed[0]) if listed else None

    def _send(
        self,
        run: Run,
        evaluation: Evaluation,
        timings: Mapping[str, Any],
        files: Sequence[Path],
        figures: Sequence[Path],
    ) -> None:
        model, history, metrics, evaluation_file = files
        run.add_curves(read_history(history))
        run.add_figures(read_plain_metrics(metrics), evaluation.cost.model_dump(), timings)
        classes = list(evaluation.classes)
        run.add_files(self.faces_table(), self.digest, model, classes, [evaluation_file, *figures])
        for name, value in evaluation.machine.model_dump().items():  # as they really were
            run.set_tag(name, str(value))
        run.end("FINISHED", timings.get("train_seconds"))

    def _run(self, key: str, name: str, tags: Mapping[str, str], parameters: Mapping[str, Any]) -> Run:
        if (present := self._find(key)) is not None:
            return present
        from mlflow.entities import Param

        run = self.client.create_run(self.experiment_id, run_name=name, tags={_RUN_KEY: key, **tags})
        self.client.log_batch(run.info.run_id, params=[Param(k, str(v)) for k, v in parameters.items()])
        return Run(self.client, run)
