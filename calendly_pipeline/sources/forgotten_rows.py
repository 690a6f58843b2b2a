"""People taken out of dropped files: their rows go; rows that others need stay without them.

A row goes when it names nobody else on the invitees' side, or when it stands in an address book. Otherwise the
person's cells are emptied: an address among guests, an attendee's column, the invitee of a row that has guests. All
other bytes of a delimited file stay as they are; a workbook is saved again.
"""

import csv
import gzip
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calendly_pipeline.addresses import PLACEHOLDER, Holds, fold, mentions, spans, without_names
from calendly_pipeline.disk import writing
from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.file_bytes import GZIP, OpenedFile, encoding_of

LINES_OF_A_RECORD = 200
"""A quote that is open for longer is a stray one."""
HOSTS = re.compile(r"user|host|organi[sz]er|owner|assigned|team|scheduled by|canceled by", re.IGNORECASE)
INVITEE = "invitee email"
OF_THE_MEETING = re.compile(
    r"user name|user email|team|event|start|end|created|canceled$|marked as|guest|scheduling method|uuid|price",
    re.IGNORECASE,
)
"""Columns of a Calendly row that are about the meeting, not about its invitee."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
PARTS = re.compile(r"\s*[;,\n]\s*")
ATTENDEE = re.compile(r"attendee([1-9]\d*)", re.IGNORECASE)


@dataclass
class Rows:
    """What was taken out of a file."""

    removed: int = 0
    emptied: int = 0

    @property
    def count(self) -> int:
        """Rows that are no longer as they were."""
        return self.removed + self.emptied


def forget_rows(path: Path, folder: str, holds: Holds, target: Path) -> Rows:
    """Write the file without these people to `target`; no file is written when it names nobody.

    Raises UnreadableFile when the file is no table but names one of them.
    """
    opened = OpenedFile(path, path.name)
    try:
        if opened.is_zip:
            return _forget_in_workbook(path, folder, holds, target)
        raw = opened.stream.read()
        is_packed = _begins(path) == GZIP
        try:
            encoding = encoding_of(opened.head, path.name)
        except UnreadableFile:
            if mentions(raw.decode("latin-1"), holds):
                raise
            return Rows()
    finally:
        opened.close()
    text = raw.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "replace")
    rows = Rows()
    if not mentions(text, holds):
        return rows
    new = "".join(_kept_records(text, folder, holds, rows))
    content = new.encode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict")
    with writing(target.name):
        target.write_bytes(gzip.compress(content, mtime=0) if is_packed else content)
    return rows


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(GZIP))


def records(text: str) -> Iterator[str]:
    """The records of a delimited text with their line ends; a record goes on while a quote is open."""
    lines = LINE.findall(text)
    start = 0
    while start < len(lines):
        end, quotes = start + 1, lines[start].count('"')
        while quotes % 2 and end < len(lines) and end - start < LINES_OF_A_RECORD:
            quotes += lines[end].count('"')
            end += 1
        end = start + 1 if quotes % 2 else end
        yield "".join(lines[start:end])
        start = end


def _kept_records(text: str, folder: str, holds: Holds, rows: Rows) -> Iterator[str]:
    header: Sequence[str] | None = None
    delimiter = ","
    for record in records(text):
        if header is None and record.strip() and not record.lower().startswith("sep="):
            delimiter = max(",;\t", key=record.count)
            header = _cells(record, delimiter)
        if not mentions(record, holds):
            yield record
            continue
        left = forget_in_row(header or [], _cells(record, delimiter), folder, holds)
        if left is None:
            rows.removed += 1
        else:
            rows.emptied += 1
            yield _record(left, delimiter, record)


def _cells(record: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(record.rstrip("\r\n"), newline=""), delimiter=delimiter), [])
    except csv.Error:
        return [record.rstrip("\r\n")]


def _record(cells: Sequence[str], delimiter: str, old: str) -> str:
    ending = old[len(old.rstrip("\r\n")) :]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    return out.getvalue() + ending


def forget_in_row(header: Sequence[str], cells: Sequence[str], folder: str, holds: Holds) -> list[str] | None:
    """A row without these people; None when nothing of it is about anybody else."""
    labels = [" ".join(label.split()).casefold() for label in header] + [""] * (len(cells) - len(header))
    guests = [cell for label, cell in zip(labels, cells, strict=False) if not HOSTS.search(label)]
    others = {address for cell in guests for address in _addresses(cell) if not holds(address)}
    if folder == "contacts" or not others:
        return None
    mine = [index for index, cell in enumerate(cells) if mentions(cell, holds)]
    names = _names(labels, cells, mine, holds)
    left = list(cells)
    for index in mine:
        left[index] = _without_parts(cells[index], holds)
    _empty_what_goes_with(labels, left, mine, cells, holds)
    return [without_names(cell, names) for cell in left]


def _addresses(cell: str) -> list[str]:
    found: list[str] = []
    for start, end in spans(cell, lambda _: True):
        found.append(fold(cell[start:end]))
    return found


def _names(labels: Sequence[str], cells: Sequence[str], mine: Sequence[int], holds: Holds) -> set[str]:
    """Full names that the row gives the person: `Name (address)`, or the name of an invitee."""
    names = {
        cells[index].partition("(")[0].strip() for index in mine if "(" in cells[index] and ";" not in cells[index]
    }
    if any(labels[index] == INVITEE for index in mine):
        names |= {cell for label, cell in zip(labels, cells, strict=False) if label == "invitee name"}
    return {name for name in names if " " in name and not mentions(name, holds)}


def _without_parts(cell: str, holds: Holds) -> str:
    parts = PARTS.split(cell)
    kept = [part for part in parts if not mentions(part, holds)]
    separator = "; " if ";" in cell else "\n" if "\n" in cell else ", "
    return separator.join(kept) if kept else ""


def _empty_what_goes_with(
    labels: Sequence[str], left: list[str], mine: Sequence[int], cells: Sequence[str], holds: Holds
) -> None:
    """Empty the cells that say something of the person beside the address."""
    if any(labels[index] == INVITEE for index in mine):
        for index, label in enumerate(labels):
            if not OF_THE_MEETING.search(label):
                left[index] = ""
        left[labels.index(INVITEE)] = PLACEHOLDER
    for index in mine:
        numbered = ATTENDEE.fullmatch(labels[index])
        if numbered and f"attendeephone{numbered[1]}" in labels:
            left[labels.index(f"attendeephone{numbered[1]}")] = ""
        _drop_parallel_names(left, cells, index, holds)


def _drop_parallel_names(left: list[str], cells: Sequence[str], index: int, holds: Holds) -> None:
    """Cal.com's bookings list: `names` and `addresses` in two cells, joined with `; ` in the same order."""
    addresses = cells[index].split(";")
    places = [number for number, part in enumerate(addresses) if mentions(part, holds)]
    before = cells[index - 1].split(";") if index else []
    if len(addresses) > 1 and len(before) == len(addresses):
        left[index - 1] = ";".join(part for number, part in enumerate(before) if number not in places).strip()


def _forget_in_workbook(path: Path, folder: str, holds: Holds, target: Path) -> Rows:
    from openpyxl import load_workbook  # half a second that most runs need not pay

    rows = Rows()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(path.read_bytes()))
    except Exception as error:  # a damaged workbook makes openpyxl raise anything
        raise UnreadableFile(path.name, "the workbook is damaged", "Delete it by hand, or save it again.") from error
    for sheet in book.worksheets:
        header: list[str] = []
        gone = []
        for number, row in enumerate(sheet.iter_rows(), 1):
            cells = ["" if cell.value is None else str(cell.value) for cell in row]
            header = header or (cells if any(cells) else [])
            if not any(mentions(cell, holds) for cell in cells):
                continue
            left = forget_in_row(header, cells, folder, holds)
            if left is None:
                gone.append(number)
                continue
            rows.emptied += 1
            for cell, old, new in zip(row, cells, left, strict=True):
                if old != new:
                    sheet.cell(number, cell.column or 1, new)
        for number in reversed(gone):
            sheet.delete_rows(number)
        rows.removed += len(gone)
    if rows.count:
        with writing(target.name):
            book.save(target)
    return rows
