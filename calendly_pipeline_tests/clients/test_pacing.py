"""The rate budget keeps inside a vendor's windows, and uses them: simulated crowds in virtual time."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline_tests.clients.vendor_window import Crowd, Vendor

WINDOWS = pytest.mark.parametrize("is_aligned", [False, True], ids=["from-first-request", "aligned"])
ROUNDED = pytest.mark.parametrize("rounds", [math.ceil, math.floor], ids=["rounded-up", "rounded-down"])
LATENCIES = pytest.mark.parametrize("latency", [(0.08, 0.08), (0.02, 0.9)], ids=["even", "uneven"])


def least_seconds(crowd: Crowd, count: int, ours: int) -> float:
    """The time that nobody can beat: full windows, then the rest at the crowd's speed."""
    windows = math.ceil(count / ours) - 1
    rest = count - windows * ours
    return windows * crowd.vendor.seconds + rest * sum(crowd.latency) / 2 / crowd.askers


@WINDOWS
@ROUNDED
@LATENCIES
def test_the_whole_limit_is_used(
    is_aligned: bool, rounds: Callable[[float], int], latency: tuple[float, float]
) -> None:
    """With all of the limit, windows are full, at most one request of each is refused, and hardly any time is lost."""
    crowd = Crowd(Vendor(500, is_aligned=is_aligned, rounds=rounds), latency=latency).ask(2000)
    assert (crowd.served, crowd.failed) == (2000, 0)
    assert list(crowd.vendor.ours.values()) == [500] * 4
    assert max(crowd.vendor.refused.values(), default=0) <= (1 if rounds is math.floor else 0)
    assert crowd.took <= 1.05 * least_seconds(crowd, 2000, 500)


@WINDOWS
@ROUNDED
@pytest.mark.parametrize(("limit", "share", "ours"), [(500, 0.8, 400), (50, 0.8, 40), (120, 0.7, 84), (10, 0.55, 5)])
def test_a_share_of_the_limit_is_left(
    is_aligned: bool, rounds: Callable[[float], int], limit: int, share: float, ours: int
) -> None:
    """A share of every window is left to other tools, but for the one request that looks whether it ended."""
    crowd = Crowd(Vendor(limit, is_aligned=is_aligned, rounds=rounds), share=share).ask(3 * limit)
    assert crowd.served == 3 * limit
    assert not crowd.vendor.refused
    assert max(crowd.vendor.ours.values()) <= ours + (rounds is math.floor)
    assert crowd.took <= 1.05 * least_seconds(crowd, 3 * limit, ours)


@WINDOWS
@pytest.mark.parametrize(("share", "most_refused"), [(0.8, 0), (1.0, 24)])
def test_other_tools_spend_at_the_same_time(is_aligned: bool, share: float, most_refused: int) -> None:
    """With a share left, others' requests cost none of ours; without one, no more than were under way together."""
    vendor = Vendor(500, is_aligned=is_aligned)
    crowd = Crowd(vendor, share=share, latency=(0.05, 0.3), others_per_second=1.2).ask(2000)
    assert crowd.served == 2000
    assert max(vendor.accepted.values()) <= 500
    assert max(vendor.ours.values()) <= 500 * share
    assert max(vendor.refused.values(), default=0) <= most_refused


def test_others_leave_nothing() -> None:
    """While other tools use the limit up, ours looks once per window, and goes on when there is room again."""
    vendor = Vendor(100, is_aligned=True)
    crowd = Crowd(vendor, share=0.8, others_per_second=1.4).ask(100)
    assert crowd.served == 100
    assert max(vendor.refused.values(), default=0) <= 1


@ROUNDED
def test_slow_answers_reopen_no_window(rounds: Callable[[float], int]) -> None:
    """An answer that was long under way and tells of much room is old news, not a new window."""
    vendor = Vendor(500, rounds=rounds)
    crowd = Crowd(vendor, latency=(0.05, 0.3), slow_share=0.01, slow_seconds=5.0).ask(2000)
    assert crowd.served == 2000
    assert max(vendor.refused.values(), default=0) <= 1
    assert crowd.took <= 1.1 * least_seconds(crowd, 2000, 500)


def test_lost_answers_free_their_places() -> None:
    """Requests that were counted and never answered stop nobody, and send nobody over the limit."""
    crowd = Crowd(Vendor(500), lost_share=0.05).ask(1900)
    assert crowd.served == 1900
    assert not crowd.vendor.refused
    assert crowd.took <= 1.05 * least_seconds(crowd, 2001, 500)


def test_no_headers_no_limit() -> None:
    """A vendor that tells of no limit is asked by all at once from the second request on."""
    crowd = Crowd(Vendor(10**9, says="nothing"), latency=(0.1, 0.1)).ask(2400)
    assert crowd.most_at_once == crowd.askers
    assert crowd.took == pytest.approx(0.1 + 2399 * 0.1 / 24, abs=0.2)
    assert crowd.budget.waited_seconds == 0


def test_a_limit_without_headers_is_found_again_and_again() -> None:
    """Refused without a word of the window, requests go one by one until one passes."""
    crowd = Crowd(Vendor(30, 5.0, says="nothing"), latency=(0.1, 0.1)).ask(90)
    assert crowd.served == 90
    assert crowd.took < 20


@ROUNDED
def test_reset_as_a_timestamp(rounds: Callable[[float], int]) -> None:
    """A reset that is a Unix time is waited for as well."""
    crowd = Crowd(Vendor(50, rounds=rounds, says="timestamp")).ask(200)
    assert crowd.served == 200
    assert max(crowd.vendor.refused.values(), default=0) <= 1
    assert crowd.took <= 1.05 * least_seconds(crowd, 200, 50)


@settings(max_examples=100, deadline=None)
@given(
    limit=st.integers(1, 60),
    askers=st.integers(1, 30),
    window=st.sampled_from([10.0, 30.0, 60.0]),
    shortest=st.floats(0.001, 0.5),
    spread=st.floats(0, 2),
    share=st.sampled_from([0.5, 0.8, 1.0]),
    rounds=st.sampled_from([math.ceil, math.floor]),
    is_aligned=st.booleans(),
    lost=st.sampled_from([0.0, 0.1]),
    slow=st.sampled_from([0.0, 3.0, 25.0]),
    seed=st.integers(0, 99),
)
def test_whatever_the_crowd(
    limit: int,
    askers: int,
    window: float,
    shortest: float,
    spread: float,
    share: float,
    rounds: Callable[[float], int],
    is_aligned: bool,
    lost: float,
    slow: float,
    seed: int,
) -> None:
    """Everything is served and nobody waits for ever; one request per window, and one more per lost answer, is refused
    or goes beyond the share at most.
    """
    vendor = Vendor(limit, window, is_aligned, rounds)
    latency = (shortest, shortest + spread)
    crowd = Crowd(vendor, askers, share, latency, 0.05 if slow else 0.0, slow, lost, seed=seed).ask(3 * limit + askers)
    assert (crowd.served, crowd.failed) == (3 * limit + askers, 0)
    assert crowd.most_at_once <= askers
    assert max(vendor.ours.values()) <= min(limit, math.floor(limit * share) + 1 + crowd.lost)
    assert max(vendor.refused.values(), default=0) <= 1 + crowd.lost
    assert vendor.refused.total() <= len(vendor.ours) + crowd.lost
