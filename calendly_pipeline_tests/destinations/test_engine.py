"""The engine: sent once, whatever goes wrong; every attempt in the ledger; nothing that must not be."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendly_pipeline.destinations.ledger import settle_by_hand
from calendly_pipeline.failures import ConsentRefused, InputError
from calendly_pipeline.settings import Settings
from calendly_pipeline.state import sync_ledger
from calendly_pipeline_tests.conftest import AS_OF, Tables
from calendly_pipeline_tests.destinations.shelf import Bench, act, profile

FAULTS = ("ok", "lost", "late", "wrong_token", "killed_before", "killed_after", "silent")


@pytest.fixture
def bench(tables: Tables, tmp_path: Path) -> Iterator[Bench]:
    """An empty shelf."""
    bench = Bench(tables, tmp_path)
    yield bench
    bench.state.close()


def rules(**named: object) -> Settings:
    """Settings of the destination."""
    return Settings.model_validate({"firm": {"time_zone": "America/New_York"}, "destinations": {"lacrm": named}})


def test_what_was_sent_is_not_sent_again(bench: Bench) -> None:
    """A second run sends nothing; a change sends only what changed."""
    bench.want(profile("p1", a=1, b=2), act("a1"))
    assert (bench.run().accepted, len(bench.shelf.calls)) == (2, 2)
    assert (bench.run().planned, len(bench.shelf.calls)) == (0, 2)
    bench.want(profile("p1", a=1, b=3), act("a1", fields={"name": "another"}))
    assert bench.run().planned == 1
    assert bench.shelf.profiles == {"p1": {"a": 1, "b": 3}}
    assert bench.shelf.acts == ["a1"]


def test_a_blank_is_written_only_over_our_own(bench: Bench) -> None:
    """A value that is no longer known is blanked when we wrote it; one never written is not mentioned."""
    bench.want(profile("p1", a=1, b=None))
    bench.run()
    assert bench.shelf.profiles == {"p1": {"a": 1}}
    bench.want(profile("p1", a=None, b=None))
    bench.run()
    assert bench.shelf.profiles == {"p1": {"a": None}}
    assert bench.run().planned == 0


def test_an_act_whose_answer_was_lost_is_looked_up(bench: Bench) -> None:
    """An act that arrived is not repeated; one that did not is."""
    bench.shelf.faults = ["lost"]
    bench.want(act("a1"), act("a2"))
    assert bench.run().unknown == 2
    bench.shelf.acts.remove("a2")
    assert bench.run().accepted == 1
    assert sorted(bench.shelf.acts) == ["a1", "a2"]
    assert bench.ledger() == [("a1", "accepted"), ("a2", "rejected"), ("a2", "accepted")]


@pytest.mark.parametrize("outcome", ["intent", "unknown"])
def test_an_open_attempt_of_somebody_erased_is_not_looked_up(bench: Bench, outcome: str) -> None:
    """Nothing is left to look for: it stays unknown, stops no send, and is settled by a person."""
    row = {"destination": "lacrm", "record_key": "[erased]", "kind": "act", "operation": "create", "label": "[erased]"}
    with bench.state.transaction() as connection:
        connection.execute(sync_ledger.insert().values(**row, outcome=outcome, payload={}, attempted_at=AS_OF))
    bench.want(act("a1"))
    assert bench.run().accepted == 1
    assert bench.shelf.acts == ["a1"]
    assert bench.state.rows(sync_ledger)[0]["outcome"] == "unknown"
    settle_by_hand(bench.state, "lacrm", "[erased]", arrived=False, by="dana")
    assert bench.run().planned == 0


def test_what_nobody_can_look_up_waits_for_a_person(bench: Bench) -> None:
    """An act of unknown outcome is blocked, in words, until somebody says what they saw."""
    bench.shelf.can_look_up = False
    bench.shelf.faults = ["killed_after"]
    bench.want(act("a1"))
    bench.run_until_killed()
    assert bench.run().planned == 0
    (row,) = bench.plan()
    assert (row["operation"], "calendly-pipeline settle" in row["reason"]) == ("blocked", True)
    assert bench.ledger() == [("a1", "unknown")]
    settle_by_hand(bench.state, "lacrm", "a1", arrived=False, by="dana")
    assert bench.run().accepted == 1
    with pytest.raises(InputError, match="no attempt at a1"):
        settle_by_hand(bench.state, "lacrm", "a1", arrived=True, by="dana")


def test_a_state_of_unknown_outcome_is_repeated_whole(bench: Bench) -> None:
    """After a lost answer every field is set again, also those that have not changed since."""
    bench.want(profile("p1", a=1, b=2))
    bench.run()
    bench.want(profile("p1", a=1, b=3))
    bench.shelf.faults = ["killed_before"]
    bench.run_until_killed()
    bench.want(profile("p1", a=1, b=2))
    (row,) = bench.plan()
    assert (row["operation"], row["payload"]) == ("update", {"a": 1, "b": 2})
    bench.run()
    assert bench.run().planned == 0


def test_a_refused_token_stops_the_run(bench: Bench) -> None:
    """The first refusal of the token ends the run: nothing more is asked, and the next run sends everything."""
    bench.want(*(profile(f"p{n}") for n in range(12)), act("a1"))
    bench.shelf.faults = ["ok", "wrong_token"]
    counts = bench.run()
    assert (counts.accepted, counts.rejected, counts.deferred, len(bench.shelf.calls)) == (3, 3, 7, 2)
    assert "the token was refused" in counts.stopped_because
    assert bench.run().accepted == 10
    assert len(bench.shelf.profiles) == 12


def test_the_bad_record_of_a_batch_is_found(bench: Bench) -> None:
    """A batch refused whole is halved until the bad record stands alone; the others are accepted."""
    bench.want(*({"record_key": f"s{n}", "kind": "sheet"} for n in range(8)))
    bench.shelf.bad = {"s5"}
    counts = bench.run()
    assert (counts.accepted, counts.rejected) == (7, 1)
    assert "s5" not in bench.shelf.profiles
    assert dict(bench.ledger())["s5"] == "rejected"
    bench.shelf.bad.clear()
    assert (bench.run().accepted, bench.run().planned) == (1, 0)


def test_what_is_taken_and_not_kept_is_rejected(bench: Bench) -> None:
    """A write that the read-back does not find is rejected in the ledger, and tried again."""
    bench.want(profile("p1"), profile("p2"))
    bench.shelf.ignored = {"p2"}
    counts = bench.run()
    assert (counts.accepted, counts.rejected) == (1, 1)
    assert bench.ledger() == [("p1", "accepted"), ("p2", "rejected")]
    assert [row["record_key"] for row in bench.plan() if row["operation"] == "create"] == ["p2"]


@pytest.mark.parametrize("fields", [{"Subscribed": True}, {"a": {"deep": [{"subscribed": False}]}}])
def test_consent_is_never_written(bench: Bench, fields: dict[str, object]) -> None:
    """A payload with a key of consent, at any depth, keeps everything from being sent."""
    bench.want(profile("p1"), profile("p2", **fields))
    with pytest.raises(ConsentRefused, match="ubscribed"):
        bench.run()
    assert bench.shelf.calls == []
    assert bench.ledger() == []


@pytest.mark.parametrize(
    ("named", "payload"),
    [
        ({}, {"a": 2, "b": None, "c": 9}),
        ({"merge_strategy": "append_only"}, {"c": 9}),
        ({"merge_strategy": "ignore_existing"}, {}),
        ({"field_strategies": {"a": "append_only"}}, {"b": None, "c": 9}),
        ({"merge_strategy": "append_only", "field_strategies": {"a": "overwrite"}}, {"a": 2, "c": 9}),
        ({"touchable": ["c"]}, {"c": 9}),
    ],
)
def test_merge_strategies(bench: Bench, named: dict[str, object], payload: dict[str, object]) -> None:
    """Of a record written before only what the strategy of its field allows is planned."""
    bench.want(profile("p1", a=1, b=1, c=None))
    bench.run()
    bench.want(profile("p1", a=2, b=None, c=9))
    (row,) = bench.plan(rules(**named))
    assert (row["payload"], row["operation"]) == (payload, "update" if payload else "skip")


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ({}, {"old", "new", "timeless"}),
        ({"retention_days": 30}, {"new", "timeless"}),
        ({"retention_from": "2026-06-10"}, {"new", "timeless"}),
        ({"retention_until": "2026-06-10"}, {"old", "timeless"}),
    ],
)
def test_retention_limits_what_is_sent(bench: Bench, named: dict[str, object], sent: set[str]) -> None:
    """Only what happened within the window is sent; widening it later sends the rest, and nothing twice."""
    moments = {"old": "2026-05-01 12:00:00+00", "new": "2026-06-20 12:00:00+00", "timeless": None}
    bench.want(*(act(key, happened_at=moment) for key, moment in moments.items()))
    bench.run(rules(**named))
    assert set(bench.shelf.acts) == sent
    bench.run()
    assert (set(bench.shelf.acts), bench.shelf.doubled()) == ({"old", "new", "timeless"}, [])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    profiles=st.integers(0, 7),
    acts=st.integers(0, 5),
    faults=st.lists(st.sampled_from(FAULTS), max_size=12),
)
def test_whatever_goes_wrong_the_wanted_state_is_reached_once(
    tables: Tables, profiles: int, acts: int, faults: list[str]
) -> None:
    """After any faults and kills the next clean runs reach exactly the wanted state, and no act is there twice."""
    with TemporaryDirectory() as folder:
        bench = Bench(tables, Path(folder))
        bench.want(*(profile(f"p{n}", n=n) for n in range(profiles)), *(act(f"a{n}") for n in range(acts)))
        bench.shelf.faults = list(faults)
        for _ in range(len(faults) + 1):
            bench.run_until_killed()
            if not bench.shelf.faults:
                break
        bench.run()
        counts = bench.run()
        assert bench.shelf.profiles == {f"p{n}": {"n": n} for n in range(profiles)}
        assert sorted(bench.shelf.acts) == [f"a{n}" for n in range(acts)]
        assert (counts.planned, {outcome for _, outcome in bench.ledger()} & {"intent"}) == (0, set())
        bench.state.close()
