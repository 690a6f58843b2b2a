"""Less Annoying CRM, API v2: contacts, users and custom fields; notes and events. One URL; the body names the function.

    POST /v2/ {"Function": "GetContacts", "Parameters": {...}}  ->  {"HasMoreResults": ..., "Results": [...]}

The vendor publishes no rate limit; one request a second, one after the other, is what its support agreed to with a user
(optimize-overseas/lacrm-mcp). Ids have 31 digits and are text. A wrong key is answered with 400 like any other mistake
(PostHog's connector), so after a 400 the client asks for the key's user, which needs no permission.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.even_pace import EvenPace
from calendly_pipeline.clients.http import LONGEST_WORDS, Retry, TokenSource, VendorClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import (
    ApiError,
    NotFound,
    PagingStuck,
    PermissionDenied,
    Rejected,
    Unauthenticated,
    Unavailable,
)

PAGE_SIZE = 10_000
"""The most the vendor gives at once (LACRM API documentation, GetContacts)."""
PER_SECOND = 1.0
PACE_SHARE = 0.97
"""Exactly at a limit the vendor's clock and ours disagree now and then, and a refusal costs more than it won."""
MOST_PAGES = 10_000

RecordType = Literal["Contacts", "Companies"]
Attached = Literal["Notes", "Events"]


@dataclass(frozen=True)
class KeyUser:
    """Whom a key belongs to; its permissions are the user's or fewer."""

    user_id: str
    name: str
    address: str
    """Lower case."""
    time_zone: str


