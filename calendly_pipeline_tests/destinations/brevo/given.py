"""Bookings of people and what Brevo should hold of them, short to write."""

import json
from datetime import datetime
from typing import Any

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc
from calendly_pipeline_tests.metrics.given import Firm, settings

ADA = "ada@mail.example"
ATTRIBUTES = {"meeting_date": "MEETING_DATE", "status": "BOOKING_STATUS"}
METRICS = ("metrics.contact_meetings", "metrics.contact_metrics")
MODELS = tuple(
    f"destinations.{name}"
    for name in (
        "sent",
        "brevo_bookings",
        "brevo_people",
        "brevo_values",
        "brevo_lists",
        "brevo_cases",
        "brevo_events",
        "brevo_records",
        "wanted",
        "changes",
    )
)
OF_THE_PERSON = (
    "role",
    "is_no_show",
    "booked_at",
    "cancelled_at",
    "cancelled_by",
    "answers",
    "phone",
    "name",
    "rescheduled_from_id",
    "rescheduled_to_id",
    "duplicate_of",
    "decision",
)
TYPE = "6f9d1a52-0b7e-4a51-9a43-0f4f3f9c1a01"


def chosen(**named: Any) -> Settings:
    """Settings with two attributes; `named` are further keys of [destinations.brevo]."""
    return settings(destinations={"brevo": {"attributes": ATTRIBUTES, "questions": {}, **named}})


class Bookings(Firm):
    """A firm whose clients have an address; `run` is the plan."""

    def __init__(self, tables: Tables, *contacts: str) -> None:
        super().__init__(tables, *contacts)
        self.details: list[dict[str, Any]] = []
        self.phones: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.has_metrics = False  # they take half of the time

    def booked(
        self,
        name: str,
        start: str,
        status: str = "completed",
        address: str = ADA,
        who: str | None = "ada",
        **named: Any,
    ) -> "Bookings":
        """A meeting and its invitee; keys of `named` that an attendee has go to the attendee."""
        person = {key: named.pop(key) for key in OF_THE_PERSON if key in named}
        kind = named.pop("kind", "check_in")
        typed = {"event_type_id": TYPE, "event_type_slug": "check-in", "event_type_name": "Check-in"}
        self.meeting(name, start, status, None, kind, **{**typed, **named})
        for key in ("booked_at", "cancelled_at"):
            if isinstance(person.get(key), str):
                person[key] = utc(person[key])
        self.attendee(name, who, address=address, email=address, **{"name": "Ada Alder", **person})
        row = self.attendees[-1]
        self.details.append({"attendee_id": row["attendee_id"], "address": address, "phone": row.get("phone")})
        return self

    def told(
        self, key: str, outcome: str = "accepted", kind: str = "", at: str = "2026-06-29T09:00", **more: Any
    ) -> "Bookings":
        """An attempt in the ledger; `payload` and `remote_id` in `more`."""
        row = {
            "entry_id": len(self.ledger) + 1,
            "destination": "brevo",
            "record_key": key,
            "operation": "create",
            "kind": kind,
            "outcome": outcome,
            "attempted_at": utc(at),
            "settled_at": utc(at),
            **more,
        }
        self.ledger.append({**row, "payload": json.dumps(more.get("payload", {}))})
        return self

    def planned(self, rules: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """The plan by record key, JSON read."""
        self.given()
        self.tables.given("contacts.attendee_details", *self.details).given("contacts.phone_numbers", *self.phones)
        self.tables.given("destinations.ledger", *self.ledger)
        if self.has_metrics:
            self.tables.run(*METRICS, settings=rules or chosen(), as_of=as_of)
        self.tables.run(*MODELS, settings=rules or chosen(), as_of=as_of)
        rows = self.tables.rows("select * from destinations.changes where destination = 'brevo'")
        for row in rows:
            row |= {name: json.loads(row[name] or "{}") for name in ("payload", "before", "fields", "written")}
        return {row["record_key"]: row for row in rows}

    def due(self, rules: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """Payloads of what would be sent."""
        rows = self.planned(rules, as_of).items()
        return {key: row["payload"] for key, row in rows if row["operation"] in ("create", "update")}

    def fields(self, address: str = ADA, rules: Settings | None = None) -> dict[str, Any]:
        """Attributes as wanted of one address."""
        return self.planned(rules)[address]["fields"]
