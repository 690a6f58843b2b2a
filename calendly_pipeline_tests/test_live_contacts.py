"""The CRM's contacts as Dagster and the command line pull them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from calendly_pipeline.cli import commands
from calendly_pipeline.execution import run_job
from calendly_pipeline.home import Home
from calendly_pipeline.warehouse import open_warehouse
from calendly_pipeline_tests.fakes.lacrm.given import NOW, Lacrm, lacrm

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A firm with its zone set, which asks its CRM twenty times a second."""
    home = Home(tmp_path / "home")
    home.create()
    settings = '[firm]\ntime_zone = "America/New_York"\n[lacrm]\nrequests_per_second = 20.0\n'
    home.settings_file.write_text(settings, encoding="utf-8")
    return home


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lacrm]:
    """A CRM of 12 contacts, whose key the environment holds."""
    with lacrm(12) as crm:
        monkeypatch.setenv("LACRM_API_KEY", crm.key)
        monkeypatch.setenv("LACRM_API_URL", f"{crm.url}/v2/")
        yield crm


def call(*arguments: str) -> Result:
    """A command as somebody types it."""
    return CliRunner().invoke(commands, list(arguments))


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    """Rows out of the warehouse."""
    with open_warehouse(home.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.faults
def test_pulls_need_no_warehouse_and_the_index_no_network(home: Home, crm: Lacrm) -> None:
    """Pulls run while another process holds the warehouse; the index is built without asking anybody.

    A deleted and a merged contact are not in it, and the merged one's id leads to the one that was kept.
    """
    kept = crm.world.add(NOW, "Ada Alder", "ada@example.com").contact_id
    gone = crm.world.add(NOW, "Ada Alder", "ada@home.example").contact_id
    with open_warehouse(home.warehouse):
        first = run_job(home, "contact_index_pull", None)
        crm.world.merge(NOW, kept, gone)
        crm.world.delete(crm.world.ids()[0])
        second = run_job(home, "contact_index_pull", None)
    found = [outcome.findings["sources.lacrm_pull"] for outcome in (first, second)]
    assert [(pull["new"], pull["absent"]) for pull in found] == [(14, 0), (0, 2)]
    there, asked = crm.world.ids(), len(crm.server.calls)
    crm.world.contacts.clear()
    assert run_job(home, "contact_index", AS_OF).succeeded
    contacts = rows(home, "select * from contacts.contacts order by contact_id")
    assert [row[0] for row in contacts] == there
    assert rows(home, f"select contact_id from contacts.contact_aliases where former_id = '{gone}'") == [(kept,)]
    assert len(crm.server.calls) == asked


def test_ingest_pulls_the_contacts_too(home: Home, crm: Lacrm) -> None:
    """Without months, `ingest` also reads the CRM and says what it found; with months it does not."""
    done = call("ingest")
    assert done.exit_code == 0, done.output
    assert "lacrm_pull default: done" in done.output
    assert "salesforce_pull default: not configured" in done.output
    asked = len(crm.server.calls)
    assert call("ingest", "--from", "2026-05").exit_code == 0
    assert len(crm.server.calls) == asked


def test_without_a_key_nothing_is_asked(home: Home) -> None:
    """No key is no failure: the asset says which variable is not set."""
    outcome = run_job(home, "contact_index_pull", None)
    assert outcome.succeeded
    found = outcome.findings["sources.lacrm_pull"]["accounts"]
    assert found == {"default": "not configured: LACRM_API_KEY is not set"}


def test_a_wrong_key_fails_the_pull_in_words(home: Home, crm: Lacrm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run fails, names the remedy and not the key."""
    monkeypatch.setenv("LACRM_API_KEY", "12345-notakey")
    outcome = run_job(home, "contact_index_pull", None)
    assert not outcome.succeeded
    assert "Settings, Programmer API" in str(outcome.error)
    assert "12345-notakey" not in str(outcome.error)


def test_doctor_says_whose_key_it_is(home: Home, crm: Lacrm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor names the key's user and how many contacts it sees; a wrong key is an error with its remedy."""
    assert "key of dana@firm.example, sees 11 contacts and 1 companies" in " ".join(call("doctor").output.split())
    monkeypatch.setenv("LACRM_API_KEY", "12345-notakey")
    refused = call("doctor")
    assert (refused.exit_code, "Programmer API" in " ".join(refused.output.split())) == (1, True)
    monkeypatch.delenv("LACRM_API_KEY")
    assert "LACRM_API_KEY is not set; its exports are read" in " ".join(call("doctor").output.split())


def test_a_pull_is_landed_for_people_to_read(home: Home, crm: Lacrm) -> None:
    """A finished pull leaves a manifest that names the key's user and no key anywhere."""
    assert run_job(home, "contact_index_pull", None).succeeded
    (manifest,) = (home.landing / "lacrm").glob("*/pulls/*.json")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    assert (said["account_address"], said["from_at"], said["counts"]["new"]) == ("dana@firm.example", None, 12)
    landed = [path.read_bytes() for path in (home.landing / "lacrm").rglob("*") if path.is_file()]
    assert not any(crm.key.encode() in content for content in landed)
