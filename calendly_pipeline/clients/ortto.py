"""Ortto: people, activities and their definitions. Every call is a POST of JSON with the key in `X-Api-Key`.

    POST /v1/person/merge {"people": [{"fields": {...}}], "merge_by": ["str::email"]}
      -> {"people": [{"person_id": ..., "status": "created" | "merged"}]}

Answers are as recorded from a live account (phpdevkits/ortto-sdk, November 2025). The vendor counts 10 requests
a second (Professional) and tells in the body of a 429 alone how long to wait (`try-in-seconds`); 15 malformed or
failed-login requests in 15 s shut the address out for 15 s, so refused requests keep apart and nothing follows a 401.

Consent: Ortto takes an omitted `bol::p` for true at least when it makes a person. This client refuses whatever would
grant a permission, and puts activities on people by id alone, where person fields are ignored.
"""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.even_pace import EvenPace
from calendly_pipeline.clients.http import Retry, TokenSource, VendorClient, parsed, words_of
from calendly_pipeline.clients.ortto_answers import Result, matched
from calendly_pipeline.clients.ortto_records import (
    Activity,
    ActivityDefinition,
    MergeStrategy,
    Schema,
    Subscription,
    read_definition,
    read_field,
    read_result,
)
from calendly_pipeline.clients.ortto_values import Field, may_be_written
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import ApiError, ConsentRefused, PlanTooLow, Rejected, Unauthenticated, Unavailable

PER_SECOND = 10.0
PACE_SHARE = 0.97
"""Of the limit: the vendor's second and ours never agree to the millisecond, and a refusal costs a second."""
CONCURRENCY = 4
BATCH_SIZE = 100
"""People or activities in one call (person/merge and activities/create pages)."""
LARGEST_ACTIVITY_BYTES = 16_000
"""With a hundred of them a call stays below the 2 MB it may have."""
MOST_REFUSED = 10
"""Of the 15 in 15 s that shut an address out; the firm's other tools may share it."""
REFUSED_SECONDS = 15.0
EMAIL = "str::email"
PERSON_ID = "str::person_id"


class NoneTaken(Rejected):
    """No record of a batch was valid; `details` are the vendor's words for each."""

    def __init__(self, error: Rejected, details: Sequence[Any]) -> None:
        super().__init__(error.vendor, error.request, error.message, error.remedy, error.status)
        self.details = [item for item in details if isinstance(item, dict)]


