import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ferflow.engines import code as module
from ferflow.engines.code import code, code_digest, has_trace, modules_of
from ferflow.engines.stages import STAGES, Job
from ferflow.models.registry import MODELS
from ferflow.params import RepeatedSplits, load

ROOT = Path(__file__).parents[2]
SETTINGS = load(ROOT / "params.yaml")
WITH_MODELS = {"train", "evaluate", "sweep", "repeated_splits", "explain"}

#: Python executes these for every stage, as the schema of the parameters imports them.
SCHEMA_ALONE = {
    f"src/ferflow/{file}"
    for file in (
        "models/__init__.py",
        "models/augmentation.py",
        "models/registry.py",
        "models/retraining.py",
        *(f"remedies/{path.name}" for path in (ROOT / "src/ferflow/remedies").glob("*.py")),
    )
}
#: This too, as the records of stages are written with it, whose form is no result.
RECORDS_ALONE = {"src/ferflow/files.py"}
#: Of these, what is done after training is no reason to train again.
ADJUSTMENTS_ALONE = {
    f"src/ferflow/remedies/{name}.py" for name in ("adjustments", "logit_adjustment", "thresholds")
}

REACH = {
    "ingest/audit.py": {"ingest"},
    "claims/verdicts.py": {"report"},
    "studies/clusters/clustering.py": {"clusters"},
    "studies/clusters/names.py": {"clusters", "report"},
    "studies/clusters/figures.py": {"clusters", "report"},
    "studies/explain/description.py": {"explain", "report"},
    "evaluation/predictions.py": {"clusters", "evaluate", "explain", "labels", "report"},
    "studies/explain/saliency.py": {"explain"},
    "studies/labels/ranking.py": {"labels"},
    "studies/labels/figures.py": {"labels", "report"},
    "plots/clusters.py": {"clusters"},
    "plots/evaluation.py": {"evaluate"},
    "plots/linear.py": {"report"},
    "plots/style.py": {"evaluate", "clusters", "explain", "labels", "report"},
    "remedies/thresholds.py": {"evaluate", "report"},
    "remedies/focal.py": WITH_MODELS | {"balance", "report", "split"},
    "evaluation/metrics.py": {"evaluate", "clusters", "explain", "labels", "report"},
    "evaluation/evaluation.py": {"evaluate", "clusters", "explain", "labels", "report"},
    "models/kmeans.py": WITH_MODELS,
    "params/sections.py": set(STAGES),
    "report/build.py": {"report"},
    "report/static/report.css": {"report"},
    "sample/drawing.py": {"sample"},
    "evaluation/significance.py": {"report"},
    "ingest/archive.py": {"ingest"},
    "ingest/unlabelled.py": set(),
    "predict/predictor.py": set(),
    "timings.py": set(),
    "tracking/run.py": set(),
    "evaluation/thresholds.py": {"report"},
    "models/trainer.py": WITH_MODELS,
}


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def reach(stage: str, modules: tuple[str, ...] | None = None) -> set[str]:
    return {file.removeprefix("src/ferflow/") for file in code(stage, modules)}


@pytest.mark.parametrize("file", REACH)
def test_which_stages_depend_on_a_file(file: str) -> None:
    assert (ROOT / "src/ferflow" / file).is_file()
    assert {stage for stage in STAGES if file in reach(stage)} == REACH[file]


@pytest.mark.parametrize("stage", STAGES)
def test_code_is_the_script_and_files_in_order(stage: str) -> None:
    script, *files = code(stage)
    assert script == f"workflow/scripts/{stage}.py"
    assert files == sorted(set(files))
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize("stage", STAGES)
def test_code_is_all_that_python_itself_imports(stage: str) -> None:
    lister = (
        "import runpy, sys, pathlib\n"
        f"runpy.run_path('workflow/scripts/{stage}.py')\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name.startswith('ferflow.'):\n"
        "        print(pathlib.Path(module.__file__).relative_to(pathlib.Path.cwd()).as_posix())\n"
    )
    done = subprocess.run([sys.executable, "-c", lister], capture_output=True, text=True, check=True)
    imports = {file for file in done.stdout.splitlines() if has_trace(file)}
    assert imports
    assert imports - SCHEMA_ALONE - RECORDS_ALONE <= set(code(stage))
    if stage in WITH_MODELS:
        assert imports - ADJUSTMENTS_ALONE <= set(code(stage))
    if stage == "evaluate":
        assert imports <= set(code(stage))


def test_a_training_depends_on_its_own_model_and_remedies() -> None:
    cnn, softmax = of("cnn-focal"), of("softmax-weighted")
    assert {"models/cnn.py", "models/network.py", "models/trainer.py", "remedies/focal.py"} <= cnn
    assert not {"models/kmeans.py", "models/dnn.py", "models/linear.py", "remedies/cross_entropy.py"} & cnn
    assert {"models/linear.py", "models/solvers.py", "remedies/balanced.py"} <= softmax
    assert not {"models/trainer.py", "models/logistic.py", "models/network.py", "remedies/focal.py"} & softmax
    assert {"remedies/augment.py", "remedies/oversample.py"} <= of("cnn-augment", "balance")
    assert "remedies/repeat.py" not in of("cnn-augment", "balance")
    assert set.union(*(of(name) for name in SETTINGS.experiments)) == reach("train")


