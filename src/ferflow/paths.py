"""Every path that a stage writes or reads: the one place that knows ``results/``, ``timings/`` ..."""

from pathlib import Path

PARAMS = Path("params.yaml")
DVC_FILE = Path("dvc.yaml")
SAMPLE = Path("data/sample.zip")
CLAIMS = Path("workflow/claims.yaml")

RESULTS = Path("results")
PIXELS = RESULTS / "faces.npy"
FACES = RESULTS / "faces.parquet"
ORIGINS = RESULTS / "origins.parquet"
AUDIT = RESULTS / "audit.json"
EXPERIMENTS = RESULTS / "experiments"
CLUSTERS = RESULTS / "clusters"
CLUSTER_FIGURES = CLUSTERS / "clusters.json"
REPORT = RESULTS / "report"
METRICS = RESULTS / "metrics.json"
RECORDS = RESULTS / "records"
#: Records of the stages whose results the report shows: a folder that holds nothing else, since DVC can
#: depend on a folder but not on a list that ``run`` and ``seeds`` make longer or shorter.
EVIDENCE = RECORDS / "evidence"

TIMINGS = Path("timings")
CHECKPOINTS = Path("checkpoints")
STATE = Path(".ferflow")


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
