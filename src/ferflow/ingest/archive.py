"""Faces from a .zip or .tar(.gz), checked whole before anything is read, and never unpacked to disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ferflow.errors import InputError, reason_of, shown
from ferflow.ingest.collection import Progress, RawFaces, silent
from ferflow.ingest.damage import DamageError
from ferflow.ingest.images import MAX_IMAGE_BYTES, BadImageError, collect_images
from ferflow.ingest.layout import IMAGE_SUFFIXES, UNSAID, Layout, find_table, is_image, nameable, place
from ferflow.ingest.members import Archive, Member, open_archive, path_fault
from ferflow.ingest.table import read_table

MAX_TOTAL_BYTES = 64 << 30
# Text of pixels deflates to a third, blank bitmaps to a hundredth; only what is made to burst gets further.
MAX_RATIO = 200
_HARMLESS_BYTES = 64 << 20  # no ratio is absurd below this size


def read_archive(path: Path, size: int, progress: Progress = silent, layout: Layout = UNSAID) -> RawFaces:
    """Read an archive of an image tree, or of the challenge's CSV where there are no images.

    Parameters
    ----------
    path : Path
        A ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz``.
    size : int
        Side of the resulting faces in pixels.
    progress : callable, optional
        Called with the work done and to do (bytes of a table, images otherwise).
    layout : Layout, optional
        What the folders are, and which of them, or which column of the table, names the person.

    Returns
    -------
    RawFaces

    Raises
    ------
    InputError
        If the archive is damaged or could do harm (see :func:`check`), holds neither images nor a table, or
        an image stands outside the layout (see :func:`ferflow.ingest.layout.place`).
    """
    with open_checked(path) as (archive, members):
        images = [member.name for member in members if is_image(member.name)]
        if images:
            good, bad = nameable(images)
            by_name = {member.name: member for member in members}
            return collect_images(
                place(path.name, good, layout),
                lambda name: member_content(archive, by_name[name]),
                size,
                len(members) - len(images),
                progress,
                bad,
            )
        table = find_table(path.name, [member.name for member in members])
        if table is None:
            raise InputError(f"{path}: no image ({', '.join(IMAGE_SUFFIXES)}) and no CSV in this archive")
        [member] = [member for member in members if member.name == table]
        with archive.open(member) as stream:
            source = f"{path.name}, {shown(table)}"
            return read_table(
                stream, source, size, lambda: progress(stream.tell(), member.size), layout.group
            )


@contextmanager
def open_checked(path: Path) -> Iterator[tuple[Archive, list[Member]]]:
    """Open an archive that :func:`check` lets pass, and list its members; raise InputError of any other."""
    with open_archive(path) as archive:
        yield archive, check(path.name, archive.members(), path.stat().st_size)


def check(source: str, members: Iterator[Member], packed_total: int) -> list[Member]:
    """Return the members of an archive if all are plain files that stay in it and expand within reason.

    Parameters
    ----------
    source : str
        What to call the archive in messages.
    members : iterator of Member
        All of the archive.
    packed_total : int
        Size of the archive in bytes.

    Returns
    -------
    list of Member
        All of them.

    Raises
    ------
    InputError
        If one is a link or device, is encrypted, has an absolute path or one that leads out of the archive,
        or if it, or all up to it, would expand absurdly; naming it.
    """
    result: list[Member] = []
    total = 0
    for member in members:
        total += member.size
        fault = member.fault or path_fault(member.name) or _expansion_fault(member, total, packed_total)
        if fault:
            raise InputError(
                f"{source}: member '{shown(member.name)}' {fault}; the archive is refused, nothing was read"
            )
        result.append(member)
    return result


def _expansion_fault(member: Member, total: int, packed_total: int) -> str:
    if is_image(member.name) and member.size > MAX_IMAGE_BYTES:
        return f"is an image of {member.size:,} bytes, more than {MAX_IMAGE_BYTES:,}"
    if member.packed_size is not None and member.size > max(_HARMLESS_BYTES, MAX_RATIO * member.packed_size):
        return f"expands absurdly, from {member.packed_size:,} to {member.size:,} bytes"
    if total > min(MAX_TOTAL_BYTES, max(_HARMLESS_BYTES, MAX_RATIO * packed_total)):
        return f"brings the expansion to {total:,} bytes, absurd for an archive of {packed_total:,}"
    return ""


def member_content(archive: Archive, member: Member) -> bytes:
    """Read one member of an open archive.

    Parameters
    ----------
    archive : Archive
        What :func:`ferflow.ingest.members.open_archive` yields.
    member : Member
        Which.

    Returns
    -------
    bytes

    Raises
    ------
    BadImageError
        If its bytes are damaged, or packed in a way that is not known.
    """
    try:
        with archive.open(member) as stream:
            return stream.read()
    except DamageError as error:
        raise BadImageError(f"damaged in the archive ({reason_of(error)})") from error
