"""The rows of concerned keys, in memory: tables of a catalog `by_<key>` that stand for those of the warehouse.

They stay from model to model of a run, and what a model made of them is the next one's input: the warehouse's large
tables are read once.

What belongs here: holding rows. What does not: which keys are concerned, and what is made of them (maintained.py).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from calendly_pipeline.table_versions import Register, filtered, quoted
from calendly_pipeline.warehouse import STAGES


@dataclass(frozen=True)
class Copy:
    """Rows of a table: of which version, with which columns, of how many of the keys."""

    number: int
    columns: Collection[str]
    keys: int


class ConcernedRows:
    """Of one kind of key; the first keys are those in temp.concerned_keys."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, register: Register, key: str) -> None:
        self.connection = connection
        self.catalog = f"by_{key}"
        self.count = 0
        self._register = register
        self._copies: dict[str, Copy] = {}
        connection.execute(f"attach ':memory:' as {self.catalog}")
        for stage in STAGES:
            connection.execute(f"create schema {self.catalog}.{stage}")
        no_keys = "select 0 as place, key from temp.concerned_keys limit 0"
        connection.execute(f"create table {self.catalog}.main.keys as {no_keys}")

    @property
    def keys(self) -> str:
        """Query of the keys."""
        return f"select key from {self.catalog}.main.keys where {filtered('key')}"

    def add_keys(self) -> None:
        """Have the keys in temp.concerned_keys among these."""
        added = self.connection.execute(
            f"insert into {self.catalog}.main.keys select {self.count}, key "
            f"from temp.concerned_keys anti join {self.catalog}.main.keys using (key)"
        )
        self.count += added.fetchall()[0][0]

    def hold(self, table: str, finder: str, columns: Collection[str]) -> None:
        """Have a table's rows of all the keys, as they are now; `finder` is the key in a row."""
        number, copy = self._register[table].number, self._copies.get(table)
        if not copy or copy.number != number:
            is_wanted = f"{finder} in ({self.keys})"
            self._copy(f"create or replace table {self.catalog}.{table} as", table, columns, is_wanted)
        elif copy.keys < self.count:
            # Keys that are added are few: by row id, only the blocks that have them are read.
            added = f"select rowid from {table} where {finder} in ({self.keys} and place >= {copy.keys})"
            self._copy(f"insert into {self.catalog}.{table} by name", table, copy.columns, f"rowid in ({added})")

    def _copy(self, into: str, table: str, columns: Collection[str], is_wanted: str) -> None:
        self.connection.execute(f"{into} select {', '.join(quoted(columns))} from {table} where {is_wanted}")
        self.hold_made(table, columns)

    def hold_made(self, table: str, columns: Collection[str]) -> None:
        """The catalog's table is what the warehouse's table now has of the keys."""
        self._copies[table] = Copy(self._register[table].number, columns, self.count)

    def drop(self, table: str) -> None:
        """What is held of a table is no longer what the warehouse has."""
        self._copies.pop(table, None)

    @contextmanager
    def searched_first(self, warehouse: str) -> Iterator[None]:
        """The catalog's tables stand for those of the warehouse that have their names."""
        path = ",".join(f"{one}.{stage}" for one in (self.catalog, warehouse) for stage in STAGES)
        self.connection.execute(f"set search_path = '{path}'")
        try:
            yield
        finally:
            self.connection.execute(f"use {warehouse}")
