"""Reading and writing text, JSON and Parquet: whole (:mod:`ferflow.atomic`), and the same bytes each time."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferflow.atomic import atomic_path
from ferflow.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd

# Ten significant digits: far more than any metric means, and fewer than where two summation orders part.
_DIGITS = 10


def write_text(path: Path | str, text: str, *, follow: bool = False) -> None:
    """Write a text as UTF-8 with Unix line ends.

    Parameters
    ----------
    path : Path or str
        File to write.
    text : str
        All of it.
    follow : bool, default=False
        As :func:`atomic_path` takes it.
    """
    with atomic_path(path, follow=follow) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path | str, content: Any) -> None:
    """Write JSON with sorted keys and floats of ten significant digits; NaN becomes null.

    Parameters
    ----------
    path : Path or str
        File to write.
    content : object
        What JSON can hold, and NumPy scalars and arrays.
    """
    write_text(path, json.dumps(_round(content), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _round(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_round(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _round(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def read_json(path: Path | str) -> Any:
    """Read JSON.

    Parameters
    ----------
    path : Path or str
        File to read.

    Returns
    -------
    object
        Its content.

    Raises
    ------
    InputError
        If the file is missing or no JSON.
    """
    try:
        return json.loads(_existing(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: not valid JSON ({shown(str(error))}); remove it and run its stage again"
        ) from error


def write_parquet(path: Path | str, table: "pd.DataFrame", metadata: dict[str, str] | None = None) -> None:
    """Write a table without its index.

    Parameters
    ----------
    path : Path or str
        File to write.
    table : DataFrame
    metadata : dict, optional
        Goes into the file's schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(metadata)
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")


def read_parquet(path: Path | str) -> "pd.DataFrame":
    """Read a table.

    Parameters
    ----------
    path : Path or str
        File to read.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        If the file is missing or no Parquet.
    """
    import pyarrow.parquet as pq

    with _whole_parquet(path) as file:
        result: pd.DataFrame = pq.read_table(file).to_pandas()
    return result


def read_parquet_metadata(path: Path | str) -> dict[str, str]:
    """Read what :func:`write_parquet` was given as ``metadata``.

    Parameters
    ----------
    path : Path or str
        File to read.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If the file is missing or no Parquet.
    """
    import pyarrow.parquet as pq

    with _whole_parquet(path) as file:
        metadata = pq.read_schema(file).metadata or {}
        return {
            key.decode(): value.decode() for key, value in metadata.items() if not key.startswith(b"ARROW")
        }


@contextmanager
def _whole_parquet(path: Path | str) -> Iterator[Path]:
    """Turn what Arrow raises at a damaged file into one line; for calls of Arrow alone."""
    import pyarrow as pa

    file = _existing(path)
    try:
        yield file
    # Of its own, and what Python's side makes of them; OSErrors are for Thrift that ends too soon.
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        raise InputError(f"{path}: not a whole Parquet file; remove it and run its stage again") from error


def _existing(path: Path | str) -> Path:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the stage that makes it first (`snakemake -j1 {path}`)")
    return path
