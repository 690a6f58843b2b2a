"""The fake LACRM's readings: one endpoint, bare keys, pages, filters, and every odd shape clients have seen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.lacrm.given import NOW, Lacrm, lacrm
from calendly_pipeline_tests.fakes.lacrm.server import SilentLimit


@pytest.fixture
def crm() -> Iterator[Lacrm]:
    """A firm of 23 contacts."""
    with lacrm(23) as given:
        yield given


def listed(crm: Lacrm, **parameters: Any) -> list[str]:
    """Ids of GetContacts, all on one page."""
    answer = crm.call("GetContacts", **{"MaxNumberOfResults": 10_000, **parameters})
    assert answer["HasMoreResults"] is False
    return [row["ContactId"] for row in answer["Results"]]


def found(crm: Lacrm, name: str, operation: str, value: Any = None) -> int:
    """How many contacts an advanced filter leaves."""
    return len(listed(crm, AdvancedFilters=[{"Name": name, "Operation": operation, "Value": value}]))


def test_who_the_key_is(crm: Lacrm) -> None:
    """GetUser tells the address, GetUsers tells all users to an admin as a bare array without addresses."""
    me, users = crm.call("GetUser"), crm.call("GetUsers")
    assert (me["Email"], isinstance(me["UserId"], int)) == ("dana@firm.example", True)
    assert [(user["FirstName"], "Email" in user) for user in users] == [("Dana", False), ("Omar", False)]


@pytest.mark.parametrize("key", ["", "wrong", "Bearer {key}"])
def test_a_key_that_is_none(crm: Lacrm, key: str) -> None:
    """A wrong key, and a good one behind `Bearer`, is refused with 400 like any other mistake."""
    assert crm.refusal("GetUser", key=key.format(key=crm.key)) == "Invalid API key"


def test_mistakes_of_a_request(crm: Lacrm) -> None:
    """An unknown function, a parameter left out, no JSON, another method and another path are refused in words."""
    assert crm.refusal("GetEverything") == "'GetEverything' is not a valid function"
    assert crm.refusal("GetContact") == "'ContactId' field is required for GetContact"
    headers = {"Authorization": crm.key}
    assert crm.http.post("/v2/", headers=headers, content=b"{").status_code == 400
    assert crm.http.get("/v2/", headers=headers).status_code == 400
    assert crm.http.post("/v1/", headers=headers, json={}).status_code == 404


def test_pages(crm: Lacrm) -> None:
    """The pages of one order hold everybody once; more than 10,000 at once are refused."""
    order = {"MaxNumberOfResults": 10, "SortBy": "DateCreated", "SortDirection": "Ascending"}
    pages = [crm.call("GetContacts", Page=number, **order) for number in (1, 2, 3, 4)]
    assert [len(page["Results"]) for page in pages] == [10, 10, 3, 0]
    assert [page["HasMoreResults"] for page in pages] == [True, True, False, False]
    ids = [row["ContactId"] for page in pages for row in page["Results"]]
    assert (sorted(ids), len(set(ids))) == (crm.world.ids(), 23)
    created = [row["DateCreated"] for page in pages for row in page["Results"]]
    assert created == sorted(created)
    assert "MaxNumberOfResults" in crm.refusal("GetContacts", MaxNumberOfResults=10_001)
    assert "Page" in crm.refusal("GetContacts", Page=0)


def test_five_hundred_by_default() -> None:
    """Without a number, a page has 500."""
    with lacrm(501) as crm:
        answer = crm.call("GetContacts")
    assert (len(answer["Results"]), answer["HasMoreResults"]) == (500, True)


def test_rows_shift_between_pages(crm: Lacrm) -> None:
    """There is no snapshot: after a deletion on the first page, the second begins one row later."""
    order = {"MaxNumberOfResults": 10, "SortBy": "DateCreated", "SortDirection": "Ascending"}
    first = crm.call("GetContacts", Page=1, **order)["Results"]
    before = crm.call("GetContacts", Page=2, **order)["Results"]
    crm.world.delete(first[0]["ContactId"])
    assert crm.call("GetContacts", Page=2, **order)["Results"][0]["ContactId"] == before[1]["ContactId"]


def test_kinds_of_records(crm: Lacrm) -> None:
    """Contacts and companies are told apart by filter; ids are texts of 31 digits, owners are numbers."""
    people, companies = listed(crm, RecordTypeFilter="Contacts"), listed(crm, RecordTypeFilter="Companies")
    assert (len(people), len(companies)) == (21, 2)
    person, company = (crm.call("GetContact", ContactId=ids[0]) for ids in (people, companies))
    assert (len(person["ContactId"]), person["ContactId"].isdigit(), type(person["AssignedTo"])) == (31, True, int)
    assert set(person["Name"]) == {"Salutation", "FirstName", "MiddleName", "LastName", "Suffix"}
    assert ("Name" in company, company["Company Name"].startswith("Company ")) == (False, True)
    assert person["DateCreated"][-6:] in ("-05:00", "-04:00")
    assert crm.refusal("GetContacts", RecordTypeFilter="People") == "'RecordTypeFilter' is not valid"


@pytest.mark.parametrize(
    ("name", "operation", "value", "count"),
    [
        ("Email", "IsExactly", "OFFICE9@company9.example", 1),
        ("Email", "Contains", "@home.example", 7),
        ("CompanyName", "IsExactly", "Company 19 LLC", 1),
        ("CompanyName", "IsNotEmpty", None, 2),
        ("JobTitle", "IsExactly", "owner", 5),
        ("Last meeting", "IsExactly", "2026-03-01", 6),
        ("Last meeting", "IsBetween", {"StartDate": "2026-01-01", "EndDate": "2026-12-31"}, 6),
        ("Last meeting", "IsAfter", "2026-03-01", 0),
        ("Review status", "IsNotEmpty", None, 6),
        ("DateEntered", "IsBefore", "2024-01-02", 0),
    ],
)
def test_filters(crm: Lacrm, name: str, operation: str, value: Any, count: int) -> None:
    """Filters go by the official names and by the display names of custom fields, dates by whole days."""
    assert found(crm, name, operation, value) == count


def test_changed_since_a_day(crm: Lacrm) -> None:
    """DateUpdated knows days only: a change of the same day is not after it."""
    crm.world.edit(NOW, crm.world.ids()[0], {"Background Info": "x"})
    assert found(crm, "DateUpdated", "IsAfter", (NOW - timedelta(days=1)).date().isoformat()) == 1
    assert found(crm, "DateUpdated", "IsAfter", NOW.date().isoformat()) == 0


@pytest.mark.parametrize(
    ("name", "operation"), [("Mood", "IsExactly"), ("Email", "IsNot"), ("DateUpdated", "Contains"), ("Email", None)]
)
def test_filters_that_are_none(crm: Lacrm, name: str, operation: str | None) -> None:
    """An unknown name, and an operation of another kind, are refused."""
    assert crm.ask("GetContacts", AdvancedFilters=[{"Name": name, "Operation": operation}]).status_code == 400


def test_what_a_user_may_see_and_change(crm: Lacrm) -> None:
    """A user does not see another's private contact; RequiresWriteAccess leaves those out that may only be read."""
    admin, omar = crm.world.users.values()
    key = crm.world.add_key(omar)
    private = crm.world.add(NOW, "Pia Private", readers=[admin.user_id]).contact_id
    readable = crm.world.add(NOW, "Rae Readable", writers=[admin.user_id]).contact_id
    seen = {row["ContactId"] for row in crm.call("GetContacts", key=key)["Results"]}
    writable = {row["ContactId"] for row in crm.call("GetContacts", key=key, RequiresWriteAccess=True)["Results"]}
    assert (private in seen, readable in seen, readable in writable, len(writable)) == (False, True, False, 23)
    assert crm.refusal("GetContact", key=key, ContactId=private) == crm.refusal("GetContact", ContactId="1")
    assert crm.call("GetContacts", RequiresWriteAccess=True, SearchTerms="rae readable")["Results"]


