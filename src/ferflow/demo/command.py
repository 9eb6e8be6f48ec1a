"""The work of `ferflow demo`: a port, a server on it, a browser."""

import os
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path

import click
import uvicorn

from ferflow.demo.server import HOST, make_app
from ferflow.errors import InputError
from ferflow.predict.predictor import NETWORK, Predictor

FIRST_PORT = 7860
_TRIES = 50  # ports after the first


def run_demo(model: str | None, *, device: str, port: int | None, browser: bool) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    model : str or None
        A trained model; None for the network in the package.
    device : {"auto", "cpu", "cuda"}
    port : int or None
        None for the first free one from ``FIRST_PORT`` on; 0 for any.
    browser : bool
        Whether to open it.

    Raises
    ------
    InputError
        If there is no such model or device, or the port is not free.
    """
    with listen(port) as listener:
        name = f"the network {NETWORK}" if model is None else Path(model).as_posix()
        app = make_app(Predictor(model, device=device), name)
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        click.echo(f"ferflow demo: {address} (for this machine alone; Ctrl-C ends it)")
        if browser and has_display():
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        config = uvicorn.Config(
            app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=3
        )
        with suppress(KeyboardInterrupt):  # uvicorn ends in good order, then raises what it was ended by
            uvicorn.Server(config).run(sockets=[listener])
    click.echo("ended")


def has_display() -> bool:
    """Whether a browser would open in a window, and not in the terminal."""
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def listen(port: int | None) -> socket.socket:
    """Listen on a port of this machine alone; from now on a browser that comes early waits.

    Parameters
    ----------
    port : int or None
        None for the first free one from ``FIRST_PORT`` on; 0 for any.

    Returns
    -------
    socket

    Raises
    ------
    InputError
        If the port is not free, or not for this user.
    """
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + _TRIES)
    for number in ports:
        try:
            return socket.create_server((HOST, number))
        except OSError as error:
            reason = error.strerror
    if port is None:
        raise InputError(f"ports {FIRST_PORT} to {FIRST_PORT + _TRIES - 1}: none is free; name one: --port")
    raise InputError(f"port {port}: {reason}; name another, or leave --port out for one that is free")
