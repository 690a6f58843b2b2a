"""What each path of the fake Ortto does; shapes are those of recorded answers (phpdevkits/ortto-sdk)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.ortto.records import ActivityRow, Definition, FieldRow
from calendly_pipeline_tests.fakes.ortto.refusals import Refused
from calendly_pipeline_tests.fakes.ortto.world import World

MOST = 100
LARGEST_ACTIVITY = 16_000
LARGEST_CALL = 2_000_000
PERMISSIONS = {"email": "bol::p", "sms": "bol::sp"}


@dataclass(frozen=True)
class Call:
    """One call."""

    world: World
    given: dict[str, Any]
    now: datetime
    is_shuffled: bool = False
    hides_permissions: bool = False

    def listed(self, name: str) -> list[dict[str, Any]]:
        """1 to 100 records; raises Refused."""
        rows = self.given.get(name)
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST or not all(isinstance(row, dict) for row in rows):
            raise Refused(f"{name} must hold 1 to {MOST} records")
        return rows

    def ordered(self, rows: list[Any]) -> list[Any]:
        """The answer's order, which nobody promised."""
        return rows[::-1] if self.is_shuffled else rows


def merge_people(call: Call) -> Any:
    """A 400 when nobody was valid, else a status each."""
    people, strategy = call.listed("people"), call.given.get("merge_strategy", 2)
    merge_by = call.given.get("merge_by") or ["str::email", "str::ei"]
    if strategy not in (1, 2, 3) or len(merge_by) > 3 or ("str::person_id" in merge_by and len(merge_by) > 1):
        raise Refused("invalid merge strategy or merge_by")
    items = [_merged(call, person.get("fields") or {}, merge_by, strategy) for person in people]
    if all("error" in item for item in items):
        raise Refused(f"No valid contacts provided ({items[0]['error']})", details=call.ordered(items))
    return {"people": call.ordered(items)}


def _merged(call: Call, fields: dict[str, Any], merge_by: list[str], strategy: int) -> dict[str, Any]:
    problem = call.world.problem(fields)
    if problem:
        return {"status": "invalid", "error": problem}
    listed = call.given.get("suppression_list_field_id")
    is_new = not any(call.world.found(key, fields[key]) for key in merge_by if fields.get(key))
    if listed and is_new and str(fields.get(listed, "")).lower() in call.world.suppressed:
        return {"status": "suppressed", "error": "Email is suppressed"}
    status, person_id = call.world.merge(fields, merge_by, strategy, bool(call.given.get("skip_non_existing")))
    return {"person_id": person_id, "status": status} if person_id else {"status": status}


def create_activities(call: Call) -> Any:
    """Everything is `queued`; what names no person by id may make one, opted in."""
    rows = call.listed("activities")
    if len(json.dumps(call.given)) > LARGEST_CALL:
        raise Refused("Payload too large", 413)
    items = [_activity(call, row) for row in rows]
    if all("error" in item for item in items):
        raise Refused(f"No valid activities provided ({items[0]['error']})", details=call.ordered(items))
    return {"activities": call.ordered(items)}


