from pathlib import Path

import pytest

from ferflow.predict.detector import Detector
from ferflow.predict.predictor import Predictor
from tests.predict.photographs import train


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave a trained network alone in a folder."""
    return train(tmp_path_factory.mktemp("models") / "lit.safetensors")


@pytest.fixture(scope="session")
def predictor(model: Path) -> Predictor:
    """Look for faces in photos."""
    return Predictor(model)


@pytest.fixture(scope="session")
def detector() -> Detector:
    """Find faces with one thread."""
    return Detector(threads=1)
