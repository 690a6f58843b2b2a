"""The fake Salesforce: what it says of its objects, what it lets through, what it refuses."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.salesforce.given import UPSERT, Org, salesforce
from calendly_pipeline_tests.fakes.salesforce.records import FieldSpec, Refused
from calendly_pipeline_tests.fakes.salesforce.world import LINK_KEY, LINK_OBJECT, USER_LINK

LINK = {LINK_KEY: "u1:profile", "Calendly__lnk_URL__c": "https://calendly.com/ada"}


@pytest.fixture
def org() -> Iterator[Org]:
    """A firm with three users."""
    with salesforce(3) as given:
        yield given


def test_describe_tells_labels_and_what_may_be_written(org: Org) -> None:
    """Every field with its label, type and length, the external id marked; an unknown object is not found."""
    said = org.ask("GET", f"sobjects/{LINK_OBJECT}/describe").json()
    fields = {field["name"]: field for field in said["fields"]}
    assert (fields["Calendly__lnk_URL__c"]["label"], fields["Calendly__lnk_URL__c"]["type"]) == ("Link", "url")
    assert [name for name, field in fields.items() if field["externalId"]] == [LINK_KEY]
    assert (fields["Id"]["updateable"], fields[LINK_KEY]["updateable"], fields[LINK_KEY]["length"]) == (False, True, 80)
    assert org.refusal("GET", "sobjects/Nothing__c/describe") == (404, "NOT_FOUND")


def test_queries_compare_without_case_and_come_in_pages(org: Org) -> None:
    """Addresses match whatever their case; the rest of a long answer has an address of its own."""
    org.server.page_size = 2
    asked = "('HOST1@firm.example', 'host2@firm.example','host3@firm.example')"
    where = f"WHERE Email IN {asked} AND IsActive = true"
    first = org.ask("GET", "query/", params={"q": f"SELECT Id, Email FROM User {where}"}).json()
    rest = org.http.get(first["nextRecordsUrl"]).json()
    assert (first["totalSize"], first["done"], rest["done"]) == (3, False, True)
    found = [row["Email"] for row in first["records"] + rest["records"]]
    assert found == ["host1@firm.example", "host2@firm.example", "host3@firm.example"]


def test_quoted_text_in_a_query_is_text(org: Org) -> None:
    """A quote in an address ends nothing."""
    org.world.add_user("o'hara@firm.example")
    assert len(org.query(r"SELECT Id FROM User WHERE Email IN ('o\'hara@firm.example')")) == 1


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing FROM User", "INVALID_FIELD"),
        ("SELECT Id FROM User WHERE Nothing = true", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        ("SELECT Id FROM User WHERE Email IN ('x') GARBAGE", "MALFORMED_QUERY"),
        ("DELETE FROM User", "MALFORMED_QUERY"),
    ],
)
def test_queries_it_does_not_know(org: Org, soql: str, code: str) -> None:
    """Unknown columns and objects, and what is no query, are refused by the vendor's codes."""
    assert org.refusal("GET", "query/", params={"q": soql}) == (400, code)


def test_upsert_makes_and_then_changes(org: Org) -> None:
    """The same key twice is one row, whatever its case; equal values still count as a write of the row."""
    made = org.write(UPSERT, LINK)
    changed = org.write(UPSERT, {**LINK, LINK_KEY: "U1:Profile", "Calendly__lnk_URL__c": "https://calendly.com/new"})
    org.write(UPSERT, {LINK_KEY: "u1:profile", "Calendly__lnk_URL__c": "https://calendly.com/new"})
    assert (made[0]["created"], changed[0]["created"], made[0]["id"] == changed[0]["id"]) == (True, False, True)
    assert org.world.links_by_key()["u1:profile"]["Calendly__lnk_URL__c"] == "https://calendly.com/new"
    assert org.world.touched[made[0]["id"]] == 3
    assert [called.is_write for called in org.server.calls] == [True, True, True]


def test_update_goes_by_id(org: Org) -> None:
    """A user's link is set by the user's id; an id that is not there refuses that record alone."""
    (user,) = org.query("SELECT Id FROM User WHERE Email IN ('host1@firm.example')")
    good = {"Id": user["Id"], USER_LINK: "https://calendly.com/ada"}
    missing = {"Id": "005000000000000099", USER_LINK: "x"}
    results = org.write("composite/sobjects", good, missing, {"Id": "a0B1", USER_LINK: "x"}, of="User")
    assert [one["success"] for one in results] == [True, False, False]
    assert [one["errors"][0]["statusCode"] for one in results[1:]] == ["INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"]
    assert org.world.user(user["Id"])[USER_LINK] == "https://calendly.com/ada"


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    """The code of each record's first error; None: it passed."""
    return [one["errors"][0]["statusCode"] if one["errors"] else None for one in results]


