"""A backup holds everything that cannot be made again, whatever is written meanwhile."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from calendly_pipeline.cli import commands
from calendly_pipeline.failures import InputError
from calendly_pipeline.home import Home
from calendly_pipeline.recovery import backup as backups
from calendly_pipeline.recovery import manifest
from calendly_pipeline.recovery.contents import Contents
from calendly_pipeline.recovery.restore import restore
from calendly_pipeline.state import State, oauth_tokens
from calendly_pipeline_tests.recovery.given import (
    NOW,
    back_up,
    decide,
    deliver,
    kept,
    pull_event,
    rows_of,
    url,
    used_home,
)


def test_everything_comes_back_elsewhere(tmp_path: Path) -> None:
    """A backup restored into a new home brings every file and every row, with its modification times."""
    home = used_home(tmp_path / "firm")
    back_up(home, tmp_path / "backup")
    other = Home(tmp_path / "other")
    report = restore(other, tmp_path / "backup", url(other), None)
    assert kept(other) == kept(home)
    assert report.aside is None
    dropped = "data/calendly/export.csv"
    assert (other.root / dropped).stat().st_mtime_ns == (home.root / dropped).stat().st_mtime_ns
    assert (other.data / "state.db").stat().st_mode & 0o077 == 0


def test_secrets_and_derived_tables_are_left_out(tmp_path: Path) -> None:
    """`.env`, the warehouse, locks and half-written files are in no backup, and nobody else may read what is."""
    home = used_home(tmp_path / "firm")
    for name in (".env", "data/warehouse.duckdb", "data/landing/calendly/default/.pull.lock", "data/landing/.x.tmp"):
        (home.root / name).write_text("CALENDLY_ACCESS_TOKEN=planted")
    back_up(home, tmp_path / "backup")
    (name,) = manifest.names(tmp_path / "backup")
    paths = [entry.path for entry in manifest.chosen(tmp_path / "backup", name).files]
    assert sorted(Path(path).suffix for path in paths) == [".csv", ".csv", ".db", ".gz", ".json", ".toml"]
    written = [path for path in (tmp_path / "backup").rglob("*") if path.is_file() and path.name != ".lock"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)
    assert all(b"planted" not in path.read_bytes() for path in written)


def test_tokens_are_not_in_a_backup(tmp_path: Path) -> None:
    """Calendly's OAuth tokens are in no byte of a backup; everything else of the store is."""
    home = used_home(tmp_path / "firm")
    state = State(url(home))
    row = {"platform": "calendly", "account": "default", "access_token": "canary-a", "refresh_token": "canary-b"}
    with state.transaction() as connection:
        connection.execute(oauth_tokens.insert().values(**row, expires_at=NOW, changed_at=NOW))
    state.close()
    back_up(home, tmp_path / "backup")
    assert all(b"canary" not in path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    other = Home(tmp_path / "other")
    restore(other, tmp_path / "backup", url(other), None)
    assert {**rows_of(other.data / "state.db"), "oauth_tokens": []} == {
        **rows_of(home.data / "state.db"),
        "oauth_tokens": [],
    }


def test_a_second_backup_copies_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier backup holds is not even read again; the state store alone always is."""
    home = used_home(tmp_path / "firm")
    assert back_up(home, tmp_path / "backup").new_count == 5  # the dropped and the landed export are one content
    read: list[str] = []
    add = Contents.add
    monkeypatch.setattr(Contents, "add", lambda self, path: (read.append(path.name), add(self, path))[1])
    assert back_up(home, tmp_path / "backup").new_count == 0
    state = State(url(home))
    pull_event(home, state, 2)
    state.close()
    assert back_up(home, tmp_path / "backup").new_count == 2
    assert sorted(set(read)) == ["0001.jsonl.gz", "state.db"]


def test_older_backups_give_way(tmp_path: Path) -> None:
    """`--keep` deletes older backups and what only they held; the newest restores."""
    home = used_home(tmp_path / "firm")
    dropped = home.drop_folder("calcom") / "note.csv"
    dropped.write_text("only in the first")
    back_up(home, tmp_path / "backup")
    dropped.unlink()
    state = State(url(home))
    for number in (2, 3):
        decide(state, f"{number}@client.example")
        back_up(home, tmp_path / "backup", keep=2)
    state.close()
    assert len(manifest.names(tmp_path / "backup")) == 2
    held = [path.read_bytes() for path in Contents(tmp_path / "backup").root.rglob("*") if path.is_file()]
    assert b"only in the first" not in held
    other = Home(tmp_path / "other")
    restore(other, tmp_path / "backup", url(other), None)
    assert kept(other) == kept(home)


def test_a_backup_beside_writers_is_consistent(tmp_path: Path) -> None:
    """While pulls and webhooks write, every backup holds the landed file of every record its state store names."""
    home = used_home(tmp_path / "firm")
    stop = threading.Event()

    def write() -> None:
        state = State(url(home))
        number = 2
        while not stop.is_set():
            pull_event(home, state, number)
            deliver(state, number)
            number += 1
        state.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        names = [back_up(home, tmp_path / "backup").name for _ in range(6)]
    finally:
        stop.set()
        writer.join()
    counts = []
    for name in names:
        other = Home(tmp_path / name)
        restore(other, tmp_path / "backup", url(other), name)
        with closing(sqlite3.connect(other.data / "state.db")) as store:
            noted = {int(row[0][-6:]) for row in store.execute("select record_id from pulled_records")}
        landed = {int(path.parent.name.removeprefix("run")) for path in other.landing.rglob("*.jsonl.gz")}
        assert noted <= landed
        counts.append(len(noted))
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_a_stopped_backup_leaves_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before its manifest, a backup is none; the next one uses what was copied and is whole."""
    home = used_home(tmp_path / "firm")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(backups.manifest, "write", killed)
        back_up(home, tmp_path / "backup")
    with pytest.raises(InputError, match="no backup"):
        manifest.chosen(tmp_path / "backup", None)
    back_up(home, tmp_path / "backup")
    other = Home(tmp_path / "other")
    restore(other, tmp_path / "backup", url(other), None)
    assert kept(other) == kept(home)


def test_a_file_that_never_stands_still_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dropped file that is written during every try is left for the next backup, and said."""
    home = used_home(tmp_path / "firm")
    dropped = home.drop_folder("calcom") / "growing.csv"
    dropped.write_text("a")
    add = Contents.add

    def growing(self: Contents, path: Path) -> tuple[str, int]:
        if path == dropped:
            dropped.write_text(dropped.read_text() + "a")
        return add(self, path)

    monkeypatch.setattr(Contents, "add", growing)
    report = back_up(home, tmp_path / "backup")
    assert report.unsettled == ("data/calcom/growing.csv",)
    assert all(entry.path != report.unsettled[0] for entry in manifest.chosen(tmp_path / "backup", None).files)


def test_what_cannot_be_copied_says_what_to_use(tmp_path: Path) -> None:
    """PostgreSQL is backed up by its own tool; a folder inside landing is refused; a bare home has nothing to keep."""
    home = used_home(tmp_path / "firm")
    with pytest.raises(InputError, match="pg_dump"):
        backups.take_backup(home, tmp_path / "backup", "postgresql+psycopg2://u:secret@h/d", NOW)
    with pytest.raises(InputError, match="part of what is backed up"):
        back_up(home, home.landing / "backup")
    bare = Home(tmp_path / "bare")
    with pytest.raises(InputError, match="nothing to back up"):
        back_up(bare, tmp_path / "backup")
    rest = backups.take_backup(home, tmp_path / "rest", "postgresql://u@h/d", NOW, with_state=False)
    assert rest.files_count == 5


def test_the_commands_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`backup` and `restore` print what is in it and what is not."""
    monkeypatch.setenv("COLUMNS", "300")
    home = used_home(tmp_path / "home")
    done = CliRunner().invoke(commands, ["backup", str(tmp_path / "backup")], catch_exceptions=False)
    assert "6 files, 5 of them new" in done.output
    assert "`.env` is not in it" in done.output
    refused = CliRunner().invoke(commands, ["restore", str(tmp_path / "backup")])
    assert "in use: it holds 1 dropped files, landed files, a state store" in str(refused.exception)
    before = kept(home)
    forced = CliRunner().invoke(commands, ["restore", str(tmp_path / "backup"), "--force"], catch_exceptions=False)
    assert "What was there before lies in" in forced.output
    assert kept(home) == before
    assert json.loads((tmp_path / "backup" / "backups" / f"{manifest.names(tmp_path / 'backup')[0]}.json").read_text())
