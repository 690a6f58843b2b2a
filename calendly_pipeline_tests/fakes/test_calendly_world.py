"""What happens to bookings, and which records it changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.calendly import World
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm, firm
from calendly_pipeline_tests.fakes.calendly.drift import Drift
from calendly_pipeline_tests.fakes.calendly.records import instant, last_part, stamp
from calendly_pipeline_tests.fakes.calendly.truth import truth
from calendly_pipeline_tests.fakes.conftest import NOW, START

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return firm(1, now=NOW)


def _type(world: World, name: str) -> str:
    return next(uri for uri, row in world.event_types.items() if row["name"] == name)


def _book(world: World, type_: str = "30 Minute Meeting", start: datetime = START, **fields: Any) -> tuple[dict, dict]:
    given = {"name": "Ada Example", "email": "ada@x.example", "now": NOW, **fields}
    booked = world.book(_type(world, type_), start, **given)
    return world.events[last_part(booked.event)], world.invitees[last_part(booked.invitee)]


def test_booking_fills_event_and_invitee(world: World) -> None:
    """One event with one active invitee; times of one change differ as recorded."""
    event, invitee = _book(world, answers=[("Why?", "Because")], tracking={"utm_source": "x"}, guests=["g@x.example"])
    assert event["invitees_counter"] == {"total": 1, "active": 1, "limit": 1}
    assert event["created_at"] < invitee["created_at"] < invitee["updated_at"] < event["updated_at"]
    assert invitee["questions_and_answers"] == [{"question": "Why?", "answer": "Because", "position": 0}]
    assert (invitee["first_name"], invitee["tracking"]["utm_source"]) == (None, "x")
    assert [guest["email"] for guest in event["event_guests"]] == ["g@x.example"]
    assert "cancellation" not in event
    assert invitee["event"] == event["uri"]


def test_two_name_fields_fill_first_and_last_name(world: World) -> None:
    """Only an event type that asks for both names gives them."""
    _, invitee = _book(world, "Portfolio Review")
    assert (invitee["first_name"], invitee["last_name"]) == ("Ada", "Example")


def test_move_makes_a_linked_pair(world: World) -> None:
    """The old pair is cancelled and marked, the new pair is active, guests and calendar entry move along."""
    event, invitee = _book(world, guests=["g@x.example"])
    moved = world.move(invitee["uri"], START + timedelta(days=40), now=LATER, reason="Need a later day")
    new_event, new = world.events[last_part(moved.event)], world.invitees[last_part(moved.invitee)]
    assert (invitee["status"], invitee["rescheduled"], invitee["new_invitee"]) == ("canceled", True, new["uri"])
    assert (new["status"], new["rescheduled"], new["old_invitee"]) == ("active", False, invitee["uri"])
    assert (event["status"], event["invitees_counter"]["active"], event["event_guests"]) == ("canceled", 0, [])
    assert [guest["email"] for guest in new_event["event_guests"]] == ["g@x.example"]
    assert event["calendar_event"] == new_event["calendar_event"]
    assert event["cancellation"] == invitee["cancellation"]
    assert event["cancellation"]["canceled_by"] == "Ada Example"
    assert "cancellation" not in new_event
    assert instant(new_event["end_time"]) - instant(new_event["start_time"]) == timedelta(minutes=30)


def test_one_of_a_group_leaves(world: World) -> None:
    """The event of a group stays active when one invitee cancels or moves; the counter falls."""
    event, first = _book(world, "Workshop")
    same, second = _book(world, "Workshop", email="bob@x.example", name="Bob", now=LATER)
    _, third = _book(world, "Workshop", email="cy@x.example", name="Cy", now=LATER)
    assert same is event
    world.cancel(first["uri"], now=LATER)
    world.move(second["uri"], START + timedelta(days=1), now=LATER)
    assert (event["status"], event["invitees_counter"]) == ("active", {"total": 3, "active": 1, "limit": 20})
    world.cancel(third["uri"], now=LATER)
    assert event["status"] == "canceled"


def test_host_cancels_a_whole_group(world: World) -> None:
    """All invitees of the event are cancelled, and each is told of."""
    event, first = _book(world, "Workshop")
    _, second = _book(world, "Workshop", email="bob@x.example", name="Bob")
    world.cancel(event["uri"], now=LATER, by="host", reason="")
    assert {first["status"], second["status"], event["status"]} == {"canceled"}
    assert first["cancellation"]["canceled_by"] == "Al Admin"
    assert len(world.deliveries("invitee.canceled")) == 2
    with pytest.raises(ValueError, match="already canceled"):
        world.cancel(event["uri"], now=LATER)


def test_no_show_does_not_touch_the_event(world: World) -> None:
    """A mark and its removal change the invitee only: whether the event's time moves is not confirmed."""
    event, invitee = _book(world)
    before = dict(event)
    mark = world.mark_no_show(invitee["uri"], now=START + timedelta(days=9))
    assert invitee["no_show"]["uri"] == mark == world.mark_no_show(invitee["uri"], now=START + timedelta(days=10))
    world.unmark_no_show(mark, now=START + timedelta(days=11))
    assert invitee["no_show"] is None
    assert event == before
    assert [d["event"] for d in world.deliveries()[-2:]] == ["invitee_no_show.created", "invitee_no_show.deleted"]


