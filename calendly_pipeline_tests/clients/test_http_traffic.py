"""How requests travel: attempts, connections, how many at once, and the vendor's limit."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest

from calendly_pipeline.clients.calendly import CalendlyClient
from calendly_pipeline.clients.pacing import Deadline
from calendly_pipeline.failures import DeadlineReached, RateLimited, Unauthenticated, Unavailable
from calendly_pipeline_tests.clients.calcom_given import QuickClock
from calendly_pipeline_tests.clients.calendly_given import calendly
from calendly_pipeline_tests.clients.odd_server import TOKEN, Reply, odd
from calendly_pipeline_tests.fakes.faults import KINDS, Faults


async def me(client: CalendlyClient) -> str:
    """The address of the token's user."""
    return (await client.get("/users/me", kind="user")).data["resource"]["email"]


async def many(client: CalendlyClient) -> list[str]:
    """Forty requests at once."""
    return await asyncio.gather(*(me(client) for _ in range(40)))


@dataclass
class Purse:
    """Tokens, each of which is used until it is refused."""

    tokens: list[str]
    renewed: list[str] = field(default_factory=list)

    async def token(self) -> str:
        return self.tokens[0]

    async def renew(self, refused: str) -> bool:
        self.renewed.append(refused)
        if refused == self.tokens[0] and len(self.tokens) > 1:
            self.tokens.pop(0)
        return refused != self.tokens[0]


@pytest.mark.parametrize("kind", KINDS)
def test_two_faults_then_an_answer(kind: str) -> None:
    """Whatever goes wrong twice, the third attempt brings the answer, and nobody hears of it."""
    with calendly() as given:
        given.server.faults.slow_seconds = 0.01
        given.server.faults.fail_next(2, kind)
        assert given.use(me) == "olive@firm.example"
        assert len(given.server.requests) == (1 if kind == "slow" else 3)


@pytest.mark.parametrize("kind", ["429", "500", "502", "truncated", "cut", "lost", "half"])
def test_attempts_are_counted(kind: str) -> None:
    """A fault that stays is raised after as many attempts as are allowed."""
    with calendly() as given:
        given.server.faults.fail_next(99, kind)
        with pytest.raises(RateLimited if kind == "429" else Unavailable):
            given.use(me, attempts=3)
        assert len(given.server.requests) == 3


@pytest.mark.parametrize("concurrency", [1, 3, 9])
def test_no_more_at_once_than_set(concurrency: int) -> None:
    """Of forty requests no more are under way together than the setting says, over no more connections."""
    with odd(Reply(200, {"resource": {"email": "a"}}, seconds=0.01)) as server:
        assert len(server.use(many, concurrency=concurrency)) == 40
        assert min(concurrency, 2) <= server.server.most_at_once <= concurrency
        assert len({asked.connection for asked in server.server.asked}) <= concurrency


def test_one_connection_serves_one_after_the_other() -> None:
    """Requests that follow each other use the same connection."""

    async def in_turn(client: CalendlyClient) -> None:
        for _ in range(5):
            await me(client)

    with odd(Reply(200, {"resource": {"email": "a"}})) as server:
        server.use(in_turn)
        assert len({asked.connection for asked in server.server.asked}) == 1


