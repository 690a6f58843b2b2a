"""The same world as Calendly's meeting export (layout of real exports: 35 columns and the question pairs)."""

import csv
import io
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.calendly.records import Record, instant, last_part
from calendly_pipeline_tests.fakes.calendly.world import World

BEFORE_QUESTIONS = (
    "User Name", "Team", "Invitee Name", "Invitee First Name", "Invitee Last Name", "Invitee Email",
    "Invitee Time Zone", "Invitee accepted marketing emails", "Text Reminder Number", "Event Type Name",
    "Start Date & Time", "End Date & Time", "Location", "Event Created Date & Time", "Canceled", "Canceled By",
    "Cancellation reason",
)  # fmt: skip
AFTER_QUESTIONS = (
    "UTM Campaign", "UTM Source", "UTM Medium", "UTM Term", "UTM Content", "Salesforce UUID", "Event Price",
    "Payment Currency", "Guest Email(s)", "Invitee Reconfirmed", "Marked as No-Show", "Meeting Notes", "Group",
    "User Email",
)  # fmt: skip
UUIDS = ("Event UUID", "Invitee UUID")
LAST = ("Invitee scheduled by", "Scheduling method")
LABELS = {  # Calendly's names of time zones, from real exports
    "America/New_York": "Eastern Time - US & Canada",
    "America/Chicago": "Central Time - US & Canada",
    "America/Denver": "Mountain Time - US & Canada",
    "America/Los_Angeles": "Pacific Time - US & Canada",
    "America/Phoenix": "Arizona, Yukon Time",
    "Asia/Kolkata": "India Standard Time",
    "Europe/Berlin": "Central European Time",
}
PLACES = {"zoom": "Zoom URL", "google_conference": "Google Meet URL", "microsoft_teams_conference": "Teams URL"}


class Row(NamedTuple):
    """One invitee of one event."""

    event: Record
    invitee: Record


def export_csv(
    world: World,
    zone: str,
    from_day: date | str | None = None,
    to_day: date | str | None = None,
    *,
    has_uuids: bool = True,
) -> str:
    """The export of the meetings that start on these days of the zone, both included; None leaves an end open."""
    wall = ZoneInfo(zone)
    first, last = (date.fromisoformat(day) if isinstance(day, str) else day for day in (from_day, to_day))
    rows = []
    for start, id_ in world.by_start:
        day = instant(start).astimezone(wall).date()
        if (first is None or first <= day) and (last is None or day <= last):
            rows += [Row(world.events[id_], world.invitees[invitee]) for invitee in world.invitees_of[id_]]
    rows.sort(key=lambda row: (row.event["created_at"], row.invitee["created_at"]))
    positions = [answer["position"] for row in rows for answer in row.invitee["questions_and_answers"]]
    pairs = max(positions, default=-1) + 1
    questions = [f"{word} {n}" for n in range(1, pairs + 1) for word in ("Question", "Response")]
    columns = [*BEFORE_QUESTIONS, *questions, *AFTER_QUESTIONS, *(UUIDS if has_uuids else ()), *LAST]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_cells(world, row, wall) for row in rows)
    return out.getvalue()


def clock(at: datetime) -> str:
    """A wall-clock time as `2026-03-10 07:00 am`: no seconds, no zone."""
    return f"{at:%Y-%m-%d} {at.hour % 12 or 12:02d}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def _cells(world: World, row: Row, wall: ZoneInfo) -> dict[str, str]:
    return {**_event_cells(world, row.event, wall), **_person_cells(world, row), **_state_cells(row)}


def _event_cells(world: World, event: Record, wall: ZoneInfo) -> dict[str, str]:
    host = world.users[event["event_memberships"][0]["user"]]
    groups = [group["name"] for uri, group in world.groups.items() if host["uri"] in world.members_of[uri]]
    one_off = world.event_types[event["event_type"]]["type"] == "AdhocEventType"
    times = {
        column: clock(instant(event[key]).astimezone(wall))
        for column, key in (
            ("Start Date & Time", "start_time"),
            ("End Date & Time", "end_time"),
            ("Event Created Date & Time", "created_at"),
        )
    }
    return {
        **times,
        "User Name": host["name"],
        "User Email": host["email"],
        "Group": groups[0] if groups else "",
        "Event Type Name": "One-off meeting" if one_off else event["name"] or "",
        "Location": _place(event["location"]),
        "Guest Email(s)": ", ".join(guest["email"] for guest in event["event_guests"]),
        "Meeting Notes": event.get("meeting_notes_plain") or "",
        "Event UUID": last_part(event["uri"]),
    }


def _person_cells(world: World, row: Row) -> dict[str, str]:
    invitee = row.invitee
    first, _, last = invitee["name"].partition(" ")
    booker = invitee.get("invitee_scheduled_by")
    utm = {f"UTM {word.title()}": invitee["tracking"][f"utm_{word}"] or "" for word in
           ("campaign", "source", "medium", "term", "content")}  # fmt: skip
    zone = invitee["timezone"] or ""
    return {
        **utm,
        "Invitee Name": invitee["name"],
        "Invitee First Name": first,
        "Invitee Last Name": last,
        "Invitee Email": invitee["email"],
        "Invitee Time Zone": LABELS.get(zone, zone),
        "Text Reminder Number": invitee["text_reminder_number"] or "",
        "Salesforce UUID": invitee["tracking"]["salesforce_uuid"] or "",
        "Invitee UUID": last_part(invitee["uri"]),
        "Invitee scheduled by": world.users[booker]["name"] if booker else "",
        "Scheduling method": invitee.get("scheduling_method") or "",
    }


def _state_cells(row: Row) -> dict[str, str]:
    invitee = row.invitee
    cancellation: dict[str, Any] = invitee.get("cancellation") or {}
    payment: dict[str, Any] = invitee.get("payment") or {}
    answers = {}
    for answer in invitee["questions_and_answers"]:
        answers[f"Question {answer['position'] + 1}"] = answer["question"]
        answers[f"Response {answer['position'] + 1}"] = answer["answer"]
    return {
        **answers,
        "Canceled": "true" if invitee["status"] == "canceled" else "false",
        "Canceled By": cancellation.get("canceled_by", ""),
        "Cancellation reason": cancellation.get("reason") or "",
        "Event Price": str(payment.get("amount", "")),
        "Payment Currency": payment.get("currency", ""),
        "Invitee Reconfirmed": "Yes" if (invitee.get("reconfirmation") or {}).get("confirmed_at") else "",
        "Marked as No-Show": "Yes" if invitee.get("no_show") else "No",
    }


def _place(location: Record | None) -> str:
    if location is None:
        return ""
    if "join_url" in location:
        label = PLACES.get(location["type"], "URL")
        return f"{label}: {location['join_url']}" if location["join_url"] else ""
    return location["location"] or ""
