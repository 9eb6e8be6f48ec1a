"""Where MLflow's runs and files are: relative places belong to the project, not to a temporary copy of it."""

import socket
import urllib.parse
import urllib.request

from ferflow import paths

PATIENCE = 4.0  # seconds for a server to answer
_DATABASE_PORTS = {"sqlite": None, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_PORTS = {"http": 80, "https": 443, **_DATABASE_PORTS}
_NAMES = ("databricks", "databricks-uc", "uc")  # MLflow's own words, not folders


def resolve(uri: str | None) -> str:
    """Make ``tracking.uri`` absolute: a relative database or folder is one in :func:`ferflow.paths.home`.

    Parameters
    ----------
    uri : str or None
        None stands for the database ``mlflow.db``.

    Returns
    -------
    str
    """
    uri = uri or "sqlite:///mlflow.db"
    scheme, _, database = uri.partition(":///")
    if _dialect(scheme) == "sqlite" and database not in ("", ":memory:"):
        return f"{scheme}:///{paths.home() / database}"
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme == "file" and not parts.netloc:
        return (paths.home() / urllib.parse.unquote(parts.path)).as_uri()
    return uri if parts.scheme or uri in _NAMES else str(paths.home() / uri)


def artifacts(uri: str) -> str | None:
    """Find the folder for files beside a database.

    Parameters
    ----------
    uri : str
        Of the tracking server.

    Returns
    -------
    str or None
        None where a server has a place of its own.
    """
    scheme = urllib.parse.urlsplit(uri).scheme
    return (paths.home() / "mlruns").as_uri() if _dialect(scheme) in _DATABASE_PORTS else None


def probe(uri: str) -> None:
    """Fail at once if nobody listens or a database refuses: MLflow itself would try for minutes.

    Parameters
    ----------
    uri : str
        Of the tracking server.

    Raises
    ------
    OSError
        If nothing listens there.
    sqlalchemy.exc.SQLAlchemyError
        If a database lets nobody in by this name and password.
    """
    parts = urllib.parse.urlsplit(uri)
    port = parts.port or _PORTS.get(_dialect(parts.scheme))
    if parts.hostname and port and not _has_proxy(parts.scheme, parts.hostname):
        socket.create_connection((parts.hostname, port), timeout=PATIENCE).close()
    if _DATABASE_PORTS.get(_dialect(parts.scheme)):
        from sqlalchemy import NullPool, create_engine

        create_engine(uri, poolclass=NullPool).connect().close()


def _dialect(scheme: str) -> str:
    """Drop the driver: ``postgresql`` of ``postgresql+psycopg2``."""
    return scheme.partition("+")[0]


def _has_proxy(scheme: str, host: str) -> bool:
    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)
