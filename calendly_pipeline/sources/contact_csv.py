"""Contact files: the CRM's export, Google Contacts in both of its layouts, and any other table with addresses in it.

What a file is comes from its header (or a name beginning with `lacrm`), what its columns are from the setting
`contacts.csv.columns` first, then from their names. Every address and phone of a row is kept; columns nobody knows are
kept in `fields`. An id that a spreadsheet has rounded (`3.86E+30`) is no id: it stands in `fields` only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.contact_columns import COMPANY, ContactLayout, simple
from calendly_pipeline.sources.json_cells import json_objects, json_text
from calendly_pipeline.sources.tabular import Batch, Block, open_table, unique_names

COLUMNS: tuple[str, ...] = (
    "line",
    "kind",
    "contact_key",
    "is_company",
    "full_name",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "company",
    "job_title",
    "assigned_user",
    "household",
    "addresses",
    "phones",
    "fields",
)
SEPARATORS = re.compile(r"\s*:::\s*|[;,|\r\n]+")
PHONE_SEPARATORS = re.compile(r"\s*:::\s*|[;|\r\n]+")
IN_BRACKETS = re.compile(r".*<\s*([^<>]*@[^<>]*?)\s*>", re.DOTALL)
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
YES = frozenset(("true", "yes", "y", "t", "1", "x", *COMPANY))
NO = frozenset(("false", "no", "n", "f", "0", "contact", "person", "individual"))
REMEDY = 'Name its columns in pipeline.toml, under [contacts.csv.columns]: addresses = "the header of that column".'


def recognise(header: Sequence[str]) -> bool:
    """True for the header of a table that holds addresses."""
    layout = ContactLayout(header)
    return bool(layout.addresses) or kind_of(header) in ("lacrm", "google")


def kind_of(header: Sequence[str], name: str = "") -> str:
    """`lacrm`, `google` or `csv`."""
    labels = set(map(simple, header))
    if PurePath(name).name.casefold().startswith("lacrm"):
        return "lacrm"
    if labels & {"contact id", "contactid"} and labels & {
        "assigned to",
        "company name",
        "background info",
        "is company",
    }:
        return "lacrm"
    is_new = {"first name", "phonetic first name", "file as"} <= labels
    is_old = {"given name", "family name"} <= labels and bool(labels & {"yomi name", "group membership"})
    return "google" if is_new or is_old or "e mail 1 value" in labels else "csv"


def read(path: Path, name: str | None = None, columns: Mapping[str, str] | None = None) -> tuple[str, Iterator[Batch]]:
    """The kind of a contact file, and its rows in batches of COLUMNS.

    `columns` maps our columns to the file's headers; addresses and phones may name several, separated by commas.
    """
    with open_table(path, name) as table:
        kind = kind_of(table.header, table.name)
        layout = ContactLayout(table.header, columns or {})
        if not layout.addresses and kind_of(table.header) == "csv":
            shown = ", ".join(f"“{label[:60]}”" for label in table.header[:20])
            raise UnreadableFile(table.name, f"none of its columns holds e-mail addresses: {shown}", REMEDY)
    return kind, _batches(path, name, kind, layout)


def _batches(path: Path, name: str | None, kind: str, layout: ContactLayout) -> Iterator[Batch]:
    with open_table(path, name) as table:
        names = unique_names(table.header)
        for block in table.blocks():
            yield Batch(_columns(block, kind, layout, names), block.rejected, dict(table.repairs))


def _columns(block: Block, kind: str, layout: ContactLayout, names: list[str]) -> dict[str, list[Any]]:
    cells, count = block.columns, len(block.lines)
    columns: dict[str, list[Any]] = dict.fromkeys(COLUMNS, [None] * count)
    columns |= {"line": block.lines, "kind": [kind] * count}
    columns |= {column: cells[index] for column, index in layout.known.items()}
    columns["is_company"] = _is_company(
        columns, cells[layout.company_mark] if layout.company_mark is not None else None
    )
    fields = json_objects({names[index]: cells[index] for index in layout.other}) if layout.other else ["{}"] * count
    if "contact_key" in layout.known:
        index = layout.known["contact_key"]
        columns["contact_key"], fields = _ids(cells[index], fields, names[index])
    for column, indexes, found_in in (
        ("addresses", layout.addresses, addresses_in),
        ("phones", layout.phones, phones_in),
    ):
        said: list[list[str]] = [[] for _ in range(count)]
        for index in indexes:
            for row, cell in enumerate(cells[index]):
                if cell:
                    found, is_whole = found_in(cell)
                    said[row] += found
                    fields[row] = fields[row] if is_whole else _with_field(fields[row], names[index], cell)
        columns[column] = [_json_list(texts) for texts in said]
    columns["fields"] = fields
    return columns


def addresses_in(cell: str) -> tuple[list[str], bool]:
    """The addresses of a cell, and whether that is all the cell says."""
    found, is_whole = [], True
    for part in filter(None, map(str.strip, SEPARATORS.split(cell))):
        bracketed = IN_BRACKETS.fullmatch(part)
        words = part.split()
        if bracketed:
            found.append(bracketed[1])
        elif len(words) > 1 and all("@" in word for word in words):
            found += words
        elif "@" in part:
            found.append(part.removeprefix("mailto:"))
        else:
            is_whole = False
    return found, is_whole


def phones_in(cell: str) -> tuple[list[str], bool]:
    """The phone numbers of a cell, and whether that is all the cell says."""
    parts = [part for part in map(str.strip, PHONE_SEPARATORS.split(cell)) if part]
    found = [part for part in parts if any(map(str.isdigit, part))]
    return found, len(found) == len(parts)


def _is_company(columns: Mapping[str, list[Any]], marks: list[str] | None) -> list[str]:
    names = ("full_name", "first_name", "last_name", "company")
    rows = zip(marks or [""] * len(columns["line"]), *(columns[name] for name in names), strict=True)
    return ["true" if _company(mark.casefold(), *(cell or "" for cell in row)) else "false" for mark, *row in rows]


def _company(mark: str, full_name: str, first_name: str, last_name: str, company: str) -> bool:
    """Without a mark, a row that names a company and no person is a company."""
    if mark in YES or mark in NO:
        return mark in YES
    nobody = not first_name and not last_name and full_name.casefold() in ("", company.casefold())
    return nobody and bool(company)


def _ids(said: list[str], fields: list[str], header: str) -> tuple[list[str], list[str]]:
    rounded = {row for row, cell in enumerate(said) if ROUNDED.fullmatch(cell)}
    ids = ["" if row in rounded else cell for row, cell in enumerate(said)]
    return ids, [_with_field(text, header, said[row]) if row in rounded else text for row, text in enumerate(fields)]


def _with_field(fields: str, header: str, cell: str) -> str:
    return f"{fields[:-1]}{',' if len(fields) > 2 else ''}{json_text(header)}:{json_text(cell)}}}"


def _json_list(texts: list[str]) -> str:
    """A JSON array in the order said, repetitions left out."""
    unique: dict[str, str] = {}
    for text in texts:
        unique.setdefault(text.casefold(), text)
    return f"[{','.join(map(json_text, unique.values()))}]"
