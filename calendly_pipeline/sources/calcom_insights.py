"""Insights exports of Cal.com, generations A to F, told apart by their columns.

    A  booker columns, Date texts, nothing quoted     D  as C, `userUsername`
    B  as A, `noShowGuest`, quoted                    E  six `_date`/`_time` columns, ISO times
    C  `noShowGuests`, `attendee<i>`                  F  `attendeePhone<i>` and a column per booking question

The vendor computes the header from the first hundred bookings: attendees beyond those columns, and questions first
asked later, are missing from the file without a trace. A question labelled like a fixed column overwrites it.
"""

import re
from collections.abc import Sequence
from typing import Any

from calendly_pipeline.sources.calcom_unquoted import unquoted_fit
from calendly_pipeline.sources.json_cells import json_answers, json_arrays, json_objects, json_person
from calendly_pipeline.sources.records import Fit
from calendly_pipeline.sources.tabular import Block, plain, unique_names

COLUMNS: tuple[str, ...] = (
    "line",
    "layout",
    "generation",
    "uid",
    "booking_id",
    "title",
    "status",
    "start_time",
    "end_time",
    "created_at",
    "event_type",
    "event_type_id",
    "event_length",
    "host_email",
    "host_username",
    "location",
    "is_paid",
    "rating",
    "rating_feedback",
    "no_show_host",
    "no_show_guests",
    "attendees",
    "answers",
    "rescheduled_from_uid",
    "rescheduled_to_uid",
    "extra",
)
FIXED = {
    "id": "booking_id",
    "uid": "uid",
    "title": "title",
    "createdAt": "created_at",
    "timeStatus": "status",
    "eventTypeId": "event_type_id",
    "eventLength": "event_length",
    "startTime": "start_time",
    "endTime": "end_time",
    "paid": "is_paid",
    "userEmail": "host_email",
    "userUsername": "host_username",
    "username": "host_username",
    "rating": "rating",
    "ratingFeedback": "rating_feedback",
    "noShowHost": "no_show_host",
    "rescheduledFromUid": "rescheduled_from_uid",
    "fromReschedule": "rescheduled_from_uid",
    "rescheduledToUid": "rescheduled_to_uid",
}
PEOPLE = ("noShowGuests", "noShowGuest", "bookerEmail", "bookerName")
KEPT = (
    "createdAt_date",
    "createdAt_time",
    "startTime_date",
    "startTime_time",
    "endTime_date",
    "endTime_time",
    "noShowGuestsCount",
    "userName",
    "isTeamBooking",
)
"""Columns of the vendor or of forks that stand for nothing of ours; kept in `extra`, and no questions."""
ATTENDEE = re.compile(r"attendee(phone)?([1-9]\d{0,3})")
PERSON = re.compile(r"(.*)\(([^()]*)\)", re.DOTALL)
GUEST = re.compile(r"(.*?)\(([^()\s]*@[^()\s]*)\)\s*(?:;|$)", re.DOTALL)


