"""Calendly by API into landing: complete, exact, and sparing with calls."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from calendly_pipeline.failures import ListingShrank, Unauthenticated, Unavailable
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import page_files, whole_lines
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.calendly.records import last_part
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.requests_valid import complaints
from calendly_pipeline_tests.fakes.serving import Served
from calendly_pipeline_tests.sources.pulled import Firm

SPECS = Path(__file__).parent.parent / "specs"
NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
EVERYTHING = ("2026-01", "2026-12")
WINDOW = ("2026-05", "2026-12")


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """A firm with 240 events of the year 2026 at its Calendly, 20 a month."""
    server = CalendlyServer(booked_firm(240, "2026-01:2026-12"), limit=Limit(1_000_000))
    with Served(server) as served:
        found = Firm(tmp_path / "firm", server, served.url)
        yield found
        found.close()


def events_of(firm: Firm, first: datetime, last: datetime) -> list[str]:
    """URIs of active events that start in [first, last)."""
    rows = firm.world.events.values()
    return [
        row["uri"]
        for row in rows
        if first <= datetime.fromisoformat(row["start_time"]) < last and row["status"] == "active"
    ]


def invitee_of(firm: Firm, event: str) -> str:
    """URI of an event's first invitee."""
    return firm.world.invitees[firm.world.invitees_of[last_part(event)][0]]["uri"]


def test_who_leaves_is_no_longer_listed(firm: Firm) -> None:
    """The lists of members and event types land once, and again when somebody left or a type was deleted."""
    world = firm.world
    firm.pull(*WINDOW, NOW)
    files = len(page_files(firm.home))
    firm.pull(*WINDOW, NOW)
    assert len(page_files(firm.home)) == files
    gone, deleted = list(world.users)[-1], next(iter(world.event_types))
    world.remove_member(gone, now=NOW)
    world.delete_event_type(deleted, now=NOW)
    firm.pull(*WINDOW, NOW)
    listings = firm.loaded()["listing"]
    assert set(listings["user_ids"]["user_ids"]) == {last_part(user) for user in world.users} - {last_part(gone)}
    standing = [key for key, row in world.event_types.items() if row["type"] == "StandardEventType"]
    left = {last_part(key) for key in standing} - {last_part(deleted)}
    assert set(listings["event_type_ids"]["event_type_ids"]) == left
    assert last_part(gone) in firm.loaded()["user"]


def test_another_token_says_nothing_of_who_left(tmp_path: Path, firm: Firm) -> None:
    """A user's token sees its own part: no list lands."""
    plain = Firm(tmp_path / "plain", firm.server, firm.url, user=list(firm.world.users)[-1])
    plain.pull(*WINDOW, NOW)
    assert set(plain.loaded().get("listing", {})) <= {"webhook_subscription"}
    plain.close()


def test_a_pull_is_complete_and_exact(firm: Firm) -> None:
    """Every event, invitee, event type and member of the months pulled is landed exactly as the API gave it."""
    report = firm.pull(*EVERYTHING, NOW)
    assert firm.differences("event", "invitee", "event_type", "user") == {}
    assert report.counts["new"] == 240
    assert report.counts["invitee_reads"] == 240


def test_unknown_keys_survive_into_landing(firm: Firm) -> None:
    """A key that no documentation names reaches the record as it was."""
    event = next(iter(firm.world.events.values()))
    event["something_new"] = {"deep": ["value", 1, None]}
    firm.pull(*EVERYTHING, NOW)
    assert firm.loaded()["event"][last_part(event["uri"])]["something_new"] == {"deep": ["value", 1, None]}


def test_a_second_pull_with_nothing_changed_costs_next_to_nothing(firm: Firm) -> None:
    """The first pull asks for all invitees, the second for those of the last week's meetings, the third for none."""
    first = firm.pull(*EVERYTHING, NOW)
    second = firm.pull(*EVERYTHING, NOW + timedelta(hours=1))
    files = len(page_files(firm.home))
    third = firm.pull(*EVERYTHING, NOW + timedelta(hours=1))
    assert third.counts["requests"] < 0.1 * first.counts["requests"]  # 12 listings of 20 events each dominate here
    assert third.counts["invitee_reads"] == 0
    assert 0 < second.counts["invitee_reads"] < 10
    assert second.counts["new"] == second.counts["changed"] == third.counts["new"] == third.counts["changed"] == 0
    assert len(page_files(firm.home)) == files  # what is landed already is not landed again
    assert firm.differences() == {}


