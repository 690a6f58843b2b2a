"""Names of people, by frequency."""

# ruff: noqa: SIM905 - a list of words is easier to read as text

import csv
import random
from collections.abc import Sequence
from itertools import accumulate

from calendly_pipeline.contacts.lists import LISTS

INVENTED_SHARE = 0.2
_HEADS = "Al Bar Cor Dal Ed Far Gal Har Is Jor Kal Lan Mor Nor Os Pel Quin Ros Sal Tor Ul Var Wel Yar Zan".split()
_MIDDLES = "a e i o u an en in on ar er or ast est ist ond and".split()
_TAILS = (
    "bach berg by dal den der dorf feld gard ham hart holm ini ison ko land ley man mann ova ovic qvist ski".split()
)


class Names:
    """A firm's own mix of names: the census's shares, each multiplied by a random factor."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        shares = _rows("name_shares")
        self._firsts = self._bent([row for row in shares if row["part"] == "first"])
        self._lasts = self._bent([row for row in shares if row["part"] == "last"])
        self._forms: dict[str, list[str]] = {}
        for row in _rows("nicknames"):
            self._forms.setdefault(row["name"], []).append(row["form"])

    def first(self) -> str:
        """A first name."""
        return self._drawn(self._firsts)

    def last(self) -> str:
        """A surname; some stand on no list."""
        if self.dice.random() < INVENTED_SHARE:
            return "".join(self.dice.choice(parts) for parts in (_HEADS, _MIDDLES, _TAILS)).capitalize()
        return self._drawn(self._lasts)

    def nickname(self, first: str) -> str | None:
        """A form of the first name, when there is one."""
        forms = self._forms.get(first.lower())
        return self.dice.choice(forms).capitalize() if forms else None

    def _bent(self, rows: Sequence[dict[str, str]]) -> tuple[list[str], list[float]]:
        weights = accumulate(float(row["share"]) * self.dice.lognormvariate(0, 0.8) for row in rows)
        return [row["name"].capitalize() for row in rows], list(weights)

    def _drawn(self, names: tuple[list[str], list[float]]) -> str:
        return self.dice.choices(names[0], cum_weights=names[1])[0]


def _rows(name: str) -> list[dict[str, str]]:
    with LISTS[name].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
