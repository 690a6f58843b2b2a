"""The fake Salesforce's state: objects, rows, who may sign in, how many requests are left. No HTTP.

A row that is written moves its `LastModifiedDate` also where every value stays the same (`touched` counts), as the real
one does: whoever writes equal values starts the firm's flows and triggers again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from calendly_pipeline_tests.fakes.salesforce.records import (
    SYSTEM,
    TEXT_TYPES,
    FieldSpec,
    RecordRefused,
    Row,
    SObject,
    folded,
)

LINK_OBJECT = "Calendly__CalendlyLink__c"
USER_LINK = "Calendly__CalendlyLink__c"  # object and user field share the name
LINK_KEY = "Link_Key__c"
PACKAGE_FIELDS = (  # the real API names are in no public source: these are odd on purpose
    FieldSpec("Name", "Calendly Link Name", "string", 80),
    FieldSpec("Calendly__usrMail__c", "User Email", "email", 80),
    FieldSpec("Calendly__lnk_URL__c", "Link", "url", 255),
    FieldSpec("Calendly__lnk_Info__c", "Link Type", "string", 40),
)
USER_FIELDS = (
    FieldSpec("Email", "Email", "email", 128),
    FieldSpec("Username", "Username", "string", 80),
    FieldSpec("IsActive", "Active", "boolean", 0),
    FieldSpec("UserType", "User Type", "picklist", 40, is_writable=False),
)


class World:
    """One Salesforce organization."""

    def __init__(self, *, daily_limit: int = 15_000) -> None:
        self.objects: dict[str, SObject] = {}
        self.sessions: set[str] = set()
        self.passwords: dict[str, str] = {}  # user name or consumer key -> password with token, or secret
        self.used = 0
        self.daily_limit = daily_limit
        self.touched: Counter[str] = Counter()
        self.locked: Counter[str] = Counter()  # external id or record id -> times that the row is found locked
        self.refused: dict[str, tuple[str, str]] = {}  # external id or record id -> code and message
        self._numbers: Counter[str] = Counter()
        self.add_object("User", "User", "005", USER_FIELDS, is_createable=False)

    def add_object(
        self, name: str, label: str, prefix: str, fields: Iterable[FieldSpec], *, is_createable: bool = True
    ) -> SObject:
        """An object with the fields that every object has, and these."""
        added = SObject(name, label, prefix, is_createable=is_createable)
        added.add_fields([*SYSTEM, *fields])
        self.objects[name] = added
        return added

    def install_package(self, *, with_key: bool = True) -> SObject:
        """Calendly's package: its link object and the user's link field; `with_key`: an external id was added."""
        links = self.add_object(LINK_OBJECT, "Calendly Link", "a0B", PACKAGE_FIELDS)
        if with_key:
            links.add_fields([FieldSpec(LINK_KEY, "Link Key", "string", 80, is_external_id=True, is_unique=True)])
        self.objects["User"].add_fields([FieldSpec(USER_LINK, "Calendly Link", "string", 255)])
        return links

    @property
    def links(self) -> SObject:
        """The link object."""
        return self.objects[LINK_OBJECT]

    def add_user(
        self, email: str, *, username: str = "", is_active: bool = True, link: str | None = None, kind: str = "Standard"
    ) -> str:
        """A user, of the organization itself unless `kind` is another UserType; gives the id."""
        row = {"Email": email, "Username": username or email, "IsActive": is_active, "UserType": kind}
        return self.add_row("User", {**row, USER_LINK: link})

    def user(self, user_id: str) -> Row:
        """A user's row."""
        return self.objects["User"].rows[user_id]

    def add_row(self, name: str, row: Mapping[str, Any]) -> str:
        """A row that somebody else made; nothing is checked. Gives the id."""
        found = self.objects[name]
        self._numbers[name] += 1
        record_id = f"{found.prefix}{self._numbers[name]:015}"
        blank = {spec.name: None for spec in found.fields.values()}
        found.rows[record_id] = {**blank, **row, "Id": record_id, "LastModifiedDate": 0}
        return record_id

    def links_by_key(self) -> dict[str, Row]:
        """Link rows by external id, without what the system fills."""
        own = ("Id", "LastModifiedDate")
        return {row[LINK_KEY]: {k: v for k, v in row.items() if k not in own} for row in self.links.rows.values()}

    def upsert(self, name: str, key: str, record: Mapping[str, Any]) -> Row:
        """Change the row with this external id, or make it; the result. Raises RecordRefused."""
        found = self.objects[name]
        values = {field: value for field, value in record.items() if field != "attributes"}
        value = values.get(key)
        if value in (None, ""):
            raise RecordRefused("MISSING_ARGUMENT", f"{key} not specified", key)
        rows = found.holding(key, value)
        if len(rows) > 1:
            said = ", ".join(row["Id"] for row in rows)
            raise RecordRefused("DUPLICATE_EXTERNAL_ID", f"{key}: more than one record found for it: [{said}]")
        row = rows[0] if rows else None
        return self._write(found, row, values, str(value))

    def update(self, name: str, record: Mapping[str, Any]) -> Row:
        """Change the row with this id; the result. Raises RecordRefused."""
        found = self.objects[name]
        values = {field: value for field, value in record.items() if field not in ("attributes", "Id", "id")}
        record_id = str(record.get("Id") or record.get("id") or "")
        if not record_id.startswith(found.prefix) or len(record_id) not in (15, 18):
            raise RecordRefused("MALFORMED_ID", f"{record_id} is no id of the right type", "Id")
        row = found.rows.get(record_id)
        if row is None:
            raise RecordRefused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return self._write(found, row, values, record_id)

    def _write(self, found: SObject, row: Row | None, values: Mapping[str, Any], key: str) -> Row:
        if self.locked[key] > 0:
            self.locked[key] -= 1
            raise RecordRefused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        if key in self.refused:
            raise RecordRefused(*self.refused[key])
        checked = self._checked(found, row, values)
        is_created = row is None
        record_id = self.add_row(found.name, {}) if row is None else row["Id"]
        kept = found.rows[record_id]
        kept.update(checked)
        kept["LastModifiedDate"] += 1
        self.touched[record_id] += 1
        return {"id": record_id, "success": True, "errors": [], "created": is_created}

    def _checked(self, found: SObject, row: Row | None, values: Mapping[str, Any]) -> Row:
        """The values under the fields' own names; raises RecordRefused."""
        checked: Row = {}
        for name, value in values.items():
            spec = found.named(name)
            if spec is None:
                raise RecordRefused("INVALID_FIELD", f"No such column '{name}' on sobject of type {found.name}", name)
            if not spec.is_writable:
                said = f"Unable to create/update fields: {spec.name}. Please check the security settings of this field"
                raise RecordRefused("INVALID_FIELD_FOR_INSERT_UPDATE", said, spec.name)
            checked[spec.name] = value if value != "" else None
            _require_fitting(spec, value)
            self._require_unused(found, row, spec, value)
        whole = {**(row or {}), **checked}
        missing = [spec.name for spec in found.fields.values() if spec.is_required and whole.get(spec.name) is None]
        if missing:
            said = f"Required fields are missing: [{', '.join(missing)}]"
            raise RecordRefused("REQUIRED_FIELD_MISSING", said, *missing)
        return checked

    def _require_unused(self, found: SObject, row: Row | None, spec: FieldSpec, value: Any) -> None:
        others = [other for other in found.holding(spec.name, value) if row is None or other["Id"] != row["Id"]]
        if spec.is_unique and value is not None and others:
            said = f"duplicate value found: {spec.name} duplicates value on record with id: {others[0]['Id']}"
            raise RecordRefused("DUPLICATE_VALUE", said)


def _require_fitting(spec: FieldSpec, value: Any) -> None:
    if spec.type in TEXT_TYPES and isinstance(value, str) and len(value) > spec.length:
        said = f"{spec.label}: data value too large: {value} (max length={spec.length})"
        raise RecordRefused("STRING_TOO_LONG", said, spec.name)
    if spec.type == "email" and isinstance(value, str) and value and "@" not in folded(value):
        raise RecordRefused("INVALID_EMAIL_ADDRESS", f"{spec.label}: invalid email address: {value}", spec.name)
