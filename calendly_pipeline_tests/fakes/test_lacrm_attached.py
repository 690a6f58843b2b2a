"""Notes, events, relationships and groups of the fake LACRM."""

from collections.abc import Iterator
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.lacrm.given import NOW, Lacrm, lacrm

HOUR = {"StartDate": "2026-06-01T10:00:00-04:00", "EndDate": "2026-06-01T11:00:00-04:00"}
NEXT_DAY = {"StartDate": "2026-06-02T10:00:00-04:00", "EndDate": "2026-06-02T11:00:00-04:00"}


@pytest.fixture
def crm() -> Iterator[Lacrm]:
    """A firm with two contacts."""
    with lacrm(2) as given:
        yield given


def results(crm: Lacrm, function: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a listing."""
    return crm.call(function, **parameters)["Results"]


def test_notes(crm: Lacrm) -> None:
    """A repeated note is another one; an edit overwrites the text; a deleted note is gone, and then an error."""
    one, two = crm.world.ids()
    shown = "2026-05-01T10:00:00-04:00"
    first = crm.call("CreateNote", ContactId=one, Note="held", DateDisplayedInHistory=shown)["NoteId"]
    assert crm.call("CreateNote", ContactId=one, Note="held")["NoteId"] != first
    assert crm.call("EditNote", NoteId=first, Note="moved") is None
    note = crm.call("GetNote", NoteId=first)
    assert (note["Note"], note["DateDisplayedInHistory"], note["UserId"].isdigit()) == ("moved", shown, True)
    assert [row["Note"] for row in results(crm, "GetNotesAttachedToContact", ContactId=one)] == ["held", "moved"]
    assert results(crm, "GetNotes", ContactId=two) == []
    assert [row["NoteId"] for row in results(crm, "GetNotes", DateFilterEnd="2026-05-02T00:00:00Z")] == [first]
    crm.call("DeleteNote", NoteId=first)
    assert "not valid" in crm.refusal("DeleteNote", NoteId=first)


def test_rich_notes_come_as_markup(crm: Lacrm) -> None:
    """The text of a rich note is not what was typed, but holds it."""
    number = crm.call("CreateNote", ContactId=crm.world.ids()[0], Note="[calendly:e1]")["NoteId"]
    crm.world.notes[number].is_rich = True
    note = crm.call("GetNote", NoteId=number)
    assert (note["IsRichText"], note["Note"]) == (True, "<p>[calendly:e1]</p>")


def test_a_note_without_a_date_is_shown_now(crm: Lacrm) -> None:
    """The date shown is the server's time unless one is given."""
    number = crm.call("CreateNote", ContactId=crm.world.ids()[0], Note="x")["NoteId"]
    assert crm.world.notes[number].shown_at == NOW


def test_events(crm: Lacrm) -> None:
    """Contacts attend events; an edit keeps what is not passed; a contact's events are found whatever the dates."""
    one, two = crm.world.ids()
    attending = [{"IsUser": False, "AttendeeId": one}]
    number = crm.call("CreateEvent", Name="Review", Description="[c:e1]", Attendees=attending, **HOUR)["EventId"]
    crm.call("EditEvent", EventId=number, **NEXT_DAY)
    event = crm.call("GetEvent", EventId=number)
    assert (event["Description"], event["StartDate"][:10], event["ContactIds"]) == ("[c:e1]", "2026-06-02", [one])
    assert isinstance(event["ContactMetaData"], list)
    assert len(results(crm, "GetEventsAttachedToContact", ContactId=one)) == 1
    assert results(crm, "GetEventsAttachedToContact", ContactId=two) == []
    assert len(results(crm, "GetEvents", ContactId=one, StartDate="2030-01-01")) == 1
    assert results(crm, "GetEvents", StartDate="2030-01-01") == []
    assert len(results(crm, "GetEvents", StartDate="2026-06-02", EndDate="2026-06-03")) == 1
    crm.call("DeleteEvent", EventId=number)
    assert "not valid" in crm.refusal("GetEvent", EventId=number)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": ""},
        {"StartDate": "soon"},
        {"Attendees": [{"IsUser": False, "AttendeeId": "1"}]},
        {"Attendees": [{"IsUser": True, "AttendeeId": "1", "AttendanceStatus": "NoShow"}]},
    ],
)
def test_events_that_are_refused(crm: Lacrm, wrong: dict[str, Any]) -> None:
    """No name, no time, nobody that is there, no such status: nothing is made."""
    crm.refusal("CreateEvent", **{"Name": "Review", **HOUR, **wrong})
    assert crm.world.events == {}


def test_a_deleted_contact_leaves_its_events(crm: Lacrm) -> None:
    """The event stays without it."""
    one, _ = crm.world.ids()
    attending = [{"IsUser": False, "AttendeeId": one}]
    number = crm.call("CreateEvent", Name="Review", Attendees=attending, **HOUR)["EventId"]
    crm.world.delete(one)
    assert crm.call("GetEvent", EventId=number)["ContactIds"] == []


def test_relationships_and_groups(crm: Lacrm) -> None:
    """A relationship shows from both sides; a membership repeated is one, and goes by the group's name too."""
    one, two = crm.world.ids()
    crm.call("CreateRelationship", ContactId1=one, ContactId2=two, Note="spouse")
    assert results(crm, "GetRelationshipsAttachedToContact", ContactId=two)[0]["Note"] == "spouse"
    group = crm.call("CreateGroup", Name="Clients")["GroupId"]
    crm.call("CreateGroupMembership", ContactId=one, GroupId=group)
    crm.call("CreateGroupMembership", ContactId=one, GroupName="Clients")
    assert [row["ContactId"] for row in results(crm, "GetContactsInGroup", GroupId=group)] == [one]
    assert results(crm, "GetGroupsAttachedToContact", ContactId=one) == [{"GroupId": group, "Name": "Clients"}]
    in_group = {"Name": "Group", "Operation": "IsInGroupList", "Value": [group]}
    assert len(results(crm, "GetContacts", AdvancedFilters=[in_group])) == 1
    crm.call("DeleteGroupMembership", ContactId=one, GroupId=group)
    assert results(crm, "GetContactsInGroup", GroupId=group) == []
    assert "group" in crm.refusal("CreateGroupMembership", ContactId=one, GroupName="Nobody")
