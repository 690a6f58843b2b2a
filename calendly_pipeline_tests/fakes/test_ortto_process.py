"""The fake Ortto in a process of its own, and its bulk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.ortto.bulk import filled_account


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What the process printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.ortto", "--people", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It merges people, changes some when told, and says what is true and what was asked."""
    with httpx.Client(base_url=announced["url"], headers={"X-Api-Key": announced["token"]}) as http:
        http.post("/_control/add", json={"email": "zoe@x.example"})
        http.post("/_control/unsubscribe", json={"email": "zoe@x.example"})
        http.post("/_control/suppress", json={"email": "gone@x.example"})
        sent = {"people": [{"fields": {"str::email": "new@x.example"}}], "merge_by": ["str::email"]}
        http.post("/v1/person/merge", json=sent).raise_for_status()
        http.post("/_control/fail_next", json={"n": 1, "kind": "500", "path": "merge"})
        assert http.post("/v1/person/merge", json=sent).status_code == 500
        truth, asked = http.get("/_control/truth").json(), http.get("/_control/asked").json()
    people = {row["str::email"]: row["bol::p"] for row in truth["people"]}
    assert (len(people), people["zoe@x.example"], people["new@x.example"]) == (12, False, True)
    assert [(one["path"], one["is_write"]) for one in asked] == [("/person/merge", True)]


@pytest.mark.parametrize("count", [0, 1, 57])
def test_an_account_of_any_size_is_the_same_each_time(count: int) -> None:
    """So many people exactly, and equal ones for equal seeds."""
    (world, key), (again, same_key) = filled_account(count), filled_account(count)
    assert (len(world.people), world.people, key) == (count, again.people, same_key)