def test_what_is_sent_and_what_is_kept() -> None:
    """A request carries its query, headers, body and token; the answer keeps its bytes and never the token."""

    async def work(client: CalendlyClient) -> None:
        got = await client.get("/a", {"x": "1 &", "uri": "https://a.b/c"}, kind="things", headers={"X-Own": "1"})
        assert (got.kind, got.request) == ("things", "/a?x=1+%26&uri=https%3A%2F%2Fa.b%2Fc")
        assert got.raw == b'{"n":  1}'
        assert got.data == {"n": 1}
        assert got.received_at.utcoffset() is not None
        assert TOKEN not in repr(got) + repr(client.tokens)
        await client.send("POST", "/b", body={"c": "\u00e4"}, kind="things")
        gone = await client.send("DELETE", "/d", kind="things")
        assert (gone.data, gone.raw) == (None, b"")

    replies = (Reply(200, b'{"n":  1}'), Reply(201, {}), Reply(204, b""))
    with odd(*replies) as server:
        server.use(work)
        first, second, third = server.server.asked
    assert [asked.target for asked in (first, second, third)] == ["/a?x=1+%26&uri=https%3A%2F%2Fa.b%2Fc", "/b", "/d"]
    assert {asked.headers["authorization"] for asked in (first, second, third)} == {f"Bearer {TOKEN}"}
    assert first.headers["accept"] == "application/json"
    assert first.headers["user-agent"] == "calendly-pipeline"
    assert first.headers["x-own"] == "1"
    assert json.loads(second.body) == {"c": "\u00e4"}
    assert third.body == b""


def test_a_refused_token_is_renewed_once() -> None:
    """After 401 the token source is asked for another token and the request is sent again, once."""
    with calendly() as given:
        assert given.use(me, tokens=Purse(["stale", given.token])) == "olive@firm.example"
        purse = Purse(["stale", "staler", given.token])
        with pytest.raises(Unauthenticated):
            given.use(me, tokens=purse)
        assert purse.renewed == ["stale"]
        assert [request.status for request in given.server.requests] == [401, 200, 401, 401]


def test_the_limit_of_the_vendor_is_kept() -> None:
    """Forty requests at fifteen a minute wait for two windows, and none is refused."""
    with calendly(per_window=15) as given:
        assert len(given.use(many, concurrency=8)) == 40
        assert given.server.gate.stats.refused == 0
        assert 120 <= given.clock.now <= 123


def test_a_share_of_the_limit_is_left() -> None:
    """With a share of 0.8 a fifth of each window is left."""
    with calendly(per_window=15) as given:
        given.use(many, concurrency=8, limit_share=0.8)
        assert given.server.gate.stats.refused == 0
        assert 180 <= given.clock.now <= 184


def test_a_spent_window_costs_one_refusal() -> None:
    """When others used the window up, one request finds out, and all the others wait for the next window."""
    with calendly(per_window=100) as given:
        given.server.limit.spend(given.world.owner, 100)
        assert len(given.use(many)) == 40
        assert given.server.gate.stats.refused == 1
        assert 60 <= given.clock.now <= 61


def test_an_error_page_does_not_switch_the_limit_off() -> None:
    """A page of the front end has no word of the limit, which says nothing about the limit."""
    with calendly(per_window=15) as given:
        given.server.faults.fail_next(1, "502")
        given.server.limit.spend(given.world.owner, 10)
        assert len(given.use(many, concurrency=20)) == 40
        assert given.server.gate.stats.refused == 0


def test_a_storm_is_weathered() -> None:
    """A third of all requests fail in every way there is, and every answer comes."""
    faults = Faults(7, 0.33, tuple(kind for kind in KINDS if kind not in ("slow", "429")))
    with calendly(per_window=30, faults=faults) as given:
        assert given.use(many, concurrency=8, attempts=20) == ["olive@firm.example"] * 40
        assert faults.counts.total() > 10
        assert given.server.gate.stats.refused <= 1 + faults.counts.total()


def test_nothing_is_sent_after_the_deadline() -> None:
    """Once the run's time is over no request leaves, and a wait that would outlast it is not begun."""
    clock = QuickClock()
    deadline = Deadline(120, clock)
    clock.now = 120
    with calendly(per_window=15) as given:
        with pytest.raises(DeadlineReached, match="the 2 minutes of this run are over") as raised:
            given.use(me, deadline=deadline)
        assert raised.value.retry_helps
        assert len(given.server.requests) == 0
        with pytest.raises(DeadlineReached):
            given.use(many, deadline=Deadline(59, given.clock))
        assert given.clock.now == 0
        assert given.server.gate.stats.served == 15
