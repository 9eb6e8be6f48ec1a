"""The server without a socket: what no browser does, or not when one wants it to."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import ASGIApp

from ferflow.demo import recognition
from ferflow.demo.recognition import Question
from ferflow.demo.server import HEADERS, HOST, MAX_BYTES, make_app
from ferflow.predict.predictor import Predictor
from tests.predict.photographs import PORTRAIT

LAST = {"type": "http.request", "body": b"", "more_body": False}
LONG = 120  # seconds that are waited in full only where something is broken


async def exchange(app: ASGIApp, path: str, messages: Iterable[dict[str, Any]], sent: list[Any]) -> None:
    """Send messages as a server does, and note what the application sends."""
    path, _, query = path.partition("?")
    rest = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(rest)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode()}
    await app(scope | {"headers": [(b"host", HOST.encode())]}, receive, send)


def read(sent: list[Any]) -> tuple[int, dict[str, str], Any]:
    """Return the status, the headers and the content of an answer."""
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"])


async def post(app: ASGIApp, path: str, *messages: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    sent: list[Any] = []
    await exchange(app, path, messages, sent)
    return read(sent)


def run(answer: Coroutine[Any, Any, Any]) -> Any:
    """Wait for an answer, in a thread of its own: other tests' browsers leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, answer).result()


def photo(content: bytes = PORTRAIT.read_bytes()) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": False}


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Question]]:
    """Note what is asked; no model is needed to answer."""
    asked: list[Question] = []

    def answer(predictor: object, question: Question) -> dict[str, Any]:
        asked.append(question)
        return {}

    monkeypatch.setattr(recognition, "recognise", answer)
    yield asked


def test_a_photo_may_have_64_megabytes_and_no_byte_more(questions: list[Question]) -> None:
    app = make_app(None, "none")  # type: ignore[arg-type]
    half = {"type": "http.request", "body": bytes(MAX_BYTES // 2), "more_body": True}
    status, _, content = run(post(app, "/api/recognise", half, half, LAST))
    assert (status, "not a JPEG" in content["error"]) == (422, True)
    more = {"type": "http.request", "body": b".", "more_body": True}
    status, _, content = run(post(app, "/api/recognise", half, half, more, half, LAST))
    assert (status, content["error"]) == (413, "larger than 64 MB")


def test_a_browser_that_leaves_is_no_failure(questions: list[Question]) -> None:
    app = make_app(None, "none")  # type: ignore[arg-type]
    start = {"type": "http.request", "body": b"half", "more_body": True}
    status, _, content = run(post(app, "/api/recognise", start, {"type": "http.disconnect"}))
    assert (status, content["error"]) == (400, "the photo did not arrive whole")


def test_every_answer_has_all_headers_that_guard_the_photo(questions: list[Question]) -> None:
    app = make_app(None, "none")  # type: ignore[arg-type]
    for path in ("/api/recognise", "/nowhere"):
        _, headers, _ = run(post(app, path, photo()))
        assert HEADERS.items() <= headers.items()
    assert HEADERS["permissions-policy"] == "camera=(self), microphone=(), geolocation=()"
    assert HEADERS["referrer-policy"] == "no-referrer"
    assert HEADERS["x-content-type-options"] == "nosniff"


def test_is_face_is_true_only_where_it_says_so(questions: list[Question]) -> None:
    app = make_app(None, "none")  # type: ignore[arg-type]
    for query in ("", "?is_face=true", "?is_face=false&face=2&label=sad"):
        run(post(app, f"/api/recognise{query}", photo()))
    assert [tuple(question[1:]) for question in questions] == [
        (False, 0, ""),
        (True, 0, ""),
        (False, 2, "sad"),
    ]


def test_one_photo_at_a_time_and_the_page_goes_on_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, inside, most = threading.Event(), threading.Event(), [0], [0]

    def answer(predictor: Predictor, question: Question) -> dict[str, Any]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        begun.set()
        go_on.wait(LONG)
        inside[0] -= 1
        return {"waited": go_on.is_set()}

    async def ask_all() -> tuple[Any, Any]:
        first, second = (asyncio.create_task(post(app, "/api/recognise", photo())) for _ in range(2))
        assert await asyncio.to_thread(begun.wait, LONG)
        status, _, _ = await post(app, "/nowhere", LAST)
        assert status == 404
        await asyncio.sleep(0.1)  # time for the second photo to come in as well, if it could
        go_on.set()
        return await first, await second

    monkeypatch.setattr(recognition, "recognise", answer)
    app = make_app(None, "none")  # type: ignore[arg-type]
    assert [done[2] for done in run(ask_all())] == [{"waited": True}] * 2
    assert most == [1]


def test_a_failure_is_a_sentence_and_the_terminal_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(predictor: Predictor, question: Question) -> dict[str, Any]:
        raise RuntimeError("out of memory")

    sent: list[Any] = []
    monkeypatch.setattr(recognition, "recognise", fail)
    with pytest.raises(RuntimeError, match="out of memory"):  # uvicorn logs it
        run(exchange(make_app(None, "none"), "/api/recognise", [photo()], sent))  # type: ignore[arg-type]
    status, headers, content = read(sent)
    assert (status, content) == (500, {"error": "ferflow failed; the terminal says why"})
    assert HEADERS.items() <= headers.items()
