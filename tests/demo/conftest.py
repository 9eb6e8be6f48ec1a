"""The page as it is served: `ferflow demo` in a process of its own, and a Chromium that looks at it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

# The server may talk to this machine alone: any other address ends it.
GUARDED = """
import sys

def guard(event, arguments):
    if event == "socket.connect" and not str(arguments[1][0]).startswith("127."):
        raise SystemExit(f"connects to {arguments[1]}")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost"):
        raise SystemExit(f"asks for the address of {arguments[0]}")

sys.addaudithook(guard)
from ferflow.cli.main import main
main()
"""


@contextmanager
def served(folder: Path, *arguments: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `ferflow demo` in a folder; yield its address and process."""
    command = [sys.executable, "-c", GUARDED, "demo", "--no-browser", *map(str, arguments)]
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert address is not None, process.communicate()[1]
            yield address[0], process
        finally:
            if process.poll() is None:
                process.kill()


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Press Ctrl-C; return the exit code, and what was printed on the way."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page with the network in the package, and see that it ends without a word of complaint."""
    with served(tmp_path_factory.mktemp("demo"), "--port", 0) as (address, process):
        yield address
        assert end(process) == (0, "ended\n", "")


def hold(page: "Page", pattern: str) -> "Callable[[int], Route]":
    """Keep requests waiting until they are answered by hand; return what waits for one, by its number."""
    waiting: list[Route] = []
    page.route(pattern, lambda route: waiting.append(route))  # noqa: PLW0108  # it marks what it gets

    def request(number: int) -> "Route":
        deadline = monotonic() + 60
        while len(waiting) <= number and monotonic() < deadline:
            page.wait_for_timeout(20)
        (route,) = waiting[number:]  # and no other has come
        return route

    return request


@pytest.fixture
def open_page(chromium: "Browser") -> Iterator[Callable[..., "Page"]]:
    """Open addresses in windows; afterwards, none has complained, or asked for anything from elsewhere."""
    complaints: list[str] = []

    def open_page(address: str, width: int = 1200, height: int = 900) -> "Page":
        context = chromium.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(60_000)  # a machine that runs other tests is slow
        page = context.new_page()

        def check(url: str) -> None:
            if not url.startswith((address, "data:", "blob:" + address)):
                complaints.append(f"asked for {url}")

        def listen(text: str) -> None:
            if "Content Security Policy" in text:
                complaints.append(text)

        page.on("request", lambda request: check(request.url))
        page.on("websocket", lambda socket: check(socket.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: listen(message.text))
        page.goto(address)
        page.get_by_role("button", name="Eileen Collins").wait_for()
        return page

    yield open_page
    for context in list(chromium.contexts):
        context.close()
    assert complaints == []
