"""The server, without a browser."""

import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from ferflow.cli.main import main
from ferflow.demo.command import FIRST_PORT
from tests.predict.photographs import PORTRAIT


def ask(
    address: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.request("GET" if body is None else "POST", path, body, headers or {})
    return connection.getresponse()


def test_only_this_machine_and_this_page_are_answered(address: str) -> None:
    port = urlsplit(address).port
    assert ask(address, "/", headers={"Host": f"localhost:{port}"}).status == 200
    assert ask(address, "/", headers={"Host": f"somewhere.example:{port}"}).status == 400
    for site in ("cross-site", "same-site"):
        answer = ask(address, "/api/recognise", PORTRAIT.read_bytes(), {"Sec-Fetch-Site": site})
        assert (answer.status, "other sites" in json.loads(answer.read())["error"]) == (403, True)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass  # the server listens on one address alone


def test_the_browser_is_told_to_load_and_to_keep_nothing(address: str) -> None:
    for path in ("/", "/static/page.js", "/api/setup", "/pictures/happy", "/nowhere"):
        headers = ask(address, path).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
    assert ask(address, "/static/page.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/api/look?face=3", PORTRAIT.read_bytes(), 422, "no face number 4"),
        ("/api/look?label=bored", PORTRAIT.read_bytes(), 422, "never trained on 'bored'"),
        ("/api/look?face=one", PORTRAIT.read_bytes(), 400, "'face' must be a number"),
        ("/api/recognise", bytes(65 * 2**20), 413, "larger than 64 MB"),
        ("/pictures/nobody", None, 404, "no picture has this name"),
    ],
)
def test_errors_are_a_sentence(
    address: str, path: str, body: bytes | None, status: int, sentence: str
) -> None:
    answer = ask(address, path, body)
    content = json.loads(answer.read())
    assert (answer.status, sentence in content["error"]) == (status, True), content


def test_a_port_that_is_not_free_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = CliRunner().invoke(main, ["demo", "--no-browser", "--port", str(port)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"error: port {port}: Address already in use")
    result = CliRunner().invoke(main, ["demo", "--no-browser", "--model", str(tmp_path / "none")])
    assert (result.exit_code, "no such file" in result.stderr) == (2, True)


def test_without_a_port_the_first_free_one_is_taken() -> None:
    from ferflow.demo.command import listen

    with listen(None) as first, listen(None) as second:
        assert FIRST_PORT <= first.getsockname()[1] < second.getsockname()[1]


def test_the_page_is_set_up_before_pytorch_is_loaded() -> None:
    check = """
import sys
from starlette.routing import Route
from ferflow.demo.server import make_app
from ferflow.predict.predictor import Predictor
app = make_app(Predictor(), "the network")
(setup,) = (route for route in app.routes if isinstance(route, Route) and route.path == "/api/setup")
print(setup.endpoint(None).body.decode(), "torch" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    body, _, is_loaded = out.strip().rpartition(" ")
    model = json.loads(body)["model"]
    assert (model["can_look"], len(model["classes"]), is_loaded) == (True, 7, "False")
