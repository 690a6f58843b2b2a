"""What is derived, or was said on the way: the warehouse goes, Dagster's history loses the address."""

import gzip
import sqlite3
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.addresses import Holds, mentions, without
from calendly_pipeline.disk import write_durably
from calendly_pipeline.home import Home
from calendly_pipeline.warehouse import delete_warehouse, open_warehouse, table_names

Count = Callable[[str, int], None]
SQLITE = b"SQLite format 3\x00"
DERIVED = (".duckdb", ".wal", ".lock")


def knows_whom(home: Home) -> bool:
    """Whether the tables are built that say whom an address means. Raises WarehouseDamaged or WarehouseBusy."""
    if not home.warehouse.exists():
        return False
    with open_warehouse(home.warehouse, read_only=True, wait_seconds=5) as found:
        return {"contacts.addresses", "contacts.contacts", "meetings.attendees"} <= set(table_names(found))


def contacts_of(home: Home, addresses: list[str]) -> dict[str, list[str]]:
    """Contact -> all its addresses, for every contact that has one of these. Raises as `_asked` does."""
    query = (
        "select contact_id, list(distinct address order by address) from contacts.addresses "
        "group by contact_id having list_has_any(list(address), $addresses)"
    )
    return dict(_asked(home, query, {"addresses": addresses}))


def names_of(home: Home, addresses: list[str], contact_ids: list[str]) -> list[str]:
    """Names under which the addresses booked, and those of their contacts. Raises as `_asked` does."""
    query = (
        "select distinct name from meetings.attendees where list_contains($addresses, plain_address(email)) "
        "union select full_name from contacts.contacts where list_contains($contacts, contact_id)"
    )
    found = _asked(home, query, {"addresses": addresses, "contacts": contact_ids})
    return [name for (name,) in found if name]


def _asked(home: Home, query: str, bound: dict[str, Any]) -> list[Any]:
    """Rows of a query; none where nothing was built yet.

    Raises WarehouseDamaged or WarehouseBusy: who is meant stands only there, and an erasure that does not know takes
    out half.
    """
    if not home.warehouse.exists():
        return []
    with suppress(duckdb.CatalogException), open_warehouse(home.warehouse, read_only=True, wait_seconds=5) as found:
        return found.execute(query, bound).fetchall()
    return []


def delete_derived(home: Home) -> None:
    """Delete the warehouse and what refreshes publish; both are built again."""
    delete_warehouse(home.warehouse)
    for path in home.desk.parent.glob("*"):
        if path.is_file():
            path.unlink()


def erase_from_history(home: Home, holds: Holds, count: Count, *, is_applied: bool) -> None:
    """Texts of Dagster's own databases and logs: examples that checks showed, errors, file names."""
    for path in sorted(home.dagster.rglob("*")):
        if not path.is_file() or path.name.endswith(("-wal", "-shm")):
            continue
        if _begins(path) == SQLITE:
            count("entries of Dagster's history", _in_database(path, holds, is_applied))
        elif mentions(path.read_bytes().decode("latin-1"), holds):
            count("logs of Dagster", 1)
            if is_applied:
                text = path.read_bytes().decode("utf-8", "surrogateescape")
                forgotten = without(text, holds).encode("utf-8", "surrogateescape")
                write_durably(path, forgotten, mode=stat.S_IMODE(path.stat().st_mode))


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SQLITE))


def _in_database(path: Path, holds: Holds, is_applied: bool) -> int:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as store:
        store.create_function("names", 1, lambda text: isinstance(text, str) and mentions(text, holds))
        store.create_function("forgotten", 1, lambda text: without(text, holds))
        changed = 0
        for table, column in _text_columns(store):
            where = f'where names("{column}")'
            changed += store.execute(f'select count(*) from "{table}" {where}').fetchone()[0]  # noqa: S608 - its own names
            if is_applied:
                store.execute(f'update "{table}" set "{column}" = forgotten("{column}") {where}')  # noqa: S608 - as above
        if changed and is_applied:
            store.execute("vacuum")
            store.execute("pragma wal_checkpoint(truncate)")
    return changed


def _text_columns(store: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = store.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    ).fetchall()
    columns = [(table, row) for (table,) in tables for row in store.execute(f'pragma table_info("{table}")')]
    return [(table, row[1]) for table, row in columns if "CHAR" in row[2].upper() or "TEXT" in row[2].upper()]


def still_named(home: Home, holds: Holds) -> list[str]:
    """Files below the home that name the person all the same, packed ones too; for a person to look at."""
    found = []
    for path in sorted(home.root.rglob("*")):
        if path.is_file() and not path.name.endswith(DERIVED) and any(mentions(text, holds) for text in _texts(path)):
            found.append(path.relative_to(home.root).as_posix())
    return found


def _texts(path: Path) -> Iterator[str]:
    raw = path.read_bytes()
    for codec in ("latin-1", "utf-16-le", "utf-16-be") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("latin-1",):
        yield raw.decode(codec, "replace")
    with suppress(OSError, EOFError):
        if raw[:2] == b"\x1f\x8b":
            yield gzip.decompress(raw).decode("latin-1")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            yield from (parts.read(name).decode("latin-1") for name in parts.namelist())
