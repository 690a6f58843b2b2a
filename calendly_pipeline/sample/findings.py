"""The shape of the ground truth: one record per meeting, per attendee, and the totals."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Key = tuple[str, ...]
"""(platform, vendor's id) or, for a Calendly row that never had a UUID, (platform, address, start)."""
Place = tuple[Key, str]
"""A meeting's key and an attendee's lower-cased address."""


@dataclass(frozen=True)
class MeetingTruth:
    """One booked meeting as it must come out."""

    key: Key
    platform: str
    source_event_id: str | None
    status: str
    is_status_certain: bool
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime | None
    event_type_name: str | None
    meeting_type: str
    is_portfolio_review: bool
    host_email: str | None
    host_name: str | None
    cancelled_by: str | None
    rescheduled_from: Key | None = None
    rescheduled_to: Key | None = None
    chain: Key = ()
    reschedule_count: int = 0
    duplicate_of: Key | None = None


@dataclass(frozen=True)
class AttendeeTruth:
    """One person in one meeting as it must come out; `contact_id` is who it really is, found or not."""

    meeting: Key
    address: str
    name: str
    role: str
    status: str
    is_held: bool
    is_no_show: bool | None
    contact_id: str | None
    decision: str
    tier: str
    rule: str
    candidates: tuple[str, ...]
    case: str
    rescheduled_from: Key | None = None
    rescheduled_to: Key | None = None


@dataclass(frozen=True)
class Truth:
    """Everything a run over the sample is measured by."""

    as_of: datetime
    meetings: dict[Key, MeetingTruth]
    attendees: dict[Place, AttendeeTruth]
    contact_metrics: dict[str, dict[str, Any]]
    households: dict[str, tuple[str, ...]]
    status_counts: dict[str, int]
    counting_status_counts: dict[str, int]
    decision_counts: dict[str, int]
    conflicts: tuple[Key, ...]
    uncovered_days: dict[str, list[date]]
    exported_rows: dict[str, int]
    rejected_rows: dict[str, int]
    rejected_files: tuple[str, ...]
    repeated_hour_meetings: tuple[Key, ...]
    skipped_hour_meetings: tuple[Key, ...]
    unexported: tuple[str, ...]
