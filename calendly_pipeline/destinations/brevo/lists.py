"""Joining lists and leaving the one we put somebody on. Whoever said no joins nothing.

Blocked contacts are put on no list, and nobody on one that they left: what Brevo makes of it is not published.
"""

from collections.abc import Sequence

from calendly_pipeline.clients.brevo import BrevoClient
from calendly_pipeline.clients.brevo_records import BrevoContact, ContactUpdate
from calendly_pipeline.destinations.brevo.account import Account
from calendly_pipeline.destinations.brevo.forms import sent_form
from calendly_pipeline.destinations.brevo.many import Many
from calendly_pipeline.destinations.brevo.people import People
from calendly_pipeline.destinations.records import Outcome, Record

NOBODY = "its contact is not in Brevo"
BLOCKED = "unsubscribed: no campaign may reach them, so they join no list"
LEFT = "unsubscribed: they left the list {!r}"
GONE = "Brevo has no list {!r} any more"
NO_LINK = "waits for its link to book again"


class Lists:
    """Prepares and sends records of the kinds `membership`, `reengagement` and `leaving`."""

    def __init__(self, client: BrevoClient, account: Account, people: People, many: Many) -> None:
        self.client = client
        self.account = account
        self.people = people
        self.many = many
        self.links: dict[str, str] = {}
        """Made in this run: case -> link."""

    async def refusal(self, record: Record, found: BrevoContact | None) -> Outcome | None:
        """Why somebody must not join a list; None: they may. Raises ApiError."""
        if found is None:
            return Outcome(record.key, "skipped", NOBODY)
        if found.is_blocked:
            return Outcome(record.key, "skipped", BLOCKED)
        if await self._id(record) in found.left_list_ids:
            return Outcome(record.key, "skipped", LEFT.format(record.payload["list"]))
        return None

    async def prepare_membership(self, record: Record, found: BrevoContact | None) -> Record | Outcome:
        """Who is not on the list and may be."""
        refused = await self.refusal(record, found)
        if refused is not None:
            return refused
        is_on = found is not None and await self._id(record) in found.list_ids
        return Outcome(record.key, "accepted", "on the list already") if is_on else record

    async def prepare_reengagement(self, record: Record, found: BrevoContact | None) -> Record | Outcome:
        """Who may be asked again, once there is a link when one is wanted."""
        refused = await self.refusal(record, found)
        if refused is not None:
            return refused
        has_link = record.payload.get("attribute") is None or self._link(record) is not None
        return record if has_link else Outcome(record.key, "skipped", NO_LINK)

    async def prepare_leaving(self, record: Record, found: BrevoContact | None) -> Record | Outcome:
        """Who is on the list, or has our link still; the list may be gone meanwhile."""
        if found is None:
            return Outcome(record.key, "accepted", NOBODY)
        is_done = await self._id(record) not in found.list_ids and not _holds_our_link(record, found)
        return Outcome(record.key, "accepted", "off the list already") if is_done else record

    async def send_memberships(self, records: Sequence[Record]) -> list[Outcome]:
        """Up to 150 a request, by list."""
        by_list: dict[str, list[Record]] = {}
        for record in records:
            by_list.setdefault(record.payload["list"], []).append(record)
        return await self.many.groups(list(by_list.values()), self._join)

    async def send_reengagements(self, records: Sequence[Record]) -> list[Outcome]:
        """The link and the list in one request each."""
        return await self.many.each(records, self._ask_again)

    async def send_leavings(self, records: Sequence[Record]) -> list[Outcome]:
        """Off the list, and the link blanked when it is still ours, in one request each."""
        return await self.many.each(records, self._leave)

    async def _join(self, records: Sequence[Record]) -> list[Outcome]:
        number = await self._id(records[0])
        if number is None:
            return [Outcome(record.key, "rejected", GONE.format(record.payload["list"])) for record in records]
        change = await self.client.add_to_list(number, [record.payload["address"] for record in records])
        return [
            Outcome(record.key, "rejected", "Brevo did not put them on the list")
            if record.payload["address"] in change.failed
            else Outcome(record.key, "accepted")
            for record in records
        ]

    async def _ask_again(self, record: Record) -> Outcome:
        attribute, link = record.payload.get("attribute"), self._link(record)
        told = {"attribute": attribute, "link": link} if attribute is not None and link is not None else {}
        attributes = sent_form({str(attribute): link}) if told else {}
        await self.client.update(ContactUpdate(record.payload["address"], attributes, await self._ids(record)))
        return Outcome(record.key, "accepted", payload={**record.payload, **told})

    async def _leave(self, record: Record) -> Outcome:
        address = record.payload["address"]
        found = (await self.people.read([address]))[address]
        is_ours = found is not None and _holds_our_link(record, found)
        attributes = sent_form({record.payload["attribute"]: None}) if is_ours else {}
        await self.client.update(ContactUpdate(address, attributes, (), await self._ids(record)))
        return Outcome(record.key, "accepted")

    def _link(self, record: Record) -> str | None:
        return record.payload.get("link") or self.links.get(case_of(record))

    async def _id(self, record: Record) -> int | None:
        return await self.account.list_id(record.payload["list"])

    async def _ids(self, record: Record) -> tuple[int, ...]:
        number = await self._id(record)
        return () if number is None else (number,)


def case_of(record: Record) -> str:
    """What a link and its use have in common: the address and the meeting."""
    address, _, meeting = record.key.split(":", 2)
    return f"{address}:{meeting}"


def _holds_our_link(record: Record, found: BrevoContact) -> bool:
    link, attribute = record.payload.get("link"), record.payload.get("attribute")
    return link is not None and found.attributes.get(str(attribute)) == link