def test_late_changes_inside_the_window_reach_the_next_ordinary_pull(firm: Firm) -> None:
    """A no-show of this week, a late cancellation, a move and a new booking are there after the next ordinary pull."""
    firm.pull(*WINDOW, NOW)
    recent, other, third = events_of(firm, NOW - timedelta(days=6), NOW)[:3]
    ahead = events_of(firm, NOW, NOW + timedelta(days=30))[0]
    later = NOW + timedelta(hours=2)
    firm.world.mark_no_show(invitee_of(firm, recent), now=later)
    firm.world.cancel(other, now=later, by="host", reason="late")
    moved = firm.world.move(invitee_of(firm, ahead), NOW + timedelta(days=45), now=later)
    firm.world.add_guest(third, "late@clients.example", now=later)
    report = firm.pull(*WINDOW, later)
    records = firm.loaded()
    assert records["invitee"][last_part(invitee_of(firm, recent))]["no_show"]
    assert records["event"][last_part(other)]["status"] == "canceled"
    assert records["invitee"][last_part(moved.invitee)]["old_invitee"] == invitee_of(firm, ahead)
    assert records["event"][last_part(third)]["event_guests"][-1]["email"] == "late@clients.example"
    assert report.counts["new"] == 1


def test_late_changes_outside_the_window_wait_for_the_wide_pull(firm: Firm) -> None:
    """A no-show set two months late touches nothing a listing shows; the nightly pull finds it, and says so."""
    firm.pull(*EVERYTHING, NOW)
    old = events_of(firm, NOW - timedelta(days=75), NOW - timedelta(days=45))
    firm.world.mark_no_show(invitee_of(firm, old[0]), now=NOW)
    firm.world.cancel(old[1], now=NOW, by="host")
    moved = firm.world.move(invitee_of(firm, old[2]), NOW + timedelta(days=20), now=NOW)
    a_day_on = NOW + timedelta(days=1)
    ordinary = firm.pull(*WINDOW, a_day_on)
    assert ordinary.counts["found_late"] == 0
    assert not firm.loaded()["invitee"][last_part(invitee_of(firm, old[0]))]["no_show"]
    wide = firm.pull("2026-02", "2026-12", a_day_on, "wide")
    assert wide.counts["found_late"] == 1
    assert firm.differences() == {}
    assert last_part(moved.invitee) in firm.loaded()["invitee"]


def test_the_weekly_pull_reads_everything_and_reports_what_was_missed(firm: Firm) -> None:
    """A change that no rule could see is found by the full pass, counted, and then stays known."""
    firm.pull(*EVERYTHING, NOW)
    january = events_of(firm, NOW - timedelta(days=160), NOW - timedelta(days=140))[0]
    firm.world.mark_no_show(invitee_of(firm, january), now=NOW)
    a_day_on = NOW + timedelta(days=1)
    assert firm.pull(*EVERYTHING, a_day_on, "everything").counts["found_late"] == 1
    assert firm.differences() == {}
    again = firm.pull(*EVERYTHING, a_day_on + timedelta(hours=1), "everything")
    assert again.counts["found_late"] == 0


def test_data_that_moves_between_pages_is_still_read_once(firm: Firm) -> None:
    """Bookings made, moved and cancelled during the listing are all there after the next pull, each once."""
    steps = count(1)

    def change(_: object) -> None:
        number = next(steps)
        if number % 4 == 0 and number < 200:
            event_type = next(iter(firm.world.event_types))
            start = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=number)
            firm.world.book(event_type, start, name="New One", email=f"new{number}@clients.example", now=NOW)

    firm.server.on_request(change)
    firm.pull(*EVERYTHING, NOW)
    firm.pull(*EVERYTHING, NOW + timedelta(hours=1))
    assert firm.differences() == {}


def test_a_deleted_event_is_kept_and_marked(firm: Firm) -> None:
    """An event the API no longer returns is asked for by name, then marked as absent with the time it was last seen."""
    firm.pull(*EVERYTHING, NOW)
    gone = events_of(firm, NOW, NOW + timedelta(days=60))[0]
    firm.world.delete_event(gone, now=NOW)
    report = firm.pull(*EVERYTHING, NOW)
    records = firm.loaded()
    assert report.counts["absent"] == 1
    assert records["absence"][last_part(gone)]["reason"] == "not found"
    assert last_part(gone) in records["event"]
    assert firm.pull(*EVERYTHING, NOW).counts["absent"] == 0  # said once


