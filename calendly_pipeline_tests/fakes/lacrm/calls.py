"""What each function of the fake LACRM does: contacts, users, custom fields. Notes and the rest: `attached`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.lacrm import listing, shapes
from calendly_pipeline_tests.fakes.lacrm.records import Contact, User
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused, missing
from calendly_pipeline_tests.fakes.lacrm.world import World

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One function called by one user."""

    world: World
    user: User
    may_write: bool
    now: datetime
    function: str
    given: Parameters
    plain_options: bool = True

    def required(self, name: str) -> Any:
        """A parameter that must be there."""
        if self.given.get(name) in (None, ""):
            raise missing(name, self.function)
        return self.given[name]

    def contact(self, name: str = "ContactId", *, to_write: bool = False) -> Contact:
        """The contact a parameter names; one that is gone and one not seen are refused alike."""
        found = self.world.contacts.get(str(self.required(name)))
        if found is None or not listing.may_see(found, self.user):
            raise Refused(f"The '{name}' you provided is not valid", "contact id")
        if to_write and not listing.may_change(found, self.user):
            raise Refused("You do not have permission to edit this contact", "contact permission")
        return found

    def listed(self, rows: list[Any]) -> dict[str, Any]:
        """A page of rows."""
        shown, more = listing.page(rows, self.given)
        return {"HasMoreResults": more, "Results": shown}


Function = Callable[[Call], Any]


def get_user(call: Call) -> Any:
    """Needs no permission."""
    return shapes.user_shape(call.user, with_address=True)


def get_users(call: Call) -> Any:
    """A bare array; an admin sees all, others those they share with, here themselves."""
    shown = [user for user in call.world.users.values() if call.user.is_admin or user is call.user]
    return [shapes.user_shape(user, with_address=False) for user in shown]


def get_calendars(call: Call) -> Any:
    """A bare array."""
    owned = {"Name": "Calendar", "IsPrimary": True, "Visibility": "Public"}
    return [{"CalendarId": c, "UserId": user, **owned} for user, c in call.world.calendars.items()]


def get_contacts(call: Call) -> Any:
    """Everything the key sees, filtered and paged."""
    rows = listing.contacts(call.world, call.user, call.may_write, call.given)
    shown, more = listing.page(rows, call.given)
    return {"HasMoreResults": more, "Results": [shapes.contact_shape(call.world, row) for row in shown]}


def get_contact(call: Call) -> Any:
    """The contact itself, unwrapped."""
    return shapes.contact_shape(call.world, call.contact())


def get_contacts_by_id(call: Call) -> Any:
    """Those of the ids that are there."""
    ids = call.required("ContactIds")
    found = [call.world.contacts.get(str(contact_id)) for contact_id in (ids if isinstance(ids, list) else [ids])]
    seen = [contact for contact in found if contact is not None and listing.may_see(contact, call.user)]
    return call.listed([shapes.contact_shape(call.world, contact) for contact in seen])


def create_contact(call: Call) -> Any:
    """No look-up of duplicates but for companies' names."""
    _require_write(call)
    if "IsCompany" not in call.given:
        raise missing("IsCompany", call.function)
    is_company, owner = bool(call.given["IsCompany"]), call.required("AssignedTo")
    name = call.required("Company Name" if is_company else "Name")
    if is_company and call.world.company_named(str(name)):
        raise Refused(f"A company called '{name}' exists already", "company name")
    more = {key: value for key, value in call.given.items() if key not in ("IsCompany", "Name", "AssignedTo")}
    more = more if not is_company else {key: value for key, value in more.items() if key != "Company Name"}
    emails = more.pop("Email", [])
    written = {**more, "AssignedTo": owner, "Email": emails}
    return {"ContactId": call.world.add(call.now, str(name), is_company=is_company, written=written).contact_id}


def edit_contact(call: Call) -> Any:
    """Only what is passed changes; answers nothing."""
    _require_write(call)
    contact = call.contact(to_write=True)
    call.world.edit(call.now, contact.contact_id, {k: v for k, v in call.given.items() if k != "ContactId"})
    return None


def delete_contact(call: Call) -> Any:
    """Answers nothing; a second time is an error."""
    _require_write(call)
    call.world.delete(call.contact(to_write=True).contact_id)
    return None


def get_custom_fields(call: Call) -> Any:
    """Fields of a record type."""
    kind = call.given.get("RecordType")
    if kind not in (None, "Contact", "Company", "Pipeline"):
        raise Refused("'RecordType' is not valid", "record type")
    rows = [
        field
        for field in call.world.fields.values()
        if kind in (None, field.record_type)
        and (call.given.get("IncludeArchivedFields") or not field.is_archived)
        and (call.given.get("IncludeSections") or not field.field_type.startswith("Section"))
    ]
    return call.listed([shapes.field_shape(field, plain_options=call.plain_options) for field in rows])


def create_custom_field(call: Call) -> Any:
    """Admins only."""
    if not call.user.is_admin or not call.may_write:
        raise Refused("Only account admins can create custom fields", "field permission")
    field = call.world.add_field(
        call.required("Name"),
        call.required("Type"),
        record_type=call.given.get("RecordType", "Contact"),
        options=[
            o if isinstance(o, str) else str(o.get("Value", o.get("Name"))) for o in call.given.get("Options") or []
        ],
        is_required=bool(call.given.get("IsRequired")),
    )
    return {"CustomFieldId": field.field_id}


def _require_write(call: Call) -> None:
    if not call.may_write:
        raise Refused("This API key does not have permission to do that", "key permission")


FUNCTIONS: dict[str, Function] = {
    "GetUser": get_user,
    "GetUsers": get_users,
    "GetCalendars": get_calendars,
    "GetContacts": get_contacts,
    "GetContact": get_contact,
    "GetContactsById": get_contacts_by_id,
    "CreateContact": create_contact,
    "EditContact": edit_contact,
    "DeleteContact": delete_contact,
    "GetCustomFields": get_custom_fields,
    "CreateCustomField": create_custom_field,
}
