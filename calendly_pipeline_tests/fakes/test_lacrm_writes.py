"""The fake LACRM's writes: what changes, what is silently ignored, what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.lacrm.given import NOW, Lacrm, lacrm

FULL = {"Last meeting": "2026-03-01", "Review status": "Due", "Meetings last 12 months": 3}


@pytest.fixture
def crm() -> Iterator[Lacrm]:
    """A firm without contacts."""
    with lacrm() as given:
        yield given


@pytest.fixture
def ada(crm: Lacrm) -> str:
    """Somebody with two addresses and values in three fields."""
    return crm.world.add(NOW, "Ada Alder", "ada@example.com", "ada@work.example", written=FULL).contact_id


def card(crm: Lacrm, contact_id: str) -> dict[str, Any]:
    """The contact as shown."""
    return crm.call("GetContact", ContactId=contact_id)


def test_only_what_is_passed_changes(crm: Lacrm, ada: str) -> None:
    """A field written by its display name changes and nothing else but LastUpdate; the answer is empty."""
    before = card(crm, ada)
    crm.server.now = lambda: NOW.replace(hour=12)
    answer = crm.ask("EditContact", ContactId=ada, **{"Last meeting": "2026-06-01"})
    after = card(crm, ada)
    assert (answer.status_code, answer.content) == (200, b"")
    assert {key for key in after if after[key] != before[key]} == {"Last meeting", "LastUpdate"}
    assert after["Last meeting"] == "2026-06-01"


def test_equal_values_are_a_change_to_others(crm: Lacrm, ada: str) -> None:
    """Writing what stands there fires another update and moves LastUpdate."""
    before = card(crm, ada)
    crm.server.now = lambda: NOW.replace(hour=12)
    crm.call("EditContact", ContactId=ada, **{"Last meeting": "2026-03-01"})
    assert card(crm, ada)["LastUpdate"] > before["LastUpdate"]
    assert crm.world.fired[-1] == ("Contact.Update", ada)


def test_unknown_names_and_ids_are_ignored(crm: Lacrm, ada: str) -> None:
    """A name that is no field, a renamed field's old name and a field's id change nothing and raise no error."""
    number = crm.world.field("Last meeting").field_id
    crm.world.rename_field("Review status", "Review")
    crm.call("EditContact", ContactId=ada, **{"Mood": "x", number: "2026-06-01", "Review status": "Current"})
    after = card(crm, ada)
    assert (after["Last meeting"], after["Review"], "Mood" in after) == ("2026-03-01", "Due", False)


def test_null_blanks(crm: Lacrm, ada: str) -> None:
    """Null blanks a field of any kind; one left out stays."""
    crm.call("EditContact", ContactId=ada, **{"Last meeting": None, "Review status": None})
    after = card(crm, ada)
    assert (after["Last meeting"], after["Review status"], after["Meetings last 12 months"]) == ("", "", "3")


def test_a_removed_field_takes_its_values_along(crm: Lacrm, ada: str) -> None:
    """A field made again under the old name is blank."""
    crm.world.remove_field("Last meeting")
    crm.world.add_field("Last meeting", "Date")
    assert card(crm, ada)["Last meeting"] == ""


def test_lists_are_replaced_whole(crm: Lacrm, ada: str) -> None:
    """One address written takes the others away."""
    crm.call("EditContact", ContactId=ada, Email=["new@example.com"])
    assert [entry["Text"] for entry in card(crm, ada)["Email"]] == ["new@example.com"]


@pytest.mark.parametrize(
    "email",
    [
        "a@x.example",
        ["a@x.example"],
        [{"Text": "a@x.example"}],
        [{"Text": "a@x.example", "Type": ""}],
        [{"Text": "a@x.example", "Type": "Work"}],
    ],
)
def test_ways_to_write_an_address(crm: Lacrm, ada: str, email: Any) -> None:
    """A text, texts, or objects; a blank type is the first."""
    crm.call("EditContact", ContactId=ada, Email=email)
    (entry,) = card(crm, ada)["Email"]
    assert (entry["Text"], entry["Type"]) == ("a@x.example", "Work")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"Review status": "due"}, "not a valid option"),
        ({"Review status": ["Due"]}, "not a valid Dropdown"),
        ({"Last meeting": "soon"}, "not a valid Date"),
        ({"Meetings last 12 months": "three"}, "not a valid Number"),
        ({"Email": [{"Text": "a@x.example", "Type": "Secret"}]}, "not a valid type"),
        ({"AssignedTo": 1}, "not a valid user"),
    ],
)
def test_a_refused_write_changes_nothing(crm: Lacrm, ada: str, written: dict[str, Any], words: str) -> None:
    """An option of other letters, a value of another kind: refused whole, whatever else was passed."""
    before = card(crm, ada)
    assert words in crm.refusal("EditContact", ContactId=ada, **{"Background Info": "x", **written})
    assert card(crm, ada) == before


def test_checkbox(crm: Lacrm, ada: str) -> None:
    """A checkbox takes and shows a list of its options."""
    crm.world.add_field("Topics", "Checkbox", options=["Tax", "Estate"])
    crm.call("EditContact", ContactId=ada, Topics=["Tax", "Estate"])
    assert card(crm, ada)["Topics"] == ["Tax", "Estate"]
    assert "not a valid option" in crm.refusal("EditContact", ContactId=ada, Topics=["Golf"])


def test_names_in_and_out(crm: Lacrm, ada: str) -> None:
    """A name is written as one text and shown in parts."""
    crm.call("EditContact", ContactId=ada, Name="Dr. Ada Maria Alder Jr.")
    said = {"Salutation": "Dr.", "FirstName": "Ada", "MiddleName": "Maria", "LastName": "Alder", "Suffix": "Jr."}
    assert card(crm, ada)["Name"] == said


def test_new_contacts(crm: Lacrm) -> None:
    """A person is made without a look-up, twice too; a company's name only once; a new company comes by its name."""
    owner = crm.call("GetUser")["UserId"]
    person = {"IsCompany": False, "AssignedTo": str(owner), "Name": "Ben Birch", "Email": "ben@example.com"}
    first = crm.call("CreateContact", **person, **{"Company Name": "Mills LLC"})["ContactId"]
    assert crm.call("CreateContact", **person)["ContactId"] != first
    company = crm.world.company_named("Mills LLC")
    assert company is not None
    assert card(crm, first)["CompanyId"] == company.contact_id
    again = {"IsCompany": True, "AssignedTo": owner, "Company Name": "Mills LLC"}
    assert crm.refusal("CreateContact", **again) == "A company called 'Mills LLC' exists already"
    assert crm.refusal("CreateContact", IsCompany=False, AssignedTo=owner).startswith("'Name' field is required")


