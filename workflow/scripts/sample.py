"""Draw the sample faces: data/sample.zip, in the layout of the FER-2013 image archive."""

import sys
from collections.abc import Iterator, Sequence

from joblib import cpu_count
from tqdm import tqdm

from ferflow import paths
from ferflow.engines.script import Context, run_stage
from ferflow.files import atomic_path
from ferflow.sample import SampleFace, plan_sample, write_archive


def main(context: Context) -> None:
    """Draw as many faces as ``params.yaml`` asks for."""
    sample = context.params.sample
    plan = plan_sample(sample.faces, sample.seed)
    with atomic_path(paths.SAMPLE) as path:
        write_archive(path, _with_progress(plan), sample.seed, processes=cpu_count())


def _with_progress(plan: Sequence[SampleFace]) -> Iterator[SampleFace]:
    """Show a bar on a terminal, and four lines in a log."""
    if sys.stderr.isatty():
        yield from tqdm(plan, desc="drawing sample faces", unit="face")
        return
    for done, face in enumerate(plan, start=1):
        yield face
        if done * 4 // len(plan) > (done - 1) * 4 // len(plan):
            print(f"{done} of {len(plan)} sample faces drawn", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_stage("sample", main, __doc__)
