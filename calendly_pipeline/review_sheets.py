"""The review queue without a browser: out as CSV or XLSX, answers typed in, and back, checked row by row.

What belongs here: columns, cells, and from a row to decisions. What does not: what decisions mean.

A row answers by number (`1` confirms candidate 1), which survives a spreadsheet that shortens long ids, or names a kind
of decision and a contact. Rows without a case may say anything a decision can be: `shared_address`, `household` and
so on, with `address` and `name` filled in.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calendly_pipeline.contacts.decisions import KINDS, Decision, Kept, checked
from calendly_pipeline.contacts.review_answers import answer
from calendly_pipeline.contacts.review_cases import Case, case, waiting
from calendly_pipeline.contacts.review_snapshot import Published, Row
from calendly_pipeline.failures import InputError
from calendly_pipeline.output import FORMULA_STARTS

OFFERED = 5
ASKED = ("answer", "contact", "reason")
COLUMNS = (
    *ASKED,
    "meetings",
    "name",
    "address",
    "explanation",
    *(f"candidate_{number}" for number in range(1, OFFERED + 1)),
    "rule",
    "case",
)
SHORT = {"new": "new_contact", "ignore": "never_match", "reject": "reject", "both": "both"}
"""Answers about a case in one word; any kind of decision may stand there as well."""

LONGEST_CELL = 30_000
"""Characters; a cell of XLSX holds 32,767."""


@dataclass(frozen=True)
class Answered:
    """One row that says something."""

    line: int
    decisions: list[Decision]


def sheet_rows(published: Published, kept: Sequence[Kept]) -> list[Row]:
    """The waiting cases as rows, the columns to fill in first and blank."""
    found = (case(published, kept, row["identity_id"]) for row in waiting(published, kept))
    return [_row(one) for one in found if one is not None]


def write_sheet(rows: Iterable[Row], target: Path) -> int:
    """Write rows to .csv or .xlsx; text that a spreadsheet would run is made harmless. Returns the row count."""
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    if target.suffix not in writers:
        raise InputError(f"{target.name}: files of this kind are not written.", "Use .csv or .xlsx.")
    cells = [[_safe(row.get(name)) for name in COLUMNS] for row in rows]
    writers[target.suffix](cells, target)
    return len(cells)


def read_sheet(source: Path) -> list[tuple[int, Row]]:
    """Line number and cells of every row of a .csv or .xlsx, as text; raises InputError for what is no such file."""
    readers = {".csv": _read_csv, ".xlsx": _read_xlsx}
    if source.suffix not in readers:
        raise InputError(f"{source.name}: files of this kind are not read.", "Use .csv or .xlsx.")
    if not source.exists():
        raise InputError(f"There is no file {source.name}.")
    lines = list(readers[source.suffix](source))
    header = [name.strip().casefold() for name in lines[0]] if lines else []
    if "answer" not in header:
        raise InputError(f"{source.name} has no column `answer`.", "Start from `calendly-pipeline review export`.")
    return [
        (number, {name: _unsafe(cell) for name, cell in zip(header, cells, strict=False)})
        for number, cells in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in cells)
    ]


def answered(
    published: Published, kept: Sequence[Kept], rows: Iterable[tuple[int, Row]]
) -> tuple[list[Answered], list[str]]:
    """What the rows say, and what is wrong with the others, one sentence per row."""
    good: list[Answered] = []
    wrong: list[str] = []
    lines: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        if not row.get("answer", "").strip():
            continue
        try:
            decisions = [checked(one, published.contact_id_of) for one in _said(published, kept, row)]
            for decision in decisions:
                if decision.keys in lines:
                    raise InputError(f"line {lines[decision.keys]} says the same.")
            lines |= {decision.keys: line for decision in decisions}
            good.append(Answered(line, decisions))
        except InputError as error:
            wrong.append(f"line {line}: {error}")
    return good, wrong


def _said(published: Published, kept: Sequence[Kept], row: Row) -> list[Decision]:
    said = str(row["answer"]).strip().casefold().removesuffix(".0").replace("-", "_").replace(" ", "_")
    kind = SHORT.get(said, said)
    contact, reason = row.get("contact", "").strip(), row.get("reason", "").strip()
    if not row.get("case", "").strip():
        return [_free(published, kind, row, contact, reason)]
    found = case(published, kept, row["case"].strip())
    if found is None:
        raise InputError("this case is answered already, or no longer asked about.")
    if said.isdecimal():
        kind, contacts = "confirm", [_numbered(found, int(said), row)]
    elif said == "both":
        if not found.is_both_offered:
            raise InputError("`both` is no answer to this case.")
        kind, contacts = "confirm", [one.contact_id for one in found.candidates]
    else:
        contacts = [contact] if contact else []
    if kind not in KINDS or KINDS[kind].subject not in ("address", "address_or_domain") or kind == "shared_address":
        raise InputError(f"{row['answer']!r} is no answer to a case: use 1 to 5, both, reject, new, ignore or a kind.")
    return answer(published, found, kind, contacts, reason=reason, whole_address=kind == "always_map")


def _free(published: Published, kind: str, row: Row, contact: str, reason: str) -> Decision:
    if kind not in KINDS:
        raise InputError(f"{row['answer']!r} is no kind of decision; a row without a case needs one.")
    said = row.get("address", "").strip()
    subject = said if KINDS[kind].subject in ("household", "contact") else published.canonical_address(said)
    name = row.get("name", "").strip()
    return Decision(kind, subject, name, contact or None, reason, None, published.rule_set_version)


def _numbered(found: Case, number: int, row: Row) -> str:
    """The candidate of a number as it was exported: the queue may have changed since."""
    shown = row.get(f"candidate_{number}", "")
    for one in found.candidates:
        if shown == _told(one.contact_id, one.name, one.company):
            return one.contact_id
    if not shown:
        raise InputError(f"there is no candidate {number} in this row.")
    raise InputError(f"candidate {number} is no longer proposed.", "Export again.")


def _row(one: Case) -> Row:
    offered = {
        f"candidate_{number}": _told(each.contact_id, each.name, each.company)
        for number, each in enumerate(one.candidates[:OFFERED], 1)
    }
    told = {"meetings": one.meetings_count, "name": one.name, "address": one.address}
    return {**told, **offered, "explanation": one.explanation, "rule": one.rule, "case": one.identity_id}


def _told(contact_id: str, name: str, company: str) -> str:
    parts = [name or company, company if name else ""]
    return _plain(f"{', '.join(part for part in parts if part)} [{contact_id}]")


def _safe(cell: Any) -> Any:
    """A cell that no spreadsheet runs; `_unsafe` gives the text back."""
    if cell is None or isinstance(cell, (int, float)):
        return "" if cell is None else cell
    text = _plain(str(cell))
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA_STARTS, "'")) else cell


def _plain(text: str) -> str:
    """Text that both kinds of file can hold: control marks off, line ends as blanks, long text cut."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_CELL])
    return kept.strip()


def _write_csv(rows: list[list[Any]], target: Path) -> None:
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *rows])


def _write_xlsx(rows: list[list[Any]], target: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = "review"
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(row)
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # openpyxl would make a formula of text that begins with =
    answers = DataValidation(type="list", formula1='"1,2,3,4,5,both,reject,new,ignore"', showErrorMessage=False)
    sheet.add_data_validation(answers)
    answers.add(f"A2:A{max(len(rows), 1) + 1}")
    sheet.freeze_panes = "D2"
    for letter, width in zip("ABCDEFGHIJKL", (10, 18, 18, 9, 24, 32, 60, 32, 32, 32, 32, 32), strict=True):
        sheet.column_dimensions[letter].width = width
    book.save(target)


def _read_csv(source: Path) -> Iterator[list[str]]:
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{source.name} is not UTF-8.", "Save it as `CSV UTF-8`.") from None
    first = text.partition("\n")[0]
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")


def _read_xlsx(source: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(source, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise InputError(f"{source.name} cannot be read as a workbook.", "Save it as .xlsx again.") from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if cell is None else str(cell) for cell in row]
    finally:
        book.close()
