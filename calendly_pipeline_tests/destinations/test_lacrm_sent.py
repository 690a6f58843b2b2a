"""What LACRM receives: cards, notes, events and new contacts, case by case, against the fake."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.failures import MappingError
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.lacrm_sent import SendingFirm, rules
from calendly_pipeline_tests.fakes.lacrm.given import Lacrm, lacrm

Make = Callable[..., SendingFirm]
NOTES = {"meetings": "notes"}


@pytest.fixture
def crm() -> Iterator[Lacrm]:
    """A LACRM without contacts."""
    with lacrm() as crm:
        yield crm


@pytest.fixture
def make(tables: Tables, tmp_path: Path, crm: Lacrm) -> Iterator[Make]:
    """A firm of some contacts."""
    made: list[SendingFirm] = []

    def one(*contacts: str) -> SendingFirm:
        made.append(SendingFirm(tables, tmp_path, crm, *contacts))
        return made[-1]

    yield one
    for firm in made:
        firm.state.close()


def turned(firm: SendingFirm, name: str, status: str, **attendee: Any) -> None:
    """A meeting turns out otherwise; so do the rows of its attendees."""
    (meeting,) = [row for row in firm.firm.meetings if row["meeting_id"] == name]
    meeting["status"] = status
    if status in ("cancelled", "rescheduled"):
        attendee["status"] = status
    for row in firm.firm.attendees:
        if row["meeting_id"] == name:
            row |= attendee


def test_a_no_show_set_and_unset(make: Make) -> None:
    """The card and the note follow a no-show mark and its removal, with the requests of what changed and no more."""
    firm = make()
    firm.firm.meeting("calendly:m1", "2026-05-01T14:00").meeting("calendly:m2", "2026-06-01T14:00")
    firm.send(rules(**NOTES))
    before = firm.card()
    assert (before["Last meeting"], before["Meetings"], len(firm.notes())) == ("2026-06-01", "2", 2)
    turned(firm, "calendly:m2", "no_show", is_held=False, is_no_show=True)
    assert firm.send(rules(**NOTES)).accepted == 2
    assert (firm.card()["Last meeting"], firm.card()["Meetings"]) == ("2026-05-01", "1")
    assert firm.notes() == [
        ("ada", "Check in with Dana Host, 30 minutes"),
        ("ada", "Not held: Check in with Dana Host, 30 minutes"),
    ]
    turned(firm, "calendly:m2", "completed", is_held=True, is_no_show=False)
    firm.send(rules(**NOTES))
    assert (firm.card(), {text for _, text in firm.notes()}) == (before, {"Check in with Dana Host, 30 minutes"})
    assert firm.send(rules(**NOTES)).planned == 0


def test_a_move_and_a_cancellation(make: Make) -> None:
    """A booked meeting's date follows a move, and is blanked, being ours, when the meeting is cancelled."""
    firm = make()
    firm.firm.meeting("m1", "2026-05-01T14:00").meeting("m2", "2026-07-10T14:00", "confirmed")
    firm.send()
    assert firm.card()["Next meeting"] == "2026-07-10"
    turned(firm, "m2", "rescheduled", rescheduled_to_id="m3")
    firm.firm.meeting("m3", "2026-07-20T14:00", "confirmed")
    firm.send()
    assert firm.card()["Next meeting"] == "2026-07-20"
    turned(firm, "m3", "cancelled")
    assert firm.send().accepted == 1
    assert firm.card()["Next meeting"] is None
    (last,) = [called.parameters for called in firm.crm.server.writes()][-1:]
    assert last == {"ContactId": "ada", "Next meeting": None}


