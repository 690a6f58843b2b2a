"""A person is forgotten everywhere below the home and in backups, others stay, and the person does not come back."""

import gzip
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from calendly_pipeline.addresses import among
from calendly_pipeline.cli import commands
from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.failures import InputError, WarehouseDamaged
from calendly_pipeline.home import Home
from calendly_pipeline.recovery import erasure, manifest
from calendly_pipeline.recovery.erasure import ErasureReport, erase
from calendly_pipeline.recovery.erasure_traces import still_named
from calendly_pipeline.recovery.restore import restore
from calendly_pipeline.sources.landing import content, land, landed_files
from calendly_pipeline.sources.pages import PageWriter
from calendly_pipeline.state import State, decisions, suppressed_input, sync_ledger, webhook_deliveries
from calendly_pipeline.suppression import suppression
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline.web.intake import Intake, delivery_of
from calendly_pipeline_tests.recovery.given import EXPORT, NOW, back_up, decide, deliver, kept, url, used_home

ADA = "ada@client.example"
BOB = "bob@client.example"
API = "https://api.calendly.com/scheduled_events"


def invitee(event: str, address: str) -> dict[str, Any]:
    """An invitee as Calendly says them."""
    return {"uri": f"{API}/{event}/invitees/{address[:3]}", "email": address, "name": f"{address[:3].title()} Client"}


