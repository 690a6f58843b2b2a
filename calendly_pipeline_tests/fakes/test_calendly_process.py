"""The fake as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from calendly_pipeline_tests.fakes.calendly.bulk import booked_firm
from calendly_pipeline_tests.fakes.calendly.truth import truth


@contextmanager
def _process(*arguments: str) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.calendly", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = json.loads(process.stdout.readline())
            headers = {"authorization": f"Bearer {said['token']}"}
            with httpx.Client(base_url=said["url"], headers=headers) as client:
                yield client, said
        finally:
            process.kill()


def test_process_serves_the_seeds_world_and_obeys() -> None:
    """It announces itself, serves exactly the seed's world, and changes, fails and reports on demand."""
    arguments = ("--events", "40", "--months", "2026-01:2026-02", "--seed", "9", "--deliveries")
    with _process(*arguments) as (client, said):
        world = booked_firm(40, "2026-01:2026-02", 9, keep_deliveries=True)
        assert client.get("/_control/truth").json() == json.loads(json.dumps(truth(world)))
        assert client.get("/_control/deliveries").json() == world.deliveries()
        query = {"organization": said["organization"], "count": "100"}
        assert len(client.get("/scheduled_events", params=query).json()["collection"]) == 40
        invitee = next(row["uri"] for row in world.invitees.values() if row["status"] == "active")
        asked = {"invitee": invitee, "now": "2026-04-01T10:00:00Z"}
        assert (
            client.post("/_control/mark_no_show", json=asked).json().startswith("https://api.calendly.com/invitee_no_")
        )
        client.post("/_control/fail_next", json={"n": 1, "kind": "500"})
        assert client.get("/users/me").status_code == 500
        assert client.post("/_control/change", json={}).json() is not None
        assert "Invitee UUID" in client.post("/_control/csv", json={"zone": "UTC"}).json()
        stats = client.get("/_control/stats").json()
        assert (stats["served"], stats["failed"], stats["by_path"]["GET /users/me"]) == (1, 1, 1)


def test_drifting_process_changes_while_it_is_read() -> None:
    """With `--drift` the world moves between requests, until it is told to stop."""
    with _process("--events", "30", "--months", "2026-01", "--drift", "4", "--drift-every", "1") as (client, _):
        before = client.get("/_control/truth").json()
        for _ in range(5):
            client.get("/users/me")
        after = client.get("/_control/truth").json()
        assert before != after
        client.post("/_control/drift", json={"every": 0})
        client.get("/users/me")
        assert client.get("/_control/truth").json() == after
