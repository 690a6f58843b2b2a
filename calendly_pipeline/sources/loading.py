"""Landed files into the tables of this stage: each content once, all or nothing.

What belongs here: which reader reads which folder, and the bookkeeping in `sources.files`. What does not: how a file
looks inside (the readers), or what its cells mean (SQL).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import duckdb
import pyarrow as pa

from calendly_pipeline.failures import SettingsError, UnreadableFile
from calendly_pipeline.home import Home
from calendly_pipeline.settings import Settings
from calendly_pipeline.sources import calcom_csv, calendly_csv, contact_csv
from calendly_pipeline.sources.landing import LandedFile, account_of, content, landed_files
from calendly_pipeline.sources.pages import BOOKING_TOOLS, page_files
from calendly_pipeline.sources.tabular import Batch, RejectedRow
from calendly_pipeline.sources.time_zones import zone_labels
from calendly_pipeline.warehouse import insert_rows, replace_rows

TABLES = {
    "calendly": ("calendly_exports",),
    "calcom": ("calcom_exports",),
    "contacts": ("crm_contacts", "address_books"),
}
"""Drop folder -> the tables its files may fill."""

ZONE_LINE = 'Add to pipeline.toml, under [firm]: time_zone = "America/New_York" (your own zone).'
READER_VERSION = 1
"""Raise it when a reader reads a file otherwise than before: every file is then read again."""


@dataclass(frozen=True)
class LoadReport:
    """What loading a folder did."""

    loaded: tuple[str, ...]
    unchanged_count: int
    unreadable: tuple[str, ...]


def require_time_zone(settings: Settings, home: Home) -> None:
    """Raise SettingsError, with the line to add, when there are bookings and the firm's zone is not set."""
    if settings.firm.time_zone is not None:
        return
    dropped = (path.relative_to(home.data).as_posix() for path in home.dropped_files())
    landed = (f"{file.folder}/{file.name}" for file in landed_files(home))
    bookings = [name for name in (*dropped, *landed) if not name.startswith("contacts/")]
    if bookings:
        raise SettingsError(f"{bookings[0]}: its times carry no zone, and firm.time_zone is not set.", ZONE_LINE)
    if any(page_files(home, BOOKING_TOOLS)):
        raise SettingsError(
            "Bookings were pulled, and firm.time_zone, which gives them their day, is not set.", ZONE_LINE
        )


def refresh_files(connection: duckdb.DuckDBPyConnection, home: Home, settings: Settings) -> int:
    """Bring `sources.files` in line with landing.

    Rows of files that landing no longer holds, or that would now be read otherwise, are forgotten.
    """
    files = landed_files(home)
    require_time_zone(settings, home)
    accounts = {name: [a.name for a in settings.accounts(name)] for name in ("calendly", "calcom")}
    rows = [
        {
            "file_id": file.file_id,
            "folder": file.folder,
            "name": file.name,
            "account": account_of(file, accounts.get(file.folder, [])),
            "landed_at": file.landed_at,
            "modified_at": file.modified_at,
            "size_bytes": file.size_bytes,
            "recency": recency,
            "read_with": _read_with(file.folder, settings),
        }
        for recency, file in enumerate(files, 1)
    ]
    labels = [{"label": label, "iana": iana} for label, iana in zone_labels()]
    replace_rows(connection, {"sources.time_zone_labels": labels})
    connection.execute("create or replace temp table landed as select * from sources.files limit 0")
    insert_rows(connection, "landed", rows)
    connection.execute("begin")
    for table in ("unread_rows", *(table for tables in TABLES.values() for table in tables), "files"):
        connection.execute(
            f"delete from sources.{table} where file_id not in "  # noqa: S608 - our own tables
            "(select landed.file_id from landed semi join sources.files as files "
            "on landed.file_id = files.file_id and landed.read_with = files.read_with)"
        )
    connection.execute(
        "update sources.files set name = landed.name, account = landed.account, recency = landed.recency "
        "from landed where landed.file_id = files.file_id"
    )
    connection.execute(
        "insert into sources.files by name select * from landed "
        "where file_id not in (select file_id from sources.files)"
    )
    connection.execute("commit")
    return len(files)


def load_folder(connection: duckdb.DuckDBPyConnection, home: Home, settings: Settings, folder: str) -> LoadReport:
    """Read every landed file of a folder that was not read yet into its table."""
    read = connection.execute("select file_id from sources.files where layout is not null or failure is not null")
    known = {file_id for (file_id,) in read.fetchall()}
    files = [file for file in landed_files(home) if file.folder == folder]
    unreadable = []
    new = [file for file in files if file.file_id not in known]
    for file in new:
        try:
            _load_file(connection, home, settings, file)
        except UnreadableFile as error:
            _note_failure(connection, file, error)
            unreadable.append(file.name)
    return LoadReport(tuple(file.name for file in new), len(files) - len(new), tuple(unreadable))


def _read_with(folder: str, settings: Settings) -> str:
    columns = settings.contacts.csv.columns if folder == "contacts" else {}
    return json.dumps([READER_VERSION, columns], sort_keys=True)


def _load_file(connection: duckdb.DuckDBPyConnection, home: Home, settings: Settings, file: LandedFile) -> None:
    connection.execute("begin")
    try:
        table, batches = _open(home, settings, file)
        rows = rejected = 0
        repairs: dict[str, int] = {}
        for batch in batches:
            repairs = dict(batch.repairs)
            rows += _insert(connection, table, file, batch)
            rejected += _insert_rejected(connection, file, batch.rejected)
        connection.execute(
            "update sources.files set layout = $layout, rows_count = $rows, rejected_count = $rejected, "
            "repairs = $repairs where file_id = $file_id",
            {
                "layout": table,
                "rows": rows,
                "rejected": rejected,
                "repairs": json.dumps(repairs, sort_keys=True),
                "file_id": file.file_id,
            },
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _open(home: Home, settings: Settings, file: LandedFile) -> tuple[str, Iterator[Batch]]:
    path = content(home, file)
    if file.folder == "calendly":
        return "calendly_exports", calendly_csv.read(path, name=file.name)
    if file.folder == "calcom":
        return "calcom_exports", calcom_csv.read(path, name=file.name)
    kind, batches = contact_csv.read(path, name=file.name, columns=settings.contacts.csv.columns or None)
    return "crm_contacts" if kind == "lacrm" else "address_books", batches


def _insert(connection: duckdb.DuckDBPyConnection, table: str, file: LandedFile, batch: Batch) -> int:
    rows = pa.table(batch.columns)
    connection.register("batch", rows)
    connection.execute(
        f"insert into sources.{table} by name select $file_id as file_id, * from batch",  # noqa: S608 - our own names
        {"file_id": file.file_id},
    )
    connection.unregister("batch")
    return rows.num_rows


def _insert_rejected(connection: duckdb.DuckDBPyConnection, file: LandedFile, rejected: list[RejectedRow]) -> int:
    if rejected:
        insert_rows(connection, "sources.unread_rows", [{"file_id": file.file_id, **asdict(row)} for row in rejected])
    return len(rejected)


def _note_failure(connection: duckdb.DuckDBPyConnection, file: LandedFile, error: UnreadableFile) -> None:
    connection.execute(
        "update sources.files set failure = $failure, remedy = $remedy where file_id = $file_id",
        {"failure": error.reason, "remedy": error.remedy, "file_id": file.file_id},
    )
