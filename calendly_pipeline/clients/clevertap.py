"""CleverTap: profiles and events go up, up to a thousand a call, each with a result of its own; events are read back.

    POST /1/upload {"d": [{"type": "event" | "profile", "identity": ..., ...}]}  ->  see `clevertap_results`

At most 1,000 records a call and 15 calls at a time per account; a call too many gets 429 without any header
(developer.clevertap.com, Upload Events, API Request Limit). A repeated profile changes nothing; a repeated event is a
second event, for there is no key that would make it harmless. Consent is never written: see `require_no_consent`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.clevertap_keys import is_consent
from calendly_pipeline.clients.clevertap_results import Record, RecordResult, record_results
from calendly_pipeline.clients.http import Retry, StaticToken, VendorClient, words_of
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import (
    ConsentRefused,
    PagingStuck,
    PermissionDenied,
    Rejected,
    Unauthenticated,
    Unavailable,
)

MOST_RECORDS = 1000
MOST_PARALLEL = 15
PAGE_SIZE = 5000
"""The most events the vendor gives at once (developer.clevertap.com, Get Events)."""
MOST_PAGES = 10_000
NOBODY = "calendly-pipeline-login-check"


@dataclass(frozen=True)
class StoredEvent:
    """One event as CleverTap has it."""

    name: str
    identity: str
    """Identity, else e-mail of its profile."""
    properties: dict[str, Any]
    occurred: str
    """YYYYMMDDHHMMSS by the clock of the CleverTap project's time zone, which no answer names."""


class CleverTapClient(VendorClient):
    """One account; the base URL is the host of its region."""

    vendor = "CleverTap"
    remedy_401 = (
        "Copy account id and passcode from CleverTap (Settings, Passcode) into CLEVERTAP_ACCOUNT_ID and "
        "CLEVERTAP_PASSCODE, and check destinations.clevertap.region: the host of another region refuses them too."
    )

    def __init__(
        self,
        base_url: str,
        account_id: str,
        passcode: str,
        *,
        deadline: Deadline | None = None,
        retry: Retry | None = None,
    ) -> None:
        super().__init__(base_url, StaticToken(passcode), concurrency=MOST_PARALLEL, deadline=deadline, retry=retry)
        self.account_id = account_id

    def credentials(self, token: str) -> dict[str, str]:
        """Account and passcode in headers of the vendor's own; raises Unauthenticated when the id can be none."""
        if not self.account_id.isascii() or not self.account_id.isprintable() or not self.account_id.strip():
            said = "the account id holds characters that no id has; nothing was sent"
            raise Unauthenticated(self.vendor, "POST /1/upload", said, self.remedy_401)
        return {"X-CleverTap-Account-Id": self.account_id, "X-CleverTap-Passcode": token}

    async def upload(self, records: Sequence[Record], *, dry_run: bool = False) -> list[RecordResult]:
        """One result per record, in their order; `dry_run` validates without storing.

        Events are sent once: when no whole answer came, Unavailable leaves open whether they were stored. Profiles and
        dry runs are sent again. Raises ApiError, ConsentRefused.
        """
        if len(records) > MOST_RECORDS:
            raise ValueError(f"{len(records)} records; CleverTap takes {MOST_RECORDS} a call")
        require_no_consent(records)
        answer = await self.send(
            "POST",
            "/1/upload",
            kind="upload",
            params={"dryRun": 1} if dry_run else None,
            body={"d": list(records)},
            headers={"Content-Type": "application/json; charset=utf-8"},
            repeatable=dry_run or all(record.get("type") == "profile" for record in records),
        )
        results = record_results(records, answer.data)
        if results is None:
            said = "the answer does not say what became of the records"
            raise Unavailable(self.vendor, "POST /1/upload", said, "Look at the events in CleverTap before any repeat.")
        return results

    async def events(self, name: str, first: date, last: date) -> AsyncIterator[list[StoredEvent]]:
        """Stored events of a name, page by page, of days by the project's time zone, both included."""
        asked = {"event_name": name, "from": _day(first), "to": _day(last)}
        answer = await self.send("POST", "/1/events.json", kind="events", params={"batch_size": PAGE_SIZE}, body=asked)
        cursor, seen = _told(answer, "POST /1/events.json").get("cursor"), set[str]()
        while cursor:
            if cursor in seen or len(seen) >= MOST_PAGES:
                said = "the pages do not advance"
                raise PagingStuck(self.vendor, "GET /1/events.json", said, "Try again later.")
            seen.add(cursor)
            page = await self.send(
                "GET", "/1/events.json", kind="events", params={"cursor": cursor}, named="/1/events.json"
            )
            told = _told(page, "GET /1/events.json")
            yield [_event(name, row) for row in told.get("records") or [] if isinstance(row, dict)]
            cursor = told.get("next_cursor")

    async def profile(self, identity: str) -> dict[str, Any] | None:
        """A profile by identity, None when there is none."""
        try:
            answer = await self.get("/1/profile.json", {"identity": identity}, kind="profile")
        except (Unauthenticated, PermissionDenied):
            raise
        except Rejected:
            return None
        record = answer.data.get("record") if isinstance(answer.data, dict) else None
        return record if isinstance(record, dict) else None

    async def check_login(self) -> None:
        """Ask for a profile that nobody has; raises ApiError, Unauthenticated among them."""
        await self.profile(NOBODY)


def require_no_consent(records: Iterable[Record]) -> None:
    """Raise ConsentRefused when a record would switch a channel on or off for somebody, whatever the value."""
    for record in records:
        for part in (record, record.get("profileData"), record.get("evtData")):
            for key in part if isinstance(part, Mapping) else ():
                if is_consent(str(key)):
                    said = f"CleverTap: {key} says which messages somebody agreed to; it is never written."
                    raise ConsentRefused(said, "Take it out of destinations.clevertap.profile.")


def _told(answer: Answer, request: str) -> dict[str, Any]:
    """The body of a reading that succeeded; raises ApiError when it did not, though its status was 200."""
    body = answer.data
    if isinstance(body, dict) and body.get("status") == "success":
        return body
    words = words_of(body) or "the answer is no list of events"
    if isinstance(body, dict) and body.get("status") == "fail":
        raise Rejected("CleverTap", request, words, "", 200)
    raise Unavailable("CleverTap", request, words, "Try again later.")


def _event(name: str, row: Mapping[str, Any]) -> StoredEvent:
    profile, properties = _object(row.get("profile")), _object(row.get("event_props"))
    identity = str(profile.get("identity") or profile.get("email") or "")
    return StoredEvent(name, identity, properties, str(row.get("ts") or ""))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _day(day: date) -> int:
    return int(f"{day:%Y%m%d}")
