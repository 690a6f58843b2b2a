"""Values on their way in: e-mails, phones and the kinds of custom fields, with the vendor's refusals."""

from datetime import date
from typing import Any

from calendly_pipeline_tests.fakes.lacrm.records import EMAIL_TYPES, PHONE_TYPES, PLACE_TYPES, CustomField
from calendly_pipeline_tests.fakes.lacrm.refusals import Refused

TYPES = {"Email": EMAIL_TYPES, "Phone": PHONE_TYPES, "Address": PLACE_TYPES, "Website": ("",)}
PLACE_PARTS = ("Street", "City", "State", "Zip", "Country")


def texts(given: Any, what: str) -> list[dict[str, str]]:
    """E-mails, phones or websites from one text, texts, or objects; a blank Type is the first there is."""
    if given is None:
        return []
    listed = given if isinstance(given, list) else [given]
    found = []
    for item in listed:
        entry = {"Text": item} if isinstance(item, str) else item
        if not isinstance(entry, dict) or not isinstance(entry.get("Text"), str):
            raise Refused(f"'{what}' is not valid", f"entry {what}")
        if entry["Text"].strip():
            found.append(_typed({"Text": entry["Text"].strip()}, entry.get("Type"), what))
    return found


def places(given: Any) -> list[dict[str, str]]:
    """Addresses from objects."""
    listed = given if isinstance(given, list) else [given] if given else []
    if not all(isinstance(item, dict) for item in listed):
        raise Refused("'Address' is not valid", "entry Address")
    return [
        _typed({part: str(item.get(part) or "") for part in PLACE_PARTS}, item.get("Type"), "Address")
        for item in listed
    ]


def custom_value(field: CustomField, given: Any) -> Any:
    """What is kept of a value of a custom field; None: blank. Raises Refused."""
    if given is None or given == "" or given == []:
        return None
    kind = field.field_type
    if kind == "Checkbox":
        chosen = given if isinstance(given, list) else [given]
        for option in chosen:
            _require_option(field, option)
        return list(chosen)
    if isinstance(given, (list, dict)):
        raise _invalid(field)
    if kind in ("Dropdown", "RadioList"):
        _require_option(field, given)
    if kind == "Number":
        return _number(field, given)
    if kind == "Date":
        return _day(field, given)
    return str(given)


def _typed(entry: dict[str, str], kind: Any, what: str) -> dict[str, str]:
    known = TYPES[what]
    kind = kind or known[0]
    if kind not in known:
        raise Refused(f"'{kind}' is not a valid type for '{what}'", f"type {what}")
    if what == "Website":
        return entry
    return {**entry, "Type": kind, "TypeId": str(4 * 10**30 + 100 * list(TYPES).index(what) + known.index(kind))}


def _require_option(field: CustomField, given: Any) -> None:
    """Exactly one of the options, case-sensitive (seen by clients on real accounts)."""
    if given not in field.options:
        raise Refused(f"'{given}' is not a valid option for '{field.name}'", "option")


def _number(field: CustomField, given: Any) -> str:
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise _invalid(field) from None
    return str(int(number)) if number == int(number) else str(number)


def _day(field: CustomField, given: Any) -> str:
    try:
        return date.fromisoformat(str(given)[:10]).isoformat()
    except ValueError:
        raise _invalid(field) from None


def _invalid(field: CustomField) -> Refused:
    return Refused(f"The value for '{field.name}' is not a valid {field.field_type}", f"value {field.field_type}")
