"""Planted secrets and planted addresses: where they must not be, they are not."""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import duckdb
import pytest
from click.testing import CliRunner

from calendly_pipeline.addresses import among, mentions
from calendly_pipeline.cli import commands
from calendly_pipeline.home import REPOSITORY, Home
from calendly_pipeline.recovery.erasure_traces import still_named
from calendly_pipeline.state import State
from calendly_pipeline.warehouse import table_names
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.recovery.given import decide, deliver, url

EXAMPLE = (REPOSITORY / ".env.example").read_text(encoding="utf-8")
VARIABLES = re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE)
SECRETS = {
    name: f"canary-{name.lower().replace('_', '-')}+9" for name in VARIABLES if re.search("TOKEN|KEY|SECRET|PASS", name)
}
CANARY = "canary.person@client.example"


def echoing() -> Any:
    """A vendor that refuses everything and says back what it was told, in every spelling it can think of."""
    asked = [0]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        told = headers.get("authorization", "").removeprefix("Bearer ")
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in told)
        shouted = (
            f'{{"title": "{told}", "message": "{escaped}", "error": "{quote_plus(told)}", "details": [{{"message":'
        )
        shouted += f' "{b64encode(told.encode()).decode()}"}}], "{escaped}": 1, "said": "{len(body)}"}}'
        asked[0] += 1
        status = (500, 401, 403, 400, 404, 401)[asked[0] % 6]
        content = (shouted if asked[0] % 5 else f"<html>{told}").encode()
        kind = b"application/json" if asked[0] % 5 else b"text/html"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": content})

    return app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A firm whose every secret is a canary and whose every vendor shouts it back."""
    home = Home(tmp_path / "home")
    home.create()
    home.settings_file.write_text('[firm]\ntime_zone = "America/New_York"\n', encoding="utf-8")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with Served(echoing()) as served:
        for name in VARIABLES:
            if name.endswith("_URL") and not name.startswith("PIPELINE"):
                monkeypatch.setenv(name, served.url)
        yield home


def spellings(secret: str) -> list[str]:
    """A secret as text, in a URL, and in base64."""
    return [secret, quote_plus(secret), *(b64encode(f"{lead}{secret}".encode()).decode()[:-4] for lead in ("", ":"))]


def everything_below(home: Home) -> Iterator[tuple[str, str]]:
    """Name and text of everything below a home: files, packed files, every table of every database."""
    for path in sorted(home.root.rglob("*")):
        if not path.is_file():
            continue
        raw = path.read_bytes()
        yield path.name, raw.decode("latin-1")
        if raw[:2] == b"\x1f\x8b":
            yield path.name, gzip.decompress(raw).decode("latin-1")
        if path.suffix == ".duckdb":
            yield path.name, tables_of(path)
        if raw.startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(path)) as store:
                yield path.name, "\n".join(store.iterdump())


def tables_of(path: Path) -> str:
    """Every row of a DuckDB file as text."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = [
            connection.execute(f"select to_json(t)::varchar from {name} as t").fetchall()
            for name in table_names(connection)
        ]
    return "\n".join(text for rows in found for (text,) in rows)


def leaks(home: Home, output: str) -> list[tuple[str, str]]:
    """Where which secret's variable was found."""
    texts = [("output", output), *everything_below(home)]
    return [
        (where, name)
        for where, text in texts
        for name, value in SECRETS.items()
        if any(s in text for s in spellings(value))
    ]


def called(*commands_lines: list[str]) -> str:
    """What commands print, errors included, in this process."""
    said = []
    for line in commands_lines:
        done = CliRunner().invoke(commands, line)
        said.append(f"{done.output}\n{done.exception}")
    return "\n".join(said)


def test_the_search_finds_what_is_there(home: Home) -> None:
    """A secret in a file, a packed file, a database or an output is found, in each of its spellings."""
    assert {"CALENDLY_ACCESS_TOKEN", "CAL_COM_API_KEY", "LACRM_API_KEY", "CALENDLY_CLIENT_SECRET"} <= set(SECRETS)
    for number, spelling in enumerate(spellings(SECRETS["LACRM_API_KEY"])):
        (home.data / f"{number}.gz").write_bytes(gzip.compress(f"x {spelling} x".encode()))
        with closing(sqlite3.connect(home.data / f"{number}.db")) as store:
            store.execute("create table t as select ? as a", [spelling])
            store.commit()
    found = leaks(home, spellings(SECRETS["CAL_COM_API_KEY"])[1])
    assert {where for where, name in found if name == "LACRM_API_KEY"} == {
        f"{n}.{end}" for n in range(4) for end in ("gz", "db")
    }
    assert ("output", "CAL_COM_API_KEY") in found


