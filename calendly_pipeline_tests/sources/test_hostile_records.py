"""Bodies that are not what their vendor describes: nothing breaks, nothing vanishes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from calendly_pipeline_tests.api_rows import (
    Row,
    answer,
    booking,
    delivery,
    event,
    event_body,
    invitee,
    invitee_body,
    live_meetings,
    posted,
    put,
    told,
)
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.rows import attendees_of, bookings_list, meetings_of

START = "2026-06-01T14:00"
HOSTILE: dict[str, Any] = {
    "null": None,
    "number": 42,
    "fraction": -1e308,
    "huge number": 10**40,
    "true": True,
    "blank": "",
    "long text": "x" * 10_000,
    "number as text": "42",
    "infinite time": "infinity",
    "impossible time": "2026-13-45T25:61:61Z",
    "far time": "9999-12-31T23:59:59.999999Z",
    "SQL": "'); drop table meetings.meetings; --",
    "NUL": "a\0b",
    "no list": {"a": {"b": []}},
    "empty list": [],
    "list": [None, 1, "x", [], {}, {"email": 5, "user": [], "question": {}, "name": None}],
    "empty object": {},
    "nested": {"uri": {"uri": []}, "value": {"value": [{}]}, "type": 1, "email": {"a": "b@c.de"}},
}


def spoilt(body: Row, value: Any) -> Iterator[tuple[str, Row]]:
    """Copies of a body with one key each replaced, or without it."""
    for key in body:
        yield key, {**body, key: value}
        yield f"no-{key}", {name: said for name, said in body.items() if name != key}


def everything(value: Any) -> Iterator[Row]:
    """Records and deliveries of both platforms, each with one field that holds the value."""
    for key, body in spoilt(event_body("E", START), value):
        yield answer("event", f"e-{key}", body)
        yield invitee(f"i-{key}", f"e-{key}")
        yield told("invitee.created", invitee_body(f"w-{key}", f"we-{key}"), body, at="2026-03-01T09:00")
    for key, body in spoilt(invitee_body("I", "OK", no_show=None, cancellation=None), value):
        yield answer("invitee", f"p-{key}", body, parent_id="ok")
        yield told("invitee_no_show.deleted", body, event_body("OK", START), at="2026-03-01T09:00")
    good = booking("B", START)[0]
    assert isinstance(good["body"], str)
    for key, body in spoilt(_parsed(good), value):
        yield answer("booking", f"b-{key}", body, platform="calcom")
        yield answer(
            "attendee", f"b-{key}/a@b.de", {"name": "A", "email": "a@b.de"}, platform="calcom", parent_id=f"b-{key}"
        )
    for key, payload in spoilt(_parsed(posted("BOOKING_CREATED", "W", START, at=START))["payload"], value):
        body = {"payload": {"uid": f"w-{key}", **{k: v for k, v in payload.items() if k != "uid" or key == "uid"}}}
        yield delivery("BOOKING_CREATED", body, at="2026-03-01T09:00", platform="calcom")
    for kind in ("BOOKING_NO_SHOW_UPDATED", "MEETING_ENDED", "BOOKING_CANCELLED"):
        yield delivery(kind, {"payload": value}, at=None, platform="calcom")
        yield delivery(kind, value, at="2026-03-01T09:00", platform="calcom")
    for kind in ("invitee.created", "invitee.canceled", "routing_form_submission.created", "event_type.updated"):
        yield delivery(kind, {"payload": value}, at=None)
        yield delivery(kind, value, at=None)
    for kind in ("user", "event_type", "event", "invitee", "routing_form", "routing_form_submission",
                 "webhook_subscription", "absence"):  # fmt: skip
        yield answer(kind, f"whole-{kind}", value)
    for kind in ("booking", "attendee", "event_type", "absence"):
        yield answer(kind, f"whole/{kind}", value, platform="calcom")


def _parsed(row: Row) -> Row:
    return json.loads(row["body"])


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_nothing_breaks_and_nothing_vanishes(tables: Tables, value: Any) -> None:
    """Whatever stands in a field: every record is a meeting or a reject with a reason, and the good ones count."""
    rows = [{**row, "delivery_id": n} if "delivery_id" in row else row for n, row in enumerate(everything(value))]
    found = live_meetings(tables, rows, event("OK", START), invitee("GOOD", "OK"), booking("FINE", START))
    assert {"ok", "FINE"} <= set(found)
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []
    assert tables.bad_rows("meetings", "moves_go_forward") == []
    accounted = {row["row_id"] for row in tables.rows("sources.rejected_rows")}
    for row in tables.rows("select platform, source_event_id, person_key from meetings.bookings"):
        kind = {"calendly": "event", "calcom": "booking"}[row["platform"]]
        accounted |= {f"calendly:invitee:{row['person_key']}", f"{row['platform']}:{kind}:{row['source_event_id']}"}
    named = {f"{row['platform']}:{row['kind']}:{row['record_id']}" for row in rows if "record_id" in row}
    told_of = {name for name in named if name.split(":")[1] in ("event", "invitee", "booking")}
    assert sorted(told_of - accounted) == []


def test_rejects_say_where_and_why(tables: Tables) -> None:
    """A record without start, address or id is listed with its route, its id, a reason and what it said."""
    put(
        tables,
        event("E1", START, start_time="soon"),
        event("E2", START),
        event("E3", START),
        invitee("I1", "E1"),
        invitee("I2", "E2", "no address"),
        invitee("I4", "E4"),
        booking("B1", START, start="never"),
        booking("B2", START, []),
        delivery("invitee.created", {"payload": {"email": "ada@example.com"}}, at=None, number=7),
        delivery("BOOKING_CREATED", {"payload": []}, at=None, number=8, platform="calcom"),
        delivery("contact.created", {"payload": {}}, at=None, number=9),
    ).run_stage("sources")
    found = tables.rows("select file, reason from sources.rejected_rows order by all")
    assert [(row["file"], row["reason"]) for row in found] == [
        ("api booking B1", "the booking's start cannot be read"),
        ("api booking B2", "the booking names no attendee's address"),
        ("api event e1", "the event's start_time cannot be read"),
        ("api event e3", "no invitee of the event is loaded"),
        ("api invitee i1", "the invitee's event is not loaded, or not usable"),
        ("api invitee i2", "the invitee's email is missing or no address"),
        ("api invitee i4", "the invitee's event is not loaded, or not usable"),
        ("webhook BOOKING_CREATED delivery 8", "the delivery names no booking"),
        ("webhook invitee.created delivery 7", "the delivery names no invitee"),
    ]
    (raw,) = tables.rows(
        "select raw, folder, file_id, line from sources.rejected_rows where row_id = 'calendly:event:e1'"
    )
    assert (raw["folder"], raw["file_id"], raw["line"]) == ("calendly", None, None)
    assert '"soon' in raw["raw"]
    assert len(tables.bad_rows("sources", "no_rejected_rows")) == 9
    assert tables.bad_rows("sources", "few_rejected_rows") == []


def test_an_attendee_without_an_address_is_counted(tables: Tables) -> None:
    """Of a booking by API or webhook whoever has no address stands among the rejects; the others count, once."""
    people = [
        {"name": "Ada Example", "email": "ada@example.com"},
        {"name": "Phone Only", "email": " "},
        {"name": "Odd", "email": "no address"},
    ]
    posted_people = {"payload": {"uid": "B1", "attendees": people[:2]}}
    hook = delivery("BOOKING_CREATED", posted_people, at="2026-03-01T09:00", number=4, platform="calcom")
    put(tables, booking("B1", START, people), hook).run_stage("sources")
    found = tables.rows("select row_id, reason from sources.rejected_rows order by all")
    assert [(row["row_id"], row["reason"]) for row in found] == [
        ("calcom:attendee:B1:2", "the attendee has no address"),
        ("calcom:attendee:B1:3", "the attendee has no address"),
        ("calcom:delivery:4:2", "the attendee has no address"),
    ]
    assert [row["address"] for row in tables.rows("sources.calcom_attendees")] == ["ada@example.com"]


def test_an_attendee_without_an_address_is_counted_in_exports_too(tables: Tables) -> None:
    """Of an export's row whoever has no address stands among the rejects with file and line; the others count."""
    people = [{"name": "Ada Example", "email": "ada@example.com"}, {"name": "Phone Only", "email": ""}, {"name": "No"}]
    bad = bookings_list("B2", "2026-06-02 10:00", line=3, start_time="soon", attendees=json.dumps(people))
    met = meetings_of(tables, bookings_list("B1", "2026-06-01 10:00", attendees=json.dumps(people)), bad)
    assert [key[1] for key in attendees_of(tables)] == ["ada@example.com"]
    assert list(met) == ["B1"]
    found = tables.rows("select row_id, line, reason from sources.rejected_rows order by all")
    assert [(row["row_id"], row["line"], row["reason"]) for row in found] == [
        ("calcom:1:2:2", 2, "the attendee has no address"),
        ("calcom:1:2:3", 2, "the attendee has no address"),
        ("calcom:1:3", 3, "the start time cannot be read"),
    ]


def test_unknown_kinds_stay_where_they_are(tables: Tables) -> None:
    """Deliveries of kinds that nothing is made of are no meetings and no rejects; they stay among the deliveries."""
    rows = [
        delivery("meeting_recap.created", {"payload": {"uri": "x"}}, at=None, number=1),
        delivery("BOOKING_DAYDREAMED", {"payload": {"uid": "?"}}, at=None, number=2, platform="calcom"),
        {**delivery("", {}, at=None, number=3), "body": None},
    ]
    assert live_meetings(tables, *rows) == {}
    assert tables.rows("sources.rejected_rows") == []
    assert len(tables.rows("sources.webhook_deliveries")) == 3
