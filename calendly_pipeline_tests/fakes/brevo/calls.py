"""What each endpoint of the fake Brevo does."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.brevo import shapes
from calendly_pipeline_tests.fakes.brevo.refusals import Refused, missing_list
from calendly_pipeline_tests.fakes.brevo.world import World

TYPES = {
    "normal": ("text", "date", "float", "boolean", "multiple-choice", "user"),
    "transactional": ("text", "date", "float", "boolean", "id"),
    "category": ("category",),
}
MOST_IN_LIST_CALL = 150
MOST_IDS = 20
MOST_EVENT_BYTES = 50 * 1024
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
Answered = tuple[int, Any]  # status and body; None: no body


@dataclass(frozen=True)
class Call:
    """One request: what its path held, its query and its body."""

    world: World
    now: datetime
    seen_from: datetime
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: dict[str, Any]

    def page(self, rows: list[Any], key: str, most: int, usual: int) -> Answered:
        """A page by limit and offset."""
        limit, offset = int(self.query.get("limit", usual)), int(self.query.get("offset", 0))
        if not 1 <= limit <= most or offset < 0:
            raise Refused("Limit exceeds max value", "out_of_range")
        return 200, {key: rows[offset : offset + limit], "count": len(rows)}


def get_attributes(call: Call) -> Answered:
    """All of them."""
    return 200, {"attributes": shapes.attributes(call.world)}


def create_attribute(call: Call) -> Answered:
    """201 without a body."""
    category, name = call.parts
    kind = call.body.get("type", "")
    if category not in TYPES or kind not in TYPES[category]:
        raise Refused("Attribute type is not valid")
    call.world.add_attribute(name, kind, category)
    return 201, None


def get_folders(call: Call) -> Answered:
    """A page of folders."""
    return call.page(shapes.folders(call.world), "folders", 50, 10)


def create_folder(call: Call) -> Answered:
    """Every call makes one."""
    return 201, {"id": call.world.add_folder(_text(call, "name"))}


def get_lists(call: Call) -> Answered:
    """A page of lists."""
    return call.page(shapes.lists(call.world), "lists", 50, 10)


def create_list(call: Call) -> Answered:
    """Every call makes one."""
    if not isinstance(call.body.get("folderId"), int):
        raise Refused("folderId is missing", "missing_parameter")
    return 201, {"id": call.world.add_list(_text(call, "name"), call.body["folderId"])}


def add_to_list(call: Call) -> Answered:
    """201 with those done and failed."""
    return _change_list(call, True)


def remove_from_list(call: Call) -> Answered:
    """201 with those done and failed."""
    return _change_list(call, False)


def get_list_contacts(call: Call) -> Answered:
    """The contacts of a list."""
    list_id = int(call.parts[0])
    if list_id not in call.world.lists:
        raise missing_list()
    rows = [shapes.contact(c) for c in call.world.contacts.values() if list_id in c.list_ids]
    return call.page(rows, "contacts", 500, 50)


def get_contacts(call: Call) -> Answered:
    """A page of contacts, newest first unless said otherwise; some ids, or all."""
    rows = list(call.world.contacts.values())
    if "ids" in call.query:
        ids = [int(number) for number in call.query["ids"].split(",")]
        if len(ids) > MOST_IDS:
            raise Refused("ids should not exceed 20", "out_of_range")
        rows = [row for row in rows if row.contact_id in ids]
    rows.sort(key=lambda row: row.contact_id, reverse=call.query.get("sort") != "asc")
    return call.page([shapes.contact(row) for row in rows], "contacts", 1000, 50)


def get_contact(call: Call) -> Answered:
    """One contact."""
    found = call.world.of(call.parts[0], call.query.get("identifierType", ""))
    return 200, {**shapes.contact(found), "statistics": {}}


def upsert_contact(call: Call) -> Answered:
    """201 with the id of a new one; 204 for one that is there, if that may be updated."""
    address = str(call.body.get("email") or "")
    if not address:
        raise Refused("Please provide Email or SMS attribute value to create user", "missing_parameter")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        raise Refused("Invalid email address")
    found = call.world.find(address)
    if found is None:
        return 201, {"id": call.world.create(call.now, address, call.body).contact_id}
    if not call.body.get("updateEnabled"):
        raise Refused("Contact already exist", "duplicate_parameter", 400, duplicate_identifiers=["email"])
    call.world.change(call.now, found, call.body)
    return 204, None


def update_contact(call: Call) -> Answered:
    """204; 404 when it is not there."""
    call.world.change(call.now, call.world.of(call.parts[0]), call.body)
    return 204, None


def update_contacts(call: Call) -> Answered:
    """All or 400; it does not say which was bad, and never creates."""
    pairs = []
    for item in _items(call, "contacts"):
        named = [item[key] for key in ("email", "id", "sms") if item.get(key)]
        if len(named) != 1:
            raise Refused("Only one identifier is allowed per contact")
        try:
            pairs.append((call.world.of(named[0]), item))
        except Refused:
            raise Refused("Some of the contacts do not exist") from None
    try:
        call.world.change_all(call.now, pairs)
    except Refused as refused:
        raise Refused(str(refused)) from None
    return 204, None


def create_event(call: Call) -> Answered:
    """204, without an id; the same event again is another event."""
    problem = _event_problem(call.body)
    if problem:
        raise Refused(problem)
    call.world.record(call.now, call.body, call.seen_from)
    return 204, None


def create_events(call: Call) -> Answered:
    """Those that are valid are taken; 400 when none is."""
    items = _items(call, "events")
    problems = {index: problem for index, item in enumerate(items) if (problem := _event_problem(item))}
    for index, item in enumerate(items):
        if index not in problems:
            call.world.record(call.now, item, call.seen_from)
    if not problems:
        return 202, {"message": "Events accepted for processing", "count": len(items)}
    said = {
        "total_events": len(items),
        "successful_events": len(items) - len(problems),
        "failed_events": len(problems),
        "errors": [{"eventIndex": [index], "message": problem} for index, problem in problems.items()],
    }
    is_partial = len(problems) < len(items)
    return (207, {"status": "partiallyQueued", **said}) if is_partial else (400, {"status": "failed", **said})


def get_events(call: Call) -> Answered:
    """Custom events that are through the queue, by name and time, newest first."""
    first, last = (datetime.fromisoformat(call.query[key]) for key in ("startDate", "endDate"))
    rows = [
        event
        for event in call.world.events
        if event.seen_from <= call.now
        and first <= event.happened_at <= last
        and call.query.get("event_name", event.name) == event.name
    ]
    rows.sort(key=lambda event: event.happened_at, reverse=True)
    return call.page([shapes.event(row) for row in rows], "events", 10_000, 100)


def _change_list(call: Call, is_on: bool) -> Answered:
    addresses = call.body.get("emails")
    if not isinstance(addresses, list) or not 1 <= len(addresses) <= MOST_IN_LIST_CALL:
        raise Refused(f"emails should hold 1 to {MOST_IN_LIST_CALL} values", "out_of_range")
    done, failed = call.world.change_list(int(call.parts[0]), addresses, is_on)
    return 201, {"contacts": {"success": done, "failure": failed}}


def _event_problem(given: Any) -> str:
    """Why an event is not taken; empty: it is."""
    if not isinstance(given, dict) or not NAME.fullmatch(str(given.get("event_name") or "")):
        return "event_name is missing or invalid"
    if not any((given.get("identifiers") or {}).values()):
        return "at least one identifier is required"
    properties = given.get("event_properties") or {}
    if not all(NAME.fullmatch(key) for key in properties):
        return "event_properties has an invalid key"
    if len(json.dumps(properties)) > MOST_EVENT_BYTES:
        return "event_properties is too large"
    try:
        datetime.fromisoformat(given.get("event_date") or "2026-01-01")
    except ValueError:
        return "event_date is invalid"
    return ""


def _items(call: Call, key: str) -> list[dict[str, Any]]:
    items = call.body.get(key)
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise Refused(f"{key} is missing or invalid", "missing_parameter")
    return items


def _text(call: Call, key: str) -> str:
    if not isinstance(call.body.get(key), str) or not call.body[key].strip():
        raise Refused(f"{key} is missing", "missing_parameter")
    return call.body[key]


Endpoint = Callable[[Call], Answered]
ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", r"/contacts/attributes", get_attributes),
    ("POST", r"/contacts/attributes/([^/]+)/([^/]+)", create_attribute),
    ("GET", r"/contacts/folders", get_folders),
    ("POST", r"/contacts/folders", create_folder),
    ("GET", r"/contacts/lists", get_lists),
    ("POST", r"/contacts/lists", create_list),
    ("POST", r"/contacts/lists/(\d+)/contacts/add", add_to_list),
    ("POST", r"/contacts/lists/(\d+)/contacts/remove", remove_from_list),
    ("GET", r"/contacts/lists/(\d+)/contacts", get_list_contacts),
    ("POST", r"/contacts/batch", update_contacts),
    ("GET", r"/contacts", get_contacts),
    ("POST", r"/contacts", upsert_contact),
    ("GET", r"/contacts/(.+)", get_contact),
    ("PUT", r"/contacts/(.+)", update_contact),
    ("GET", r"/events", get_events),
    ("POST", r"/events", create_event),
    ("POST", r"/events/batch", create_events),
]
