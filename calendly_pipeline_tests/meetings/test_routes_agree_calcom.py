"""Cal.com's bookings by API, webhook and export, in any order and any combination, are the same meetings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calendly_pipeline.settings import Settings
from calendly_pipeline.sources import calcom_csv
from calendly_pipeline_tests.api_rows import Row, put
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.fakes.calcom.exports import insights_csv, list_csv
from calendly_pipeline_tests.fakes.calcom.shapes import booking_shape
from calendly_pipeline_tests.fakes.calcom.world import World
from calendly_pipeline_tests.rows import file

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
AS_OF = datetime(2026, 2, 15, 12, tzinfo=UTC)
STAFF = Settings.model_validate(
    {"firm": {"time_zone": "America/New_York", "internal_domains": ["juniperlane.example"]}}
)
SOURCES = ("api", "webhook", "insights", "list")
COMBINATIONS = [list(names) for size in (1, 2, 3, 4) for names in combinations(SOURCES, size)]
ROUTES = st.sampled_from([names for names in COMBINATIONS if names != ["api"]])
VERBS = ("book",) * 5 + ("cancel", "move", "confirm", "reject", "ask", "absent", "present", "seat", "leave", "end")
ACTIONS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 11), st.integers(0, 11)), min_size=18, max_size=30)
AGREED = (
    *("meeting_id", "status", "starts_at", "ends_at", "duration_minutes", "host_email", "host_name", "hosts", "title"),
    *(
        "event_type_id",
        "event_type_slug",
        "invitees_count",
        "is_rescheduled",
        "rescheduled_from_id",
        "rescheduled_to_id",
    ),
    *("chain_id", "reschedule_count", "cancellation_reason", "location_type", "location"),
)
"""All that API and webhooks both tell: the API alone knows an absent host, webhooks who cancelled a seated booking."""


@dataclass
class Month:
    """An instance to which things happen, and everything its API ever listed."""

    world: World = field(default_factory=lambda: World(seed=3))
    now: datetime = BEGIN
    listed: dict[tuple[str, str], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dana = self.world.add_user("Dana Host", "dana@juniperlane.example")
        self.types = [
            self.world.add_event_type(dana, "Portfolio Review", questions={"why": "Why?"}),
            self.world.add_event_type(dana, "Planning", requires_confirmation=True),
            self.world.add_event_type(dana, "Seminar", seats=5),
        ]

    def happen(self, verb: str, one: int, other: int) -> None:
        """Do something to the bookings there are; what cannot be done is not done."""
        self.now += timedelta(hours=55, seconds=13)
        bookings = list(self.world.bookings.values())
        if verb == "book" or not bookings:
            self._book(one, other)
            return
        pending = [booking for booking in bookings if booking.status == "PENDING"]
        fitting = pending if pending and verb in ("confirm", "reject") else bookings
        booking = fitting[one % len(fitting)]
        is_open = booking.status in ("ACCEPTED", "PENDING")
        person = booking.attendees[other % len(booking.attendees)].email if booking.attendees else ""
        started = self.now >= booking.starts_at
        if verb == "cancel" and is_open:
            self.list_all()  # afterwards a seated booking has no attendees any more, and nobody could be named
            self.world.cancel(self.now, booking.uid, ("dana@juniperlane.example", person)[other % 2], "ill")
        elif verb == "move" and is_open and not booking.is_seated:
            self.world.move(self.now, booking.uid, self._start(other), person, "later")
        elif verb in ("confirm", "reject") and booking.status == "PENDING":
            getattr(self.world, verb)(self.now, booking.uid)
        elif verb == "ask" and is_open and not booking.from_uid:
            self.world.ask_to_move(self.now, booking.uid, "other time")
        elif verb in ("absent", "present") and started and person:
            self.world.mark_absent(self.now, booking.uid, person, verb == "absent")
        elif verb == "seat" and is_open and booking.is_seated and len(booking.attendees) < 5:
            number = len(self.world.deliveries())
            self.world.take_seat(self.now, booking.uid, f"Seat {number}", f"seat{number}@example.com")
        elif verb == "leave" and is_open and booking.is_seated and len(booking.attendees) > 1:
            self.world.cancel_seat(self.now, booking.uid, person)
        elif verb == "end" and started and booking.status == "ACCEPTED":
            self.world.end(booking.uid, is_wrapped=bool(other % 2))

    def list_all(self) -> None:
        """Ask the API for every booking, as a pull does."""
        self.now += timedelta(seconds=1)
        for booking in self.world.bookings.values():
            body = json.loads(json.dumps(booking_shape(self.world, booking)))
            head = {"platform": "calcom", "account": "default", "observed_at": self.now}
            self.listed["booking", booking.uid] = {
                **head, "kind": "booking", "record_id": booking.uid, "body": json.dumps(body),
            }  # fmt: skip
            for person in body["attendees"]:
                id_ = f"{booking.uid}/{person['email'].lower()}"
                row = {
                    **head,
                    "kind": "attendee",
                    "record_id": id_,
                    "parent_id": booking.uid,
                    "body": json.dumps(person),
                }
                self.listed["attendee", id_] = row

    def _book(self, one: int, other: int) -> None:
        name, email = (("Ada Example", "ada@example.com"), ("Bo", "Bo@example.com"))[one % 2]
        kind = self.types[(one // 2) % 3]
        guests = ("gus@example.com",) if other % 3 == 0 and kind.seats is None else ()
        self.world.book(self.now, kind, self._start(other), name, email, guests=guests, answers={"why": "Fees"})

    def _start(self, other: int) -> datetime:
        return datetime(2026, 1, 10, 15, tzinfo=UTC) + timedelta(days=4 * other)

    def delivered(self) -> list[Row]:
        """What was posted."""
        rows = []
        for body in self.world.deliveries():
            at = datetime.fromisoformat(body["createdAt"]) if "createdAt" in body else None
            head = {"platform": "calcom", "account": "default", "kind": body["triggerEvent"]}
            rows.append({**head, "occurred_at": at, "received_at": AS_OF, "body": json.dumps(body)})
        return rows

    def files(self, routes: Sequence[str]) -> Mapping[str, str]:
        """Names and texts of the downloads."""
        texts = {}
        if "insights" in routes:
            texts["Insights.csv"] = insights_csv(self.world, self.now)
        if "list" in routes:
            for tab in ("past", "upcoming", "unconfirmed", "cancelled"):
                texts[f"bookings-{tab}.csv"] = list_csv(self.world, tab, self.now, "America/New_York")
        return texts


def land(tables: Tables, texts: Mapping[str, str], written: datetime, folder: Path) -> None:
    """Read downloads with the project's own reader."""
    times = {"landed_at": written, "modified_at": written}
    tables.given("sources.files", *({**file(n, "calcom"), **times} for n in range(1, len(texts) + 1)))
    for number, (name, text) in enumerate(texts.items(), 1):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        for batch in calcom_csv.read(path, name):
            tables.connection.register("batch", pa.table(batch.columns))
            tables.connection.execute(
                f"insert into sources.calcom_exports by name select 'calcom:{number}' as file_id, * from batch"
            )
            tables.connection.unregister("batch")


