"""LACRM by API into landing: custom fields, contacts and companies, whole each time.

There is no modified-since filter that could be relied on: `DateUpdated` knows days only, and connectors that tried it
read everything (PostHog). A page lands when a contact on it is new or changed. The listing has no snapshot, so one of
several pages is read again until two readings agree; then the list of all ids lands when it differs from the last one:
who is not on it is gone, by deletion or because another contact took it over.

Relationships can only be asked for contact by contact, so each pull asks about some people, those asked longest ago
first, and only when the firm named relationships that make a household.

Data flow: LACRM_API_URL -> data/landing/lacrm/<account>/account/<run>/*.jsonl.gz -> sources.api_records
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.clients.lacrm import LacrmClient, key_user
from calendly_pipeline.failures import NotFound
from calendly_pipeline.home import Home
from calendly_pipeline.sources.pages import ACCOUNT_FOLDER
from calendly_pipeline.sources.pull_index import Known, PullIndex, digest_of
from calendly_pipeline.sources.pull_landing import Landing, PullReport, Say, finished, require_few
from calendly_pipeline.sources.pull_order import Order

MOST_READINGS = 4
LISTED = "contact_ids"
"""Kind of the landed list of all ids."""
RELATED = "relationships"
"""Kind of a contact's landed relationships."""
ASKED_A_PULL = 400
"""People asked about per pull: under seven minutes at one request a second; 3,000 clients take eight days."""


async def pull_lacrm(
    client: LacrmClient,
    home: Home,
    index: PullIndex,
    run: str,
    say: Say,
    shrink_share: float = 0.2,
    *,
    ask_relationships: bool = False,
) -> PullReport:
    """Pull everything the key sees; raises ApiError. What was landed before an error counts."""
    started_at = datetime.now(UTC)
    order = Order("everything", started_at.date(), started_at.date(), started_at, run)
    landing = Landing(home, index, order, say, client.traffic)
    try:
        user = key_user(await client.user())
        pull = _LacrmPull(client, landing, shrink_share)
        await pull.run()
        if ask_relationships:
            await pull.relationships()
    finally:
        await landing.flush()
    say(landing.progress())
    return finished(landing, client, started_at, user.address, is_dated=False)


class _LacrmPull:
    def __init__(self, client: LacrmClient, landing: Landing, shrink_share: float) -> None:
        self.client = client
        self.landing = landing
        self.shrink_share = shrink_share
        self.known = landing.index.of_kind("contact")
        self.taken: set[tuple[str, str]] = set()
        self.people: set[str] = set()
        self.pages_count = 0

    async def run(self) -> None:
        """Fields first: a contact does not say which of them it lacks."""
        await self._fields()
        listed = await self._settled()
        await self.landing.flush()
        listed |= await self._missing(listed)
        self.landing.land_ids(LISTED, listed)

    async def relationships(self) -> None:
        """Ask about the people asked longest ago, and land what changed."""
        known = self.landing.index.of_kind(RELATED)
        never = datetime.min.replace(tzinfo=UTC)
        waiting = sorted(self.people, key=lambda one: (known[one].seen_at if one in known else never, one))
        refused = 0
        for contact_id in waiting[:ASKED_A_PULL]:
            try:
                rows = await self.client.relationships(contact_id)
            except NotFound:
                refused += 1
                continue
            self._land_relationships(contact_id, rows, known.get(contact_id))
            await self.landing.breathe()
        if refused:
            self.landing.note(f"LACRM refused to say the relationships of {refused} contacts; it is asked again.")

    def _land_relationships(self, contact_id: str, rows: list[dict[str, Any]], before: Known | None) -> None:
        now = datetime.now(UTC)
        self.landing.counts.pages += 1
        told = Known(contact_id, "", digest_of(rows), None, now)
        if before is None or before.digest != told.digest:
            self.landing.writer.note(ACCOUNT_FOLDER, RELATED, {"record_id": contact_id, RELATED: rows}, now)
        self.landing.seen({"kind": RELATED, **_columns(told)})

    async def _fields(self) -> None:
        for record_type in ("Contact", "Company"):
            async for page in self.client.custom_fields(record_type):
                self.landing.counts.pages += 1
                self.landing.land_if_news(page)

    async def _settled(self) -> set[str]:
        """The ids of a reading that nothing shifted meanwhile."""
        listed = await self._reading()
        for _ in range(MOST_READINGS - 1):
            if self.pages_count <= 2:  # one of contacts, one of companies: no seam that a row could slip through
                return listed
            before, listed = listed, await self._reading()
            if listed == before:
                return listed
        self.landing.note("Contacts came and went all the time; the next pull reads again.")
        return listed

    async def _reading(self) -> set[str]:
        listed: set[str] = set()
        self.pages_count = 0
        for record_type in ("Contacts", "Companies"):
            async for page in self.client.contacts(record_type):
                self.pages_count += 1
                listed |= self._take(page, self.client.rows(page))
                await self.landing.breathe()
        return listed

    async def _missing(self, listed: set[str]) -> set[str]:
        """Ask for each known contact that was not listed; the ids of those that are there all the same."""
        known = self.landing.index.of_kind("contact")
        missing = [row for row in known.values() if row.record_id not in listed and not row.is_absent]
        remedy = (
            "Nothing was marked as gone. Check what the key's user may see; if so many were deleted, raise "
            "lacrm.max_shrink_share for one pull."
        )
        require_few(missing, len(known), self.shrink_share, self.client.vendor, "contact", remedy)
        answers = await self.landing.confirm_absences("contact", ACCOUNT_FOLDER, missing, self._contact)
        return {contact_id for answer in answers for contact_id in self._take(answer, [answer.data])}

    async def _contact(self, contact_id: str) -> Answer:
        """The contact; raises NotFound also when another one is given in its place."""
        answer = await self.client.contact(contact_id)
        if str(answer.data["ContactId"]) != contact_id:
            raise NotFound(self.client.vendor, "POST /GetContact", "another contact is given in its place")
        return answer

    def _take(self, page: Answer, contacts: Iterable[Mapping[str, Any]]) -> set[str]:
        """Land a page that holds anything new; the ids on it."""
        contacts = [contact for contact in contacts if contact.get("ContactId")]
        rows = [_row(contact, page) for contact in contacts]
        self.people |= {str(contact["ContactId"]) for contact in contacts if not _is_company(contact)}
        fresh = [row for row in rows if (row["record_id"], row["digest"]) not in self.taken]
        self.taken.update((row["record_id"], row["digest"]) for row in fresh)
        self.landing.take(ACCOUNT_FOLDER, page, fresh, self.known)
        return {row["record_id"] for row in rows}


def _is_company(contact: Mapping[str, Any]) -> bool:
    return str(contact.get("IsCompany")).lower() in ("true", "1")


def _row(contact: Mapping[str, Any], page: Answer) -> dict[str, Any]:
    known = Known(str(contact["ContactId"]), str(contact.get("LastUpdate")), digest_of(contact), None, page.received_at)
    return {"kind": "contact", **_columns(known)}


def _columns(known: Known) -> dict[str, Any]:
    names = ("record_id", "version", "digest", "starts_at", "seen_at", "is_absent")
    return {name: getattr(known, name) for name in names}