def _activity(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    definition = call.world.definitions.get(str(row.get("activity_id")))
    attributes = row.get("attributes") or {}
    if definition is None:
        return {"status": "invalid", "error": f"activity {row.get('activity_id')}: Object not found"}
    if len(json.dumps(row)) > LARGEST_ACTIVITY:
        return {"status": "invalid", "error": "activity is too large"}
    unknown = [key for key in attributes if key not in definition.attributes and key != "int::v"]
    if unknown:
        return {"status": "invalid", "error": f"failed to validate field {unknown[0]} in schema: Object not found"}
    named = {}
    if row.get("person_id"):
        person_id, named = str(row["person_id"]), {"person_id": row["person_id"]}
        if person_id not in call.world.people:
            return {**named, "status": "invalid", "error": "person: Object not found"}
    else:
        merge_by = row.get("merge_by") or call.given.get("merge_by") or ["str::email"]
        _, person_id = call.world.merge(row.get("fields") or {}, merge_by, row.get("merge_strategy", 2), False)
    created = str(row.get("created") or call.now.isoformat())
    made = ActivityRow(definition.activity_id, person_id, dict(attributes), str(row.get("key") or ""), created)
    call.world.add_activity(made, call.now)
    return {**named, "status": "queued", "person_status": "queued"}


def subscriptions(call: Call) -> Any:
    """Whom Ortto knows, by id, else by address; others are left out (how the vendor says it is not recorded)."""
    items = []
    for asked in call.listed("people"):
        by = "person_id" if asked.get("person_id") else "email"
        field_id = "str::person_id" if by == "person_id" else "str::email"
        person = call.world.found(field_id, asked.get(by, ""))
        if person is None:
            continue
        named = {"email": person.fields.get("str::email")} if by == "email" else {}
        may = {f"{kind}_permissions": bool(person.fields.get(key)) for kind, key in PERMISSIONS.items()}
        status = "by-id" if by == "person_id" else "merged"
        shown = {} if call.hides_permissions else may
        items.append({"person_status": status, "person_id": person.person_id, **named, "subscriptions": [], **shown})
    return {"people": call.ordered(items)}


def people_by_ids(call: Call) -> Any:
    """An object by id."""
    wanted, fields = call.given.get("contact_ids") or [], call.given.get("fields") or ["str::email"]
    found = [call.world.people[one] for one in wanted if one in call.world.people]
    rows = {
        person.person_id: {
            "id": person.person_id,
            "fields": {key: person.fields[key] for key in fields if key in person.fields},
        }
        for person in found
    }
    return {"contacts": rows}


def schema(call: Call) -> Any:
    """Built-in fields in the nameless space, custom ones in `cm`, those of accounts in `o`."""
    rows = [_schema_row(row) for row in call.world.fields.values()]
    rows += [_schema_activity(definition) for definition in call.world.definitions.values()]
    spaces: dict[str, Any] = {"": {"id": "", "fields": {}}, "cm": {"id": "cm", "fields": {}}}
    for row in rows:
        spaces["cm" if ":cm:" in row["id"] else ""]["fields"][row["id"]] = row
    of_accounts = {"id": "str:o:name", "name": "Name", "display_type": "text"}
    spaces["o"] = {"id": "o", "fields": {"str:o:name": of_accounts}, "org": True}
    return {"namespaces": spaces}


def custom_fields(call: Call) -> Any:
    """With their options."""
    rows = [row for row in call.world.fields.values() if ":cm:" in row.field_id]
    return {"fields": [{"field": _schema_row(row), "tracked_value": False} for row in rows]}


def create_custom_field(call: Call) -> Any:
    """The answer names the id."""
    name, kind, options = call.given.get("name"), call.given.get("type"), call.given.get("values")
    row = call.world.add_field(str(name), str(kind), options)
    more = {"values": row.options} if row.options else {}
    return {"name": row.name, "field_id": row.field_id, "display_type": row.display_type, **more}


def create_definition(call: Call) -> Any:
    """The answer names the ids of the activity and its attributes."""
    wanted = {item["name"]: item["display_type"] for item in call.given.get("attributes") or []}
    made = call.world.add_definition(str(call.given.get("name")), wanted)
    attributes = [
        {"name": name, "field_id": field_id, "display_type": kind} for field_id, (name, kind) in made.attributes.items()
    ]
    return {
        "custom_activity": {
            "name": made.name,
            "activity_field_id": made.activity_id,
            "state": "awaiting_implementation",
            "display_mode": {"type": "activity"},
            "attributes": attributes,
            "icon_id": call.given.get("icon_id"),
            "created_by": "Public API",
        }
    }


def _schema_row(row: FieldRow) -> dict[str, Any]:
    more = {"read_only": True} if row.is_read_only else {}
    options = {"dic_items": row.options} if row.options else {}
    return {"id": row.field_id, "name": row.name, "display_type": row.display_type, **more, **options}


def _schema_activity(definition: Definition) -> dict[str, Any]:
    attributes = [
        {"id": field_id, "name": name, "display_type": kind} for field_id, (name, kind) in definition.attributes.items()
    ]
    shown = {"id": definition.activity_id, "name": definition.name, "display_type": "activity"}
    return {**shown, "attributes": attributes}


PATHS: dict[str, Callable[[Call], Any]] = {
    "/person/merge": merge_people,
    "/activities/create": create_activities,
    "/definitions/activity/create": create_definition,
    "/person/custom-field/create": create_custom_field,
    "/person/custom-field/get": custom_fields,
    "/person/subscriptions": subscriptions,
    "/person/get-by-ids": people_by_ids,
    "/instance-schema/get": schema,
}
WRITES = frozenset(path for path in PATHS if path.endswith(("/create", "/merge")))
