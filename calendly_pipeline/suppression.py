"""People who were erased, kept as keyed hashes, so that they are not taken in again.

HMAC-SHA-256 with a random key of this state store: without the key a hash says nothing, with it an address can be
tested but not read.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from calendly_pipeline.addresses import fold
from calendly_pipeline.state import State, suppressed_addresses, suppressed_input, suppression_keys

KEY_ID = 1


class Suppression:
    """The addresses erased so far; falsy when there are none, which costs input nothing."""

    def __init__(self, key: bytes, hashes: frozenset[str]) -> None:
        self._key = key
        self._hashes = hashes
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def holds(self, address: str) -> bool:
        """Whether a folded address was erased."""
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = _hash(self._key, address) in self._hashes
        return found


NOBODY = Suppression(b"", frozenset())


def decided_under(canonical: str) -> str:
    """What stands in for the address that decisions are kept under, when it is not the one that was erased.

    It is hashed along, so that a decision can be told from a hash alone; as an address it is nobody's.
    """
    return f"\0{canonical}"


def suppression(state: State) -> Suppression:
    """The suppression as the state store has it now."""
    with state.engine.connect() as connection:
        hashes = frozenset(connection.execute(sa.select(suppressed_addresses.c.address_hmac)).scalars())
        return Suppression(_key(connection) or b"", hashes) if hashes else NOBODY


def suppress(state: State, addresses: Iterable[str], now: datetime) -> int:
    """Note addresses as erased; returns how many were not so before."""
    with state.transaction() as connection:
        key = _key(connection)
        if key is None:
            secret = secrets.token_hex(32)
            connection.execute(suppression_keys.insert().values(key_id=KEY_ID, secret=secret, made_at=now))
            key = bytes.fromhex(secret)
        known = set(connection.execute(sa.select(suppressed_addresses.c.address_hmac)).scalars())
        new = {_hash(key, fold(address)) for address in addresses} - known
        if new:
            connection.execute(
                suppressed_addresses.insert(), [{"address_hmac": one, "erased_at": now} for one in sorted(new)]
            )
        return len(new)


def count_suppressed(state: State, route: str, platform: str, account: str, count: int) -> None:
    """Add to the count of what came again of erased people."""
    columns = suppressed_input.c
    mine = (columns.route == route, columns.platform == platform, columns.account == account)
    now = datetime.now(UTC)
    with state.transaction() as connection:
        grown = {"suppressed_count": columns.suppressed_count + count, "last_at": now}
        if count and connection.execute(suppressed_input.update().where(*mine).values(**grown)).rowcount == 0:
            row = {"route": route, "platform": platform, "account": account, "suppressed_count": count, "last_at": now}
            connection.execute(suppressed_input.insert().values(**row))


def _key(connection: sa.Connection) -> bytes | None:
    secret = connection.execute(sa.select(suppression_keys.c.secret)).scalar()
    return bytes.fromhex(secret) if secret else None


def _hash(key: bytes, address: str) -> str:
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()
