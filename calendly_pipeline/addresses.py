"""Addresses inside text: where a person who is to be forgotten is named, however the text writes the address.

What belongs here: finding and taking out. What does not: who is to be forgotten (`suppression`, `recovery.erasure`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

Holds = Callable[[str], bool]
"""Whether a folded address is one of those to be forgotten."""

ERASED = "[erased]"
PLACEHOLDER = "erased@erased.invalid"
"""Stands where a row that others need must have an address; RFC 2606 keeps `.invalid` for nobody."""
LONGEST = 254
"""Characters of an address (RFC 5321)."""
SHORTEST_NAME = 5
_AT = re.compile(r"@|%40")
_BEFORE = re.compile(r"[^\s@<>()\[\]{}\",;|\\]+")
_BEHIND = re.compile(r"[^\s@<>()\[\]{}\"',;:|\\/=?&%*!]+")
_OPENS = re.compile(r"['=/?&:*!]")
"""May stand before an address as well as in it."""


def fold(address: str) -> str:
    """An address as compared: blanks, case and a last dot do not matter."""
    return "".join(address.split()).casefold().rstrip(".")


def among(addresses: Iterable[str]) -> Holds:
    """The test for addresses that are known in clear."""
    folded = frozenset(map(fold, addresses))
    return lambda address: address in folded


def spans(text: str, holds: Holds) -> Iterator[tuple[int, int]]:
    """Where in a text the addresses stand, in order; percent-encoded ones too."""
    for at in _AT.finditer(text):
        before = _BEFORE.match(text[max(0, at.start() - LONGEST) : at.start()][::-1])
        behind = _BEHIND.match(text, at.end(), at.end() + LONGEST)
        if not before or not behind:
            continue
        local, domain = before[0][::-1], behind[0]
        for start in (0, *(found.end() for found in _OPENS.finditer(local))):
            if holds(fold(f"{unquote(local[start:])}@{domain}")):
                yield at.start() - len(local) + start, behind.end()
                break


def mentions(text: str, holds: Holds) -> bool:
    """Whether a text names one of the addresses."""
    return next(spans(text, holds), None) is not None


def without(text: str, holds: Holds, put: str = ERASED) -> str:
    """The text with each of the addresses replaced."""
    parts, end = [], 0
    for start, stop in spans(text, holds):
        parts += [text[end:start], put]
        end = stop
    return "".join([*parts, text[end:]])


def without_names(text: str, names: Iterable[str]) -> str:
    """The text without somebody's names; a name too short to be told from a word stays."""
    for name in names:
        if len(name) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", ERASED, text, flags=re.IGNORECASE)
    return text
