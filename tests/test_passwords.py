import pytest

from ferflow.passwords import without_password


@pytest.mark.parametrize(
    ("text", "uri", "result"),
    [
        ("at http://me:p%40ss@h:5000: no", "http://me:p%40ss@h:5000", "at http://me:***@h:5000: no"),
        ("password p@ss is wrong", "http://me:p%40ss@h:5000", "password *** is wrong"),
        ("postgresql+psycopg2://a:b1c2@db/x", "postgresql+psycopg2://a:b1c2@db/x", None),
        ("nothing to hide", "http://h:5000", "nothing to hide"),
        (
            "postgresql://me:pa/ss@db/x: no port 'pa'",
            "postgresql://me:pa/ss@db/x",
            "postgresql://me:***@db/x: no port '***'",
        ),
        ("http://me:se#cret@h: no", "http://me:se#cret@h", "http://me:***@h: no"),
        (
            "at pg://h/x?user=me&password=s3&a=b",
            "pg://h/x?user=me&password=s3&a=b",
            "at pg://h/x?user=me&password=***&a=b",
        ),
        ("file:///srv/a:b@c is whole", "file:///srv/a:b@c", "file:///srv/a:b@c is whole"),
        ("http://[::1:secret@x is odd", "http://[::1:secret@x", "the given place is odd"),
    ],
)
def test_passwords_are_blotted_out(text: str, uri: str, result: str | None) -> None:
    assert without_password(text, uri) == (result or "postgresql+psycopg2://a:***@db/x")
