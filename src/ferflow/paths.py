"""Every path that a stage writes or reads: the one place that knows ``results/``, ``timings/`` ..."""

import os
from pathlib import Path

PARAMS = Path("params.yaml")
DVC_FILE = Path("dvc.yaml")
SAMPLE = Path("data/sample.zip")
CLAIMS = Path("workflow/claims.yaml")

RESULTS = Path("results")
PIXELS = RESULTS / "faces.npy"
FACES = RESULTS / "faces.parquet"
ORIGINS = RESULTS / "origins.parquet"
NEAR_DUPLICATES = RESULTS / "near_duplicates.csv"
AUDIT = RESULTS / "audit.json"
EXPERIMENTS = RESULTS / "experiments"
CLUSTERS = RESULTS / "clusters"
CLUSTER_FIGURES = CLUSTERS / "clusters.json"
REPORT = RESULTS / "report"
#: In it, what is said of experiments: the page, and its tables.
COMPARED = ("index.html", "comparison.csv", "comparison.md", "classes.csv", "pairs.csv", "remedies.csv")
METRICS = RESULTS / "metrics.json"
RECORDS = RESULTS / "records"
#: Records of the stages whose results the report shows: a folder that holds nothing else, since DVC can
#: depend on a folder but not on a list that ``run`` and ``seeds`` make longer or shorter.
EVIDENCE = RECORDS / "evidence"

TIMINGS = Path("timings")
CHECKPOINTS = Path("checkpoints")
STATE = Path(".ferflow")
#: What DVC cannot look up by itself.
LOOKUPS = STATE / "lookup"

_COPIES = (".dvc", "tmp", "exps")  # where `dvc exp run --temp` and `--queue` copy the project to


def lookup(stage: str, experiment: str) -> Path:
    """Where what DVC cannot look up of a stage is written down.

    Parameters
    ----------
    stage : str
        Its name.
    experiment : str
        Empty for a stage without.

    Returns
    -------
    Path
    """
    return LOOKUPS / stage / f"{experiment}.txt" if experiment else LOOKUPS / f"{stage}.txt"


def balance(experiment: str) -> Path:
    """Where the balanced samples of an experiment are planned.

    Parameters
    ----------
    experiment : str
        Its name.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / "balance.parquet"


def split(experiment: str) -> Path:
    """Where the samples of an experiment are divided into train, validation and test.

    Parameters
    ----------
    experiment : str
        Its name.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / "split.parquet"


def training(experiment: str, seed: int) -> Path:
    """Folder of one training and its evaluation.

    Parameters
    ----------
    experiment : str
        Its name.
    seed : int
        Of the training.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / str(seed)


def model(experiment: str, seed: int) -> Path:
    """Where the model of one training is kept.

    Parameters
    ----------
    experiment : str
        Its name.
    seed : int
        Of the training.

    Returns
    -------
    Path
    """
    return training(experiment, seed) / "model.safetensors"


def history(experiment: str, seed: int) -> Path:
    """Where the curves of one training are kept."""
    return training(experiment, seed) / "history.csv"


def predictions(experiment: str, seed: int) -> Path:
    """Where the probabilities that one training gives its validation and test faces are kept."""
    return training(experiment, seed) / "predictions.parquet"


def metrics(experiment: str, seed: int) -> Path:
    """Where the metrics of one training are kept, without intervals."""
    return training(experiment, seed) / "metrics.json"


def evaluation(experiment: str, seed: int) -> Path:
    """Where the figures of one training are kept."""
    return training(experiment, seed) / "evaluation.json"


def sweep(experiment: str) -> Path:
    """Where the sweeps of an experiment are kept.

    Parameters
    ----------
    experiment : str
        Its name.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / "sweep.csv"


def repeated_splits(experiment: str) -> Path:
    """Where the repeated splits of an experiment, and of what it is set against, are kept.

    Parameters
    ----------
    experiment : str
        Its name.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / "repeated_splits.csv"


def explanation(experiment: str) -> Path:
    """Folder of what an experiment's first network looks at and looks for.

    Parameters
    ----------
    experiment : str
        Its name.

    Returns
    -------
    Path
    """
    return EXPERIMENTS / experiment / "explain"


def label_study(experiment: str) -> Path:
    """Folder of what was found out about the labels of an experiment's test faces."""
    return EXPERIMENTS / experiment / "labels"


def home() -> Path:
    """Find the project folder that is still there after the run.

    ``dvc exp run --temp`` and the workers of DVC's queue run the stages in a copy of the project, and remove
    it afterwards. What must not go with it (MLflow's database, checkpoints, times) belongs here.

    Returns
    -------
    Path
        The folder that was copied if the current folder is such a copy, else the current folder; absolute.
    """
    here = Path.cwd()
    project = next((folder for folder in (here, *here.parents) if (folder / ".dvc").is_dir()), None)
    return here if project is None else _original(project) / here.relative_to(project)


def _original(project: Path) -> Path:
    """Return the folder that DVC copied a project from, or the project itself."""
    root = os.environ.get("DVC_ROOT")
    if root and "DVC_EXP_NAME" in os.environ:  # right too where .dvc/tmp is a link to another disk
        return Path(root).resolve()
    # A job that a scheduler starts does not always get the environment.
    return next((folder.parents[2] for folder in project.parents if folder.parts[-3:] == _COPIES), project)


def checkpoints() -> Path:
    """Where trainings keep their checkpoints: in the project itself, as :func:`home` says."""
    return home() / CHECKPOINTS


def checkpoint_of(path: Path, number: int) -> Path:
    """Where network ``number`` of a training keeps its checkpoint, of a training that was given ``path``."""
    return path if number == 0 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def checkpoints_of(path: Path) -> list[Path]:
    """List the checkpoints that a training that was given ``path`` has left: one for each of its networks."""
    return sorted(path.parent.glob(f"{path.stem}*{path.suffix}"))
