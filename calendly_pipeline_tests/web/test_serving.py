"""The server process: starting, stopping, being killed."""

import random
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from calendly_pipeline.failures import SettingsError
from calendly_pipeline.home import Home
from calendly_pipeline.state import State, webhook_deliveries
from calendly_pipeline.web.serving import serve
from calendly_pipeline_tests.conftest import FaultTable
from calendly_pipeline_tests.web.processes import ServerProcess
from calendly_pipeline_tests.web.receiving import calendly_body, calendly_headers

SENDERS = 8


class Sender(threading.Thread):
    """One connection that sends deliveries one after the other until they are all in or the server is gone."""

    def __init__(self, url: str, bodies: Sequence[bytes], kept: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.url, self.bodies, self.kept = url, bodies, kept

    def run(self) -> None:
        """Note every body that was answered 200."""
        with httpx.Client(timeout=30) as client:
            for body in self.bodies:
                headers = calendly_headers(body, at=datetime.now(UTC))
                try:
                    answer = client.post(self.url + "/webhooks/calendly", content=body, headers=headers)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.kept.append(body)


def send(url: str, bodies: Sequence[bytes], kept: list[bytes]) -> list[Sender]:
    """Spread bodies over several connections and start sending."""
    senders = [Sender(url, bodies[number::SENDERS], kept) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    return senders


def stored(home: Home) -> list[bytes]:
    """The bodies in the home's state store."""
    state = State(f"sqlite:///{home.data / 'state.db'}")
    try:
        return [row["body"].encode() for row in state.rows(webhook_deliveries)]
    finally:
        state.close()


def survive_kills(home: Home, seed: int, kills: int) -> tuple[int, int]:
    """Kill the server again and again under load; gives what was answered 200 and is not there, and what is twice."""
    lost = doubled = 0
    chance = random.Random(seed)
    bodies = [calendly_body(number) for number in range(kills * 200)]
    kept: list[bytes] = []
    for _ in range(kills):
        with ServerProcess(home) as server:
            waiting = sorted(set(bodies) - set(kept))
            enough = len(kept) + chance.randint(1, 120)
            senders = send(server.url(), [*kept[-5:], *waiting], kept)
            while len(kept) < enough and any(sender.is_alive() for sender in senders):
                senders[0].join(0.001)
            server.kill()
            for sender in senders:
                sender.join(30)
        there = stored(home)
        lost += len(set(kept) - set(there))
        doubled += len(there) - len(set(there))
        assert set(there) <= set(bodies)
    with ServerProcess(home) as server:
        for sender in send(server.url(), bodies, kept):
            sender.join(120)
    assert sorted(stored(home)) == sorted(bodies)
    return lost, doubled


def test_killed_under_load(tmp_path: Path) -> None:
    """After kill -9 in the middle of deliveries every acknowledged one is there, none twice, and sending goes on."""
    assert survive_kills(Home(tmp_path), seed=1, kills=1) == (0, 0)


@pytest.mark.faults
def test_killed_under_load_many_times(tmp_path: Path, fault_table: FaultTable) -> None:
    """The same at twenty random moments."""
    lost, doubled = survive_kills(Home(tmp_path), seed=2, kills=20)
    shown = "the vendor sends again what was not answered 200"
    fault_table.add("`kill -9` of the receiver under load", tried=20, lost=lost, doubled=doubled, shown=shown)
    assert (lost, doubled) == (0, 0)


def test_stopping_finishes_what_is_under_way(tmp_path: Path) -> None:
    """On SIGTERM a delivery whose body is still coming in is read, kept and answered; the exit code is 0."""
    home, body = Home(tmp_path), calendly_body()
    headers = {**calendly_headers(body, at=datetime.now(UTC)), "host": "test", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with ServerProcess(home) as server:
        port = int(server.url().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(f"POST /webhooks/calendly HTTP/1.1\r\n{head}\r\n".encode() + body[:10])
            httpx.get(f"http://127.0.0.1:{port}/health")  # by now the first one is being read
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            stopping.join(0.3)
            connection.sendall(body[10:])
            answer = connection.recv(4096).decode()
        stopping.join(30)
        assert answer.startswith("HTTP/1.1 200")
        assert server.wait() == 0
    assert stored(home) == [body]
    assert "since the start: {'calendly/default: kept': 1}" in "".join(server.log)
    assert [
        line for line in server.log if "ada@example.com" in line or "127.0.0.1:" in line.split("listening")[0]
    ] == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """Where nothing can listen the error says so, before anything is opened."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Cannot listen on 127.0.0.1 port {port}: Address already in use"):
            serve(Home(tmp_path / "home"), "127.0.0.1", port)
    assert not (tmp_path / "home").exists()
