"""GetContacts: who is seen, filters, order, pages."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendly_pipeline_tests.fakes.lacrm.records import Contact, User, full_name
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused
from calendly_pipeline_tests.fakes.lacrm.world import World

DEFAULT_PAGE, LARGEST_PAGE = 500, 10_000
SORTS: dict[str, Callable[[Contact], Any]] = {
    "Relevance": lambda c: c.updated_at,
    "FirstName": lambda c: c.name.get("FirstName", "").casefold(),
    "LastName": lambda c: c.name.get("LastName", "").casefold(),
    "CompanyName": lambda c: c.company_name.casefold(),
    "DateCreated": lambda c: c.created_at,
    "LastUpdate": lambda c: c.updated_at,
}
TEXTS = ("Contains", "DoesNotContain", "IsExactly", "IsNot", "IsEmpty", "IsNotEmpty")
LISTS = ("Contains", "DoesNotContain", "IsExactly", "IsEmpty", "IsNotEmpty")
DATES = ("IsExactly", "IsBetween", "IsBefore", "IsAfter")
NUMBERS = ("IsExactly", "IsBetween", "IsGreaterThan", "IsLessThan")


def may_see(contact: Contact, user: User) -> bool:
    """Whether a user sees a contact."""
    return user.is_admin or contact.readers is None or user.user_id in contact.readers


def may_change(contact: Contact, user: User) -> bool:
    """Whether a user may change a contact."""
    is_writer = user.is_admin or contact.writers is None or user.user_id in contact.writers
    return may_see(contact, user) and is_writer


def page(rows: list[Any], parameters: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The rows of the page asked for, and whether more follow."""
    size, number = _whole(parameters, "MaxNumberOfResults", DEFAULT_PAGE), _whole(parameters, "Page", 1)
    if size > LARGEST_PAGE:
        raise Refused(f"'MaxNumberOfResults' may not be more than {LARGEST_PAGE}", "page size")
    return rows[(number - 1) * size : number * size], len(rows) > number * size


def contacts(world: World, user: User, may_write: bool, parameters: Mapping[str, Any]) -> list[Contact]:
    """Every contact that fits, in order."""
    rows = [contact for contact in world.contacts.values() if may_see(contact, user)]
    if parameters.get("RequiresWriteAccess"):
        rows = [contact for contact in rows if may_write and may_change(contact, user)]
    kind = parameters.get("RecordTypeFilter")
    if kind not in (None, "Contacts", "Companies"):
        raise Refused("'RecordTypeFilter' is not valid", "record type filter")
    if kind:
        rows = [contact for contact in rows if contact.is_company == (kind == "Companies")]
    owners = {str(owner) for owner in parameters.get("OwnerFilter") or []}
    if owners:
        rows = [contact for contact in rows if str(contact.assigned_to) in owners]
    words = str(parameters.get("SearchTerms") or "").casefold().split()
    rows = [contact for contact in rows if all(word in _searched(contact) for word in words)]
    for given in parameters.get("AdvancedFilters") or []:
        fits = _filter(world, given)
        rows = [contact for contact in rows if fits(contact)]
    return _ordered(rows, parameters)


def _ordered(rows: list[Contact], parameters: Mapping[str, Any]) -> list[Contact]:
    sort, direction = parameters.get("SortBy", "Relevance"), parameters.get("SortDirection", "Descending")
    if sort not in SORTS or direction not in ("Ascending", "Descending"):
        raise Refused("'SortBy' or 'SortDirection' is not valid", "sort")
    return sorted(rows, key=lambda c: (SORTS[sort](c), c.contact_id), reverse=direction == "Descending")


