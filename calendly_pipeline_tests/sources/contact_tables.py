"""What the tests of contact files share."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from calendly_pipeline.sources import contact_csv
from calendly_pipeline_tests.sources.files import csv_text, rejected_of, rows_of, written

ID = "3862515354732873260518907940136"


LACRM = (
    "Contact Id,Assigned To,Is Company,Salutation,First Name,Middle Name,Last Name,Suffix,Company Name,Job Title,"
    "Email 1,Email 1 Type,Email 2,Phone 1,Phone 1 Type,Background Info,Household,Next Meeting"
)


GOOGLE_NEW = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value"
)


GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Name Suffix,Notes,Group Membership,"
    "E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title"
)


in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def table(folder: Path, header: str, *rows: dict[str, str], name: str = "contacts.csv") -> Path:
    """A contact file with this header and these cells by header."""
    labels = header.split(",")
    return written(folder, csv_text([labels, *([row.get(label, "") for label in labels] for row in rows)]), name)


def read(
    path: Path, name: str | None = None, columns: Mapping[str, str] | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """Kind and rows of a contact file, its JSON parsed; nothing may be rejected."""
    kind, batches = contact_csv.read(path, name, columns)
    rows = rows_of(batches)
    assert rejected_of(contact_csv.read(path, name, columns)[1]) == []
    assert all(tuple(row) == contact_csv.COLUMNS for row in rows)
    return kind, [row | {key: json.loads(row[key]) for key in ("addresses", "phones", "fields")} for row in rows]
