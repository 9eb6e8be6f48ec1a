"""What the readers of archives and compressed files raise at damage, whatever it is, as one exception."""

import errno
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ferflow.errors import reason_of, shown

# The libraries answer damage with whatever went wrong inside them: a date that is none, a negative seek.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class DamageError(Exception):
    """Bytes that are not what they should be; its text says why, in one line."""


@contextmanager
def naming_damage() -> Iterator[None]:
    """Turn what a library raises at damaged bytes into a DamageError; for calls of libraries alone.

    Raises
    ------
    DamageError
        In place of what was raised. An error of the disk itself stays what it is.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise DamageError("a name in it is not UTF-8") from error
    except _DAMAGE as error:
        raise DamageError(reason_of(error)) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # bz2 and gzip give none; EINVAL is a seek to nowhere
            raise
        raise DamageError(shown(error.strerror or str(error))) from error
