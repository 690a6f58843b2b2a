"""The fake Brevo: what it keeps, drops without a word, and refuses; what it makes of consent."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.brevo import brevo_limits
from calendly_pipeline_tests.fakes.brevo.given import NOW, Brevo, brevo
from calendly_pipeline_tests.fakes.requests_valid import Description

SPEC = json.loads((Path(__file__).parents[1] / "specs" / "brevo-v3-contacts-events.json").read_text())


@pytest.fixture
def given() -> Iterator[Brevo]:
    """A firm's account without contacts."""
    with brevo() as account:
        yield account


@pytest.fixture
def ada(given: Brevo) -> str:
    """Somebody on the first list."""
    given.world.create(NOW, "ada@mail.example", {"listIds": [first_list(given)]})
    return "ada@mail.example"


def first_list(given: Brevo) -> int:
    """The id of the first list."""
    return next(iter(given.world.lists))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_statuses_and_bodies(given: Brevo) -> None:
    """A new contact is 201 with its id; an update, of one or by upsert, is 204 and empty."""
    created = given.post("/contacts", email="Ada@mail.example", attributes={"COMPANY": "Alder"})
    again = given.post("/contacts", email="ada@mail.example", updateEnabled=True)
    put = given.ask("PUT", "/contacts/ada@mail.example", json={"attributes": {"COMPANY": ""}})
    assert [answer.status_code for answer in (created, again, put)] == [201, 204, 204]
    assert (created.json(), again.content, put.content) == ({"id": given.seen("ada@mail.example")["id"]}, b"", b"")
    assert given.seen("ada@mail.example")["attributes"] == {}
    assert refusal(given.post("/contacts", email="ada@mail.example")) == (400, "duplicate_parameter")


def test_what_is_read_fits_the_definition(given: Brevo, ada: str) -> None:
    """Contacts, attributes, lists, folders and events are of the described shapes."""
    given.post("/events", event_name="met", identifiers={"email_id": ada}, event_date="2026-06-01T10:00:00+00:00")
    description = Description(SPEC)
    for path, template in {
        "/contacts": "/contacts",
        f"/contacts/{ada}": "/contacts/{identifier}",
        "/contacts/attributes": "/contacts/attributes",
        "/contacts/lists": "/contacts/lists",
        "/contacts/folders": "/contacts/folders",
        "/events?startDate=2026-01-01T00:00:00Z&endDate=2026-12-31T00:00:00Z": "/events",
    }.items():
        body = given.ask("GET", path).raise_for_status().json()
        place = ("paths", template, "get", "responses", "2XX", "content", "application/json", "schema")
        assert description.errors(body, *place) == [], path


def test_values_of_the_wrong_type_vanish(given: Brevo, ada: str) -> None:
    """A text in a date, a day in another form and a word in a number are dropped with 204, and what was there stays."""
    given.world.add_attribute("MEETINGS", "float")
    wrote = [("MEETING_DATE", "2026-06-01"), ("MEETING_DATE", "6/2/2026"), ("MEETING_DATE", "soon"), ("MEETINGS", "x")]
    for name, value in wrote:
        assert given.ask("PUT", f"/contacts/{ada}", json={"attributes": {name: value}}).status_code == 204
    assert given.seen(ada)["attributes"] == {"MEETING_DATE": "2026-06-01"}


def test_unknown_attributes(given: Brevo, ada: str) -> None:
    """An attribute the account does not have is refused, or dropped without a word: which of them is not published."""
    write = {"attributes": {"MOOD": "x", "COMPANY": "Alder"}}
    assert refusal(given.ask("PUT", f"/contacts/{ada}", json=write)) == (400, "invalid_parameter")
    given.world.refuses_unknown = False
    assert given.ask("PUT", f"/contacts/{ada}", json=write).status_code == 204
    assert given.seen(ada)["attributes"] == {"COMPANY": "Alder"}


def test_phones(given: Brevo, ada: str) -> None:
    """Three ways to write a phone are one; another contact's is refused with the identifier named."""
    for said in ("+12125550100", "0012125550100", "12125550100"):
        assert given.ask("PUT", f"/contacts/{ada}", json={"attributes": {"SMS": said}}).status_code == 204
    assert given.seen(ada)["attributes"]["SMS"] == "12125550100"
    answer = given.post("/contacts", email="ben@mail.example", attributes={"SMS": "+12125550100"})
    assert refusal(answer) == (400, "duplicate_parameter")
    assert answer.json()["metadata"] == {"duplicate_identifiers": ["SMS"]}


