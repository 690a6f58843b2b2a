"""The unified contact index: who is on a card, under which addresses, and which file says so."""

from typing import Any

from calendly_pipeline_tests.contacts.conftest import World


def _contacts(world: World) -> dict[str, dict[str, Any]]:
    return {row["full_name"]: row for row in world.run().rows("contacts.contacts")}


def _addresses(world: World) -> set[tuple[str, str, str]]:
    rows = world.run().rows("contacts.addresses")
    return {(row["address"], row["contact_id"], row["source"]) for row in rows}


def test_every_address(world: World) -> None:
    """Every address of a card is in the index, lower case and without blanks; text that is no address is not."""
    world.card("7", "Jane Alder", " Jane@Example.com", "jane.alder@work.example", "n/a", "jane@example.com.")
    assert _addresses(world) == {("jane@example.com", "7", "crm"), ("jane.alder@work.example", "7", "crm")}


def test_long_ids_are_text(world: World) -> None:
    """An id of 31 digits arrives digit for digit."""
    contact_id = "3862515354732873260518907940136"
    world.card(contact_id, "Jane Alder", "jane@example.com")
    assert _contacts(world)["Jane Alder"]["contact_id"] == contact_id


def test_newest_export_decides_who_is_there(world: World) -> None:
    """A card that the newest CRM export no longer has is gone; a card that both have is the newer one."""
    world.files.append({"file_id": "new", "folder": "contacts", "name": "lacrm (1).csv", "recency": 3})
    world.card("7", "Jane Alder", "jane@example.com").card("8", "Max Birch", "max@example.com")
    world.card("7", "Jane Cedar", "jane@example.org", file_id="new", kind="crm")
    assert set(_contacts(world)) == {"Jane Cedar"}
    assert _addresses(world) == {("jane@example.org", "7", "crm")}


def test_missing_column_keeps_the_older_value(world: World) -> None:
    """What the newest export has no column for stays as the older one said; a blank cell blanks."""
    world.files.append({"file_id": "new", "folder": "contacts", "name": "lacrm (1).csv", "recency": 3})
    world.card("7", "Jane Alder", "jane@example.com", company="Mills", job_title="Owner", fields={"A": "1", "B": "2"})
    world.card("7", "Jane Alder", file_id="new", kind="crm", company="", job_title=None, fields={"B": "3"})
    (contact,) = _contacts(world).values()
    assert (contact["company"], contact["job_title"], contact["fields"]) == (None, "Owner", '{"A":"1","B":"3"}')
    assert _addresses(world) == {("jane@example.com", "7", "crm")}


def test_a_copy_of_the_newest_file_changes_nothing(world: World) -> None:
    """The file a card comes from is the newest that has it."""
    world.files.append({"file_id": "new", "folder": "contacts", "name": "lacrm (1).csv", "recency": 3})
    world.card("7", "Jane Alder", "jane@example.com").card("7", "Jane Alder", "jane@example.com", file_id="new")
    assert _contacts(world)["Jane Alder"]["file_id"] == "new"


def test_card_without_id(world: World) -> None:
    """A card without an id gets one made of its first address and its name, the same in every run and spelling."""
    world.card(None, "Jane Alder", "Jane@example.com")
    first = _contacts(world)["Jane Alder"]["contact_id"]
    world.cards.clear()
    world.card(None, "JANE ALDER", "jane@example.com", "jane@other.example")
    assert first.startswith("csv:")
    assert _contacts(world)["JANE ALDER"]["contact_id"] == first


def test_card_without_id_becomes_the_one_with(world: World) -> None:
    """Of two cards of one address and name, one without an id, one contact is left: the one with the id."""
    world.card(None, "Jane Alder", "jane@example.com", "j@home.example").card("7", "Jane Alder", "jane@example.com")
    assert set(_contacts(world)) == {"Jane Alder"}
    assert _addresses(world) == {("jane@example.com", "7", "crm"), ("j@home.example", "7", "crm")}


def test_address_book_adds_addresses(world: World) -> None:
    """Somebody of an address book with a card's address and name lends the card their other addresses."""
    world.card("7", "Robert Hale", "bob@example.com").person("Bob Hale", "BOB@example.com", "bob@home.example")
    assert set(_contacts(world)) == {"Robert Hale"}
    assert _addresses(world) == {("bob@example.com", "7", "crm"), ("bob@home.example", "7", "address_book")}


