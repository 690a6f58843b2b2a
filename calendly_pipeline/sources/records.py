"""What every file reader hands on: batches of columns, and the records that could not become rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BATCH_ROWS = 20_000
PACK_ROWS = 500
RAW_LENGTH = 2_000


@dataclass(frozen=True)
class RejectedRow:
    """A record that is no row; `line` is the physical line it begins on."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Batch:
    """Up to 20,000 rows of one table by column; in a cell None = no such column in the file, '' = blank cell."""

    columns: dict[str, list[Any]]
    rejected: list[RejectedRow]
    repairs: dict[str, int] = field(default_factory=dict)
    """What was mended so far in the whole file -> how often; empty for a clean file."""


class Block:
    """Up to 20,000 records of a file as they stand, by column, surrounding blanks off.

    Rows are turned into columns a few hundred at a time: that many fit the processor's cache, and fewer than wake the
    garbage collector.
    """

    def __init__(self, width: int) -> None:
        self.lines: list[int] = []
        self.rows: list[list[str]] = []
        """Rows as wide as the header that are not in `columns` yet."""
        self.columns: list[list[str]] = [[] for _ in range(width)]
        self.rejected: list[RejectedRow] = []

    def add(self, line: int, row: list[str]) -> None:
        self.lines.append(line)
        self.rows.append(row)
        if len(self.rows) >= PACK_ROWS:
            self.pack()

    def pack(self) -> None:
        """Move `rows` into `columns`."""
        for column, cells in zip(self.columns, zip(*self.rows, strict=True), strict=False):
            first = cells[0]
            if cells.count(first) == len(cells):  # blank columns above all
                column.extend([first.strip()] * len(cells))
            else:
                column.extend(map(str.strip, cells))
        self.rows.clear()

    def is_full(self) -> bool:
        return len(self.lines) >= BATCH_ROWS or len(self.rejected) >= BATCH_ROWS


Fit = Callable[[list[str]], list[str] | str]
"""Turns the cells of a record into a row as wide as the header, or says why it cannot."""


def fit_to(width: int) -> Fit:
    """Spreadsheets drop trailing separators, or add some: pad short rows, cut blank cells off long ones."""

    def fit(cells: list[str]) -> list[str] | str:
        if len(cells) < width:
            return cells + [""] * (width - len(cells))
        if any(map(str.strip, cells[width:])):
            return f"{len(cells)} cells, but the header has {width}"
        return cells[:width]

    return fit


def rejected_row(line: int, reason: str, raw: str) -> RejectedRow:
    """A rejected record, its text cut to what a person can look through."""
    return RejectedRow(line, reason, raw[: RAW_LENGTH + 2].rstrip("\r\n")[:RAW_LENGTH])
