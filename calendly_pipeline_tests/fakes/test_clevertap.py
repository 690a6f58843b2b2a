"""The fake CleverTap refuses what the real one refuses, and is silent where the real one is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from calendly_pipeline_tests.fakes.clevertap import Campaign, Schema, World
from calendly_pipeline_tests.fakes.clevertap.given import NOW, clevertap, event, profile

ADA = "ada@client.example"
REFUSED = {
    509: [event(name=""), event(name=None)],
    512: [event(evtData=[]), {**profile(), "profileData": None}],
    513: [event(name="App Launched"), event(name="notification sent")],
    514: [profile(Gender="Q")],
    515: [profile(Email="nobody")],
    516: [profile(Phone="2125550100")],
    520: [profile(Age="old")],
    522: [event(evtData={f"p{n}": n for n in range(101)})],
    523: [event(identity=""), {**event(), "objectId": "0" * 32}],
    524: [{**event(), "type": "token"}, "text"],
    525: [event(ts=1_781_000_000_000), event(ts="2026-06-15"), event(ts=True)],
    526: [{"type": "event", "objectId": "?", "evtName": "x", "evtData": {}}],
    528: [event(name="Gone")],
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused_of_a_record(code: int) -> None:
    """Each code of the vendor's list comes for its own mistake, by status 200, and nothing is stored."""
    with clevertap() as fake:
        fake.world.discarded = frozenset(("Gone",))
        told = fake.upload(*REFUSED[code])
        assert (told["status"], told["processed"], fake.world.events) == ("fail", 0, [])
    assert [entry["code"] for entry in told["unprocessed"]] == [code] * len(REFUSED[code])


def test_some_good_some_bad() -> None:
    """Good records are stored, bad ones echoed with their number, last first."""
    with clevertap() as fake:
        told = fake.upload(event(ts="x"), profile(Name="Ada"), event(name=""))
        assert fake.world.profiles[ADA].data == {"Name": "Ada"}
    assert (told["status"], told["processed"]) == ("partial", 1)
    assert [entry["error"][-1] for entry in told["unprocessed"]] == ["3", "1"]
    assert told["unprocessed"][1]["record"] == event(ts="x")


def test_what_is_refused_of_a_call() -> None:
    """A bad login is 401, over a thousand records 400; neither stores anything."""
    with clevertap() as fake:
        bad = fake.http.post("/1/upload", json={"d": [event()]}, headers={"X-CleverTap-Passcode": "no"})
        many = fake.http.post("/1/upload", json={"d": [event()] * 1001})
        assert (bad.status_code, bad.json()["error"], many.status_code) == (401, "Invalid Credentials", 400)
        assert [fake.http.get("/1/nothing").status_code, fake.world.events] == [404, []]
        assert {request.headers["x-clevertap-passcode"] for request in fake.server.requests} == {"***"}


def test_sixteen_at_a_time_are_one_too_many() -> None:
    """The sixteenth upload on its way gets 429, without a header that would say when to come again."""
    with clevertap(latency=0.25) as fake, ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: fake.http.post("/1/upload", json={"d": [event(f"{n}@x.example")]}), range(16))
        )
        refused = [answer for answer in answers if answer.status_code == 429]
        assert (len(refused), len(fake.world.events)) == (1, 15)
    assert [name for name in refused[0].headers if "rate" in name or "retry" in name] == []


def test_a_repeated_event_is_a_second_event() -> None:
    """Nothing makes a repeat harmless; a lost answer hides that the first was stored."""
    with clevertap() as fake:
        fake.server.faults.fail_next(1, "lost")
        with pytest.raises(httpx.TransportError):
            fake.upload(event())
        fake.upload(event())
        assert len(fake.world.events) == 2


def test_only_live_events_trigger_campaigns() -> None:
    """An event older than two hours or over two minutes ahead sends no message, nor one that its campaign excepts."""
    moments = {"now": 0, "old": -7201, "just": -7200, "soon": 120, "ahead": 121}
    with clevertap() as fake:
        fake.world.campaigns.append(Campaign("Thanks", "Review scheduled", unless={"is_backfill": True}))
        for name, seconds in moments.items():
            fake.upload(event(name, ts=int(NOW.timestamp()) + seconds))
        fake.upload(event("flagged", evtData={"is_backfill": True}), event("else", name="Other"))
        fake.world.unsubscribe("out")
        fake.upload(event("out"))
        assert fake.world.messages == [("Thanks", "now"), ("Thanks", "just"), ("Thanks", "soon")]
        assert [one.is_live for one in fake.world.events[:5]] == [True, False, True, True, False]


