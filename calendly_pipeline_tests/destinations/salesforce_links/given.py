"""Members of Calendly, users of Salesforce and what the plan makes of them, short to write."""

import json
from typing import Any

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables, utc

Row = dict[str, Any]
MODELS = ("sent", "salesforce_matches", "salesforce_links_records", "wanted", "changes", "plan")
"""Of the stage, those that the links go through."""


def settings(aliases: dict[str, str] | None = None, **keys: Any) -> Settings:
    """A firm that sends its links; `keys` are those of the destination's table."""
    table = {"salesforce_links": keys}
    return Settings.model_validate({"hosts": {"aliases": aliases or {}}, "destinations": table})


def member(name: str, **cells: Any) -> Row:
    """A member of Calendly."""
    link = f"https://calendly.com/{name}"
    row = {"user_id": f"u-{name}", "email": f"{name}@firm.example", "name": name.title(), "scheduling_url": link}
    return {**row, "is_listed": True, **cells}


def managed(name: str, owner: str, **cells: Any) -> Row:
    """A managed event of a member."""
    row = {"event_type_id": name, "name": name.title(), "scheduling_url": f"https://calendly.com/{owner}/{name}"}
    flags = {"is_admin_managed": True, "is_active": True, "is_listed": True, "is_one_off": False}
    return {**row, **flags, "owner_kind": "user", "owner_id": f"u-{owner}", **cells}


def user(user_id: str, email: str, *, is_active: bool = True) -> Row:
    """A user of Salesforce."""
    return {"user_id": user_id, "email": email, "username": f"{user_id}@crm", "is_active": is_active}


def accepted(entry_id: int, key: str, **payload: Any) -> Row:
    """A write that Salesforce took."""
    kind = "user" if key.startswith("user:") else "link"
    return {
        "entry_id": entry_id,
        "destination": "salesforce_links",
        "record_key": key,
        "kind": kind,
        "operation": "create",
        "payload": json.dumps(payload),
        "outcome": "accepted",
        "attempted_at": utc("2026-06-01T09:00"),
        "label": key,
    }


def given(
    tables: Tables,
    members: tuple[Row, ...] = (),
    types: tuple[Row, ...] = (),
    users: tuple[Row, ...] = (),
    ledger: tuple[Row, ...] = (),
) -> Tables:
    """The tables that the plan is made of; Salesforce's users were read."""
    pulled = {"platform": "salesforce", "started_at": utc("2026-06-30T10:00"), "finished_at": utc("2026-06-30T10:01")}
    tables.given("sources.pulls", pulled)
    tables.given("sources.calendly_users", *members).given("sources.calendly_event_types", *types)
    return tables.given("sources.salesforce_users", *users).given("destinations.ledger", *ledger)


def plan(tables: Tables, chosen: Settings | None = None) -> dict[str, Row]:
    """The plan's rows by key, JSON as dictionaries."""
    tables.run(*(f"destinations.{name}" for name in MODELS), settings=chosen or settings())
    rows = tables.rows("select * from destinations.plan where destination = 'salesforce_links' order by record_key")
    for row in rows:
        row |= {name: json.loads(row[name]) if row[name] else {} for name in ("payload", "before", "fields", "written")}
    return {row["record_key"]: row for row in rows}
