"""Physical lines of a text file: decoded, mended, never longer than LINE_LIMIT in memory.

Text is UTF-8 unless the file begins like UTF-16 or UTF-32. A byte that is no UTF-8 is read as Windows-1252, the code
page such files come from, and counted: a file wholly in Windows-1252 and one that is damaged in two places both read
right.
"""

import io
import re
from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice

from calendly_pipeline.sources.file_bytes import OpenedFile, encoding_of

LINE_LIMIT = 1_000_000
KEPT_OF_LONG_LINE = 10_000
ESCAPED = re.compile("[\udc80-\udcff]")
UNDECODED = "\ufffd"


class TooLong(str):
    """The beginning of a line that is longer than LINE_LIMIT."""

    __slots__ = ()


class PhysicalLines:
    """The lines of a file one by one; lines can be put back and looked at in advance."""

    def __init__(self, opened: OpenedFile) -> None:
        encoding = encoding_of(opened.head, opened.name)
        self._is_utf8 = encoding.startswith("utf-8")
        newline = _line_end(opened.head.decode(encoding, "ignore"))
        self._ends = newline or "\r\n"
        errors = "surrogateescape" if self._is_utf8 else "replace"
        self._text = io.TextIOWrapper(opened.stream, encoding, errors, newline=newline)
        self._pending: deque[str] = deque()
        self.repairs: Counter[str] = Counter()
        self.size = 0
        """Characters read so far."""

    def close(self) -> None:
        self._text.close()

    def next(self) -> str:
        """The next line with its line end, '' at the end of the file; a TooLong for an endless one."""
        return self._pending.popleft() if self._pending else self._read()

    def put_back(self, lines: Sequence[str]) -> None:
        self._pending.extendleft(reversed(lines))

    def peek(self, count: int) -> list[str]:
        """Up to `count` lines that come next."""
        while len(self._pending) < count:
            line = self._read()
            if not line:
                break
            self._pending.append(line)
        return list(islice(self._pending, count))

    def _read(self) -> str:
        line = self._text.readline(LINE_LIMIT)
        if len(line) == LINE_LIMIT and line[-1] not in self._ends:
            line = self._skip_rest(line)
        elif not line.isascii() or "\0" in line:
            line = self._mended(line)
        self.size += len(line)
        return line

    def _skip_rest(self, line: str) -> str:
        while (rest := self._text.readline(LINE_LIMIT)) and rest[-1] not in self._ends:
            pass
        return TooLong(line[:KEPT_OF_LONG_LINE])

    def _mended(self, line: str) -> str:
        if "\0" in line:
            self.repairs["NUL characters left out"] += line.count("\0")
            line = line.replace("\0", "") or "\n"
        line, count = ESCAPED.subn(_windows_1252, line)
        if count:
            self.repairs["bytes read as Windows-1252"] += count
        if not self._is_utf8 and UNDECODED in line:
            self.repairs["characters that cannot be decoded"] += line.count(UNDECODED)
        return line


def _line_end(head: str) -> str:
    """Where lines are split: at LF when the header ends so (then a lone CR is part of a cell), else at any line end."""
    quoted = False
    for mark in re.findall(r'"|\r\n|\r|\n', head):
        if mark == '"':
            quoted = not quoted
        elif not quoted:
            return "" if mark == "\r" else "\n"
    return ""


def _windows_1252(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)