def pages(home: Home, run: str, *answers: tuple[str, str, list[Any]]) -> None:
    """Land answers of Calendly's API: kind, request and records."""
    writer = PageWriter(home, "calendly", "default", run)
    for kind, request, records in answers:
        body = json.dumps({"collection": records, "pagination": {"count": len(records)}}).encode()
        writer.add("2026-06", Answer(kind, request, NOW, body, None))
    writer.write(writer.take())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Ada in every store: alone (event `one`), with Bob (event `two`), as his guest, decided, sent and delivered."""
    home = used_home(tmp_path / "firm")
    events = [{"uri": f"{API}/one", "event_guests": []}, {"uri": f"{API}/two", "event_guests": []}]
    guests = [{"uri": f"{API}/three", "event_guests": [{"email": ADA}]}]
    pages(home, "run000002", ("events", "/scheduled_events?count=100", [*events, *guests]))
    pages(
        home,
        "run000003",
        ("invitees", "/scheduled_events/one/invitees", [invitee("one", ADA)]),
        ("invitees", "/scheduled_events/two/invitees", [invitee("two", ADA), invitee("two", BOB)]),
        ("invitees", "/scheduled_events/three/invitees", [invitee("three", BOB)]),
    )
    state = State(url(home))
    deliver(state, 2, json.dumps({"event": "invitee.created", "payload": invitee("one", ADA)}))
    deliver(state, 3, json.dumps({"event": "invitee.created", "payload": invitee("three", BOB)}))
    decide(state, BOB)
    with state.transaction() as connection:
        undone = {"kind": "undo", "canonical_address": BOB, "decided_by": "dana", "decided_at": NOW, "undoes": 1}
        connection.execute(decisions.insert().values(**undone))
        for key, payload in (
            ("7", {"Last meeting": "2026-06-01"}),
            ("8", {"EMAIL": ADA}),
            (ADA, {"a": 1}),
            ("9", {"b": 1}),
        ):
            row = {"destination": "brevo", "operation": "update", "outcome": "accepted", "attempted_at": NOW}
            connection.execute(sync_ledger.insert().values(record_key=key, payload=payload, **row))
    state.close()
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table contacts.addresses (address varchar, contact_id varchar)")
        connection.execute(
            "insert into contacts.addresses values ($1, '7'), ('ada@home.example', '7'), ($2, '9')", [ADA, BOB]
        )
    with closing(sqlite3.connect(home.dagster / "runs.db")) as store:
        store.execute("create table event_logs (id integer, event text)")
        store.execute("insert into event_logs values (1, ?)", [json.dumps({"examples": f"row of {ADA}"})])
        store.commit()
    (home.dagster / "storage").mkdir()
    (home.dagster / "storage" / "stderr").write_text(f"line of {ADA}\n")
    return home


def run(home: Home, *addresses: str, is_applied: bool = True, backups: tuple[Path, ...] = ()) -> ErasureReport:
    """An erasure."""
    state = State(url(home))
    state.upgrade()
    try:
        return erase(home, addresses or [ADA], state, NOW, is_applied=is_applied, backups=backups)
    finally:
        state.close()


def rows(home: Home, table: Any) -> list[dict[str, Any]]:
    """Rows of the state store."""
    state = State(url(home))
    state.upgrade()
    try:
        return state.rows(table)
    finally:
        state.close()


def landed_bodies(home: Home, kind: str) -> dict[str, list[Any]]:
    """Request -> records of every landed answer of a kind."""
    found = {}
    for path in sorted(home.landing.rglob("*.jsonl.gz")):
        for text in gzip.decompress(path.read_bytes()).decode().splitlines():
            line = json.loads(text)
            if line["kind"] == kind:
                found[line["request"]] = line["body"]["collection"]
    return found


def test_looking_changes_nothing(home: Home) -> None:
    """Without --apply every finding is counted and nothing is touched."""
    before = kept(home)
    report = run(home, is_applied=False)
    assert kept(home) == before
    assert dict(report.counts) == {
        "answers of APIs": 4,
        "landed files": 1,
        "files in the drop folders": 1,
        "decisions": 2,
        "webhook deliveries": 1,
        "entries of the ledger": 3,
        "entries of Dagster's history": 1,
        "logs of Dagster": 1,
    }


def test_the_person_is_nowhere_and_others_stay(home: Home) -> None:
    """Afterwards no file below the home names the person; what is said of others is as it was."""
    report = run(home)
    assert still_named(home, among([ADA])) == report.left == []
    assert not home.warehouse.exists()
    assert landed_bodies(home, "invitees") == {
        "/scheduled_events/one/invitees": [],
        "/scheduled_events/two/invitees": [invitee("two", BOB)],
        "/scheduled_events/three/invitees": [invitee("three", BOB)],
    }
    assert landed_bodies(home, "events")["/scheduled_events?count=100"] == [
        {"uri": f"{API}/two", "event_guests": []},
        {"uri": f"{API}/three", "event_guests": []},
    ]
    (file,) = landed_files(home)
    rest = EXPORT.replace(next(line for line in EXPORT.splitlines(keepends=True) if ADA in line), "")
    assert content(home, file).read_text() == (home.drop_folder("calendly") / "export.csv").read_text() == rest
    assert [row["canonical_address"] for row in rows(home, decisions)] == [BOB]
    assert [json.loads(row["body"]).get("payload", {}).get("email") for row in rows(home, webhook_deliveries)] == [
        None,
        BOB,
    ]
    assert [(row["record_key"], row["payload"]) for row in rows(home, sync_ledger)] == [
        ("7", {}),
        ("8", {}),
        ("[erased]", {}),
        ("9", {"b": 1}),
    ]


def test_it_says_who_else_holds_what(home: Home) -> None:
    """Other addresses of the same contact, what was sent where, and the tools that were asked, are named."""
    report = run(home, is_applied=False)
    assert report.other_addresses == ["ada@home.example"]
    assert report.vendors == [
        f"brevo: delete the contact by its address (in the app, or DELETE /contacts/ADDRESS). Records: 7, 8, {ADA}",
        "CRM or address book: contact 7",
        "Calendly, account default: ask it for deletion there",
    ]


def attempt(home: Home, key: str, **row: Any) -> None:
    """One more entry of the ledger."""
    whole = {"destination": "clevertap", "operation": "create", "outcome": "accepted", "attempted_at": NOW, **row}
    state = State(url(home))
    with state.transaction() as connection:
        connection.execute(sync_ledger.insert().values(record_key=key, **whole))
    state.close()


def test_what_was_sent_of_the_person_is_a_bare_fact(home: Home) -> None:
    """A note on the contact's card, a key made of the address, a label with the name: only what became of it stays."""
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table meetings.attendees (email varchar, name varchar)")
        connection.execute("create table contacts.contacts (contact_id varchar, full_name varchar)")
        names = [(ADA, 'Ada "Lace" Client'), (ADA, "Ada Client"), (BOB, "Bob Client")]
        connection.executemany("insert into meetings.attendees values ($1, $2)", names)
    mark = hashlib.md5(ADA.encode(), usedforsecurity=False).hexdigest()
    attempt(home, "notes:7:e-1", contact_id="7", payload={"text": "Review, 30 minutes"}, label="Ada, 1 Jun")
    attempt(home, f"event:host:{mark}:e-1", payload={"with": "someone"}, label="booked")
    attempt(
        home,
        "event:9:e-2",
        contact_id="9",
        payload={"title": ["Ada Client and Bob"]},
        label='Review of Ada "Lace" Client',
    )
    other = {"contact_id": "7", "payload": {"NAME": "Ada Client"}, "label": "Ada Client <ada@home.example>"}
    attempt(home, "ada@home.example", **other)
    run(home)
    *found, last = [(row["record_key"], row["payload"], row["label"]) for row in rows(home, sync_ledger)[-4:]]
    assert last == ("ada@home.example", other["payload"], other["label"])  # an address that was not named
    assert found == [
        ("notes:7:e-1", {}, "[erased]"),
        ("event:host:[erased]:e-1", {}, "[erased]"),
        ("event:9:e-2", {"title": ["[erased] and Bob"]}, "Review of [erased]"),
    ]


