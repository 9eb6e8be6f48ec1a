"""Draw the sample faces: data/sample.zip, in the layout of the FER-2013 image archive."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from joblib import cpu_count

from ferflow import paths
from ferflow.atomic import atomic_path
from ferflow.engines.script import Context, run_stage
from ferflow.progress import ShareProgress
from ferflow.sample import plan_sample, write_archive


def main(context: Context) -> None:
    """Draw as many faces as ``params.yaml`` asks for."""
    sample = context.params.sample
    plan = plan_sample(sample.faces, sample.seed)
    with atomic_path(paths.SAMPLE) as path, ShareProgress("drawing sample faces") as progress:
        write_archive(path, plan, sample.seed, processes=cpu_count(), progress=progress)


if __name__ == "__main__":
    run_stage("sample", main, __doc__)
