"""Records in the shapes that were recorded or that the vendors' descriptions show become meetings."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients.answer import Answer
from calendly_pipeline.home import Home
from calendly_pipeline.sources.page_loading import load_pages
from calendly_pipeline.sources.pages import PageWriter
from calendly_pipeline_tests.conftest import Tables

SPECS = Path(__file__).parent.parent / "specs"
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SAMPLES = json.loads((SPECS / "calendly_api_samples_synthetic.json").read_text(encoding="utf-8"))["cases"]
EXAMPLES = json.loads((SPECS / "calendly_openapi_examples.json").read_text(encoding="utf-8"))["answers"]


def landed(tables: Tables, root: Path, platform: str, *pages: tuple[str, Any]) -> Tables:
    """Land answers, load them and run the models of sources and meetings."""
    home = Home(root)
    writer = PageWriter(home, platform, "default", "run1")
    for kind, body in pages:
        writer.add("2026-03", Answer(kind, "/", AT, json.dumps(body).encode(), body))
    writer.write(writer.take())
    load_pages(tables.connection, home)
    return tables.run_stage("sources", "meetings")


def collection(*records: Any) -> dict[str, Any]:
    """A list page."""
    return {"collection": list(records), "pagination": {"next_page_token": None}}


def test_a_recorded_move_is_two_linked_meetings(tables: Tables, tmp_path: Path) -> None:
    """The old event of a recorded reschedule is `rescheduled` and leads to the new one, by the vendor's own link."""
    case = SAMPLES["reschedule"]
    landed(
        tables,
        tmp_path,
        "calendly",
        ("events", collection(case["old_event"], case["new_event"])),
        ("invitees", collection(case["old_invitee"])),
        ("invitees", collection(case["new_invitee"])),
    )
    old, new = sorted(tables.rows("meetings.meetings"), key=lambda row: row["booked_at"])
    assert old["status"] == "rescheduled"
    assert old["rescheduled_to_id"] == new["meeting_id"]
    assert old["reschedule_evidence"] == "linked"
    assert new["chain_id"] == old["meeting_id"]


def test_a_recorded_cancellation_by_the_host(tables: Tables, tmp_path: Path) -> None:
    """Who cancelled, when and why is known from the API."""
    case = SAMPLES["host_cancel"]
    landed(
        tables, tmp_path, "calendly", ("events", collection(case["event"])), ("invitees", collection(case["invitee"]))
    )
    (meeting,) = tables.rows("meetings.meetings")
    assert (meeting["status"], meeting["cancelled_by"]) == ("cancelled", "host")
    assert meeting["cancelled_at"] is not None


def test_one_of_a_group_cancels_and_the_meeting_stands(tables: Tables, tmp_path: Path) -> None:
    """Of three invitees two are active and one is cancelled."""
    case = SAMPLES["group_one_of_three_canceled"]
    pages = (("events", collection(case["event"])), ("invitees", collection(*case["invitees"])))
    landed(tables, tmp_path, "calendly", *pages)
    statuses = [row["status"] for row in tables.rows("select status from meetings.attendees order by status")]
    assert statuses == ["active", "active", "cancelled"]
    (meeting,) = tables.rows("meetings.meetings")
    assert meeting["status"] in ("completed", "confirmed")


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[f"{n} {e['kind']}" for n, e in enumerate(EXAMPLES)])
def test_every_example_of_the_description_can_be_loaded(tables: Tables, tmp_path: Path, number: int) -> None:
    """No example of Calendly's API description breaks a model, with its short ids and its missing keys."""
    example = EXAMPLES[number]
    landed(tables, tmp_path, "calendly", (example["kind"], example["body"]))


def test_the_examples_together_are_a_meeting(tables: Tables, tmp_path: Path) -> None:
    """The description's event and invitee, once they name each other, are a meeting with its person and answers."""
    text = json.dumps(EXAMPLES).replace("/scheduled_events/GBGBDCAADAEDCRZ2", "/scheduled_events/AAAAAAAAAAAAAAAA")
    landed(tables, tmp_path, "calendly", *((example["kind"], example["body"]) for example in json.loads(text)))
    (meeting,) = tables.rows("meetings.meetings")
    assert (meeting["meeting_id"], meeting["status"]) == ("calendly:aaaaaaaaaaaaaaaa", "completed")
    (person,) = tables.rows("select * from meetings.attendees where role = 'invitee'")
    assert (person["email"], person["first_name"], person["is_no_show"]) == ("test@example.com", "John", False)
    assert len(json.loads(person["answers"])) == 3
    assert tables.rows("sources.rejected_rows") == []
