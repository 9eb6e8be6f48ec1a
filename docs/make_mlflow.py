"""Take the pictures of docs/mlflow.md: `python docs/make_mlflow.py`, after `make`.

MLflow's server shows the runs that `ferflow publish` sent to mlflow.db, and a Chromium opens its pages.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import ViewportSize
from screenshots import chromium, save_screenshot

from ferflow import params
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.tracking.groups import table_name
from ferflow.tracking.run import quiet_mlflow
from ferflow.tracking.tables import best_link

IMAGES = Path(__file__).parent / "img"
DATABASE = Path("mlflow.db")
SIZE = ViewportSize(width=1200, height=720)
_SETTLED = 6000  # milliseconds until MLflow's charts stand still
# The panel of MLflow's assistant opens by itself on the first visit, over a quarter of the page.
_NO_ASSISTANT = """
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
localStorage.setItem("mlflow.assistant.panelOpen_v1", "false");
"""


def pages(client: Any, table: str) -> dict[str, str]:
    """Name the pages to look at: the table, four runs compared, the charts, the winner.

    Parameters
    ----------
    client : MlflowClient
    table : str
        Id of an MLflow experiment.

    Returns
    -------
    dict of str to str
        Name of a picture -> address below the server's.
    """
    order = ["metrics.`validation/macro_f1` DESC"]
    ids = [each.info.run_id for each in client.search_runs([table], order_by=order)]
    four = quote(json.dumps(ids[:4], separators=(",", ":")))
    return {
        "runs": best_link(table),
        "charts": best_link(table) + "&compareRunsMode=CHART",
        "compare": f"#/compare-runs?runs={four}&experiments={quote(json.dumps([table]))}",
        "run": f"#/experiments/{table}/runs/{ids[0]}",
    }


@contextmanager
def server() -> Iterator[str]:
    """Serve the database on loopback; yield the address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{DATABASE.resolve()}"]
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, address + "health")
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise InputError(f"MLflow's server ended with code {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise InputError("MLflow's server did not answer within two minutes")


def main() -> None:
    """Take all pictures."""
    if not DATABASE.is_file():
        raise InputError(f"{DATABASE}: not there; run `make` first")
    settings = params.load()
    client = quiet_mlflow().MlflowClient(f"sqlite:///{DATABASE.resolve()}")
    name = table_name(settings, settings.run[-1])
    table = client.get_experiment_by_name(name)
    if table is None or not client.search_runs([table.experiment_id], max_results=1):
        raise InputError(f"{DATABASE}: no runs of '{name}'; run `ferflow publish` first")
    with server() as address, chromium() as browser:
        context = browser.new_context(viewport=SIZE)
        context.add_init_script(_NO_ASSISTANT)
        for picture, address_below in pages(client, table.experiment_id).items():
            page = context.new_page()
            page.goto(address + address_below)
            page.wait_for_timeout(_SETTLED)
            save_screenshot(page, IMAGES / f"mlflow-{picture}.png")
            page.close()


if __name__ == "__main__":
    run(main)
