"""Records of a delimited text file with their physical line numbers, in bounded memory.

A stray quote makes the CSV grammar swallow the lines after it. When a record turns out broken, the lines it swallowed
are searched for the next one that is a whole row by itself; what stands before is rejected and reading goes on there.
"""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.file_bytes import EXPORT_AGAIN, OpenedFile, encoding_of
from calendly_pipeline.sources.records import PACK_ROWS, Block, Fit, fit_to, rejected_row

LINE_LIMIT = 1_000_000
RECORD_LIMIT = 4_000_000
REREAD_LIMIT = 32_000_000
REREAD_SHARE = 4
"""How many characters may be read again after broken records, and how many more for each one read: hostile files must
not cost quadratic time."""
LINE_COST = 50
"""What looking at a line costs beside its length, in characters."""
LOOK_AHEAD = 200

ESCAPED = re.compile("[\udc80-\udcff]")
LONE_RETURN = "\ufdd0"
"""Stands for a carriage return inside a line while csv reads it; csv takes it for a line end."""


class _TooLong(str):
    """The beginning of a line that is longer than LINE_LIMIT."""

    __slots__ = ()


class _Broken(Exception):
    """The record under way cannot be read on."""


class DelimitedFile:
    """A `.csv` or `.csv.gz`: its header, then its records."""

    def __init__(self, opened: OpenedFile) -> None:
        self.name = opened.name
        self.repairs: Counter[str] = Counter()
        self._opened = opened
        encoding = encoding_of(opened.head, opened.name)
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        self._replaced = "" if errors == "surrogateescape" else "\ufffd"
        newline = _line_end(opened.head.decode(encoding, "ignore"))
        self._line_ends = newline or "\r\n"
        self._text = io.TextIOWrapper(opened.stream, encoding, errors, newline=newline)
        self._pending: deque[str] = deque()
        self._record: list[str] = []
        self._line = 1
        self._read = 0
        self._reread = 0
        self._marks_returns = False
        self._is_quoted = True
        self.delimiter = ","
        self.header = self._read_header()

    def close(self) -> None:
        self._text.close()
        self._opened.close()

    def __enter__(self) -> "DelimitedFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def blocks(self, fit: Fit | None = None, width: int = 0, is_quoted: bool = True) -> Iterator[Block]:
        """Every record after the header. `fit` sees every record and makes it `width` cells wide; left out, a row is
        as wide as the header."""
        width = width or len(self.header)
        self._is_quoted = is_quoted
        block = Block(width)
        while True:
            try:
                for cells in self._reader():
                    if fit is None and len(cells) == width and any(map(str.strip, cells)):
                        block.lines.append(self._line)
                        block.rows.append(cells)
                    else:
                        self._take(cells, fit or fit_to(width), block)
                    self._line += len(self._record)
                    self._record.clear()
                    if len(block.rows) >= PACK_ROWS or len(block.rejected) >= PACK_ROWS:
                        block.pack()
                        if block.is_full():
                            yield block
                            block = Block(width)
                break
            except (csv.Error, _Broken) as error:
                self._recover(error, block)
            except OSError as error:
                raise UnreadableFile(self.name, f"it cannot be read ({error.strerror})", EXPORT_AGAIN) from error
            if block.is_full():
                block.pack()
                yield block
                block = Block(width)
        block.pack()
        if block.lines or block.rejected:
            yield block

    def _take(self, cells: list[str], fit: Fit, block: Block) -> None:
        if not any(map(str.strip, cells)):
            return
        if len(self._record) > 1 and len(cells) != len(self.header) and self._next_row(self._record):
            raise _Broken("unbalanced quotes")
        row = fit(cells)
        if isinstance(row, str):
            block.rejected.append(rejected_row(self._line, row, "".join(self._record)))
        else:
            block.lines.append(self._line)
            block.rows.append(row)

    def _parse(self, lines: Iterable[str]) -> Iterator[list[str]]:
        quoting = csv.QUOTE_MINIMAL if self._is_quoted else csv.QUOTE_NONE
        return csv.reader(lines, delimiter=self.delimiter, quoting=quoting, strict=True)

    def _reader(self) -> Iterator[list[str]]:
        rows = self._parse(self._feed())
        if not self._marks_returns:
            return rows
        return ([cell.replace(LONE_RETURN, "\r") for cell in row] for row in rows)

    def _feed(self) -> Iterator[str]:
        """Physical lines for csv; each stays in `_record` until its record is taken."""
        pending, record, readline = self._pending, self._record, self._text.readline
        size = 0
        while True:
            if pending:
                line = pending.popleft()
            else:
                line = readline(LINE_LIMIT)
                if not line:
                    return
                if len(line) == LINE_LIMIT and line[-1] not in self._line_ends:
                    line = self._skip_rest(line)
                elif not line.isascii() or "\0" in line:
                    line = self._repaired(line)
                self._read += len(line)
            size = size + len(line) if record else len(line)
            record.append(line)
            if line.__class__ is _TooLong or size > RECORD_LIMIT:
                raise _Broken("unbalanced quotes")
            yield self._marked(line) if self._marks_returns else line

    def _skip_rest(self, line: str) -> str:
        while (rest := self._text.readline(LINE_LIMIT)) and rest[-1] not in self._line_ends:
            pass
        return _TooLong(line[:10_000])

    def _repaired(self, line: str) -> str:
        if "\0" in line:
            self.repairs["NUL characters left out"] += line.count("\0")
            line = line.replace("\0", "") or "\n"
        line, count = ESCAPED.subn(_windows_1252, line)
        if count:
            self.repairs["bytes read as Windows-1252"] += count
        if self._replaced and self._replaced in line:
            self.repairs["characters that cannot be decoded"] += line.count(self._replaced)
        return line

    def _marked(self, line: str) -> str:
        body = line.rstrip("\r\n")
        return body.replace("\r", LONE_RETURN) + line[len(body) :]

    def _recover(self, error: Exception, block: Block) -> None:
        lines = self._record.copy()
        self._record.clear()
        if not self._marks_returns and any("\r" in line.rstrip("\r\n") for line in lines):
            self._marks_returns = True
            self._pending.extendleft(reversed(lines))
            return
        whole = lines[:-1] if isinstance(lines[-1], _TooLong) else lines
        end = self._next_row(whole) or len(whole) or 1
        self._charge(lines[end:])
        self._pending.extendleft(reversed(lines[end:]))
        reason = _reason(error, len(lines)) if whole else f"a line longer than {LINE_LIMIT:,} characters"
        span = f"; lines {self._line} to {self._line + end - 1} are left out" if end > 1 else ""
        block.rejected.append(rejected_row(self._line, reason + span, "".join(lines[:end])))
        self._line += end

    def _next_row(self, lines: list[str]) -> int | None:
        """Index of the first line after the first at which a whole row begins."""
        for start in range(1, len(lines)):
            if self._reread > REREAD_LIMIT + REREAD_SHARE * self._read:
                return None
            self._charge(lines[start : start + 1])
            if self._is_row(lines[start : start + 1]):
                return start
            if lines[start].count('"') % 2:
                window = lines[start : start + LOOK_AHEAD]
                self._charge(window)
                if self._is_row(window):
                    return start
        return None

    def _charge(self, lines: list[str]) -> None:
        self._reread += sum(map(len, lines)) + LINE_COST * len(lines)

    def _is_row(self, lines: list[str]) -> bool:
        """True when a record as wide as the header begins these lines, with no quote but quoted ones in it."""
        try:
            cells = next(self._parse(map(self._marked, lines)), [])
        except csv.Error:
            return False
        text = "".join(lines)
        quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells if '"' in cell)
        return len(cells) == len(self.header) and all(cell in text for cell in quoted)

    def _read_header(self) -> list[str]:
        first = self._first_line()
        named = re.match(r"\s*\"?sep=(.)", first)
        if named:
            self.delimiter = named[1]
            self._line += 1
            first = self._first_line()
        else:
            self.delimiter = max(",;\t", key=lambda mark: _cell_count(self._marked(first), mark))
        self._marks_returns = "\r" in first.rstrip("\r\n")
        self._pending.appendleft(first)
        try:
            cells = next(self._reader())
        except (csv.Error, _Broken, StopIteration) as error:
            raise UnreadableFile(self.name, "its first line is not a line of column names", EXPORT_AGAIN) from error
        self._line += len(self._record)
        self._record.clear()
        header = [cell.strip() for cell in cells]
        while header and not header[-1]:
            header.pop()
        return header

    def _first_line(self) -> str:
        """The next line that is not blank; counts the lines before it."""
        try:
            for line in self._feed():
                self._record.clear()
                if line.strip(" \t\r\n,;"):
                    return line
                self._line += 1
        except _Broken as error:
            raise UnreadableFile(self.name, "its first line is endless", EXPORT_AGAIN) from error
        raise UnreadableFile(self.name, "it is empty", EXPORT_AGAIN)


def _line_end(head: str) -> str:
    """Where lines are split: at LF when the header ends so (then a lone CR is part of a cell), else at any line end."""
    quoted = False
    for mark in re.findall(r'"|\r\n|\r|\n', head):
        if mark == '"':
            quoted = not quoted
        elif not quoted:
            return "" if mark == "\r" else "\n"
    return ""


def _cell_count(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _reason(error: Exception, line_count: int) -> str:
    text = str(error)
    if "field larger than" in text and line_count == 1:
        return f"a cell longer than {csv.field_size_limit():,} characters"
    if "field larger than" in text or "unexpected end" in text or isinstance(error, _Broken):
        return "unbalanced quotes"
    if "expected after" in text:
        return "unbalanced quotes: text after a closing quote"
    return text


def _windows_1252(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)
