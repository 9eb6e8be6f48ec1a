"""What each engine plans to run, in one form: command, inputs and outputs of every stage instance."""

import re
import subprocess
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import dvc.stage
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from ferflow.engines.lookup import write_lookups
from ferflow.params import load
from tests.pipeline.copies import run_in

# Around the command: the digest of the parameters, which DVC records itself, the cores, of which DVC gives a
# job all, and the log, which DVC prints and of which Snakemake shows the cautions.
_VARIABLES = r"(?:FERFLOW_RECORDED=\w+ )?(?:LOKY_MAX_CPU_COUNT=\d+ )?"
COMMAND = rf"^Shell command: {_VARIABLES}(.*?) > logs/\S+ 2>&1(?:; grep .*)?$"

# A stage of DVC's own: Snakemake asks Python what a job executes and which protocol it is on.
LOOKUP = "python workflow/scripts/lookup.py"


@dataclass(frozen=True)
class Job:
    """One stage instance."""

    command: str
    inputs: frozenset[str]
    outputs: frozenset[str]


def snakemake_plan(text: str) -> dict[str, Job]:
    """Read what ``snakemake -nFp`` says of rules without a message, which would stand in for their files."""
    jobs = {}
    for block in re.split(r"^(?:local)?rule ", text, flags=re.MULTILINE)[1:]:
        shell = re.search(COMMAND, block, flags=re.MULTILINE)
        if shell:
            jobs[shell[1]] = Job(shell[1], _field(block, "input"), _field(block, "output"))
    return jobs


def dvc_plan(folder: Path) -> dict[str, Job]:
    """Read dvc.yaml as DVC resolves it."""
    with Repo(folder) as repo:
        return {str(stage.cmd): _job(stage) for stage in repo.index.stages}


def cover(inputs: frozenset[str], folders: frozenset[str]) -> frozenset[str]:
    """Replace inputs that lie in one of ``folders`` by the folder."""
    return frozenset(
        next((f for f in folders if PurePosixPath(f) in PurePosixPath(i).parents), i) for i in inputs
    )


def commands_to_run(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the commands that a dry run of Snakemake says it would run."""
    return set(re.findall(COMMAND, done.stdout + done.stderr, flags=re.MULTILINE))


def commands_dvc_would_run(folder: Path) -> set[str]:
    """Do what ``dvc repro --dry --force-downstream`` does, without a process of its own."""
    with chdir(folder), Repo(folder) as repo:
        return {str(stage.cmd) for stage in repo.reproduce(dry=True, force_downstream=True)}


def would_look_up(folder: Path) -> bool:
    """Tell whether ``dvc status lookup`` finds something to do, without a process of its own."""
    with chdir(folder), Repo(folder) as repo:
        return bool(repo.status(["lookup"]))


def look_up(folder: Path, *, code_changed: bool = False) -> None:
    """Do what ``dvc repro lookup`` does after an edit; where no code was edited, without another process."""
    with chdir(folder):
        if code_changed:
            run_in(folder, *LOOKUP.split())
        else:
            write_lookups(load())
        with Repo(folder) as repo:
            repo.commit("lookup", force=True)


def _job(stage: "dvc.stage.PipelineStage") -> Job:
    inputs = (dep.def_path for dep in stage.deps if not isinstance(dep, ParamsDependency))
    return Job(str(stage.cmd), frozenset(inputs), frozenset(out.def_path for out in stage.outs))


def _field(block: str, name: str) -> frozenset[str]:
    match = re.search(rf"^ +{name}: (.*)$", block, flags=re.MULTILINE)
    return frozenset(match[1].split(", ")) if match else frozenset()
