"""Calendly API v2: what is read, page by page, and the few things that are written.

A list call gives at most 100 records and a token for the next page; the token is never trusted: one that comes twice
stops the listing. There is no filter by change time, so events are listed by their start (Calendly API reference).
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.http import VendorClient, words_of
from calendly_pipeline.failures import ApiError, NotFound, PagingStuck, PermissionDenied, PlanTooLow, ScopeMissing

PAGE_SIZE = 100
OLD_ID_LENGTH = 16
BOUND = timedelta(seconds=1)
INVITEE_EVENTS = (
    "invitee.created",
    "invitee.canceled",
    "invitee_no_show.created",
    "invitee_no_show.deleted",
)
ADMINS = ("owner", "admin")


def id_of(uri: str) -> str:
    """The last part of a URI, in lower case: opaque, 36 characters today and 16 in old records."""
    return uri.rstrip("/").rsplit("/", 1)[-1].lower()


@dataclass(frozen=True)
class Identity:
    """Whom a token belongs to, and what it may list."""

    user: str
    """URI."""
    address: str
    organization: str
    """URI."""
    is_admin: bool
    """Owner or admin: may list the whole organization; else only the user's own events."""
    answers: tuple[Answer, ...]

    @property
    def scope(self) -> dict[str, str]:
        """The parameters of a list call: the organization for admins and owners, else the user."""
        return {"organization": self.organization} if self.is_admin else {"user": self.user}


