"""What every stage script shares: its arguments, its checks, its record, its one line on failure."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from ferflow import params
from ferflow.engines.interruption import INTERRUPTED, MESSAGE, raise_again
from ferflow.engines.last import note_engine
from ferflow.engines.processes import is_spread, start_processes
from ferflow.engines.records import check_artifacts, write_record
from ferflow.engines.stages import EVIDENCE, STAGES, Job
from ferflow.errors import InputError, shown
from ferflow.params import Params
from ferflow.schema import Seed, worst_mistake

BAD_INPUT = 2

#: Under which name Snakemake tells a stage the digest of the parameters that it has recorded for it.
RECORDED = "FERFLOW_RECORDED"


@dataclass(frozen=True)
class Context:
    """What a stage works with: its job, and the parameters that its engine has recorded for it."""

    job: Job
    params: Params

    @property
    def experiment(self) -> str:
        """Name of the experiment."""
        return self.job.experiment

    @property
    def seed(self) -> int:
        """Seed of the training."""
        return self.job.seed


def is_first_process() -> bool:
    """Whether this is the one process of a training, or of several (torchrun's) the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def run_stage(
    name: str, main: Callable[[Context], None], doc: str | None, argv: Sequence[str] | None = None
) -> NoReturn:
    """Run a stage as its engine has recorded it, write down what it wrote, and exit.

    Parameters
    ----------
    name : str
        The stage.
    main : callable
        Does its work.
    doc : str
        What its ``--help`` says.
    argv : sequence of str, optional
        Arguments; those of the command line if left out.

    Raises
    ------
    SystemExit
        Always; see :func:`run`.
    """

    def steps() -> None:
        job = _job(name, doc, argv)
        settings = params.load()
        _check_names(job, settings)
        digest = job.digest(settings)
        if os.environ.get(RECORDED, digest) != digest:
            raise InputError(
                "params.yaml: changed since Snakemake read it, in a part that this stage depends on; "
                "run `snakemake` again"
            )
        sources: dict[str, str] = {}
        for maker, artifacts in job.needs(settings).items():
            sources |= check_artifacts(maker.record, artifacts, maker.stage)
        note_engine()
        if is_spread(job, settings):
            start_processes()
        main(Context(job, settings))
        # DVC writes into its books what stands in the file at the end of a stage.
        if "DVC_STAGE" in os.environ and job.digest(params.load()) != digest:
            raise InputError(
                "params.yaml: changed while this stage ran, in a part that it depends on; run `dvc repro` "
                "again"
            )
        if not is_first_process():
            return
        # The report, which under DVC depends on evidence alone, reads some of its sources too.
        write_record(job.record, job.artifacts(), sources if job.stage in EVIDENCE else None)

    run(steps)


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command and exit: 0 done, 2 bad input or no room to write, 130 interrupted.

    Parameters
    ----------
    main : callable
        Does the work.

    Raises
    ------
    SystemExit
        Always. Any other exception is a bug of ours and shows its traceback.
    """
    raise_again()
    _open_streams()
    try:
        main()
    except InputError as error:
        _fail(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        _fail(MESSAGE, INTERRUPTED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        # NumPy's short write comes without an error number; a full disk is what makes it.
        reason = error.strerror or f"could not write it all ({error}); is the disk full?"
        _fail(f"{where}{reason}; nothing was overwritten", BAD_INPUT)
    sys.exit(0)


def _open_streams() -> None:
    """Read nothing, and let output go nowhere, where a stream is closed (``<&-``): Python has None there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _job(name: str, doc: str | None, argv: Sequence[str] | None) -> Job:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    axes = STAGES[name].axes
    if "experiment" in axes:
        parser.add_argument("--experiment", required=True, help="its name in params.yaml")
    if "seed" in axes:
        parser.add_argument("--seed", required=True, type=_seed)
    return Job(name, **vars(parser.parse_args(argv)))


def _seed(text: str) -> int:
    """Take what ``seeds`` in params.yaml takes; random generators fail at others, deep in the training."""
    try:
        return TypeAdapter(Seed).validate_strings(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"{worst_mistake(error)[1]}, found {shown(text)}") from None


def _check_names(job: Job, settings: Params) -> None:
    if not job.experiment:
        return
    settings.experiment(job.experiment)
    experiments = STAGES[job.stage].experiments(settings)
    if job.stage in ("sweep", "repeated_splits") and job.experiment not in experiments:
        section = "sweeps" if job.stage == "sweep" else job.stage
        raise InputError(f"params.yaml: {section} says nothing of '{job.experiment}'; add it there")
    if job.stage == "train":
        try:
            settings.check_side(job.experiment)  # which was checked for what `run` names alone
        except ValueError as error:
            raise InputError(f"params.yaml: {error}") from None


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    print(f"error: {line}", file=sys.stderr, flush=True)
    sys.exit(code)
