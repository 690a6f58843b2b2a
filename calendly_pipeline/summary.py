"""What a run brought, in the numbers a person asks for first."""

from dataclasses import dataclass
from typing import Any

import duckdb

STATUSES = ("confirmed", "completed", "no_show", "cancelled", "rescheduled", "pending", "rejected")


@dataclass(frozen=True)
class Figure:
    """One line of the summary."""

    group: str
    name: str
    value: int | str
    note: str = ""


def figures(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    """Every line, in the order they are read; duplicates in the other tool are counted once and listed apart."""
    return [
        *_meetings(connection),
        *_people(connection),
        *_cards(connection),
        *_inputs(connection),
    ]


def gaps(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, Any, Any, int]]:
    """Stretches of days no route vouches for: platform, account, first day, last day, days."""
    return connection.execute(
        """
        with gap_days as (
            select platform, account, day,
                day - (row_number() over (partition by platform, account order by day))::integer as stretch
            from (select distinct platform, account, day from meetings.coverage where gap_days is not null)
        )
        select platform, account, min(day), max(day), count(*)::integer
        from gap_days group by platform, account, stretch order by 1, 2, 3
        """
    ).fetchall()


def _meetings(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    counted = dict(
        connection.execute(
            "select status, count(*) from meetings.meetings where duplicate_of is null group by status"
        ).fetchall()
    )
    duplicates = _one(connection, "select count(*) from meetings.meetings where duplicate_of is not null")
    uncertain = _one(
        connection, "select count(*) from meetings.meetings where not is_status_certain and duplicate_of is null"
    )
    reviews = _one(
        connection,
        "select count(*) from classification.meeting_types as types "
        "inner join meetings.meetings as meetings on types.meeting_id = meetings.meeting_id "
        "where types.is_portfolio_review and meetings.duplicate_of is null and meetings.status = 'completed'",
    )
    lines = [Figure("Meetings", status, counted.get(status, 0)) for status in STATUSES if counted.get(status)]
    return [
        *lines,
        Figure("Meetings", "portfolio reviews held", reviews),
        Figure("Meetings", "in both tools, counted once", duplicates),
        Figure("Meetings", "status uncertain", uncertain, "known only from a Cal.com Insights file"),
    ]


def _people(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    decided = dict(
        connection.execute(
            "select matches.decision, count(distinct matches.attendee_id) from contacts.matches as matches "
            "inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id "
            "where attendees.role = 'invitee' and attendees.duplicate_of is null group by matches.decision"
        ).fetchall()
    )
    linked = decided.get("auto", 0) + decided.get("confirmed", 0)
    held = _one(
        connection,
        "select count(*) from meetings.attendees where is_held and role = 'invitee' and duplicate_of is null",
    )
    queue = _one(connection, "select count(distinct identity_id) from contacts.review_queue")
    return [
        Figure("Invitees", "meetings held, per person", held),
        Figure("Invitees", "matched to a contact", linked),
        Figure("Invitees", "in review", decided.get("review", 0), f"{queue} people to decide on"),
        Figure("Invitees", "unmatched", decided.get("unmatched", 0) + decided.get("rejected", 0)),
        Figure("Invitees", "staff", decided.get("internal", 0)),
    ]


def _cards(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    planned = dict(
        connection.execute(
            "select operation, count(*) from destinations.plan where destination = 'lacrm' group by operation"
        ).fetchall()
    )
    return [
        Figure("LACRM plan", "cards to update", planned.get("update", 0), "planned, not sent"),
        Figure("LACRM plan", "cards to leave as they are", planned.get("skip", 0)),
        Figure("LACRM plan", "cards blocked", planned.get("blocked", 0), "present values unknown"),
    ]


def _inputs(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    found = gaps(connection)
    days = sum(length for *_, length in found)
    note = "; ".join(f"{platform} {first:%d %b %Y} to {last:%d %b %Y}" for platform, _, first, last, _ in found)
    return [
        Figure("Inputs", "files read", _one(connection, "select count(*) from sources.files where failure is null")),
        Figure(
            "Inputs", "files that could not be read", _one(connection, "select count(*) from sources.rejected_files")
        ),
        Figure("Inputs", "rows that could not be used", _one(connection, "select count(*) from sources.rejected_rows")),
        Figure("Inputs", "days without coverage", days, note),
    ]


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return connection.execute(query).fetchall()[0][0]
