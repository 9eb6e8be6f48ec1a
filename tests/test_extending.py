"""A model and a remedy of another package, and a section, added as docs/extending.md tells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")


def listing(title: str) -> str:
    """Take a listing of docs/extending.md, which begins with its file's name in a comment."""
    for block in PAGE.split("```")[1::2]:
        code = block.partition("\n")[2]
        if code.startswith((f"# {title}\n", f"{{# {title} #}}\n")):
            return code
    raise LookupError(title)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Lay out a package with the listings of the page, as pip would install it."""
    folder = tmp_path / "site"
    (folder / "mypackage").mkdir(parents=True)
    (folder / "mypackage/__init__.py").touch()
    for name in ("schema.py", "shallow.py", "poly.py", "softer.py"):
        (folder / "mypackage" / name).write_text(listing(f"mypackage/{name}"))
    info = folder / "mypackage-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mypackage\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[ferflow.models]\nshallow = mypackage.schema\n\n[ferflow.remedies]\npoly = mypackage.poly\n"
        "softer = mypackage.softer\n"
    )
    return folder


def python(package: Path, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package), str(ROOT / "src")])
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder whose params.yaml uses both."""
    parameters = yaml.safe_load((ROOT / "params.yaml").read_text())
    cnn = parameters["experiments"]["cnn"]
    loss = {"name": "poly", "epsilon": 2.0}
    cnn["model"] = {"name": "shallow", "channels": 4, "loss": loss}
    cnn["adjustment"] = "softer"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters))
    return tmp_path


def test_a_model_and_a_loss_of_another_package_are_trained_and_named(package: Path, folder: Path) -> None:
    done = python(
        package,
        """
import numpy as np
from ferflow.engines.code import modules_of
from ferflow.engines.stages import Job
from ferflow.machine import Device
from ferflow.models.factory import load_model, make_model
from ferflow.models.hyperparameters import hyperparameters
from ferflow.params import load
from ferflow.remedies.adjustments import class_weights
from ferflow.remedies.names import remedy_of

settings = load()
experiment, protocol = settings.experiment("cnn"), settings.protocol("seven")
assert modules_of(Job("train", "cnn", 0), settings) == ("mypackage.poly", "mypackage.shallow")
assert "mypackage.softer" in modules_of(Job("evaluate", "cnn", 0), settings)
assert class_weights("softer", np.ones((1, 2)), np.zeros(1, int), np.array([0.25, 1])).tolist() == [2, 1]
print(remedy_of(experiment, protocol))
device = Device("cpu", "float32")
chosen = hyperparameters(settings, "cnn", seed=0, epoch_faces=64, device=device) | {"epochs": 2}
rng = np.random.default_rng(0)
X, y = rng.integers(0, 256, (64, 576)).astype(np.uint8), np.arange(64) % 3
model = make_model(**chosen).fit(X, y)
model.save("m.safetensors")
loaded = load_model("m.safetensors")
assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
assert loaded.get_params()["loss"] == {"name": "poly", "epsilon": 2.0}
""",
        folder,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "poly loss + softer"


def test_without_the_package_the_name_is_an_error(folder: Path) -> None:
    done = python(folder, "from ferflow.params import load; load()", folder)
    assert done.returncode != 0
    assert "experiments.cnn.model.name: no model is called 'shallow'" in done.stderr


def test_a_change_to_the_package_is_a_reason_to_train_again(package: Path, folder: Path) -> None:
    code = (
        "import os; from ferflow.engines.code import code_digest;"
        f"os.chdir({str(ROOT)!r}); print(code_digest('train', ('mypackage.poly',)))"
    )
    before = python(package, code, folder)
    file = package / "mypackage/poly.py"
    file.write_text(file.read_text() + "\nCHANGED = True\n")
    after = python(package, code, folder)
    assert before.returncode == after.returncode == 0, before.stderr + after.stderr
    assert before.stdout != after.stdout


def test_a_section_is_a_module_and_a_template(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "project/src")
    shutil.copytree(ROOT / "workflow", tmp_path / "project/workflow")
    report = tmp_path / "project/src/ferflow/report"
    for name in ("sections/seeds.py", "templates/sections/seeds.html"):
        (report / name).write_text(listing(name))
    shutil.copy(ROOT / "params.yaml", tmp_path / "project")
    done = python(
        tmp_path / "project/src",
        """
from pathlib import Path
from ferflow.engines.code import code
from ferflow.params import load
from ferflow.report import build
from ferflow.report.context import ReportContext
from ferflow.report.registry import SECTIONS

settings = load()
section = SECTIONS[95](ReportContext(settings, [], None, Path(), ""))
print(build.render_section(build.make_environment(Path()), section))
reached = code("report")
assert "src/ferflow/report/sections/seeds.py" in reached, reached
assert "src/ferflow/report/templates/sections/seeds.html" in reached
""",
        tmp_path / "project",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "<p>Seeds: 0.</p>"


def test_two_sections_cannot_stand_in_one_place() -> None:
    from ferflow.report.registry import SECTIONS, register_section
    from ferflow.report.sections.cost import cost

    place = next(place for place, make in SECTIONS.items() if make is cost)
    with pytest.raises(ValueError, match=f"place {place} is taken by cost"):
        register_section(place)(cost)


def test_predictions_made_elsewhere_are_compared_face_by_face(in_run: Path, tmp_path: Path) -> None:
    ours = pd.read_parquet("results/experiments/cnn/0/predictions.parquet")
    classes = [name.removeprefix("p_") for name in ours.columns if name.startswith("p_")]
    named = ours.merge(pd.read_parquet("results/origins.parquet"), on="face")
    hit = named[[f"p_{name}" for name in classes]].to_numpy().argmax(axis=1) == named["label"]
    test = named["subset"] == "test"
    lost = named.index[test & hit][:9]  # nine of our hits are misses elsewhere; on all else both agree
    said = named[[f"p_{name}" for name in classes]].to_numpy().argmax(axis=1)
    said[lost] = (said[lost] + 1) % len(classes)
    elsewhere = pd.DataFrame({"origin": named["origin"], "predicted": [classes[index] for index in said]})
    file = Path("elsewhere.csv")
    try:
        elsewhere.sample(frac=1, random_state=0).to_csv(file, index=False)
        done = python(tmp_path, listing("compare.py"), in_run)
        elsewhere[~test].to_csv(file, index=False)
        without = python(tmp_path, listing("compare.py"), in_run)
    finally:
        file.unlink()
    assert done.returncode == 0, done.stderr
    ours_right, n = int((hit & test).sum()), int(test.sum())
    assert f"{ours_right / n:.1%} against {(ours_right - 9) / n:.1%} of {n} test faces" in done.stdout
    assert "McNemar(only_first=9, only_second=0, p_value=0.00390625)" in done.stdout
    assert f"{n} of {n} test faces have no prediction" in without.stderr
