"""The same month by API, webhook and export, in any order and any combination, is the same list of meetings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calendly_pipeline.sources import calendly_csv
from calendly_pipeline_tests.api_rows import Row, put
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.fakes.calendly import World
from calendly_pipeline_tests.fakes.calendly.deliveries import deliveries
from calendly_pipeline_tests.fakes.calendly.exports import export_csv
from calendly_pipeline_tests.fakes.calendly.records import instant
from calendly_pipeline_tests.fakes.calendly.truth import truth
from calendly_pipeline_tests.rows import file

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
AS_OF = datetime(2026, 2, 15, 12, tzinfo=UTC)
PEOPLE = (("Ada Example", "ada@example.com"), ("Bo Example", "Bo@example.com"), ("Cy", "cy@example.com"))
COMBINATIONS = [list(names) for size in (1, 2, 3) for names in combinations(("api", "webhook", "csv"), size)]
ROUTES = st.sampled_from([names for names in COMBINATIONS if names != ["api"]])
VERBS = ("book",) * 5 + ("move", "mark", "mark", "unmark", "unmark", "cancel", "end")
ACTIONS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 11), st.integers(0, 11)), min_size=18, max_size=30)
AGREED = ("meeting_id", "starts_at", "ends_at", "duration_minutes", "host_email", "invitees_count")


@dataclass
class Month:
    """A world to which things happen, one a few hours after the other, and what each route said of it half-way."""

    world: World = field(default_factory=lambda: World(seed=3))
    now: datetime = BEGIN
    half: Mapping[str, Any] = field(default_factory=dict)
    half_csv: str = ""

    def __post_init__(self) -> None:
        dana = self.world.add_user("Dana Host", "dana@juniperlane.example", role="owner", now=BEGIN)
        max_ = self.world.add_user("Max Host", "max@juniperlane.example", now=BEGIN)
        add = self.world.add_event_type
        self.types = [
            add("Portfolio Review", dana, now=BEGIN),
            add("Planning", dana, hosts=(dana, max_), pooling="collective", location="physical", now=BEGIN),
            add("Seminar", max_, seats=3, location="zoom_conference", two_names=True, now=BEGIN),
        ]

    def happen(self, action: str, one: int, other: int) -> None:
        """Do something to the bookings there are; what cannot be done is not done."""
        self.now += timedelta(hours=7, seconds=13)
        invitees = list(self.world.invitees.values())
        if action == "book" or not invitees:
            self._book(one, other)
            return
        active = [invitee for invitee in invitees if invitee["status"] == "active"]
        marked = [invitee for invitee in active if invitee["no_show"]]
        fitting = marked if action == "unmark" else active
        if not fitting:
            return
        target = fitting[one % len(fitting)]
        if action == "cancel":
            self.world.cancel(target["uri"], now=self.now, by=("invitee", "host")[other % 2], reason="ill")
        elif action == "end":
            self.world.cancel(target["event"], now=self.now, by="host")
        elif action == "move":
            self.world.move(target["uri"], self._start(other), now=self.now, reason="later")
        elif action == "mark":
            self.world.mark_no_show(target["uri"], now=self.now)
        else:
            self.world.unmark_no_show(target["uri"], now=self.now)

    def remember(self) -> None:
        """Look at the world as the API and an export show it now."""
        self.now += timedelta(seconds=1)
        self.half = {"at": self.now, "truth": json.loads(json.dumps(truth(self.world)))}
        self.half_csv = export_csv(self.world, "America/New_York")

    def _book(self, one: int, other: int) -> None:
        name, email = PEOPLE[one % 3]
        guests = ("Gus@example.com", "max@juniperlane.example") if other % 4 == 0 else ()
        self.world.book(
            self.types[(one // 3) % 3], self._start(other), name=name, email=email, now=self.now, guests=guests,
            answers=[("Why?", "Fees")] if one % 2 else [], tracking={"utm_source": "mail"},
        )  # fmt: skip

    def _start(self, other: int) -> datetime:
        return datetime(2026, 1, 20, 15, tzinfo=UTC) + timedelta(days=4 * other)

    def answers(self, *, is_stale: bool) -> list[Row]:
        """What the API said: the newest version of each record, asked for half-way, and (unless stale) at the end."""
        present = self.half["truth"] if is_stale else truth(self.world)
        rows = []
        for kind in ("user", "event_type", "event", "invitee"):
            for id_, body in present[kind].items():
                is_old = self.half["truth"][kind].get(id_) == json.loads(json.dumps(body))
                seen = self.half["at"] if is_old else self.now + timedelta(hours=1)
                parent = body["event"].rsplit("/", 1)[-1].lower() if kind == "invitee" else None
                head = {
                    "platform": "calendly",
                    "account": "default",
                    "kind": kind,
                    "record_id": id_,
                    "parent_id": parent,
                }
                changed = instant(body["updated_at"]) if body.get("updated_at") else None
                rows.append({**head, "observed_at": seen, "updated_at": changed, "body": json.dumps(body)})
        return rows

    def delivered(self) -> list[Row]:
        """What was posted."""
        return [
            {
                "platform": "calendly",
                "account": "default",
                "kind": body["event"],
                "occurred_at": instant(body["created_at"]),
                "received_at": AS_OF,
                "body": json.dumps(body),
            }
            for body in deliveries(self.world)
        ]


def month_of(actions: Sequence[tuple[str, int, int]]) -> Month:
    """The world after these actions, looked at half-way."""
    month = Month()
    for place, (action, one, other) in enumerate(actions):
        month.happen(action, one, other)
        if place == len(actions) // 2:
            month.remember()
    return month


def land_export(tables: Tables, text: str, written: datetime, folder: Path) -> None:
    """Read an export with the project's own reader."""
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    landed = {"landed_at": written, "modified_at": written}
    tables.given("sources.files", {**file(1), **landed})
    for batch in calendly_csv.read(path, path.name):
        tables.connection.register("batch", pa.table(batch.columns))
        tables.connection.execute(
            "insert into sources.calendly_exports by name select 'calendly:1' as file_id, * from batch"
        )
        tables.connection.unregister("batch")


