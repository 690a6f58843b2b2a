"""What Calendly's API answered and its webhooks delivered, as one typed row per record."""

from itertools import permutations
from typing import Any

import pytest

from calendly_pipeline_tests.api_rows import (
    API,
    Row,
    answer,
    cancelled,
    delivery,
    event,
    event_body,
    event_type,
    invitee,
    invitee_body,
    put,
    told,
)
from calendly_pipeline_tests.conftest import Tables, utc

START = "2026-06-01T14:00"
MARK = {"uri": f"{API}/invitee_no_shows/N1", "created_at": "2026-06-01T15:00:00.000000Z"}


def read(tables: Tables, *rows: Row, table: str = "sources.calendly_invitees") -> list[Row]:
    """The rows of a table of the stage."""
    return put(tables, *rows).run_stage("sources").rows(table)


def test_ids_are_lower_case_and_times_are_instants(tables: Tables) -> None:
    """A record's ids are the last parts of its URIs in lower case, its times are instants with their fractions."""
    (found,) = read(tables, event("E1", START), invitee("I1", "E1", "Ada@Example.com"))
    assert (found["invitee_id"], found["event_id"]) == ("i1", "e1")
    assert (found["email"], found["address"]) == ("Ada@Example.com", "ada@example.com")
    assert found["created_at"] == utc("2026-01-02T14:00:05.200")
    (seen,) = tables.rows("sources.calendly_events")
    assert (seen["starts_at"], seen["ends_at"]) == (utc(START), utc("2026-06-01T14:30"))
    assert (seen["event_type_id"], seen["hosts"][0]["email"]) == ("t1", "dana@juniperlane.example")


def test_newest_state_wins_whatever_came_first(tables: Tables) -> None:
    """By the record's own time of change, then by when it was seen; the order of arrival says nothing."""
    person = invitee_body("I1", "E1")
    about = event_body("E1", START)
    rows = [
        event("E1", START),
        invitee("I1", "E1", seen="2026-06-05T00:00", name="Ada", updated_at="2026-03-01T00:00:00Z"),
        told("invitee.created", {**person, "name": "Adah"}, about, at="2026-06-06T00:00", number=1),
        told("invitee.created", {**person, "name": "A", "updated_at": "2026-03-02T00:00:00Z"}, about,
             at="2026-06-01T00:00", number=2),
    ]  # fmt: skip
    for order in permutations(rows[1:]):
        numbered = [{**row, "delivery_id": n} if "delivery_id" in row else row for n, row in enumerate(order)]
        (found,) = read(tables, rows[0], *numbered)
        assert (found["name"], found["newest_route"], found["routes"]) == ("A", "webhook", ["api", "webhook"])


@pytest.mark.parametrize(
    ("told_at", "kind", "absent"),
    [
        ("2026-06-02T00:00", "invitee_no_show.created", True),
        ("2026-06-02T00:00", "invitee_no_show.deleted", False),
        ("2026-06-10T00:00", "invitee_no_show.created", True),
    ],
)
def test_a_mark_that_moves_no_time_is_seen(tables: Tables, told_at: str, kind: str, absent: bool) -> None:
    """Of two versions with one time of change the later seen holds; a taken back mark is off, whatever its payload."""
    marked = invitee_body("I1", "E1", no_show=MARK)
    (found,) = read(
        tables,
        event("E1", START, seen="2026-06-01T15:30"),
        invitee("I1", "E1", seen="2026-06-01T15:30", no_show=MARK if kind.endswith("deleted") else None),
        told(kind, marked, event_body("E1", START), at=told_at),
    )
    assert found["is_no_show"] is absent
    assert found["no_show_observed_at"] == utc(told_at)


def test_a_key_that_is_missing_says_nothing(tables: Tables) -> None:
    """An old payload without a key takes nothing away; a null in the key does."""
    old = {
        key: value for key, value in invitee_body("I1", "E1").items() if key not in ("no_show", "timezone", "payment")
    }
    paid = {"external_id": "ch_1", "provider": "stripe", "amount": "50", "successful": True}
    rows = [event("E1", START), invitee("I1", "E1", seen="2026-06-02T00:00", no_show=MARK, payment=paid)]
    (found,) = read(tables, *rows, told("invitee.created", old, event_body("E1", START), at="2026-06-03T00:00"))
    assert (found["is_no_show"], found["time_zone"], found["is_paid"]) == (True, "America/New_York", True)
    (found,) = read(tables, *rows, told("invitee.created", {**old, "no_show": None}, None, at="2026-06-03T00:00"))
    assert found["is_no_show"] is False


