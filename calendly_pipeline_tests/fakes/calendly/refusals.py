"""How Calendly says no (Calendly API reference, errors)."""

from collections.abc import Iterable
from typing import Any

MESSAGES = {
    401: ("Unauthenticated", "The access token is invalid"),
    403: ("Permission Denied", "You do not have permission to access this resource."),
    404: ("Resource Not Found", "The server could not find the requested resource."),
    409: ("Already Exists", "Hook with this url already exists"),
    500: (
        "Internal Server Error",
        "The server encountered an unexpected condition that prevented it from fulfilling the request.",
    ),
}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def refused(status: int, message: str = "") -> Refused:
    """The vendor's usual body of this status, or the same title with another message."""
    title, usual = MESSAGES[status]
    return Refused(status, {"title": title, "message": message or usual})


def invalid(parameter: str, message: str) -> Refused:
    """400, naming the parameter."""
    details = [{"parameter": parameter, "message": message}]
    return Refused(
        400, {"title": "Invalid Argument", "message": "The supplied parameters are invalid.", "details": details}
    )


def lacks_scope(scopes: Iterable[str]) -> Refused:
    """403, naming the scopes a token needs."""
    message = "You do not have the required scopes to access this resource."
    return Refused(403, {"title": "Insufficient scope", "message": message, "required_scopes": sorted(scopes)})


def plan_too_low(plan: str, needed: str) -> Refused:
    """403 for what the organization's plan leaves out."""
    if plan == "free":
        return refused(403, "Please upgrade to a paid Calendly account.")
    return refused(403, f"Please upgrade your Calendly account to {needed.title()}")