def test_a_listing_that_lost_most_of_its_events_is_refused(firm: Firm) -> None:
    """When an owner becomes a plain user the listing shrinks; nothing is marked as gone, and the pull fails loudly."""
    firm.pull(*EVERYTHING, NOW)
    firm.token = firm.server.tokens.personal(next(reversed(firm.world.users)), None)
    with pytest.raises(ListingShrank, match=r"no longer listed.*role and scopes"):
        firm.pull(*EVERYTHING, NOW)
    assert "absence" not in firm.loaded()


def test_deleted_event_types_are_read_by_name(firm: Firm) -> None:
    """The type of an old event is landed even though no listing holds it any more."""
    uri = next(uri for uri, row in firm.world.event_types.items() if row["name"] == "Portfolio Review")
    firm.world.delete_event_type(uri, now=NOW)
    firm.pull(*EVERYTHING, NOW)
    assert firm.loaded()["event_type"][last_part(uri)]["deleted_at"]


def test_a_plan_without_routing_forms_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    """Below Teams the routing forms are refused; the pull notes it and goes on."""
    server = CalendlyServer(booked_firm(12, "2026-05:2026-06", plan="free"), limit=Limit(1_000_000))
    with Served(server) as served:
        firm = Firm(tmp_path / "firm", server, served.url)
        report = firm.pull("2026-05", "2026-06", NOW)
        assert firm.differences() == {}
        firm.close()
    assert any("Routing forms are not read" in note for note in report.notes)


def test_a_pull_cut_off_half_way_keeps_whole_pages_and_the_next_goes_on(firm: Firm) -> None:
    """After an outage in the middle, what was landed is there and the next pull asks only for the rest."""
    firm.server.faults.fail_next(10_000, "500", "/invitees", after=100)
    with pytest.raises(Unavailable, match="HTTP 500"):
        firm.pull(*EVERYTHING, NOW)
    half = len(firm.loaded()["invitee"])
    assert 50 < half < 240
    assert all(line["body"] for path in page_files(firm.home) for line in whole_lines(path))
    firm.server.faults.stop()
    report = firm.pull(*EVERYTHING, NOW)
    assert firm.differences() == {}
    assert report.counts["invitee_reads"] < 200


def test_a_revoked_token_is_named_and_not_tried_again(firm: Firm) -> None:
    """401 ends the pull at the first request, in words that say what to do and without the token."""
    firm.server.tokens.revoke(firm.token)
    with pytest.raises(Unauthenticated, match="Make a new token") as refused:
        firm.pull(*EVERYTHING, NOW)
    assert firm.token not in str(refused.value)
    assert len(firm.server.requests) == 1


def test_a_deleted_subscription_is_no_longer_there(firm: Firm, tables: Tables) -> None:
    """A webhook subscription that was disabled and made anew stands once, working, and the check is content."""

    def subscriptions() -> list[str]:
        load_pages(tables.connection, firm.home)
        tables.run("sources.webhook_subscriptions")
        return [row["state"] for row in tables.rows("sources.webhook_subscriptions")]

    url = "https://hooks.firm.example/webhooks/calendly"
    broken = firm.world.add_webhook(url, ["invitee.created"])
    firm.world.set_webhook_state(broken, "disabled", now=NOW)
    firm.pull("2026-06", "2026-06", NOW)
    assert subscriptions() == ["disabled"]
    assert len(tables.bad_rows("sources", "webhook_subscriptions_work")) == 1
    del firm.world.webhooks[broken]
    firm.pull("2026-06", "2026-06", NOW + timedelta(hours=1))
    assert subscriptions() == []
    firm.world.add_webhook(url, ["invitee.created"])
    firm.pull("2026-06", "2026-06", NOW + timedelta(hours=2))
    assert subscriptions() == ["active"]
    assert tables.bad_rows("sources", "webhook_subscriptions_work") == []


def test_an_empty_account_is_a_finished_pull(tmp_path: Path) -> None:
    """Nothing booked is a fact that is vouched for, not an error."""
    server = CalendlyServer(booked_firm(0, "2026-05:2026-06"), limit=Limit(1_000_000))
    with Served(server) as served:
        firm = Firm(tmp_path / "firm", server, served.url)
        assert firm.pull("2026-05", "2026-06", NOW).state == "done"
        assert firm.differences() == {}
        firm.close()


def test_every_request_is_one_the_api_describes(firm: Firm) -> None:
    """No request of a pull has a path or parameter that Calendly's description does not know."""
    firm.pull(*EVERYTHING, NOW)
    described = json.loads((SPECS / "calendly-openapi-2026-read-surface.json").read_text(encoding="utf-8"))
    assert complaints(firm.server.requests, described) == []