def test_updated_at_grows_with_every_change(world: World) -> None:
    """Changes at one instant still leave growing times, so that the newest is told apart."""
    event, invitee = _book(world)
    seen = [(event["updated_at"], invitee["updated_at"])]
    world.mark_no_show(invitee["uri"], now=NOW)
    world.cancel(invitee["uri"], now=NOW)
    assert event["updated_at"] > seen[0][0]
    assert invitee["updated_at"] > seen[0][1]


@pytest.mark.parametrize(("name", "hosts"), [("Intro Call", 1), ("Planning Together", 2)])
def test_pooled_event_types_choose_hosts(world: World, name: str, hosts: int) -> None:
    """Round robin takes turns, collective takes all."""
    chosen = []
    for n in range(4):
        event, _ = _book(world, name, START + timedelta(hours=n))
        chosen.append([host["user_email"] for host in event["event_memberships"]])
    assert {len(some) for some in chosen} == {hosts}
    assert len({some[0] for some in chosen}) == (4 if hosts == 1 else 1)


def test_delivery_is_the_state_at_its_time(world: World) -> None:
    """A delivery keeps what was true when it was sent, without the calendar entry, at whole seconds."""
    event, invitee = _book(world)
    world.cancel(invitee["uri"], now=LATER, reason="x")
    created, canceled = world.deliveries("invitee.created", "invitee.canceled")
    assert created["payload"]["status"] == "active"
    assert created["payload"]["scheduled_event"]["status"] == "active"
    assert canceled["payload"] == {
        **invitee,
        "scheduled_event": {k: v for k, v in event.items() if k != "calendar_event"},
    }
    assert canceled["created_at"] == stamp(LATER)
    assert created["created_by"] == world.owner


def test_old_records_miss_later_keys(world: World) -> None:
    """Records of the first years lack names, no-show and the time of a cancellation."""
    event, invitee = _book(world)
    world.cancel(invitee["uri"], now=LATER)
    world.age(event["uri"])
    assert not {"first_name", "no_show", "payment"} & invitee.keys()
    assert set(event["cancellation"]) == {"canceled_by", "reason", "canceler_type"}
    assert set(event["event_memberships"][0]) == {"user"}


def test_small_changes(world: World) -> None:
    """Guests and notes move the event's time, a new host and dropped conference details do not."""
    event, _ = _book(world)
    times = [event["updated_at"]]
    world.add_guest(event["uri"], "g@x.example", now=LATER)
    times.append(event["updated_at"])
    world.remove_guest(event["uri"], "g@x.example", now=LATER)
    world.set_notes(event["uri"], "Bring the plan", now=LATER + timedelta(hours=1))
    times.append(event["updated_at"])
    world.reassign(event["uri"], world.owner, now=LATER + timedelta(hours=2))
    world.expire_location(event["uri"])
    assert times == sorted(set(times))
    assert event["updated_at"] == times[-1]
    assert event["location"] == {"type": "google_conference", "status": None, "join_url": None}


def test_deleted_event_leaves_no_trace_but_its_id(world: World) -> None:
    """Data deletion takes the event and its invitees."""
    event, _ = _book(world)
    world.delete_event(event["uri"], now=LATER)
    found = truth(world)
    assert (found["event"], found["invitee"], found["absence"]) == ({}, {}, [last_part(event["uri"])])
    assert world.by_start == []


def test_old_ids_are_kept_as_they_are(world: World) -> None:
    """Records of the first years have 16 upper-case characters; the truth names them in lower case."""
    world.old_ids = True
    event, _ = _book(world)
    id_ = last_part(event["uri"])
    assert len(id_) == 16
    assert id_.isupper()
    assert list(truth(world)["event"]) == [id_.lower()]


def test_bulk_world_is_exact_and_repeats() -> None:
    """So many events, all within the months, the same for the same seed, with some of everything."""
    one, two = (booked_firm(600, "2026-01:2026-03", seed=5) for _ in range(2))
    assert truth(one) == truth(two)
    assert len(one.events) == 600
    assert all("2026-01" <= start[:7] <= "2026-03" for start, _ in one.by_start)
    moved = sum(row["rescheduled"] for row in one.invitees.values())
    assert 12 <= moved <= 36
    assert len(one.invitees) > 600
    assert one.no_shows
    assert any(event["event_guests"] for event in one.events.values())
    assert any(row["status"] == "canceled" and not row["rescheduled"] for row in one.invitees.values())


def test_drift_repeats_with_its_seed_and_stops() -> None:
    """The same seed changes the same world alike; with `every = 0` nothing changes."""
    worlds = [booked_firm(50, "2026-01", seed=2) for _ in range(2)]
    drifts = [Drift(world, seed=3, every=2) for world in worlds]
    for drift in drifts:
        for _ in range(100):
            drift()
        drift.every = 0
        drift()
    assert drifts[0].changes == 50
    assert truth(worlds[0]) == truth(worlds[1])
    assert [key for key, _ in worlds[0].by_start] == sorted(event["start_time"] for event in worlds[0].events.values())