class LacrmClient(VendorClient):
    """One API key; the base URL is that of the only endpoint: `https://api.lessannoyingcrm.com/v2/`."""

    vendor = "LACRM"
    remedy_401 = "Make a new key in LACRM under Settings, Programmer API, and put it into LACRM_API_KEY."
    page_size = PAGE_SIZE

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        per_second: float = PER_SECOND,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(base_url, tokens, concurrency=1, deadline=deadline, retry=retry)
        self.budget = EvenPace(per_second * PACE_SHARE, self.deadline.clock, self.deadline)

    def authorization(self, token: str) -> str:
        """The bare key, without `Bearer` (LACRM API documentation, Getting Started)."""
        return token

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """Puts the vendor's ErrorDescription and its opaque ErrorCode into the error."""
        words = _words(body)
        if not words or status >= 500:
            return super().error_of(status, request, body)
        if status == 401:
            return Unauthenticated(self.vendor, request, words, self.remedy_401, status)
        if status == 403:
            return PermissionDenied(self.vendor, request, words, "", status)
        if status in (408, 425):
            return Unavailable(self.vendor, request, words, "Try again later.", status)
        return Rejected(self.vendor, request, words, "", status)

    async def call(
        self,
        function: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        kind: str,
        shown: Mapping[str, Any] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """Call a function; `shown` are the parameters that errors and landing may name. Raises ApiError.

        `repeatable` False: the function would do its work twice.
        """
        try:
            return await self._call(function, parameters or {}, kind, shown or {}, repeatable)
        except (Unauthenticated, PermissionDenied):
            raise
        except Rejected as rejected:
            await self._require_key(rejected)
            raise

    async def user(self) -> Answer:
        """The user of the key; raises Unauthenticated when it has none."""
        try:
            return await self._call("GetUser", {}, "user", {})
        except PermissionDenied:
            raise
        except Rejected as rejected:
            raise self._bad_key(rejected) from rejected

    async def key_user(self) -> KeyUser:
        """Who the key is; raises ApiError."""
        return key_user(await self.user())

    def contacts(self, record_type: RecordType, **more: Any) -> AsyncIterator[Answer]:
        """Every contact, or every company, oldest first, page by page; `more` are further parameters of GetContacts.

        Rows move up when one before them is deleted meanwhile: the listing has no snapshot.
        """
        parameters = {"RecordTypeFilter": record_type, "SortBy": "DateCreated", "SortDirection": "Ascending", **more}
        return self._pages("GetContacts", parameters, "contacts", "ContactId")

    def custom_fields(self, record_type: Literal["Contact", "Company"] = "Contact") -> AsyncIterator[Answer]:
        """The custom fields of contacts or of companies, archived ones left out."""
        kind = f"{record_type.lower()}_fields"
        return self._pages("GetCustomFields", {"RecordType": record_type}, kind, "CustomFieldId")

    async def relationships(self, contact_id: str) -> list[dict[str, Any]]:
        """Relationships of one contact, from either side: RelationshipId, both contact ids, Note.

        There is no listing of all (optimize-overseas/lacrm-mcp). Raises NotFound when LACRM refuses the id.
        """
        function, parameters = "GetRelationshipsAttachedToContact", {"ContactId": contact_id}
        pages = self._pages(function, parameters, "relationships", "RelationshipId")
        try:
            return [row async for page in pages for row in self.rows(page)]
        except (Unauthenticated, PermissionDenied):
            raise
        except Rejected as rejected:
            raise NotFound(self.vendor, f"POST /{function}", rejected.message, "", rejected.status) from rejected

    async def contact(self, contact_id: str) -> Answer:
        """One contact. Raises NotFound when LACRM refuses the id though the key is good: it says so by a bare 400."""
        parameters = {"ContactId": contact_id}
        try:
            answer = await self.call("GetContact", parameters, kind="contact", shown=parameters)
        except (Unauthenticated, PermissionDenied):
            raise
        except Rejected as rejected:
            raise NotFound(self.vendor, "POST /GetContact", rejected.message, "", rejected.status) from rejected
        if not isinstance(answer.data, dict) or "ContactId" not in answer.data:
            raise Unavailable(self.vendor, "POST /GetContact", "the answer is no contact", "Try again later.")
        return answer

    async def _pages(
        self,
        function: str,
        parameters: Mapping[str, Any],
        kind: str,
        key: str,
        shown: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Answer]:
        """Every page; raises PagingStuck when one brings nothing new and yet is not the last."""
        seen: set[str] = set()
        for number in range(1, MOST_PAGES + 1):
            asked = {**parameters, "MaxNumberOfResults": self.page_size, "Page": number}
            answer = await self.call(function, asked, kind=kind, shown=asked if shown is None else shown)
            rows = self.rows(answer)
            ids = {str(row.get(key)) for row in rows}
            is_stuck = ids <= seen
            seen |= ids
            if rows or number == 1:
                yield answer
            if isinstance(answer.data, list) or not answer.data.get("HasMoreResults"):
                return
            if is_stuck:
                break
        raise PagingStuck(self.vendor, f"POST /{function}", "the pages do not advance", "Try again later.")

    def rows(self, answer: Answer) -> list[dict[str, Any]]:
        """The records of a listing: bare, in a list, or in an object by id (all three were seen)."""
        found = answer.data.get("Results") if isinstance(answer.data, dict) else answer.data
        rows = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unavailable(self.vendor, f"POST {answer.request}", "the answer holds no results", "Try again later.")
        return rows

    async def contacts_by_id(self, contact_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The contacts of these ids that the key sees, `PAGE_SIZE` a request."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(contact_ids), self.page_size):
            some = list(contact_ids[start : start + self.page_size])
            pages = self._pages("GetContactsById", {"ContactIds": some}, "contacts", "ContactId", shown={})
            found += [row async for page in pages for row in self.rows(page)]
        return found

    async def edit_contact(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        """Set fields by their display name; None blanks one. Safe to repeat; the answer is empty.

        A name that LACRM does not know is ignored without an error, and so is a field's id (lacrm-mcp): read back.
        """
        named = {"ContactId": contact_id}
        await self.call("EditContact", {**named, **fields}, kind="edit", shown=named)

    async def create_note(self, contact_id: str, text: str, displayed_at: str) -> str:
        """Add a note to a contact's history; its id. Not to be repeated: a second call makes a second note."""
        parameters = {"ContactId": contact_id, "Note": text, "DateDisplayedInHistory": displayed_at}
        return await self._created("CreateNote", parameters, "NoteId", contact_id)

    async def edit_note(self, note_id: str, text: str, displayed_at: str) -> None:
        """Overwrite a note. Safe to repeat."""
        parameters = {"NoteId": note_id, "Note": text, "DateDisplayedInHistory": displayed_at}
        await self.call("EditNote", parameters, kind="edit", shown={"NoteId": note_id})

    async def create_event(self, contact_id: str, event: Mapping[str, Any]) -> str:
        """Add an event that a contact attended; its id. Not to be repeated: a second call makes a second event."""
        attendees = [{"IsUser": False, "AttendeeId": contact_id, "AttendanceStatus": "IsAttending"}]
        return await self._created("CreateEvent", {**event, "Attendees": attendees}, "EventId", contact_id)

    async def edit_event(self, event_id: str, event: Mapping[str, Any]) -> None:
        """Change an event. Safe to repeat."""
        await self.call("EditEvent", {"EventId": event_id, **event}, kind="edit", shown={"EventId": event_id})

    async def attached(self, function: Attached, contact_id: str) -> list[dict[str, Any]]:
        """Every note, or every event, of a contact."""
        pages = self._pages(
            f"Get{function}AttachedToContact", {"ContactId": contact_id}, "attached", f"{function[:-1]}Id"
        )
        return [row async for page in pages for row in self.rows(page)]

    async def create_field(self, name: str, kind: str, options: Sequence[str] = ()) -> None:
        """Add a custom field to contacts; needs an account admin's key. Not to be repeated."""
        parameters = {
            "Name": name,
            "Type": kind,
            "RecordType": "Contact",
            **({"Options": list(options)} if options else {}),
        }
        await self.call("CreateCustomField", parameters, kind="field", shown={"Name": name}, repeatable=False)

    async def create_contact(self, contact: Mapping[str, Any]) -> str:
        """Add a contact; its id. Not to be repeated: LACRM looks for no duplicate."""
        return await self._created("CreateContact", contact, "ContactId", None)

    async def _created(self, function: str, parameters: Mapping[str, Any], key: str, contact_id: str | None) -> str:
        shown = {"ContactId": contact_id} if contact_id else {}
        answer = await self.call(function, parameters, kind="create", shown=shown, repeatable=False)
        if not isinstance(answer.data, dict) or not answer.data.get(key):
            raise Unavailable(self.vendor, f"POST /{function}", f"the answer names no {key}", "Look it up.")
        return str(answer.data[key])

    async def _call(
        self, function: str, parameters: Mapping[str, Any], kind: str, shown: Mapping[str, Any], repeatable: bool = True
    ) -> Answer:
        named = f"/{function}" + (f"?{urlencode(shown)}" if shown else "")
        body = {"Function": function, "Parameters": dict(parameters)}
        is_write = not function.startswith("Get")
        answer = await self.send(
            "POST", "/", body=body, kind=kind, named=named, repeatable=repeatable, may_be_empty=is_write
        )
        if isinstance(answer.data, dict) and {"ErrorCode", "ErrorDescription"} <= answer.data.keys():
            raise self.error_of(400, f"POST {named}", answer.data)  # an error may come with a 200 (lacrm-mcp)
        return answer

    async def _require_key(self, rejected: Rejected) -> None:
        """Raise Unauthenticated when it was the key that was refused."""
        try:
            await self.user()
        except Unauthenticated as error:
            raise error from rejected

    def _bad_key(self, rejected: Rejected) -> Unauthenticated:
        return Unauthenticated(self.vendor, "POST /GetUser", _said(rejected), self.remedy_401, rejected.status)


def key_user(answer: Answer) -> KeyUser:
    """The user that GetUser names; raises ApiError when it names none."""
    user = answer.data
    if not isinstance(user, dict) or not user.get("UserId"):
        raise ApiError("LACRM", "POST /GetUser", "the answer names no user", "Check LACRM_API_URL; it ends in /v2/.")
    name = " ".join(str(user[part]) for part in ("FirstName", "LastName") if user.get(part))
    return KeyUser(
        str(user["UserId"]), name, str(user.get("Email") or "").strip().lower(), str(user.get("Timezone") or "")
    )


def _said(error: ApiError) -> str:
    """An error's own words, without the request before them."""
    return error.message.removeprefix(f"{error.vendor} {error.request}: ")


def _words(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    parts = [body.get("ErrorDescription"), body.get("ErrorCode")]
    said = [" ".join(str(part).split()) for part in parts if isinstance(part, (str, int)) and str(part).strip()]
    return (f"{said[0]} ({said[1]})" if len(said) == 2 else "".join(said))[:LONGEST_WORDS]
