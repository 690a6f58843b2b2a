"""What hangs on contacts in the fake LACRM: notes, events, relationships, groups."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.lacrm import listing, shapes
from calendly_pipeline_tests.fakes.lacrm.calls import Call, Function
from calendly_pipeline_tests.fakes.lacrm.records import Event, Note
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused

ATTENDANCE = ("IsAttending", "Maybe", "NotAttending")


def create_note(call: Call) -> Any:
    """Every call makes another note."""
    contact = call.contact(to_write=True)
    shown_at = _moment(call, "DateDisplayedInHistory") or call.now
    text = str(call.required("Note"))
    note = Note(call.world.numbers.uid(), contact.contact_id, call.user.user_id, text, shown_at, call.now)
    call.world.notes[note.note_id] = note
    return {"NoteId": note.note_id}


def edit_note(call: Call) -> Any:
    """Overwrites the whole text; answers nothing."""
    note = _note(call)
    note.text = str(call.given.get("Note", note.text))
    note.shown_at = _moment(call, "DateDisplayedInHistory") or note.shown_at
    return None


def delete_note(call: Call) -> Any:
    """Answers nothing; a second time is an error."""
    del call.world.notes[_note(call).note_id]
    return None


def get_note(call: Call) -> Any:
    """One note."""
    return shapes.note_shape(call.world, _note(call))


def get_notes(call: Call) -> Any:
    """Notes by the date shown, newest first unless said otherwise."""
    wanted = call.given.get("ContactId")
    first, last = _moment(call, "DateFilterStart"), _moment(call, "DateFilterEnd")
    users = {str(user) for user in call.given.get("UserFilter") or []}
    rows = [
        note
        for note in call.world.notes.values()
        if listing.may_see(call.world.contacts[note.contact_id], call.user)
        and wanted in (None, note.contact_id)
        and (first is None or note.shown_at >= first)
        and (last is None or note.shown_at <= last)
        and (not users or str(note.user_id) in users)
    ]
    rows.sort(key=lambda note: (note.shown_at, note.note_id), reverse=call.given.get("SortDirection") != "Ascending")
    return call.listed([shapes.note_shape(call.world, note) for note in rows])


def get_notes_attached(call: Call) -> Any:
    """The notes of one contact."""
    call.contact()
    return get_notes(call)


def create_event(call: Call) -> Any:
    """Every call makes another event."""
    for name in ("Name", "StartDate", "EndDate"):
        call.required(name)
    mine = call.world.calendars[call.user.user_id]
    event = Event(call.world.numbers.uid(), {}, [], str(call.given.get("CalendarId") or mine), call.now, call.now)
    _set_event(call, event)
    call.world.events[event.event_id] = event
    return {"EventId": event.event_id}


def edit_event(call: Call) -> Any:
    """Only what is passed changes; answers nothing."""
    event = _event(call)
    _set_event(call, event)
    event.updated_at = call.now
    return None


def delete_event(call: Call) -> Any:
    """It leaves every attendee's calendar; answers nothing."""
    del call.world.events[_event(call).event_id]
    return None


def get_event(call: Call) -> Any:
    """One event."""
    return shapes.event_shape(call.world, _event(call))


def get_events(call: Call) -> Any:
    """Events between two days, both inclusive; a ContactId overrides every other filter (LACRM API documentation)."""
    wanted, first, last = call.given.get("ContactId"), _moment(call, "StartDate"), _moment(call, "EndDate")
    shown = [shapes.event_shape(call.world, event) for event in call.world.events.values()]
    if wanted is not None:
        shown = [event for event in shown if wanted in event["ContactIds"]]
    else:
        users = {str(user) for user in call.given.get("UserFilter") or []}
        shown = [
            event
            for event in shown
            if (first is None or _read(event["EndDate"]) >= first)
            and (last is None or _read(event["StartDate"]) <= last)
            and (not users or users & set(event["UserIds"]))
        ]
    shown.sort(key=lambda event: _read(event["StartDate"]), reverse=call.given.get("SortDirection") != "Ascending")
    return call.listed(shown)


def get_events_attached(call: Call) -> Any:
    """The events of one contact."""
    call.contact()
    return get_events(call)


def create_relationship(call: Call) -> Any:
    """Goes both ways."""
    pair = {name: call.contact(name).contact_id for name in ("ContactId1", "ContactId2")}
    number = call.world.numbers.uid()
    call.world.relationships[number] = {"RelationshipId": number, **pair, "Note": str(call.given.get("Note") or "")}
    return {"RelationshipId": number}