def test_no_secret_in_a_pull_that_is_refused(home: Home) -> None:
    """Three vendors refuse and shout the token back: it is in no output, log, metadata or file."""
    output = called(["ingest", "--from", "2026-05"])
    assert "401" in output or "refused" in output or "***" in output
    assert leaks(home, output) == []


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_no_secret_in_anything(home: Home, tmp_path: Path) -> None:
    """Every command with every vendor refusing: no secret in output, logs, history, tables, exports or backups."""
    plant(home)
    lines = [
        ["ingest"],
        ["ingest", "--mode", "everything"],
        ["run"],
        ["doctor"],
        ["webhooks", "list"],
        ["webhooks", "subscribe", "https://hooks.firm.example/webhooks/calendly"],
        ["webhooks", "repair"],
        ["scheduling-link", "https://api.calendly.com/event_types/x"],
        ["send", "lacrm"],
        ["explain", "address", CANARY],
        ["export", "sources.rejected_rows", "--to", str(home.root / "rejected.csv")],
        ["backup", str(home.root / "backup")],
        ["rebuild"],
    ]
    assert leaks(home, called(*lines)) == []


def plant(home: Home) -> None:
    """The canary's address in every route: a good row, a rejected row, an address book, a delivery, a decision."""
    rows = [
        "Invitee Email,Invitee Name,Start Date & Time,End Date & Time,Event Type Name,User Email,Event UUID",
        f"{CANARY},Canary Person,2026-06-01 09:00 am,2026-06-01 09:30 am,Review,dana@firm.example,e-1",
        f"{CANARY},Canary Person,no time at all,2026-06-01 09:30 am,Review,dana@firm.example,e-2",
        "bob@client.example,Bob Client,2026-06-02 09:00 am,2026-06-02 09:30 am,Review,dana@firm.example,e-3",
        *(
            f"bob@client.example,Bob,2026-06-{n:02} 11:00 am,2026-06-{n:02} 11:30 am,Review,dana@firm.example,f-{n}"
            for n in range(1, 20)
        ),
    ]
    (home.drop_folder("calendly") / "export.csv").write_text("\n".join(rows) + "\n")
    cards = f"Contact Id,Name,Email\n1,Canary Person,{CANARY}\n2,Bob Client,bob@client.example\n"
    (home.drop_folder("contacts") / "lacrm.csv").write_text(cards)
    state = State(url(home))
    state.upgrade()
    decide(state, CANARY)
    deliver(state, 1, f'{{"event": "invitee.created", "payload": {{"email": "{CANARY}", "name": "Canary Person"}}}}')
    state.close()


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_an_erased_address_is_nowhere(home: Home) -> None:
    """After a run and `erase --apply`, no file, table, history or backup has the address, and others' meetings stay."""
    plant(home)
    for line in (["run"], ["backup", str(home.root.parent / "backup")]):
        done = subprocess.run(
            [sys.executable, "-m", "calendly_pipeline.cli", *line], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    holds = among([CANARY])
    assert {name for name, text in everything_below(home) if mentions(text, holds)} >= {"warehouse.duckdb", "state.db"}
    erase = ["erase", CANARY, "--apply", "--backup", str(home.root.parent / "backup")]
    done = subprocess.run(
        [sys.executable, "-m", "calendly_pipeline.cli", *erase], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every table was built again without them." in done.stdout
    for root in (home, Home(home.root.parent / "backup")):
        assert [name for name, text in everything_below(root) if mentions(text, holds)] == []
        assert still_named(root, holds) == []
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from meetings.meetings").fetchall() == [(20,)]


def test_rejected_records_hold_no_link_that_acts(tables: Tables) -> None:
    """A link that cancels or moves a booking, and the password in a meeting's link, stand in no rejected row."""
    body = {
        "uri": "https://api.calendly.com/scheduled_events/e/invitees/i",
        "cancel_url": "https://calendly.com/cancellations/SECRET-1",
        "reschedule_url": "https://calendly.com/reschedulings/SECRET-2",
        "location": {"join_url": "https://zoom.us/j/1?pwd=SECRET-3"},
        "notes": "see https://x.example/j?p=SECRET-4 and bring it",
        "email": "ada@client.example",
    }
    said = json.dumps(body)
    record = {"platform": "calendly", "kind": "event"}
    bodies = {"e": said, "f": said.replace("/", "\\/")}  # the other way to write a slash
    given = [{**record, "record_id": key, "body": text} for key, text in bodies.items()]
    tables.given("sources.api_records", *given).run_stage("sources")
    found = tables.rows("select * from sources.rejected_rows where reason like '%start_time%' order by row_id")
    for row, slash in zip(found, ("/", "\\/"), strict=True):
        assert "SECRET" not in row["raw"]
        for kept in ("scheduled_events/e/invitees/i", "https://zoom.us/j/1", "ada@client.example", "and bring it"):
            assert kept.replace("/", slash) in row["raw"]
