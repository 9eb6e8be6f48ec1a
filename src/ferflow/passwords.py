"""Keeps the password of an address out of what is printed."""

import re
import urllib.parse


def without_password(text: str, uri: str) -> str:
    """Blot out the password of a URI wherever it stands in a text, as it is written or decoded.

    Parameters
    ----------
    text : str
    uri : str
        Of the tracking server.

    Returns
    -------
    str
    """
    try:
        urllib.parse.urlsplit(uri)
    except ValueError:  # no URI, so none whose password could be told from the rest
        text = text.replace(uri, "the given place")
    secrets = {secret for written in _passwords(uri) for secret in (written, urllib.parse.unquote(written))}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
        for part in re.split(r"[/?#]", secret):  # a message quotes it: "port ... as 'pa'"
            text = text.replace(f"'{part}'", "'***'")
    return text


def _passwords(uri: str) -> set[str]:
    """Find what may be a password in a URI, though it hold what should have been escaped in it."""
    keys = "password|passwd|pwd|token"
    found = {value for _, value in re.findall(rf"[?&;]({keys})=([^&#;]+)", uri, flags=re.IGNORECASE)}
    user, _, _ = uri.partition("://")[2].rpartition("@")
    try:
        parts = urllib.parse.urlsplit(uri)
        if parts.port != 0 and "@" not in parts.netloc:  # a whole address: the @, if any, is in the path
            return found
    except ValueError:  # no port: a password that begins there
        pass
    _, _, password = user.partition(":")
    return found | ({password} if password else set())
