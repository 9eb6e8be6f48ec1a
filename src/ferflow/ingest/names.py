"""What folders call the seven expressions and the three usages, and what ferflow calls them."""

import re
import unicodedata
from collections.abc import Iterable

from ferflow.data.faces import FER_CLASSES

_VARIANTS = {
    "angry": ("anger",),
    "disgust": ("disgusted", "disgusting"),
    "fear": ("fearful", "afraid", "scared"),
    "happy": ("happiness", "happily", "joy"),
    "sad": ("sadness",),
    "surprise": ("surprised", "surprising"),
    "neutral": ("neutrality", "normal"),
}
SUBSTITUTE = "\x1a"  # ASCII's letter for what could not be read: one byte, as what it stands for
LONGEST_NAME = 255  # as of a file: NumPy gives all the room of the longest
_CLASS_OF = {word: name for name in FER_CLASSES for word in (name, *_VARIANTS[name])}
_USAGE_OF = {
    **dict.fromkeys(("train", "training"), "Training"),
    **dict.fromkeys(("val", "valid", "validation", "publictest"), "PublicTest"),
    **dict.fromkeys(("test", "testing", "privatetest"), "PrivateTest"),
}


def fer_class(name: str) -> str | None:
    """Find the FER-2013 class that a folder name means (``"01_Happiness"``: ``"happy"``).

    A bare number means nothing: other data sets number the expressions in other orders.

    Parameters
    ----------
    name : str
        Of a folder.

    Returns
    -------
    str or None
        None if it means none.
    """
    return _CLASS_OF.get(re.sub(r"[^a-z]", "", name.lower()))


def usage_of(name: str) -> str | None:
    """Find the usage that a folder or a table calls by a name (``"val"``: ``"PublicTest"``).

    Parameters
    ----------
    name : str
        Of the folder, or in the table.

    Returns
    -------
    str or None
        None if it means none.
    """
    return _USAGE_OF.get(re.sub(r"[^a-z]", "", name.lower()))


def class_names(folders: Iterable[str]) -> dict[str, str]:
    """Map class folders to class names.

    When every folder means one of FER-2013's classes, or each of these is meant by one, they are the classes,
    and other folders keep their names; otherwise the data set is one of its own, and all folders do.

    Parameters
    ----------
    folders : iterable of str
        Names of folders, or labels in a table; may repeat.

    Returns
    -------
    dict of str to str
        Folder -> class.
    """
    class_of = {folder: fer_class(folder) for folder in set(folders)}
    if all(class_of.values()) or set(FER_CLASSES) <= set(class_of.values()):
        return {folder: name or folder for folder, name in class_of.items()}
    return {folder: folder for folder in class_of}


def composed(name: str) -> str:
    """Spell a name in one way: macOS writes an accent apart from its letter, others write both as one.

    Parameters
    ----------
    name : str
        Of a class or a person.

    Returns
    -------
    str
        In Unicode's normal form C.
    """
    return unicodedata.normalize("NFC", name)


def name_fault(name: str) -> str:
    """Say why a class, a person or a file may not have a name, if it may not.

    Parameters
    ----------
    name : str
        Bytes that are no UTF-8 stand in it as surrogates or as ``SUBSTITUTE``.

    Returns
    -------
    str
        The predicate of a sentence; empty if it may.
    """
    if len(name) > LONGEST_NAME:
        return f"has {len(name):,} characters, more than {LONGEST_NAME}"
    kinds = {unicodedata.category(letter) for letter in name}
    if "Cs" in kinds or SUBSTITUTE in name:
        return "is not UTF-8"
    return "has control characters in it" if kinds & {"Cc", "Zl", "Zp"} else ""
