"""The page's server: Starlette, which MLflow brings along.

Gradio needs an older Pillow than the one installed here.

Nothing is written to disk, and nothing leaves the machine: photos are handled in memory, the browser is told
to keep none and to load nothing from elsewhere, and other sites cannot reach the server through a name that
they let point to it.
"""

import mimetypes
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ferflow import __version__
from ferflow.demo import comparison, gallery, recognition
from ferflow.demo.recognition import Question
from ferflow.errors import InputError
from ferflow.ingest.images import BadImageError
from ferflow.predict.photos import decoded
from ferflow.predict.predictor import Predictor

HOST = "127.0.0.1"
MAX_BYTES = 64 * 2**20  # of a photo's file
_MAX_DIGITS = 9  # of a face's number; int() refuses thousands
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_STATIC = Path(__file__).parent / "static"

mimetypes.add_type("text/javascript", ".js")  # some Windows registries call it text/plain

Answer = Callable[[Predictor, Question], dict[str, Any]]


def make_app(predictor: Predictor, model_name: str) -> Starlette:
    """Make the page's application.

    Parameters
    ----------
    predictor : Predictor
        Of the first tab.
    model_name : str
        What to call its model.

    Returns
    -------
    Starlette
    """

    def setup(request: Request) -> Response:
        models, hint = comparison.last_run()
        return JSONResponse(
            {
                "version": __version__,
                "model": {
                    "name": model_name,
                    "classes": list(predictor.trained_classes),
                    "can_look": recognition.can_look(predictor),
                },
                "pictures": [asdict(picture) for picture in gallery.pictures()],
                "models": len(models),
                "hint": hint,
            }
        )

    return Starlette(
        routes=[
            Route("/", lambda request: FileResponse(_STATIC / "index.html")),
            Route("/api/setup", setup),
            Route("/api/recognise", _endpoint(predictor, recognition.recognise), methods=["POST"]),
            Route("/api/look", _endpoint(predictor, recognition.look), methods=["POST"]),
            Route("/api/compare", _endpoint(predictor, comparison.compare), methods=["POST"]),
            Route("/pictures/{name}", _picture),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(_WithHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False),
        ],
        exception_handlers={
            InputError: lambda request, error: _error(422, str(error)),
            BadImageError: lambda request, error: _error(422, str(error)),
            HTTPException: _refused,
            ClientDisconnect: lambda request, error: _error(400, "the photo did not arrive whole"),
            Exception: _failed,
        },
    )


class _WithHeaders:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _endpoint(predictor: Predictor, answer: Answer) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        # Browsers say where a request comes from: pages of other sites have no business here.
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403, "requests from other sites are refused")
        content, query = await _content(request), request.query_params
        face = query.get("face", "0")
        if not face.isdecimal() or len(face) > _MAX_DIGITS:
            raise HTTPException(400, f"'face' must be a number of at most {_MAX_DIGITS} digits")

        def work() -> dict[str, Any]:
            photo = decoded("photo", content)
            question = Question(photo, query.get("is_face") == "true", int(face), query.get("label", ""))
            with recognition.lock:
                return answer(predictor, question)

        return JSONResponse(await run_in_threadpool(work))

    return endpoint


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():  # to the end: a browser listens only once it has said all
        if len(content) <= MAX_BYTES:
            content += chunk
    if len(content) > MAX_BYTES:
        raise HTTPException(413, f"larger than {MAX_BYTES // 2**20} MB")
    if not content:
        raise HTTPException(422, "the file is empty")
    return bytes(content)


def _picture(request: Request) -> Response:
    try:
        content = gallery.picture_content(request.path_params["name"])
    except KeyError:
        raise HTTPException(404, "no picture has this name") from None
    kind = "image/jpeg" if content.startswith(b"\xff\xd8") else "image/png"
    return Response(content, media_type=kind)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, error.detail)


def _failed(request: Request, error: Exception) -> Response:
    answer = _error(500, "ferflow failed; the terminal says why")
    answer.headers.update(HEADERS)  # Starlette answers failures outside of all middleware
    return answer


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)
