"""The first meeting on a card, which may be older than any file."""

import pytest

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.given import mapped, met_once, plan, sent


@pytest.mark.parametrize(
    ("present", "written", "planned"),
    [
        ("2024-05-17", None, {}),
        ("5/17/2024", None, {}),
        ("2024-05-17", "2024-05-17", {"First meeting": "2026-05-01"}),
        ("2026-05-20", None, {"First meeting": "2026-05-01"}),
        ("", None, {"First meeting": "2026-05-01"}),
        ("long ago", None, {"First meeting": "2026-05-01"}),
    ],
)
def test_a_first_meeting_is_not_moved_to_a_later_day(
    tables: Tables, present: str, written: str | None, planned: dict[str, str]
) -> None:
    """An older day on the card stays, because files begin after the relationship, unless we wrote it ourselves."""
    ledger = [sent(1, payload={"First meeting": written})] if written else []
    row = plan(met_once(tables, First_meeting=present), *ledger, chosen=mapped({"first_meeting_on": "First meeting"}))
    assert row["payload"] == planned
