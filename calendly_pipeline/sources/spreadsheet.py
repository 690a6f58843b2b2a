"""Records of an `.xlsx` workbook: exports that somebody opened in a spreadsheet and saved again.

The first sheet with content is read. Cells become the text an export would hold: a date is `YYYY-MM-DD HH:MM:SS`,
a boolean TRUE or FALSE, a whole number has no `.0`. Line numbers are the sheet's row numbers.
"""

import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, TypeVar

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.file_bytes import EXPORT_AGAIN, OpenedFile
from calendly_pipeline.sources.records import PACK_ROWS, Block, Fit, fit_to, rejected_row

UNPACKED_LIMIT = 4 << 30
IN_MEMORY_LIMIT = 256 << 20
"""openpyxl streams sheets, but holds the shared texts and styles."""
LAST_ROW = 1_048_576
EXACT = 1 << 53
T = TypeVar("T")
SAVE_AGAIN = "Open it in a spreadsheet, save it as CSV and drop that."


class Spreadsheet:
    """An `.xlsx` file: its header, then its records."""

    def __init__(self, opened: OpenedFile) -> None:
        self.name = opened.name
        self.repairs: Counter[str] = Counter()
        self.delimiter = ","
        self._opened = opened
        self._refuse_bombs()
        from openpyxl import load_workbook  # half a second that most runs need not pay

        self._book = self._quietly(lambda: load_workbook(opened.stream, read_only=True, data_only=True))
        self._rows = self._first_filled_sheet()
        _, first = next(self._rows)
        self.header = [cell.strip() for cell in first]
        while self.header and not self.header[-1]:
            self.header.pop()

    def close(self) -> None:
        self._book.close()
        self._opened.close()

    def __enter__(self) -> "Spreadsheet":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def blocks(self, fit: Fit | None = None, width: int = 0, is_quoted: bool = True) -> Iterator[Block]:
        """Every record after the header; see DelimitedFile.blocks."""
        width = width or len(self.header)
        fit = fit or fit_to(width)
        block = Block(width)
        for line, cells in self._rows:
            row = fit(cells)
            if isinstance(row, str):
                block.rejected.append(rejected_row(line, row, ",".join(cells)))
            else:
                block.add(line, row)
            if block.is_full():
                block.pack()
                yield block
                block = Block(width)
        block.pack()
        if block.lines or block.rejected:
            yield block

    def _refuse_bombs(self) -> None:
        try:
            with zipfile.ZipFile(self._opened.stream) as archive:
                parts = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UnreadableFile(self.name, "the workbook is cut off or damaged", EXPORT_AGAIN) from error
        self._opened.stream.seek(0)
        if not any(part.filename.startswith("xl/") for part in parts):
            raise UnreadableFile(
                self.name, "it is a zip archive, not a workbook", "Unpack it and drop the file inside."
            )
        if any(part.flag_bits & 1 for part in parts):
            raise UnreadableFile(self.name, "it is protected by a password", "Save it without a password.")
        held = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
        if sum(part.file_size for part in parts) > UNPACKED_LIMIT or held > IN_MEMORY_LIMIT:
            raise UnreadableFile(self.name, "it unpacks to far more than a table would", SAVE_AGAIN)

    def _first_filled_sheet(self) -> Iterator[tuple[int, list[str]]]:
        for sheet in self._book.worksheets:
            rows = self._filled_rows(sheet)
            first = next(rows, None)
            if first is not None:
                return chain((first,), rows)
        raise UnreadableFile(self.name, "it is empty", EXPORT_AGAIN)

    def _filled_rows(self, sheet: Any) -> Iterator[tuple[int, list[str]]]:
        sheet.reset_dimensions()  # some programs write a wrong size into the file
        numbered = enumerate(sheet.iter_rows(max_row=LAST_ROW, values_only=True), 1)
        while rows := self._quietly(lambda: list(islice(numbered, PACK_ROWS))):
            for line, values in rows:
                cells = [_text(value) for value in values]
                if any(map(str.strip, cells)):
                    yield line, cells

    def _quietly(self, step: Callable[[], T]) -> T:
        """A step of openpyxl: its warnings (validation, formats it does not know) say nothing about cells, and a
        damaged workbook makes it raise anything, from KeyError to a parse error."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return step()
        except Exception as error:
            raise UnreadableFile(self.name, "the workbook is damaged", SAVE_AGAIN) from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value + timedelta(milliseconds=500):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d} 00:00:00"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}"
    return str(value)
