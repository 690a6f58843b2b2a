"""The check of recorded requests against an API description."""

import json
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline_tests.fakes.gate import Recorded
from calendly_pipeline_tests.fakes.requests_valid import complaints

SPEC: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "specs" / "calendly-openapi-2026-read-surface.json").read_text()
)
EVENTS = "/scheduled_events"
HOOKS = "/webhook_subscriptions"
JSON = {"content-type": "application/json"}
HOOK = {"url": "https://x.example", "events": ["invitee.created"], "organization": "https://o.example", "scope": "user"}


def _about(
    method: str, path: str, query: str = "", body: Any = None, headers: dict[str, str] | None = None
) -> list[str]:
    raw = b"" if body is None else json.dumps(body).encode()
    return complaints([Recorded(method, path, query, headers or JSON, raw)], SPEC)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/users/me", ""),
        (EVENTS, "organization=https%3A%2F%2Fapi.calendly.com%2Forganizations%2Fa&count=100&page_token=x"),
        (EVENTS, "user=https%3A%2F%2Fx.example&min_start_time=2026-01-01T00%3A00%3A00.000000Z&status=active"),
        (EVENTS + "/abc/invitees", "count=100&sort=created_at%3Aasc"),
        ("/event_types", "active=true&organization=https%3A%2F%2Fx.example"),
        ("/oauth/token", "anything=1"),
    ],
    ids=["me", "events", "window", "invitees", "types", "oauth"],
)
def test_good_request_passes(path: str, query: str) -> None:
    """Nothing to complain about."""
    assert _about("GET", path, query) == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (("GET", "/bookings"), "unknown path"),
        (("PUT", EVENTS), "unknown method"),
        (("GET", EVENTS, "updated_since=1"), "unknown query parameter updated_since"),
        (("GET", EVENTS, "count=101"), "count"),
        (("GET", EVENTS, "count=ten"), "count"),
        (("GET", EVENTS, "status=cancelled"), "status"),
        (("GET", EVENTS, "min_start_time=2026-01-01"), "min_start_time"),
        (("GET", EVENTS, "organization=abc"), "organization"),
        (("GET", EVENTS, "invitee_email=abc"), "invitee_email"),
        (("GET", EVENTS, "count=1&count=2"), "given 2 times"),
        (("GET", "/event_types", "active=yes"), "active"),
        (("GET", "/routing_forms"), "organization is missing"),
        (("GET", EVENTS, "", {"a": 1}), "a body where none is described"),
        (("POST", HOOKS, "", {**HOOK, "events": ["x"]}), "is not one of"),
        (("POST", HOOKS, "", {k: v for k, v in HOOK.items() if k != "scope"}), "'scope' is a required property"),
        (("POST", HOOKS, "", {**HOOK, "secret": "x"}), "unknown key secret"),
        (("POST", HOOKS, "", HOOK, {"content-type": "text/plain"}), "content type text/plain"),
    ],
    ids=lambda value: value.replace(" ", "-").replace("'", "") if isinstance(value, str) else "",
)
def test_bad_request_is_complained_about(request_: tuple[Any, ...], said: str) -> None:
    """One complaint that says what is wrong."""
    (complaint,) = _about(*request_)
    assert said in complaint


def test_complaint_comes_once() -> None:
    """The same complaint about many requests is one line."""
    request = Recorded("GET", "/bookings", "", {})
    assert complaints([request] * 3, SPEC) == ["GET /bookings: unknown path"]


def test_headers_arrays_and_older_descriptions() -> None:
    """OpenAPI 3.0 with required headers, lists of values and references works alike."""
    of_status = {"name": "status", "in": "query", "schema": {"type": "array", "items": {"enum": ["past", "upcoming"]}}}
    version = {"name": "cal-api-version", "in": "header", "required": True, "schema": {"type": "string"}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Mark"}}}}
    spec = {
        "openapi": "3.0.0",
        "paths": {"/v2/bookings": {"get": {"parameters": [of_status, version]}, "post": {"requestBody": body}}},
        "components": {
            "schemas": {"Mark": {"type": "object", "properties": {"a": {"type": "integer", "nullable": True}}}}
        },
    }
    path = "/v2/bookings"

    def about(method: str, query: str = "", headers: dict[str, str] | None = None, body: bytes = b"") -> list[str]:
        said = complaints([Recorded(method, path, query, headers or JSON, body)], spec)
        return [complaint.removeprefix(f"{method} {path}: ") for complaint in said]

    dated = {"cal-api-version": "2024-08-13"}
    assert about("GET", "status=past,upcoming", dated) == about("GET", "status=past&status=upcoming", dated) == []
    assert "is not one of" in about("GET", "status=past,gone", dated)[0]
    assert about("GET") == ["header cal-api-version is missing"]
    assert about("POST", body=b'{"a": null}') == []
    assert about("POST", body=b'{"b": 1}') == ["unknown key b in the body"]
    assert about("POST") == ["the body is missing"]
    assert about("POST", body=b"{") == ["the body is not JSON"]
