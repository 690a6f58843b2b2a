"""The fake Cal.com in a process of its own, driven by its control endpoint."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.calcom.bulk import booked_firm


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What the process printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.calcom", "--bookings", "40", "--deliveries"]
    with subprocess.Popen([*command, "--months", "2026-01:2026-03"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It lists its bookings, changes one when told, and says what is true and what was asked."""
    headers = {"Authorization": f"Bearer {announced['token']}", "cal-api-version": "2024-08-13"}
    with httpx.Client(base_url=announced["url"]) as http:
        rows = http.get("/v2/bookings", headers=headers).json()["data"]
        uid = next(row["uid"] for row in rows if row["status"] == "accepted" and "rescheduledFromUid" not in row)
        told = {"now": "2026-04-01T09:00:00Z", "uid": uid, "by": "x@clients.example"}
        assert http.post("/_control/cancel", json=told).json() == {}
        moved = http.post("/_control/move", json={**told, "starts_at": "2026-04-09T09:00:00Z"}).json()
        truth = {row["uid"]: row for row in http.get("/_control/truth").json()}
        posted = http.get("/_control/deliveries").json()
        stats = http.get("/_control/stats").json()
    assert len(rows) == 40
    assert truth[uid]["rescheduledToUid"] == moved["uid"]
    assert posted[-1]["triggerEvent"] == "BOOKING_RESCHEDULED"
    assert (stats["served"], stats["refused"], stats["by_path"]) == (1, 0, {"GET /v2/bookings": 1})


@pytest.mark.parametrize("count", [0, 1, 57])
def test_a_world_of_any_size_is_the_same_each_time(count: int) -> None:
    """So many bookings exactly, and equal ones for equal seeds."""
    (world, _), (again, _) = booked_firm(count, "2026-01:2026-02"), booked_firm(count, "2026-01:2026-02")
    assert len(world.bookings) == count
    assert world.bookings == again.bookings
