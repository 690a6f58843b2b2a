"""The fake Ortto behaves as the recorded answers and the vendor's pages say, the worse reading where there are two."""

from typing import Any

import pytest

from calendly_pipeline_tests.fakes.ortto import BodyLimit
from calendly_pipeline_tests.fakes.ortto.given import NOW, Ortto, ortto

ADA, BEN = {"str::email": "ada@x.example"}, {"str::email": "ben@x.example"}
BOOKED = {"name": "Booked", "attributes": [{"name": "Event type", "display_type": "text", "field_id": "do-not-map"}]}


def activity(person_id: str, number: int = 1, created: str = "2026-06-14T09:00:00Z", **more: Any) -> dict[str, Any]:
    """A booking on a person."""
    attributes = {"str:cm:event-type": "Review"}
    shown = {"activity_id": "act:cm:booked", "attributes": attributes, "key": f"inv-{number}", "created": created}
    return {**shown, "person_id": person_id, **more}


def permission(given: Ortto, address: str) -> bool:
    """Whether somebody may be written to, by the vendor's own answer."""
    (item,) = given.call("/person/subscriptions", people=[{"email": address}])["people"]
    return item["email_permissions"]


def test_somebody_new_is_opted_in_unless_said_otherwise() -> None:
    """An omitted permission subscribes whoever is made; False does not."""
    with ortto() as given:
        items = given.merge(ADA, {**BEN, "bol::p": False})
        assert [item["status"] for item in items] == ["created", "created"]
        assert (permission(given, "ada@x.example"), permission(given, "ben@x.example")) == (True, False)
        assert given.merge({**ADA, "str::first": "Ada"})[0]["status"] == "merged"


@pytest.mark.parametrize("strategy", [1, 2])
@pytest.mark.parametrize("worse", [True, False])
def test_an_omitted_permission_of_somebody_there(strategy: int, worse: bool) -> None:
    """It re-subscribes under the worse reading and keeps under the other; False keeps under both."""
    with ortto(omitted_subscribes=worse) as given:
        for address in ("ada@x.example", "ben@x.example"):
            given.world.add_person(address, may_email=False)
        given.merge(ADA, {**BEN, "bol::p": False}, merge_strategy=strategy)
        assert (permission(given, "ada@x.example"), permission(given, "ben@x.example")) == (worse, False)


@pytest.mark.parametrize(("strategy", "first", "last"), [(1, "Old", "New"), (2, "New", "New"), (3, "Old", None)])
def test_three_strategies(strategy: int, first: str, last: str | None) -> None:
    """Append fills what is empty, overwrite replaces, ignore leaves alone; null clears under overwrite."""
    with ortto() as given:
        person = given.world.add_person("ada@x.example", str__first="Old", str__postal="1")
        given.merge(
            {**ADA, "str::first": "New", "str::last": "New", "str::postal": None, "bol::p": False},
            merge_strategy=strategy,
        )
        held = person.fields
        assert (held["str::first"], held.get("str::last")) == (first, last)
        assert ("str::postal" in held) == (strategy != 2)


def test_nobody_is_made_when_told_so() -> None:
    """With skip_non_existing only those who are there are merged."""
    with ortto() as given:
        given.world.add_person("ada@x.example")
        items = given.merge(ADA, BEN, skip_non_existing=True)
        assert [item["status"] for item in items] == ["merged", "skipped"]
        assert len(given.world.people) == 1


def test_a_batch_without_a_valid_record_is_refused() -> None:
    """400 with details when none is valid; a status each when some are."""
    with ortto() as given:
        bad = {**BEN, "str::nothing": "x"}
        answer = given.ask("/person/merge", people=[{"fields": bad}], merge_by=["str::email"])
        said = answer.json()
        assert (answer.status_code, said["details"][0]["status"]) == (400, "invalid")
        assert said["error"].startswith("No valid contacts provided (failed to validate field str::nothing in schema")
        assert [item["status"] for item in given.merge(ADA, bad)] == ["created", "invalid"]


def test_the_suppressed() -> None:
    """With a suppression field, somebody new is refused and somebody there is merged; without it both are merged."""
    with ortto() as given:
        given.world.suppressed |= {"ada@x.example", "ben@x.example"}
        given.world.add_person("ben@x.example")
        items = given.merge(ADA, BEN, suppression_list_field_id="str::email")
        assert [item["status"] for item in items] == ["suppressed", "merged"]
        assert [item["status"] for item in given.merge(ADA, BEN)] == ["created", "merged"]


def test_answers_in_another_order() -> None:
    """A shuffled fake answers every batch back to front."""
    with ortto(is_shuffled=True) as given:
        given.world.add_person("ada@x.example")
        assert [item["status"] for item in given.merge(ADA, BEN)] == ["created", "merged"]


def test_activities_are_queued_and_merged_by_key_and_time() -> None:
    """The same key and time again is the same activity; another time is another; person fields count without an id."""
    with ortto() as given:
        assert given.call("/definitions/activity/create", **BOOKED)["custom_activity"]["activity_field_id"]
        one = given.world.add_person("ada@x.example", may_email=False).person_id
        rows = [activity(one), activity(one), activity(one, created="2026-06-14T10:00:00Z")]
        items = given.call("/activities/create", activities=rows)["activities"]
        assert {item["status"] for item in items} == {"queued"}
        assert len(given.world.of("ada@x.example")) == 2
        assert not permission(given, "ada@x.example")
        by_fields = {key: value for key, value in activity(one, 2).items() if key != "person_id"}
        given.call("/activities/create", activities=[{**by_fields, "fields": ADA, "merge_by": ["str::email"]}])
        assert permission(given, "ada@x.example")


