"""Kill the pipeline at random moments; the same command again must need no hand and change no byte."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from tqdm import tqdm

from tests.pipeline.copies import copy_project, environment, run_in
from tests.pipeline.small import digests, shrink, write

#: What a user types, again and again: the recipes of `make` and `make dvc`.
COMMANDS = {
    "snakemake": "ferflow sync --before && snakemake --cores 2 --quiet host && ferflow sync",
    "dvc": "ferflow sync --before && dvc repro && ferflow sync",
}
VICTIMS = ("group", "engine", "stage")
CHAIN = 5  # kills, at most, before a run is left in peace and looked at
REACH = 0.5  # of the time a run takes, until it is killed: five kills then meet it from its start to its end
SECONDS = 300  # that a run may take, on a machine that does other things too


@dataclass
class Tally:
    """What was killed, and what was wrong after it.

    Attributes
    ----------
    kills : Counter
        By engine, victim and what was running: a stage's name, or "between stages".
    faults : list of str
        Each with the seed and the number of the kill before it.
    """

    kills: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Say what happened, a line each."""
        for engine in COMMANDS:
            for victim in VICTIMS:
                count = sum(n for (e, v, _), n in self.kills.items() if (e, v) == (engine, victim))
                yield f"{count:4} kills of the {victim} under {engine}"
        where = Counter[str]()
        for (_, _, place), n in self.kills.items():
            where[place] += n
        yield "while these ran: " + ", ".join(f"{place} {n}" for place, n in where.most_common())
        yield f"{len(self.faults)} faults"
        yield from self.faults


class Chaos:
    """A small project, what it gives when it is left in peace, and ways to disturb it.

    Parameters
    ----------
    folder : Path
        Empty; filled with a copy of the project.
    seed : int
        Decides moments and victims.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.tally = Tally()
        folder.mkdir(parents=True, exist_ok=True)
        copy_project(folder)
        parameters = shrink(folder)
        parameters |= {"run": ["cnn-augment"], "sweeps": {}, "repeated_splits": {}}
        write(folder, parameters)
        self.tracked = set(folder.iterdir())
        started = time.monotonic()
        run_in(folder, "bash", "-c", COMMANDS["snakemake"])
        self.seconds = time.monotonic() - started
        self.expected = digests(folder)
        self.wipe()

    def wipe(self) -> None:
        """Go back to a clone in which nothing has run."""
        for path in [
            *(self.folder / "results").iterdir(),
            self.folder / ".dvc/cache",
            self.folder / ".dvc/tmp",
        ]:
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists() and path.name != "README.md":
                path.unlink()
        for path in set(self.folder.iterdir()) - self.tracked:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (self.folder / ".dvc/tmp").mkdir()

    def kill(self, count: int) -> Tally:
        """Kill so many times, and after every few let the command end and look at what stands there."""
        engines = list(COMMANDS)
        chain = 0
        with tqdm(total=count, unit=" kills", disable=not sys.stderr.isatty()) as bar:
            while self.tally.kills.total() < count:
                engine = engines[chain % len(engines)]
                chain += 1
                for link in range(min(CHAIN, count - self.tally.kills.total())):
                    if not self._disturb(engine, fresh=link == 0):
                        break  # it was done before
                    bar.update()
                self._examine(engine)
                bar.set_postfix(faults=len(self.tally.faults))
                self.wipe()
        return self.tally

    def _disturb(self, engine: str, *, fresh: bool) -> bool:
        """Start the command and kill a part of it; False if it ended sooner.

        ``fresh`` says that nothing has run yet: then the time it took is what a run takes, on a machine that
        had more to do when the first was timed.
        """
        started = time.monotonic()
        with subprocess.Popen(
            ["bash", "-c", COMMANDS[engine]],
            cwd=self.folder,
            env=environment(self.folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as shell:
            try:
                shell.wait(self.random.uniform(0.3, REACH * self.seconds))
            except subprocess.TimeoutExpired:
                pass
            else:
                if fresh:
                    self.seconds = min(self.seconds, time.monotonic() - started)
                return False
            victim = VICTIMS[self.tally.kills.total() % len(VICTIMS)]
            processes = psutil.Process(shell.pid).children(recursive=True)
            stages = [p for p in processes if "workflow/scripts/" in _words(p)]
            place = _stage(stages[-1]) if stages else "between stages"
            if victim == "stage" and stages:
                _end(stages[-1])
            elif victim == "engine" and processes:
                _end(processes[0])
            else:
                victim = "group"
                os.killpg(shell.pid, signal.SIGKILL)
            try:
                shell.wait(SECONDS)
            finally:
                if shell.poll() is None:
                    os.killpg(shell.pid, signal.SIGKILL)
        self.tally.kills[engine, victim, place] += 1
        return True

    def _examine(self, engine: str) -> None:
        """Give the same command again, and look for a hand that is needed, other bytes, litter."""
        where = f"after kill {self.tally.kills.total()}, under {engine}"
        done = run_in(self.folder, "bash", "-c", COMMANDS[engine], code=None)
        if done.returncode:
            last = (done.stdout + done.stderr).strip().splitlines()[-3:]
            self.tally.faults.append(f"{where}: ended with {done.returncode}: {' / '.join(last)}")
            return
        now = digests(self.folder)
        names = sorted(
            name for name in now.keys() | self.expected if now.get(name) != self.expected.get(name)
        )
        if names:
            self.tally.faults.append(f"{where}: differs in {', '.join(names[:5])}")
        litter = [
            str(path.relative_to(self.folder))
            for top in ("results", "data", "timings", "checkpoints")
            for path in (self.folder / top).rglob("*")
            if "writing-" in path.name or (top == "checkpoints" and path.is_file())
        ]
        if litter:
            self.tally.faults.append(f"{where}: left {', '.join(litter[:5])}")


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended meanwhile
        return ""


def _stage(process: psutil.Process) -> str:
    words = _words(process).partition("workflow/scripts/")[2]
    return words.partition(".py")[0] or "between stages"


def _end(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