def meetings(tables: Tables) -> list[Row]:
    """What all routes tell of every meeting, after sources and meetings ran."""
    tables.run_stage("sources", "meetings", as_of=AS_OF, settings=STAFF)
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting", STAFF) == []
    assert tables.bad_rows("meetings", "moves_go_forward") == []
    assert {row["reason"] for row in tables.rows("sources.rejected_rows")} <= {
        "the row names no attendee"
    }  # in exports
    return tables.rows(f"select {', '.join(AGREED)} from meetings.meetings order by meeting_id")


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking would outlast the timeout
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), actions=ACTIONS, routes=ROUTES)
def test_any_routes_in_any_order_agree(
    tables: Tables, tmp_path: Path, data: st.DataObject, actions: list[tuple[str, int, int]], routes: list[str]
) -> None:
    """With API or webhooks all that both tell agrees, whatever else came and in whatever order; without, the same
    bookings at the same times, but for those that lost their attendees."""
    month = Month()
    for place, (verb, one, other) in enumerate(actions):
        month.happen(verb, one, other)
        if place == len(actions) // 2:
            month.list_all()
    month.list_all()
    put(tables, list(month.listed.values()), files=0)
    expected = meetings(tables)

    rows: list[Row] = [
        *(month.listed.values() if "api" in routes else ()),
        *(month.delivered() if "webhook" in routes else ()),
    ]
    data.draw(st.randoms(use_true_random=False), label="order of arrival").shuffle(rows)
    put(tables, [{**row, "delivery_id": n} if "occurred_at" in row else row for n, row in enumerate(rows)], files=0)
    land(tables, month.files(routes), month.now + timedelta(hours=1), tmp_path)
    found = meetings(tables)
    if {"api", "webhook"} & set(routes):
        assert found == expected
    else:
        named = {f"calcom:{uid}" for uid, booking in month.world.bookings.items() if booking.attendees}
        times = {row["meeting_id"]: row["starts_at"] for row in expected if row["meeting_id"] in named}
        assert {row["meeting_id"]: row["starts_at"] for row in found} == times
