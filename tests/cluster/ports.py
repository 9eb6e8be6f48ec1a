"""Ports for the servers that these tests start."""

import socket


def free_port() -> int:
    """Find a port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
