"""Take the picture of the page of `ferflow demo`: `python docs/make_demo.py`.

It shows NASA's photograph that comes with the page, as the network in the package sees it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ViewportSize
from screenshots import chromium, save_screenshot

from ferflow.engines.script import run
from ferflow.errors import InputError

PICTURE = Path(__file__).parent / "img" / "demo.png"
SIZE = ViewportSize(width=1280, height=800)


@contextmanager
def demo() -> Iterator[str]:
    """Serve the page; yield its address."""
    command = [sys.executable, "-m", "ferflow", "demo", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
            if address is None:
                raise InputError("ferflow demo did not start; what it says stands above")
            yield address[0]
        finally:
            process.terminate()
            process.communicate()  # its last word has a reader


def main() -> None:
    """Open the page, choose the astronaut, ask where the network looks."""
    with demo() as address, chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        page.goto(address)
        page.get_by_role("button", name="Eileen Collins, astronaut").click()
        page.get_by_role("button", name="Where does it look?").click()
        page.get_by_role("img", name="Saliency map").wait_for()
        page.evaluate("scrollTo(0, 0)")
        save_screenshot(page, PICTURE)


if __name__ == "__main__":
    run(main)