def test_several_by_id(crm: Lacrm) -> None:
    """Ids that are gone are left out."""
    one, two, *_ = crm.world.ids()
    crm.world.delete(two)
    answer = crm.call("GetContactsById", ContactIds=[one, two])
    assert [row["ContactId"] for row in answer["Results"]] == [one]


def test_custom_fields_by_record_type(crm: Lacrm) -> None:
    """Fields of contacts and of companies are told apart; archived ones and sections only when asked for."""
    crm.world.add_field("Head", "Section")
    crm.world.add_field("Old").is_archived = True
    crm.world.add_field("Size", "Number", record_type="Company")
    names = [row["Name"] for row in crm.call("GetCustomFields", RecordType="Contact")["Results"]]
    assert ("Review status" in names, "Head" in names, "Old" in names, "Size" in names) == (True, False, False, False)
    every = crm.call("GetCustomFields", IncludeArchivedFields=True, IncludeSections=True)["Results"]
    assert {"Head", "Old", "Size"} <= {row["Name"] for row in every}


def test_odd_shapes() -> None:
    """Results as an object by id, a bare array, options as objects, an error in a 200."""
    odd = {"results_as_objects": ["GetContacts"], "bare_results": ["GetCustomFields"], "plain_options": False}
    with lacrm(3, **odd, errors_in_200=True) as crm:
        results = crm.call("GetContacts")["Results"]
        fields = crm.call("GetCustomFields")
        error = crm.ask("GetContact", ContactId="1")
    assert all(row["ContactId"] == key for key, row in results.items())
    assert next(f for f in fields if f["Name"] == "Review status")["Options"][0]["Value"] == "Current"
    assert (error.status_code, "ErrorCode" in error.json()) == (200, True)


def test_a_key_refused_otherwise() -> None:
    """A wrong key may get 401 as well."""
    with lacrm(bad_key_status=401) as crm:
        assert crm.ask("GetUser", key="wrong").status_code == 401


def test_a_limit_that_no_header_tells_of() -> None:
    """Beyond the limit the answer is 429, and nothing says how long."""
    with lacrm(limit=SilentLimit(2, 60.0)) as crm:
        answers = [crm.ask("GetUser") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert not any(name.startswith(("x-rate", "retry")) for answer in answers for name in answer.headers)


def test_what_was_called_is_kept(crm: Lacrm) -> None:
    """Every call is kept with its parameters and refusal, and the key nowhere; a fault can name its function."""
    crm.server.faults.fail_next(1, "500", "getuser")
    assert [crm.ask(name).status_code for name in ("GetContacts", "GetUser", "GetUser")] == [200, 500, 200]
    crm.ask("GetContact", ContactId="7")
    assert [call.function for call in crm.server.calls] == ["GetContacts", "GetUser", "GetContact"]
    assert (crm.server.calls[-1].parameters, crm.server.calls[-1].error is None) == ({"ContactId": "7"}, False)
    assert crm.key not in str(list(crm.server.requests))
