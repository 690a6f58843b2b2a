"""Who is in Brevo, read when it is asked for and kept for the rest of the run.

Every contact is read before anything is written to it: what stands there, and what they unsubscribed from.
"""

import asyncio
import math
from collections.abc import Collection, Mapping
from typing import Any

from calendly_pipeline.clients.brevo import PAGE_SIZE, BrevoClient
from calendly_pipeline.clients.brevo_records import BrevoContact

FEW = 5
"""So many are read one by one without asking how many there are."""


class People:
    """Contacts by address. Many at once are read by listing all, 1,000 a request, when that takes fewer requests."""

    def __init__(self, client: BrevoClient) -> None:
        self.client = client
        self._known: dict[str, BrevoContact | None] = {}
        self._owners: dict[str, str] = {}
        """Digits of a phone -> address, when all were listed."""
        self._is_whole = False

    async def read(self, addresses: Collection[str]) -> Mapping[str, BrevoContact | None]:
        """The contacts of these addresses; None where there is none. Raises ApiError."""
        missing = sorted({address for address in addresses if address not in self._known})
        if len(missing) > FEW and not self._is_whole:
            pages = math.ceil(await self.client.contacts_count() / PAGE_SIZE)
            if pages < len(missing):
                await self._read_all()
                missing = [address for address in missing if address not in self._known]
                self._known |= dict.fromkeys(missing)
                missing = []
        found = await asyncio.gather(*(self.client.contact(address) for address in missing))
        self._known |= dict(zip(missing, found, strict=True))
        return {address: self._known[address] for address in addresses}

    async def owner(self, phone: str) -> str | None:
        """The address of whoever has this phone (E.164); None: nobody. Raises ApiError."""
        digits = phone.lstrip("+")
        if self._is_whole:
            return self._owners.get(digits)
        found = await self.client.contact_of_phone(digits)
        return None if found is None else found.address

    def created(self, contact_id: int, address: str, attributes: Mapping[str, Any]) -> None:
        """Remember somebody who was made just now: on no list, and nothing refused yet."""
        none: frozenset[int] = frozenset()
        self._known[address] = BrevoContact(contact_id, address, dict(attributes), none, none, False, False)

    def forget(self, address: str) -> None:
        """Read them again next time."""
        self._known.pop(address, None)
        self._is_whole = False

    async def _read_all(self) -> None:
        async for page in self.client.contacts():
            self._known |= {contact.address: contact for contact in page}
            self._owners |= {str(contact.attributes.get("SMS") or ""): contact.address for contact in page}
        self._is_whole = True