class OrttoClient(VendorClient):
    """One API key; the base URL is that of the account's region, with `/v1` at the end."""

    vendor = "Ortto"
    remedy_401 = "Put a custom API key of Ortto into ORTTO_API_KEY; it works in its own region only (ORTTO_API_URL)."

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        per_second: float = PER_SECOND,
        concurrency: int = CONCURRENCY,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(base_url, tokens, concurrency=concurrency, deadline=deadline, retry=retry)
        self.budget = EvenPace(per_second * PACE_SHARE, self.deadline.clock, self.deadline)
        self._refused_at: deque[float] = deque(maxlen=MOST_REFUSED)
        self._shut_out: Unauthenticated | None = None

    def credentials(self, token: str) -> dict[str, str]:
        """The key in a header of its own."""
        return {"X-Api-Key": token}

    def told(self, response: httpx.Response) -> Mapping[str, str]:
        """The pause that a refusal names in its body, as the header other vendors use."""
        said = parsed(response.content) if response.status_code == 429 else None
        seconds = said.get("try-in-seconds") if isinstance(said, dict) else None
        return response.headers if seconds is None else {**response.headers, "retry-after": str(seconds)}

    def error_of(self, status: int, request: str, body: Any) -> ApiError:
        """A 400 that names every record of the batch keeps what it says of each; 507 is the account's own limit."""
        if status == 507:
            said = "the account holds as many contacts as its plan allows"
            return PlanTooLow(
                self.vendor, request, words_of(body) or said, "Remove contacts, or take a larger plan.", 507
            )
        error = super().error_of(status, request, body)
        details = body.get("details") if isinstance(body, dict) else None
        if status == 400 and isinstance(error, Rejected) and isinstance(details, list):
            return NoneTaken(error, details)
        return error

    async def post(self, path: str, body: Mapping[str, Any], *, kind: str, repeatable: bool = True) -> Answer:
        """POST a body; after a 401 nothing is sent any more. Raises ApiError."""
        if self._shut_out is not None:
            raise self._shut_out
        await self._keep_refusals_apart(path)
        try:
            return await self.send("POST", path, body=dict(body), kind=kind, repeatable=repeatable)
        except Unauthenticated as error:
            self._shut_out = error
            raise
        except Rejected:
            self._refused_at.append(self.deadline.clock.monotonic())
            raise

    async def merge_people(
        self,
        people: Sequence[Mapping[str, Any]],
        *,
        strategy: MergeStrategy,
        merge_by: str = EMAIL,
        skip_non_existing: bool = False,
    ) -> list[Result]:
        """Create or update up to 100 people, told apart by their field `merge_by`; a result per person, in this order.

        Raises ConsentRefused before anything is sent when a field would grant a permission; ApiError.
        """
        _require_batch(people)
        for fields in people:
            require_no_grant(fields)
        keys = [str(fields[merge_by]) for fields in people]
        if len(set(keys)) < len(keys):
            raise ValueError("a person stands twice in a batch")
        body = {
            "people": [{"fields": dict(fields)} for fields in people],
            "async": False,
            "merge_by": [merge_by],
            "merge_strategy": int(strategy),
            "find_strategy": 0,
            "skip_non_existing": skip_non_existing,
            "suppression_list_field_id": EMAIL,
        }
        items = await self._batch("/person/merge", body, "people")
        ids = [str(item.get("person_id") or "") or None for item in items]
        results = [read_result(item) for item in items]
        if len(items) == len(keys) and len(set(results)) == 1:
            return results
        whose = ids if merge_by == PERSON_ID else await self._addresses_of(ids)
        return matched(keys, results, whose)

    async def create_activities(self, activities: Sequence[Activity]) -> list[Result]:
        """Put up to 100 activities on people by their ids; a result per activity, in this order. Raises ApiError."""
        _require_batch(activities)
        bodies = [activity.body() for activity in activities]
        for body in bodies:
            if len(json.dumps(body).encode()) > LARGEST_ACTIVITY_BYTES:
                raise ValueError(f"activity {body['key']} has more than {LARGEST_ACTIVITY_BYTES} bytes")
        items = await self._batch("/activities/create", {"activities": bodies, "async": False}, "activities")
        whose = [str(item.get("person_id") or "") or None for item in items]
        return matched([activity.person_id for activity in activities], [read_result(item) for item in items], whose)

    async def subscriptions(self, addresses: Sequence[str]) -> dict[str, Subscription]:
        """What those of up to 100 people have agreed to whom Ortto knows, by address in lower case. Raises ApiError."""
        _require_batch(addresses)
        body = {"people": [{"email": address} for address in addresses]}
        items = await self._items("/person/subscriptions", body, "people")
        found: dict[str, Subscription] = {}
        for item in items:
            said = item.get("email_permissions")
            if item.get("person_id") and item.get("email"):
                may = said if isinstance(said, bool) else None
                found[str(item["email"]).lower()] = Subscription(str(item["person_id"]), may)
        return found

    async def people_by_ids(self, person_ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The fields of up to 100 people, by id; whoever is gone is left out. Raises ApiError."""
        _require_batch(person_ids)
        body = {"contact_ids": list(person_ids), "fields": list(fields)}
        answer = await self.post("/person/get-by-ids", body, kind="people")
        contacts = answer.data.get("contacts") if isinstance(answer.data, dict) else None
        rows = contacts.values() if isinstance(contacts, dict) else contacts or []
        return {str(row["id"]): dict(row.get("fields") or {}) for row in rows if isinstance(row, dict) and "id" in row}

    async def schema(self) -> Schema:
        """Every field of people and every custom activity; two requests. Raises ApiError."""
        answer = await self.post("/instance-schema/get", {"namespaces": []}, kind="schema")
        spaces = answer.data.get("namespaces") if isinstance(answer.data, dict) else None
        if not isinstance(spaces, dict):
            raise Unavailable(
                self.vendor, "POST /instance-schema/get", "the answer holds no schema", "Try again later."
            )
        rows = [
            row for space in spaces.values() if not space.get("org") for row in (space.get("fields") or {}).values()
        ]
        fields = {row["id"]: read_field(row) for row in rows if not row["id"].startswith("act:")}
        activities = [read_definition(row["id"], row) for row in rows if row["id"].startswith("act:cm:")]
        custom = {field.field_id: field for field in await self.custom_fields()}
        return Schema({**fields, **custom}, {activity.name: activity for activity in activities})

    async def custom_fields(self) -> list[Field]:
        """The custom fields of people, with their options. Raises ApiError."""
        items = await self._items("/person/custom-field/get", {}, "fields")
        return [read_field(item["field"]) for item in items if isinstance(item.get("field"), dict)]

    async def create_custom_field(self, name: str, display_type: str, options: Sequence[str] = ()) -> Field:
        """Make a field of people; its id is the answer's. Raises ApiError; an unknown outcome is not tried again."""
        more = {"values": list(options)} if options else {}
        body = {"type": display_type, "name": name, "track_changes": False, **more}
        answer = await self.post("/person/custom-field/create", body, kind="field", repeatable=False)
        said = answer.data if isinstance(answer.data, dict) else {}
        if not said.get("field_id"):
            raise Unavailable(self.vendor, "POST /person/custom-field/create", "the answer names no field")
        return Field(str(said["field_id"]), name, str(said.get("display_type") or display_type), tuple(options))

    async def create_definition(self, name: str, attributes: Mapping[str, str]) -> ActivityDefinition:
        """Make a kind of activity with attributes (name -> display type) that are mapped to no field of people.

        Raises ApiError; an unknown outcome is not tried again.
        """
        body = {
            "name": name,
            "icon_id": "calendar-illustration-icon",
            "track_conversion_value": False,
            "touch": True,
            "filterable": True,
            "visible_in_feeds": True,
            "display_style": {"type": "activity"},
            "attributes": [
                {"name": key, "display_type": kind, "field_id": "do-not-map"} for key, kind in attributes.items()
            ],
        }
        answer = await self.post("/definitions/activity/create", body, kind="definition", repeatable=False)
        said = answer.data.get("custom_activity") if isinstance(answer.data, dict) else None
        if not isinstance(said, dict) or not said.get("activity_field_id"):
            raise Unavailable(self.vendor, "POST /definitions/activity/create", "the answer names no activity")
        return read_definition(str(said["activity_field_id"]), said)

    async def _batch(self, path: str, body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        """The items of an answer, also when none of them was taken."""
        try:
            return await self._items(path, body, name)
        except NoneTaken as error:
            return error.details

    async def _items(self, path: str, body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        answer = await self.post(path, body, kind=name)
        items = answer.data.get(name) if isinstance(answer.data, dict) else None
        if items is not None and not isinstance(items, list):
            raise Unavailable(self.vendor, f"POST {path}", f"the answer holds no {name}", "Try again later.")
        return [item for item in items or [] if isinstance(item, dict)]

    async def _addresses_of(self, ids: Sequence[str | None]) -> list[str | None]:
        known = [one for one in ids if one]
        rows = await self.people_by_ids(known, [EMAIL]) if known else {}
        return [str(rows[one][EMAIL]) if one in rows and rows[one].get(EMAIL) else None for one in ids]

    async def _keep_refusals_apart(self, path: str) -> None:
        clock = self.deadline.clock
        if len(self._refused_at) < MOST_REFUSED:
            return
        seconds = self._refused_at[0] + REFUSED_SECONDS - clock.monotonic()
        if seconds > 0:
            self.deadline.require(seconds, self.vendor, f"POST {path}")
            await clock.sleep(seconds)


def require_no_grant(fields: Mapping[str, Any]) -> None:
    """Raise ConsentRefused when a field would grant, or clear, a permission of a person's."""
    for field_id, value in fields.items():
        if not may_be_written(field_id, value):
            raise ConsentRefused(f"Ortto: {field_id} says what somebody agreed to.", "Take it out of what is sent.")


def _require_batch(records: Sequence[Any]) -> None:
    if not 1 <= len(records) <= BATCH_SIZE:
        raise ValueError(f"a call takes 1 to {BATCH_SIZE} records, not {len(records)}")
