"""One run in MLflow: its curves, figures, data, model; each added twice stands there once."""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferflow.tables import HISTORY, read_table
from ferflow.tracking.metrics import curve_points
from ferflow.tracking.uri import PATIENCE
from ferflow.tracking.wheel import make_wheel


class Run:
    """One run on the server; what is added twice stands there once, as its time is the run's own start."""

    def __init__(self, client: Any, entity: Any) -> None:
        self._client = client
        self._entity = entity  # as it was when it was listed
        self.id: str = entity.info.run_id

    @property
    def entity(self) -> Any:
        """MLflow's own object."""
        return self._entity

    def tag(self, name: str) -> str | None:
        """Read a tag.

        Parameters
        ----------
        name : str

        Returns
        -------
        str or None
            None if there is no such tag.
        """
        result: str | None = self._entity.data.tags.get(name)
        return result

    def set_tag(self, name: str, value: str) -> None:
        """Set a tag.

        Parameters
        ----------
        name, value : str
        """
        self._client.set_tag(self.id, name, value)

    def remove_tag(self, name: str) -> None:
        """Remove a tag, if it is there.

        Parameters
        ----------
        name : str
        """
        if self.tag(name) is not None:
            self._client.delete_tag(self.id, name)

    def extend_tags(self, tags: Mapping[str, str]) -> None:
        """Add values to tags: ``snakemake`` becomes ``snakemake, dvc``.

        Parameters
        ----------
        tags : mapping of str to str
        """
        for name, value in tags.items():
            present = self.tag(name)
            if present is None:
                self.set_tag(name, value)
            elif value not in present.split(", "):
                self.set_tag(name, f"{present}, {value}")

    def add_curves(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of a history, one step per epoch.

        Parameters
        ----------
        rows : iterable of mapping
            ``epoch`` and figures.
        """
        self._add(curve_points(rows))

    def add_metrics(self, metrics: Mapping[str, float]) -> None:
        """Add what was measured at the end.

        Parameters
        ----------
        metrics : mapping
            Name -> value.
        """
        self._add([(name, value, 0) for name, value in metrics.items()])

    def add_files(
        self,
        table: pd.DataFrame,
        digest: str,
        model: Path,
        name: str,
        classes: list[str],
        files: Iterable[Path],
    ) -> None:
        """Add the data set, the model with its signature and an example, and figures.

        Parameters
        ----------
        table : DataFrame
            Faces that it was trained on.
        digest : str
            Of the data.
        model : Path
            Its ``model.safetensors``.
        name : str
            Of the model, among those of other runs.
        classes : list of str
            Their names.
        files : iterable of Path
            Figures and whatever else stands beside the model.
        """
        mlflow = quiet_mlflow()
        with warnings.catch_warnings(), mlflow.start_run(run_id=self.id):
            warnings.simplefilter("ignore")  # advice on type hints, which the model's file cannot follow
            mlflow.log_input(
                mlflow.data.from_pandas(table, targets="label", name="faces", digest=digest),
                context="training",
            )
            _log_model(mlflow, model, name, classes)
            for file in files:
                mlflow.log_artifact(str(file), "figures" if file.suffix == ".png" else None)

    def end(self, status: str, seconds: float | None = None) -> None:
        """Close the run.

        Parameters
        ----------
        status : {"FINISHED", "FAILED", "KILLED"}
        seconds : float, optional
            How long it lasted; until now if left out.
        """
        start = self._entity.info.start_time
        self._client.set_terminated(
            self.id, status, None if seconds is None else start + round(1000 * seconds)
        )

    def delete(self) -> None:
        """Remove the run and its model from view."""
        for output in self._entity.outputs.model_outputs if self._entity.outputs else []:
            self._client.delete_logged_model(output.model_id)
        self._client.delete_run(self.id)

    def _add(self, points: Iterable[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        time = self._entity.info.start_time
        numbers = [Metric(name, value, time, step) for name, value, step in points]
        for start in range(0, len(numbers), 1000):  # as many as a server takes at a time
            self._client.log_batch(self.id, metrics=numbers[start : start + 1000])


def read_history(history: Path) -> list[dict[str, Any]]:
    """Read history.csv as the rows that a model reports while it trains.

    Parameters
    ----------
    history : Path
        The file.

    Returns
    -------
    list of dict
    """
    table = read_table(history, {name: HISTORY[name] for name in ("epoch", "train_loss")}, "train")
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False)]


def _log_model(mlflow: Any, weights: Path, name: str, classes: list[str]) -> None:
    """Store a model whose example is a ramp of greys: no face of anyone leaves the data set."""
    import numpy as np

    from ferflow.models.factory import load_model

    model = load_model(weights)
    example = np.linspace(0, 255, model.n_features_in_).astype(np.uint8)[None]
    probabilities = pd.DataFrame(model.predict_proba(example), columns=classes)
    with tempfile.TemporaryDirectory() as folder:
        wheel = make_wheel(Path(folder))
        mlflow.pyfunc.log_model(
            name=name,
            python_model=str(Path(__file__).with_name("pyfunc.py")),
            artifacts={"model": str(weights)},
            signature=mlflow.models.infer_signature(example, probabilities),
            input_example=example,
            code_paths=[str(wheel)],
            pip_requirements=[f"code/{wheel.name}"],  # where MLflow puts it in the model's folder
        )


def quiet_mlflow() -> Any:
    """Import MLflow with its chatter off and its patience short.

    Returns
    -------
    module
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(int(PATIENCE)))
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow
