"""A firm's bookings and what Ortto should be told of them, short to write."""

import json
from datetime import datetime
from typing import Any

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc
from calendly_pipeline_tests.metrics.given import Firm, settings

ADA = "ada@x.example"
METRICS = ("metrics.contact_meetings", "metrics.data_through", "metrics.contact_metrics")
MODELS = (
    "destinations.sent",
    "destinations.ortto_bookings",
    "destinations.ortto_people",
    "destinations.ortto_activities",
)
PLAN = ("destinations.lacrm_records", "destinations.wanted", "destinations.changes")


def chosen(**named: Any) -> Settings:
    """Settings with Ortto; `named` are keys of its table."""
    return settings(destinations={"ortto": named})


class Booked(Firm):
    """Bookings of people with addresses."""

    as_of: datetime | None = None
    """The clock its metrics were run with, while no booking was added since."""

    def booking(
        self,
        meeting: str,
        start: str = "2026-06-10T14:00",
        status: str = "completed",
        who: str | None = "ada",
        address: str = ADA,
        **named: Any,
    ) -> "Booked":
        """A meeting and its invitee; `named` are columns of the attendee."""
        self.as_of = None
        self.meeting(meeting, start, status, None)
        person = {"address": address, "name": "Ada Alder", "booked_at": utc("2026-06-01T09:00")}
        self.attendee(meeting, who, **{**person, **named})
        return self

    def wanted(self, using: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """What should be there by record key, fields as dictionaries without blanks."""
        rows = {row["record_key"]: row for row in self.told(using, as_of)}
        for row in rows.values():
            row["fields"] = {name: value for name, value in json.loads(row["fields"]).items() if value is not None}
        return rows

    def told(self, using: Settings | None = None, as_of: datetime = AS_OF) -> list[dict[str, Any]]:
        """Rows of people and activities, as the models give them."""
        using = using or chosen()
        if self.as_of != as_of:
            self.given().tables.run(*METRICS, settings=using, as_of=as_of)
            self.as_of = as_of
        self.tables.run(*MODELS, settings=using, as_of=as_of)
        return [*self.tables.rows(MODELS[-2]), *self.tables.rows(MODELS[-1])]

    def plan(self, using: Settings | None = None, as_of: datetime = AS_OF) -> dict[str, dict[str, Any]]:
        """What would be sent by record key; JSON columns as dictionaries."""
        using = using or chosen()
        self.told(using, as_of)
        self.tables.run(*PLAN, settings=using, as_of=as_of)
        rows = {row["record_key"]: row for row in self.tables.rows("destinations.changes")}
        for row in rows.values():
            row |= {name: json.loads(row[name] or "{}") for name in ("payload", "before", "fields", "written")}
        return {name: row for name, row in rows.items() if row["destination"] == "ortto"}


def happenings(rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Transition -> when, of the activities among these rows."""
    acts = [row["fields"] for row in rows.values() if row["kind"] == "activity"]
    return {fields["transition"]: fields.get("created", "") for fields in acts}


def accepted(number: int, key: str, kind: str, at: str = "2026-06-20T09:00", **payload: Any) -> dict[str, Any]:
    """A ledger row of something that Ortto took."""
    return {
        "entry_id": number,
        "destination": "ortto",
        "record_key": key,
        "operation": "create",
        "payload": json.dumps(payload),
        "outcome": "accepted",
        "attempted_at": utc(at),
        "settled_at": utc(at),
        "kind": kind,
    }


def ledger(tables: Tables, *rows: dict[str, Any]) -> None:
    """What was sent before."""
    tables.given("destinations.ledger", *rows)
