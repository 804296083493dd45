"""Opening a school's file: its kind is read in its first bytes, never in its name; an archive is unpacked with care."""

import errno
import lzma
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from idp.registry.defects import Defect
from idp.registry.errors import FileRefused

LARGEST_FILE = 64 * 1024 * 1024
LARGEST_ENTRY = 300 * 1024 * 1024
LARGEST_RATIO = 100
_RATIO_FROM = 1024 * 1024
"""Small entries may be repetitive: the ratio counts from there."""
_CHUNK = 64 * 1024
_ZIP = b"PK\x03\x04"
_FOREIGN = (_ZIP, b"PK\x05\x06", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    NotImplementedError, RuntimeError, EOFError, ValueError, LookupError,
)  # fmt: skip
"""What the standard library raises for an archive that is cut or was changed."""

Form = Literal["csv", "xml"]


@contextmanager
def opened(path: Path) -> Iterator[tuple[Form, IO[bytes]]]:
    """The file's form and its bytes from the start, unpacked if need be. Raises FileRefused."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused(Defect("file_empty", path.name))
    if size > LARGEST_FILE:
        raise FileRefused(Defect("file_too_large", path.name))
    with path.open("rb") as packed, tempfile.TemporaryFile() as unpacked:
        source: IO[bytes] = packed
        entry = ""
        if packed.read(4) == _ZIP:
            entry = _unpack(packed, unpacked, path.name)
            source = unpacked
        form = _form(source, path.name, entry)
        source.seek(0)
        yield form, source


def _form(source: IO[bytes], file: str, entry: str) -> Form:
    source.seek(0)
    head = source.read(512)
    if not head:
        raise FileRefused(Defect("file_empty", file, entry=entry))
    is_xml = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    if head.startswith(_FOREIGN) or (entry and not is_xml):
        raise FileRefused(Defect("file_type_unknown", file, entry=entry))
    return "xml" if is_xml else "csv"


def _unpack(packed: IO[bytes], target: IO[bytes], file: str) -> str:
    """Copy the archive's only entry to `target`, counting while reading; its name."""
    try:
        with zipfile.ZipFile(packed) as archive:
            info = _only_entry(archive, file)
            _copy(archive, info, target, file)
            return info.filename
    except _BROKEN as error:
        raise FileRefused(Defect("file_type_unknown", file)) from error
    except OSError as error:
        # A place before the file's start, or what bzip2 does not understand, which has no number.
        if error.errno not in (errno.EINVAL, None):
            raise
        raise FileRefused(Defect("file_type_unknown", file)) from error


def _only_entry(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if any(entry.filename in ("[Content_Types].xml", "mimetype") for entry in entries):
        raise FileRefused(Defect("file_type_unknown", file))
    if len(entries) != 1:
        raise FileRefused(Defect("archive_many_files", file))
    [entry] = entries
    name = entry.orig_filename
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or entry.is_dir() or ".." in name or any(character in name for character in "/\\:\0"):
        raise FileRefused(Defect("archive_unsafe_path", file, entry=name))
    if entry.flag_bits & 0x1:
        raise FileRefused(Defect("archive_encrypted", file, entry=name))
    return entry


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: IO[bytes], file: str) -> None:
    copied = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            copied += len(chunk)
            if copied > LARGEST_ENTRY:
                raise FileRefused(Defect("file_too_large", file, entry=entry.filename))
            if copied > _RATIO_FROM and copied > LARGEST_RATIO * max(entry.compress_size, 1):
                raise FileRefused(Defect("archive_ratio", file, entry=entry.filename))
            target.write(chunk)
