"""A PostgreSQL on this machine, as Debian installs it, with an empty database that is gone afterwards."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2

from tests.cluster.daemons import wait_until
from tests.ports import free_port

_USER = "ferflow"
_SERVANT = "postgres"  # Debian's user; PostgreSQL refuses to run as root


def why_not() -> str:
    """Say why there is no PostgreSQL here; empty if there is."""
    return "" if _program("initdb") else "no PostgreSQL here: apt install postgresql"


@contextlib.contextmanager
def database() -> Iterator[str]:
    """Start a server with an empty database, give the URI that MLflow takes, and end it."""
    # Not in pytest's folder, which belongs to root alone.
    folder = Path(tempfile.mkdtemp(prefix="ferflow-postgres-"))
    try:
        servant = _servant()
        if servant:
            shutil.chown(folder, _SERVANT)
        data = folder / "data"
        create = [
            _program("initdb"),
            "-D",
            str(data),
            "-U",
            _USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
        ]
        subprocess.run([*servant, *create], check=True, capture_output=True, cwd=folder)
        port = free_port()
        options = ["-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        serve = [_program("postgres"), "-D", str(data), "-p", str(port), *options]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen([*servant, *serve], stdout=log, stderr=log, cwd=folder) as server,
        ):
            try:
                wait_until(lambda: _accepts(port), "PostgreSQL")
                yield f"postgresql+psycopg2://{_USER}@127.0.0.1:{port}/postgres"
            finally:
                stop = [_program("pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
                subprocess.run([*servant, *stop], check=False, capture_output=True, cwd=folder)
                server.wait(20)
    finally:
        shutil.rmtree(folder)


def _servant() -> list[str]:
    return ["runuser", "-u", _SERVANT, "--"] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    """Find a program of the newest PostgreSQL; Debian keeps those of a server out of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(places[-1]) if places else shutil.which(name) or ""


def _accepts(port: int) -> bool:
    try:
        psycopg2.connect(host="127.0.0.1", port=port, user=_USER, dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True