def test_merged_contacts(make: Make) -> None:
    """After two cards were merged in LACRM the one left has the numbers of both, and no note is there twice."""
    firm = make("ada", "twin")
    firm.firm.meeting("calendly:m1", "2026-05-01T14:00").meeting("calendly:m2", "2026-06-01T14:00", who="twin")
    firm.send(rules(**NOTES))
    firm.crm.world.merge(firm.crm.server.now(), "ada", "twin")
    firm.firm.contacts = [contact for contact in firm.firm.contacts if contact["contact_id"] == "ada"]
    for match in firm.firm.matches:
        match["contact_id"] = "ada"
    firm.send(rules(**NOTES))
    assert firm.card()["Meetings"] == "2"
    assert firm.notes() == [("ada", "Check in with Dana Host, 30 minutes")] * 2
    assert firm.send(rules(**NOTES)).planned == 0


def test_a_note_survives_a_change_of_the_meetings_id(make: Make) -> None:
    """A meeting that an export knew without an id keeps its note when the API's row takes over."""
    firm = make()
    firm.firm.meeting("calendly:hash", "2026-05-01T14:00")
    firm.send(rules(**NOTES))
    for row in [*firm.firm.meetings, *firm.firm.types, *firm.firm.attendees, *firm.firm.matches]:
        row["meeting_id"] = "calendly:uuid"
    firm.firm.tables.given("meetings.meeting_aliases", {"alias_id": "calendly:hash", "meeting_id": "calendly:uuid"})
    assert (firm.send(rules(**NOTES)).planned, len(firm.notes())) == (0, 1)


def test_a_lost_ledger_writes_no_note_twice(make: Make, tmp_path: Path, tables: Tables, crm: Lacrm) -> None:
    """A firm that starts with a new state store finds its notes by their token."""
    firm = make()
    firm.firm.meeting("calendly:m1", "2026-05-01T14:00")
    firm.send(rules(**NOTES))
    firm.state.close()
    (tmp_path / "state.db").unlink()
    firm.state = type(firm.state)(f"sqlite:///{tmp_path / 'state.db'}")
    firm.state.upgrade()
    assert firm.send(rules(**NOTES)).rejected == 0
    assert len(firm.notes()) == 1


def test_a_note_whose_answer_was_lost(make: Make) -> None:
    """A note that was written though the answer was lost is found, and not written again."""
    firm = make()
    firm.firm.meeting("calendly:m1", "2026-05-01T14:00")
    firm.crm.server.faults.fail_next(1, "lost", "createnote")
    assert firm.send(rules(**NOTES)).unknown == 1
    assert firm.send(rules(**NOTES)).planned == 0
    assert len(firm.notes()) == 1


def test_events_are_kept_like_notes(make: Make) -> None:
    """With `events` an event of the meeting's time is attached to the contact, and edited when it was not held."""
    firm = make()
    firm.firm.meeting("calendly:m1", "2026-05-01T14:00")
    chosen = rules(meetings="events")
    firm.send(chosen)
    (event,) = firm.crm.world.events.values()
    assert (event.values["Name"], event.attendees[0]["AttendeeId"]) == ("check_in", "ada")
    turned(firm, "calendly:m1", "no_show", is_held=False, is_no_show=True)
    firm.send(chosen)
    (event,) = firm.crm.world.events.values()
    assert event.values["Name"] == "Not held: check_in"
    assert firm.send(chosen).planned == 0


def test_only_the_fields_that_differ_now_are_sent(make: Make) -> None:
    """What somebody wrote since the plan was made is read again: equal values are not sent, others are replaced."""
    firm = make()
    firm.firm.meeting("m1", "2026-05-01T14:00")
    firm.last_reading = dict.fromkeys(firm.card())
    firm.crm.world.edit(firm.crm.server.now(), "ada", {"Last meeting": "2026-05-01", "Meetings": "7"})
    firm.send()
    (call,) = firm.crm.server.writes()
    assert call.parameters == {"ContactId": "ada", "Meetings": "1", "Data through": "2026-06-30"}


