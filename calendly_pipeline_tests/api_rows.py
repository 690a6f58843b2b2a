"""Rows of what APIs answered and webhooks delivered, short to write: only what a test is about is named."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.rows import HOST, file

Row = dict[str, Any]
API = "https://api.calendly.com"
TRACKING = ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid")
SEEN = "2026-06-20T00:00"
"""When the API said it, unless a test says otherwise."""


def answer(
    kind: str, record_id: str | None, body: Any, *, seen: str = SEEN, platform: str = "calendly", **row: Any
) -> Row:
    """One record of an API, as loaded."""
    head = {"platform": platform, "account": "default", "kind": kind, "record_id": record_id}
    return {**head, "observed_at": utc(seen), "body": json.dumps(body), **row}


def delivery(
    kind: str, body: Any, *, at: str | None, number: int = 1, platform: str = "calendly", account: str = "default"
) -> Row:
    """One delivery of a webhook; it came long after it was sent."""
    return {
        "delivery_id": number,
        "platform": platform,
        "account": account,
        "kind": kind,
        "occurred_at": utc(at) if at else None,
        "received_at": utc("2026-06-29T00:00"),
        "body": json.dumps(body),
    }


def event_body(id_: str, start: str, /, **fields: Any) -> Row:
    """A Calendly event of 30 minutes with one host, as the API says it; `start` is UTC."""
    return {
        "uri": f"{API}/scheduled_events/{id_}",
        "name": "Portfolio Review",
        "status": "active",
        "start_time": f"{start}:00.000000Z",
        "end_time": f"{_half_an_hour_after(start)}:00.000000Z",
        "event_type": f"{API}/event_types/T1",
        "location": {"type": "physical", "location": "1 Main Street"},
        "invitees_counter": {"total": 1, "active": 1, "limit": 1},
        "event_memberships": [{"user": f"{API}/users/U1", "user_email": HOST, "user_name": "Dana Host"}],
        "event_guests": [],
        "created_at": "2026-01-02T14:00:05.100000Z",
        "updated_at": "2026-01-02T14:00:07.500000Z",
        **fields,
    }


def invitee_body(id_: str, event: str, /, email: str = "ada@example.com", **fields: Any) -> Row:
    """A Calendly invitee, as the API says it."""
    return {
        "uri": f"{API}/scheduled_events/{event}/invitees/{id_}",
        "event": f"{API}/scheduled_events/{event}",
        "email": email,
        "name": "Ada Example",
        "first_name": None,
        "last_name": None,
        "status": "active",
        "timezone": "America/New_York",
        "questions_and_answers": [],
        "tracking": dict.fromkeys(
            ("utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid")
        ),
        "text_reminder_number": None,
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "payment": None,
        "no_show": None,
        "scheduling_method": None,
        "created_at": "2026-01-02T14:00:05.200000Z",
        "updated_at": "2026-01-02T14:00:05.300000Z",
        **fields,
    }


def cancelled(by: str = "invitee", at: str = "2026-03-01T10:00", reason: str | None = "ill", **more: Any) -> Row:
    """What a cancellation changes on an event or an invitee."""
    who = {"invitee": "Ada Example", "host": "Dana Host"}[by]
    cancellation = {"canceled_by": who, "reason": reason, "canceler_type": by, "created_at": f"{at}:00.000000Z"}
    return {"status": "canceled", "cancellation": cancellation, "updated_at": f"{at}:01.000000Z", **more}


def event(id_: str, start: str, /, *, seen: str = SEEN, account: str = "default", **fields: Any) -> Row:
    """An event by API."""
    return answer("event", id_.lower(), event_body(id_, start, **fields), seen=seen, account=account)


def invitee(
    id_: str,
    event: str,
    /,
    email: str = "ada@example.com",
    *,
    seen: str = SEEN,
    account: str = "default",
    **fields: Any,
) -> Row:
    """An invitee by API."""
    body = invitee_body(id_, event, email, **fields)
    return answer("invitee", id_.lower(), body, seen=seen, account=account, parent_id=event.lower())


def told(kind: str, person: Mapping[str, Any], about: Mapping[str, Any] | None, *, at: str, number: int = 1) -> Row:
    """A delivery about an invitee; `about` is the event in it."""
    payload = {**person, **({} if about is None else {"scheduled_event": about})}
    body = {"event": kind, "created_at": f"{at}:00.000000Z", "created_by": f"{API}/users/U1", "payload": payload}
    return delivery(kind, body, at=at, number=number)


def event_type(id_: str, /, seen: str = SEEN, **fields: Any) -> Row:
    """An event type by API."""
    body = {"name": "Portfolio Review", "slug": "portfolio-review", "active": True, "deleted_at": None, **fields}
    return answer("event_type", id_.lower(), body, seen=seen)


def booking(
    uid: str,
    start: str,
    people: Sequence[Mapping[str, Any]] = ({"name": "Ada Example", "email": "ada@example.com"},),
    /,
    *,
    seen: str = SEEN,
    account: str = "default",
    **fields: Any,
) -> list[Row]:
    """A Cal.com booking of 30 minutes by API, and its attendees; `start` is UTC."""
    listed = [{"absent": False, "timeZone": "America/New_York", **person} for person in people]
    body = {
        "uid": uid,
        "title": "Portfolio Review between Dana Host and Ada Example",
        "hosts": [{"id": 1, "name": "Dana Host", "email": HOST, "username": "dana"}],
        "status": "accepted",
        "start": f"{start}:00.000Z",
        "end": f"{_half_an_hour_after(start)}:00.000Z",
        "eventType": {"id": 5, "slug": "portfolio-review"},
        "location": "integrations:daily",
        "absentHost": False,
        "cancellationReason": "",
        "cancelledByEmail": "",
        "rescheduledFromUid": None,
        "rescheduledToUid": None,
        "bookingFieldsResponses": {"name": "Ada Example", "email": "ada@example.com"},
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
        "attendees": listed,
        **fields,
    }
    where = {"seen": seen, "account": account, "platform": "calcom"}
    return [
        answer("booking", uid, body, **where),
        *(answer("attendee", f"{uid}/{p['email'].lower()}", p, parent_id=uid, **where) for p in listed),
    ]


def posted(
    trigger: str,
    uid: str,
    start: str,
    people: Sequence[Mapping[str, Any]] = ({"name": "Ada Example", "email": "ada@example.com"},),
    /,
    *,
    at: str,
    number: int = 1,
    **fields: Any,
) -> Row:
    """A Cal.com delivery about a booking; `start` is UTC."""
    payload = {
        "uid": uid,
        "type": "portfolio-review",
        "title": "Portfolio Review between Dana Host and Ada Example",
        "eventTitle": "Portfolio Review",
        "eventTypeId": 5,
        "startTime": f"{start}:00Z",
        "endTime": f"{_half_an_hour_after(start)}:00Z",
        "status": "ACCEPTED",
        "organizer": {"name": "Dana Host", "email": HOST, "timeZone": "America/New_York"},
        "attendees": list(people),
        "responses": {
            "name": {"label": "your_name", "value": "Ada Example"},
            "email": {"label": "email_address", "value": "ada@example.com"},
        },
        "location": "integrations:daily",
        **fields,
    }
    body = {"triggerEvent": trigger, "createdAt": f"{at}:00.000Z", "payload": payload}
    return delivery(trigger, body, at=at, number=number, platform="calcom")


def absence(record_id: str, *, noticed: str, last_seen: str, platform: str = "calendly") -> Row:
    """The API no longer returns an event or a booking."""
    body = {
        "record_id": record_id,
        "last_seen_at": f"{last_seen}:00+00:00",
        "noticed_at": noticed,
        "reason": "not found",
    }
    return answer("absence", record_id, body, seen=noticed, platform=platform)


def pull(
    start: str, end: str, finished: str, *, platform: str = "calendly", address: str | None = None, **row: Any
) -> Row:
    """A finished pull of [start, end)."""
    head = {"pull_id": f"{platform}/{start}/{finished}", "platform": platform, "account": "default", "mode": "window"}
    times: dict[str, datetime] = {"from_at": utc(start), "to_at": utc(end), "finished_at": utc(finished)}
    return {**head, **times, "account_address": address, **row}


def put(tables: Tables, *rows: Row | Sequence[Row], files: int = 3, **file_fields: Any) -> Tables:
    """Put rows of any route where they belong."""
    flat = [row for group in rows for row in ([group] if isinstance(group, dict) else group)]
    folders = ("calendly", "calcom")
    tables.given("sources.files", *(file(n, name, **file_fields) for n in range(1, files + 1) for name in folders))
    exports = [row for row in flat if "file_id" in row]
    tables.given("sources.calendly_exports", *(row for row in exports if row["file_id"].startswith("calendly")))
    tables.given("sources.calcom_exports", *(row for row in exports if row["file_id"].startswith("calcom")))
    tables.given("sources.webhook_deliveries", *(row for row in flat if "delivery_id" in row))
    tables.given("sources.pulls", *(row for row in flat if "pull_id" in row))
    return tables.given("sources.api_records", *(row for row in flat if "record_id" in row))


def live_meetings(tables: Tables, *rows: Row | Sequence[Row], as_of: str | None = None, **run: Any) -> dict[str, Row]:
    """Run sources and meetings over rows of any route; meetings by their vendor id (or key)."""
    names = ("files", "landed_at", "modified_at")
    put(tables, *rows, **{name: run.pop(name) for name in names if name in run})
    clock = {"as_of": utc(as_of)} if as_of else {}
    tables.run_stage("sources", "meetings", **clock, **run)
    return {row["source_event_id"] or row["meeting_id"]: row for row in tables.rows("meetings.meetings")}


def _half_an_hour_after(start: str) -> str:
    hour, minute = int(start[11:13]), int(start[14:16]) + 30
    return f"{start[:11]}{hour + minute // 60:02}:{minute % 60:02}"
