"""The benchmark's shape: one Calendly export of any length and a CRM file a tenth as long, both streamed.

Rows come in order of booking. A move writes its second row some hours later, so the rows waiting for their turn are
the only thing held in memory.
"""

import csv
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from calendly_pipeline.sample.calendly_files import header
from calendly_pipeline.sample.contact_files import LACRM_FIELDS, LACRM_IDENTITY
from calendly_pipeline.sample.days import FIRST_DAY, iso
from calendly_pipeline.sample.dice import Dice
from calendly_pipeline.sample.files import CONTACTS_AT, LACRM_FILE
from calendly_pipeline.sample.home import settings_text
from calendly_pipeline.sample.names import PROVIDERS, full_name
from calendly_pipeline.sample.staff import CLIENT_TYPES, HOSTS
from calendly_pipeline.sample.text_files import write_text
from calendly_pipeline.sample.world import EASTERN, EventType, Host

EXPORT = "data/calendly/events-export.csv"
_DAYS = 535
_COLUMNS = header(2)
_HOURS = tuple(f"{hour % 12 or 12:02d}:{{}} {'am' if hour < 12 else 'pm'}" for hour in range(24))
_QUESTIONS = ("What would you like to talk about?", "Has anything changed since we last met?")
_DAY_NAMES = tuple(str(FIRST_DAY + timedelta(days=number)) for number in range(_DAYS + 40))
_BLANKS = ("",) * 10
_ANSWERS = ("Nothing new", "The new account, and fees", "College savings", "A move\nto another town", "")


@dataclass(frozen=True)
class Booking:
    """Who books what with whom."""

    first: str
    last: str
    address: str
    event_type: EventType
    host: Host


def write_bulk_home(out_dir: Path | str, rows: int, seed: int = 7) -> dict[str, int]:
    """Write a home whose Calendly export has exactly so many rows; returns rows, invitees and contacts."""
    root, contacts, invitees = Path(out_dir), max(rows // 10, 1), max(rows // 4, 1)
    _write_rows(root / LACRM_FILE, [*LACRM_IDENTITY, *LACRM_FIELDS], _contact_rows(contacts))
    _write_rows(root / EXPORT, _COLUMNS, export_rows(rows, seed))
    write_text(root / "pipeline.toml", settings_text())
    times = {EXPORT: iso(CONTACTS_AT), LACRM_FILE: iso(CONTACTS_AT)}
    write_text(root / "files.json", json.dumps(times, indent=2) + "\n")
    return {"rows": rows, "invitees": invitees, "contacts": contacts}


def export_rows(rows: int, seed: int = 7) -> Iterator[list[str]]:
    """So many rows of a Calendly export, in order of booking."""
    dice, invitees = Dice(seed, "bulk"), max(rows // 4, 1)
    waiting: list[tuple[float, int, Booking]] = []
    written = 0
    while written < rows:
        minute = _DAYS * 1440 * written / rows
        if waiting and waiting[0][0] <= minute:
            at, _, booking = heapq.heappop(waiting)
            yield _row(dice, booking, int(at), "held")
        else:
            booking = _booking(dice, invitees)
            outcome = dice.weighted((("held", 80.0), ("cancelled", 7.0), ("moved", 8.0), ("missed", 5.0)))
            if outcome == "moved":
                heapq.heappush(waiting, (minute + dice.between(60, 2880), written, booking))
            yield _row(dice, booking, int(minute), outcome)
        written += 1


def address_of(index: int) -> str:
    """The address of the index-th person."""
    first, last = full_name(index)
    domain = ("gmail.com", *PROVIDERS)[index % 4]
    return f"{first}.{last}.{index}@{domain}".lower()


def _write_rows(path: Path, columns: list[str], rows: Iterator[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _contact_rows(contacts: int) -> Iterator[list[str]]:
    blanks = [""] * len(LACRM_FIELDS)
    for index in range(contacts):
        first, last = full_name(index)
        host = HOSTS[index % len(HOSTS)].name
        yield [f"3{index:030d}", "false", first, last, "", "", host, address_of(index), *[""] * 5, *blanks]


def _booking(dice: Dice, invitees: int) -> Booking:
    """Who books what with whom; one in fifty writes a tagged address, one in four hundred mistypes the provider."""
    index, slip = dice.below(invitees), dice.below(100)
    first, last = full_name(index)
    address = address_of(index)
    if slip < 2:
        address = address.replace("@", "+adviser@")
    elif slip == 2:
        address = address.replace("@gmail.com", "@gmial.com")
    return Booking(first, last, address, dice.weighted(CLIENT_TYPES), HOSTS[index % len(HOSTS)])


def _row(dice: Dice, booking: Booking, minute: int, outcome: str) -> list[str]:
    """One row in the export's column order; a booking leads its meeting by three days to a month."""
    day, hour = minute // 1440 + dice.between(3, 30), dice.between(9, 16)
    start, host, kind = f"{_DAY_NAMES[day]} ", booking.host, booking.event_type
    name = f"{booking.first} {booking.last}"
    is_cancelled = outcome in ("cancelled", "moved")
    by = "" if not is_cancelled else host.name if dice.chance(0.2) else name
    missed = "Yes" if outcome == "missed" and day <= _DAYS else "No"
    return [
        host.name, "", name, booking.first, booking.last, booking.address, EASTERN, "", "", kind.name,
        start + _HOURS[hour].format("00"), start + _end(hour, kind.minutes), "",
        f"{_DAY_NAMES[minute // 1440]} {_HOURS[minute // 60 % 24].format(f'{minute % 60:02d}')}",
        "true" if is_cancelled else "false", by, "", _QUESTIONS[0], dice.pick(_ANSWERS), _QUESTIONS[1],
        dice.pick(_ANSWERS), *_BLANKS, missed, "", "Advisers", host.email, dice.uuid(), dice.uuid(), "", "",
    ]  # fmt: skip


def _end(hour: int, minutes: int) -> str:
    return _HOURS[hour + minutes // 60].format(f"{minutes % 60:02d}")
