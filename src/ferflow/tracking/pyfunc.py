"""A ferflow model as MLflow serves it: faces in, the probability of each expression out.

MLflow stores this file beside the model and runs it to load one ("models from code"), so that nothing is
pickled. It is no module to import: it ends by naming its model to MLflow.
"""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from ferflow.evaluation.predictions import named_probabilities
from ferflow.models.factory import load_model


class Expressions(PythonModel):
    """Predicts expressions from grey faces."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the weights, which MLflow has laid out in a folder of its own.

        Parameters
        ----------
        context : PythonModelContext
            Says where.
        """
        self.model = load_model(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Give the probability of each class.

        Parameters
        ----------
        model_input : array of shape (n, height * width)
            Pixels 0 to 255.

        Returns
        -------
        DataFrame of shape (n, classes), its columns named for the classes
        """
        probabilities = named_probabilities(self.model, np.asarray(model_input), self.model.class_names_)
        return pd.DataFrame(probabilities, columns=list(self.model.class_names_))


mlflow.models.set_model(Expressions())