class CalendlyClient(VendorClient):
    """One Calendly token."""

    vendor = "Calendly"
    remedy_401 = "Make a new token in Calendly under Integrations, API & Webhooks; a changed password ends the old one."

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """403 comes in three kinds, told apart by body and wording (Calendly API reference)."""
        words = words_of(body)
        if status == 403 and isinstance(body, dict) and body.get("required_scopes"):
            return ScopeMissing(self.vendor, request, words, tuple(map(str, body["required_scopes"])))
        if status == 403 and re.search(r"upgrade", words, re.IGNORECASE):
            return PlanTooLow(
                self.vendor, request, words, "The plan of this Calendly account does not include it.", 403
            )
        return super().error_of(status, request, body)

    async def identity(self) -> Identity:
        """Who the token is, by asking: its user, and the role in the organization."""
        me = await self.get("/users/me", kind="user")
        user = self._resource(me, "uri", "current_organization")
        organization = user["current_organization"]
        params = {"organization": organization, "user": user["uri"], "count": 1}
        answers = [me]
        try:
            membership = await self.get("/organization_memberships", params, kind="users")
        except PermissionDenied:
            roles: list[str] = []
        else:
            answers.append(membership)
            own = self._collection(membership)
            roles = [m.get("role", "") for m in own if m.get("user", {}).get("uri") == user["uri"]]
        is_admin = any(role in ADMINS for role in roles)
        return Identity(user["uri"], str(user.get("email") or "").lower(), organization, is_admin, tuple(answers))

    def memberships(self, identity: Identity) -> AsyncIterator[Answer]:
        """Members of the organization, pages of `users`."""
        return self.pages("/organization_memberships", {"organization": identity.organization}, kind="users")

    def event_types(self, identity: Identity) -> AsyncIterator[Answer]:
        """Active and inactive event types; deleted ones only by `event_type`."""
        return self.pages("/event_types", identity.scope, kind="event_types")

    async def event_type(self, event_type_id: str) -> Answer:
        """One event type, deleted or not."""
        return await self.get(f"/event_types/{_in_path(event_type_id)}", kind="event_type")

    def events(self, identity: Identity, start: datetime, end: datetime) -> AsyncIterator[Answer]:
        """Events that start in [start, end], cancelled ones too, pages of `events` by start.

        Whether the vendor counts an event at the very bound is not documented, so a second more is asked for.
        """
        params = {
            **identity.scope,
            "min_start_time": _instant(start - BOUND),
            "max_start_time": _instant(end + BOUND),
            "sort": "start_time:asc",
        }
        return self.pages("/scheduled_events", params, kind="events")

    async def event(self, event_id: str) -> Answer:
        """One event."""
        return await self.get(f"/scheduled_events/{_in_path(event_id)}", kind="event")

    def invitees(self, event_id: str) -> AsyncIterator[Answer]:
        """All invitees of an event, cancelled ones too, pages of `invitees`."""
        return self.pages(f"/scheduled_events/{_in_path(event_id)}/invitees", {}, kind="invitees")

    def routing_forms(self, identity: Identity) -> AsyncIterator[Answer]:
        """Routing forms; raises PlanTooLow below Teams."""
        return self.pages("/routing_forms", {"organization": identity.organization}, kind="routing_forms")

    def routing_form_submissions(self, form: str) -> AsyncIterator[Answer]:
        """Submissions of a form (URI), newest first."""
        params = {"form": form, "sort": "created_at:desc"}
        return self.pages("/routing_form_submissions", params, kind="routing_form_submissions")

    def webhook_subscriptions(self, identity: Identity) -> AsyncIterator[Answer]:
        """Subscriptions of the organization for admins, else of the user."""
        return self.pages("/webhook_subscriptions", _subscription_scope(identity), kind="webhook_subscriptions")

    async def subscribe(self, identity: Identity, url: str, signing_key: str) -> Answer:
        """Subscribe a URL to invitees and no-shows; organization scope outlives its creator. Raises AlreadyExists."""
        body = {
            **_subscription_scope(identity),
            "url": url,
            "events": list(INVITEE_EVENTS),
            "signing_key": signing_key,
        }
        return await self.send("POST", "/webhook_subscriptions", body=body, kind="webhook")

    async def unsubscribe(self, subscription: str) -> None:
        """Delete a subscription (URI); one that is gone already is fine."""
        try:
            await self.send("DELETE", f"/webhook_subscriptions/{_in_path(subscription)}", kind="webhook")
        except NotFound:
            return

    async def scheduling_link(self, event_type: str) -> str:
        """A link (URL) that books the event type (URI) once."""
        body = {"max_event_count": 1, "owner": event_type, "owner_type": "EventType"}
        answer = await self.send("POST", "/scheduling_links", body=body, kind="scheduling_link", repeatable=False)
        return self._resource(answer, "booking_url")["booking_url"]

    async def pages(self, path: str, params: Mapping[str, Any], *, kind: str) -> AsyncIterator[Answer]:
        """Every page of a list call; an empty page may have a next one; a token that comes twice raises PagingStuck."""
        seen: set[str] = set()
        token: str | None = None
        while True:
            query = {**params, "count": PAGE_SIZE} | ({"page_token": token} if token else {})
            answer = await self.get(path, query, kind=kind)
            self._collection(answer)
            yield answer
            token = _next_token(answer.data)
            if token is None:
                return
            if token in seen:
                raise PagingStuck(self.vendor, f"GET {path}", "a page leads back to one already read")
            seen.add(token)

    def _collection(self, answer: Answer) -> list[Any]:
        found = answer.data.get("collection") if isinstance(answer.data, dict) else None
        if not isinstance(found, list):
            raise ApiError(self.vendor, f"GET {answer.request}", "the answer holds no collection")
        return found

    def _resource(self, answer: Answer, *keys: str) -> dict[str, Any]:
        found = answer.data.get("resource") if isinstance(answer.data, dict) else None
        if not isinstance(found, dict) or not all(found.get(key) for key in keys):
            raise ApiError(self.vendor, answer.request, f"the answer names no {' and '.join(keys)}")
        return found


def _in_path(record: str) -> str:
    """The id of a record (URI or id) as the vendor writes it: old ones have 16 upper-case characters (recorded)."""
    found = record.rstrip("/").rsplit("/", 1)[-1]
    return quote(found.upper() if len(found) == OLD_ID_LENGTH else found, safe="")


def _next_token(data: Mapping[str, Any]) -> str | None:
    pagination = data.get("pagination") or {}
    token = pagination.get("next_page_token")
    if token:
        return str(token)
    query = parse_qs(urlsplit(pagination.get("next_page") or "").query)  # older answers had only the URL
    return query["page_token"][0] if "page_token" in query else None


def _subscription_scope(identity: Identity) -> dict[str, str]:
    if identity.is_admin:
        return {"organization": identity.organization, "scope": "organization"}
    return {"organization": identity.organization, "user": identity.user, "scope": "user"}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
