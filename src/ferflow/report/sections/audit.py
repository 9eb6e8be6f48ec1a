"""The audit of the data (:func:`ferflow.ingest.audit.audit`) as tables to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ferflow.data.faces import USAGES
from ferflow.ingest.audit_file import read_audit
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.wording import NOTHING

_MOST_ENTRIES = 20  # entries of a long list; the rest stays in audit.json
_GROUPS = {
    "groups": "groups of such faces",
    "faces": "faces in these groups",
    "groups_across_usages": "groups across usages",
    "groups_with_two_labels": "groups under two labels",
    "private_test_in_training": "PrivateTest faces with one in Training",
}


@dataclass(frozen=True)
class Table:
    """A titled table of strings; of a long list, ``more`` lines were left out."""

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    numeric: bool = True
    more: int = 0


@register_section(place=150)
def audit(context: ReportContext) -> Section:
    """Lay out what ingest found.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    return Section("audit", "Audit", {"audit": audit_tables(read_audit())})


def audit_tables(audit: dict[str, Any]) -> list[Table]:
    """Lay out an audit: faces by usage and class, copies, what became of the images.

    Parameters
    ----------
    audit : dict
        As :func:`ferflow.ingest.audit.audit` returns it.

    Returns
    -------
    list of Table
    """
    tables = [_counts(audit), _copies(audit), _images(audit)]
    if audit["people"]:
        tables.append(_people(audit["people"]))
    bad_faces = audit["skipped"]
    if bad_faces:
        lines = [[entry["origin"], entry["reason"]] for entry in bad_faces[:_MOST_ENTRIES]]
        tables.append(
            Table(
                "Skipped faces",
                ["where", "why"],
                lines,
                numeric=False,
                more=max(0, len(bad_faces) - _MOST_ENTRIES),
            )
        )
    return tables


def _counts(audit: dict[str, Any]) -> Table:
    classes = audit["classes"]
    counts = {usage: audit["counts"][usage] for usage in USAGES if usage in audit["counts"]}
    lines = [
        [
            usage or "no usage",
            *(f"{of_class.get(name, 0):,}" for name in classes),
            f"{sum(of_class.values()):,}",
        ]
        for usage, of_class in counts.items()
    ]
    if len(counts) > 1:
        sums = [sum(of_class.get(name, 0) for of_class in counts.values()) for name in classes]
        lines.append(["all", *(f"{total:,}" for total in sums), f"{sum(sums):,}"])
    return Table("Faces by usage and class", ["usage", *classes, "all"], lines)


def _copies(audit: dict[str, Any]) -> Table:
    exact, near = audit["duplicates"], audit["near_duplicates"]
    lines = [[text, f"{exact[key]:,}", f"{near[key]:,}"] for key, text in _GROUPS.items()]
    lines.insert(0, ["exact copies of an earlier face", f"{exact['copies_of_an_earlier_face']:,}", NOTHING])
    near_head = f"near copies (at most {near['bits']} of 64 bits differ)"
    return Table("Copies", ["which", "exact copies", near_head], lines)


def _people(people: dict[str, Any]) -> Table:
    lines = [
        ["named by", people["name"]],
        ["people", f"{people['people']:,}"],
        ["faces without a named person", f"{people['faces_without']:,}"],
        ["people in several usages", f"{people['across_usages']:,}"],
        ["PrivateTest faces of people who are in Training too", f"{people['private_test_in_training']:,}"],
    ]
    return Table("People", ["", ""], lines, numeric=False)


def _images(audit: dict[str, Any]) -> Table:
    height, width = audit["image_size"]
    blank = audit["blank"]
    which = (
        f" (face {', '.join(map(str, blank[:_MOST_ENTRIES]))}{', ...' if len(blank) > _MOST_ENTRIES else ''})"
    )
    lines = [
        ["size of every face, pixels", f"{width} x {height}"],
        ["resized to that", f"{audit['resized']:,}"],
        ["converted to grey, by mode", _by_mode(audit["converted"])],
        ["blank: one grey value all over", f"{len(blank):,}{which if blank else ''}"],
        ["unreadable and skipped", f"{len(audit['skipped']):,}"],
        ["files of other kinds, not read", f"{audit['ignored_files']:,}"],
    ]
    return Table("Images", ["", ""], lines, numeric=False)


def _by_mode(counts: dict[str, int]) -> str:
    return ", ".join(f"{mode} {count:,}" for mode, count in counts.items()) or "0"
