"""The register of a maintained stage: versions of tables, and what changed from one version to the next.

A table's version is raised when its content changes. Kept of a change are the values by which readers find what depends
on the row, of rows that came and of rows that went; a changed row is both. A reader's expression over the row for it,
such as `identity_id`, is a finder.

What belongs here: the tables of maintained.sql. What does not: what depends on what (dependence.py), and building.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import duckdb

from calendly_pipeline.warehouse import row_count

MOST_CHANGED = 0.2
"""Share of a table beyond which its changes are not kept one by one: its readers are built as a whole."""
FEW_ROWS = 20_000
"""So many changes are always kept; and so few rows are sooner built as a whole than asked for their changed keys."""


@dataclass(frozen=True)
class Version:
    """State of a table."""

    number: int = 0
    known_since: int = 0
    """Changes of later numbers are known one by one."""
    basis: str = ""
    """What the rows depend on beside inputs; of a table that others write: what was looked at, or a hash of all."""
    inputs: Mapping[str, int] = field(default_factory=dict)
    """Input -> its number when the table was last built."""

    def changed(self, *, are_known: bool) -> "Version":
        """The version after a change."""
        number = self.number + 1
        return replace(self, number=number, known_since=self.known_since if are_known else number)


class Register:
    """The versions in a warehouse. Writes belong into `transaction`, together with the table they are about."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._read()

    def _read(self) -> None:
        rows = self.connection.execute("select * from main.table_versions").fetchall()
        self._versions = {
            name: Version(number, known_since, basis, json.loads(inputs))
            for name, number, known_since, basis, inputs in rows
        }
        columns = self.connection.execute(
            "select schema_name || '.' || table_name, map(list(column_name order by column_index), "
            "list(data_type order by column_index)) from duckdb_columns() "
            "where database_name = current_database() and not internal group by schema_name, table_name"
        )
        self._columns: dict[str, dict[str, str]] = dict(columns.fetchall())
        self._rows: dict[str, tuple[int, int]] = {}
        self._unwritten: set[str] = set()

    def __getitem__(self, table: str) -> Version:
        """A table's version; number 0 when it has none."""
        return self._versions.get(table, Version())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.connection.execute("begin")
        try:
            yield
            self._write()
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            self._read()
            raise

    def keep(self, table: str, version: Version) -> None:
        """Have a table's version; it is written when the transaction ends, outside of one with the next.

        Outside of one is for tables that were found up to date: what is lost is found again.
        """
        self._versions[table] = version
        self._unwritten.add(table)

    def _write(self) -> None:
        kept = [(name, self[name]) for name in sorted(self._unwritten)]
        rows = [(name, one.number, one.known_since, one.basis, json.dumps(one.inputs)) for name, one in kept]
        if rows:
            places = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
            values = [value for row in rows for value in row]
            self.connection.execute(f"insert or replace into main.table_versions values {places}", values)
            self._unwritten.clear()

    def keep_changes(self, table: str, version: Version, finders: Sequence[str], count: int) -> None:
        """Raise a version for so many changes: temp.changed_rows holds their finders."""
        is_little = count <= FEW_ROWS or count <= MOST_CHANGED * row_count(self.connection, table)
        if is_little and [*self._columns.get(f"changes.{table}", ())] == ["version", *finders]:
            after = version.changed(are_known=True)
            read = [one.inputs[table] for one in self._versions.values() if table in one.inputs]
            self.connection.execute(
                f'delete from changes."{table}" where version <= {min(read, default=version.number)}'
            )
            self.connection.execute(
                f'insert into changes."{table}" '
                f"select distinct {', '.join([str(after.number), *quoted(finders)])} from temp.changed_rows"
            )
            self.keep(table, after)
        else:
            self.begin_changes(table, version, finders)

    def begin_changes(self, table: str, version: Version, finders: Sequence[str]) -> None:
        """Raise a version for changes that are not known one by one."""
        found = "".join(f', {finder} as "{finder}"' for finder in finders)
        self.connection.execute(
            f'create or replace table changes."{table}" as select 0::bigint as version{found} from {table} limit 0'
        )
        self._columns[f"changes.{table}"] = dict.fromkeys(["version", *finders], "")  # as the table has them
        self.keep(table, version.changed(are_known=False))

    def columns(self, table: str) -> dict[str, str]:
        """Columns of a table in order, with their types."""
        if table not in self._columns:
            found = self.connection.execute(f"describe {table}").fetchall()
            self._columns[table] = {column[0]: column[1] for column in found}
        return self._columns[table]

    def rows(self, table: str) -> int:
        """Rows of a table that has a version."""
        number = self[table].number
        if self._rows.get(table, (None,))[0] != number:
            self._rows[table] = (number, row_count(self.connection, table))
        return self._rows[table][1]

    def forget_columns(self, table: str) -> None:
        """The table was made anew."""
        self._columns.pop(table, None)


def changed_since(table: str, finder: str, number: int) -> str:
    """Query of the finder's values in rows that changed after a number."""
    name = f'"{finder}"'
    return f'select distinct {name} from changes."{table}" where version > {number} and {filtered(name)}'


def filtered(value: str) -> str:
    """A condition that always holds, for the query of values that a large table's rows are looked up by.

    DuckDB 1.5 makes a Bloom filter for the scan of a join's large side only where the small side has a filter.
    """
    return f"hash({value}) is not null"


def quoted(names: Collection[str]) -> list[str]:
    """Names as DuckDB takes them whatever their letters."""
    return [f'"{name}"' for name in names]


def hashed_rows(table: str, columns: Collection[str], finders: Sequence[str]) -> str:
    """Query of every row's hash over columns, and its finders under their own names."""
    found = "".join(f', {finder} as "{finder}"' for finder in finders)
    return f"select hash(row({', '.join(quoted(columns))})) as row_hash{found} from {table}"


def compare(connection: duckdb.DuckDBPyConnection, former: str, fresh: str, finders: Sequence[str]) -> int:
    """Fill temp.changed_rows with the rows in which two queries of `hashed_rows` differ; return their count."""
    found = "".join(f", coalesce(former.{name}, fresh.{name}) as {name}" for name in quoted(["row_hash", *finders]))
    made = connection.execute(
        f"create or replace temp table changed_rows as select fresh.row_hash is not null as is_fresh{found} "
        f"from ({former}) as former full join ({fresh}) as fresh on former.row_hash = fresh.row_hash "
        "where former.row_hash is null or fresh.row_hash is null"
    )
    return made.fetchall()[0][0]
