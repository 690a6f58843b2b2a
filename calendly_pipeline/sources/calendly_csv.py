"""Calendly's meeting export: one row per invitee.

Columns are found by name, wherever they stand; only the address and the start must be there. `Question N` and
`Response N` pairs occur in any number, and the same N is not the same question in every row. Columns nobody knows are
kept in `extra`. The file says nothing of the zone its times are in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calendly_pipeline.sources.json_cells import json_answers, json_arrays, json_objects
from calendly_pipeline.sources.tabular import (
    Batch,
    Block,
    open_table,
    plain,
    unique_names,
    unknown_layout,
)

LABELS = {
    "user name": "user_name",
    "team": "team",
    "invitee name": "invitee_name",
    "invitee first name": "invitee_first_name",
    "invitee last name": "invitee_last_name",
    "invitee email": "invitee_email",
    "invitee time zone": "invitee_time_zone",
    "invitee accepted marketing emails": "invitee_accepted_marketing_emails",
    "text reminder number": "text_reminder_number",
    "event type name": "event_type_name",
    "start date & time": "start_date_time",
    "end date & time": "end_date_time",
    "location": "location",
    "event created date & time": "event_created_date_time",
    "canceled": "canceled",
    "canceled by": "canceled_by",
    "cancellation reason": "cancellation_reason",
    "utm campaign": "utm_campaign",
    "utm source": "utm_source",
    "utm medium": "utm_medium",
    "utm term": "utm_term",
    "utm content": "utm_content",
    "salesforce uuid": "salesforce_uuid",
    "event price": "event_price",
    "payment currency": "payment_currency",
    "guest email(s)": "guest_emails",
    "invitee reconfirmed": "invitee_reconfirmed",
    "marked as no-show": "marked_as_no_show",
    "meeting notes": "meeting_notes",
    "group": "group_name",
    "user email": "user_email",
    "event uuid": "event_uuid",
    "invitee uuid": "invitee_uuid",
    "invitee scheduled by": "invitee_scheduled_by",
    "scheduling method": "scheduling_method",
}
COLUMNS: tuple[str, ...] = ("line", *LABELS.values(), "answers", "extra")
QUESTION = re.compile(r"(question|response) ?(\d{1,4})")


@dataclass(frozen=True)
class Layout:
    """Where each column of one file stands."""

    known: dict[str, int]
    pairs: list[tuple[int, int | None, int]]
    """Number of the question, where its text stands, where the response stands."""
    other: dict[str, int]


def recognise(header: Sequence[str]) -> bool:
    """True for the header of a Calendly meeting export."""
    return {"invitee email", "start date & time"} <= set(map(plain, header))


def read(path: Path, name: str | None = None) -> Iterator[Batch]:
    """The rows of an export in batches of COLUMNS; raises UnreadableFile at once when it is none."""
    with open_table(path, name) as table:
        if not recognise(table.header):
            raise unknown_layout(table.name, "a Calendly meeting export", table.header)
        layout = _layout(table.header)
    return _batches(path, name, layout)


def _batches(path: Path, name: str | None, layout: Layout) -> Iterator[Batch]:
    with open_table(path, name) as table:
        for block in table.blocks():
            yield Batch(_columns(block, layout), block.rejected, dict(table.repairs))


def _layout(header: Sequence[str]) -> Layout:
    known: dict[str, int] = {}
    numbered: dict[str, dict[int, int]] = {"question": {}, "response": {}}
    other: dict[str, int] = {}
    for index, (label, name) in enumerate(zip(header, unique_names(header), strict=True)):
        column = LABELS.get(plain(label))
        match = QUESTION.fullmatch(plain(label))
        if column and column not in known:
            known[column] = index
        elif match and int(match[2]) not in numbered[match[1]]:
            numbered[match[1]][int(match[2])] = index
        else:
            other[name] = index
    questions, responses = numbered["question"], numbered["response"]
    other |= {header[index]: index for number, index in questions.items() if number not in responses}
    pairs = [(number, questions.get(number), index) for number, index in sorted(responses.items())]
    return Layout(known, pairs, other)


def _columns(block: Block, layout: Layout) -> dict[str, list[Any]]:
    cells = block.columns
    absent = [None] * len(block.lines)
    columns: dict[str, list[Any]] = {"line": block.lines}
    for column in LABELS.values():
        index = layout.known.get(column)
        columns[column] = absent if index is None else cells[index]
    columns["answers"] = _answers(cells, layout.pairs) if layout.pairs else absent
    columns["extra"] = json_objects({name: cells[i] for name, i in layout.other.items()}) if layout.other else absent
    return columns


def _answers(cells: list[list[str]], pairs: list[tuple[int, int | None, int]]) -> list[str]:
    """The answered questions of each row as a JSON array."""
    blank = [""] * len(cells[0])
    answered = [
        json_answers(cells[question] if question is not None else blank, cells[response], number)
        for number, question, response in pairs
        if any(cells[response])
    ]
    return json_arrays(answered, len(blank))
