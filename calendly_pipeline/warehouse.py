"""Open the DuckDB warehouse safely: one short connection at a time, always closed, with a bounded wait.

What belongs here: opening, SQL macros, table swaps, content hashes. What does not: any table's meaning.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from calendly_pipeline.disk import disk_error, writing
from calendly_pipeline.failures import GrainViolated, StoreError, WarehouseBusy, WarehouseDamaged

MEMORY_LIMIT = "2GB"
"""DuckDB spills to disk beyond it: a million bookings run on a laptop, a little slower than with more memory."""

SLOW_COMPRESSION = "fsst,dict_fsst,zstd"
"""Of texts: a tenth of the contacts stage went into trying them out. Without them a warehouse is twice as large."""

SLOW_OPTIMIZER = "common_subplan"
"""Of DuckDB 1.5: looks for like parts of a query; a tenth of a small refresh's time, and no gain in a large one."""

LONGEST_WAIT_SECONDS = 0.2
"""Between two looks at a file that another process holds: a run lets go of it for longer when somebody waits."""

STAGES = ("sources", "meetings", "contacts", "classification", "metrics", "destinations")
MACROS = Path(__file__).with_name("macros.sql")
MAINTAINED = Path(__file__).with_name("maintained.sql")
Row = dict[str, Any]
DAMAGED = ("not a valid duckdb database", "could not read enough bytes", "corrupt", "checksum", "version number")
"""What DuckDB 1.5 says of a file that is no whole database of its own version."""
REBUILD = "Run `calendly-pipeline rebuild`: everything in it is built again from landing and the state store."
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")


@contextmanager
def open_warehouse(
    path: Path, *, read_only: bool = False, wait_seconds: float = 60
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection in UTC with the project's macros loaded; wait while another process holds the file.

    Raises WarehouseBusy, naming the holder, when the file is still held after `wait_seconds`; WarehouseDamaged when
    it cannot be read, or only reading is wanted and it is of another version; DiskFull or DiskReadOnly.
    """
    if read_only and not path.exists():
        raise StoreError(f"There is no warehouse at {path.name} yet.", "Run `calendly-pipeline run` first.")
    with own_errors(path):
        connection = opened(path, read_only, wait_seconds)
        try:
            yield connection
        finally:
            connection.close()


def opened(path: Path, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    """A prepared connection that the caller closes; raises as `open_warehouse` does, within `own_errors`."""
    with writing("the warehouse"):
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, read_only, wait_seconds)
    try:
        if not _is_current(connection, read_only):
            if read_only:
                raise WarehouseDamaged("The warehouse was made by another version of the pipeline.", REBUILD)
            connection.close()
            path.unlink()
            connection = _connect(path, read_only, wait_seconds)
            _create(connection)
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def wanted_mark(path: Path) -> Path:
    """The empty file that stands beside a warehouse while another process waits for it."""
    return path.with_name(f"{path.name}.wanted")


def delete_warehouse(path: Path, wait_seconds: float = 600) -> None:
    """Delete the file with its log, once no run writes it; raises WarehouseBusy when one still does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=wait_seconds), writing("the warehouse"):
            for file in (path, path.with_name(path.name + ".wal")):
                file.unlink(missing_ok=True)
    except Timeout as error:
        raise WarehouseBusy(f"A run has been writing the warehouse for {wait_seconds:.0f} s.", "Try later.") from error


@contextmanager
def own_errors(path: Path) -> Iterator[None]:
    """DuckDB's words about its file and its disk, as errors of ours; what it says of a query or another file passes."""
    try:
        yield
    except duckdb.Error as error:
        is_about_it = path.name in str(error)
        found = (disk_error("the warehouse", error) if is_about_it else None) or _damage(error)
        if found is None:
            raise
        raise found from error


def _damage(error: duckdb.Error) -> StoreError | None:
    said = str(error).lower()
    is_of_the_file = isinstance(error, duckdb.IOException) and any(words in said for words in DAMAGED)
    if is_of_the_file or isinstance(error, (duckdb.FatalException, duckdb.SerializationException)):
        return WarehouseDamaged("The warehouse file is damaged and cannot be read.", REBUILD)
    return None


