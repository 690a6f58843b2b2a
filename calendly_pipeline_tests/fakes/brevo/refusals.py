"""What the fake Brevo refuses: a status, a code, words, and sometimes the identifiers that are taken."""

from typing import Any


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, message: str, code: str = "invalid_parameter", status: int = 400, **metadata: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"code": code, "message": message} | ({"metadata": metadata} if metadata else {})


def missing_contact() -> Refused:
    """A contact that is not there."""
    return Refused("Contact does not exist", "document_not_found", 404)


def missing_list() -> Refused:
    """A list that is not there."""
    return Refused("List ID does not exist", "document_not_found", 404)


def taken(identifier: str) -> Refused:
    """An identifier of another contact's."""
    said = f"Unable to create contact, {identifier} is already associated with another Contact"
    return Refused(said, "duplicate_parameter", 400, duplicate_identifiers=[identifier])
