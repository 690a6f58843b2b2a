"""Write text files byte for byte the same everywhere: no platform line ends, no compressor's taste."""

import csv
import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

_BLOCK = 65535


def csv_text(rows: Iterable[Sequence[str]], line_end: str = "\n") -> str:
    """Rows as CSV text, quoted only where needed."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=line_end).writerows(rows)
    return buffer.getvalue()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, gzipped when its name says so, creating its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stored_gzip(content) if path.suffix == ".gz" else content)


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 file with the line ends as given."""
    write_bytes(path, content.encode())


def stored_gzip(content: bytes) -> bytes:
    """A gzip file whose data is stored, not compressed: compressors of different versions give different bytes."""
    blocks = [content[start : start + _BLOCK] for start in range(0, len(content), _BLOCK)] or [b""]
    body = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), len(block) ^ 0xFFFF) + block for block in blocks
    )
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return header + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
