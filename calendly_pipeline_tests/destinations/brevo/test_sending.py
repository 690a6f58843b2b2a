"""What reaches Brevo, once; what is left alone; and what becomes of it when something goes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import MappingError
from calendly_pipeline.state import sync_ledger
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.brevo.given import ADA, ATTRIBUTES, Bookings, chosen
from calendly_pipeline_tests.destinations.brevo.sending import Sending, sending
from calendly_pipeline_tests.fakes.brevo import brevo_limits
from calendly_pipeline_tests.fakes.brevo.given import NOW

BOB = "bob@mail.example"
RULES = {"lists": [{"list": "Portfolio reviews", "name_pattern": "review"}], "default_list": "Everybody else"}


@pytest.fixture
def desk(tables: Tables, tmp_path: Path) -> Iterator[Sending]:
    """An account with lists, and rules that use them."""
    with sending(tables, tmp_path, chosen(**RULES)) as desk:
        yield desk


@pytest.fixture
def firm(tables: Tables) -> Bookings:
    """Ada has a meeting on 2 July, Bob, on no card, came to a review."""
    firm = Bookings(tables).booked("m", "2026-07-02T14:00", "confirmed", booked_at="2026-06-29T10:00")
    return firm.booked("r", "2026-06-20T14:00", address=BOB, who=None, event_type_name="Yearly review")


def test_a_first_send_and_a_second(desk: Sending, firm: Bookings) -> None:
    """Contacts, lists and events are there after the first send; the second writes nothing."""
    counts = desk.send(firm)
    assert (counts.accepted, counts.rejected, counts.unknown, counts.skipped) == (5, 0, 0, 0)
    assert desk.attributes(ADA) == {"MEETING_DATE": "2026-07-02", "BOOKING_STATUS": "booked"}
    assert (desk.on("Portfolio reviews"), desk.on("Everybody else")) == ({BOB}, {ADA})
    assert [event.name for event in desk.given.world.events] == ["meeting_booked"]
    held, wrote = desk.given.world.contacts, desk.writes()
    again = desk.send(firm)
    assert (again.planned, desk.writes(), desk.given.world.contacts) == (0, wrote, held)
    assert {row["outcome"] for row in desk.ledger()} == {"accepted"}


def test_only_what_changed_is_written(desk: Sending, firm: Bookings) -> None:
    """A moved meeting changes the day and the status of one contact, in one request."""
    desk.send(firm)
    wrote = desk.writes()
    firm.meetings[0]["status"] = firm.attendees[0]["status"] = "rescheduled"
    firm.booked("n", "2026-07-09T14:00", "confirmed", rescheduled_from_id="m", booked_at="2026-06-30T10:00")
    desk.send(firm)
    assert desk.attributes(ADA) == {"MEETING_DATE": "2026-07-09", "BOOKING_STATUS": "rescheduled"}
    sent = [request.path for request in list(desk.given.server.writes())[wrote:]]
    assert sent == [f"/v3/contacts/{ADA}", "/v3/events/batch"]
    assert [event.name for event in desk.given.world.events] == ["meeting_booked", "meeting_rescheduled"]


def test_known_contacts_go_in_batches(desk: Sending, tables: Tables) -> None:
    """Forty contacts that are there already are read by listing and written in one request."""
    firm = Bookings(tables)
    for number in range(40):
        address = f"p{number}@mail.example"
        desk.given.world.create(NOW, address)
        firm.booked(f"m{number}", "2026-06-20T14:00", address=address, who=None)
    desk.rules = chosen()
    desk.send(firm)
    paths = [f"{request.method} {request.path.removeprefix('/v3')}" for request in desk.given.server.requests]
    assert paths[2:] == ["GET /contacts", "GET /contacts", "POST /contacts/batch"]
    assert desk.attributes("p7@mail.example")["BOOKING_STATUS"] == "completed"


def test_one_bad_contact_among_many(desk: Sending, tables: Tables) -> None:
    """A batch that is refused is halved until the bad one stands alone; all others are written."""
    firm = Bookings(tables)
    for number in range(8):
        desk.given.world.create(NOW, f"p{number}@mail.example")
        firm.booked(f"m{number}", "2026-06-20T14:00", address=f"p{number}@mail.example", who=None)
    desk.rules = chosen()

    def deleted_meanwhile(request: Any) -> None:
        if request.path == "/v3/contacts/batch":
            desk.given.world.contacts = {
                key: one for key, one in desk.given.world.contacts.items() if one.address != "p5@mail.example"
            }

    desk.given.server.on_request(deleted_meanwhile)
    counts = desk.send(firm)
    assert (counts.accepted, counts.rejected) == (7, 1)
    assert desk.outcomes()["p5@mail.example"] == "rejected"
    assert desk.attributes("p6@mail.example")["BOOKING_STATUS"] == "completed"


def test_whoever_was_deleted_is_not_made_again(desk: Sending, firm: Bookings) -> None:
    """Somebody whom the firm deleted in Brevo stays deleted; the skip says so."""
    desk.send(firm)
    desk.given.world.contacts.clear()
    firm.meetings[0]["starts_at"] += timedelta(days=7)
    counts = desk.send(firm)
    assert (counts.skipped, desk.given.world.contacts) == (1, {})
    assert "not created again" in desk.said[-1]


def test_what_somebody_typed_is_kept(desk: Sending, firm: Bookings) -> None:
    """append_only fills what is blank, keep_existing replaces only our own values; both read before they write."""
    theirs = {"BOOKING_STATUS": "VIP"}
    desk.given.world.create(NOW, ADA, {"attributes": theirs})
    desk.rules = chosen(merge_strategy="append_only", events={"enabled": False})
    desk.send(firm)
    assert desk.attributes(ADA) == {"BOOKING_STATUS": "VIP", "MEETING_DATE": "2026-07-02"}
    desk.rules = chosen(keep_existing=True, events={"enabled": False})
    firm.meetings[0]["starts_at"] += timedelta(days=7)
    desk.send(firm)
    assert desk.attributes(ADA) == {"BOOKING_STATUS": "VIP", "MEETING_DATE": "2026-07-09"}


def test_phones(desk: Sending, firm: Bookings) -> None:
    """A phone that another contact has is left out, the rest is written; the next send only reads."""
    desk.rules = chosen(attributes={**ATTRIBUTES, "phone": "SMS"}, events={"enabled": False})
    desk.given.world.create(NOW, "old@mail.example", {"attributes": {"SMS": "+12125550100"}})
    firm.attendees[0]["phone"] = firm.details[0]["phone"] = "1"
    firm.attendees[1]["phone"] = firm.details[1]["phone"] = "2"
    firm.phones = [{"said": "1", "e164": "+12125550100"}, {"said": "2", "e164": "+12125550101"}]
    desk.send(firm)
    assert desk.attributes(ADA) == {"MEETING_DATE": "2026-07-02", "BOOKING_STATUS": "booked"}
    assert desk.attributes(BOB)["SMS"] == "12125550101"
    wrote = desk.writes()
    assert (desk.send(firm).skipped, desk.writes()) == (1, wrote)


def test_a_phone_left_out_is_not_ours(desk: Sending, firm: Bookings) -> None:
    """When everything but a taken phone stands there already, the ledger does not say that the phone does."""
    desk.rules = chosen(attributes={**ATTRIBUTES, "phone": "SMS"}, events={"enabled": False})
    desk.given.world.create(NOW, "old@mail.example", {"attributes": {"SMS": "+12125550100"}})
    same = {"MEETING_DATE": "2026-07-02", "BOOKING_STATUS": "booked"}
    desk.given.world.create(NOW, ADA, {"attributes": same})
    firm.attendees[0]["phone"] = firm.details[0]["phone"] = "1"
    firm.phones = [{"said": "1", "e164": "+12125550100"}]
    desk.send(firm)
    (row,) = [row for row in desk.ledger() if row["record_key"] == ADA]
    assert (row["outcome"], row["payload"]) == ("accepted", same)


def test_a_phone_taken_at_the_last_moment(desk: Sending, firm: Bookings) -> None:
    """When Brevo itself refuses the phone the rest is written without it, and the ledger says what was."""
    desk.rules = chosen(attributes={**ATTRIBUTES, "phone": "SMS"}, events={"enabled": False})
    firm.attendees[0]["phone"] = firm.details[0]["phone"] = "1"
    firm.phones = [{"said": "1", "e164": "+12125550100"}]

    def taken_meanwhile(request: Any) -> None:
        if (request.method, request.path) == ("POST", "/v3/contacts") and not desk.given.world.contacts:
            desk.given.world.create(NOW, "new@mail.example", {"attributes": {"SMS": "+12125550100"}})

    desk.given.server.on_request(taken_meanwhile)
    assert desk.send(firm).rejected == 0
    (row,) = [row for row in desk.ledger() if row["record_key"] == ADA]
    assert (row["outcome"], "SMS" in row["payload"], "SMS left out" in row["answer"]) == ("accepted", False, True)


def unsubscribing(desk: Sending, *addresses: str) -> list[Any]:
    """These people unsubscribe: the first from a list, the others from everything. What they refused."""
    for number, address in enumerate(addresses):
        lists = () if number else (desk.list_named("Everybody else"),)
        desk.given.world.unsubscribe(address, *lists)
    return refusals(desk)


def refusals(desk: Sending) -> list[Any]:
    """Who is blocked, and who left which lists."""
    return sorted(
        (contact.address, contact.is_blocked, contact.is_sms_blocked, sorted(contact.left_list_ids))
        for contact in desk.given.world.contacts.values()
    )


@pytest.mark.parametrize("is_first", [True, False], ids=["first sync", "resync"])
def test_an_unsubscribed_person_stays_unsubscribed(desk: Sending, firm: Bookings, is_first: bool) -> None:
    """Attributes are updated, no list is joined: a first sync, a lost ledger, another retention, another strategy."""
    if is_first:
        for address in (ADA, BOB):
            desk.given.world.create(NOW, address, {"listIds": [desk.list_named("Everybody else")]})
    else:
        desk.send(firm)
    refused = unsubscribing(desk, ADA, BOB)
    by_id = {"default_list": desk.list_named("Everybody else")}
    for more in ({}, {"retention_days": 3650}, {"merge_strategy": "append_only"}, by_id):
        desk.rules = chosen(**{**RULES, **more})
        with desk.state.transaction() as connection:
            connection.execute(sync_ledger.delete())
        counts = desk.send(firm)
        assert counts.skipped >= 1
        assert (refusals(desk), desk.given.world.granted) == (refused, [])
    assert desk.attributes(BOB)["BOOKING_STATUS"] == "completed"
    assert any("unsubscribed: they left the list 'Everybody else'" in text for text in desk.said)
    assert any("unsubscribed: no campaign may reach them" in text for text in desk.said)


def test_mistakes_of_the_mapping(desk: Sending, firm: Bookings) -> None:
    """A missing attribute, one of another type and an unknown list are named with the remedy; nothing is sent."""
    attributes = {"meeting_date": "JOB_TITLE", "status": "BOOKING_STATE", "booked_on": "BLACKLISTED"}
    desk.given.world.add_attribute("BLACKLISTED", "", "calculated")
    desk.rules = chosen(attributes=attributes, lists=[{"list": "Portfolio review", "event_type": "x"}], default_list=99)
    with pytest.raises(MappingError) as raised:
        desk.send(firm)
    said = str(raised.value)
    assert "JOB_TITLE is a text attribute and must be date" in said
    assert "no attribute BOOKING_STATE; the nearest that is there is BOOKING_STATUS" in said
    assert "BLACKLISTED is a calculated attribute" in said
    assert "no list 'Portfolio review'; the nearest that is there is 'Portfolio reviews'" in said
    assert "no list 99" in said
    assert "--create-fields" in said
    assert desk.writes() == 0


def test_two_lists_of_one_name(desk: Sending, firm: Bookings) -> None:
    """Which of them is meant cannot be told; their ids are named."""
    number = desk.given.world.add_list("Everybody else")
    with pytest.raises(MappingError, match=rf"several lists are called 'Everybody else'.*{number}"):
        desk.send(firm)


def test_fields_are_created(desk: Sending, firm: Bookings) -> None:
    """--create-fields makes missing attributes with their types and missing lists in the firm's folder, once."""
    desk.rules = chosen(attributes={"meeting_date": "NEXT_DAY", "meetings_count": "MEETINGS"}, default_list="All")
    for _ in range(2):
        desk.send(firm, create_fields=True)
    assert desk.given.world.attributes["normal", "NEXT_DAY"] == "date"
    assert desk.given.world.attributes["normal", "MEETINGS"] == "float"
    assert [name for name, _ in desk.given.world.lists.values()].count("All") == 1
    assert list(desk.given.world.folders.values()) == ["Firm", "Meetings"]
    assert desk.said[:3] == [
        "brevo: created the date attribute NEXT_DAY",
        "brevo: created the float attribute MEETINGS",
        "brevo: created the list 'All'",
    ]


