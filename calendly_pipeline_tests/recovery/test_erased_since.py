"""A backup from before an erasure does not bring the person back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from calendly_pipeline.addresses import among
from calendly_pipeline.cli import commands
from calendly_pipeline.home import Home
from calendly_pipeline.recovery.erasure import erase
from calendly_pipeline.recovery.erasure_traces import still_named
from calendly_pipeline.recovery.restore import RestoreReport, restore
from calendly_pipeline.state import State, decisions, suppressed_addresses, sync_ledger
from calendly_pipeline.suppression import suppress, suppression
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.recovery.given import NOW, back_up, decide, deliver, kept, rows_of, url, used_home

ADA = "ada+news@gmail.com"
BOB = "bob@client.example"
UNTOLD = "Whom the state store that was here, or the newest backup, had erased cannot be told: erase them again."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Ada in an export, decided under her mailbox, delivered, sent by address and by contact; then a backup."""
    home = used_home(tmp_path / "firm")
    text = (home.drop_folder("calendly") / "export.csv").read_text(encoding="utf-8")
    (home.drop_folder("calendly") / "second.csv").write_text(text.replace("ada@client.example", ADA), encoding="utf-8")
    state = State(url(home))
    decide(state, "ada@gmail.com")
    decide(state, BOB)
    deliver(state, 2, json.dumps({"event": "invitee.created", "payload": {"email": ADA, "uri": "x/invitees/i"}}))
    row = {"destination": "lacrm", "operation": "update", "outcome": "accepted", "attempted_at": NOW}
    sent = [("7", "7", {"Last meeting": "2026-06-01"}, "Ada"), ("9", "9", {"Last meeting": "2026-06-02"}, "Bob")]
    with state.transaction() as connection:
        for key, contact, payload, label in sent:
            one = {**row, "record_key": key, "contact_id": contact, "payload": payload, "label": label}
            connection.execute(sync_ledger.insert().values(**one))
    state.close()
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table contacts.addresses (address varchar, contact_id varchar)")
        connection.execute("insert into contacts.addresses values ($1, '7'), ($2, '9')", [ADA, BOB])
    back_up(home, tmp_path / "backup")
    return home


def erased(home: Home) -> None:
    """Ada is erased, but not from backups."""
    state = State(url(home))
    erase(home, [ADA], state, NOW, is_applied=True)
    state.close()


def looked_at(home: Home) -> None:
    """Nothing of Ada is there, what is Bob's is, and input that names her is filtered."""
    assert still_named(home, among([ADA, "ada@gmail.com"])) == []
    state = State(url(home))
    assert suppression(state).holds(ADA)
    assert not suppression(state).holds("ada@gmail.com")
    assert {row["canonical_address"] for row in state.rows(decisions)} == {"ada@client.example", BOB}
    facts = {row["record_key"]: (row["payload"], row["label"]) for row in state.rows(sync_ledger)}
    assert facts == {"7": ({}, "[erased]"), "9": ({"Last meeting": "2026-06-02"}, "Bob")}
    state.close()
    assert BOB in (home.drop_folder("calendly") / "second.csv").read_text(encoding="utf-8")


def brought_back(home: Home, root: Path, name: str | None = None) -> RestoreReport:
    """The backup, restored over whatever is there."""
    return restore(home, root, url(home), name, is_forced=True)


def test_what_is_replaced_tells_who_was_erased(home: Home, tmp_path: Path) -> None:
    """Restored over the home that erased her, a backup from before comes back without her, and says so."""
    erased(home)
    report = brought_back(home, tmp_path / "backup")
    looked_at(home)
    assert report.notes == ("People erased since that backup (15 Jun 2026) were taken out of it again.",)
    assert dict(report.erased) == {
        "files in the drop folders": 1,
        "decisions": 1,
        "webhook deliveries": 1,
        "entries of the ledger": 1,
    }


def test_the_newest_backup_tells_a_new_machine(home: Home, tmp_path: Path) -> None:
    """The home is lost; an old backup is restored elsewhere, beside one that was made after the erasure."""
    erased(home)
    old = sorted(path.stem for path in (tmp_path / "backup" / "backups").glob("*.json"))[0]
    back_up(home, tmp_path / "backup")
    fresh = Home(tmp_path / "fresh")
    brought_back(fresh, tmp_path / "backup", old)
    looked_at(fresh)


def test_files_without_a_store_forget_too(home: Home, tmp_path: Path) -> None:
    """A backup that holds no state store, as with PostgreSQL: the store that stays says who was erased."""
    back_up(home, tmp_path / "files", with_state=False)
    erased(home)
    report = brought_back(home, tmp_path / "files")
    looked_at(home)
    assert report.notes == ("People erased since that backup (15 Jun 2026) were taken out of it again.",)


def test_nothing_is_touched_without_an_erasure(home: Home, tmp_path: Path) -> None:
    """A backup comes back byte for byte when nobody was erased since, also a second time after an erasure in it."""
    before = kept(home)
    report = brought_back(home, tmp_path / "backup")
    assert (kept(home), report.notes, report.erased) == (before, (), {})
    erased(home)
    back_up(home, tmp_path / "backup")
    before = kept(home)
    report = brought_back(home, tmp_path / "backup")
    assert (kept(home), report.notes) == (before, ())


def test_a_key_of_another_store_is_said(home: Home, tmp_path: Path) -> None:
    """Who was erased under another key cannot be told: the backup comes back whole, and says what to do."""
    erased(home)
    back_up(home, tmp_path / "backup")
    other = used_home(tmp_path / "other")
    state = State(url(other))
    suppress(state, [BOB], NOW)
    state.close()
    report = brought_back(other, tmp_path / "backup")
    assert report.notes == (UNTOLD,)
    assert rows_of(other.data / "state.db")["decisions"] == rows_of(home.data / "state.db")["decisions"]


def test_a_damaged_store_is_said(home: Home, tmp_path: Path) -> None:
    """A store of garbage is no reason not to restore, but whom it had erased cannot be told, and that is said."""
    (home.data / "state.db").write_bytes(b"garbage " * 1000)
    assert brought_back(home, tmp_path / "backup").notes == (UNTOLD,)
    with closing(sqlite3.connect(home.data / "state.db")) as store:
        assert store.execute(f"select count(*) from {suppressed_addresses.name}").fetchone() == (0,)


def test_the_command_tells(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who restores reads that people were taken out again."""
    erased(home)
    monkeypatch.setenv("PIPELINE_HOME", str(home.root))
    done = CliRunner().invoke(commands, ["restore", str(tmp_path / "backup"), "--force"], catch_exceptions=False)
    assert "People erased since that backup (15 Jun 2026) were taken out of it again." in done.output
    assert "Taken out again of decisions: 1" in done.output
