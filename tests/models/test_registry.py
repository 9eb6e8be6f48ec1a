import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ferflow.errors import InputError
from ferflow.models import load_model, make_model
from ferflow.models.storage import save_arrays


def test_models_by_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (60, 9)).astype(np.uint8), rng.integers(2, size=60)
    for name in ("logistic", "softmax", "kmeans"):
        model = make_model(name, random_state=3).fit(X, y)
        model.save(tmp_path / name)
        loaded = load_model(tmp_path / name)
        assert type(loaded) is type(model)
        assert loaded.random_state == 3
        assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(("name", "hint"), [("sofmax", "did you mean 'softmax'"), ("x", "known: logistic, ")])
def test_unknown_names(name: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=hint):
        make_model(name)
    save_arrays(tmp_path / "m", {"a": np.zeros(1)}, {"model": name})
    with pytest.raises(InputError, match=hint):
        load_model(tmp_path / "m")


def test_flat_models_do_without_torch() -> None:
    code = "import sys, ferflow.models as m; m.make_model('softmax'); print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
