"""Pages with opaque keyset tokens: a page goes on after the last record shown, whatever moved meanwhile."""

import base64
import hashlib
import hmac
import itertools
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from calendly_pipeline_tests.fakes.calendly.refusals import invalid

Key = tuple[Any, str]  # (what the listing is sorted by, id)


class Listing(NamedTuple):
    """Sorted keys, and the record of an id, or null where a filter leaves it out."""

    keys: Sequence[Key]
    record: Callable[[str], dict[str, Any] | None]
    descending: bool = False
    low: int = 0
    high: int | None = None


class Asked(NamedTuple):
    """What the request said about its page."""

    route: str
    url: str
    query: dict[str, str]


@dataclass
class Pager:
    """Cuts listings into pages; misbehaves on demand."""

    empty_every: int = 0  # each so many pages, one comes without records but with a token that goes on
    stuck: bool = False  # the token never advances
    secret: bytes = b"fake"
    _answered: int = field(default=0)

    def page(self, asked: Asked, listing: Listing) -> dict[str, Any]:
        """The body of a list answer."""
        count = _count(asked.query)
        token = asked.query.get("page_token")
        forward, key = self._read(asked, listing, token) if token else (True, None)
        self._answered += 1
        if self.empty_every and self._answered % self.empty_every == 0:
            again = self._token(asked, listing, forward, key)
            return _body(asked, [], again, None)
        found = list(itertools.islice(_walk(listing, forward, key), count + 1))
        more, shown = len(found) > count, found[:count]
        if not forward:
            shown.reverse()
        after = more if forward else bool(shown)
        before = bool(token) and bool(shown) and (_any(listing, not forward, shown[0][0]) if forward else more)
        next_token = self._token(asked, listing, True, shown[-1][0]) if after else None
        if self.stuck and after and token:
            next_token = token
        previous = self._token(asked, listing, False, shown[0][0]) if before else None
        return _body(asked, [record for _, record in shown], next_token, previous)

    def _token(self, asked: Asked, listing: Listing, forward: bool, key: Key | None) -> str:
        said = json.dumps([asked.route, listing.descending, forward, key, self._answered]).encode()
        return base64.urlsafe_b64encode(self._signature(said) + said).decode().rstrip("=")

    def _read(self, asked: Asked, listing: Listing, token: str) -> tuple[bool, Key | None]:
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise invalid("page_token", "is invalid") from None
        signature, said = raw[:8], raw[8:]
        if not hmac.compare_digest(signature, self._signature(said)):
            raise invalid("page_token", "is invalid")
        route, descending, forward, key, _ = json.loads(said)
        if (route, descending) != (asked.route, listing.descending):
            raise invalid("page_token", "is invalid")
        return forward, (key[0], key[1]) if key else None

    def _signature(self, said: bytes) -> bytes:
        return hmac.digest(self.secret, said, hashlib.sha256)[:8]


def _walk(listing: Listing, forward: bool, key: Key | None) -> Iterator[tuple[Key, dict[str, Any]]]:
    keys = listing.keys
    high = len(keys) if listing.high is None else listing.high
    if forward != listing.descending:
        first = listing.low if key is None else max(listing.low, bisect_right(keys, key))
        places = range(first, high)
    else:
        last = high if key is None else min(high, bisect_left(keys, key))
        places = range(last - 1, listing.low - 1, -1)
    for place in places:
        record = listing.record(keys[place][1])
        if record is not None:
            yield keys[place], record


def _any(listing: Listing, forward: bool, key: Key) -> bool:
    return next(_walk(listing, forward, key), None) is not None


def _count(query: dict[str, str]) -> int:
    text = query.get("count", "20")
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise invalid("count", "must be between 1 and 100")
    return int(text)


def _body(asked: Asked, records: list[Any], next_token: str | None, previous: str | None) -> dict[str, Any]:
    return {
        "collection": records,
        "pagination": {
            "count": len(records),
            "next_page": _link(asked, next_token),
            "previous_page": _link(asked, previous),
            "next_page_token": next_token,
            "previous_page_token": previous,
        },
    }


def _link(asked: Asked, token: str | None) -> str | None:
    if token is None:
        return None
    return f"{asked.url}?{urlencode({**asked.query, 'page_token': token})}"
