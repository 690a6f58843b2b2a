"""Deliveries over HTTP: which are kept, which are refused, and how."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.web.signatures import sign_calcom
from calendly_pipeline_tests.web.receiving import (
    KEY,
    NOW,
    SECRET,
    SMALL,
    Receiving,
    calcom_body,
    calendly_body,
    calendly_headers,
)

LARGE = b'"' + b"x" * SMALL.body_bytes + b'"'
GOOD = calendly_body()


def test_a_delivery_of_each_platform_is_kept_as_sent(receiver: Receiving) -> None:
    """The row holds platform, account, kind, both times and the body byte by byte."""
    assert receiver.calendly(calendly_body()).json() == {"status": "kept"}
    assert receiver.calcom(calcom_body()).status_code == 200
    calendly, calcom = receiver.rows()
    assert (calendly["platform"], calendly["account"], calendly["kind"]) == ("calendly", "default", "invitee.created")
    assert calendly["body"].encode() == calendly_body()
    assert calendly["received_at"] == NOW.replace(tzinfo=None)
    assert calendly["occurred_at"] == (NOW - timedelta(seconds=2)).replace(tzinfo=None)
    assert (calcom["platform"], calcom["account"], calcom["kind"]) == ("calcom", "default", "BOOKING_CREATED")
    assert calcom["body"].encode() == calcom_body()


def test_repeats_are_one_row_and_still_welcome(receiver: Receiving) -> None:
    """The same body again, signed anew or under another path, is answered 200 and not stored again."""
    sent = [
        receiver.calendly(GOOD),
        receiver.calendly(GOOD, at=NOW - timedelta(minutes=4)),
        receiver.calendly(GOOD, path="/default"),
    ]
    assert [answer.status_code for answer in sent] == [200, 200, 200]
    assert len(receiver.rows()) == 1


def test_order_and_kind_do_not_matter(receiver: Receiving) -> None:
    """A cancellation before its booking, and kinds nobody knows, are kept in the order of arrival."""
    kinds = ["invitee.canceled", "invitee.created", "made.of.dust"]
    for kind in kinds:
        assert receiver.calendly(calendly_body(kind=kind)).status_code == 200
    assert [row["kind"] for row in receiver.rows()] == kinds


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="no-json"),
        pytest.param(b"\xff\xfe{\x00", id="no-utf-8"),
        pytest.param(b"[" * 60_000, id="depth-bomb"),
        pytest.param(b'{"event": "\\ud800"}', id="half-a-pair"),
    ],
)
def test_signed_bodies_that_say_nothing_are_kept(receiver: Receiving, body: bytes) -> None:
    """A valid signature over what cannot be read: kept without a kind, so that the vendor need not try again."""
    assert receiver.calendly(body).status_code == 200
    assert receiver.calcom(body).status_code == 200
    assert [row["kind"] for row in receiver.rows()] == ["", ""]


def test_calcom_may_send_forms(receiver: Receiving) -> None:
    """A custom template that is no JSON arrives as a form; its text is kept."""
    body = b"triggerEvent=BOOKING_CREATED&uid=u-1"
    headers = {"x-cal-signature-256": sign_calcom(body, SECRET)}
    for content_type in ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"):
        assert receiver.post("/webhooks/calcom", body, {**headers, "content-type": content_type}).status_code == 200
    (row,) = receiver.rows()
    assert (row["kind"], row["body"]) == ("BOOKING_CREATED", body.decode())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"calendly-webhook-signature": ""}, 401, id="no-signature"),
        pytest.param({"calendly-webhook-signature": "t=1,v1=0"}, 401, id="garbled"),
        pytest.param(calendly_headers(GOOD, key="other"), 401, id="forged"),
        pytest.param(calendly_headers(GOOD, at=NOW - timedelta(minutes=6)), 401, id="stale"),
        pytest.param(calendly_headers(GOOD, at=NOW + timedelta(minutes=6)), 401, id="ahead"),
        pytest.param(calendly_headers(GOOD + b" "), 401, id="of-another-body"),
        pytest.param({"content-type": "text/plain"}, 415, id="content-type"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, 415, id="form"),
        pytest.param({"content-type": ""}, 415, id="no-content-type"),
        pytest.param({"content-encoding": "gzip"}, 415, id="compressed"),
    ],
)
def test_refused_by_its_headers(refusing: Receiving, changes: dict[str, str], status: int) -> None:
    """Each wrong header has its status, the answer says why, and nothing is stored."""
    answer = refusing.post("/webhooks/calendly", GOOD, {**calendly_headers(GOOD), **changes})
    assert answer.status_code == status
    assert answer.json()["error"]
    assert refusing.rows() == []


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("no-secret-provided", id="unsigned"),
        pytest.param("sha256=" + sign_calcom(calcom_body(), SECRET), id="prefixed"),
        pytest.param(sign_calcom(calcom_body(), KEY), id="key-of-the-other-vendor"),
    ],
)
def test_refused_of_calcom(refusing: Receiving, header: str) -> None:
    """Cal.com's own word for no secret is no signature either."""
    headers = {"content-type": "application/json", "x-cal-signature-256": header}
    assert refusing.post("/webhooks/calcom", calcom_body(), headers).status_code == 401


def test_empty_and_large_bodies_are_refused(refusing: Receiving) -> None:
    """Nothing at all is 400, more than the limit 413, however well signed; the limit itself passes the size check."""
    assert refusing.calendly(b"").status_code == 400
    assert refusing.calendly(LARGE).status_code == 413
    assert refusing.calendly(LARGE[: SMALL.body_bytes], key="other").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(refusing: Receiving, method: str) -> None:
    """Only POST is allowed, and the answer says so."""
    answer = refusing.client.request(method, refusing.url + "/webhooks/calendly")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/webhooks/calendly/", "/webhooks/other", "/webhooks", "/"])
def test_other_paths_are_not_there(refusing: Receiving, path: str) -> None:
    """No other path answers, and none redirects: Calendly takes a redirect for a failure."""
    assert refusing.post(path, GOOD, calendly_headers(GOOD)).status_code == 404


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(1, 127), st.booleans())
def test_any_changed_byte_is_refused_over_http(refusing: Receiving, place: int, mask: int, of_body: bool) -> None:
    """Turned bits in the body, or another digit in the digest, are refused; the module's app ends without a row."""
    headers, body = calendly_headers(GOOD), bytearray(GOOD)
    if of_body:
        body[place % len(body)] ^= mask
    else:
        digits = list(headers["calendly-webhook-signature"])
        digits[-1 - place % 64] = "0" if digits[-1 - place % 64] != "0" else "1"
        headers["calendly-webhook-signature"] = "".join(digits)
    assert refusing.post("/webhooks/calendly", bytes(body), headers).status_code == 401
