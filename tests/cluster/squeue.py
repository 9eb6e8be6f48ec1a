"""What Slurm says of the jobs of the pipeline."""

import subprocess


def queue(*, all_states: bool = False) -> list[tuple[str, str]]:
    """List jobs and what Snakemake says that they are for."""
    states = "all" if all_states else "PENDING,RUNNING"
    said = _squeue(f"--states={states}", "--format=%i %k")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in said.splitlines()]


def field(job: str, name: str) -> str:
    """Look up what Slurm calls a field of a job."""
    return _squeue("--states=all", f"--jobs={job}", f"--Format={name}:400").strip()


def _squeue(*options: str) -> str:
    done = subprocess.run(["squeue", "--noheader", *options], capture_output=True, text=True, check=True)
    return done.stdout
