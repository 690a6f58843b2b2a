"""Bytes of a dropped file: what kind of file it really is, unpacked within bounds, and how its text is encoded.

The name is not trusted: exports are renamed, and a login page saved as `.csv` is common.
"""

import gzip
import io
import zlib
from pathlib import Path
from typing import IO, Any, cast

from calendly_pipeline.failures import UnreadableFile

HEAD = 8_192
BUFFER = 1 << 17
UNPACKED_LIMIT = 8 << 30
RATIO_LIMIT = 500
RATIO_COUNTS_FROM = 256 << 20
"""Real exports shrink by a factor of 5 to 50; a bomb by a thousand."""

EXPORT_AGAIN = "Export it again and drop the new file."
SAVE_AS_CSV = "Save it as CSV or .xlsx and drop that."
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
FOREIGN = (
    (b"%PDF", "it is a PDF, not a table", SAVE_AS_CSV),
    (
        b"\xd0\xcf\x11\xe0",
        "it is an .xls workbook or is protected by a password",
        "Save it as .xlsx without a password.",
    ),
    (b"{\\rtf", "it is a text document, not a table", SAVE_AS_CSV),
    (b"PAR1", "it is a Parquet file", SAVE_AS_CSV),
    (b"SQLite format 3\x00", "it is a database", SAVE_AS_CSV),
    (b"\x89PNG", "it is a picture", EXPORT_AGAIN),
    (b"\xff\xd8\xff", "it is a picture", EXPORT_AGAIN),
    (b"7z\xbc\xaf", "it is an archive", "Unpack it and drop the file inside."),
    (b"Rar!", "it is an archive", "Unpack it and drop the file inside."),
    (b"BZh", "it is a .bz2 archive", "Unpack it and drop the file inside."),
    (b"\xfd7zXZ", "it is an .xz archive", "Unpack it and drop the file inside."),
    (b"\x28\xb5\x2f\xfd", "it is a .zst archive", "Unpack it and drop the file inside."),
)
TEXT_CONTROLS = frozenset(b"\t\n\r\f\v\x00\x1a\x1c\x1d\x1e\x1f\x1b\x08")


class OpenedFile:
    """An opened file: its first bytes as they will be read, and the stream from its beginning."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        try:
            self._raw = io.BufferedReader(io.FileIO(path), BUFFER)
        except OSError as error:
            raise UnreadableFile(name, f"it cannot be opened ({error.strerror})", "Check the file.") from error
        self.stream: io.BufferedReader[Any] = self._raw
        try:
            self.head = self._peek()
            if self.head.startswith(GZIP):
                packed = _Unpacked(self._raw, path.stat().st_size, name)
                self.stream = io.BufferedReader(cast(io.RawIOBase, packed), BUFFER)
                self.head = self._peek()
                if self.head.startswith((GZIP, ZIP)):
                    raise UnreadableFile(name, "it is packed twice", "Unpack it once and drop the file inside.")
        except BaseException:
            self.close()
            raise

    @property
    def is_zip(self) -> bool:
        return self.head.startswith(ZIP)

    def _peek(self) -> bytes:
        try:
            return self.stream.peek(HEAD)[:HEAD]
        except OSError as error:
            raise UnreadableFile(self.name, f"it cannot be read ({error.strerror})", "Check the file.") from error

    def close(self) -> None:
        self.stream.close()
        self._raw.close()


class _Unpacked(io.RawIOBase):
    """A gzip stream that stops at damage and at bombs."""

    def __init__(self, packed: IO[bytes], packed_size: int, name: str) -> None:
        self._gzip = gzip.GzipFile(fileobj=packed)
        self._packed_size = max(packed_size, 1)
        self._size = 0
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._gzip.read(len(buffer))
        except EOFError as error:
            raise UnreadableFile(self._name, "the packed file is cut off", EXPORT_AGAIN) from error
        except (OSError, zlib.error) as error:
            raise UnreadableFile(self._name, "the packed file is damaged", EXPORT_AGAIN) from error
        self._size += len(chunk)
        is_bomb = self._size > RATIO_COUNTS_FROM and self._size > RATIO_LIMIT * self._packed_size
        if is_bomb or self._size > UNPACKED_LIMIT:
            raise UnreadableFile(self._name, "it unpacks to far more than a table would", "Drop the unpacked file.")
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._gzip.close()
        super().close()


def encoding_of(head: bytes, name: str) -> str:
    """The codec of a text file by its first bytes; UnreadableFile when it is no text at all."""
    for mark, codec in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
    ):
        if head.startswith(mark):
            return codec
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    pairs = len(head) // 2
    zeros = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if pairs > 8 and max(zeros) > 0.7 * pairs and min(zeros) < 0.1 * pairs:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    _refuse_other_formats(head, name)
    return "utf-8"


def _refuse_other_formats(head: bytes, name: str) -> None:
    if not head.strip(b"\x00\r\n\t ,;"):
        raise UnreadableFile(name, "it is empty", EXPORT_AGAIN)
    for mark, reason, remedy in FOREIGN:
        if head.startswith(mark):
            raise UnreadableFile(name, reason, remedy)
    start = head.lstrip()[:256].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<script")):
        raise UnreadableFile(name, "it is a web page, perhaps a login page, not a table", EXPORT_AGAIN)
    controls = sum(1 for byte in head if byte < 32 and byte not in TEXT_CONTROLS)
    if controls > len(head) // 50 or head.count(0) > len(head) // 2:
        raise UnreadableFile(name, "it holds binary data, not text", EXPORT_AGAIN)
