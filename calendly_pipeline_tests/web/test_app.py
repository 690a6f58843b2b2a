"""The app as a whole: health, what it counts, and what it never says."""

import logging
from pathlib import Path

import pytest

from calendly_pipeline.home import Home
from calendly_pipeline_tests.web.receiving import KEY, SECRET, Receiving, calcom_body, calendly_body, receiving

CANARY = "canary-4711@example.com"


def test_health(receiver: Receiving) -> None:
    """The state store answers, so the app is well."""
    answer = receiver.client.get(receiver.url + "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_does_not_say_where_the_store_is(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A store that cannot be opened is 503, for deliveries too, without its URL; the app starts all the same."""
    (tmp_path / "canary-folder").mkdir()
    monkeypatch.setenv("PIPELINE_STATE_URL", f"sqlite:////{tmp_path / 'canary-folder'}")
    with receiving(home) as receiver:
        health = receiver.client.get(receiver.url + "/health")
        refused = receiver.calendly(calendly_body())
    assert (health.status_code, refused.status_code) == (503, 503)
    assert "canary" not in health.text + refused.text


def test_outcomes_are_counted(receiver: Receiving) -> None:
    """Every delivery and every refusal counts, by account and reason."""
    receiver.calendly(calendly_body(1))
    receiver.calendly(calendly_body(1))
    receiver.calendly(calendly_body(2), key="other")
    receiver.calcom(calcom_body(), "/nobody-knows")
    assert receiver.app.state.outcomes == {
        "calendly/default: kept": 2,
        "calendly/default: wrong signature": 1,
        "calcom/-: no such account": 1,
    }


def test_logs_hold_no_body_no_key_and_no_signature(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is sent, kept or refused or failing, neither people nor secrets get into the logs."""
    body = calendly_body().replace(b"ada@example.com", CANARY.encode())
    with caplog.at_level(logging.DEBUG), receiving(home) as receiver:
        receiver.calendly(body)
        receiver.calendly(body, key=CANARY)
        receiver.calendly(body, path=f"/{CANARY}")
        receiver.calendly(body, path=f"?token={CANARY}")
        receiver.calcom(body)
        receiver.post("/webhooks/calendly", body, {"content-type": CANARY, "calendly-webhook-signature": CANARY})
        receiver.app.state.intake.state.engine.dispose()
        (home.data / "state.db").write_bytes(b"this is no database any more" * 1000)
        assert receiver.calendly(body + b" ").status_code == 503
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(logging.Formatter().format(record) for record in ours)
    assert "calendly/default refused: 401 wrong signature" in text
    assert "kept calendly/default invitee.created x1" in text
    assert [word for word in (CANARY, "canary", KEY, SECRET, "v1=", "sqlite:") if word in text] == []
