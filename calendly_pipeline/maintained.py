"""A stage whose tables are kept up to date: a model is built again only for the keys whose inputs changed.

A model compares what it was last built from with what is there now (table_versions.py), so the result is right
whatever ran before, was killed half-way or was built alone. For concerned keys the model's own query runs in a search
path where its keyed inputs are their rows of these keys, held in memory; then the rows of these keys are replaced. It
is built as a whole where it is small or more than a fifth of the keys are concerned, where an input changed that
concerns all rows (dependence.py) or whose changes are not known, and where the model, a macro, a setting or this engine
changed.

What belongs here: building, and looking at what others write. What does not: any table's meaning.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from calendly_pipeline import concerned_rows, dependence, table_versions
from calendly_pipeline.concerned_rows import ConcernedRows
from calendly_pipeline.dependence import Dependence, columns_read
from calendly_pipeline.table_versions import (
    FEW_ROWS,
    MOST_CHANGED,
    Register,
    Version,
    changed_since,
    compare,
    filtered,
    hashed_rows,
    quoted,
)
from calendly_pipeline.warehouse import MACROS, parameters_of, require_grain, row_count, run_query

if TYPE_CHECKING:
    from calendly_pipeline.sql_files import SqlFile

Parameters = Mapping[str, Any]
_MODULES = (concerned_rows, dependence, table_versions)
ENGINE = b"".join(Path(path).read_bytes() for path in (__file__, MACROS, *(str(one.__file__) for one in _MODULES)))


@dataclass(frozen=True)
class Built:
    """What a build did: `whole`, `changed keys`, `view` or `unchanged`; for how many keys it asked, or why for all."""

    how: str
    keys: int | None = None
    because: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """As the UI shows it."""
        said = {"built": self.how, "built_keys": self.keys, "built_because": self.because}
        return {name: value for name, value in said.items() if value is not None}


class Maintenance:
    """Builds a stage's models in one connection, for one run: what others write is looked at once, when first read.

    `few_rows`: where the inputs have fewer rows, a model is built as a whole.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, models: Sequence["SqlFile"], few_rows: int = FEW_ROWS
    ) -> None:
        self.connection = connection
        self.models = {model.table: model for model in models}
        self.few_rows = few_rows
        self.register = Register(connection)
        self._warehouse = self._value("select current_database()")
        self._looked: set[str] = set()
        self._concerned: dict[str, ConcernedRows] = {}

    def build(self, table: str, parameters: Parameters) -> Built:
        """Bring a model's table up to date; raises GrainViolated and leaves the table and its record as they were."""
        model = self.models[table]
        inputs = {name: self._number(name) for name in model.reads}
        basis = _basis(model, parameters)
        version = self.register[table]
        after = replace(version, basis=basis, inputs=inputs)
        if after == version:
            return Built("unchanged")
        if model.is_view:
            return self._build_view(model, after)
        if version.basis != basis:
            because = "the model, a macro, a setting or the engine changed" if version.number else "it was never built"
            return self._build_whole(model, parameters, after, because)
        depends = Dependence(model, self.register.columns)
        concerned = self._find_concerned(depends, version, after)
        if isinstance(concerned, str):
            return self._build_whole(model, parameters, after, concerned)
        if concerned:
            return self._build_keys(depends, parameters, after)
        self.register.keep(table, after)
        return Built("unchanged")

    # What others write

    def _number(self, table: str) -> int:
        if table not in self.models and table not in self._looked:
            self._look(table)
            self._looked.add(table)
        return self.register[table].number

    def _look(self, table: str) -> None:
        """Compare a table that others write with what it was like last time."""
        self.register.forget_columns(table)
        types = self.register.columns(table)
        columns = columns_read(list(self.models.values()), table, types)
        finders = self._finders(table)
        version = self.register[table]
        if not finders:
            total = f"count(*) || '-' || coalesce(sum(hash(row({', '.join(quoted(columns))}))::hugeint), 0)"
            basis = self._value(f"select {total} from {table}")
            if basis != version.basis:
                with self.register.transaction():
                    self.register.keep(table, replace(version, basis=basis).changed(are_known=False))
            return
        basis = _digest(ENGINE, repr(([(column, types[column]) for column in columns], finders)).encode())
        rows, seen = hashed_rows(table, columns, finders), f'seen."{table}"'
        with self.register.transaction():
            if version.basis == basis:
                self._see_changes(table, rows, finders)
            if version.basis != basis or row_count(self.connection, table) != row_count(self.connection, seen):
                self.connection.execute(f"create or replace table {seen} as {rows}")
                self.register.begin_changes(table, replace(version, basis=basis), finders)

    def _see_changes(self, table: str, rows: str, finders: Sequence[str]) -> None:
        """Rows that repeat each other are not told apart: then there are more of them than were seen."""
        changes = compare(self.connection, f'select * from seen."{table}"', rows, finders)
        if changes:
            names = ", ".join(quoted(["row_hash", *finders]))
            gone = "select row_hash from temp.changed_rows where not is_fresh"
            self.connection.execute(f'delete from seen."{table}" where row_hash in ({gone})')
            self.connection.execute(f'insert into seen."{table}" select {names} from temp.changed_rows where is_fresh')
            self.register.keep_changes(table, self.register[table], finders, changes)

    def _finders(self, table: str) -> list[str]:
        """Expressions by which readers find what depends on a row of the table."""
        readers = [Dependence(model, self.register.columns) for model in self._readers(table)]
        return sorted({finder for reader in readers for finder in reader.finders(table)})

    def _readers(self, table: str) -> list["SqlFile"]:
        return [model for model in self.models.values() if table in model.reads]

    # What changed

    def _find_concerned(self, depends: Dependence, version: Version, after: Version) -> int | str:
        """Fill temp.concerned_keys and return their count, or why the whole model is concerned."""
        changed = {}
        for table, number in after.inputs.items():
            since = version.inputs.get(table, 0)
            if since == number:
                continue
            if not depends.finders(table):
                return f"{table} changed"
            if since < self.register[table].known_since:
                return f"most of {table} changed"
            changed[table] = partial(changed_since, table, number=since)
        keys, everything = depends.concerned(changed)
        for table, queries in everything.items():
            if self._value(f"select exists({' union all '.join(queries)})"):
                return f"what {table} looks up changed"
        found = " union all ".join(["select null where false", *keys])
        count = self._value(
            "create or replace temp table concerned_keys as "
            f"select distinct key from ({found}) as found(key) where key is not null"
        )
        rows = max((self.register.rows(table) for table in depends.keyed_inputs), default=0) if count else 0
        if count and rows < self.few_rows:
            return "it is small"
        return "more than a fifth of its keys are concerned" if count > MOST_CHANGED * rows else int(count)

    # Building

    def _build_view(self, model: "SqlFile", after: Version) -> Built:
        schema, name = model.table.split(".")
        with self.register.transaction():
            if self.register[model.table].basis != after.basis:
                same = f"database_name = current_database() and schema_name = '{schema}' and table_name = '{name}'"
                if self._value(f"select count(*) from duckdb_tables() where {same}"):  # made by `replace_table`
                    self.connection.execute(f"drop table {model.table}")
                self.connection.execute(f"create or replace view {model.table} as\n{model.text}")
            self.register.keep(model.table, after.changed(are_known=False))
        return Built("view")

    def _build_whole(self, model: "SqlFile", parameters: Parameters, after: Version, because: str) -> Built:
        table, former = model.table, f"{model.table}__former"
        is_compared = after.number > 0 and bool(self._readers(table))
        columns = self.register.columns(table) if is_compared else {}
        with self.register.transaction():
            if is_compared:
                self.connection.execute(f"alter table {table} rename to {former.split('.')[1]}")
            run_query(self.connection, f"create or replace table {table} as\n{model.text}", parameters)
            if model.grain:
                require_grain(self.connection, table, model.grain)
            self.register.forget_columns(table)
            finders = self._finders(table)
            if is_compared and columns == self.register.columns(table):
                rows = hashed_rows(former, columns, finders), hashed_rows(table, columns, finders)
                self._keep_changes(table, after, finders, compare(self.connection, *rows, finders))
            else:
                self.register.begin_changes(table, after, finders)
            if is_compared:
                self.connection.execute(f"drop table {former}")
        return Built("whole", because=because)

    def _build_keys(self, depends: Dependence, parameters: Parameters, after: Version) -> Built:
        model, table, key = depends.model, depends.model.table, str(depends.key)
        rows = self._concerned_rows(depends)
        fresh, of_keys = f"{rows.catalog}.{table}", f"where {key} in ({rows.keys})"
        rows.drop(table)
        with rows.searched_first(self._warehouse):
            query = f"create or replace table {fresh} as select * from (\n{model.text}\n) as fresh {of_keys}"
            run_query(self.connection, query, parameters)
        finders = self._finders(table)
        with self.register.transaction():
            changes = self._find_changes(depends, rows, finders)
            if changes is None or changes:
                gone = self._value(f"delete from {table} {of_keys}")
                come = self._value(f"insert into {table} by name select * from {fresh}")
                changes = gone + come
            if changes and model.grain:
                named = f"select {', '.join(model.grain)} from {fresh} where {filtered(model.grain[0])}"
                same = f"{table} semi join ({named}) using ({', '.join(model.grain)})"
                require_grain(self.connection, table, model.grain, fresh if key in model.grain else same)
            self._keep_changes(table, after, finders, changes)
        if self._readers(table):
            rows.hold_made(table, self.register.columns(table))
        return Built("changed keys", keys=rows.count)

    def _concerned_rows(self, depends: Dependence) -> ConcernedRows:
        """The inputs' rows of the concerned keys, and of those that were concerned before in this run."""
        key = str(depends.key)
        if key not in self._concerned:
            self._concerned[key] = ConcernedRows(self.connection, self.register, key)
        rows = self._concerned[key]
        rows.add_keys()
        readers = [model for model in self.models.values() if model.keys.get("changes with") == key]
        for table, finder in depends.keyed_inputs.items():
            rows.hold(table, finder, columns_read(readers, table, self.register.columns(table)))
        return rows

    def _find_changes(self, depends: Dependence, rows: ConcernedRows, finders: Sequence[str]) -> int | None:
        """Fill temp.changed_rows with what finds the rows that come or go; returns their count where it is known."""
        table, of_keys = depends.model.table, f"where {depends.key} in ({rows.keys})"
        fresh, columns = f"{rows.catalog}.{table}", self.register.columns(table)
        if "compared" in depends.model.keys:
            former = f"{hashed_rows(table, columns, finders)} {of_keys}"
            return compare(self.connection, former, hashed_rows(fresh, columns, finders), finders)
        if set(finders) <= {depends.key}:  # rows of no other key come or go
            query = f'select key as "{depends.key}" from ({rows.keys})'
        else:
            found = ", ".join(f'{finder} as "{finder}"' for finder in finders)
            query = f"select {found} from {table} {of_keys} union all select {found} from {fresh}"
        self.connection.execute(f"create or replace temp table changed_rows as {query}")
        return None

    def _keep_changes(self, table: str, after: Version, finders: Sequence[str], changes: int) -> None:
        if changes:
            self.register.keep_changes(table, after, finders, changes)
        else:
            self.register.keep(table, after)

    def _value(self, query: str) -> Any:
        return self.connection.execute(query).fetchall()[0][0]


def _basis(model: "SqlFile", parameters: Parameters) -> str:
    named = {name: parameters[name] for name in sorted(parameters_of(model.text))}
    return _digest(ENGINE, model.text.encode(), repr(named).encode())


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
