"""Cal.com's two exports: the bookings list and Insights ("Download as CSV").

    bookings list    one row per booking; labels in the user's language; local times without a zone; no no-show, no host
    Insights         one row per booking; fixed names; six generations, A (oldest) to F; no location, derived status

Which one a file is, is read off its header. What an Insights row holds is in `calcom_insights`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from calendly_pipeline.failures import UnreadableFile
from calendly_pipeline.sources.calcom_insights import COLUMNS, InsightsLayout
from calendly_pipeline.sources.json_cells import json_arrays, json_objects, json_person
from calendly_pipeline.sources.records import Fit
from calendly_pipeline.sources.tabular import Batch, Block, open_table, plain, unique_names, unknown_layout

__all__ = ["COLUMNS", "read", "recognise"]

BOOKINGS_COLUMNS = ("uid", "title", "status", "start_time", "end_time", "names", "emails", "event_type", "location")
LABELS = {
    "en": (
        "Booking UID",
        "Title",
        "Status",
        "Start time",
        "End time",
        "Attendee's name",
        "Email",
        "Event type",
        "Location",
    ),
    "de": (
        "Buchungs-UID",
        "Titel",
        "Status",
        "Beginn",
        "Ende",
        "Name des Teilnehmenden",
        "E-Mail",
        "Termintyp",
        "Ort",
    ),
    "fr": (
        "UID de réservation",
        "Titre",
        "Statut",
        "Début",
        "Fin",
        "Nom du participant",
        "E-mail",
        "Type d'événement",
        "Lieu",
    ),
    "es": (
        "UID de reserva",
        "Título",
        "Estado",
        "Hora de Inicio",
        "Hora de finalización",
        "Nombre del asistente",
        "Correo electrónico",
        "Tipo de Evento",
        "Ubicación",
    ),
}
OTHER_LANGUAGE = "other"


class BookingsLayout:
    """Where the columns of a bookings list stand."""

    fit: Fit | None = None
    width = 0
    is_quoted = True

    def __init__(self, header: Sequence[str], language: str) -> None:
        self.language = language
        if language == OTHER_LANGUAGE:
            self.known = {column: index for index, column in enumerate(BOOKINGS_COLUMNS)}
        else:
            places = {plain(label): index for index, label in reversed(list(enumerate(header)))}
            labels = zip(BOOKINGS_COLUMNS, map(plain, LABELS[language]), strict=True)
            self.known = {column: places[label] for column, label in labels if label in places}
        for column, label in (("from", "rescheduledfromuid"), ("from", "fromreschedule"), ("to", "rescheduledtouid")):
            found = next((i for i, name in enumerate(header) if plain(name) == label), None)
            if found is not None:
                self.known.setdefault(f"rescheduled_{column}_uid", found)
        known = set(self.known.values())
        self.other = {name: i for i, name in enumerate(unique_names(header)) if i not in known}

    def columns(self, block: Block) -> dict[str, list[Any]]:
        """The block by COLUMNS."""
        cells, count = block.columns, len(block.lines)
        absent = [None] * count
        columns: dict[str, list[Any]] = dict.fromkeys(COLUMNS, absent)
        columns |= {"line": block.lines, "layout": ["bookings"] * count, "generation": [self.language] * count}
        columns |= {column: cells[index] for column, index in self.known.items() if column in columns}
        names = cells[self.known["names"]] if "names" in self.known else [""] * count
        emails = cells[self.known["emails"]]
        columns["attendees"] = [_attendees(*pair) for pair in zip(names, emails, strict=True)]
        if self.other:
            columns["extra"] = json_objects({name: cells[index] for name, index in self.other.items()})
        return columns


def recognise(header: Sequence[str]) -> bool:
    """True for the header of either export of Cal.com."""
    return _layout(header) is not None


def read(path: Path, name: str | None = None) -> Iterator[Batch]:
    """The rows of an export in batches of COLUMNS; raises UnreadableFile at once when it is none."""
    with open_table(path, name) as table:
        layout_of = _layout(table.header)
        if layout_of is None:
            _refuse_routing(table.name, table.header)
            raise unknown_layout(table.name, "a Cal.com bookings or Insights export", table.header)
        layout = layout_of(table.delimiter)
    return _batches(path, name, layout)


def _batches(path: Path, name: str | None, layout: BookingsLayout | InsightsLayout) -> Iterator[Batch]:
    with open_table(path, name) as table:
        for block in table.blocks(layout.fit, layout.width, layout.is_quoted):
            yield Batch(layout.columns(block), block.rejected, dict(table.repairs))


def _layout(header: Sequence[str]) -> Callable[[str], BookingsLayout | InsightsLayout] | None:
    if InsightsLayout.recognise(header):
        return lambda delimiter: InsightsLayout(header, delimiter)
    language = _language(header)
    return None if language is None else lambda _: BookingsLayout(header, language)


def _language(header: Sequence[str]) -> str | None:
    labels = set(map(plain, header))
    found = {}
    for language, names in LABELS.items():
        expected = dict(zip(BOOKINGS_COLUMNS, map(plain, names), strict=True))
        if {expected["uid"], expected["start_time"], expected["emails"]} <= labels:
            found[language] = len(labels & set(expected.values()))
    if found:
        return max(found, key=lambda language: found[language])
    looks_like_bookings = len(header) == len(BOOKINGS_COLUMNS) and re.search(r"uid", header[0], re.IGNORECASE)
    return OTHER_LANGUAGE if looks_like_bookings else None


def _refuse_routing(name: str, header: Sequence[str]) -> None:
    if {"response id", "form name", "submitted at"} <= set(map(plain, header)):
        raise UnreadableFile(
            name,
            "it is a routing form export, whose rows are form answers and not bookings",
            "Export the bookings list or Insights > Bookings instead.",
        )


def _attendees(names: str, emails: str) -> str:
    """Names and addresses stand in two cells, joined with `; `; a name may hold a semicolon itself."""
    addresses = [part.strip() for part in emails.split(";")] if emails else []
    said = [part.strip() for part in names.split(";")] if names else []
    if len(addresses) <= 1:
        return json_arrays([[json_person(names, emails, None)]], 1)[0] if names or emails else "[]"
    if len(said) != len(addresses):
        said = [""] * len(addresses)
    people = [json_person(*pair, None) for pair in zip(said, addresses, strict=True) if any(pair)]
    return f"[{','.join(people)}]"
