"""What the fake CleverTap says back: events by a cursor, and one profile (developer.clevertap.com, Get Events)."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.clevertap.world import StoredEvent, World

MOST_ROWS = 5000
Told = tuple[int, dict[str, Any]]


class Reading:
    """Cursors of one account; a cursor serves once, and its listing is that of the moment it was made."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self.world = world
        self.now = now
        self.page_size = MOST_ROWS  # smaller than what is asked for: "the response may vary"
        self._open: dict[str, tuple[list[StoredEvent], int]] = {}
        self._made = 0

    def cursor(self, query: Mapping[str, str], body: bytes) -> Told:
        """The first cursor of a listing."""
        try:
            asked = json.loads(body)
            name, first, last = asked["event_name"], int(asked["from"]), int(asked["to"])
        except (ValueError, KeyError, TypeError):
            return 400, {"status": "fail", "error": "Query is not valid", "code": 400}
        size = min(int(query.get("batch_size", 10)), self.page_size)
        rows = [event for event in self.world.events_of(name, self.now()) if first <= self._day(event) <= last]
        return 200, {"status": "success", "cursor": self._keep(rows, size)}

    def page(self, query: Mapping[str, str]) -> Told:
        """The next rows."""
        rows, size = self._open.pop(query.get("cursor", ""), ([], 0))
        if not size:
            return 400, {"status": "fail", "error": "Cursor is not valid", "code": 400}
        told: dict[str, Any] = {"status": "success", "records": [self._shape(event) for event in rows[:size]]}
        if rows[size:]:
            told["next_cursor"] = self._keep(rows[size:], size)
        return 200, told

    def profile(self, query: Mapping[str, str]) -> Told:
        """One profile by identity or e-mail."""
        for profile in self.world.profiles.values():
            if query.get("identity") == profile.identity or query.get("email", "-") == profile.data.get("Email"):
                data = {key: value for key, value in profile.data.items() if key != "Email"}
                record = {"identity": profile.identity, "email": profile.data.get("Email"), "profileData": data}
                return 200, {"status": "success", "record": record}
        return 400, {"status": "fail", "error": "Profile not found", "code": 400}

    def _keep(self, rows: list[StoredEvent], size: int) -> str:
        self._made += 1
        cursor = f"AfljfgIJBgBnamF5Kz8NegcBAwxhbCe/{self._made}=="
        self._open[cursor] = (rows, size)
        return cursor

    def _day(self, event: StoredEvent) -> int:
        return int(f"{self.world.local(event.occurred_at):%Y%m%d}")

    def _shape(self, event: StoredEvent) -> dict[str, Any]:
        profile = self.world.profiles[event.identity]
        return {
            "profile": {"identity": event.identity, "email": profile.data.get("Email"), "profileData": {}},
            "ts": int(f"{self.world.local(event.occurred_at):%Y%m%d%H%M%S}"),
            "event_props": event.properties,
            "session_props": {},
        }
