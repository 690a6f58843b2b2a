"""What every destination promises, whichever vendor it is."""

import random

import pytest

from calendly_pipeline_tests.conftest import FaultTable
from calendly_pipeline_tests.destinations.contract.conftest import Case, Open
from calendly_pipeline_tests.destinations.contract.vendor import NAMES

KILLS = 50


def unsettled(case: Case) -> set[str]:
    """Records whose newest attempt has no certain outcome."""
    newest = {row["record_key"]: row["outcome"] for row in case.ledger() if row["outcome"] != "rejected"}
    return {key for key, outcome in newest.items() if outcome != "accepted"}


def test_nothing_is_sent_twice_and_the_ledger_explains_each_record(case: Case) -> None:
    """One record is tried, then the rest goes, then nothing; every record has one accepted attempt, with its run."""
    assert case.send(limit=1).counts.accepted == 1
    rest = case.send()
    assert (rest.error, rest.counts.rejected, rest.counts.unknown, rest.counts.deferred) == (None, 0, 0, 0)
    held = case.vendor.state()
    case.vendor.clear()
    again = case.send()
    assert (again.error, again.counts.planned, case.vendor.writes()) == (None, 0, 0)
    assert (case.vendor.state(), case.vendor.doubled()) == (held, [])
    attempts = case.ledger()
    assert len({row["record_key"] for row in attempts}) == len(attempts) == 1 + rest.counts.planned
    assert {(row["outcome"], row["run_id"]) for row in attempts} == {("accepted", "run-1"), ("accepted", "run-2")}


def test_trouble_with_the_vendor_loses_and_doubles_nothing(case: Case) -> None:
    """Lost answers, refusals for their number, cut connections and errors of the server: everything arrives once."""
    for path in case.given.WRITE_PATHS:
        for kind in ("lost", "429", "cut", "500"):
            case.vendor.faults.fail_next(1, kind, path, after=1)
    case.send()
    case.vendor.faults.stop()
    case.send()
    last = case.send()
    assert (last.error, last.counts.planned, case.vendor.doubled()) == (None, 0, [])
    assert last.counts.blocked >= len(unsettled(case))


def test_a_refused_key_stops_the_send(case: Case) -> None:
    """With a wrong key nothing is accepted and few requests are made, and the next send catches up."""
    case.break_key()
    stopped = case.send()
    assert stopped.counts.accepted == 0
    assert stopped.error is not None or stopped.counts.stopped_because
    assert case.vendor.writes() <= 1
    assert not any(value in str(stopped) for value in case.secrets.values())
    case.mend_key()
    assert case.send().counts.accepted > 0


def test_people_who_unsubscribed_stay_so(case: Case) -> None:
    """Through a first send, a resync without a ledger, another retention and another strategy."""
    case.rule("retention_days = 30\n")
    case.send()
    for address in case.vendor.addresses()[::2]:
        case.vendor.unsubscribe(address)
    left = case.vendor.consents()
    for rule in ("", 'merge_strategy = "append_only"\n', 'merge_strategy = "overwrite"\nretention_days = 3650\n'):
        case.rule(rule)
        case.forget()
        assert case.send().error is None
        now = case.vendor.consents()
        assert {who: now[who] for who in left} == left


def test_a_shorter_window_sends_less_and_a_wider_one_the_rest(case: Case) -> None:
    """What lies outside the retention is not sent; when it is taken back the rest is sent, and nothing twice."""
    case.rule('retention_from = "2026-06-01"\n')
    short = case.send()
    keys = {row["record_key"] for row in case.ledger()}
    case.rule("")
    rest = case.send()
    later = {row["record_key"] for row in case.ledger()} - keys
    assert (short.error, rest.error, case.vendor.doubled()) == (None, None, [])
    assert len(later) == rest.counts.planned
    assert case.send().counts.planned == 0


def test_a_killed_send_goes_on_where_it_stopped(case: Case) -> None:
    """Killed twice without warning: the next sends leave nothing to send, nothing doubled, what is unknown listed."""
    killed = case.kill(2) + case.kill(3)
    case.send()
    last = case.send()
    assert killed > 0
    assert (last.error, last.counts.planned, case.vendor.doubled()) == (None, 0, [])
    assert {row["outcome"] for row in case.ledger()} <= {"accepted", "unknown", "rejected"}
    assert last.counts.blocked >= len(unsettled(case))


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_many_moments(name: str, opened: Open, fault_table: FaultTable) -> None:
    """Killed at 50 random writes: in the end the vendor holds what it holds after a send that was not killed."""
    with opened(name) as case:
        case.vendor.clear()
        case.send()
        whole, writes = case.vendor.state(), case.vendor.writes()
    chance, killed, lost, doubled, listed = random.Random(50), 0, 0, 0, 0
    while killed < KILLS:
        with opened(name) as case:
            for _ in range(min(5, writes, KILLS - killed)):
                case.vendor.clear()
                killed += case.kill(1 + chance.randrange(min(12, writes)))
            case.send()
            last = case.send()
            doubled += len(case.vendor.doubled())
            listed += len(unsettled(case))
            assert last.counts.blocked >= len(unsettled(case))
            lost += last.counts.planned + (not unsettled(case) and case.vendor.state() != whole)
    shown = f"unknown outcomes are looked up by the next send; {listed} could not be and were listed"
    fault_table.add(f"`kill -9` in a send to {name}", tried=killed, lost=lost, doubled=doubled, shown=shown)
    assert (lost, doubled) == (0, 0)
