"""Fields, objects and refusals of the fake Salesforce, in the shapes of its REST API guide."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Row = dict[str, Any]
TEXT_TYPES = ("string", "textarea", "url", "email", "phone", "picklist")


class Refused(Exception):
    """A whole request that is refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class RecordRefused(Exception):
    """One record of a collection that is refused."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields

    def shape(self, record_id: str | None) -> Row:
        """Its result."""
        error = {"statusCode": self.code, "message": str(self), "fields": list(self.fields)}
        return {**({"id": record_id} if record_id else {}), "success": False, "errors": [error]}


@dataclass
class FieldSpec:
    """A field of an object."""

    name: str
    label: str
    type: str = "string"
    length: int = 255
    is_writable: bool = True
    is_external_id: bool = False
    is_unique: bool = False
    is_required: bool = False

    def shape(self) -> Row:
        """As describe says it, with a few of the many keys we do not read."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length if self.type in TEXT_TYPES else 0,
            "createable": self.is_writable,
            "updateable": self.is_writable,
            "externalId": self.is_external_id,
            "idLookup": self.is_external_id,
            "unique": self.is_unique,
            "nillable": not self.is_required,
            "defaultedOnCreate": False,
            "calculated": False,
            "custom": self.name.endswith("__c"),
            "picklistValues": [],
        }


SYSTEM = (
    FieldSpec("Id", "Record ID", "id", 18, is_writable=False),
    FieldSpec("LastModifiedDate", "Last Modified Date", "datetime", 0, is_writable=False),
)


@dataclass
class SObject:
    """An object: its fields and rows, by id."""

    name: str
    label: str
    prefix: str
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    is_createable: bool = True

    def add_fields(self, specs: Iterable[FieldSpec]) -> None:
        """More fields."""
        self.fields |= {spec.name: replace(spec) for spec in specs}

    def named(self, name: str) -> FieldSpec | None:
        """A field, whatever the case of its name."""
        return next((spec for spec in self.fields.values() if spec.name.lower() == name.lower()), None)

    def holding(self, name: str, value: Any) -> list[Row]:
        """Rows with a value; texts are compared without regard to case, as external ids are."""
        return [row for row in self.rows.values() if folded(row.get(name)) == folded(value)]

    def shape(self) -> Row:
        """A describe answer."""
        return {
            "name": self.name,
            "label": self.label,
            "createable": self.is_createable,
            "updateable": True,
            "fields": [spec.shape() for spec in self.fields.values()],
        }


def folded(value: Any) -> Any:
    """A value as Salesforce compares it."""
    return value.casefold() if isinstance(value, str) else value
