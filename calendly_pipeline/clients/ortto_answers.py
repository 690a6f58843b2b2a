"""Which answer belongs to which record: Ortto's answers carry a person's id at best, and their order is unproven."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

ACCEPTED = frozenset(("created", "merged", "updated", "queued", "ingested"))
UNCLEAR = "unclear"


@dataclass(frozen=True)
class Result:
    """What became of one record."""

    status: str
    """The vendor's word; `unclear` when no answer can be told to be this record's."""
    error: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether the vendor took it."""
        return self.status in ACCEPTED and not self.error

    @property
    def is_unclear(self) -> bool:
        """Whether it has to be sent alone, or read, to know."""
        return self.status == UNCLEAR


def matched(keys: Sequence[str], results: Sequence[Result], keys_of: Sequence[str | None]) -> list[Result]:
    """A result per record sent, in the order of `keys`; `keys_of` says whose each result is where that is known.

    Never by position alone: equal results need no telling apart, known ones go by key, and what is left over by
    position only where every known one stands where its record stood.
    """
    if len(results) == len(keys) and len(set(results)) == 1:
        return list(results)
    known = [(at, key) for at, key in enumerate(keys_of) if key is not None]
    if len(results) == len(keys) and known and all(keys[at] == key for at, key in known):
        return list(results)
    return _by_key(keys, results, keys_of)


def _by_key(keys: Sequence[str], results: Sequence[Result], keys_of: Sequence[str | None]) -> list[Result]:
    sent: dict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        sent[key].append(at)
    told: dict[str | None, list[Result]] = defaultdict(list)
    for result, key in zip(results, keys_of, strict=True):
        told[key if key in sent else None].append(result)
    found: dict[int, Result] = {}
    for key, places in sent.items():
        if len(told[key]) == len(places) and len(set(told[key])) == 1:
            found |= dict.fromkeys(places, told[key][0])
    left = [at for at in range(len(keys)) if at not in found]
    rest = told[None]
    if len(rest) == len(left) and len(set(rest)) == 1:
        found |= dict.fromkeys(left, rest[0])
    return [found.get(at, Result(UNCLEAR, "no answer can be told to be this record's")) for at in range(len(keys))]
