"""Pictures of the firm's meetings."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from calendly_pipeline.home import Home
from calendly_pipeline.metrics.assets import DRAWN, charts
from calendly_pipeline.metrics.charts import hosts_chart, outcomes_chart, weekly_chart
from calendly_pipeline.resources import AS_OF_TAG, resources
from calendly_pipeline.warehouse import open_warehouse

TODAY = date(2026, 6, 30)
MONDAY = date(2026, 6, 29)


def week(number: int = 0, **counts: int) -> dict[str, Any]:
    """A row of weekly_meetings so many weeks from now."""
    none = dict.fromkeys(("held_count", "no_show_count", "cancelled_count", "upcoming_count"), 0)
    return {"week_on": MONDAY + timedelta(weeks=number), **none, **counts}


def outcome(name: str, held: int = 3, no_show: int = 1, cancelled: int = 1) -> dict[str, Any]:
    """A row of event_type_outcomes."""
    counts = {"held_count": held, "no_show_count": no_show, "cancelled_count": cancelled}
    return {"event_type_name": name, "booked_count": held + no_show + cancelled, **counts}


def load(host: str, number: int = 0, minutes: int = 90, name: str | None = None) -> dict[str, Any]:
    """A row of host_load so many weeks from now."""
    return {"host_email": host, "host_name": name, "week_on": MONDAY + timedelta(weeks=number), "held_minutes": minutes}


PICTURES = {
    "weeks": (
        lambda rows: weekly_chart(rows, TODAY),
        [week(-3, held_count=4, no_show_count=1), week(2, upcoming_count=2)],
    ),
    "types": (outcomes_chart, [outcome("Review", 7), outcome("Call"), outcome("call", 1)]),
    "hosts": (
        lambda rows: hosts_chart(rows, TODAY),
        [load("a@x.example", -2), load("b@x.example"), load("b@x.example", -1, 35)],
    ),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_same_rows_same_bytes(picture: str) -> None:
    """The same rows, in whatever order, give the same PNG to the byte, without the program's name in it."""
    draw, rows = PICTURES[picture]
    first = draw(rows)
    assert first.startswith(b"\x89PNG")
    assert draw(rows[::-1]) == first
    assert b"Software" not in first
    assert draw(rows[:1]) != first


@pytest.mark.parametrize("picture", PICTURES)
def test_nothing_to_draw(picture: str) -> None:
    """A firm without meetings gets a picture that says so."""
    draw, _ = PICTURES[picture]
    assert draw([]).startswith(b"\x89PNG")


def test_weeks_outside_the_window_are_left_out() -> None:
    """Only the last 26 weeks, this one and the next eight are drawn."""
    seen = [week(-26, held_count=1), week(8, upcoming_count=1)]
    hidden = [week(-27, held_count=9), week(9, upcoming_count=9)]
    assert weekly_chart(seen + hidden, TODAY) == weekly_chart(seen, TODAY)
    assert hosts_chart([load("a", -26), load("a", -27), load("a", 1)], TODAY) == hosts_chart([load("a", -26)], TODAY)


@pytest.mark.parametrize(
    "name", ["$5k to $10k", "r$_{x", "面談", "two\nlines", "x" * 300, "100% & <b>", "🙂", "unknown"]
)
def test_any_name_can_be_drawn(name: str) -> None:
    """Formula signs, other scripts, line breaks and endless names do not stop a picture."""
    assert outcomes_chart([outcome(name)]).startswith(b"\x89PNG")
    assert hosts_chart([load("a", name=name)], TODAY).startswith(b"\x89PNG")


def test_many_types_and_hosts_stay_small() -> None:
    """A firm with a hundred event types and hosts gets a picture of a dozen, not a poster."""
    many = outcomes_chart([outcome(f"type {number}", number) for number in range(100)])
    assert int.from_bytes(many[20:24], "big") < 650
    hosts = hosts_chart([load(f"{number}@x.example", minutes=number) for number in range(100)], TODAY)
    assert int.from_bytes(hosts[20:24], "big") < 750


def test_types_with_nothing_settled_are_left_out() -> None:
    """An event type whose bookings are all to come has no share of anything."""
    assert outcomes_chart([outcome("a"), outcome("b", 0, 0, 0)]) == outcomes_chart([outcome("a")])


def test_the_asset_shows_three_pictures(tmp_path: Path) -> None:
    """The asset draws empty tables too, writes a row per picture and carries the pictures as its metadata."""
    home = Home(tmp_path)
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table metrics.weekly_meetings (week_on date)")
        connection.execute("create table metrics.event_type_outcomes (event_type_name varchar)")
        connection.execute(
            "create table metrics.host_load as select 'a@x.example' as host_email, null::varchar as host_name, "
            "date '2026-06-29' as week_on, 30 as held_minutes"
        )
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize(
            [charts], resources=resources(home), instance=instance, tags={AS_OF_TAG: "2026-06-30T12:00:00Z"}
        )
    (event,) = run.asset_materializations_for_node("metrics__charts")
    for name in DRAWN:
        assert str(event.metadata[name].value).startswith(f"![{name.replace('_', ' ')}](data:image/png;base64,iVBOR")
    with open_warehouse(home.warehouse, read_only=True) as connection:
        rows = connection.execute("select * from metrics.charts order by all").fetchall()
    assert rows == [("event_type_outcomes", 0), ("host_load", 1), ("weekly_meetings", 0)]
