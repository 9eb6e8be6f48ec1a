"""A MariaDB on this machine, as Debian installs it: empty, for root alone, and gone afterwards."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.daemons import answers, daemon, wait_until
from tests.ports import free_port

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb-admin")


@contextlib.contextmanager
def database(folder: Path) -> Iterator[int]:
    """Start a server in a new folder whose root needs no password, give its port, and end it."""
    folder.mkdir()
    # Files in /etc/mysql would put data and socket where Debian's own server has them: `--no-defaults`.
    ours = ("--no-defaults", "--user=root", f"--datadir={folder / 'data'}")
    create = ("mariadb-install-db", *ours, "--auth-root-authentication-method=normal", "--skip-test-db")
    subprocess.run(create, check=True, capture_output=True)
    port = free_port()
    address = (f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}")
    with daemon(["mariadbd", *ours, *address, "--innodb-flush-log-at-trx-commit=0"], folder / "log"):
        ping = ("mariadb-admin", "--no-defaults", "--host=127.0.0.1", f"--port={port}", "ping")
        wait_until(lambda: answers(*ping), "MariaDB")
        yield port
