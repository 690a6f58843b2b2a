"""What the rows of a maintained stage's models depend on, as their headers say it.

    changes with: identity_id
    through: contacts.names: said = contacts.attendee_details: name

The first: rows of one `identity_id` depend on the rows of the same `identity_id` in those inputs that have the column,
and on all of every other input. The second: of `contacts.names` they depend on the rows whose `said` is the `name` of a
row of `contacts.attendee_details` that they depend on; `contacts.attendee_details` is an input too, or an input of
`contacts.names`. Without a table on the right it names the key: of this input the key is the expression on the left. A
model without a key has `through` lines only; whatever it reads otherwise, and whatever a line leads to, concerns all of
it. `compared: ...` says that rows which were asked for and stayed as they were do not count as changed: worth its while
where one row concerns many.

What belongs here: reading headers, and the query of the keys that changes concern. What does not: building a model.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calendly_pipeline.sql_files import SqlFile

Columns = Callable[[str], Collection[str]]
"""From a table to its columns."""
_LINK = re.compile(r"through: ([a-z_]+\.[a-z_]+): (.+?) = (?:([a-z_]+\.[a-z_]+): )?(.+)")
_COMMENT = re.compile(r"--[^\n]*")
_ALL = re.compile(r"(?:\bselect|\bdistinct|,)\s+\*")


@dataclass(frozen=True)
class Link:
    """Rows of `table` concern the rows of `other` (none: the key itself) where the two expressions are equal."""

    table: str
    finder: str
    other: str | None
    other_finder: str


class Dependence:
    """What one model depends on."""

    def __init__(self, model: "SqlFile", columns: Columns) -> None:
        self.model = model
        self.columns = columns
        self.key = model.keys.get("changes with")

    @cached_property
    def links(self) -> list[Link]:
        """The header's `through` lines."""
        found = [_LINK.fullmatch(line) for line in self.model.header]
        return [Link(line[1], line[2], line[3], line[4]) for line in found if line]

    def key_finder(self, table: str) -> str | None:
        """The expression that is the model's key in rows of a table; None where none is."""
        if not self.key:
            return None
        named = [link.finder for link in self.links if link.table == table and link.other is None]
        return named[0] if named else self.key if self.key in self.columns(table) else None

    def finders(self, table: str) -> list[str]:
        """Expressions by which what depends on a row of an input is found; none: the whole model does."""
        named = {link.finder for link in self.links if link.table == table}
        own = self.key_finder(table)
        return sorted(named | {own} if own else named)

    @property
    def keyed_inputs(self) -> dict[str, str]:
        """Input -> the key in its rows, of those of which a key needs only its own rows."""
        found = {table: self.key_finder(table) for table in self.model.reads}
        return {table: finder for table, finder in found.items() if finder}

    def concerned(self, changed: Mapping[str, Callable[[str], str]]) -> tuple[list[str], dict[str, list[str]]]:
        """What changes concern, given input -> from a finder to the query of its changed values.

        Queries of keys; and, by the table in which they look, queries of what concerns the whole model if there is any.
        """
        keys: list[str] = []
        everything: dict[str, list[str]] = {}
        reached: dict[tuple[str, str], list[str]] = {}
        for table, values in changed.items():
            own = self.key_finder(table)
            keys += [values(own)] if own else []
            for link in self._onwards(table):
                reached.setdefault((str(link.other), link.other_finder), []).append(values(link.finder))
        while reached:
            # What leads on comes first: a table is read once, for all that leads to it.
            table, finder = min(reached, key=lambda place: self.key_finder(place[0]) is not None)
            values = _gathered(reached.pop((table, finder)))
            own, onwards = self.key_finder(table), self._onwards(table)
            if own:
                keys.append(_picked(table, own, finder, values))
            elif not onwards:
                everything.setdefault(table, []).append(_picked(table, "1", finder, values))
            for link in onwards if not own else ():
                query = _picked(table, link.finder, finder, values)
                reached.setdefault((str(link.other), link.other_finder), []).append(query)
        return keys, everything

    def _onwards(self, table: str) -> list[Link]:
        return [link for link in self.links if link.table == table and link.other]


def columns_read(models: Sequence["SqlFile"], table: str, columns: Collection[str]) -> list[str]:
    """Columns of a table that any model's text names, or all where one selects `*`: at least those it reads."""
    texts = [_COMMENT.sub("", model.text) for model in models if table in model.reads]
    if any(_selects_all(text, table) for text in texts):
        return list(columns)
    words = set(re.findall(r"\w+", " ".join(texts)))
    return [column for column in columns if column in words]


def _selects_all(text: str, table: str) -> bool:
    aliases = [table.split(".")[1], *re.findall(rf"{re.escape(table)} as (\w+)", text)]
    return bool(_ALL.search(text)) or any(re.search(rf"\b{alias}\.\*", text) for alias in aliases)


def _gathered(queries: Sequence[str]) -> str:
    """All values of queries, in a form that DuckDB takes for few, so that it never hashes the large table instead."""
    values = " union all ".join(queries)
    return f"select unnest(found) from (select list(distinct value) as found from ({values}) as values_of(value))"


def _picked(table: str, wanted: str, finder: str, values: str) -> str:
    return f"select wanted from (select {wanted} as wanted, {finder} as finder from {table}) where finder in ({values})"
