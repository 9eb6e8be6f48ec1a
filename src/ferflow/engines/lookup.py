"""What DVC cannot look up by itself, written down for it: a file for each stage and experiment.

Snakemake asks Python which files a job executes, which protocol an experiment is on, what a study sets it
against. DVC knows keys and files only, so that the stage ``lookup`` writes the answers where ``dvc.yaml``
depends on them.
"""

import json

from ferflow import paths
from ferflow.engines.code import code_lines, modules_of
from ferflow.engines.stages import Job, jobs
from ferflow.files import write_text
from ferflow.params import Params


def lookup(job: Job, params: Params) -> str:
    """Write down what a job rests on besides its inputs and the keys that ``dvc.yaml`` names.

    Parameters
    ----------
    job : Job
    params : Params

    Returns
    -------
    str
        A line for each other part of ``params.yaml``: its key and, as JSON, what it says, with defaults
        filled in. Then a line for each file of code: its name and a digest of 16 hexadecimal digits.
    """
    lines = [
        f"{key} {json.dumps(section, sort_keys=True)}"
        for key, section in job.sections(params).items()
        if _is_other(key, job)
    ]
    return "".join(f"{line}\n" for line in [*lines, *code_lines(job.stage, modules_of(job, params)).values()])


def write_lookups(params: Params) -> None:
    """Write :func:`lookup` for every stage and experiment, and remove what former parameters left there.

    Parameters
    ----------
    params : Params
    """
    # Seeds share a file, which is worked out once.
    files = {paths.lookup(job.stage, job.experiment): job for job in jobs(params)}
    for path, job in files.items():
        write_text(path, lookup(job, params))
    for path in set(paths.LOOKUPS.rglob("*.txt")) - set(files):
        path.unlink()


def _is_other(key: str, job: Job) -> bool:
    """Tell whether a key depends on what an experiment or a study says, so that dvc.yaml cannot name it."""
    section, _, rest = key.partition(".")
    return section == "protocols" or (section == "experiments" and rest.split(".")[0] != job.experiment)
