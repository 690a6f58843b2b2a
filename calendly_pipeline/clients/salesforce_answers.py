"""What Salesforce answers, as records and as errors of our own tree. No network.

    4xx, 5xx      [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    collections   [{"id": "...", "success": true, "created": false, "errors": []},
                   {"success": false, "errors": [{"statusCode": "STRING_TOO_LONG", "message": ..., "fields": [...]}]}]

Codes are those of the vendor's REST API guide, of `simple-salesforce` 1.12.10 and of issues of public clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simple_salesforce.exceptions import SalesforceError

from calendly_pipeline.clients.http import LONGEST_WORDS
from calendly_pipeline.failures import (
    ApiError,
    DailyLimitReached,
    NotFound,
    PermissionDenied,
    PlanTooLow,
    RateLimited,
    Rejected,
    Unauthenticated,
    Unavailable,
)

VENDOR = "Salesforce"
REMEDY_401 = "Make a new access token, or set one of the logins in .env.example, which renew it by themselves."
REMEDY_403 = "Check the profile and permission sets of the user who signs in."
BUSY_CODES = ("UNABLE_TO_LOCK_ROW",)
"""Another attempt at the record can help: somebody else holds the row."""


@dataclass(frozen=True)
class Field:
    """A field of an object, as far as the user who signs in may see it."""

    name: str
    """API name."""
    label: str
    """As people see it."""
    type: str
    """`string`, `email`, `url`, `textarea`, `boolean`, `reference`, ..."""
    length: int
    """Most characters; 0: not text."""
    is_createable: bool = True
    is_updateable: bool = True
    is_external_id: bool = False
    is_unique: bool = False
    is_required: bool = False
    """No row can be made without it."""


@dataclass(frozen=True)
class Described:
    """An object and its fields."""

    name: str
    label: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of an API name, whatever its case."""
        return next((field for field in self.fields if field.name.lower() == name.lower()), None)

    def labelled(self, *labels: str) -> list[Field]:
        """The fields with one of the labels, in the order of the labels."""
        return [field for label in labels for field in self.fields if field.label.strip().lower() == label.lower()]


@dataclass(frozen=True)
class RecordError:
    """Why one record was refused."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" ({', '.join(self.fields)})" if self.fields else ""
        return f"{self.code}: {self.message}{named}"


@dataclass(frozen=True)
class RecordResult:
    """What became of one record of a collection."""

    record_id: str | None
    is_created: bool
    errors: tuple[RecordError, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether it stands in Salesforce now."""
        return not self.errors

    def can_pass_later(self, external_id_field: str | None) -> bool:
        """Whether the same record may be accepted at another attempt.

        A repeated upsert that meets its own first attempt, still at work, is told that its external id is taken
        (salesforce.stackexchange 197382).
        """
        return any(
            error.code in BUSY_CODES
            or (error.code == "DUPLICATE_VALUE" and external_id_field is not None and external_id_field in str(error))
            for error in self.errors
        )


@dataclass(frozen=True)
class Usage:
    """Requests of the whole organization in the last 24 hours, and how many there may be."""

    used: int
    total: int


def described(body: Any) -> Described:
    """A describe answer; raises Unavailable when it is none."""
    if not isinstance(body, dict) or not isinstance(body.get("fields"), list):
        raise Unavailable(VENDOR, "describe", "the answer describes no object", "Try again later.")
    fields = (field for field in body["fields"] if isinstance(field, dict) and field.get("name"))
    return Described(str(body.get("name")), str(body.get("label")), tuple(_field(field) for field in fields))


def record_results(body: Any, count: int, request: str) -> list[RecordResult]:
    """One result per record, in their order; raises Unavailable when the answer is not that."""
    if not isinstance(body, list) or len(body) != count or not all(isinstance(one, dict) for one in body):
        raise Unavailable(VENDOR, request, f"the answer holds no {count} results", "Try again later.")
    return [_result(one) for one in body]


def error_of(error: SalesforceError, request: str, usage: Usage | None) -> ApiError:
    """The error of our tree that an error of the library means."""
    status, code, words = error.status, *_said(error.content)
    if status == 401:
        return Unauthenticated(VENDOR, request, words or "the session has ended", REMEDY_401, 401)
    if status == 429 or (code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" in words.lower()):
        return RateLimited(VENDOR, request, False)
    if code == "REQUEST_LIMIT_EXCEEDED":
        used = f"{words}; {usage.used} of {usage.total} requests used" if usage else words
        return DailyLimitReached(VENDOR, request, used, status)
    if status == 403 and code == "API_DISABLED_FOR_ORG":
        return PlanTooLow(VENDOR, request, words, "The edition has no API: Enterprise has, others buy it.", 403)
    if status == 403:
        return PermissionDenied(VENDOR, request, words or "permission denied", REMEDY_403, 403)
    if status == 404:
        return NotFound(VENDOR, request, words or "not found", "", 404)
    if status == 300:
        return Rejected(VENDOR, request, "several records have this external id", "Delete all but one.", 300)
    if status >= 500 or status in (408, 425):
        return Unavailable(VENDOR, request, f"HTTP {status} {words}".rstrip(), "Try again later.", status)
    return Rejected(VENDOR, request, f"HTTP {status} {words}".rstrip(), "", status)


def _field(said: Mapping[str, Any]) -> Field:
    is_createable = bool(said.get("createable"))
    has_value = bool(said.get("nillable", True) or said.get("defaultedOnCreate")) or said.get("type") == "boolean"
    return Field(
        name=str(said["name"]),
        label=str(said.get("label") or said["name"]),
        type=str(said.get("type")),
        length=int(said.get("length") or 0),
        is_createable=is_createable,
        is_updateable=bool(said.get("updateable")),
        is_external_id=bool(said.get("externalId")),
        is_unique=bool(said.get("unique")),
        is_required=is_createable and not has_value,
    )


def _result(said: Mapping[str, Any]) -> RecordResult:
    listed = [error for error in said.get("errors") or [] if isinstance(error, dict)]
    errors = tuple(
        RecordError(
            str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN"),
            " ".join(str(error.get("message") or "").split())[:LONGEST_WORDS],
            tuple(map(str, error.get("fields") or ())),
        )
        for error in listed
    )
    if not said.get("success") and not errors:
        errors = (RecordError("UNKNOWN", "refused without a reason"),)
    record_id = said.get("id")
    return RecordResult(str(record_id) if record_id else None, bool(said.get("created")), errors)


def _said(content: Any) -> tuple[str, str]:
    """Code and words of an error body, on one line and cut short; a page of HTML says nothing."""
    listed = content if isinstance(content, list) else [content]
    first = listed[0] if listed and isinstance(listed[0], dict) else {}
    code = str(first.get("errorCode") or first.get("error") or "")
    message = " ".join(str(first.get("message") or first.get("error_description") or "").split())
    return code, ": ".join(filter(None, (code, message)))[:LONGEST_WORDS]