def test_twice_changes_nothing(home: Home) -> None:
    """A second erasure finds nothing and leaves every byte as it is."""
    run(home)
    before = kept(home)
    assert dict(run(home).counts) == {}
    assert kept(home) == before


def test_the_person_does_not_come_back(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """An old export, a webhook and an API's answer that name the person again are counted and do not land in clear."""
    run(home)
    (home.drop_folder("calendly") / "again.csv").write_text(f"{EXPORT}carl@client.example,Carl,t,t,r,d,e-3,\n")
    (home.drop_folder("calendly") / "export.csv").write_text(EXPORT)  # the very file, downloaded again
    state = State(url(home))
    erased = suppression(state)
    report = land(home, NOW, erased)
    assert (len(report.new), report.suppressed_count) == (1, 1)
    assert land(home, NOW, erased).new == ()
    intake = Intake(state, 5)
    raw = [json.dumps({"event": "invitee.created", "payload": invitee("x", who)}).encode() for who in (ADA, BOB)]
    for body in raw:
        assert intake._write([delivery_of("calendly", "default", body, NOW)]) == [None]
    writer = PageWriter(home, "calendly", "default", "run9", erased)
    page = json.dumps({"collection": [invitee("four", ADA)]}).encode()
    writer.add("2026-06", Answer("invitees", "/scheduled_events/four/invitees", NOW, page, None))
    writer.write(writer.take())
    assert writer.suppressed_count == 1
    assert landed_bodies(home, "invitees")["/scheduled_events/four/invitees"] == []
    assert [row["suppressed_count"] for row in rows(home, suppressed_input)] == [1]
    state.close()
    assert still_named(home, among([ADA])) == ["data/calendly/again.csv", "data/calendly/export.csv"]
    assert len(rows(home, webhook_deliveries)) == 3


class _Stopped(BaseException):
    """Stands for a kill."""


def stopped(step: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    """A step before whose n-th call everything stops."""

    def call(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise _Stopped
        return step(*arguments, **named)

    return call


def test_stopped_anywhere_it_is_finished_by_the_next(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before any of its writes, the same command finishes, and ends with the same bytes."""
    whole = Home(tmp_path / "whole")
    shutil.copytree(home.root, whole.root)
    run(whole)
    expected = {name: value for name, value in kept(whole).items() if not name.startswith("suppress")}
    number = 0
    for number in count():
        copy = Home(tmp_path / f"copy{number}")
        shutil.copytree(home.root, copy.root)
        left = [number]
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", stopped(Path.replace, left))
            patched.setattr(erasure, "erase_from_state", stopped(erasure.erase_from_state, left))
            patched.setattr(erasure, "delete_derived", stopped(erasure.delete_derived, left))
            try:
                run(copy)
            except _Stopped:
                pass
            else:
                break
        run(copy)
        assert {name: value for name, value in kept(copy).items() if not name.startswith("suppress")} == expected
        assert still_named(copy, among([ADA])) == []
    assert number >= 7


def test_backups_forget_too(home: Home, tmp_path: Path) -> None:
    """With --backup every backup in the folder is without the person and still restores, others' rows as they were."""
    back_up(home, tmp_path / "backup")
    state = State(url(home))
    decide(state, "carl@client.example")
    state.close()
    back_up(home, tmp_path / "backup")
    run(home)
    assert still_named(Home(tmp_path / "backup"), among([ADA])) != []
    run(home, backups=(tmp_path / "backup",))
    assert still_named(Home(tmp_path / "backup"), among([ADA])) == []
    assert dict(run(home, backups=(tmp_path / "backup",)).counts) == {}
    first, second = (Home(tmp_path / name) for name in ("first", "second"))
    for other, name in zip((first, second), manifest.names(tmp_path / "backup"), strict=True):
        restore(other, tmp_path / "backup", url(other), name)
    assert {name: value for name, value in kept(second).items() if name.startswith("data/")} == {
        name: value for name, value in kept(home).items() if name.startswith("data/")
    }
    assert [row["canonical_address"] for row in rows(first, decisions)] == [BOB]
    state = State(url(first))
    assert suppression(state).holds(ADA)
    state.close()


def test_who_is_meant_must_be_known(home: Home) -> None:
    """With a damaged warehouse nothing is erased, since names and contacts stand only there; without one it is said."""
    before = rows(home, decisions)
    home.warehouse.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseDamaged, match="damaged"):
        run(home, ADA)
    assert rows(home, decisions) == before
    home.warehouse.unlink()
    assert [text for text in run(home, ADA, is_applied=False).notes if "tables are built" in text] != []


def test_half_a_first_run_does_not_know_whom_an_address_means(home: Home) -> None:
    """Where a run was stopped before the contacts were built, the erasure says that it cannot know all; then it can."""
    tables = (
        "contacts.contacts (contact_id varchar, full_name varchar)",
        "meetings.attendees (email varchar, name varchar)",
    )
    for table in tables:
        assert [text for text in run(home, ADA, is_applied=False).notes if "tables are built" in text] != []
        with open_warehouse(home.warehouse) as connection:
            connection.execute(f"create table {table}")
    assert run(home, ADA, is_applied=False).notes == []


def test_what_is_no_address_is_refused(home: Home) -> None:
    """A name or half an address is refused before anything is looked at."""
    for text in ("Ada", "ada@", "@client.example", "ada@client"):
        with pytest.raises(InputError, match="is no address"):
            run(home, text)


def test_the_command_says_what_it_would_do(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the command only looks, and says so."""
    monkeypatch.setenv("PIPELINE_HOME", str(home.root))
    done = CliRunner().invoke(commands, ["erase", ADA.upper()], catch_exceptions=False)
    assert "Would change in decisions: 2" in done.output
    assert "Same contact, still there unless named too: ada@home.example" in done.output
    assert "Nothing was changed. Add --apply" in done.output
