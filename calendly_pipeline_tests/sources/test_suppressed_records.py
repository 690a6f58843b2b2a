"""Erased people who come again by API are counted, and are no rejects."""

import json
from pathlib import Path

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.home import Home
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import PageWriter
from calendly_pipeline.state import State
from calendly_pipeline.suppression import suppress, suppression
from calendly_pipeline_tests.api_rows import event_body, invitee_body
from calendly_pipeline_tests.conftest import AS_OF, Tables

START = "2026-06-01T14:00"


def test_an_event_of_an_erased_person_is_no_reject(tables: Tables, tmp_path: Path) -> None:
    """An event whose only invitee was erased is no meeting and no reject; one that truly lacks its invitees is one."""
    home = Home(tmp_path / "home")
    state = State(f"sqlite:///{tmp_path / 'state.db'}")
    state.upgrade()
    suppress(state, ["ada@client.example"], AS_OF)
    writer = PageWriter(home, "calendly", "default", "run1", suppression(state))
    state.close()
    events = {"collection": [event_body("e1", START), event_body("e2", START), event_body("e3", START)]}
    lists = {
        "e1": [{**invitee_body("i1", "e1"), "email": "Ada@client.example"}],
        "e2": [{**invitee_body("i2", "e2"), "email": "bob@client.example"}],
    }
    writer.add("2026-06", Answer("events", "/scheduled_events", AS_OF, json.dumps(events).encode(), None))
    for key, found in lists.items():
        body = json.dumps({"collection": found}).encode()
        writer.add("2026-06", Answer("invitees", f"/scheduled_events/{key}/invitees?count=100", AS_OF, body, None))
    writer.write(writer.take())
    load_pages(tables.connection, home)
    tables.run_stage("sources", "meetings")
    assert [row["row_id"] for row in tables.rows("sources.rejected_rows")] == ["calendly:event:e3"]
    assert [row["source_event_id"] for row in tables.rows("meetings.meetings")] == ["e2"]
    (counted,) = tables.rows("select * from sources.api_records where kind = 'suppressed'")
    assert (counted["record_id"], json.loads(counted["body"])) == ("e1", {"count": 1})
    assert tables.bad_rows("meetings", "every_booking_is_a_meeting") == []
