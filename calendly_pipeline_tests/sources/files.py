"""Small files to read, and what was read out of them as plain rows."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from calendly_pipeline.sources.tabular import Batch, RejectedRow, open_table


def written(folder: Path, content: str | bytes, name: str = "export.csv") -> Path:
    """A file with this content; text is written as UTF-8, its line ends as they are."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def csv_text(rows: Iterable[Sequence[str]], line_end: str = "\n", delimiter: str = ",") -> str:
    """Rows as csv.writer writes them."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def workbook(folder: Path, *sheets: Sequence[Sequence[Any]], name: str = "export.xlsx") -> Path:
    """A workbook whose sheets hold these cells."""
    book = Workbook()
    for title in book.sheetnames:
        del book[title]
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(list(row))
    path = folder / name
    book.save(path)
    return path


def archive(folder: Path, members: dict[str, bytes], name: str) -> Path:
    """A zip archive with these members."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for member, content in members.items():
            out.writestr(member, content)
    return path


def table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]], list[RejectedRow], dict[str, int]]:
    """Header, rows with their line numbers, rejected rows and repairs of a file."""
    rows: list[tuple[int, list[str]]] = []
    rejected: list[RejectedRow] = []
    with open_table(path) as opened:
        for block in opened.blocks():
            rows += zip(block.lines, map(list, zip(*block.columns, strict=True)), strict=True)
            rejected += block.rejected
        return opened.header, rows, rejected, dict(opened.repairs)


def rows_of(batches: Iterator[Batch]) -> list[dict[str, Any]]:
    """Every row of every batch as a dictionary."""
    return [
        dict(zip(batch.columns, row, strict=True))
        for batch in batches
        for row in zip(*batch.columns.values(), strict=True)
    ]


def rejected_of(batches: Iterator[Batch]) -> list[RejectedRow]:
    """Every rejected row of every batch."""
    return [row for batch in batches for row in batch.rejected]
