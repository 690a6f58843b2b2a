"""Opens any table file - `.csv`, `.csv.gz`, `.xlsx` - and yields its records with exact line numbers.

What belongs here: finding out what a file is and laying records out by column. What does not: what the columns mean
(`calendly_csv`, `calcom_csv`, `contact_csv`).

Every record is a row or a RejectedRow; blank lines are neither. A file that cannot be read at all raises
UnreadableFile, at once or, when the damage lies further down, while it is read.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.delimited import DelimitedFile
from calendly_pipeline.sources.file_bytes import OpenedFile
from calendly_pipeline.sources.records import Batch, Block, Fit, RejectedRow, fit_to
from calendly_pipeline.sources.spreadsheet import Spreadsheet

__all__ = [
    "Batch",
    "Block",
    "Fit",
    "RejectedRow",
    "Table",
    "fit_to",
    "open_table",
    "plain",
    "unique_names",
    "unknown_layout",
]


class Table(Protocol):
    """An open table file; a context manager that closes it."""

    name: str
    delimiter: str
    header: list[str]
    repairs: Counter[str]

    def blocks(self, fit: Fit | None = None, width: int = 0, is_quoted: bool = True) -> Iterator[Block]: ...

    def close(self) -> None: ...

    def __enter__(self) -> "Table": ...

    def __exit__(self, *_: object) -> None: ...


def open_table(path: Path, name: str | None = None) -> Table:
    """Open a file by what it holds, whatever it is called; `name` is what messages call it."""
    opened = OpenedFile(path, name or path.name)
    try:
        return Spreadsheet(opened) if opened.is_zip else DelimitedFile(opened)
    except BaseException:
        opened.close()
        raise


def plain(label: str) -> str:
    """A column name as compared: case, the number of blanks and the kind of apostrophe do not matter."""
    return " ".join(unicodedata.normalize("NFKC", label).replace("\u2019", "'").split()).casefold()


def unknown_layout(name: str, kind: str, header: Sequence[str]) -> UnreadableFile:
    """The error for a table whose columns are not those of the export looked for."""
    shown = ", ".join(f"“{label[:60]}”" for label in header[:12]) + (", ..." if len(header) > 12 else "")
    return UnreadableFile(
        name, f"its columns are not those of {kind}: {shown}", "Drop the export as it was downloaded."
    )


def unique_names(labels: Sequence[str]) -> list[str]:
    """Column names as JSON keys: a blank one gets its position, a repeated one a number."""
    seen: Counter[str] = Counter()
    names = []
    for position, label in enumerate(labels, 1):
        name = label or f"column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
