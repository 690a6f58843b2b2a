"""The shell of every fake: serving, limits, faults, the record of requests, the control endpoint."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from calendly_pipeline_tests.fakes.faults import KINDS, Faults
from calendly_pipeline_tests.fakes.gate import Gate
from calendly_pipeline_tests.fakes.limits import Limit, calcom_headers
from calendly_pipeline_tests.fakes.serving import Served


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    async def answer(request: Request) -> JSONResponse:
        return JSONResponse({"answer": list(range(50)), "body": (await request.body()).decode()})

    app = Starlette(routes=[Route("/things/{id}", answer, methods=["GET", "POST"])])
    limit = Limit(3, clock=clock)
    return Gate(app, lambda path, authorization: (limit, authorization), b"{}", b'{"title":"broken"}')


@pytest.fixture
def client(gate: Gate) -> Iterator[httpx.Client]:
    with Served(gate) as served, httpx.Client(base_url=served.url, headers={"authorization": "Bearer one"}) as client:
        yield client


def test_window_is_spent_told_in_headers_and_reopened(client: httpx.Client, clock: Clock) -> None:
    """A key has its budget per window, hears it in whole seconds, and gets a new one when the window is over."""
    answers = [client.get("/things/1") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert {a.headers["x-ratelimit-reset"] for a in answers} == {"60"}
    assert answers[3].json() == {}
    assert "retry-after" not in answers[3].headers
    assert client.get("/things/1", headers={"authorization": "Bearer two"}).status_code == 200
    clock.now += 59.5
    assert client.get("/things/1").headers["x-ratelimit-reset"] == "1"
    clock.now += 0.5
    assert client.get("/things/1").headers["x-ratelimit-remaining"] == "2"


def test_blocking_limit_stays_shut_after_its_window() -> None:
    """A key that went over is blocked for its own time, counted from the first refusal."""
    clock = Clock()
    limit = Limit(1, names=calcom_headers("Short"), block_seconds=60, clock=clock)
    assert [limit.take("a").allowed for _ in range(2)] == [True, False]
    clock.now += 59
    assert not limit.take("a").allowed
    clock.now += 1
    taken = limit.take("a")
    assert taken.allowed
    assert next(name for name, _ in limit.headers(taken)) == b"x-ratelimit-limit-short"
    assert (limit.served, limit.refused) == (2, 2)


def test_another_tool_spends_the_same_budget(client: httpx.Client, gate: Gate) -> None:
    """What another integration used is missing from what the headers say remains."""
    chosen = gate.choose_limit("/", "Bearer one")
    assert chosen
    limit, key = chosen
    limit.spend(key, 2)
    assert client.get("/things/1").headers["x-ratelimit-remaining"] == "0"


EXPECTED: dict[str, Any] = {
    "429": 429, "500": 500, "502": 502, "truncated": ValueError, "cut": httpx.RemoteProtocolError,
    "lost": httpx.RemoteProtocolError, "half": httpx.RemoteProtocolError, "slow": 200, "stale": 404,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_fault_does_what_its_name_says(kind: str, client: httpx.Client, gate: Gate) -> None:
    """Each fault reaches the client as it would from the vendor, once, and the next request is well."""
    gate.faults.slow_seconds = 0.01
    gate.copy = Starlette()  # knows of no thing yet
    gate.faults.fail_next(1, kind, "/things")
    if isinstance(EXPECTED[kind], int):
        assert client.get("/things/1").status_code == EXPECTED[kind]
    else:
        with pytest.raises(EXPECTED[kind]):
            client.get("/things/1").json()
    assert client.get("/things/1").status_code == 200
    assert gate.faults.counts == {kind: 1}


def test_planned_fault_waits_for_its_turn() -> None:
    """A fault can be ordered for the third request to one path."""
    faults = Faults()
    faults.fail_next(1, "500", "/b", after=2)
    assert [faults.next_for(path) for path in ("/b", "/a", "/b", "/b", "/b")] == [None, None, None, "500", None]


def test_random_faults_repeat_with_the_seed() -> None:
    """The same seed fails the same requests; about the asked share."""
    one, two = Faults(7, 0.2), Faults(7, 0.2)
    chosen = [one.next_for("/") for _ in range(1000)]
    assert chosen == [two.next_for("/") for _ in range(1000)]
    assert 150 < sum(kind is not None for kind in chosen) < 250


def test_unknown_fault_is_refused() -> None:
    """A misspelt fault does not pass as no fault."""
    with pytest.raises(ValueError, match="No such fault: 503"):
        Faults().fail_next(1, "503")


def test_requests_are_kept_without_the_token(client: httpx.Client, gate: Gate) -> None:
    """Method, path, query, body and status are kept; the token's value is not."""
    client.post("/things/1?a=1&a=&b=x%20y", json={"c": 2})
    kept = gate.requests[-1]
    assert (kept.method, kept.path, kept.body, kept.status) == ("POST", "/things/1", b'{"c":2}', 200)
    assert kept.query == [("a", "1"), ("a", ""), ("b", "x y")]
    assert kept.headers["authorization"] == "Bearer ***"


def test_hook_runs_before_the_answer(client: httpx.Client, gate: Gate) -> None:
    """A hook sees the request before the app does, so that it can change what the app will say."""
    seen: list[str] = []
    gate.on_request(lambda request: seen.append(f"{request.path} {request.status}"))
    client.get("/things/1")
    assert seen == ["/things/1 None"]


def test_control_endpoint_reports_and_is_not_counted(client: httpx.Client, gate: Gate) -> None:
    """Counts come by path family; control requests are neither limited nor counted; a bad one is told why."""
    gate.controls["add"] = lambda said: said["a"] + 1
    for id_ in ("1", "aaaaaaaa-0000-4000-8000-000000000001"):
        client.get(f"/things/{id_}")
    client.get("/things/short")
    client.get("/things/4")
    assert client.post("/_control/add", json={"a": 1}).json() == 2
    assert client.post("/_control/add", json={}).status_code == 400
    assert client.get("/_control/nothing").json() == {"known": ["add", "stats"]}
    stats = client.get("/_control/stats").json()
    assert (stats["served"], stats["refused"]) == (3, 1)
    assert stats["by_path"] == {"GET /things/{id}": 3, "GET /things/short": 1}