def test_a_write_of_consent_shows() -> None:
    """A switch is as writable as it really is, and whoever wrote it is found out."""
    with clevertap() as fake:
        fake.world.unsubscribe(ADA)
        fake.upload(profile(Name="Ada"))
        assert fake.world.profiles[ADA].data == {"MSG-email": False, "Name": "Ada"}
        assert fake.world.consent_writes == []
        fake.upload(profile(**{"MSG-email": True}))
        assert fake.world.profiles[ADA].data["MSG-email"] is True
        assert fake.world.consent_writes == [(ADA, "MSG-email", True)]


def test_what_the_schema_does_not_know_is_dropped_in_silence() -> None:
    """The answer says success; the events, properties and keys that are missing are on the Error Stream alone."""
    schema = Schema({"Review scheduled": {"title": str, "count": int}}, frozenset(("Name",)))
    with clevertap(World(schema=schema)) as fake:
        told = fake.upload(
            event(evtData={"title": "Review", "count": "3", "new": 1}), event(name="Unknown"), profile(Name="A", Age=30)
        )
        assert (told["status"], told["processed"]) == ("success", 3)
        assert [one.properties for one in fake.world.events] == [{"title": "Review"}]
        assert (fake.world.profiles[ADA].data, len(fake.world.error_stream)) == ({"Name": "A"}, 4)


def test_what_does_not_fit_is_cut_or_dropped_in_silence() -> None:
    """Long values are cut to 512 bytes, long or oddly written keys dropped, names beyond 512 too, after a success."""
    with clevertap() as fake:
        told = fake.upload(event(evtData={"long": "é" * 300, "k" * 121: 1, "a.b": 1}), event(name="n" * 121))
        assert told["status"] == "success"
        assert [one.properties for one in fake.world.events] == [{"long": "é" * 256}]
        assert len(fake.world.error_stream) == 4
        fake.upload(*(event(name=f"name {number}") for number in range(512)))
        assert len({one.name for one in fake.world.events}) == 512
        fake.upload(profile(**{f"key {number}": number for number in range(257)}))
        assert len(fake.world.profiles[ADA].data) == 256


def test_events_are_read_back_late() -> None:
    """An event can be asked for only a while after it was stored."""
    moments = [NOW]
    with clevertap(World(readable_after=timedelta(minutes=5)), now=lambda: moments[-1]) as fake:
        fake.upload(event())
        found = []
        for minutes in (0, 5):
            moments.append(NOW + timedelta(minutes=minutes))
            asked = {"event_name": "Review scheduled", "from": 20260615, "to": 20260615}
            cursor = fake.http.post("/1/events.json", json=asked).json()["cursor"]
            found.append(len(fake.http.get("/1/events.json", params={"cursor": cursor}).json()["records"]))
        assert found == [0, 1]
        assert fake.http.get("/1/events.json", params={"cursor": cursor}).status_code == 400


@pytest.fixture
def announced() -> Iterator[dict[str, Any]]:
    """What the process printed first; it is killed in the end."""
    command = [sys.executable, "-m", "calendly_pipeline_tests.fakes.clevertap"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_process_serves_and_obeys(announced: dict[str, Any]) -> None:
    """It stores, fails when told, and says what is true."""
    headers = {"X-CleverTap-Account-Id": announced["account_id"], "X-CleverTap-Passcode": announced["passcode"]}
    with httpx.Client(base_url=announced["url"], headers=headers) as http:
        http.post("/_control/unsubscribe", json={"identity": ADA})
        http.post("/_control/fail_next", json={"n": 1, "kind": "lost", "path": "upload"})
        with pytest.raises(httpx.TransportError):
            http.post("/1/upload", json={"d": [event()]})
        http.post("/1/upload", json={"d": [profile(Name="Ada")]})
        truth = http.get("/_control/truth").json()
    assert [stored["identity"] for stored in truth["events"]] == [ADA]
    assert truth["profiles"][0]["data"] == {"MSG-email": False, "Name": "Ada"}
    assert (len(truth["uploads"]), truth["consent_writes"]) == (2, [])