def schema_version() -> str:
    """Changes exactly when a table that Python loads changes shape; another version is rebuilt from landing."""
    texts = [path.read_bytes() for path in _table_files()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


def _table_files() -> list[Path]:
    files = [MAINTAINED, *(MACROS.parent / stage / "tables.sql" for stage in STAGES)]
    return [path for path in files if path.exists()]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Set the session's zone and memory limit, and load the macros that models share."""
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    connection.execute(f"set disabled_compression_methods = '{SLOW_COMPRESSION}'")
    connection.execute(f"set disabled_optimizers = '{SLOW_OPTIMIZER}'")
    connection.execute(MACROS.read_text(encoding="utf-8"))


def create_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema of every stage and the tables that Python loads."""
    for stage in STAGES:
        connection.execute(f'create schema if not exists "{stage}"')
    for path in _table_files():
        connection.execute(path.read_text(encoding="utf-8"))


def parameters_of(sql: str) -> set[str]:
    """Names of the `$parameters` a statement uses."""
    return set(_PARAMETER.findall(_without_comments(sql)))


def run_query(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]
) -> duckdb.DuckDBPyConnection:
    """Execute a statement with exactly the parameters it names; raises KeyError for an unknown one."""
    return connection.execute(sql, {name: parameters[name] for name in sorted(parameters_of(sql))})


def replace_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    query: str,
    parameters: Mapping[str, Any],
    grain: Sequence[str] = (),
) -> int:
    """Make `stage.table` hold the query's rows, all or nothing; return the row count.

    Raises GrainViolated, and leaves the last good table, when the grain's columns are null or not unique.
    """
    connection.execute("begin")
    try:
        run_query(connection, f"create or replace table {table} as\n{query}", parameters)
        if grain:
            require_grain(connection, table, grain)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return row_count(connection, table)


def replace_rows(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[Row]]) -> None:
    """Make tables hold exactly these rows, all tables or none; the rows of a table have the same keys."""
    connection.execute("begin")
    try:
        for table, rows in tables.items():
            connection.execute(f"delete from {table}")  # noqa: S608 - names of our own tables
            insert_rows(connection, table, rows)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Append rows to a table by column name, in one batch."""
    if rows:
        import pyarrow as pa  # with numpy, a tenth of a second that loading the definitions need not take

        connection.register("new_rows", pa.Table.from_pylist(list(rows)))
        connection.execute(f"insert into {table} by name select * from new_rows")  # noqa: S608 - our own table
        connection.unregister("new_rows")


def row_count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows in `stage.table`."""
    return _scalar(connection.execute(f"select count(*) from {table}"))  # noqa: S608 - names come from our own files


def table_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every `stage.table` there is, views too, sorted."""
    rows = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = current_database() and list_contains($1, table_schema) order by 1",
        [list(STAGES)],
    ).fetchall()
    return [name for (name,) in rows]


def content_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Hash of all rows and columns but `as_of`, whatever the row order; equal tables give equal hashes."""
    columns = column_names(connection, table)
    listed = ", ".join(f'"{name}"' for name in columns if name != "as_of")
    query = f"select count(*), coalesce(sum(hash(row({listed}))::hugeint), 0) from {table}"  # noqa: S608 - own names
    count, total = connection.execute(query).fetchall()[0]
    return f"{count}-{total:x}"


def column_names(connection: duckdb.DuckDBPyConnection, table: str) -> Sequence[str]:
    """Column names of `stage.table` in order."""
    schema, _, name = table.partition(".")
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = $1 and table_name = $2 order by column_index",
        [schema, name],
    ).fetchall()
    return [column for (column,) in rows]


def require_grain(
    connection: duckdb.DuckDBPyConnection, table: str, grain: Sequence[str], rows: str | None = None
) -> None:
    """Raise GrainViolated when the grain's columns are null or not unique, in the table or in these rows of it."""
    columns = ", ".join(grain)
    missing = " or ".join(f"{column} is null" for column in grain)
    bad = connection.execute(
        f"select {columns} from {rows or table} group by all having count(*) > 1 or {missing} limit 3"  # noqa: S608 - own names
    ).fetchall()
    if bad:
        shown = "; ".join(", ".join(map(str, row)) for row in bad)
        raise GrainViolated(
            f"{table}: ({columns}) is missing or repeated, for example {shown}.", "The last good table stays."
        )


def _scalar(result: duckdb.DuckDBPyConnection) -> Any:
    return result.fetchall()[0][0]


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def _connect(path: Path, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        if not _is_lock_error(error):
            raise
    return _connect_in_turn(path, read_only, wait_seconds)


def _connect_in_turn(path: Path, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    """Another process holds the file: say that it is wanted, and wait."""
    import stamina

    mark = wanted_mark(path)
    try:
        for attempt in stamina.retry_context(
            on=_is_lock_error, attempts=None, timeout=wait_seconds, wait_initial=0.02, wait_max=LONGEST_WAIT_SECONDS
        ):
            with attempt:
                with suppress(OSError):  # a courtesy: on a read-only disk the wait goes without
                    mark.touch()
                return duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        if not _is_lock_error(error):
            raise
        holder = re.search(r"PID (\d+)", str(error))
        named = f"process {holder[1]}" if holder else "another process"
        raise WarehouseBusy(
            f"The warehouse is held by {named} and stayed so for {wait_seconds:.0f} s.",
            "Wait for that run to finish, or close the program that opened the file.",
        ) from error
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)
    raise AssertionError("retry_context neither returned nor raised")


def _is_lock_error(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, duckdb.IOException) and ("set lock" in said or "used by another process" in said)


def _is_current(connection: duckdb.DuckDBPyConnection, read_only: bool) -> bool:
    tables = connection.execute("select count(*) from duckdb_tables() where table_name = 'warehouse_version'")
    if _scalar(tables) == 0:
        if _scalar(connection.execute("select count(*) from duckdb_tables()")) > 0:
            return False
        if not read_only:
            _create(connection)
        return True
    return _scalar(connection.execute("select version::varchar from main.warehouse_version")) == schema_version()


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    create_schemas(connection)
    connection.execute("create table if not exists main.warehouse_version as select $1 as version", [schema_version()])
