"""The contact index from the CRM's API beside its exports: who is there, whose word counts, who was merged."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calendly_pipeline_tests.contacts.conftest import World

PULLED = datetime(2026, 6, 2, 5, 40, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC)
ADA = "3862515354732873260518907940136"
BEN = "4073197535309350529523826309903"


class Api:
    """What LACRM's API lists, beside what a World's files say."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listed: list[dict[str, Any]] = []

    def lists(self, contact_id: str, name: str, *addresses: str, **more: Any) -> "Api":
        """A contact the API lists, or once listed."""
        first, _, last = name.partition(" ")
        row = {"account": "default", "kind": "lacrm", "contact_key": contact_id, "is_company": "false"}
        row |= {"full_name": "", "first_name": first, "middle_name": "", "last_name": last, "suffix": ""}
        row |= {"company": "", "job_title": "", "assigned_user": "", "addresses": json.dumps(addresses), "phones": "[]"}
        row |= {"fields": {}, "is_listed": True, "observed_at": PULLED, "read_at": PULLED}
        self.listed.append({**row, **more})
        return self

    def exported(self, at: datetime) -> "Api":
        """When the world's files were exported."""
        self.world.files = [{**file, "modified_at": at, "landed_at": AFTER} for file in self.world.files]
        return self

    def contacts(self) -> dict[str, dict[str, Any]]:
        """The index by contact id."""
        pull = {"pull_id": "p", "platform": "lacrm", "account": "default"}
        self.world.tables.given("sources.lacrm_contacts", *self.listed)
        self.world.tables.given("sources.pulls", {**pull, "started_at": PULLED, "finished_at": PULLED})
        return {row["contact_id"]: row for row in self.world.run().rows("contacts.contacts")}


@pytest.fixture
def api(world: World) -> Api:
    """An API that lists nobody."""
    return Api(world)


def test_every_address_of_the_api(api: Api) -> None:
    """Contacts of the API are in the index under all their addresses, ids digit for digit, with the time of reading."""
    api.lists(ADA, "Ada Alder", "Ada@Example.com ", "ada@work.example", "n/a")
    (contact,) = api.contacts().values()
    rows = api.world.tables.rows("contacts.addresses")
    assert (contact["contact_id"], contact["source"], contact["read_at"]) == (ADA, "crm", PULLED)
    assert (contact["file_id"], contact["line"]) == (None, None)
    assert {row["address"] for row in rows} == {"ada@example.com", "ada@work.example"}


def test_the_api_wins(api: Api) -> None:
    """A card that an export holds too is one contact, and everything the API says of it counts, blanks as well."""
    api.world.card(ADA, "Ada Old", "old@example.com", company="Mills", household="H", fields={"A": "1", "B": "2"})
    api.exported(AFTER).lists(ADA, "Ada Alder", "ada@example.com", fields={"A": ""})
    (contact,) = api.contacts().values()
    assert (contact["full_name"], contact["company"], contact["household"]) == ("Ada Alder", None, "H")
    assert json.loads(contact["fields"]) == {"A": ""}
    assert [row["address"] for row in api.world.tables.rows("contacts.addresses")] == ["ada@example.com"]


def test_an_older_export_brings_nobody_back(api: Api) -> None:
    """Who is only in an export from before the API was read is gone."""
    api.world.card(BEN, "Ben Birch", "ben@example.com").person("Zoe New", "zoe@example.com")
    api.exported(BEFORE).lists(ADA, "Ada Alder", "ada@example.com")
    assert {row["full_name"] for row in api.contacts().values()} == {"Ada Alder", "Zoe New"}


def test_a_newer_export_adds_cards(api: Api) -> None:
    """Who is in an export made after the API was read is there."""
    api.world.card(BEN, "Ben Birch", "ben@example.com")
    api.exported(AFTER).lists(ADA, "Ada Alder", "ada@example.com")
    assert set(api.contacts()) == {ADA, BEN}


def test_a_key_that_sees_nobody_takes_nobody_away(api: Api) -> None:
    """When the API lists no contact at all, the export stays in force."""
    api.world.card(BEN, "Ben Birch", "ben@example.com")
    assert set(api.exported(BEFORE).contacts()) == {BEN}


