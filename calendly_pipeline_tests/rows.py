"""Rows of exports, short to write: only what a test is about is named."""

import json
from datetime import UTC, datetime
from typing import Any

from calendly_pipeline_tests.conftest import Tables

HOST = "dana@juniperlane.example"


def file(number: int, folder: str = "calendly", **named: Any) -> dict[str, Any]:
    """A landed file; a higher number is newer."""
    return {
        "file_id": f"{folder}:{number}",
        "folder": folder,
        "name": f"export-{number}.csv",
        "account": "default",
        "landed_at": datetime(2026, 7, 1, tzinfo=UTC),
        "modified_at": datetime(2026, 7, 1, tzinfo=UTC),
        "size_bytes": 1,
        "recency": number,
        "layout": "calendly_exports" if folder == "calendly" else "calcom_exports",
        **named,
    }


def calendly(
    start: str, email: str = "ada@example.com", *, file: int = 1, line: int = 2, **named: Any
) -> dict[str, Any]:
    """A row of a Calendly export: 30 minutes from `start` in New York."""
    hour_later = f"{start[:10]} {int(start[11:13]):02}:{(int(start[14:16]) + 30) % 60:02}"
    end = start if start[14:16] == "30" else hour_later
    return {
        "file_id": f"calendly:{file}",
        "line": line,
        "user_name": "Dana Host",
        "user_email": HOST,
        "invitee_name": "Ada Example",
        "invitee_email": email,
        "event_type_name": "Portfolio Review",
        "start_date_time": start,
        "end_date_time": end,
        "event_created_date_time": "2026-01-02 09:00",
        "canceled": "false",
        "marked_as_no_show": "No",
        **named,
    }


def insights(
    uid: str, start: str, email: str = "ada@example.com", *, file: int = 1, line: int = 2, **named: Any
) -> dict[str, Any]:
    """A row of a Cal.com Insights export; `start` is UTC."""
    return {
        "file_id": f"calcom:{file}",
        "line": line,
        "layout": "insights",
        "generation": "F",
        "uid": uid,
        "title": "Portfolio Review",
        "status": "completed",
        "start_time": f"{start}:00.000Z",
        "end_time": f"{start}:00.000Z".replace(":00:00.000Z", ":30:00.000Z"),
        "created_at": "2026-03-01T09:00:00.000Z",
        "host_email": HOST,
        "no_show_host": "false",
        "no_show_guests": "[]",
        "attendees": json.dumps([{"name": "Ada Example", "email": email}]),
        **named,
    }


def bookings_list(
    uid: str, start: str, email: str = "ada@example.com", *, file: int = 1, line: int = 2, **named: Any
) -> dict[str, Any]:
    """A row of Cal.com's bookings list; `start` is New York time, the host is unknown."""
    return {
        "file_id": f"calcom:{file}",
        "line": line,
        "layout": "bookings",
        "generation": "en",
        "uid": uid,
        "title": "Portfolio Review",
        "status": "ACCEPTED",
        "start_time": f"{start}:00",
        "end_time": f"{start}:00",
        "attendees": json.dumps([{"name": "Ada Example", "email": email}]),
        **named,
    }


def meetings_of(tables: Tables, *rows: dict[str, Any], files: int = 3, **run: Any) -> dict[str, dict[str, Any]]:
    """Run sources and meetings over export rows; meetings by their vendor id (or key)."""
    named = [file(number, folder) for number in range(1, files + 1) for folder in ("calendly", "calcom")]
    tables.given("sources.files", *named)
    tables.given("sources.calendly_exports", *(row for row in rows if row["file_id"].startswith("calendly")))
    tables.given("sources.calcom_exports", *(row for row in rows if row["file_id"].startswith("calcom")))
    tables.run_stage("sources", "meetings", **run)
    return {row["source_event_id"] or row["meeting_id"]: row for row in tables.rows("meetings.meetings")}


def attendees_of(tables: Tables) -> dict[tuple[str, str], dict[str, Any]]:
    """Attendees by vendor id of the meeting and address, after `meetings_of`."""
    rows = tables.rows(
        "select attendees.*, coalesce(meetings.source_event_id, meetings.meeting_id) as booking "
        "from meetings.attendees as attendees inner join meetings.meetings as meetings using (meeting_id)"
    )
    return {(row["booking"], row["address"]): row for row in rows}
