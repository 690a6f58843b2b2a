"""A home with something in every store, and what two homes have in common."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.home import Home
from calendly_pipeline.recovery.backup import BackupReport, take_backup
from calendly_pipeline.sources.landing import land
from calendly_pipeline.sources.pages import PageWriter
from calendly_pipeline.sources.pull_index import PullIndex
from calendly_pipeline.state import State, decisions, webhook_deliveries

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
EXPORT = (
    "Invitee Email,Invitee Name,Start Date & Time,End Date & Time,Event Type Name,User Email,"
    "Event UUID,Guest Email(s)\n"
    "ada@client.example,Ada Client,2026-06-01 09:00 am,2026-06-01 09:30 am,Review,dana@firm.example,e-1,\n"
    "bob@client.example,Bob Client,2026-06-02 09:00 am,2026-06-02 09:30 am,Review,dana@firm.example,e-2,\n"
)


def url(home: Home) -> str:
    """The state store of a home."""
    return f"sqlite:///{home.data / 'state.db'}"


def used_home(root: Path) -> Home:
    """A dropped and landed export, one answer of an API, a decision and a delivery."""
    home = Home(root)
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    (home.drop_folder("calendly") / "export.csv").write_text(EXPORT, encoding="utf-8")
    land(home, NOW)
    state = State(url(home))
    state.upgrade()
    pull_event(home, state, 1)
    decide(state, "ada@client.example")
    deliver(state, 1)
    state.close()
    return home


def pull_event(home: Home, state: State, number: int) -> str:
    """Land one event as a pull does: the answer first, the note in the state store after it."""
    event = f"00000000-0000-0000-0000-{number:012}"
    body = '{"collection": [{"uri": "https://api.calendly.com/scheduled_events/%s"}]}' % event  # noqa: UP031 - braces
    writer = PageWriter(home, "calendly", "default", f"run{number:06}")
    writer.add("2026-06", Answer("events", f"GET /scheduled_events?page={number}", NOW, body.encode(), None))
    writer.write(writer.take())
    row = {"kind": "event", "record_id": event, "version": "1", "digest": "d", "seen_at": NOW}
    PullIndex(state, "calendly", "default").save([row])
    return event


def decide(state: State, address: str) -> None:
    """One decision of the desk."""
    row = {"kind": "confirm", "canonical_address": address, "contact_id": "7", "decided_by": "dana", "decided_at": NOW}
    with state.transaction() as connection:
        connection.execute(decisions.insert().values(**row))


def deliver(state: State, number: int, body: str = '{"event": "invitee.created"}') -> None:
    """One delivery of a webhook."""
    digest = hashlib.sha256(f"{number}{body}".encode()).hexdigest()
    row = {"platform": "calendly", "account": "default", "kind": "invitee.created", "received_at": NOW}
    with state.transaction() as connection:
        connection.execute(webhook_deliveries.insert().values(**row, body=body, body_sha256=digest))


def back_up(home: Home, folder: Path, **more: Any) -> BackupReport:
    """A backup of the home."""
    return take_backup(home, folder, url(home), NOW, **more)


def kept(home: Home) -> dict[str, Any]:
    """Everything a backup must bring back: files by name and content, rows of the state store by table."""
    roots = [home.landing, *(home.drop_folder(name) for name in ("calendly", "calcom", "contacts"))]
    paths = [path for root in roots for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")]
    files = {path.relative_to(home.root).as_posix(): path.read_bytes() for path in [*paths, home.settings_file]}
    return {**files, **rows_of(home.data / "state.db")}


def rows_of(path: Path) -> dict[str, Any]:
    """Every row of every table of a SQLite file."""
    with closing(sqlite3.connect(path)) as store:
        names = [name for (name,) in store.execute("select name from sqlite_master where type = 'table' order by 1")]
        return {name: sorted(store.execute(f'select * from "{name}"').fetchall(), key=repr) for name in names}
