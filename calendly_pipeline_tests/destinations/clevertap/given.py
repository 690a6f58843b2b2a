"""Meetings, and what of them CleverTap should hold, short to write."""

import json
from datetime import datetime
from typing import Any

from calendly_pipeline.destinations.clevertap.event_names import load_event_names
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc
from calendly_pipeline_tests.metrics.given import Firm, covered, settings

ADA = "ada@client.example"
HOST = "dana@juniperlane.example"


def tapped(**named: Any) -> Settings:
    """Settings with `[destinations.clevertap]`."""
    return settings(destinations={"clevertap": named})


def firm_of(tables: Tables, *contacts: str) -> Firm:
    """A firm without meetings."""
    firm = Firm(tables, *contacts)
    firm.coverage = covered("2026-06-30", "2026-06-30")
    return firm


def booked(
    firm: Firm, meeting: str, start: str, status: str = "confirmed", /, *, who: str | None = "ada", **named: Any
) -> Firm:
    """A meeting, and Ada who booked it on 2 January; `named` are columns of the attendee, or of the meeting."""
    of_meeting = {key: named.pop(key) for key in list(named) if key in MEETING}
    first, _, last = (who or "eve").partition(" ")
    own = {"address": f"{first}@client.example", "name": first.title(), "last_name": last or None, **named}
    kind = of_meeting.pop("kind", "portfolio_review")
    firm.meeting(meeting, start, status, None, kind, **{"event_type_name": "Portfolio Review", **of_meeting})
    return firm.attendee(meeting, who, **own)


MODELS = (
    "contacts.attendee_details",
    "metrics.data_through",
    "metrics.contact_meetings",
    "metrics.contact_metrics",
    *(
        f"destinations.{table}"
        for table in (
            "sent",
            "clevertap_bookings",
            "clevertap_acts",
            "clevertap_events",
            "clevertap_profiles",
            "clevertap_records",
            "wanted",
            "changes",
        )
    ),
)
"""Those that the plan of CleverTap is made by, each after the ones it reads."""
MEETING = (
    "kind",
    "event_type_name",
    "event_type_slug",
    "host_email",
    "host_name",
    "location",
    "location_type",
    "platform",
    "title",
)


def accepted(
    entry_id: int, key: str, at: str = "2026-06-01T09:00", outcome: str = "accepted", **payload: Any
) -> dict[str, Any]:
    """A ledger row of a record of CleverTap."""
    return {
        "entry_id": entry_id,
        "destination": "clevertap",
        "record_key": key,
        "operation": "create",
        "kind": key.partition(":")[0],
        "payload": json.dumps(payload),
        "outcome": outcome,
        "answer": "",
        "attempted_at": utc(at),
        "settled_at": utc(at),
    }


def planned(
    firm: Firm, *ledger: dict[str, Any], chosen: Settings | None = None, as_of: datetime = AS_OF
) -> dict[str, dict[str, Any]]:
    """The plan of CleverTap by record key, JSON as dictionaries."""
    chosen = chosen or tapped()
    tables = firm.tables
    tables.given("destinations.ledger", *ledger)
    firm.given()
    load_event_names(tables.connection, chosen)
    tables.run(*MODELS, settings=chosen, as_of=as_of)
    rows = tables.rows("select * from destinations.changes where destination = 'clevertap' order by record_key")
    for row in rows:
        row |= {name: json.loads(row[name]) for name in ("payload", "before", "fields") if row[name]}
    return {row["record_key"]: row for row in rows}


def acts(rows: dict[str, dict[str, Any]], operation: str = "create") -> list[str]:
    """Subject, act and meeting of the events that would be sent, sorted."""
    parts = [key.split(":") for key, row in rows.items() if key.startswith("event:") and row["operation"] == operation]
    return sorted(" ".join([subject, act, ":".join(rest)]) for _, subject, act, _, *rest in parts)


def event_of(rows: dict[str, dict[str, Any]], act: str = "scheduled") -> dict[str, Any]:
    """The fields of the only event of an act."""
    (row,) = [row for key, row in rows.items() if key.split(":")[2:3] == [act]]
    return row["fields"]