def _filter(world: World, given: Any) -> Callable[[Contact], bool]:
    if not isinstance(given, dict) or "Name" not in given or "Operation" not in given:
        raise Refused("'AdvancedFilters' is not valid", "filters")
    name, operation, value = given["Name"], given["Operation"], given.get("Value")
    zone = ZoneInfo(world.time_zone)
    days: dict[str, Callable[[Contact], str]] = {
        "DateEntered": lambda c: _day(c.created_at, zone),
        "DateUpdated": lambda c: _day(c.updated_at, zone),
        "Birthday": lambda c: c.birthday,
    }
    plain: dict[str, Callable[[Contact], str]] = {
        "FullName": lambda c: full_name(c.name),
        **{part: (lambda c, part=part: c.name.get(part, "")) for part in ("FirstName", "MiddleName", "LastName")},
        **{part: (lambda c, part=part: c.name.get(part, "")) for part in ("Salutation", "Suffix")},
        "CompanyName": lambda c: c.company_name,
        "CompanyId": lambda c: c.company_id,
        "JobTitle": lambda c: c.job_title,
        "Background info": lambda c: c.background,
    }
    lists: dict[str, Callable[[Contact], list[str]]] = {
        "Email": lambda c: [entry["Text"] for entry in c.emails],
        "Phone": lambda c: [entry["Text"] for entry in c.phones],
        "Website": lambda c: [entry["Text"] for entry in c.websites],
    }
    if name in days:
        return _one_of(DATES, operation, lambda c: _date_fits(days[name](c), operation, value))
    if name in plain:
        return _one_of(TEXTS, operation, lambda c: _text_fits([plain[name](c)], operation, value))
    if name in lists:
        return _one_of(LISTS, operation, lambda c: _text_fits(lists[name](c), operation, value))
    if name == "Group":
        return _one_of(("IsInGroupList", "IsNotInGroupList", "IsNotInAnyGroup"), operation, _group(world, given))
    return _custom(world, name, operation, value)


def _custom(world: World, name: str, operation: str, value: Any) -> Callable[[Contact], bool]:
    """By a custom field's display name; a name that is none is refused."""
    fields = [field for field in world.live_fields() if field.name == name]
    if not fields:
        raise Refused(f"'{name}' is not a valid filter", "filter name")
    kind = fields[0].field_type

    def said(contact: Contact) -> str:
        field = world.fields_of(contact).get(name)
        found = contact.custom.get(field.field_id) if field else None
        return ", ".join(found) if isinstance(found, list) else str(found or "")

    if kind == "Date":
        return _one_of(DATES, operation, lambda c: _date_fits(said(c), operation, value))
    if kind in ("Number", "Currency"):
        return _one_of(NUMBERS, operation, lambda c: _number_fits(said(c), operation, value))
    return _one_of(TEXTS, operation, lambda c: _text_fits([said(c)], operation, value))


def _one_of(known: tuple[str, ...], operation: str, fits: Callable[[Contact], bool]) -> Callable[[Contact], bool]:
    if operation not in known:
        raise Refused(f"'{operation}' is not a valid operation for this filter", "filter operation")
    return fits


def _group(world: World, given: Mapping[str, Any]) -> Callable[[Contact], bool]:
    listed = given.get("Value") or []
    wanted = {str(group) for group in (listed if isinstance(listed, list) else [listed])}

    def fits(contact: Contact) -> bool:
        mine = {group for group, member in world.members if member == contact.contact_id}
        if given["Operation"] == "IsNotInAnyGroup":
            return not mine
        return bool(mine & wanted) == (given["Operation"] == "IsInGroupList")

    return fits


def _text_fits(said: list[str], operation: str, value: Any) -> bool:
    wanted, cells = str(value or "").casefold(), [cell.casefold() for cell in said if cell]
    return {
        "Contains": any(wanted in cell for cell in cells),
        "DoesNotContain": not any(wanted in cell for cell in cells),
        "IsExactly": wanted in cells,
        "IsNot": wanted not in cells,
        "IsEmpty": not cells,
        "IsNotEmpty": bool(cells),
    }[operation]


def _date_fits(said: str, operation: str, value: Any) -> bool:
    """By whole days, as far as is known."""
    if not said:
        return False
    bounds = value if isinstance(value, dict) else {"StartDate": value, "EndDate": value}
    try:
        first, last = (date.fromisoformat(str(bounds[key])[:10]).isoformat() for key in ("StartDate", "EndDate"))
    except (KeyError, ValueError):
        raise Refused("The date of a filter is not valid", "filter date") from None
    inside = {"IsBefore": said < first, "IsAfter": said > last}
    return inside.get(operation, first <= said <= last)


def _number_fits(said: str, operation: str, value: Any) -> bool:
    if not said:
        return False
    bounds = value if isinstance(value, dict) else {"Start": value, "End": value}
    low, high = (float(bound) for bound in list(bounds.values())[:2])
    number = float(said)
    inside = {"IsGreaterThan": number > high, "IsLessThan": number < low}
    return inside.get(operation, low <= number <= high)


def _searched(contact: Contact) -> str:
    listed = [entry["Text"] for entry in (*contact.emails, *contact.phones)]
    return " ".join((full_name(contact.name), contact.company_name, *listed)).casefold()


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _whole(parameters: Mapping[str, Any], name: str, default: int) -> int:
    value = parameters.get(name, default)
    if not str(value).isdigit() or int(value) < 1:
        raise Refused(f"'{name}' is not valid", f"whole {name}")
    return int(value)
