"""The fake LACRM in a process of its own, and its bulk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.lacrm.bulk import filled_firm


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What the process printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.lacrm", "--contacts", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It lists its contacts, changes some when told, and says what is true and what was called."""
    headers = {"Authorization": announced["token"]}
    now = {"now": "2026-06-01T09:00:00Z"}
    with httpx.Client(base_url=announced["url"]) as http:
        rows = http.post("/v2/", headers=headers, json={"Function": "GetContacts"}).json()["Results"]
        one, two, three, *_ = (row["ContactId"] for row in rows if not row["IsCompany"])
        http.post("/_control/edit", json={**now, "contact_id": one, "fields": {"Last meeting": "2026-05-05"}})
        http.post("/_control/merge", json={**now, "kept": one, "gone": two})
        http.post("/_control/delete", json={"contact_id": three})
        new = http.post("/_control/add", json={**now, "name": "Zoe New", "emails": ["zoe@x.example"]}).json()
        truth = {row["ContactId"]: row for row in http.get("/_control/truth").json()["contacts"]}
        calls = http.get("/_control/calls").json()
    assert (len(rows), len(truth), new["ContactId"] in truth) == (40, 39, True)
    assert (truth[one]["Last meeting"], two in truth, three in truth) == ("2026-05-05", False, False)
    assert [call["function"] for call in calls] == ["GetContacts"]


@pytest.mark.parametrize("count", [0, 1, 57])
def test_a_world_of_any_size_is_the_same_each_time(count: int) -> None:
    """So many contacts exactly, and equal ones for equal seeds."""
    (world, key), (again, same_key) = filled_firm(count), filled_firm(count)
    assert len(world.contacts) == count
    assert (world.contacts, key) == (again.contacts, same_key)
    assert len(world.ids(companies=True)) == count // 10
