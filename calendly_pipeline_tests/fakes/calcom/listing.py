"""Which bookings a list call of Cal.com returns, in which order, and what it says of the rest.

The vendor's total ignores the filters by creation and change, so it overstates; nothing settles the order of equal
keys; a parameter that does not exist is dropped without a word (read in the vendor's code, July 2026).
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline_tests.fakes.calcom.records import Booking, User
from calendly_pipeline_tests.fakes.calcom.world import World

STATUSES = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")
GONE = ("CANCELLED", "REJECTED")
MOMENTS = (
    "afterStart", "beforeEnd", "afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt",
)  # fmt: skip
CHANGE_FILTERS = MOMENTS[2:]
SORTS = {"sortStart": "starts_at", "sortEnd": "ends_at", "sortCreated": "created_at", "sortUpdatedAt": "updated_at"}
ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
FAR = datetime(9999, 1, 1, tzinfo=UTC)


class Invalid(Exception):
    """A parameter that exists has a value that it cannot have; the vendor answers 400."""


@dataclass(frozen=True)
class Query:
    """The parameters that exist, read; whatever else was sent is dropped."""

    statuses: tuple[str, ...] = ()
    exact: dict[str, Any] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)
    sort: str = ""
    is_descending: bool = False
    take: int = 100
    skip: int = 0
    limit: int = 50
    cursor: str = ""


def read_query(parameters: Mapping[str, str], *, is_cursor: bool = False) -> Query:
    """The query of a list call; raises Invalid."""
    statuses = tuple(part for part in parameters.get("status", "").split(",") if part)
    if set(statuses) - set(STATUSES) or (is_cursor and len(statuses) > 1):
        raise Invalid(f"each value in status must be one of the following values: {', '.join(STATUSES)}")
    sort = next((name for name in SORTS if name in parameters), "")
    if sort and parameters[sort] not in ("asc", "desc"):
        raise Invalid(f"{sort} must be one of the following values: asc, desc")
    exact: dict[str, Any] = {
        name: parameters[name] for name in ("attendeeEmail", "attendeeName", "bookingUid") if name in parameters
    }
    ids = parameters.get("eventTypeIds") or parameters.get("eventTypeId")
    if ids:
        exact["eventTypeIds"] = {_number("eventTypeIds", part, 0, 2**53) for part in ids.split(",")}
    return Query(
        statuses,
        exact,
        {name: _moment(name, parameters[name]) for name in MOMENTS if name in parameters},
        sort,
        parameters.get(sort) == "desc" or (not sort and statuses in (("past",), ("cancelled",))),
        _number("take", parameters.get("take", "100"), 1, 250),
        _number("skip", parameters.get("skip", "0"), 0, 2**53),
        _number("limit", parameters.get("limit", "50"), 1, 100),
        parameters.get("cursor", ""),
    )


def visible(world: World, user: User) -> list[Booking]:
    """Bookings the user hosts or attends; for an admin also those of every member."""
    return [booking for booking in list(world.bookings.values()) if _is_visible(booking, user)]


def offset_page(
    bookings: list[Booking], query: Query, now: datetime, *, shuffles_ties: bool = True
) -> tuple[list[Booking], dict[str, Any]]:
    """One page by `take` and `skip`, and the pagination object beside it."""
    counted = [booking for booking in bookings if _matches(booking, query, now)]
    rows = [booking for booking in counted if _changed_within(booking, query)]
    column = SORTS.get(query.sort, "starts_at")
    rows.sort(key=lambda b: _tie_breaker(b.uid, query.skip if shuffles_ties else 0))
    rows.sort(key=lambda b: getattr(b, column) or FAR, reverse=query.is_descending)
    return rows[query.skip : query.skip + query.take], pagination(len(counted), query.skip, query.take)


def cursor_page(bookings: list[Booking], query: Query, now: datetime) -> tuple[list[Booking], dict[str, Any]]:
    """One page by opaque cursor, newest uid first."""
    rows = [b for b in bookings if _matches(b, query, now) and _changed_within(b, query)]
    rows.sort(key=lambda booking: booking.uid, reverse=True)
    if query.cursor:
        last = _opened(query.cursor)
        rows = [booking for booking in rows if booking.uid < last]
    page = rows[: query.limit]
    has_more = len(rows) > len(page)
    return page, {"nextCursor": _closed(page[-1].uid) if has_more else None, "hasMore": has_more}


def pagination(total: int, skip: int, take: int) -> dict[str, Any]:
    """Cal.com's arithmetic: everything follows from the total, nothing from the rows."""
    skip = min(max(skip, 0), total)
    pages = -(-total // take)
    return {
        "returnedItems": min(max(total - skip, 0), take),
        "totalItems": total,
        "itemsPerPage": take,
        "remainingItems": min(max(total - (skip + take), 0), total),
        "currentPage": min(max(skip // take + 1, 1), pages) if pages else 0,
        "totalPages": pages,
        "hasNextPage": skip + take < total,
        "hasPreviousPage": skip > 0,
    }


def has_status(booking: Booking, status: str, now: datetime) -> bool:
    """The filter's words are tabs of the web page, not statuses of a booking."""
    if status == "cancelled":
        return booking.status in GONE
    if booking.status in GONE:
        return False
    if status == "past":
        return booking.ends_at <= now
    is_of_status = {
        "upcoming": booking.recurring_uid is None or booking.status == "ACCEPTED",
        "recurring": booking.recurring_uid is not None,
        "unconfirmed": booking.status == "PENDING",
    }
    return is_of_status[status] and booking.ends_at >= now


def _is_visible(booking: Booking, user: User) -> bool:
    if booking.host is not None and booking.host.id == user.id:
        return True
    if user.is_admin and (booking.host is None or booking.host.is_member):
        return True
    return any(attendee.email == user.email for attendee in booking.attendees)


def _matches(booking: Booking, query: Query, now: datetime) -> bool:
    """Every filter but those by creation and change."""
    exact = query.exact
    return (
        (not query.statuses or any(has_status(booking, status, now) for status in query.statuses))
        and query.moments.get("afterStart", booking.starts_at) <= booking.starts_at
        and query.moments.get("beforeEnd", booking.ends_at) >= booking.ends_at
        and ("bookingUid" not in exact or booking.uid == exact["bookingUid"])
        and ("attendeeEmail" not in exact or any(a.email == exact["attendeeEmail"] for a in booking.attendees))
        and ("attendeeName" not in exact or any(a.name == exact["attendeeName"] for a in booking.attendees))
        and ("eventTypeIds" not in exact or bool(booking.event_type and booking.event_type.id in exact["eventTypeIds"]))
    )


def _changed_within(booking: Booking, query: Query) -> bool:
    """Inclusive; a null never matches."""
    for name in CHANGE_FILTERS:
        bound = query.moments.get(name)
        if bound is None:
            continue
        moment = booking.created_at if name.endswith("CreatedAt") else booking.updated_at
        if moment is None or (moment < bound if name.startswith("after") else moment > bound):
            return False
    return True


def _tie_breaker(uid: str, salt: int) -> bytes:
    return hashlib.sha256(f"{salt}/{uid}".encode()).digest()


def _moment(name: str, text: str) -> datetime:
    if not ISO.fullmatch(text):
        raise Invalid(f"{name} must be a valid ISO 8601 date string")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(name: str, text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"\d+", text):
        raise Invalid(f"{name} must be a number")
    if int(text) < least:
        raise Invalid(f"{name} must not be less than {least}")
    if int(text) > most:
        raise Invalid(f"{name} must not be greater than {most}")
    return int(text)


def _closed(uid: str) -> str:
    return base64.b64encode(json.dumps({"after": uid}).encode()).decode()


def _opened(cursor: str) -> str:
    try:
        return str(json.loads(base64.b64decode(cursor, validate=True))["after"])
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("cursor is invalid") from error
