"""One refresh at a time: several processes, claims left behind, and answers that do not come."""

import asyncio
import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.clients import calendly_oauth
from calendly_pipeline.failures import ApiError, RateLimited, Unauthenticated, Unavailable
from calendly_pipeline_tests.clients.oauth_given import Consented, app_with_consent, run
from calendly_pipeline_tests.clients.odd_server import OddServer, Reply, odd

INVALID_GRANT = Reply(400, {"error": "invalid_grant", "error_description": "It is revoked."})
PAIR = {"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 7200}


@pytest.fixture
def consented(tmp_path: Path) -> Iterator[Consented]:
    """A firm with consent whose access token has ended."""
    with app_with_consent(tmp_path) as found:
        found.expire()
        yield found


@contextmanager
def processes(consented: Consented, count: int) -> Iterator[list["subprocess.Popen[str]"]]:
    """So many processes on the same store, each ready."""
    secret = consented.app.client_secret or ""
    asked = [consented.given.url, consented.state.url, consented.app.client_id, secret]
    command = [sys.executable, "-m", "calendly_pipeline_tests.clients.oauth_process", *asked]
    with ExitStack() as stack:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started = [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(count)]
        assert [heard(process) for process in started] == [[]] * count
        yield started


def tell(process: "subprocess.Popen[str]", count: int) -> None:
    """Let a process ask for so many tokens."""
    assert process.stdin
    process.stdin.write(f"{count}\n")
    process.stdin.flush()


def heard(process: "subprocess.Popen[str]") -> list[str]:
    """What it got."""
    assert process.stdout
    return json.loads(process.stdout.readline())


def test_two_processes_refresh_at_once(consented: Consented) -> None:
    """In every round both get the same living token from one refresh; asking all the time, neither is ever refused."""
    consented.given.server.tokens.expires_in = 60  # so every call refreshes, or finds that the other one did
    with processes(consented, 2) as both:
        for round_ in range(5):
            before = consented.token_requests
            for process in both:
                tell(process, 1)
            one, two = [heard(process) for process in both]
            assert one == two == [consented.row["access_token"]], round_
            assert consented.is_alive(one[0])
            assert consented.token_requests == before + 1
        for process in both:
            tell(process, 15)
        answers = [answer for process in both for answer in heard(process)]
    assert len(answers) == 30
    assert consented.is_alive(consented.row["access_token"])
    assert consented.row["refreshing_by"] is None
    refused = [r for r in consented.given.server.requests if r.path == "/oauth/token" and r.status != 200]
    assert refused == []


def test_a_claim_of_the_dead_ends(consented: Consented) -> None:
    """A process that died while refreshing is waited for until its claim ends, and no longer."""
    now = datetime.now(UTC)
    consented.change(refreshing_by="dead", refreshing_until=now - timedelta(seconds=1))
    assert consented.is_alive(run(consented.tokens().token()))
    consented.expire()
    consented.change(refreshing_by="dead", refreshing_until=datetime.now(UTC) + timedelta(seconds=0.3))
    begun = datetime.now(UTC)
    assert consented.is_alive(run(consented.tokens().token()))
    assert datetime.now(UTC) - begun >= timedelta(seconds=0.25)
    assert consented.row["refreshing_by"] is None


def test_who_waits_takes_the_others_pair(consented: Consented) -> None:
    """While another process holds the claim nobody asks; its new pair is used as soon as it is there."""
    consented.change(refreshing_by="alive", refreshing_until=datetime.now(UTC) + timedelta(minutes=1))

    async def wait() -> str:
        waiting = asyncio.create_task(consented.tokens().token())
        await asyncio.sleep(0.15)
        assert not waiting.done()
        later = datetime.now(UTC) + timedelta(hours=2)
        consented.change(**{"access_token": "theirs", "refresh_token": "next", "expires_at": later})
        return await waiting

    assert run(wait()) == "theirs"
    assert consented.token_requests == 1


def test_a_refused_refresh_names_the_remedy(consented: Consented) -> None:
    """A refresh token that is revoked needs a new consent: the error says so, quotes nothing, and leaves no claim."""
    row = consented.row
    consented.given.server.tokens.revoke(row["refresh_token"])
    with pytest.raises(Unauthenticated, match=r"invalid_grant\. Give consent again: calendly-pipeline login") as raised:
        run(consented.tokens().token())
    said = "".join(traceback.format_exception(raised.value))
    assert row["refresh_token"] not in said
    assert row["access_token"] not in said
    assert "hush-canary" not in said
    assert not raised.value.retry_helps
    assert consented.row["refreshing_by"] is None
    consented.consent()
    assert consented.is_alive(run(consented.tokens().token()))


@pytest.mark.parametrize("kind", ["500", "502", "429", "cut"])
def test_a_refresh_that_fails_for_a_while(consented: Consented, kind: str) -> None:
    """An answer that does not come, or comes too often, is no lost consent: the next attempt refreshes."""
    consented.given.server.faults.fail_next(1, kind, "/oauth/token")
    before = consented.row
    with pytest.raises(RateLimited if kind == "429" else Unavailable):
        run(consented.tokens().token())
    assert consented.row == before
    assert consented.is_alive(run(consented.tokens().token()))


def test_a_client_refreshes_until_it_passes(consented: Consented) -> None:
    """Within a client a refresh that fails is tried again like any request."""
    consented.given.server.faults.fail_next(2, "502", "/oauth/token")
    identity = consented.given.use(lambda client: client.identity(), tokens=consented.tokens())
    assert identity.address == "olive@firm.example"
    assert consented.token_requests == 4


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, b"<html>", "text/html"), Unavailable),
        (Reply(403, b"<html>", "text/html"), Unavailable),
        (Reply(200, b'{"access_token": "a'), Unavailable),
        (Reply(200, {"access_token": "a"}), Unauthenticated),
        (Reply(200, [1]), Unauthenticated),
        (Reply(302, b"", headers={"location": "http://127.0.0.1:9/"}), Unauthenticated),
        (Reply(400, {"error": "invalid_grant", "error_description": "no REFRESH, no hush-canary"}), Unauthenticated),
    ],
    ids=["page", "challenge", "truncated", "half-a-pair", "list", "redirect", "said-back"],
)
def test_odd_answers_to_a_refresh(consented: Consented, reply: Reply, kind: type[ApiError]) -> None:
    """Pages and cut answers can pass later, other answers need consent; the pair in the store stays, secrets too."""
    before = consented.row
    if isinstance(reply.body, dict) and "error" in reply.body:
        reply = replace(reply, body=json.loads(reply.content.replace(b"REFRESH", before["refresh_token"].encode())))
    with odd(reply) as server:
        consented.app = replace(consented.app, auth_url=server.url)
        with pytest.raises(kind) as raised:
            run(consented.tokens().token())
        assert len(server.server.asked) == 1
    assert type(raised.value) is kind
    assert consented.row == before
    said = "".join(traceback.format_exception(raised.value))
    assert before["refresh_token"] not in said
    assert "hush-canary" not in said


