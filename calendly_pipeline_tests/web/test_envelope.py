"""What a body says of itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.web.envelope import as_text, kind_and_time

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("platform", "text", "kind", "time"),
    [
        pytest.param(
            "calendly",
            '{"event": "invitee.created", "created_at": "2026-06-30T12:00:00.000000Z"}',
            "invitee.created",
            NOON,
            id="calendly",
        ),
        pytest.param(
            "calcom",
            '{"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-06-30T08:00:00-04:00"}',
            "BOOKING_CREATED",
            NOON,
            id="calcom-with-offset",
        ),
        pytest.param("calcom", '{"triggerEvent": "MEETING_ENDED", "uid": "u"}', "MEETING_ENDED", None, id="flat"),
        pytest.param("calcom", "triggerEvent=X_Y&createdAt=2026-06-30T12%3A00%3A00Z", "X_Y", NOON, id="form"),
        pytest.param("calendly", '{"event": "x", "created_at": "2026-06-30T12:00:00"}', "x", NOON, id="no-zone"),
        pytest.param("calendly", '{"event": "made.of.dust"}', "made.of.dust", None, id="unknown-kind"),
        pytest.param("calendly", '{"event": 7, "created_at": 7}', "", None, id="numbers"),
        pytest.param("calendly", '{"event": "a\\nb", "created_at": "soon"}', "", None, id="line-break"),
        pytest.param("calendly", '{"event": "\\ud800"}', "", None, id="half-a-pair"),
        pytest.param("calendly", '{"event": "e", "created_at": "0001-01-01T00:00:00+10:00"}', "e", None, id="year-0"),
        pytest.param("calendly", '["event"]', "", None, id="list"),
        pytest.param("calendly", "", "", None, id="nothing"),
        pytest.param("calendly", DEEP, "", None, id="deep"),
        pytest.param("calendly", '{"event": ' + "9" * 5000 + "}", "", None, id="huge-number"),
        pytest.param("calcom", "a=1&" * 5000, "", None, id="huge-form"),
    ],
)
def test_kind_and_time(platform: str, text: str, kind: str, time: datetime | None) -> None:
    """The envelope's name and time in UTC; blank and None for whatever is no envelope."""
    assert kind_and_time(platform, text) == (kind, time)


@given(st.binary(max_size=300), st.sampled_from(["calendly", "calcom"]))
def test_any_bytes_become_text_a_store_can_hold(raw: bytes, platform: str) -> None:
    """Any bytes give UTF-8 text without NUL, and reading it raises nothing."""
    text = as_text(raw)
    assert "\0" not in text
    assert text.encode()[:0] == b""
    kind_and_time(platform, text)


def test_text_stays_as_it_is() -> None:
    """What is UTF-8 is kept character by character."""
    assert as_text("{'Zoë': '日本'}\r\n".encode()) == "{'Zoë': '日本'}\r\n"
