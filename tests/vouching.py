"""Records for artifacts that a test made itself, so that a real stage believes them."""

from ferflow.engines.records import write_record
from ferflow.engines.stages import Job
from ferflow.params import load


def vouch_for_inputs(job: Job) -> None:
    """Write, in the working folder, the records of what a job reads, as the stages before it would have."""
    for maker in job.needs(load()):
        write_record(maker.record, [path for path in maker.artifacts() if path.exists()])