def test_an_adjustment_matters_to_its_own_evaluation_alone() -> None:
    assert "remedies/thresholds.py" in of("cnn-3min-thresholds", "evaluate")
    assert "remedies/thresholds.py" not in of("cnn-3min", "evaluate")
    assert "remedies/thresholds.py" not in of("cnn-3min-thresholds")
    assert of("cnn-3min-thresholds") == of("cnn-3min")


def test_a_study_of_two_experiments_depends_on_both() -> None:
    settings = SETTINGS.model_copy(
        update={"repeated_splits": {"cnn-focal": RepeatedSplits(against="kmeans", repetitions=3)}}
    )
    both = reach("repeated_splits", modules_of(Job("repeated_splits", "cnn-focal"), settings))
    assert {"models/cnn.py", "remedies/focal.py", "models/kmeans.py"} <= both
    assert not {"models/logistic.py", "models/dnn.py", "remedies/ldam.py"} & both


def of(name: str, stage: str = "train") -> set[str]:
    """Reach of a stage for one experiment of the default file."""
    return reach(stage, modules_of(Job(stage, name), SETTINGS))


def test_a_model_makes_no_difference_to_stages_without() -> None:
    assert code("clusters", ("ferflow.models.cnn",)) == code("clusters")


@pytest.mark.parametrize(
    ("file", "trace"),
    [
        ("src/ferflow/progress.py", False),
        ("src/ferflow/models/progress.py", True),
        ("src/ferflow/engines/code.py", False),
        ("src/ferflow/cli/main.py", False),
        ("src/ferflow/evaluation/metrics.py", True),
    ],
)
def test_modules_without_trace_have_full_names(file: str, *, trace: bool) -> None:
    assert has_trace(file) is trace


def test_what_only_modules_without_trace_reach_is_left_out() -> None:
    assert "tracking" in Path("workflow/scripts/report.py").read_text()
    assert not [file for file in code("report") if "mlflow" in file or "track" in file]


def test_a_release_is_no_reason_to_train_again() -> None:
    assert [stage for stage in STAGES if "__init__.py" in reach(stage)] == ["report"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from ferflow import params, paths", ["ferflow.params", "ferflow.paths"]),
        (
            "def f():\n    try:\n        import ferflow.files as f\n    except A:\n        import b",
            ["ferflow.files", "b"],
        ),
        ("match x:\n    case 1:\n        import ferflow.files", ["ferflow.files"]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ["b"]),
        ("import typing\nif typing.TYPE_CHECKING:\n    import a", ["typing"]),
    ],
)
def test_imports_are_those_that_run(source: str, names: list[str]) -> None:
    statements = module._import_statements(ast.parse(source).body)
    assert [name for statement in statements for name in module._names(statement)] == names


def test_relative_imports_are_refused() -> None:
    (statement,) = module._import_statements(ast.parse("from . import files").body)
    with pytest.raises(ValueError, match="line 1"):
        module._names(statement)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("numpy.random", []),
        ("ferflow", ["__init__.py"]),
        ("ferflow.__version__", ["__init__.py"]),
        ("ferflow.evaluation.metrics", ["evaluation/__init__.py", "evaluation/metrics.py"]),
        ("ferflow.evaluation.metrics.METRICS", ["evaluation/__init__.py", "evaluation/metrics.py"]),
        ("ferflow.params", ["params/__init__.py"]),
        ("ferflow.params.load", ["params/__init__.py"]),
        ("ferflow.params.loading.load", ["params/__init__.py", "params/loading.py"]),
    ],
)
def test_names_stand_for_files(name: str, files: list[str]) -> None:
    assert module._files(name) == tuple(f"src/ferflow/{file}" for file in files)


def test_templates_in_folders_belong_to_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_path", lambda name: tmp_path / name)
    for name in (
        "a.py",
        "a.css",
        ".hidden",
        "templates/page.html",
        "package/__init__.py",
        "package/other.css",
    ):
        (tmp_path / "templated" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "templated" / name).touch()
    assert sorted(module._data("templated")) == ["templated/a.css", "templated/templates/page.html"]


def test_digests_tell_stages_and_models_apart() -> None:
    digests = [code_digest(stage) for stage in STAGES] + [
        code_digest("train", (model.module,)) for model in MODELS.values()
    ]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests)


def test_a_digest_leaves_out_what_reaches_a_stage_by_value_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest.__wrapped__("train")
    digest = module._text_digest
    for file, is_part in (
        ("params/sections.py", False),
        ("models/schemas.py", False),
        ("schema.py", False),
        ("models/cnn.py", True),
    ):
        path = ROOT / "src/ferflow" / file
        monkeypatch.setattr(
            module, "_text_digest", lambda other, path=path: "other" if other == path else digest(other)
        )
        assert (code_digest.__wrapped__("train") != before) is is_part, file


def test_digest_changes_with_the_code_but_not_with_line_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for number, content in enumerate((b"import ferflow.files\n", b"import ferflow.files\r\n", b"pass\n")):
        (tmp_path / str(number) / "workflow/scripts").mkdir(parents=True)
        (tmp_path / str(number) / "workflow/scripts/stage.py").write_bytes(content)
        monkeypatch.chdir(tmp_path / str(number))
        digests.append(code_digest.__wrapped__("stage"))
    assert digests[0] == digests[1] != digests[2]