def test_address_book_of_another_name(world: World) -> None:
    """Somebody of another name at a card's address stays somebody else, outside the CRM."""
    world.card("7", "Max Alder", "alders@example.com").person("Jane Alder", "alders@example.com", "jane@example.com")
    contacts = _contacts(world)
    assert (contacts["Max Alder"]["source"], contacts["Jane Alder"]["source"]) == ("crm", "address_book")
    assert ("jane@example.com", "7", "address_book") not in _addresses(world)


def test_one_person_in_two_address_books(world: World) -> None:
    """The same address and name in two address books is one person."""
    world.files.append({"file_id": "book 2", "folder": "contacts", "name": "outlook.csv", "recency": 4})
    world.person("Jane Alder", "jane@example.com").person(
        "Jane Alder", "jane@example.com", "j@x.example", file_id="book 2"
    )
    assert list(_contacts(world)) == ["Jane Alder"]
    assert {address for address, _, _ in _addresses(world)} == {"jane@example.com", "j@x.example"}


def test_newest_content_of_an_address_book(world: World) -> None:
    """A newer content under the same file name replaces the older one whole."""
    world.files.append({"file_id": "newer", "folder": "contacts", "name": "google.csv", "recency": 4})
    world.person("Jane Alder", "jane@example.com").person("Max Birch", "max@example.com", file_id="newer")
    assert set(_contacts(world)) == {"Max Birch"}


def test_company(world: World) -> None:
    """A company keeps its name and is marked."""
    world.card("7", "", "hello@mills.example", is_company="true", company="Mills Inc.", first_name=None)
    assert _contacts(world)["Mills Inc."]["is_company"]
    assert world.run().rows("contacts.addresses")[0]["is_company"]


def test_households(world: World) -> None:
    """A household is what the CRM says, never a surname or an address in common."""
    world.card("7", "Jane Alder", "a@example.com", household="HH-1").card("8", "Max Alder", "a@example.com")
    rows = world.run().rows("contacts.households")
    assert rows == [{"household_id": "HH-1", "contact_id": "7", "source": "crm"}]


def test_decided_household(world: World) -> None:
    """A person may put a contact into a household; it may have a name of any form."""
    world.card("7", "Jane Alder", "j@example.com", household="Alders").card("8", "Max Alder", "m@example.com")
    world.decided("household", "Alders", contact_id="8")
    rows = world.run().rows("contacts.households")
    assert [(row["household_id"], row["contact_id"], row["source"]) for row in rows] == [
        ("Alders", "7", "crm"),
        ("Alders", "8", "decision"),
    ]


def test_confirmed_address_joins_the_index(world: World) -> None:
    """A confirmed address stands in the index as such, and an assistant's does not."""
    world.card("7", "Jane Alder", "jane@example.com")
    world.decided("confirm", "new@example.com", "jane alder", contact_id="7")
    world.decided("books_for", "helper@example.com", "zoe birch", contact_id="7")
    assert _addresses(world) == {("jane@example.com", "7", "crm"), ("new@example.com", "7", "confirmed")}


def test_domain_classes(world: World) -> None:
    """Freemail, relays, disposable addresses and the firm's own domain are told from companies."""
    world.settings["firm"]["internal_domains"] = ["firm.example"]
    domains = ("gmail.com", "duck.com", "mailinator.com", "firm.example", "mills.example")
    for number, domain in enumerate(domains):
        world.card(str(number), "Jane Alder", f"jane@{domain}").booked(str(number), f"jane@{domain}", "Jane Alder")
    wanted = ["freemail", "relay", "disposable", "internal", "company"]
    assert [row["domain_class"] for row in world.run().rows("from contacts.addresses order by contact_id")] == wanted
    found = world.run().rows("from contacts.identities")
    by_address = {row["address"].partition("@")[2]: row["domain_class"] for row in found}
    assert by_address == dict(zip(domains, wanted, strict=True))


def test_people_and_companies_in_files_of_their_own(world: World) -> None:
    """A newer file of companies does not take the people away."""
    world.files.append({"file_id": "new", "folder": "contacts", "name": "lacrm companies.csv", "recency": 3})
    world.card("7", "Jane Alder", "jane@example.com")
    world.card("8", "", file_id="new", kind="crm", is_company="true", company="Mills Inc.", first_name=None)
    assert set(_contacts(world)) == {"Jane Alder", "Mills Inc."}
