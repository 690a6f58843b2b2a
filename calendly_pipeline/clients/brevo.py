"""Brevo, API v3: attributes, lists, contacts and custom events. The key travels in the header `api-key`.

Contacts are state: writing the same values twice is writing them once, so those requests are repeated. Events are not:
Brevo knows no key for them, so they are sent again only after a 429, which says that nothing was done.
Limits are per group of endpoints: contacts 10 a second, events 10 a second, whatever is not listed 100 an hour; plans
above General have more (Brevo's API limits page). Their windows are told by `x-sib-ratelimit-{limit,remaining,reset}`,
reset in seconds; there is no Retry-After.

Consent: see `brevo_records.py`. The import of contacts, and `forceMerge`, which deletes a contact, are not known here.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.brevo_records import (
    Attribute,
    BrevoContact,
    BrevoEvent,
    ContactList,
    ContactUpdate,
    ListChange,
    SeenEvent,
    attribute_of,
    contact_of,
    event_of,
    refused_events,
)
from calendly_pipeline.clients.even_pace import EvenPace
from calendly_pipeline.clients.http import Retry, TokenSource, VendorClient, words_of
from calendly_pipeline.clients.pacing import Deadline, Patience, RateBudget
from calendly_pipeline.failures import ApiError, IdentifierTaken, NotFound, PlanTooLow, Rejected, Unavailable
from calendly_pipeline.settings_brevo import AttributeType

PER_SECOND = 10.0
"""Contacts and events on every plan (Brevo's API limits page)."""
MARGIN = 0.97
"""Requests that arrive a little sooner than they were sent stay within the second."""
PAGE_SIZE = 1000
EVENT_PAGE_SIZE = 10_000
LIST_PAGE_SIZE = 50
MOST_IN_LIST_CALL = 150
MOST_PAGES = 10_000


class BrevoClient(VendorClient):
    """One API key; the base URL is `https://api.brevo.com/v3`."""

    vendor = "Brevo"
    remedy_401 = "Make a new key in Brevo under Settings, SMTP & API, API keys, and put it into BREVO_API_KEY."
    limit_headers = "x-sib-ratelimit"

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        per_second: float = PER_SECOND,
        concurrency: int = 8,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(base_url, tokens, concurrency=concurrency, deadline=deadline, retry=retry)
        clock, prefix = self.deadline.clock, self.limit_headers
        self.budget = RateBudget(1.0, clock, Patience(self.deadline.seconds, clock), prefix)
        self._paces = {
            name: EvenPace(per_second * MARGIN, clock, self.deadline, prefix) for name in ("contacts", "events")
        }

    @property
    def waited_seconds(self) -> float:
        """Waits for all limits together."""
        return sum(budget.waited_seconds for budget in (self.budget, *self._paces.values()))

    def credentials(self, token: str) -> dict[str, str]:
        """The bare key, in Brevo's own header."""
        return {"api-key": token}

    def budget_for(self, method: str, path: str) -> RateBudget:
        """The pace of contacts or of single events; all else goes as its own answers allow, and waits for no hour.

        Only `POST /events` is listed with 10 a second. Reading events, and sending them in batches, may be of the 100
        an hour: which group they are in is not published.
        """
        if path.startswith("/contacts"):
            return self._paces["contacts"]
        return self._paces["events"] if (method, path) == ("POST", "/events") else self.budget

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """402 is the plan's, 404 is NotFound, and a 4xx that names duplicate identifiers is IdentifierTaken."""
        words = words_of(body)
        metadata = body.get("metadata") if isinstance(body, dict) else None
        taken = metadata.get("duplicate_identifiers") if isinstance(metadata, dict) else None
        if taken and 400 <= status < 500 and status != 425:
            identifiers = frozenset(str(name).lower() for name in taken)
            return IdentifierTaken(self.vendor, request, words or "an identifier is taken", identifiers, status)
        if status == 402:
            return PlanTooLow(self.vendor, request, words or "not enough credits", "See the plan in Brevo.", 402)
        return super().error_of(status, request, body)

    async def attributes(self) -> list[Attribute]:
        """Every attribute of the account. A read: may be repeated."""
        answer = await self.get("/contacts/attributes", kind="attributes")
        return [attribute_of(row) for row in self._rows(answer, "attributes")]

    async def create_attribute(self, name: str, kind: AttributeType) -> None:
        """Make an attribute; 201 without a body. Repeated: one that is there with this type already is a success.

        Raises Rejected when it is there with another type; Brevo's words for that are `Attribute name must be unique`.
        """
        try:
            await self.send(
                "POST", f"/contacts/attributes/normal/{_in_path(name)}", body={"type": kind}, kind="attribute"
            )
        except Rejected:
            if Attribute(name, "normal", kind) not in await self.attributes():
                raise

    async def folders(self) -> dict[int, str]:
        """Id -> name of every folder of lists. A read: may be repeated."""
        rows = [row async for row in self._listed("/contacts/folders", {}, "folders", LIST_PAGE_SIZE)]
        return {int(row["id"]): str(row["name"]) for row in rows}

    async def create_folder(self, name: str) -> int:
        """Make a folder; 201 with its id. Not repeated: every call makes another of the same name."""
        body = {"name": name}
        answer = await self._once_only("/contacts/folders", body, "folder")
        return self._id(answer)

    async def lists(self) -> list[ContactList]:
        """Every list. A read: may be repeated."""
        rows = [row async for row in self._listed("/contacts/lists", {}, "lists", LIST_PAGE_SIZE)]
        return [ContactList(int(row["id"]), str(row["name"]), int(row["folderId"])) for row in rows]

    async def create_list(self, name: str, folder_id: int) -> int:
        """Make a list in a folder; 201 with its id. Not repeated: every call makes another of the same name."""
        answer = await self._once_only("/contacts/lists", {"name": name, "folderId": folder_id}, "list")
        return self._id(answer)

    async def contact(self, address: str) -> BrevoContact | None:
        """The contact of an address; None when there is none (404). A read: may be repeated."""
        try:
            answer = await self.get(f"/contacts/{_in_path(address)}", {"identifierType": "email_id"}, kind="contact")
        except NotFound:
            return None
        return contact_of(answer.data)

    async def contact_of_phone(self, digits: str) -> BrevoContact | None:
        """The contact whose SMS this is, digits with the country code; None when there is none. May be repeated."""
        try:
            answer = await self.get(f"/contacts/{_in_path(digits)}", {"identifierType": "phone_id"}, kind="contact")
        except NotFound:
            return None
        return contact_of(answer.data)

    async def contacts(self) -> AsyncIterator[list[BrevoContact]]:
        """Every contact, oldest first, 1,000 a request. A read: may be repeated.

        The listing has no snapshot: when somebody is deleted meanwhile, another may be missed. It can be narrowed to 20
        ids, or to one value of an attribute: neither finds many addresses at once.
        """
        page: list[BrevoContact] = []
        async for row in self._listed("/contacts", {"sort": "asc"}, "contacts", PAGE_SIZE):
            page.append(contact_of(row))
            if len(page) == PAGE_SIZE:
                yield page
                page = []
        if page:
            yield page

    async def contacts_count(self) -> int:
        """How many contacts the account has. A read: may be repeated."""
        answer = await self.get("/contacts", {"limit": 1}, kind="contacts")
        self._rows(answer, "contacts")
        return int(answer.data["count"])

    async def upsert(self, update: ContactUpdate) -> int | None:
        """Create the contact of an address or update it: 201 with the new id, or 204. May be repeated.

        A value of the wrong type is ignored without an error. Raises IdentifierTaken when its SMS is another's.
        Lists to leave are not known to this call: use `update`.
        """
        body = {"email": update.address, **update.body(), "updateEnabled": True}
        body.pop("unlinkListIds", None)
        answer = await self.send("POST", "/contacts", body=body, kind="contact")
        return self._id(answer) if isinstance(answer.data, dict) and "id" in answer.data else None

    async def update(self, update: ContactUpdate) -> None:
        """Update an existing contact, found by its address; 204. May be repeated. Raises NotFound when it is gone."""
        path, query = f"/contacts/{_in_path(update.address)}", {"identifierType": "email_id"}
        await self.send("PUT", path, params=query, body=update.body(), kind="contact")

    async def update_many(self, updates: Sequence[ContactUpdate]) -> None:
        """Update existing contacts, never create: 204 for all of them, or 400 and none, without naming the bad one.

        May be repeated. Raises Rejected.
        """
        contacts = [{"email": update.address, **update.body()} for update in updates]
        await self.send("POST", "/contacts/batch", body={"contacts": contacts}, kind="contacts")

    async def add_to_list(self, list_id: int, addresses: Collection[str]) -> ListChange:
        """Add up to 150 contacts; 201 with those done and failed. May be repeated: who is there already is done.

        Brevo refuses who is there already and who does not exist in the same words, so both are read.
        """
        return await self._change_list(list_id, "add", addresses)

    async def remove_from_list(self, list_id: int, addresses: Collection[str]) -> ListChange:
        """Take up to 150 contacts off; 201 with those done and failed. May be repeated: who is off already is done."""
        return await self._change_list(list_id, "remove", addresses)

    async def create_event(self, event: BrevoEvent) -> None:
        """Record one event; 204 without an id. Must not be repeated: it would be there twice."""
        await self._once_only("/events", event.body(), "event")

    async def create_events(self, events: Sequence[BrevoEvent]) -> dict[int, str]:
        """Record events; index -> why for those refused. Must not be repeated: they would be there twice.

        All taken: 200 or 202 with their count. Some: 207 with `errors[].eventIndex` (Brevo's changelog, March 2026).
        None: 400. Taken means queued: they can be read back a while later.
        """
        try:
            answer = await self._once_only("/events/batch", {"events": [event.body() for event in events]}, "events")
        except Rejected as rejected:
            if rejected.status != 400:
                raise
            return dict.fromkeys(range(len(events)), rejected.message)
        refused = refused_events(answer.data)
        if not refused and isinstance(answer.data, dict) and answer.data.get("failed_events"):
            raise Unavailable(self.vendor, "POST /events/batch", "some events failed, and it is not said which")
        return refused

    async def events(self, name: str, since: datetime, until: datetime) -> AsyncIterator[SeenEvent]:
        """Custom events of one name, by when they happened, 10,000 a request. A read: may be repeated."""
        query = {"event_name": name, "startDate": since.isoformat(), "endDate": until.isoformat()}
        async for row in self._listed("/events", query, "events", EVENT_PAGE_SIZE):
            yield event_of(row)

    async def _change_list(self, list_id: int, verb: str, addresses: Collection[str]) -> ListChange:
        asked = sorted({address.lower() for address in addresses})
        if len(asked) > MOST_IN_LIST_CALL:
            raise ValueError(f"a list takes {MOST_IN_LIST_CALL} addresses a call, not {len(asked)}")
        path = f"/contacts/lists/{list_id}/contacts/{verb}"
        try:
            answer = await self.send("POST", path, body={"emails": asked}, kind="list")
        except Rejected as rejected:
            if rejected.status != 400:
                raise
            failed = set(asked)
        else:
            contacts = answer.data.get("contacts") if isinstance(answer.data, dict) else None
            failed = {str(address).lower() for address in (contacts or {}).get("failure") or ()} & set(asked)
        already = {address for address in failed if await self._stands(address, list_id, verb == "add")}
        return ListChange(frozenset(asked) - failed | already, frozenset(failed - already))

    async def _stands(self, address: str, list_id: int, is_on: bool) -> bool:
        found = await self.contact(address)
        return found is not None and (list_id in found.list_ids) == is_on

    async def _once_only(self, path: str, body: Any, kind: str) -> Answer:
        return await self.send("POST", path, body=body, kind=kind, repeatable=False, may_be_empty=True)

    async def _listed(
        self, path: str, query: Mapping[str, Any], kind: str, size: int
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Every row of a listing by offset."""
        for number in range(MOST_PAGES):
            answer = await self.get(path, {**query, "limit": size, "offset": number * size}, kind=kind)
            rows = self._rows(answer, kind)
            for row in rows:
                yield row
            if len(rows) < size:
                return

    def _rows(self, answer: Answer, key: str) -> list[dict[str, Any]]:
        rows = answer.data.get(key) if isinstance(answer.data, dict) else None
        if rows is None and isinstance(answer.data, dict) and answer.data.get("count") == 0:
            return []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unavailable(self.vendor, f"GET {answer.request}", f"the answer holds no {key}", "Try again later.")
        return rows

    def _id(self, answer: Answer) -> int:
        number = answer.data.get("id") if isinstance(answer.data, dict) else None
        if not isinstance(number, int):
            raise Unavailable(self.vendor, f"POST {answer.request}", "the answer names no id", "Try again later.")
        return number


def _in_path(name: str) -> str:
    return quote(name, safe="")