def get_relationships_attached(call: Call) -> Any:
    """Of one contact, from either side."""
    mine, there = call.contact().contact_id, call.world.contacts
    rows = call.world.relationships.values()
    pairs = [row for row in rows if mine in (row["ContactId1"], row["ContactId2"])]
    return call.listed([row for row in pairs if row["ContactId1"] in there and row["ContactId2"] in there])


def create_group(call: Call) -> Any:
    """A group."""
    number = call.world.numbers.uid()
    call.world.groups[number] = str(call.required("Name"))
    return {"GroupId": number}


def get_groups(call: Call) -> Any:
    """Every group."""
    return call.listed([{"GroupId": number, "Name": name} for number, name in call.world.groups.items()])


def create_membership(call: Call) -> Any:
    """A repeat changes nothing."""
    call.world.members.add((_group(call), call.contact().contact_id))
    return None


def delete_membership(call: Call) -> Any:
    """A repeat changes nothing."""
    call.world.members.discard((_group(call), call.contact().contact_id))
    return None


def get_groups_attached(call: Call) -> Any:
    """The groups of one contact."""
    mine = call.contact().contact_id
    groups = sorted(group for group, member in call.world.members if member == mine)
    return call.listed([{"GroupId": group, "Name": call.world.groups[group]} for group in groups])


def get_group_contacts(call: Call) -> Any:
    """The contacts of one group."""
    members = sorted(member for group, member in call.world.members if group == _group(call))
    return call.listed([shapes.contact_shape(call.world, call.world.contacts[member]) for member in members])


def _note(call: Call) -> Note:
    note = call.world.notes.get(str(call.required("NoteId")))
    if note is None:
        raise Refused("The 'NoteId' you provided is not valid", "note id")
    return note


def _event(call: Call) -> Event:
    event = call.world.events.get(str(call.required("EventId")))
    if event is None:
        raise Refused("The 'EventId' you provided is not valid", "event id")
    return event


def _group(call: Call) -> str:
    """By one of id and name."""
    number, name = call.given.get("GroupId"), call.given.get("GroupName")
    found = [key for key, said in call.world.groups.items() if key == number or (number is None and said == name)]
    if len(found) != 1:
        raise Refused("The group you provided is not valid", "group")
    return found[0]


def _set_event(call: Call, event: Event) -> None:
    moments = {name: call.given[name] for name in ("StartDate", "EndDate") if name in call.given}
    for name in moments:
        _moment(call, name)
    blank = {"Location": "", "Description": "", "IsAllDay": False}
    plain = {name: call.given[name] for name in ("Name", *blank) if name in call.given}
    event.values = {**blank, **event.values, **plain, **moments}
    if "Attendees" in call.given:
        event.attendees = [_attendee(call, given) for given in call.given["Attendees"] or []]


def _attendee(call: Call, given: Any) -> dict[str, Any]:
    is_user, who = bool(given.get("IsUser")), str(given.get("AttendeeId"))
    status = given.get("AttendanceStatus") or "IsAttending"
    known = {str(user) for user in call.world.users} if is_user else call.world.contacts.keys()
    if who not in known or status not in ATTENDANCE:
        raise Refused("'Attendees' is not valid", "attendees")
    return {"IsUser": is_user, "AttendeeId": who, "AttendanceStatus": status}


def _moment(call: Call, name: str) -> datetime | None:
    said = call.given.get(name)
    if not said:
        return None
    try:
        moment = _read(str(said))
    except ValueError:
        raise Refused(f"'{name}' is not a valid date", "moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(call.world.time_zone))


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


ATTACHED: dict[str, Function] = {
    "CreateNote": create_note,
    "EditNote": edit_note,
    "DeleteNote": delete_note,
    "GetNote": get_note,
    "GetNotes": get_notes,
    "GetNotesAttachedToContact": get_notes_attached,
    "CreateEvent": create_event,
    "EditEvent": edit_event,
    "DeleteEvent": delete_event,
    "GetEvent": get_event,
    "GetEvents": get_events,
    "GetEventsAttachedToContact": get_events_attached,
    "CreateRelationship": create_relationship,
    "GetRelationshipsAttachedToContact": get_relationships_attached,
    "CreateGroup": create_group,
    "GetGroups": get_groups,
    "CreateGroupMembership": create_membership,
    "DeleteGroupMembership": delete_membership,
    "GetGroupsAttachedToContact": get_groups_attached,
    "GetContactsInGroup": get_group_contacts,
}
