"""The server, without a browser."""

import base64
import functools
import http.client
import io
import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageOps

from ferflow import __version__
from ferflow.cli.main import main
from ferflow.demo.command import FIRST_PORT
from ferflow.predict.crops import crop_face, squeeze
from ferflow.predict.detector import Box
from ferflow.sample.expressions import EMFACS
from tests.predict.photographs import LANDSCAPE, PORTRAIT


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
        ("/api/look?face=%C2%B2", PORTRAIT.read_bytes(), 400, "'face' must be a number"),
        ("/api/look?face=" + 5000 * "1", PORTRAIT.read_bytes(), 400, "'face' must be a number"),
        ("/api/recognise", bytes(65 * 2**20), 413, "larger than 64 MB"),
        ("/api/recognise", b"", 422, "the file is empty"),
        ("/api/recognise", b"no photo", 422, "not a JPEG, PNG, BMP or WEBP image"),
        ("/pictures/nobody", None, 404, "no picture has this name"),
    ],
)
def test_errors_are_a_sentence(
    address: str, path: str, body: bytes | None, status: int, sentence: str
) -> None:
    answer = ask(address, path, body)
    content = json.loads(answer.read())
    assert (answer.status, sentence in content["error"]) == (status, True), content


def test_the_page_is_told_what_there_is(address: str) -> None:
    setup = json.loads(ask(address, "/api/setup").read())
    assert (setup["version"], setup["models"], setup["model"]["name"]) == (
        __version__,
        0,
        "the network fer2013",
    )
    assert [picture["id"] for picture in setup["pictures"]] == ["astronaut", "admiral", *EMFACS]
    answers = {name: ask(address, f"/pictures/{name}") for name in ("admiral", "happy", "sad")}
    kinds = [answer.headers["content-type"] for answer in answers.values()]
    assert kinds == ["image/jpeg", "image/png", "image/png"]
    drawn = {name: answer.read() for name, answer in answers.items()}
    assert drawn["happy"] != drawn["sad"]


def pixels_of(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_each_face_has_its_own_crop_and_map(address: str) -> None:
    portrait = Image.open(PORTRAIT)
    photo = Image.new("RGB", (1100, 640), "grey")
    photo.paste(ImageOps.mirror(portrait).resize((256, 300)), (0, 0))
    photo.paste(portrait, (560, 20))
    content = io.BytesIO()
    photo.save(content, "PNG")
    post = functools.partial(ask, address, body=content.getvalue())
    answer = json.loads(post("/api/recognise").read())
    assert [face["box"]["left"] > 500 for face in answer["faces"]] == [False, True]
    for face in answer["faces"]:
        crop = pixels_of(face["crop"])
        np.testing.assert_array_equal(crop, crop_face(photo, Box(**face["box"]), len(crop)))
    left, right, other = (
        json.loads(post(f"/api/look?{query}").read()) for query in ("", "face=1", "face=1&label=disgust")
    )
    labels = [face["label"] for face in answer["faces"]]
    assert [left["label"], right["label"], other["label"]] == [*labels, "disgust"]
    maps = [pixels_of(picture["image"]).astype(int) for picture in (left, right, other)]
    assert all(np.ptp(picture, axis=2).max() > 50 for picture in maps)  # colours over a grey face
    assert min(np.abs(maps[1] - picture).mean() for picture in (maps[0], maps[2])) > 1


def test_a_photo_may_be_taken_as_one_face(address: str) -> None:
    answer = json.loads(ask(address, "/api/recognise?is_face=true", LANDSCAPE.read_bytes()).read())
    assert "no square crop of a face" in answer["warning"]
    (face,) = answer["faces"]
    assert face["box"] is None
    side = len(pixels_of(face["crop"]))
    np.testing.assert_array_equal(pixels_of(face["crop"]), squeeze(Image.open(LANDSCAPE), side))


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
