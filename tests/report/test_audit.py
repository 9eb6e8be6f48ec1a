"""What ingest counted stands in the lines of the audit's tables that say so."""

from ferflow.report.sections.audit import Table, audit_tables
from ferflow.report.wording import NOTHING
from tests.audits import make_audit


def tables(**changes: object) -> dict[str, Table]:
    """Lay out an audit with changes, by title."""
    return {table.title: table for table in audit_tables(make_audit(**changes))}


def test_exact_and_near_copies_stand_each_in_their_column() -> None:
    exact = {
        "copies_of_an_earlier_face": 1853,
        "groups": 1516,
        "faces": 3369,
        "groups_across_usages": 557,
        "groups_with_two_labels": 57,
        "private_test_in_training": 288,
    }
    near = {
        "bits": 4,
        "pairs": 999,
        "groups": 61,
        "faces": 162,
        "groups_across_usages": 63,
        "groups_with_two_labels": 64,
        "private_test_in_training": 65,
    }
    copies = tables(duplicates=exact, near_duplicates=near)["Copies"]
    assert list(copies.head) == ["which", "exact copies", "near copies (at most 4 of 64 bits differ)"]
    assert list(copies.lines) == [
        ["exact copies of an earlier face", "1,853", NOTHING],
        ["groups of such faces", "1,516", "61"],
        ["faces in these groups", "3,369", "162"],
        ["groups across usages", "557", "63"],
        ["groups under two labels", "57", "64"],
        ["PrivateTest faces with one in Training", "288", "65"],
    ]


def test_people_stand_in_a_table_of_their_own() -> None:
    people = {
        "name": "person",
        "people": 1200,
        "faces_without": 3,
        "across_usages": 40,
        "private_test_in_training": 54,
    }
    assert "People" not in tables()
    assert list(tables(people=people)["People"].lines) == [
        ["named by", "person"],
        ["people", "1,200"],
        ["faces without a named person", "3"],
        ["people in several usages", "40"],
        ["PrivateTest faces of people who are in Training too", "54"],
    ]


def test_faces_are_counted_by_usage_and_class_with_their_sums() -> None:
    counts = {
        "PrivateTest": {"angry": 1, "happy": 2, "sad": 3},
        "Training": {"angry": 1000, "happy": 20, "sad": 4},
    }
    assert list(tables(counts=counts)["Faces by usage and class"].lines) == [
        ["Training", "1,000", "20", "4", "1,024"],
        ["PrivateTest", "1", "2", "3", "6"],
        ["all", "1,001", "22", "7", "1,030"],
    ]


def test_of_many_skipped_faces_the_first_are_named_and_the_rest_counted() -> None:
    skipped = [{"origin": f"row {index}", "reason": "cut short"} for index in range(23)]
    table = tables(skipped=skipped)["Skipped faces"]
    assert list(table.lines[:2]) == [["row 0", "cut short"], ["row 1", "cut short"]]
    assert (len(table.lines), table.more) == (20, 3)
