"""What the fake serves, and the invented samples, fit the API description; CSV and deliveries tell the same story."""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.calendly import World
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.calendly.deliveries import INVITEE_EVENTS, deliveries, sign
from calendly_pipeline_tests.fakes.calendly.exports import export_csv
from calendly_pipeline_tests.fakes.calendly.records import CONFERENCES, last_part
from calendly_pipeline_tests.fakes.conftest import NOW, START, Calendly
from calendly_pipeline_tests.fakes.requests_valid import Description

SPECS = Path(__file__).parents[1] / "specs"
SAMPLES = json.loads((SPECS / "calendly_api_samples_synthetic.json").read_text())


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(json.loads((SPECS / "calendly-openapi-2026-read-surface.json").read_text()))


@pytest.fixture(scope="module")
def busy() -> World:
    """A world with some of everything."""
    world = booked_firm(120, "2026-01:2026-02", seed=3, keep_deliveries=True)
    owner = world.owner
    kinds = (*CONFERENCES, "physical", "inbound_call", "ask_invitee", "custom", "outbound_call")
    for n, kind in enumerate(kinds):
        type_ = world.add_event_type(f"At {kind}", owner, location=kind)
        booked = world.book(type_, START + timedelta(days=n), name="Ada Example", email="ada@x.example", now=NOW)
        world.expire_location(booked.event)
        world.book(type_, START + timedelta(hours=n + 1), name="Ada Example", email="ada@x.example", now=NOW)
    payment = {"external_id": "ch_1", "provider": "stripe", "amount": 234.56, "currency": "USD", "terms": "x",
               "successful": True}  # fmt: skip
    paid = world.book(
        world.add_event_type("Nowhere", owner, location=None), START, name="Bob", email="bob@x.example", now=NOW,
        payment=payment, invitee_scheduled_by=owner, scheduling_method="api", text_reminder_number="+1 212-555-0102",
        reconfirmation={"created_at": "2026-03-09T11:00:00.000000Z", "confirmed_at": None},
    )  # fmt: skip
    world.set_notes(paid.event, "A note", now=NOW)
    form = world.add_form("Which?", ["Why?"], now=NOW)
    world.submit_form(form, ["So"], result={"type": "external_url", "value": "https://x.example"}, now=NOW)
    world.add_webhook("https://hooks.firm.example", INVITEE_EVENTS, now=NOW)
    world.add_group("Sales", [owner], now=NOW)
    return world


