"""What is true in the sample's world: people, meetings and what happened to each, apart from any file."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

Platform = Literal["calendly", "calcom"]
Party = Literal["host", "invitee"]
Decision = Literal["auto", "review", "unmatched", "internal"]

EASTERN = "Eastern Time - US & Canada"


@dataclass(frozen=True)
class Host:
    """An adviser, under both tools."""

    key: str
    name: str
    email: str
    calcom_email: str
    calcom_username: str


@dataclass(frozen=True)
class EventType:
    """A kind of meeting that can be booked, under both tools' names."""

    key: str
    name: str
    calcom_name: str
    calcom_id: int
    minutes: int
    meeting_type: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contact:
    """One record of the CRM."""

    contact_id: str
    first_name: str
    last_name: str
    addresses: tuple[str, ...]
    company: str = ""
    is_company: bool = False
    job_title: str = ""
    assigned_to: str = ""
    phones: tuple[str, ...] = ()
    household: str = ""
    shares_address: bool = False
    zone: str = EASTERN

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Identity:
    """An attendee as given in a booking, who it really is, and what a matcher must make of it."""

    name: str
    address: str
    contact_id: str | None
    decision: Decision
    tier: str = ""
    rule: str = ""
    case: str = ""
    candidates: tuple[str, ...] = ()
    zone: str = EASTERN


@dataclass(frozen=True)
class Ending:
    """An invitee gave up a place: cancelled, or moved to another meeting."""

    at: datetime
    by: Party
    reason: str = ""
    moved_to: "Meeting | None" = None


@dataclass(eq=False)
class Seat:
    """One invitee's place in a meeting."""

    identity: Identity
    uuid: str
    booked_at: datetime
    answers: tuple[tuple[str, str], ...] = ()
    guests: tuple[Identity, ...] = ()
    scheduled_by: str = ""
    ending: Ending | None = None
    no_show_at: datetime | None = None


@dataclass(eq=False)
class Meeting:
    """One booked meeting of one tool, with its real history."""

    platform: Platform
    uid: str
    number: int
    event_type: EventType
    host: Host
    starts_at: datetime
    booked_at: datetime
    seats: list[Seat]
    minutes: int
    location: str = ""
    is_pending: bool = False
    is_declined: bool = False
    is_host_absent: bool = False
    is_in_skipped_hour: bool = False
    is_in_repeated_hour: bool = False
    same_as: "Meeting | None" = None

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def seat(self) -> Seat:
        """The place of the person who booked."""
        return self.seats[0]


@dataclass(frozen=True)
class Export:
    """One file that somebody downloaded: the tool's knowledge at that moment, for a range of start days."""

    path: str
    kind: Literal["calendly", "insights", "past", "upcoming"]
    at: datetime
    first_on: date
    last_on: date
    has_uuids: bool = True
    is_24_hours: bool = False
    is_resaved: bool = False

    @property
    def platform(self) -> Platform:
        """The tool it came from."""
        return "calendly" if self.kind == "calendly" else "calcom"


@dataclass(frozen=True)
class Spoilt:
    """A row of a Calendly export that cannot be read, given as changes to a good row."""

    path: str
    reason: str
    changes: tuple[tuple[str, str], ...] = ()
    extra_cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """Somebody in the address book only."""

    first_name: str
    last_name: str
    addresses: tuple[str, ...]
    phone: str = ""
    company: str = ""


@dataclass(frozen=True)
class ContactBook:
    """The CRM's records by the part they play, and the address book's rows."""

    contacts: tuple[Contact, ...]
    singles: tuple[Contact, ...]
    couples: tuple[tuple[Contact, Contact], ...]
    companies: tuple[Contact, ...]
    address_book: tuple[Person, ...]
    prospects: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Firm:
    """The whole world of the sample."""

    seed: int
    hosts: tuple[Host, ...]
    book: ContactBook
    meetings: tuple[Meeting, ...]
    exports: tuple[Export, ...]
    spoilt: tuple[Spoilt, ...]
    unreadable: tuple[str, ...] = field(default=())
