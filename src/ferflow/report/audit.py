"""The audit of the data as tables, whatever facts it holds."""

from dataclasses import dataclass, field
from typing import Any

from ferflow.report.wording import NOTHING

_SHOWN = 20  # lines of a long list; the rest stays in audit.json


@dataclass(frozen=True)
class Table:
    """A titled table of strings; ``more`` lines were left out."""

    title: str
    head: list[str]
    lines: list[list[str]]
    more: int = 0
    numeric: bool = field(default=True)


def audit_tables(audit: dict[str, Any]) -> list[Table]:
    """Lay out an audit: single facts first, in one table, then a table for every group of facts."""
    facts = [
        [_words(key), _text(value)] for key, value in audit.items() if not isinstance(value, (dict, list))
    ]
    short = {key: value for key, value in audit.items() if isinstance(value, list) and not _has_tables(value)}
    facts += [[_words(key), _text(value)] for key, value in short.items()]
    tables = [Table("At a glance", ["", ""], facts, numeric=False)] if facts else []
    for key, value in audit.items():
        if key not in short and isinstance(value, (dict, list)) and value:
            tables += _tables(_words(key), value)
    return tables


def _tables(title: str, value: dict[str, Any] | list[Any]) -> list[Table]:
    if isinstance(value, list):
        head = list(dict.fromkeys(key for entry in value for key in entry))
        lines = [[_text(entry.get(key)) for key in head] for entry in value[:_SHOWN]]
        return [Table(title, [_words(key) for key in head], lines, len(value) - len(lines), numeric=False)]
    rows = {key: item for key, item in value.items() if isinstance(item, dict)}
    flat = {key: item for key, item in value.items() if not isinstance(item, dict) and not _has_tables(item)}
    nested = {key: item for key, item in value.items() if _has_tables(item)}
    tables = []
    if flat:
        tables.append(Table(title, ["", ""], [[_words(k), _text(v)] for k, v in flat.items()], numeric=False))
    if rows:
        head = list(dict.fromkeys(key for item in rows.values() for key in item))
        lines = [[_words(key), *(_text(item.get(column)) for column in head)] for key, item in rows.items()]
        tables.append(Table(title, ["", *map(_words, head)], lines))
    for key, item in nested.items():
        tables += _tables(f"{title}: {_words(key)}", item)
    return tables


def _has_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _words(key: str) -> str:
    return str(key).replace("_", " ") or "no usage"


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    if isinstance(value, list):
        shown = ", ".join(str(item) for item in value[:_SHOWN])
        more = f" and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else ""
        return shown + more if value else "none"
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {_text(item)}" for key, item in value.items())
    return str(value)