def _all_records(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = {
        "Event": world.events, "Invitee": world.invitees, "EventType": world.event_types, "Group": world.groups,
        "OrganizationMembership": world.memberships, "RoutingForm": world.forms,
        "RoutingFormSubmission": world.submissions, "WebhookSubscription": world.webhooks,
        "Organization": {"": world.organization},
    }  # fmt: skip
    for schema, table in tables.items():
        yield from ((schema, row) for row in table.values())


def test_every_record_fits_the_description(busy: World, description: Description) -> None:
    """All records of a busy world validate against the schemas rebuilt from the official file and recordings."""
    wrong = [
        (schema, error)
        for schema, row in _all_records(busy)
        for error in description.errors(row, "components", "schemas", schema)
    ]
    assert wrong == []


def test_answers_fit_the_description(calendly: Calendly, description: Description) -> None:
    """Whole answers, pagination, the caller's own user and error bodies validate."""
    calendly.world.book(calendly.type_named("Workshop"), START, name="Ada", email="ada@x.example", now=NOW)
    organization = calendly.world.organization["uri"]
    paths = ("/users/me", "/scheduled_events", "/event_types", "/organization_memberships", "/routing_forms")
    for path in paths:
        body = calendly.client.get(path, params={"organization": organization, "count": 1}).json()
        answer = ("responses", "200", "content", "application/json", "schema")
        assert description.errors(body, "paths", path, "get", *answer) == []
    errors = [calendly.client.get("/scheduled_events"), calendly.client.get("/nothing")]
    for error in errors:
        assert description.errors(error.json(), "components", "schemas", "ErrorResponse") == []


def test_deliveries_fit_the_description(busy: World, description: Description) -> None:
    """Every delivery is a webhook body; those about invitees carry their event."""
    for body in deliveries(busy):
        assert description.errors(body, "components", "schemas", "WebhookPayload") == []
    about_invitees = deliveries(busy, *INVITEE_EVENTS)
    assert {body["event"] for body in about_invitees} >= {
        "invitee.created",
        "invitee.canceled",
        "invitee_no_show.created",
    }
    for body in about_invitees:
        assert description.errors(body["payload"], "components", "schemas", "InviteePayload") == []


def test_samples_fit_the_description(description: Description) -> None:
    """The invented samples have recorded shapes."""
    for case in SAMPLES["cases"].values():
        for name, value in case.items():
            schema = "Event" if "event" in name else "Invitee"
            for row in value if isinstance(value, list) else [value]:
                assert description.errors(row, "components", "schemas", schema) == []


def test_fake_pair_has_the_keys_of_the_sample_pair() -> None:
    """A moved pair of the fake has exactly the keys of the sample, record by record."""
    world = booked_firm(1, "2026-01")
    (event,), type_ = world.events.values(), next(iter(world.event_types))
    booked = world.book(type_, START, name="Ada", email="ada@x.example", now=NOW)
    moved = world.move(booked.invitee, START + timedelta(days=2), now=NOW)
    case = SAMPLES["cases"]["reschedule"]
    assert event
    for name, made in (("old", booked), ("new", moved)):
        assert world.events[last_part(made.event)].keys() == case[f"{name}_event"].keys()
        assert world.invitees[last_part(made.invitee)].keys() == case[f"{name}_invitee"].keys()


def test_signature_is_that_of_the_known_vector() -> None:
    """`sign` gives the signature of the sample's raw body, and differs by one byte of the body."""
    vector = SAMPLES["webhook_vector"]
    body, at = vector["raw_body"].encode(), int(vector["timestamp"])
    header = sign(vector["signing_key"], body, at)
    expected = hmac.new(vector["signing_key"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert header == f"t={at},v1={expected}"
    assert header in json.dumps(vector)
    assert sign(vector["signing_key"], body + b" ", at) != header


def test_export_has_the_real_header_and_one_row_per_invitee(busy: World) -> None:
    """35 columns around the question pairs, as the sample of a real export, and every invitee once."""
    sample = (SPECS / "calendly_export_sample_synthetic.csv").read_text().splitlines()[0]
    rows = list(csv.reader(io.StringIO(export_csv(busy, "America/New_York"))))
    assert ",".join(rows[0]) == sample
    assert sorted(row[-3] for row in rows[1:]) == sorted(busy.invitees)
    without = next(csv.reader(io.StringIO(export_csv(busy, "America/New_York", has_uuids=False))))
    assert [name for name in rows[0] if name not in without] == ["Event UUID", "Invitee UUID"]


def test_export_writes_cells_as_the_real_one(busy: World) -> None:
    """Wall-clock times, both spellings of true, split names, labels of zones, guests in one cell."""
    rows = list(csv.DictReader(io.StringIO(export_csv(busy, "America/New_York"))))
    bob = next(row for row in rows if row["Event Type Name"] == "Nowhere")
    assert bob["Start Date & Time"] == "2026-03-10 07:00 am"
    assert (bob["Invitee First Name"], bob["Invitee Last Name"]) == ("Bob", "")
    assert bob["Invitee Time Zone"] == "Eastern Time - US & Canada"
    assert (bob["Event Price"], bob["Payment Currency"], bob["Invitee scheduled by"]) == (
        "234.56",
        "USD",
        "Olive Owner",
    )
    assert {row["Canceled"] for row in rows} == {"true", "false"}
    assert {row["Marked as No-Show"] for row in rows} == {"Yes", "No"}
    assert any("\n" in row["Response 1"] for row in rows)
    assert any(row["Event Type Name"] == "One-off meeting" for row in rows)
    created = [row["Event Created Date & Time"] for row in rows]
    assert created[0] < created[-1]


def test_export_of_some_days_uses_the_zone(calendly: Calendly) -> None:
    """Days are days of the zone: a meeting at 01:00 UTC belongs to the day before in New York."""
    world = calendly.world
    at = START.replace(hour=1)
    world.book(calendly.type_named("30 Minute Meeting"), at, name="Ada", email="ada@x.example", now=NOW)
    assert export_csv(world, "America/New_York", "2026-03-09", "2026-03-09").count("\n") == 2
    assert export_csv(world, "UTC", "2026-03-09", "2026-03-09").count("\n") == 1
    assert export_csv(world, "UTC", "2026-03-10", None).count("\n") == 2