def meetings(tables: Tables) -> list[Row]:
    """Every meeting, after sources and meetings ran."""
    tables.run_stage("sources", "meetings", as_of=AS_OF)
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []
    assert tables.bad_rows("meetings", "moves_go_forward") == []
    assert tables.rows("sources.rejected_rows") == []
    return tables.rows("select * exclude (as_of) from meetings.meetings order by meeting_id")


def plain(row: Row) -> Row:
    """What an export alone must agree on: ended for good or moved away are one to it."""
    state = "ended" if row["status"] in ("cancelled", "rescheduled") else row["status"]
    return {**{name: row[name] for name in AGREED}, "state": state}


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
    """With API or webhooks all columns agree but `routes`, whatever else came, when and how stale; an export alone
    agrees on ids, states, times to the minute, hosts and invitees."""
    month = month_of(actions)
    put(tables, month.answers(is_stale=False), files=0)
    expected = meetings(tables)

    rows: list[Row] = []
    if "api" in routes:
        rows += month.answers(
            is_stale="webhook" in routes and data.draw(st.booleans(), label="API asked half-way only")
        )
    if "webhook" in routes:
        rows += month.delivered()
    data.draw(st.randoms(use_true_random=False), label="order of arrival").shuffle(rows)
    put(tables, [{**row, "delivery_id": n} if "occurred_at" in row else row for n, row in enumerate(rows)], files=0)
    if "csv" in routes:
        is_stale = len(routes) > 1 and data.draw(st.booleans(), label="export made half-way only")
        text = (
            month.half_csv
            if is_stale
            else export_csv(
                month.world, "America/New_York", has_uuids=len(routes) == 1 or data.draw(st.booleans(), label="UUIDs")
            )
        )
        land_export(tables, text, month.half["at"] if is_stale else month.now + timedelta(hours=2), tmp_path)
    found = meetings(tables)

    if routes == ["csv"]:
        assert [plain(row) for row in found] == [plain(row) for row in expected]
        return
    assert [{**row, "routes": None} for row in found] == [{**row, "routes": None} for row in expected]
    assert {name for row in found for name in row["routes"]} <= set(routes)