@pytest.mark.parametrize("kind", ["lost", "cut", "429", "500"])
def test_trouble(desk: Sending, firm: Bookings, kind: str) -> None:
    """Whatever happens on the way, contacts and lists arrive; an event arrives once, or its attempt is listed."""
    desk.given.server.faults.fail_next(3, kind, "/contacts", after=3)
    desk.given.server.faults.fail_next(1, kind, "/events")
    desk.send(firm)
    desk.given.server.faults.stop()
    desk.send(firm)
    assert (desk.on("Portfolio reviews"), desk.on("Everybody else")) == ({BOB}, {ADA})
    assert desk.attributes(ADA) == {"MEETING_DATE": "2026-07-02", "BOOKING_STATUS": "booked"}
    key = f"{ADA}:booked:m"
    is_listed = firm.planned(desk.rules)[key]["operation"] == "blocked"
    assert len(desk.given.world.events) + is_listed == 1
    assert is_listed == (desk.outcomes()[key] == "unknown")


def test_events_beyond_the_limit(desk: Sending, firm: Bookings) -> None:
    """Events that the hour has no room for are sent by a later run; all else is sent, and look-ups hold nothing up."""
    desk.given.server.limits = brevo_limits(per_hour=1)
    desk.given.server.limits["other"].spend(desk.given.key, 1)
    counts = desk.send(firm)
    assert (counts.accepted, len(desk.given.world.events), counts.stopped_because != "") == (4, 0, True)
    assert desk.on("Everybody else") == {ADA}
    desk.given.server.limits = {}
    assert desk.send(firm).accepted == 1
    assert len(desk.given.world.events) == 1