class InsightsLayout:
    """Where the columns of an Insights file stand."""

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self.places = _places(header)
        self.attendees, self.phones = _attendee_places(header)
        used = {*self.places.values(), *self.attendees.values(), *self.phones.values()}
        unknown = [index for index in range(len(header)) if index not in used]
        self.generation = self._generation(bool(unknown))
        self.questions = unknown if self.generation == "F" else []
        kept = {self.places[name] for name in KEPT if name in self.places} | set(unknown) - set(self.questions)
        names = unique_names(header)
        self.other = {names[index]: index for index in sorted(kept)}
        self.labels = [header[index] for index in self.questions]
        self.width = len(header)
        self.is_quoted = self.generation != "A"
        self.fit: Fit | None = None if self.is_quoted else self._unquoted(header, delimiter)

    @staticmethod
    def recognise(header: Sequence[str]) -> bool:
        """True for the header of an Insights export of bookings."""
        return {"timestatus", "uid", "starttime"} <= set(map(plain, header))

    def _generation(self, has_unknown: bool) -> str:
        if "createdAt_date" in self.places:
            return "F" if self.phones or has_unknown else "E"
        if self.attendees or "noShowGuests" in self.places:
            return "D" if "userUsername" in self.places else "C"
        return "B" if "noShowGuest" in self.places else "A"

    def _unquoted(self, header: Sequence[str], delimiter: str) -> Fit:
        """The header is that of the first booking: one without a booker leaves two columns out."""
        names = {index: name for name, index in self.places.items()}
        columns = [names.get(index, "") for index in range(len(header))]
        if "bookerEmail" not in self.places and "bookerName" not in self.places:
            self.places |= {"bookerEmail": len(columns), "bookerName": len(columns) + 1}
            columns += ["bookerEmail", "bookerName"]
            self.width += 2
        return unquoted_fit(columns, delimiter)

    def columns(self, block: Block) -> dict[str, list[Any]]:
        """The block by COLUMNS."""
        cells, count = block.columns, len(block.lines)
        absent = [None] * count
        columns: dict[str, list[Any]] = dict.fromkeys(COLUMNS, absent)
        columns |= {"line": block.lines, "layout": ["insights"] * count, "generation": [self.generation] * count}
        for name, column in reversed(FIXED.items()):
            if name in self.places:
                said, before = cells[self.places[name]], columns[column]
                columns[column] = [a or b for a, b in zip(said, before, strict=True)] if before is not absent else said
        columns["attendees"] = self._people(cells, count)
        columns["no_show_guests"] = self._no_show_guests(cells) or absent
        if self.questions:
            answers = [
                json_answers([label] * count, cells[index], position)
                for position, (label, index) in enumerate(zip(self.labels, self.questions, strict=True), 1)
                if any(cells[index])
            ]
            columns["answers"] = json_arrays(answers, count)
        if self.other:
            columns["extra"] = json_objects({name: cells[index] for name, index in self.other.items()})
        return columns

    def _people(self, cells: list[list[str]], count: int) -> list[str]:
        if "bookerEmail" in self.places or "bookerName" in self.places:
            names = self._cells(cells, "bookerName", count)
            addresses = self._cells(cells, "bookerEmail", count)
            pairs = zip(names, addresses, strict=True)
            return json_arrays([[json_person(*pair, None) if any(pair) else "" for pair in pairs]], count)
        members = []
        for number, index in sorted(self.attendees.items()):
            phones = cells[self.phones[number]] if number in self.phones else [None] * count
            people = zip(cells[index], phones, strict=True)
            members.append([json_person(*person(text), phone) if text or phone else "" for text, phone in people])
        return json_arrays(members, count)

    def _no_show_guests(self, cells: list[list[str]]) -> list[str | None] | None:
        if "noShowGuests" in self.places:
            return [_guests(text) for text in cells[self.places["noShowGuests"]]]
        if "noShowGuest" not in self.places:
            return None
        marks = cells[self.places["noShowGuest"]]
        names = self._cells(cells, "bookerName", len(marks))
        addresses = self._cells(cells, "bookerEmail", len(marks))
        rows = zip(marks, names, addresses, strict=True)
        return [_marked_guest(mark.casefold(), name, address) for mark, name, address in rows]

    def _cells(self, cells: list[list[str]], name: str, count: int) -> list[str]:
        return cells[self.places[name]] if name in self.places else [""] * count


def person(text: str) -> tuple[str, str]:
    """`Name (address)` as name and address; the name may hold parentheses, so the last pair counts."""
    match = PERSON.fullmatch(text.strip())
    if match:
        return match[1].strip(), match[2].strip()
    return ("", text.strip()) if "@" in text and " " not in text.strip() else (text.strip(), "")


def _guests(text: str) -> str:
    """`Name (address); Name (address)` as a JSON array."""
    people, end = [], 0
    for match in GUEST.finditer(text):
        people.append((match[1].strip(" ;"), match[2]))
        end = match.end()
    rest = text[end:].strip(" ;")
    people += [person(part) for part in rest.split(";")] if rest else []
    return f"[{','.join(json_person(*pair) for pair in people if any(pair))}]"


def _marked_guest(mark: str, name: str, address: str) -> str | None:
    """Generation B marks the booker alone; a blank mark says nothing."""
    if mark in ("true", "yes", "1"):
        return f"[{json_person(name, address)}]"
    return "[]" if mark in ("false", "no", "0") else None


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each fixed column stands. Exact spelling first: a question may be labelled `Title` or `Rating`."""
    places: dict[str, int] = {}
    taken: set[int] = set()
    plain_header = [plain(label) for label in header]
    for labels, spelling in ((list(header), str), (plain_header, plain)):
        for name in (*FIXED, *PEOPLE, *KEPT):
            found = (i for i, label in enumerate(labels) if i not in taken and label == spelling(name))
            index = next(found, None) if name not in places else None
            if index is not None:
                places[name] = index
                taken.add(index)
    return places


def _attendee_places(header: Sequence[str]) -> tuple[dict[int, int], dict[int, int]]:
    attendees: dict[int, int] = {}
    phones: dict[int, int] = {}
    for index, label in enumerate(header):
        match = ATTENDEE.fullmatch(plain(label))
        if match:
            (phones if match[1] else attendees).setdefault(int(match[2]), index)
    return attendees, phones
