"""What happened between a client and the firm, in order."""

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.metrics.given import Firm

BOOKED = utc("2026-01-02T09:00")


def events(firm: Firm) -> dict[tuple[str, str], tuple]:
    """Moment and certainty by meeting and event."""
    firm.run()
    rows = firm.tables.rows("metrics.client_timeline")
    return {(row["meeting_id"], row["event"]): (row["happened_at"], row["is_moment_known"]) for row in rows}


def test_every_outcome_is_an_event(tables: Tables) -> None:
    """A held, missed, cancelled or coming meeting is booked and then has its outcome, once each."""
    firm = Firm(tables).meeting("held", "2026-05-01T14:00").meeting("missed", "2026-05-02T14:00", "no_show")
    firm.meeting("off", "2026-05-03T14:00", "cancelled").meeting("next", "2026-08-01T14:00", "confirmed")
    found = events(firm)
    assert {name for name in found if name[1] != "booked"} == {
        ("held", "held"),
        ("missed", "no_show"),
        ("off", "cancelled"),
    }
    assert {found[name, "booked"] for name in ("held", "missed", "off", "next")} == {(BOOKED, True)}
    assert found["held", "held"] == (utc("2026-05-01T14:00"), True)
    (row,) = tables.rows("select * from metrics.client_timeline where event = 'held'")
    assert (row["contact_id"], row["meeting_type"], row["title"], row["host_name"]) == (
        "ada",
        "check_in",
        "held",
        "Dana Host",
    )


def test_an_unknown_moment_says_so(tables: Tables) -> None:
    """A cancellation without a moment stands at the meeting's start and is marked; a known one stands where it was."""
    firm = Firm(tables).meeting("a", "2026-05-01T14:00", "cancelled")
    firm.meeting("b", "2026-05-02T14:00", "cancelled", who=None).attendee(
        "b", "ada", cancelled_at=utc("2026-04-20T10:00")
    )
    found = events(firm)
    assert found["a", "cancelled"] == (utc("2026-05-01T14:00"), False)
    assert found["b", "cancelled"] == (utc("2026-04-20T10:00"), True)


def test_a_move_happened_when_the_new_booking_was_made(tables: Tables) -> None:
    """A move is dated by the booking it went to, and is not a cancellation."""
    firm = Firm(tables).meeting("new", "2026-05-08T14:00", booked_at=utc("2026-04-28T08:00"))
    firm.meeting("old", "2026-05-01T14:00", "rescheduled", who=None).attendee("old", "ada", rescheduled_to_id="new")
    firm.meeting("lost", "2026-05-02T14:00", "rescheduled")
    found = events(firm)
    assert found["old", "rescheduled"] == (utc("2026-04-28T08:00"), True)
    assert found["lost", "rescheduled"] == (utc("2026-05-02T14:00"), False)
    assert ("old", "cancelled") not in found


def test_a_move_with_a_known_moment_keeps_it(tables: Tables) -> None:
    """Where the tool says when the old booking was given up, that moment stands, not the new booking's."""
    firm = Firm(tables).meeting("new", "2026-05-08T14:00", booked_at=utc("2026-04-28T08:00"))
    firm.meeting("old", "2026-05-01T14:00", "rescheduled", who=None)
    firm.attendee("old", "ada", rescheduled_to_id="new", cancelled_at=utc("2026-04-28T07:59"))
    assert events(firm)["old", "rescheduled"] == (utc("2026-04-28T07:59"), True)


def test_nothing_is_booked_at_an_unknown_time(tables: Tables) -> None:
    """Where no file tells when a meeting was booked there is no booking event."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00", who=None).attendee("m", "ada", booked_at=None)
    assert set(events(firm)) == {("m", "held")}


def test_each_person_has_an_own_timeline(tables: Tables) -> None:
    """In one meeting one person came and the other did not; both timelines say so, and nobody else has one."""
    firm = Firm(tables, "ada", "bob", "eve").meeting("m", "2026-05-01T14:00")
    firm.attendee("m", "bob", is_held=False, is_no_show=True).attendee("m", None, "unmatched").run()
    rows = tables.rows("select contact_id, event from metrics.client_timeline where event <> 'booked' order by all")
    assert [tuple(row.values()) for row in rows] == [("ada", "held"), ("bob", "no_show")]
