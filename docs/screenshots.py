"""Pictures of web pages for the docs, taken by a Chromium that is installed."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from ferflow.atomic import atomic_path
from ferflow.errors import InputError

_COLOURS = 128  # of a picture: a screen has few, and a small file is loaded at once


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium.

    Yields
    ------
    Browser

    Raises
    ------
    InputError
        If none is installed.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise InputError("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def save_screenshot(page: Page, picture: Path) -> None:
    """Write what a page looks like now, as a PNG of few colours."""
    whole = Image.open(io.BytesIO(page.screenshot()))
    with atomic_path(picture) as temporary:
        whole.convert("RGB").quantize(_COLOURS).save(temporary, "PNG", optimize=True)
