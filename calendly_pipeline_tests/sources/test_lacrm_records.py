"""Rows of `sources.lacrm_contacts` from answers of every shape, odd ones too."""

import json
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline_tests.conftest import Tables

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG = "3862515354732873260518907940136"


def rows(tables: Tables, *contacts: dict[str, Any], fields: Any = (), listed: bool = True) -> dict[str, dict[str, Any]]:
    """Contacts as the API gave them; rows by id."""
    base = {"platform": "lacrm", "account": "default", "observed_at": AT}
    ids = [str(contact["ContactId"]) for contact in contacts] if listed else []
    records = [
        {**base, "kind": "contact", "record_id": str(contact["ContactId"]), "body": json.dumps(contact)}
        for contact in contacts
    ]
    listings = {"contact_ids": {"contact_ids": ids}, "contact_fields": fields}
    records += [
        {**base, "kind": "listing", "record_id": name, "body": json.dumps(body)} for name, body in listings.items()
    ]
    tables.given("sources.api_records", *records).run("sources.lacrm_contacts")
    found = tables.rows("sources.lacrm_contacts")
    for row in found:
        row |= {name: json.loads(row[name]) for name in ("addresses", "phones", "fields")}
    return {row["contact_key"]: row for row in found}


def test_a_contact_of_an_id_alone(tables: Tables) -> None:
    """What an answer does not say is blank, and breaks nothing."""
    row = rows(tables, {"ContactId": LONG, "Name": None, "Email": None, "Phone": {}, "UserMetaData": None})[LONG]
    assert (row["addresses"], row["phones"], row["fields"], row["is_company"]) == ([], [], {}, "false")
    assert {row[name] for name in ("first_name", "last_name", "company", "assigned_user", "full_name")} == {""}


def test_lists_of_every_shape(tables: Tables) -> None:
    """Addresses come as objects, as bare texts or as one alone; blanks and nulls are none."""
    said: list[Any] = [{"Text": " a@x.example "}, "b@x.example", {"Text": None}, {"Text": ""}, {}, None]
    row = rows(tables, {"ContactId": "1", "Email": said, "Phone": "+1 212 555 0100"})["1"]
    assert (row["addresses"], row["phones"]) == (["a@x.example", "b@x.example"], ["+1 212 555 0100"])
    assert rows(tables, {"ContactId": "1", "Email": {"Text": "c@x.example"}})["1"]["addresses"] == ["c@x.example"]


def test_a_name_as_one_text(tables: Tables) -> None:
    """A name that comes whole is the full name."""
    row = rows(tables, {"ContactId": "1", "Name": "Ada Alder"})["1"]
    assert (row["full_name"], row["first_name"]) == ("Ada Alder", "")


def test_custom_fields_are_text(tables: Tables) -> None:
    """Numbers, choices, lists, nulls and names with quotes, dots and brackets are text under their own names."""
    said = {"Meetings": 3, "VIP": True, "Topics": ["Tax", "Estate"], "Gone": None, 'A "b".c[0]$': "x", "Naïve ✓": "ü"}
    row = rows(tables, {"ContactId": "1", "LastUpdate": "2026-06-01", **said})["1"]
    assert row["fields"] == {
        "Meetings": "3",
        "VIP": "true",
        "Topics": "Tax, Estate",
        "Gone": "",
        'A "b".c[0]$': "x",
        "Naïve ✓": "ü",
    }


def test_fields_the_account_has_are_blank_where_nothing_is_said(tables: Tables) -> None:
    """The account's fields, wrapped or bare, stand on every card; sections do not, and a name twice is one."""
    fields = [
        {"Name": "Next meeting", "Type": "Date"},
        {"Name": "Next meeting", "Type": "Date"},
        {"Name": "About", "Type": "Section"},
        {"Type": "Text"},
    ]
    for answer in (fields, {"HasMoreResults": False, "Results": fields}):
        assert rows(tables, {"ContactId": "1"}, fields=answer)["1"]["fields"] == {"Next meeting": ""}


def test_a_household_by_any_of_its_names(tables: Tables) -> None:
    """A custom field called like the household column of an export is the household."""
    for name in ("Household", "household name", " Household ID "):
        assert rows(tables, {"ContactId": "1", name: "Alders"})["1"]["household"] == "Alders"
    assert rows(tables, {"ContactId": "1", "Household": ""})["1"]["household"] is None


def test_hostile_values(tables: Tables) -> None:
    """Markup, formulas, marks that turn the direction, and 10,000 characters arrive as they are."""
    for value in ("<script>alert(1)</script>", "=1+1", "\u202egnp.exe", "x" * 10_000, "{}", "[1]", "'; drop table x"):
        row = rows(tables, {"ContactId": "1", "Note": value, "Company Name": value})["1"]
        assert (row["fields"]["Note"], row["company"]) == (value, value)


def test_ids_keep_every_digit(tables: Tables) -> None:
    """An id of 31 digits is the text it came as, also where it came as a number."""
    assert set(rows(tables, {"ContactId": LONG}, {"ContactId": int(LONG) + 1})) == {LONG, str(int(LONG) + 1)}


def test_who_is_not_on_the_list_is_not_listed(tables: Tables) -> None:
    """A record without a list that names it stays out of force."""
    assert [row["is_listed"] for row in rows(tables, {"ContactId": "1"}, listed=False).values()] == [False]