def test_a_refresh_token_that_stays(consented: Consented) -> None:
    """A vendor that gives the same refresh token again is believed."""
    used = consented.row["refresh_token"]
    with odd(Reply(200, {**PAIR, "refresh_token": used})) as server:
        consented.app = replace(consented.app, auth_url=server.url)
        assert run(consented.tokens().token()) == "new-access"
    assert (consented.row["access_token"], consented.row["refresh_token"]) == ("new-access", used)


def test_a_late_pair_is_saved_though_its_claim_has_ended(consented: Consented) -> None:
    """Whoever was refused meanwhile does not keep the only living pair from being saved."""
    with odd(Reply(200, PAIR, seconds=0.3), INVALID_GRANT) as server:
        consented.app = replace(consented.app, auth_url=server.url)

        async def race() -> str:
            slow = asyncio.create_task(consented.tokens().token())
            await until_asked(server.server, 1)
            consented.change(refreshing_until=datetime.now(UTC) - timedelta(seconds=1))
            with pytest.raises(Unauthenticated):
                await consented.tokens().token()
            return await slow

        assert run(race()) == "new-access"
    assert (consented.row["refresh_token"], consented.row["refreshing_by"]) == ("new-refresh", None)


def test_who_is_refused_late_takes_the_pair_that_is_there(consented: Consented) -> None:
    """A refusal that comes after another process has saved its pair is no refusal."""
    with odd(Reply(400, INVALID_GRANT.body, seconds=0.3), Reply(200, PAIR)) as server:
        consented.app = replace(consented.app, auth_url=server.url)

        async def race() -> list[str]:
            slow = asyncio.create_task(consented.tokens().token())
            await until_asked(server.server, 1)
            consented.change(refreshing_until=datetime.now(UTC) - timedelta(seconds=1))
            return [await consented.tokens().token(), await slow]

        assert run(race()) == ["new-access", "new-access"]


def test_an_answer_ends_before_the_claim(consented: Consented, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh is given up while its claim still holds, however slowly the answer drips."""
    assert calendly_oauth.ANSWER_SECONDS < calendly_oauth.CLAIM_SECONDS / 1.5
    monkeypatch.setattr(calendly_oauth, "ANSWER_SECONDS", 0.1)
    with odd(Reply(200, PAIR, seconds=0.3)) as server:
        consented.app = replace(consented.app, auth_url=server.url)
        with pytest.raises(Unavailable, match="no answer came"):
            run(consented.tokens().token())
    assert consented.row["refreshing_by"] is None


async def until_asked(server: OddServer, count: int) -> None:
    """Wait for so many requests."""
    async with asyncio.timeout(5):
        while len(server.asked) < count:
            await asyncio.sleep(0.005)
