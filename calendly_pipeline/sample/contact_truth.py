"""What every contact's card must show, from the attendees that a matcher links on its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from calendly_pipeline.sample.days import AS_OF, day_of
from calendly_pipeline.sample.findings import AttendeeTruth, MeetingTruth
from calendly_pipeline.sample.outcomes import Table
from calendly_pipeline.sample.world import Contact

REVIEW_INTERVAL = timedelta(days=365)
REVIEW_DUE_SOON = timedelta(days=30)
YEAR = timedelta(days=365)
Visit = tuple[AttendeeTruth, MeetingTruth]


def contact_metrics(contacts: Sequence[Contact], table: Table) -> dict[str, dict[str, Any]]:
    """One row per contact; counts by attendee, portfolio reviews by household."""
    own: dict[str, list[Visit]] = {contact.contact_id: [] for contact in contacts}
    for attendee in table.attendees.values():
        meeting = table.meetings[attendee.meeting]
        if attendee.decision == "auto" and attendee.role == "invitee" and meeting.duplicate_of is None:
            own[attendee.contact_id or ""].append((attendee, meeting))
    together: dict[str, list[Visit]] = {}
    for contact in contacts:
        together.setdefault(contact.household or contact.contact_id, []).extend(own[contact.contact_id])
    return {
        contact.contact_id: {
            **_counts(own[contact.contact_id]),
            **_reviews(together[contact.household or contact.contact_id]),
        }
        for contact in contacts
    }


def _counts(visits: list[Visit]) -> dict[str, Any]:
    held = sorted((meeting for attendee, meeting in visits if attendee.is_held), key=lambda one: one.starts_at)
    days = [day_of(meeting.starts_at) for meeting in held]
    today = day_of(AS_OF)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    recent = [(attendee, meeting) for attendee, meeting in visits if _is_recent(meeting)]
    return {
        "first_meeting_on": min(days, default=None),
        "last_meeting_on": max(days, default=None),
        "next_meeting_on": _next(visits),
        "meetings_count": len(held),
        "meetings_this_quarter_count": sum(quarter <= day <= today for day in days),
        "meetings_12m_count": sum(_is_recent(meeting) for meeting in held),
        "no_show_12m_count": sum(bool(attendee.is_no_show) for attendee, _ in recent),
        "cancellation_12m_count": sum(
            attendee.status == "cancelled" and _by_whom(meeting) != "host" for attendee, meeting in recent
        ),
        "reschedule_12m_count": sum(attendee.status == "rescheduled" for attendee, _ in recent),
        "is_reschedule_escalation": any(meeting.reschedule_count >= 2 for _, meeting in visits),
        "last_meeting_type": held[-1].meeting_type if held else None,
        "last_host_name": held[-1].host_name if held else None,
    }


def _reviews(visits: list[Visit]) -> dict[str, Any]:
    reviews = [(attendee, meeting) for attendee, meeting in visits if meeting.is_portfolio_review]
    last = max((day_of(meeting.starts_at) for attendee, meeting in reviews if attendee.is_held), default=None)
    due, today = last + REVIEW_INTERVAL if last else None, day_of(AS_OF)
    status = "none"
    if due:
        status = "overdue" if today > due else "due" if today >= due - REVIEW_DUE_SOON else "current"
    return {
        "last_portfolio_review_on": last,
        "next_portfolio_review_on": _next(reviews),
        "review_due_on": due,
        "review_status": status,
    }


def _next(visits: list[Visit]) -> Any:
    ahead = [meeting for attendee, meeting in visits if meeting.status == "confirmed" and attendee.status == "active"]
    return min((day_of(meeting.starts_at) for meeting in ahead if meeting.starts_at > AS_OF), default=None)


def _is_recent(meeting: MeetingTruth) -> bool:
    return AS_OF - YEAR < meeting.starts_at <= AS_OF


def _by_whom(meeting: MeetingTruth) -> str:
    """Who ended an attendee's place: in a meeting that went on, it was the invitee."""
    return meeting.cancelled_by or "invitee"