def test_delete(crm: Lacrm, ada: str) -> None:
    """A contact goes with its notes; a second time is an error."""
    crm.call("CreateNote", ContactId=ada, Note="x")
    crm.call("DeleteContact", ContactId=ada)
    assert (crm.world.notes, "not valid" in crm.refusal("DeleteContact", ContactId=ada)) == ({}, True)


def test_merge(crm: Lacrm, ada: str) -> None:
    """Who stays takes over addresses, notes, and values where there were none; the other's id is gone."""
    other = crm.world.add(NOW, "Ada Alder", "ada@home.example", "ADA@example.com", written={"Household": "Alders"})
    crm.call("CreateNote", ContactId=other.contact_id, Note="kept")
    crm.world.merge(NOW, ada, other.contact_id)
    after = card(crm, ada)
    addresses = [entry["Text"] for entry in after["Email"]]
    assert addresses == ["ada@example.com", "ada@work.example", "ada@home.example"]
    assert (after["Household"], after["Last meeting"]) == ("Alders", "2026-03-01")
    assert crm.call("GetNotesAttachedToContact", ContactId=ada)["Results"][0]["Note"] == "kept"
    assert "not valid" in crm.refusal("GetContact", ContactId=other.contact_id)


def test_who_may_write(crm: Lacrm, ada: str) -> None:
    """A contact that may only be read, and a key that may only read, are refused."""
    admin, omar = crm.world.users.values()
    crm.world.contacts[ada].writers = frozenset([admin.user_id])
    written = {"ContactId": ada, "Background Info": "x"}
    assert "permission" in crm.refusal("EditContact", key=crm.world.add_key(omar), **written)
    assert "permission" in crm.refusal("EditContact", key=crm.world.add_key(admin, may_write=False), **written)


def test_fields_are_made_by_admins(crm: Lacrm) -> None:
    """An admin makes a field with its options; anybody else, a name twice and an unknown kind are refused."""
    field = {"Name": "Segment", "Type": "Dropdown", "Options": ["A", "B"]}
    omar = crm.world.add_key(list(crm.world.users.values())[1])
    assert "admins" in crm.refusal("CreateCustomField", key=omar, **field)
    assert crm.call("CreateCustomField", **field)["CustomFieldId"].isdigit()
    assert crm.world.field("Segment").options == ["A", "B"]
    assert "exists already" in crm.refusal("CreateCustomField", **field)
    assert "field type" in crm.refusal("CreateCustomField", Name="X", Type="Mood")
    assert "cannot be required" in crm.refusal("CreateCustomField", Name="X", Type="TextArea", IsRequired=True)


def test_done_though_the_answer_was_broken_off(crm: Lacrm, ada: str) -> None:
    """A write whose answer does not arrive whole was carried out, and can be looked up."""
    crm.server.faults.fail_next(1, "truncated", "createnote")
    crm.ask("CreateNote", ContactId=ada, Note="text\n[calendly:e1]")
    (note,) = crm.call("GetNotesAttachedToContact", ContactId=ada)["Results"]
    assert note["Note"].splitlines()[-1] == "[calendly:e1]"