def test_cancelled_stays_cancelled(tables: Tables) -> None:
    """A newer version that still says active does not bring an invitee or an event back."""
    later = {"seen": "2026-03-05T00:00", "updated_at": "2026-03-05T00:00:00Z"}
    end = cancelled("host")
    gone = told(
        "invitee.canceled", invitee_body("I1", "E1", **end), event_body("E1", START, **end), at="2026-03-01T10:00"
    )
    (found,) = read(tables, event("E1", START, **later), invitee("I1", "E1", **later), gone)
    assert (found["is_cancelled"], found["canceler_type"]) == (True, "host")
    assert found["cancelled_at"] == utc("2026-03-01T10:00")
    assert tables.rows("sources.calendly_events")[0]["is_cancelled"]


def test_links_of_a_move(tables: Tables) -> None:
    """The URIs of a move give the ids of both events and invitees."""
    new = f"{API}/scheduled_events/E2/invitees/I2"
    (found,) = read(tables, event("E1", START), invitee("I1", "E1", rescheduled=True, new_invitee=new, **cancelled()))
    assert (found["new_event_id"], found["new_invitee_id"]) == ("e2", "i2")
    assert (found["is_moved_away"], found["is_moved_here"]) == (True, False)


def test_one_record_through_two_accounts_is_one_row(tables: Tables) -> None:
    """The first account by name has it; the newest answer of any of them speaks."""
    rows = [
        row
        for account, seen, name in (("paris", "2026-06-03T00:00", "New"), ("london", "2026-06-02T00:00", "Old"))
        for row in (
            event("E1", START, account=account, seen=seen),
            invitee("I1", "E1", account=account, seen=seen, name=name),
        )
    ]
    (found,) = read(tables, *rows)
    assert (found["account"], found["accounts"], found["name"]) == ("london", ["london", "paris"], "New")


@pytest.mark.parametrize(
    ("location", "kind", "place"),
    [
        ({"type": "physical", "location": " 1 Main Street "}, "physical", "1 Main Street"),
        ({"type": "outbound_call", "location": "+1 212 555 0100"}, "outbound_call", "+1 212 555 0100"),
        ({"type": "custom", "location": "https://zoom.us/j/1?pwd=s3cret here"}, "custom", "https://zoom.us/j/1 here"),
        ({"type": "custom", "location": None}, "custom", None),
        ({"type": "zoom", "join_url": "https://z/j/1?pwd=s3cret", "data": {"password": "s3cret"}}, "zoom", None),
        ({"type": "zoom_conference", "status": None, "join_url": None}, "zoom", None),
        ({"type": "google_conference", "join_url": "https://meet/abc"}, "google_conference", None),
        (None, None, None),
    ],
)
def test_a_place_without_its_keys(tables: Tables, location: Any, kind: str | None, place: str | None) -> None:
    """Kind and text of a place are kept, links and passwords of a conference are not."""
    (found,) = read(tables, event("E1", START, location=location), table="sources.calendly_events")
    assert (found["location_type"], found["location"]) == (kind, place)
    assert "s3cret" not in str(found)


def test_answers_and_utm_in_the_common_shape(tables: Tables) -> None:
    """Answers are a list by position, tracking values lose their prefix, the CRM's id stands apart."""
    asked = [
        {"question": "Second?", "answer": "b", "position": 1},
        {"question": "First?", "answer": "a", "position": 0},
    ]
    tracking = {"utm_source": "mail", "utm_content": "12345678", "salesforce_uuid": "0035g00000XYZ"}
    (found,) = read(tables, event("E1", START), invitee("I1", "E1", questions_and_answers=asked, tracking=tracking))
    assert found["answers"] == (
        '[{"question":"First?","answer":"a","position":1},{"question":"Second?","answer":"b","position":2}]'
    )
    assert found["utm"] == '{"campaign":null,"source":"mail","medium":null,"term":null,"content":"12345678"}'
    assert found["salesforce_uuid"] == "0035g00000XYZ"


def test_event_types_of_both_routes(tables: Tables) -> None:
    """A type deleted by webhook keeps its name and slug, and says since when it is gone."""
    gone = {"uri": f"{API}/event_types/T1", "name": "Review", "updated_at": "2026-06-25T00:00:00Z"}
    rows = (
        event_type("T1", updated_at="2026-05-01T00:00:00Z"),
        delivery("event_type.deleted", {"payload": gone}, at="2026-06-25T00:00"),
    )
    (found,) = read(tables, *rows, table="sources.calendly_event_types")
    assert (found["name"], found["slug"], found["routes"]) == ("Review", "portfolio-review", ["api", "webhook"])
    assert found["deleted_at"] == utc("2026-06-25T00:00")