def test_old_activities_wait_and_too_many_vanish() -> None:
    """What is older than the retention waits; the 51st of a kind within 24 hours is dropped though it was queued."""
    with ortto() as given:
        given.call("/definitions/activity/create", **BOOKED)
        one = given.world.add_person("ada@x.example").person_id
        given.call("/activities/create", activities=[activity(one, 99, "2026-01-01T00:00:00Z")])
        assert [row.is_waiting for row in given.world.of("ada@x.example")] == [True]
        given.world.settle()
        assert [row.is_waiting for row in given.world.of("ada@x.example")] == [False]
        many = [activity(one, number) for number in range(51)]
        items = given.call("/activities/create", activities=many)["activities"]
        assert (len(items), {item["status"] for item in items}) == (51, {"queued"})
        assert len(given.world.of("ada@x.example")) == 51


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"activity_id": "act:cm:nothing"}, "act:cm:nothing: Object not found"),
        ({"attributes": {"str:cm:nothing": "x"}}, "str:cm:nothing"),
        ({"person_id": "00"}, "person"),
        ({"attributes": {"str:cm:event-type": "x" * 17_000}}, "too large"),
    ],
    ids=["activity", "attribute", "person", "size"],
)
def test_activities_that_are_refused(change: dict[str, Any], said: str) -> None:
    """An unknown activity, attribute or person, or one too large, is invalid and named."""
    with ortto() as given:
        given.call("/definitions/activity/create", **BOOKED)
        row = {**activity(given.world.add_person("ada@x.example").person_id), **change}
        answer = given.ask("/activities/create", activities=[row])
        assert (answer.status_code, said in answer.json()["error"]) == (400, True)
        assert given.world.activities == []


def test_fields_and_definitions_are_named_by_the_answer() -> None:
    """A made field and activity stand in the schema under the ids of the answers; a second of a name is refused."""
    with ortto() as given:
        made = given.call("/person/custom-field/create", name="Meetings last 12 months", type="integer")
        assert made["field_id"] == "int:cm:meetings-last-12-months"
        given.call("/definitions/activity/create", **BOOKED)
        spaces = given.call("/instance-schema/get", namespaces=[])["namespaces"]
        assert {made["field_id"], "act:cm:booked"} <= spaces["cm"]["fields"].keys()
        again = given.ask("/person/custom-field/create", name="Meetings last 12 months", type="integer")
        twice = given.ask("/definitions/activity/create", **BOOKED)
        assert (again.status_code, twice.status_code) == (400, 400)


def test_batches_have_an_end() -> None:
    """A hundred and one people, and none, are refused; so is a merge by an id and something else."""
    with ortto() as given:
        many = [{"fields": {"str::email": f"{number}@x.example"}} for number in range(101)]
        bodies: list[dict[str, Any]] = [
            {"people": many},
            {"people": []},
            {"people": many[:1], "merge_by": ["str::person_id", "str::ei"]},
        ]
        for body in bodies:
            assert given.ask("/person/merge", **body).status_code == 400
        assert given.world.people == {}


def test_the_limit_is_told_in_the_body_alone() -> None:
    """429 names the seconds in its body, and no header does."""
    clock = iter([0.0] * 20)
    with ortto(limit=BodyLimit(2, 10.0, clock=lambda: next(clock))) as given:
        answers = [given.ask("/person/custom-field/get") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json() == {"code": "rate-limit", "try-in-seconds": 10}
        assert not [name for name in answers[-1].headers if "limit" in name or "retry" in name]


def test_fifteen_bad_requests_shut_the_address_out() -> None:
    """The next good one is refused too."""
    with ortto() as given:
        for _ in range(15):
            assert given.ask("/person/custom-field/get", key="wrong").status_code == 401
        assert (given.ask("/person/custom-field/get").status_code, given.server.bans) == (403, 1)


def test_what_was_asked_is_kept_without_the_key() -> None:
    """Reads and writes are told apart; the key's value is not recorded."""
    with ortto(1) as given:
        given.merge(ADA)
        given.call("/person/subscriptions", people=[{"email": "ada@x.example"}])
        assert [one.path for one in given.server.writes()] == ["/person/merge"]
        assert [one.path for one in given.server.reads()] == ["/person/subscriptions"]
        assert given.key not in f"{given.server.requests} {given.server.asked}"


@pytest.mark.parametrize("kind", ["lost", "half"])
def test_a_lost_answer_was_carried_out(kind: str) -> None:
    """The person is there though no whole answer came."""
    with ortto() as given:
        given.server.faults.fail_next(1, kind, "merge")
        with pytest.raises(Exception, match=r"disconnected|closed"):
            given.merge(ADA)
        assert given.world.person("ADA@x.example").fields["bol::p"] is True


def test_the_clock_stands() -> None:
    """The server's clock is the test's."""
    with ortto() as given:
        assert given.server.now() == NOW
