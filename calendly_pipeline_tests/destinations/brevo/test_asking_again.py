"""A meeting that did not come about: the list, the single-use link, and the way off the list again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients.calendly import id_of
from calendly_pipeline.failures import MappingError
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.brevo.given import ADA, Bookings, chosen
from calendly_pipeline_tests.destinations.brevo.sending import Sending, sending
from calendly_pipeline_tests.fakes.brevo.given import NOW
from calendly_pipeline_tests.fakes.calendly import CalendlyServer
from calendly_pipeline_tests.fakes.calendly.bulk import firm as calendly_firm
from calendly_pipeline_tests.fakes.limits import Limit
from calendly_pipeline_tests.fakes.serving import Served

ASKING = {"list": "Book again", "link_attribute": "JOB_TITLE"}


@pytest.fixture
def calendly() -> Iterator[tuple[CalendlyServer, str]]:
    """A Calendly that listens."""
    server = CalendlyServer(calendly_firm(1, now=NOW), limit=Limit(10_000))
    with Served(server) as served:
        yield server, served.url


@pytest.fixture
def desk(tables: Tables, tmp_path: Path, calendly: tuple[CalendlyServer, str]) -> Iterator[Sending]:
    """An account that asks again, with links of Calendly's."""
    server, url = calendly
    rules = chosen(events={"enabled": False}, reengagement=ASKING)
    with sending(tables, tmp_path, rules) as desk:
        desk.calendly = (url, server.tokens.personal(server.world.owner, None))
        yield desk


@pytest.fixture
def firm(tables: Tables, calendly: tuple[CalendlyServer, str]) -> Bookings:
    """Ada cancelled the review she had booked."""
    server, _ = calendly
    uri = next(uri for uri, row in server.world.event_types.items() if row["name"] == "Portfolio Review")
    gone: dict[str, Any] = {"cancelled_at": "2026-06-25T10:00", "event_type_id": id_of(uri)}
    return Bookings(tables).booked("gone", "2026-07-20T14:00", "cancelled", **gone)


def links_made(server: CalendlyServer) -> int:
    """How many links Calendly was asked for."""
    return sum(request.path == "/scheduling_links" for request in server.requests)


def test_asked_with_a_fresh_link_once(desk: Sending, firm: Bookings, calendly: tuple[CalendlyServer, str]) -> None:
    """One send makes the link, writes it and puts her on the list; the ledger remembers it; no second link is made."""
    desk.send(firm)
    link = desk.attributes(ADA)["JOB_TITLE"]
    assert link.startswith("https://calendly.com/d/")
    assert (desk.on("Book again"), links_made(calendly[0])) == ({ADA}, 1)
    rows = {row["record_key"]: row for row in desk.ledger()}
    assert rows[f"{ADA}:link:gone"]["remote_id"] == link
    assert rows[f"{ADA}:again:gone"]["payload"]["link"] == link
    assert (desk.send(firm).planned, links_made(calendly[0])) == (0, 1)


def test_off_the_list_after_a_new_booking(desk: Sending, firm: Bookings) -> None:
    """She leaves the list and the link is blanked; what somebody else wrote into the attribute stays."""
    desk.send(firm)
    firm.booked("new", "2026-07-09T14:00", "confirmed", booked_at="2026-06-29T10:00")
    desk.send(firm)
    assert (desk.on("Book again"), "JOB_TITLE" in desk.attributes(ADA)) == (set(), False)
    assert desk.send(firm).planned == 0


@pytest.mark.parametrize("is_there", [True, False])
def test_the_firm_stops_asking(desk: Sending, firm: Bookings, is_there: bool) -> None:
    """Without re-engagement in the settings everybody leaves the list, also when the list itself is gone."""
    desk.send(firm)
    if not is_there:
        number = desk.list_named("Book again")
        del desk.given.world.lists[number]
        desk.given.world.of(ADA).list_ids.clear()
    desk.rules = chosen(events={"enabled": False})
    assert desk.send(firm).accepted == 1
    assert "JOB_TITLE" not in desk.attributes(ADA)
    assert not is_there or desk.on("Book again") == set()
    assert desk.send(firm).planned == 0


def test_a_value_of_somebody_elses_stays(desk: Sending, firm: Bookings) -> None:
    """The link's attribute is blanked only while it holds our link."""
    desk.send(firm)
    desk.given.world.change(NOW, desk.given.world.of(ADA), {"attributes": {"JOB_TITLE": "Owner"}})
    firm.booked("new", "2026-07-09T14:00", "confirmed")
    desk.send(firm)
    assert (desk.on("Book again"), desk.attributes(ADA)["JOB_TITLE"]) == (set(), "Owner")


def test_nobody_who_unsubscribed_is_asked(desk: Sending, firm: Bookings, calendly: tuple[CalendlyServer, str]) -> None:
    """No link is made and no list joined for somebody who left the list or is blocked."""
    desk.given.world.create(NOW, ADA, {"listIds": [desk.list_named("Book again")]})
    for lists in ((desk.list_named("Book again"),), ()):
        desk.given.world.unsubscribe(ADA, *lists)
        assert desk.send(firm).skipped == 2
    assert (desk.on("Book again"), links_made(calendly[0]), desk.given.world.granted) == (set(), 0, [])


def test_a_link_whose_answer_is_lost(desk: Sending, firm: Bookings, calendly: tuple[CalendlyServer, str]) -> None:
    """It is not made a second time: the case waits, listed, until somebody says that it may be."""
    calendly[0].faults.fail_next(1, "lost", "/scheduling_links")
    desk.send(firm)
    desk.send(firm)
    assert (links_made(calendly[0]), desk.on("Book again")) == (1, set())
    assert firm.planned(desk.rules)[f"{ADA}:link:gone"]["operation"] == "blocked"
    assert any("waits for its link" in text for text in desk.said)


def test_calendly_out_of_order(desk: Sending, firm: Bookings, calendly: tuple[CalendlyServer, str]) -> None:
    """An event type that is gone, or a token that is, stops nothing but the link; both are said."""
    kept = calendly[0].world.event_types
    calendly[0].world.event_types = {}
    counts = desk.send(firm)
    assert (counts.stopped_because, counts.rejected, desk.attributes(ADA)["BOOKING_STATUS"]) == ("", 1, "cancelled")
    assert any("is no active event type" in text for text in desk.said)
    calendly[0].world.event_types = kept
    desk.send(firm)
    assert (links_made(calendly[0]), desk.on("Book again")) == (1, {ADA})


def test_links_need_a_token(desk: Sending, firm: Bookings) -> None:
    """Without a token of Calendly's the mapping is refused before anything is sent."""
    desk.calendly = None
    with pytest.raises(MappingError, match="no token to make links with"):
        desk.send(firm)
    assert desk.writes() == 0


def test_a_kill_between_link_and_list(desk: Sending, firm: Bookings, calendly: tuple[CalendlyServer, str]) -> None:
    """A link that was made is used by the next send, when the one that made it did not get to write it."""
    desk.given.server.faults.fail_next(4, "500", f"/contacts/{ADA}", after=1)
    desk.send(firm, attempts=4)
    assert desk.on("Book again") == set()
    desk.given.server.faults.stop()
    desk.send(firm)
    assert (links_made(calendly[0]), desk.on("Book again")) == (1, {ADA})
