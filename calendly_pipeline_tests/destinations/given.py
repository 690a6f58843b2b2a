"""A card in the CRM and what the plan makes of it, short to write."""

import json
from datetime import datetime
from typing import Any

from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import AS_OF, Tables, utc
from calendly_pipeline_tests.metrics.given import Firm, settings

FIELDS = {
    "last_meeting_on": "Last meeting",
    "next_meeting_on": "Next meeting",
    "meetings_12m_count": "Meetings",
    "meeting_data_through_on": "Data through",
}
SAME = {"Last meeting": "2026-05-01", "Next meeting": "", "Meetings": "1", "Data through": "2026-06-30"}


def mapped(fields: dict[str, str] | None = None, **named: Any) -> Settings:
    """Settings with a short field mapping; `named` are further keys of [lacrm]."""
    return settings(lacrm={"fields": FIELDS if fields is None else fields, **named})


def sent(
    entry_id: int, outcome: str = "accepted", who: str = "ada", destination: str = "lacrm", **payload: Any
) -> dict[str, Any]:
    """A ledger row; `payload` may be given as one dictionary where field names are no identifiers."""
    named = payload.get("payload", payload)
    return {
        "entry_id": entry_id,
        "destination": destination,
        "record_key": who,
        "operation": "update",
        "payload": json.dumps(named),
        "outcome": outcome,
        "attempted_at": utc("2026-06-01T09:00"),
    }


def met_once(tables: Tables, *contacts: str, **cells: str) -> Firm:
    """Ada met the firm on 1 May; her card holds `SAME`, but for `cells`."""
    firm = Firm(tables, *contacts).meeting("m", "2026-05-01T14:00")
    for contact in firm.contacts:
        contact["fields"] = {**SAME, **{name.replace("_", " "): value for name, value in cells.items()}}
    return firm


def plans(
    firm: Firm, *ledger: dict[str, Any], chosen: Settings | None = None, as_of: datetime = AS_OF
) -> dict[str, dict[str, Any]]:
    """Run metrics and destinations; plan rows by contact, payloads as dictionaries."""
    chosen = chosen or mapped()
    load_fields(firm.tables.connection, lacrm_fields(chosen))
    firm.tables.given("destinations.ledger", *ledger)
    firm.run(chosen, as_of)
    firm.tables.run_stage("destinations", settings=chosen, as_of=as_of)
    rows = firm.tables.rows("destinations.plan")
    for row in rows:
        row |= {name: json.loads(row[name]) for name in ("payload", "before")}
    return {row["record_key"]: row for row in rows}


def plan(
    firm: Firm, *ledger: dict[str, Any], chosen: Settings | None = None, as_of: datetime = AS_OF
) -> dict[str, Any]:
    """Ada's plan row."""
    return plans(firm, *ledger, chosen=chosen, as_of=as_of)["ada"]