def member(id_: str, account: str = "default", **fields: Any) -> Row:
    """A member by API, with a profile link."""
    user = {"email": f"{id_}@firm.example", "scheduling_url": f"https://calendly.com/{id_}", **fields}
    return answer("user", id_, {"role": "user", "user": user}, account=account)


def test_profile_and_managed_links_are_rows(tables: Tables) -> None:
    """Members carry their profile link, event types their link, their owner and whether an admin manages them."""
    owner = {"type": "User", "owner": f"{API}/users/U1"}
    link = {"scheduling_url": "https://calendly.com/u1/review", "profile": owner}
    rows = (member("u1"), event_type("T1", admin_managed=True, **link), event_type("T2", admin_managed=False))
    put(tables, *rows).run_stage("sources")
    (user,) = tables.rows("sources.calendly_users")
    found = {row["event_type_id"]: row for row in tables.rows("sources.calendly_event_types")}
    assert (user["scheduling_url"], user["is_listed"]) == ("https://calendly.com/u1", True)
    assert (found["t1"]["scheduling_url"], found["t1"]["owner_id"]) == ("https://calendly.com/u1/review", "u1")
    assert [found[key]["is_admin_managed"] for key in ("t1", "t2")] == [True, False]


def test_who_is_on_no_list_has_left(tables: Tables) -> None:
    """Where an account's lists were read, what they lack is gone, but for what a webhook told since."""
    made = {"uri": f"{API}/event_types/T3", "name": "New", "updated_at": "2026-06-25T00:00:00Z"}
    put(
        tables,
        answer("listing", "user_ids", {"user_ids": ["u1"]}),
        answer("listing", "event_type_ids", {"event_type_ids": ["t1"]}),
        *(member("u1"), member("u2"), member("u3", account="elsewhere")),
        *(event_type("T1"), event_type("T2")),
        delivery("event_type.created", {"payload": made}, at="2026-06-25T00:00"),
    ).run_stage("sources")
    users = {row["user_id"]: row["is_listed"] for row in tables.rows("sources.calendly_users")}
    types = {row["event_type_id"]: row["is_listed"] for row in tables.rows("sources.calendly_event_types")}
    assert users == {"u1": True, "u2": False, "u3": True}
    assert types == {"t1": True, "t2": False, "t3": True}


def test_members_forms_and_subscriptions(tables: Tables) -> None:
    """Members, submissions of routing forms and webhook subscriptions are tables of their own."""
    member = {
        "role": "owner",
        "user": {"email": "Dana@juniperlane.example", "name": "Dana Host", "timezone": "Europe/Paris"},
    }
    submission = {
        "uri": f"{API}/routing_form_submissions/S1",
        "routing_form": f"{API}/routing_forms/F1",
        "questions_and_answers": [{"question": "Assets?", "answer": "2m"}, {"question": "Other?", "answer": None}],
        "result": {"type": "event_type", "value": f"{API}/event_types/T1"},
        "submitter": f"{API}/scheduled_events/E1/invitees/I1",
        "created_at": "2026-06-01T00:00:00Z",
    }
    hook = {"callback_url": "https://hooks.example/x?token=s3cret", "state": "disabled", "events": ["invitee.created"]}
    put(
        tables,
        answer("user", "u1", member),
        answer("routing_form", "f1", {"name": "Intake"}),
        delivery("routing_form_submission.created", {"payload": submission}, at="2026-06-01T00:00"),
        answer("webhook_subscription", "w1", {**hook, "retry_started_at": "2026-06-19T00:00:00Z"}),
    ).run_stage("sources")
    (user,) = tables.rows("sources.calendly_users")
    (form,) = tables.rows("sources.calendly_routing_submissions")
    (watch,) = tables.rows("sources.webhook_subscriptions")
    assert (user["email"], user["role"], user["time_zone"]) == ("dana@juniperlane.example", "owner", "Europe/Paris")
    assert (form["form_name"], form["event_type_id"], form["invitee_id"], form["event_id"]) == (
        "Intake",
        "t1",
        "i1",
        "e1",
    )
    assert form["answers"] == '[{"question":"Assets?","answer":"2m","position":1}]'
    assert (watch["state"], watch["retry_started_at"]) == ("disabled", utc("2026-06-19T00:00"))
    assert watch["callback_url"] == "https://hooks.example/x"