def test_each_record_of_a_batch_has_its_own_fate(org: Org) -> None:
    """Every code that the real one gives a single record; those beside it pass, and nothing of the others is kept."""
    spec = FieldSpec("Owner_Text__c", "Owner", is_required=True)
    org.world.links.add_fields([spec, FieldSpec("Locked__c", "Locked", is_writable=False)])
    good = {"Owner_Text__c": "x"}
    org.world.locked["locked"] = 1
    org.world.refused["validated"] = ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ask the admin")
    results = org.write(
        UPSERT,
        {LINK_KEY: "good", **good},
        {LINK_KEY: "required"},
        {LINK_KEY: "field", **good, "Nothing__c": 1},
        {LINK_KEY: "long", **good, "Calendly__lnk_URL__c": "https://" + "x" * 250},
        {LINK_KEY: "locked", **good},
        {LINK_KEY: "validated", **good},
        {LINK_KEY: "readonly", **good, "Locked__c": "x"},
        {LINK_KEY: "mail", **good, "Calendly__usrMail__c": "nobody"},
        {LINK_KEY: "", **good},
    )
    assert codes(results) == [
        None,
        "REQUIRED_FIELD_MISSING",
        "INVALID_FIELD",
        "STRING_TOO_LONG",
        "UNABLE_TO_LOCK_ROW",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_EMAIL_ADDRESS",
        "MISSING_ARGUMENT",
    ]
    assert list(org.world.links_by_key()) == ["good"]
    assert codes(org.write(UPSERT, {LINK_KEY: "locked", **good})) == [None]


def test_values_that_must_be_unique(org: Org) -> None:
    """A unique field refuses a second row; several rows of one key refuse a batch's record, and give 300 alone."""
    org.world.links.add_fields([FieldSpec("Slug__c", "Slug", is_unique=True)])
    results = org.write(UPSERT, {LINK_KEY: "a", "Slug__c": "x"}, {LINK_KEY: "b", "Slug__c": "x"})
    assert codes(results) == [None, "DUPLICATE_VALUE"]
    for _ in range(2):
        org.world.add_row(LINK_OBJECT, {LINK_KEY: "twice"})
    assert codes(org.write(UPSERT, {LINK_KEY: "twice"})) == ["DUPLICATE_EXTERNAL_ID"]
    alone = org.ask("PATCH", f"sobjects/{LINK_OBJECT}/{LINK_KEY}/twice", json={})
    assert (alone.status_code, len(alone.json())) == (300, 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"allOrNone": False, "records": [{"attributes": {"type": LINK_OBJECT}}] * 201}, "EXCEEDED_ID_LIMIT"),
        ({"allOrNone": False, "records": [{"attributes": {"type": "User"}}]}, "INVALID_INPUT"),
        ({"records": [{"attributes": {"type": LINK_OBJECT}}]}, "INVALID_INPUT"),
        ({"allOrNone": False, "records": [{}]}, "JSON_PARSER_ERROR"),
        ({"allOrNone": False, "records": [{"attributes": {"type": LINK_OBJECT}, "Id": "a"}]}, "INVALID_FIELD"),
        ({"allOrNone": False, "records": [{"attributes": {"type": LINK_OBJECT}}] * 2}, "DUPLICATE_EXTERNAL_ID"),
    ],
)
def test_whole_requests_that_are_refused(org: Org, body: dict[str, Any], code: str) -> None:
    """Too many records, another type, ids where keys belong: 400, nothing is written, and it is on record."""
    assert org.refusal("PATCH", UPSERT, json=body) == (400, code)
    assert (org.world.links_by_key(), [called.errors for called in org.server.writes()]) == ({}, [(code,)])


def test_the_day_ends_and_a_session_ends(org: Org) -> None:
    """Every answer tells the day's use; at the limit, and after the session, nothing passes and nothing counts."""
    answer = org.ask("GET", "limits/")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/15000"
    assert answer.json()["DailyApiRequests"] == {"Max": 15_000, "Remaining": 14_999}
    org.world.used = org.world.daily_limit
    assert org.refusal("GET", "limits/") == (403, "REQUEST_LIMIT_EXCEEDED")
    org.world.sessions.clear()
    assert org.refusal("GET", "limits/") == (401, "INVALID_SESSION_ID")
    assert org.world.used == org.world.daily_limit


def test_a_verb_can_be_refused(org: Org) -> None:
    """What the user of the session may not do."""
    org.server.refusals["upsert"] = Refused(403, "INSUFFICIENT_ACCESS", "no")
    assert org.refusal("PATCH", UPSERT, json={}) == (403, "INSUFFICIENT_ACCESS")
    assert org.ask("GET", "limits/").status_code == 200


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What the process printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.salesforce", "--users", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It changes when told, loses an answer after carrying it out, and says what is true and what was called."""
    headers = {"Authorization": f"Bearer {announced['token']}"}
    body = {"allOrNone": False, "records": [{"attributes": {"type": LINK_OBJECT}, **LINK}]}
    with httpx.Client(base_url=announced["url"], headers=headers) as http:
        user = http.post("/_control/add_user", json={"email": "zoe@firm.example"}).json()["Id"]
        http.post("/_control/edit_user", json={"Id": user, "fields": {"IsActive": False}})
        http.post("/_control/fail_next", json={"n": 1, "kind": "lost", "verb": "upsert"})
        with pytest.raises(httpx.TransportError):
            http.patch(f"/services/data/v64.0/{UPSERT}", json=body)
        http.post("/_control/expire", json={})
        assert http.get("/services/data/v64.0/limits/").status_code == 401
        truth = http.get("/_control/truth").json()
        calls = http.get("/_control/calls").json()
    assert {row["Email"]: row["IsActive"] for row in truth["User"]}["zoe@firm.example"] is False
    assert [row[LINK_KEY] for row in truth[LINK_OBJECT]] == ["u1:profile"]
    assert [(call["verb"], call["errors"]) for call in calls] == [("upsert", []), ("limits", ["INVALID_SESSION_ID"])]
