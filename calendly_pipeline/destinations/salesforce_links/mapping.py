"""Which fields of Salesforce take what of a link, and what is wrong with them, in words that name the fix. No network.

The API names of Calendly's package are in no public source, so `email` and `link` are found by their labels unless
`destinations.salesforce_links.fields` names them; what else goes along is named there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from calendly_pipeline.clients.salesforce_answers import Described, Field
from calendly_pipeline.findings import Finding
from calendly_pipeline.settings_salesforce_links import LinkField, SalesforceLinksDestination

TABLE = "destinations.salesforce_links"
REQUIRED: tuple[LinkField, ...] = ("email", "link")
LABELS: Mapping[str, tuple[str, ...]] = {
    "email": ("User Email", "Calendly User Email", "Email"),
    "link": ("Link", "Calendly Link", "Scheduling Link", "Scheduling URL", "URL"),
}
TYPES: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "string"),
    "link": ("url", "string", "textarea"),
    "name": ("string", "textarea"),
    "type": ("string", "textarea", "picklist"),
}
LONGEST_KEY = 45
"""A member's id of 36 characters with `:profile` behind it."""
ACCESS = "give the user who signs in edit access to it (Setup, Permission Sets, Field Permissions)"


@dataclass(frozen=True)
class LinkMapping:
    """Where a link's values go."""

    key: Field
    """The external id."""
    fields: Mapping[str, Field]
    """email, link, and what else is mapped -> field."""


class Mistakes(Exception):
    """What is mapped does not fit."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{finding.subject}: {finding.text}" for finding in findings))


def link_mapping(there: Described, rules: SalesforceLinksDestination) -> LinkMapping:
    """Key and fields of the link object; raises Mistakes naming every one."""
    wrong: list[Finding] = []
    fields: dict[str, Field] = {}
    names: list[LinkField] = [*REQUIRED, *(name for name in rules.fields if name not in REQUIRED)]
    for name in names:
        try:
            fields[name] = _field(name, there, rules)
            wrong += _unfit(f"fields.{name}", fields[name], TYPES[name])
        except Mistakes as mistakes:
            wrong += mistakes.findings
    key: Field | None = None
    try:
        key = _key(there, rules)
        wrong += _unfit("external_id_field", key, ("string", "email"), shortest=LONGEST_KEY)
    except Mistakes as mistakes:
        wrong += mistakes.findings
    wrong += _left_out(there, [*fields.values(), *([key] if key else [])])
    if wrong or key is None:
        raise Mistakes(*wrong)
    return LinkMapping(key, fields)


def user_field(there: Described, rules: SalesforceLinksDestination) -> Field | None:
    """The field of User that takes the profile link; None when none is wanted. Raises Mistakes."""
    if not rules.user_field:
        return None
    found = there.field(rules.user_field)
    if found is None:
        fix = "install Calendly's package, name another field, or leave users alone with a blank"
        raise Mistakes(_mistake("user_field", f"User has no field {rules.user_field} that may be seen; {fix}"))
    unfit = list(_unfit("user_field", found, TYPES["link"]))
    if unfit:
        raise Mistakes(*unfit)
    return found


def unmapped(there: Described, mapping: LinkMapping) -> list[str]:
    """Text fields that could take the name or the type of a link."""
    taken = {field.name for field in (mapping.key, *mapping.fields.values())}
    free = [field for field in there.fields if field.name not in taken and field.type in TYPES["type"]]
    return [_shown(field) for field in free if field.is_updateable]


def _field(name: LinkField, there: Described, rules: SalesforceLinksDestination) -> Field:
    """The field that is named, by API name or label; else the first of the usual labels that stands once."""
    said = rules.fields.get(name)
    labels = LABELS[name] if said is None else (said.strip(),)
    named = there.field(said.strip()) if said is not None else None
    if named is not None:
        return named
    for label in labels:
        found = [field for field in there.labelled(label) if said is not None or field.type in TYPES[name]]
        if len(found) == 1:
            return found[0]
        if found:
            raise _no_field(name, there, f"several fields are called {label!r}")
    shown = " or ".join(map(repr, labels))
    raise _no_field(name, there, f"no field that may be seen is called {shown}")


def _no_field(name: LinkField, there: Described, problem: str) -> Mistakes:
    fitting = [_shown(field) for field in there.fields if field.type in TYPES[name] and field.is_updateable]
    choice = f"name one of: {', '.join(fitting)}" if fitting else f"make one of type {' or '.join(TYPES[name])}"
    return Mistakes(_mistake(f"fields.{name}", f"{there.name}: {problem}; {choice}"))


def _key(there: Described, rules: SalesforceLinksDestination) -> Field:
    ids = [field for field in there.fields if field.is_external_id]
    if rules.external_id_field is not None:
        ids = [field for field in ids if field.name.lower() == rules.external_id_field.lower()]
    if len(ids) == 1:
        return ids[0]
    if len(ids) > 1:
        names = ", ".join(field.name for field in ids)
        raise Mistakes(_mistake("external_id_field", f"{there.name} has several external ids; name one of: {names}"))
    named = f" called {rules.external_id_field}" if rules.external_id_field else ""
    fix = "add a text field of 80 characters with External ID and Unique ticked (docs/salesforce.md)"
    said = f"{there.name} has no field{named} that may be seen and is marked as External ID; {fix}"
    raise Mistakes(_mistake("external_id_field", said))


def _unfit(setting: str, field: Field, types: tuple[str, ...], shortest: int = 0) -> Iterator[Finding]:
    """What is wrong with a field that was found."""
    if field.type not in types:
        yield _mistake(setting, f"{_shown(field)} is of type {field.type}; choose one of type {' or '.join(types)}")
    elif not (field.is_createable and field.is_updateable):
        yield _mistake(setting, f"{_shown(field)} may not be written; {ACCESS}")
    elif field.length < shortest:
        yield _mistake(setting, f"{_shown(field)} takes {field.length} characters and keys have {shortest}; make it 80")


def _left_out(there: Described, taken: list[Field]) -> Iterator[Finding]:
    """Fields without which no row can be made; `Name` is filled by Salesforce."""
    names = {"Name", *(field.name for field in taken)}
    for field in there.fields:
        if field.is_required and field.name not in names:
            fix = "give it a default value in Setup, or make it optional"
            yield _mistake("object", f"{there.name} makes no row without {_shown(field)}; {fix}")


def _mistake(setting: str, text: str) -> Finding:
    return Finding("error", f"{TABLE}.{setting}", text)


def _shown(field: Field) -> str:
    return f"{field.name} ({field.label})"