def test_consent_can_be_given_back_by_mistake(given: Brevo, ada: str) -> None:
    """Un-blocking, a new address and a list that was left are each possible here, and each is taken down."""
    given.world.unsubscribe(ada)
    assert (given.seen(ada)["emailBlacklisted"], given.seen(ada)["listUnsubscribed"]) == (True, [first_list(given)])
    given.ask("PUT", f"/contacts/{ada}", json={"emailBlacklisted": False})
    given.ask("PUT", f"/contacts/{ada}", json={"listIds": [first_list(given)]})
    given.world.unsubscribe(ada)
    given.ask("PUT", f"/contacts/{ada}", json={"attributes": {"EMAIL": "ada@new.example"}})
    assert [what for _, what in given.world.granted] == [
        "un-blocked",
        f"back on list {first_list(given)}",
        "a new address re-subscribed them",
    ]
    assert given.seen("ada@new.example")["emailBlacklisted"] is False
    assert refusal(
        given.ask("PUT", "/contacts/ada@new.example", json={"attributes": {"EMAIL": "ada@new.example"}})
    ) == (
        400,
        "invalid_parameter",
    )


def test_writing_attributes_leaves_consent_alone(given: Brevo, ada: str) -> None:
    """Whoever unsubscribed stays so when only attributes are written."""
    given.world.unsubscribe(ada)
    given.post("/contacts", email=ada, attributes={"COMPANY": "Alder"}, updateEnabled=True)
    assert (given.seen(ada)["emailBlacklisted"], given.world.granted) == (True, [])


def test_lists_take_150_a_call(given: Brevo, ada: str) -> None:
    """151 are refused; who is there already and who does not exist are refused in the same words."""
    path = f"/contacts/lists/{first_list(given)}/contacts/add"
    assert refusal(given.post(path, emails=[f"p{n}@mail.example" for n in range(151)])) == (400, "out_of_range")
    for who in (ada, "nobody@mail.example"):
        answer = given.post(path, emails=[who])
        assert answer.json()["message"] == "Contact already in list and/or does not exist"
    other = list(given.world.lists)[1]
    answer = given.post(f"/contacts/lists/{other}/contacts/add", emails=[ada, "nobody@mail.example"])
    assert (answer.status_code, answer.json()) == (
        201,
        {"contacts": {"success": [ada], "failure": ["nobody@mail.example"]}},
    )


def test_events_in_batches(given: Brevo, ada: str) -> None:
    """Some bad ones are 207 with their places, only bad ones 400; the good ones are there."""
    good, bad = {"event_name": "met", "identifiers": {"email_id": ada}}, {"event_name": "no good", "identifiers": {}}
    partial = given.post("/events/batch", events=[good, bad])
    none = given.post("/events/batch", events=[bad])
    assert (partial.status_code, partial.json()["status"], partial.json()["errors"][0]["eventIndex"]) == (
        207,
        "partiallyQueued",
        [1],
    )
    assert (none.status_code, none.json()["status"], len(given.world.events)) == (400, "failed", 1)


def test_limits_are_told_in_the_vendors_headers(given: Brevo) -> None:
    """Each group has its window; when it is used up the answer is 429 with the seconds to wait and no Retry-After."""
    given.server.limits = brevo_limits(per_second=2)
    answers = [given.ask("GET", "/contacts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    told = [answers[2].headers[f"x-sib-ratelimit-{name}"] for name in ("limit", "remaining", "reset")]
    assert (told, "retry-after" in answers[2].headers) == (["2", "0", "1"], False)
    assert (
        given.post("/events", event_name="x", identifiers={"email_id": "a@b.example"}).headers["x-sib-ratelimit-limit"]
        == "2"
    )
    assert given.ask("GET", "/events").headers["x-sib-ratelimit-limit"] == "100"


def test_keys_and_suspended_accounts(given: Brevo) -> None:
    """A wrong key is 401, a suspended account 403, whatever is asked."""
    assert refusal(given.ask("GET", "/contacts", key="wrong")) == (401, "unauthorized")
    given.server.refusing = True
    assert refusal(given.ask("GET", "/contacts")) == (403, "permission_denied")


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What a process of its own printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.brevo", "--contacts", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It answers, changes when told, loses answers on demand, and says what is true and what was asked."""
    with httpx.Client(base_url=announced["url"], headers={"api-key": announced["token"]}) as http:
        count = http.get("/v3/contacts?limit=1").json()["count"]
        http.post("/_control/unsubscribe", json={"email": "person1@mail1.example"})
        http.post("/_control/fail_next", json={"n": 1, "kind": "lost", "path": "/contacts"})
        with pytest.raises(httpx.TransportError):
            http.post("/v3/contacts", json={"email": "zoe@mail.example"})
        truth = http.get("/_control/truth").json()
        requests = http.get("/_control/requests").json()
    assert (count, len(truth["contacts"])) == (40, 41)
    assert truth["contacts"]["person1@mail1.example"]["emailBlacklisted"] is True
    assert [(request["method"], request["status"]) for request in requests] == [("GET", 200), ("POST", None)]