def test_an_event_that_never_came(desk: Sending, firm: Bookings) -> None:
    """An hour after an attempt that Brevo does not know, the event is sent again; sooner it may still be queued."""
    desk.given.server.faults.fail_next(1, "cut", "/events")
    desk.send(firm)
    assert (desk.send(firm).planned, desk.given.world.events) == (0, [])
    with desk.state.transaction() as connection:
        connection.execute(sync_ledger.update().values(attempted_at=datetime.now(UTC) - timedelta(hours=2)))
    assert desk.send(firm).accepted == 1
    assert [event.properties["token"] for event in desk.given.world.events] == [f"{ADA}:booked:m"]


def test_an_account_that_may_not_be_used(desk: Sending, firm: Bookings) -> None:
    """When the account is suspended in the middle the send stops, says why, and the next one goes on."""

    is_over = False

    def suspended(request: Any) -> None:
        desk.given.server.refusing = not is_over and request.path.endswith("/add")

    desk.given.server.on_request(suspended)
    counts = desk.send(firm)
    assert (counts.accepted, "suspended" in counts.stopped_because, counts.deferred) == (2, True, 1)
    is_over = True
    assert desk.send(firm).accepted == 3
    assert (desk.on("Portfolio reviews"), len(desk.given.world.events)) == ({BOB}, 1)