def test_a_card_without_id_becomes_the_apis(api: Api) -> None:
    """A decision about a card of an export without ids follows to the API's contact of the same address and name."""
    api.world.card(None, "Ada Alder", "ada@example.com")
    former = next(iter(api.world.run().rows("contacts.contacts")))["contact_id"]
    api.world.decided("confirm", "new@example.com", "ada alder", contact_id=former)
    api.exported(BEFORE).lists(ADA, "Ada Alder", "ada@example.com")
    assert former.startswith("csv:")
    assert set(api.contacts()) == {ADA}
    (decision,) = api.world.tables.rows("contacts.decisions_in_force")
    assert (decision["contact_id"], decision["is_contact_gone"]) == (ADA, False)


def test_a_merged_contact_lives_on_in_the_other(api: Api) -> None:
    """Decisions about a contact that was merged away follow to the one that has its addresses and name."""
    api.lists(ADA, "Ada Alder", "ada@example.com", "a.alder@home.example")
    api.lists(BEN, "Ada Alder", "a.alder@home.example", is_listed=False)
    api.world.decided("confirm", "new@example.com", "ada alder", contact_id=BEN)
    assert set(api.contacts()) == {ADA}
    assert api.world.tables.rows("contacts.merged_contacts") == [{"former_id": BEN, "contact_id": ADA}]
    (decision,) = api.world.tables.rows("contacts.decisions_in_force")
    assert (decision["contact_id"], decision["is_contact_gone"]) == (ADA, False)


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("Max Alder", ["alders@example.com"]),
        ("Ada Alder", ["alders@example.com", "gone@example.com"]),
        ("Ada Alder", []),
    ],
    ids=["another name", "an address nobody has", "no address"],
)
def test_a_deleted_contact_is_nobody_elses(api: Api, name: str, addresses: list[str]) -> None:
    """A spouse at the same address, or somebody with some of the addresses, did not take over who was deleted."""
    api.lists(ADA, "Ada Alder", "alders@example.com").lists(BEN, name, *addresses, is_listed=False)
    api.world.decided("confirm", "new@example.com", "ben birch", contact_id=BEN)
    assert set(api.contacts()) == {ADA}
    assert api.world.tables.rows("contacts.merged_contacts") == []
    (decision,) = api.world.tables.rows("contacts.decisions_in_force")
    assert decision["is_contact_gone"]


def test_two_heirs_are_none(api: Api) -> None:
    """When two contacts have the addresses and the name, it is not guessed which of them was kept."""
    api.lists(ADA, "Ada Alder", "ada@example.com").lists("8", "Ada Alder", "ada@example.com")
    api.lists(BEN, "Ada Alder", "ada@example.com", is_listed=False).contacts()
    assert api.world.tables.rows("contacts.merged_contacts") == []


def test_a_company_of_the_api(api: Api) -> None:
    """A company keeps its name, is marked, and its address identifies nobody."""
    api.lists(ADA, "", "hello@mills.example", is_company="true", company="Mills Inc.", first_name="")
    assert (api.contacts()[ADA]["full_name"], api.contacts()[ADA]["is_company"]) == ("Mills Inc.", True)


def test_an_api_that_lists_too_few_is_noticed(api: Api) -> None:
    """When the key sees less than four fifths of the newest export's people, the check says so."""
    for number in range(10):
        api.world.card(str(number), f"Ada{number} Alder", f"a{number}@example.com")
    api.exported(BEFORE)
    for number in range(7):
        api.lists(str(number), f"Ada{number} Alder", f"a{number}@example.com")
    assert len(api.contacts()) == 7
    (bad,) = api.world.tables.bad_rows("contacts", "contacts_did_not_shrink")
    assert (bad["file_id"], bad["cards_count"], bad["cards_count_before"]) == ("the API", 7, 10)
    api.lists("7", "Ada7 Alder", "a7@example.com").lists("8", "Ada8 Alder", "a8@example.com").contacts()
    assert api.world.tables.bad_rows("contacts", "contacts_did_not_shrink") == []
