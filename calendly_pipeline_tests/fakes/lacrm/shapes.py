"""How the fake LACRM shows what it keeps."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.lacrm.records import Contact, CustomField, Event, Note, User, full_name
from calendly_pipeline_tests.fakes.lacrm.world import World

Shape = dict[str, Any]


def iso(world: World, moment: datetime) -> str:
    """ISO 8601 with the account's offset: `2019-07-25T16:00:00-05:00` (LACRM API documentation)."""
    return moment.astimezone(ZoneInfo(world.time_zone)).isoformat(timespec="seconds")


def user_shape(user: User, *, with_address: bool) -> Shape:
    """A user; only GetUser tells the address."""
    shape = {"UserId": user.user_id, "FirstName": user.first_name, "LastName": user.last_name}
    shape["Timezone"] = user.time_zone
    return {**shape, "Email": user.address} if with_address else shape


def contact_shape(world: World, contact: Contact) -> Shape:
    """A contact or company; custom fields stand beside the others, under their display names."""
    owner = world.users[contact.assigned_to]
    shape: Shape = {
        "ContactId": contact.contact_id,
        "AssignedTo": contact.assigned_to,
        "IsCompany": contact.is_company,
        "Email": contact.emails,
        "Phone": contact.phones,
        "Address": contact.places,
        "Website": contact.websites,
        "Company Name": contact.company_name,
        "Background Info": contact.background,
        "DateCreated": iso(world, contact.created_at),
        "LastUpdate": iso(world, contact.updated_at),
        "UserMetaData": {"FirstName": owner.first_name, "LastName": owner.last_name},
    }
    if not contact.is_company:
        shape |= {
            "CompanyId": contact.company_id or None,
            "Name": contact.name,
            "Job Title": contact.job_title,
            "Birthday": contact.birthday,
            "CompanyMetaData": {"CompanyName": contact.company_name},
        }
    fields = world.fields_of(contact)
    return shape | {name: contact.custom.get(field.field_id, _blank(field)) for name, field in fields.items()}


def field_shape(field: CustomField, *, plain_options: bool) -> Shape:
    """A custom field; options were seen as plain texts and as objects (lacrm-mcp)."""
    options = [
        option if plain_options else {"OptionId": f"{field.field_id[:-2]}{place:02}", "Value": option}
        for place, option in enumerate(field.options)
    ]
    return {
        "CustomFieldId": field.field_id,
        "Name": field.name,
        "Type": field.field_type,
        "RecordType": field.record_type,
        "IsRequired": field.is_required,
        "IsArchived": field.is_archived,
        "Options": options,
    }


def note_shape(world: World, note: Note) -> Shape:
    """A note."""
    contact = world.contacts[note.contact_id]
    user = world.users[note.user_id]
    return {
        "NoteId": note.note_id,
        "ContactId": note.contact_id,
        "UserId": str(note.user_id),  # a text here, a number on a contact (seen by clients)
        "DateCreated": iso(world, note.created_at),
        "DateDisplayedInHistory": iso(world, note.shown_at),
        "Note": f"<p>{note.text}</p>" if note.is_rich else note.text,
        "IsRichText": note.is_rich,
        "ContactMetaData": {"Name": contact.name, "AssignedTo": str(contact.assigned_to)},
        "UserMetaData": {"FirstName": user.first_name, "LastName": user.last_name},
        "PipelineInfo": None,
    }


def event_shape(world: World, event: Event) -> Shape:
    """An event; its metadata are lists, where other records have objects (seen by clients)."""
    contacts = [a["AttendeeId"] for a in event.attendees if not a["IsUser"]]
    users = [str(a["AttendeeId"]) for a in event.attendees if a["IsUser"]]
    return {
        "EventId": event.event_id,
        **event.values,
        "IsRecurring": False,
        "RecurrenceEventId": None,
        "RecurrenceRule": None,
        "EndRecurrenceDate": None,
        "SeriesNumber": None,
        "DateCreated": iso(world, event.created_at),
        "DateUpdated": iso(world, event.updated_at),
        "CalendarId": event.calendar_id,
        "ContactIds": contacts,
        "UserIds": users,
        "Attendees": event.attendees,
        "ContactMetaData": [{"ContactId": c, "Name": full_name(world.contacts[c].name)} for c in contacts],
        "UserMetaData": [{"UserId": u, "FirstName": world.users[int(u)].first_name} for u in users],
        "CalendarMetaData": {"CalendarId": event.calendar_id},
    }


def _blank(field: CustomField) -> Any:
    return [] if field.field_type == "Checkbox" else ""
