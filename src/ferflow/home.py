"""The project folder that outlives a run: DVC's temporary copies of it do not."""

import os
from pathlib import Path

_COPIES = (".dvc", "tmp", "exps")  # where `dvc exp run --temp` and `--queue` copy the project to


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
