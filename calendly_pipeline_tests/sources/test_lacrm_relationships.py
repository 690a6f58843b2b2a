"""Relationships of LACRM: asked for contact by contact, landed when they change, households where the firm says so."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.sources import lacrm_pull
from calendly_pipeline.sources.pull_landing import Landing
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.contacts.conftest import World
from calendly_pipeline_tests.contacts.conftest import listed as listed
from calendly_pipeline_tests.contacts.conftest import world as world
from calendly_pipeline_tests.sources.lacrm_pulled import Firm, firm

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_only_what_is_wanted_is_asked_for(tmp_path: Path) -> None:
    """Nobody is asked about unless relationships are wanted; a second pull lands nothing that did not change."""
    with firm(tmp_path, 6) as own:
        one, two, *_ = own.world.ids(companies=False)
        own.crm.call("CreateRelationship", ContactId1=one, ContactId2=two, Note="Spouse")
        own.pull()
        assert "GetRelationshipsAttachedToContact" not in asked(own)
        own.pull(ask_relationships=True)
        assert asked(own).count("GetRelationshipsAttachedToContact") == len(own.world.ids(companies=False))
        files = own.files()
        own.pull(ask_relationships=True)
        assert own.files() == files


def test_those_asked_longest_ago_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull asks about a few; after enough pulls everybody was asked, and then the first are asked again."""
    monkeypatch.setattr(lacrm_pull, "ASKED_A_PULL", 2)
    with firm(tmp_path, 5) as own:
        people = own.world.ids(companies=False)
        turns = []
        for _ in range(4):
            before = len(own.crm.server.calls)
            own.pull(ask_relationships=True)
            turns += asked_of(own, before)
        assert turns == (people * 2)[:8]


def test_a_contact_that_is_gone_meanwhile_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal about one contact stops nothing and stands in the pull's notes."""
    with firm(tmp_path, 3) as own:
        first, *_ = own.world.ids(companies=False)
        monkeypatch.setattr(Landing, "land_ids", lambda landing, kind, listed: own.world.delete(first))
        report = own.pull(ask_relationships=True)
        assert any("refused to say the relationships of 1 contacts" in note for note in report.notes)


def asked(own: Firm) -> list[str]:
    """Functions called."""
    return [called.function for called in own.crm.server.calls]


def asked_of(own: Firm, since: int) -> list[str]:
    """Contacts whose relationships were asked for, after so many calls."""
    called = list(own.crm.server.calls)[since:]
    return [one.parameters["ContactId"] for one in called if one.function == "GetRelationshipsAttachedToContact"]


def said_of(contact_id: str, minute: int, *relationships: tuple[str, str, str, str]) -> dict[str, Any]:
    """A contact's relationships as landed: id, one contact, the other, note."""
    names = ("RelationshipId", "ContactId1", "ContactId2", "Note")
    rows = [dict(zip(names, row, strict=True)) for row in relationships]
    base = {"platform": "lacrm", "account": "default", "kind": "relationships", "record_id": contact_id}
    body = {"record_id": contact_id, "relationships": rows}
    return {**base, "observed_at": AT + timedelta(minutes=minute), "body": json.dumps(body)}


def test_the_newest_word_counts(tables: Tables) -> None:
    """A relationship stands as it was said last; whoever is asked later and does not name it any more ends it."""
    given = tables.given(
        "sources.api_records", said_of("1", 0, ("r", "1", "2", "spouse")), said_of("2", 5, ("r", "1", "2", " Wife "))
    )
    (row,) = given.run("sources.lacrm_relationships").rows("sources.lacrm_relationships")
    assert (row["contact_id"], row["other_contact_id"], row["note"]) == ("1", "2", "Wife")
    tables.given("sources.api_records", said_of("1", 9), said_of("2", 5, ("r", "1", "2", " Wife ")))
    assert tables.run("sources.lacrm_relationships").rows("sources.lacrm_relationships") == []
    tables.given("sources.api_records", said_of("1", 3), said_of("2", 5, ("r", "1", "2", " Wife ")))
    assert len(tables.run("sources.lacrm_relationships").rows("sources.lacrm_relationships")) == 1
    odd = [("", "1", "2", "spouse"), ("x", "1", None, "spouse")]
    tables.given("sources.api_records", said_of("1", 0, *odd))  # type: ignore[arg-type]  # what the API might say
    assert tables.run("sources.lacrm_relationships").rows("sources.lacrm_relationships") == []


@pytest.mark.parametrize(
    ("notes", "households"),
    [
        pytest.param([], [], id="none-wanted"),
        pytest.param(["spouse"], [("lacrm:1", "1"), ("lacrm:1", "2")], id="spouse"),
        pytest.param(["Spouse", "child"], [("lacrm:1", one) for one in "123"], id="and-child"),
    ],
)
def test_households_of_relationships(world: World, notes: list[str], households: list[tuple[str, str]]) -> None:
    """Relationships whose whole note the firm named make a household with all they lead to; others, companies, none."""
    for number, name in enumerate(["Jane Alder", "Max Alder", "Tim Alder", "Rita Roe", "Ed Exe"], 1):
        world.card(str(number), name, f"{name.split()[0]}@example.com")
    world.card("9", "", "info@mills.example", company="Mills", is_company="true")
    related = [
        ("1", "2", "SPOUSE"),
        ("2", "3", "child"),
        ("3", "4", "ex-spouse"),
        ("5", "77", "spouse"),
        ("5", "9", "spouse"),
    ]
    rows = [
        {
            "account": "default",
            "relationship_id": str(number),
            "contact_id": one,
            "other_contact_id": other,
            "note": note,
        }
        for number, (one, other, note) in enumerate(related)
    ]
    world.settings["lacrm"] = {"household_relationships": notes}
    world.tables.given("sources.lacrm_relationships", *rows)
    found = world.run().rows("contacts.households")
    assert [(row["household_id"], row["contact_id"]) for row in found] == households
    assert {row["source"] for row in found} <= {"crm"}