def test_what_somebody_else_wrote_can_be_kept(make: Make) -> None:
    """With `keep_existing` a typed value stays, and our own is still brought up to date."""
    firm = make()
    firm.crm.world.edit(firm.crm.server.now(), "ada", {"Meetings": 7})
    firm.firm.meeting("m1", "2026-05-01T14:00")
    firm.send(rules(keep_existing=True))
    assert (firm.card()["Meetings"], firm.card()["Last meeting"]) == ("7", "2026-05-01")
    firm.firm.meeting("m2", "2026-06-01T14:00")
    firm.send(rules(keep_existing=True))
    assert (firm.card()["Meetings"], firm.card()["Last meeting"]) == ("7", "2026-06-01")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda world: world.remove_field("Meetings"), "has no contact field 'Meetings'"),
        (lambda world: world.rename_field("Meetings", "Meeting"), "the nearest that is there is 'Meeting'"),
        (
            lambda world: (world.remove_field("Meetings"), world.add_field("Meetings", "Text")),
            "'Meetings' is a Text field and must be Number",
        ),
    ],
    ids=["missing", "renamed", "wrong type"],
)
def test_a_mapping_mistake_is_found_before_anything_is_sent(make: Make, spoil: Callable[..., Any], words: str) -> None:
    """A field that is missing, renamed or of another type is named with its remedy, and no request writes."""
    firm = make()
    firm.firm.meeting("m1", "2026-05-01T14:00")
    spoil(firm.crm.world)
    with pytest.raises(MappingError, match=words):
        firm.send()
    assert firm.crm.server.writes() == []


def test_missing_fields_are_created_when_asked(make: Make) -> None:
    """An admin's key creates the mapped fields that are missing, and the send goes on."""
    firm = make()
    firm.firm.meeting("m1", "2026-05-01T14:00")
    firm.crm.world.remove_field("Meetings")
    firm.last_reading = dict.fromkeys(("Last meeting", "Next meeting", "Meetings", "Data through"))
    assert firm.send(create_fields=True).accepted == 1
    assert firm.card()["Meetings"] == "1"


def test_a_card_the_key_may_not_edit_is_reported(make: Make) -> None:
    """A contact that the key cannot edit is rejected in words, and the others are written."""
    firm = make("ada", "bo")
    firm.firm.meeting("m1", "2026-05-01T14:00").meeting("m2", "2026-05-02T14:00", who="bo")
    firm.crm.world.contacts["bo"].writers = frozenset()
    firm.crm.world.users[next(iter(firm.crm.world.users))].is_admin = False
    firm.crm.world.contacts["bo"].assigned_to = list(firm.crm.world.users)[1]
    counts = firm.send()
    assert (counts.accepted, counts.rejected, counts.skipped) == (1, 1, 0)
    assert any("may not edit" in line for line in firm.said)


def test_a_write_that_was_ignored_is_rejected(make: Make) -> None:
    """When LACRM takes a write and keeps the old value the read-back says so, and the next send tries again."""
    firm = make()
    firm.firm.meeting("m1", "2026-05-01T14:00")
    with pytest.MonkeyPatch.context() as patch:
        keep = lambda _self, now, contact_id, written: firm.crm.world.fired.append(("ignored", contact_id))  # noqa: E731
        patch.setattr(type(firm.crm.world), "edit", keep)
        counts = firm.send()
    assert (counts.accepted, counts.rejected) == (0, 1)
    assert any("kept another value in" in line for line in firm.said)
    assert (firm.send().accepted, firm.send().planned) == (1, 0)


def test_new_cards_only_for_whom_somebody_decided(make: Make, tables: Tables) -> None:
    """A card is created once for a decided new contact, and never when somebody holds the address already."""
    firm = make()
    people = [("cy@example.com", True), ("dee@example.com", False), ("ADA@example.com", True)]
    firm.firm.tables.given(
        "contacts.new_contacts",
        *(
            {"person_id": address, "address": address, "name": "Cy Cedar", "is_decided": decided}
            for address, decided in people
        ),
    )
    chosen = rules(create_contacts=True)
    firm.send(chosen)
    firm.send(chosen)
    made = [called.parameters for called in firm.crm.server.writes() if called.function == "CreateContact"]
    assert [card["Email"] for card in made] == [[{"Text": "cy@example.com"}]]
    firm.crm.server.calls.clear()
    assert firm.send(rules()).planned == 0
