"""Records of a delimited text file with their physical line numbers, in bounded memory.

A stray quote makes the CSV grammar swallow the lines after it, or cuts a cell of several lines in two. When a record
turns out broken, the next line that certainly begins a row is looked for; what stands before it is rejected as one
record, and reading goes on there. A row that could be the rest of a broken one is never taken for a row.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.file_bytes import EXPORT_AGAIN, OpenedFile
from calendly_pipeline.sources.physical_lines import LINE_LIMIT, PhysicalLines, TooLong
from calendly_pipeline.sources.records import PACK_ROWS, Block, Fit, fit_to, rejected_row

RECORD_LIMIT = 4_000_000
REREAD_LIMIT = 32_000_000
REREAD_SHARE = 4
"""How many characters may be read again after broken records, and how many more for each one read: hostile files must
not cost quadratic time."""
LINE_COST = 50
"""What looking at a line costs beside its length, in characters."""
LOOK_AHEAD = 200
RAGGED = 10
"""One short row in so many lines is no accident: then a spreadsheet has dropped trailing separators in this file."""
LONE_RETURN = "\ufdd0"
"""Stands for a carriage return inside a line while csv reads it; csv takes it for a line end."""
STRAY_QUOTE = "unbalanced quotes"
CUT_OFF = "the file ends in the middle of this row"
"""A date or an id that is cut short may look whole: such a row would be another booking."""


class _Broken(Exception):
    """The record under way cannot be read on."""


class DelimitedFile:
    """A `.csv` or `.csv.gz`: its header, then its records."""

    def __init__(self, opened: OpenedFile) -> None:
        self.name = opened.name
        self._opened = opened
        self._lines = PhysicalLines(opened)
        self.repairs = self._lines.repairs
        self._record: list[str] = []
        self._line = 1
        self._reread = 0
        self._short_count = 0
        self._short: deque[tuple[int, str]] = deque(maxlen=LOOK_AHEAD)
        """The last short rows: in a file without many of them they may be the beginning of a broken row."""
        self._marks_returns = False
        self._is_quoted = True
        self.delimiter = ","
        self.header = self._read_header()

    def close(self) -> None:
        self._lines.close()
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
        text = "".join(self._record)
        if self._is_quoted and len(cells) != len(self.header) and self._is_doubtful(cells, text):
            raise _Broken(STRAY_QUOTE)
        if len(cells) < len(self.header) and not text.endswith(("\n", "\r")) and not self._is_ragged():
            block.rejected.append(rejected_row(self._line, CUT_OFF, text))
            return
        row = fit(cells)
        if isinstance(row, str):
            block.rejected.append(rejected_row(self._line, row, text))
            return
        if len(cells) < len(row):
            self._short_count += 1
            self._short.append((self._line, text))
        block.lines.append(self._line)
        block.rows.append(row)

    def _is_ragged(self) -> bool:
        return self._short_count * RAGGED > self._line

    def _is_doubtful(self, cells: list[str], text: str) -> bool:
        return _has_stray_quote(cells, text) or (len(self._record) > 1 and self._next_row(self._record) is not None)

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
        record, next_line = self._record, self._lines.next
        size = 0
        while line := next_line():
            size = size + len(line) if record else len(line)
            record.append(line)
            if line.__class__ is TooLong or size > RECORD_LIMIT:
                raise _Broken(STRAY_QUOTE)
            yield _marked(line) if self._marks_returns else line

    def _recover(self, error: Exception, block: Block) -> None:
        lines = self._record.copy()
        self._record.clear()
        if not self._marks_returns and any("\r" in line.rstrip("\r\n") for line in lines):
            self._marks_returns = True
            self._lines.put_back(lines)
            return
        whole = lines[:-1] if isinstance(lines[-1], TooLong) else lines
        end = self._next_row(whole)
        if end is None and whole is lines:
            lines += [self._lines.next() for _ in range(self._rest_of_record())]
        end = end or len(whole) or 1
        self._charge(lines[end:])
        self._lines.put_back(lines[end:])
        reason = _reason(error, len(lines)) if whole else f"a line longer than {LINE_LIMIT:,} characters"
        first, before = self._taken_too_soon(block) if whole else (self._line, "")
        self._line += end
        span = f"; lines {first} to {self._line - 1} are left out" if self._line - first > 1 else ""
        block.rejected.append(rejected_row(first, reason + span, before + "".join(lines[:end])))

    def _taken_too_soon(self, block: Block) -> tuple[int, str]:
        """Take short rows right before a broken record back: a cell of several lines that lost its opening quote
        looks like that. Returns where the record begins, and its text so far."""
        first, text = self._line, ""
        while self._short and block.rows and block.lines[-1] == self._short[-1][0] and not self._is_ragged():
            block.rows.pop()
            block.lines.pop()
            first, said = self._short.pop()
            self._short_count -= 1
            text = said + text
        return first, text

    def _next_row(self, lines: list[str]) -> int | None:
        """Index of the first line after the first at which a row begins."""
        ahead = self._lines.peek(LOOK_AHEAD) if len(lines) > 1 else []
        for start in range(1, len(lines) if self._may_look() else 0):
            if self._begins_row(lines[start : start + LOOK_AHEAD] + ahead):
                return start
        return None

    def _rest_of_record(self) -> int:
        """How many of the lines that come next belong to the broken record before them."""
        ahead = self._lines.peek(LOOK_AHEAD) if self._is_quoted and self._may_look() else []
        for index, line in enumerate(ahead):
            if isinstance(line, TooLong) or self._begins_row(ahead[index:]):
                return index
            if self._is_ragged() and line.count('"') % 2:  # the line that closes its quotes
                return index + 1
        return 0 if self._is_ragged() or len(ahead) == LOOK_AHEAD else len(ahead)

    def _begins_row(self, lines: list[str]) -> bool:
        """True when the first of these lines certainly begins a row; False, too, once enough was read again."""
        if not self._may_look():
            return False
        lines = lines[:LOOK_AHEAD] if lines[0].count('"') % 2 else lines[:1]
        self._charge(lines)
        try:
            cells = next(self._parse(map(_marked, lines)), [])
        except csv.Error:
            return False
        width = len(self.header)
        is_wide_enough = len(cells) == width or (self._is_ragged() and width / 2 < len(cells) < width)
        return is_wide_enough and not _has_stray_quote(cells, "".join(lines))

    def _may_look(self) -> bool:
        return self._reread < REREAD_LIMIT + REREAD_SHARE * self._lines.size

    def _charge(self, lines: list[str]) -> None:
        self._reread += sum(map(len, lines)) + LINE_COST * len(lines)

    def _read_header(self) -> list[str]:
        first = self._first_line()
        named = re.match(r"\s*\"?sep=(.)", first)
        if named:
            self.delimiter = named[1]
            self._line += 1
            first = self._first_line()
        else:
            self.delimiter = max(",;\t", key=lambda mark: _cell_count(_marked(first), mark))
        self._marks_returns = "\r" in first.rstrip("\r\n")
        self._lines.put_back([first])
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
        while line := self._lines.next():
            if isinstance(line, TooLong):
                raise UnreadableFile(self.name, "its first line is endless", EXPORT_AGAIN)
            if line.strip(" \t\r\n,;"):
                return line
            self._line += 1
        raise UnreadableFile(self.name, "it is empty", EXPORT_AGAIN)


def _marked(line: str) -> str:
    body = line.rstrip("\r\n")
    return body.replace("\r", LONE_RETURN) + line[len(body) :]


def _has_stray_quote(cells: list[str], text: str) -> bool:
    """True when a quote stands in a cell that is not quoted, as after a quote nobody doubled."""
    return any('"' in cell and '"' + cell.replace('"', '""') + '"' not in text for cell in cells)


def _cell_count(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _reason(error: Exception, line_count: int) -> str:
    text = str(error)
    if "field larger than" in text and line_count == 1:
        return f"a cell longer than {csv.field_size_limit():,} characters"
    if "expected after" in text:
        return f"{STRAY_QUOTE}: text after a closing quote"
    return STRAY_QUOTE
