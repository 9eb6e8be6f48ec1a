"""Ports for the servers that tests start."""

import random
import socket
from contextlib import suppress

# Below those that the system gives to whoever asks for any, who might get this one before its server is up.
_PORTS = range(12_000, 32_000)


def free_port() -> int:
    """Find a port of this machine that nobody listens at."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
