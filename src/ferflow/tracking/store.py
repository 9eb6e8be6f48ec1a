"""Runs in MLflow: found again by what they are, so that the same work is one row however often it is done."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferflow import paths
from ferflow.data.faces import content_digest, face_table, load_faces
from ferflow.evaluation.evaluation import Evaluation, read_evaluation
from ferflow.params import Params
from ferflow.remedies.names import remedy_of
from ferflow.timings import read_timings
from ferflow.tracking.champions import candidates, crown
from ferflow.tracking.groups import is_leaky, reports_name, run_name, source_name, table_name
from ferflow.tracking.identity import commit, hash_files, hash_json, origin, settings, user
from ferflow.tracking.metrics import final_metrics
from ferflow.tracking.run import Run, quiet_mlflow, read_history
from ferflow.tracking.settings import effective
from ferflow.tracking.standing import Standing, standing
from ferflow.tracking.tables import NOTE, best_link, best_view, experiment_id
from ferflow.tracking.uri import probe, resolve

_LOCK = "mlflow.db.lock"
_TURN = 60  # seconds to wait for other processes of this project, each of which sends one training
_RUN_KEY, _CONTENT, _WINNER = "run_key", "content", "winner"


class Store:
    """The tracking server of some parameters, and the experiments there: one for each set of test faces.

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
        self._lock = FileLock(paths.home() / _LOCK, timeout=_TURN)
        self._uri = uri
        self._tables: dict[str, str] = {}
        with self._lock:
            mlflow.set_tracking_uri(uri)
            self.client = mlflow.MlflowClient(uri)
            self.client.search_experiments(max_results=1)  # makes the database, or fails at once

    def begin(self, experiment: str, seed: int) -> Run | None:
        """Find or create the run of one training, marked as running; None if it is there and whole.

        That run stays as it is, whatever becomes of the repetition: :meth:`complete` replaces it if the files
        are others then.
        """
        with self._lock:
            run = self._find_or_create(experiment, seed, origin())
        if run.tag(_CONTENT):
            return None
        self.client.update_run(run.id, status="RUNNING")
        return run

    def complete(self, experiment: str, seed: int) -> bool:
        """Send what the files of one training say, if all are there and not sent yet; tell whether it was.

        A run whose files have changed since (other code, same parameters) is replaced, not added to. One that
        another engine, or another DVC experiment, has trained again to just the same files gains its tags.
        """
        of_training = (paths.model, paths.history, paths.metrics, paths.evaluation)
        files = [make(experiment, seed) for make in of_training]
        if not all(file.is_file() for file in files):
            return False
        figures = sorted(paths.training(experiment, seed).glob("*.png"))
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
        """Keep the report, crown the best of each group, and say above each table who it is and why."""
        with self._lock:
            report = self._report()
            for name, trainings in candidates(self.params):
                _, experiment, seed = trainings[0]
                run = self._find(self._table(experiment), self._key(experiment, seed))
                if run is None:
                    continue
                crown(self.client, name, run.entity)
                evaluations = [
                    read_evaluation(experiment, seed)
                    for _, experiment, seed in trainings
                    if paths.evaluation(experiment, seed).is_file()
                ]
                ranks = standing(self.params, evaluations, self._rarest(evaluations[0].classes))
                self._announce(self._table(experiment), run, ranks, report)

    def faces_table(self) -> pd.DataFrame:
        """Describe the data set: one row per face, without its pixels."""
        return face_table(self.faces)[["label", "usage", "fingerprint"]]

    def _report(self) -> str:
        """Send the report to a run of its own, since it is of all groups; link to it from MLflow's page."""
        about = {"budget": self.params.budget, "data": self.digest}
        source = source_name(self.params)
        table = experiment_id(self.client, self._uri, reports_name(self.params), {})
        name = f"{source}, {self.params.budget} budget"
        tags = {"data": source, "data_digest": self.digest, "budget": self.params.budget, **user()}
        run = self._run(table, hash_json(about), name, tags, about)
        for name in paths.COMPARED:
            if (paths.REPORT / name).is_file():
                self.client.log_artifact(run.id, str(paths.REPORT / name), "report")
        self.client.set_terminated(run.id, "FINISHED")
        return f"#/experiments/{table}/runs/{run.id}/artifacts/report/index.html"

    def _announce(self, table: str, winner: Run, ranks: Standing, report: str) -> None:
        """Tag the winner, alone of all with this data and budget, and say above the table why it won."""
        same = f"tags.{_WINNER} = 'yes' AND tags.data_digest = '{self.digest}'"
        for entity in self.client.search_runs([table], f"{same} AND tags.budget = '{self.params.budget}'"):
            if entity.info.run_id != winner.id:
                former = Run(self.client, entity)
                former.remove_tag(_WINNER)
                former.remove_tag(NOTE)
        winner.set_tag(_WINNER, "yes")
        winner.set_tag(NOTE, ranks.why)
        links = f"[The table, best first]({best_link(table)}) \u00b7 [report]({report})"
        note = f"{ranks.why}\n\n{links}\n\n{ranks.table()}"
        self.client.set_experiment_tag(table, NOTE, note)

    def _rarest(self, classes: Sequence[str]) -> str:
        """Name the class with the fewest faces in the data set, the first of several."""
        counts = np.bincount(self.faces.label, minlength=len(self.faces.classes))
        return min(classes, key=lambda name: counts[self.faces.classes.index(name)])

    def _table(self, experiment: str) -> str:
        name = table_name(self.params, experiment)
        if name not in self._tables:
            self._tables[name] = experiment_id(self.client, self._uri, name, best_view())
        return self._tables[name]

    def _find_or_create(self, experiment: str, seed: int, trained_by: Mapping[str, str]) -> Run:
        recipe, protocol = self.params.experiment(experiment), self.params.protocol_of(experiment)
        tags = {
            "experiment": experiment,
            "protocol": recipe.protocol,
            "model": recipe.model.name,
            "remedy": remedy_of(recipe, protocol),
            "budget": self.params.budget,
            "leaky": "yes" if is_leaky(self.params, experiment) else "no",
            "data": source_name(self.params),
            "data_digest": self.digest,
            "mlflow.source.name": f"python workflow/scripts/train.py --experiment {experiment} --seed {seed}",
            **commit(),
            **user(),
            **trained_by,
        }
        usages = set(self.faces.usage)
        parameters = effective(settings(self.params, experiment, seed), usages)
        key = self._key(experiment, seed)
        return self._run(self._table(experiment), key, run_name(experiment, seed), tags, parameters)

    def _key(self, experiment: str, seed: int) -> str:
        return hash_json(settings(self.params, experiment, seed) | {"data": self.digest})

    def _find(self, table: str, key: str) -> Run | None:
        listed = self.client.search_runs(
            [table], f"tags.{_RUN_KEY} = '{key}'", max_results=1, order_by=["start_time ASC"]
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
        model, history = files[:2]
        rarest = self._rarest(evaluation.classes)
        run.set_tag("rarest_class", rarest)
        run.add_metrics(final_metrics(evaluation, rarest, timings))
        run.add_curves(read_history(history))
        classes = list(evaluation.classes)
        name = f"{evaluation.experiment}-seed-{evaluation.seed}"
        run.add_files(self.faces_table(), self.digest, model, name, classes, [*files[1:], *figures])
        for name, value in evaluation.machine.model_dump(exclude_none=True).items():  # as they really were
            run.set_tag(name, str(value))
        run.end("FINISHED", timings.get("train_seconds"))

    def _run(
        self, table: str, key: str, name: str, tags: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> Run:
        if (present := self._find(table, key)) is not None:
            return present
        from mlflow.entities import Param

        run = self.client.create_run(table, run_name=name, tags={_RUN_KEY: key, **tags})
        self.client.log_batch(run.info.run_id, params=[Param(k, str(v)) for k, v in parameters.items()])
        mine = Run(self.client, run)
        # Another clone, which has a lock of its own, may have made it too; both see the same one first.
        first = self._find(table, key) or mine
        if first.id != mine.id:
            mine.delete()
        return first
