"""What folders call the seven expressions and the three usages, and what ferflow calls them."""

import re
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
