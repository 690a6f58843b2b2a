"""How many requests a send makes, how fast, and what becomes of answers that are odd, lost or refused."""

from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.ortto.given import ADA, Booked
from calendly_pipeline_tests.destinations.ortto.sending import Sends, sends
from calendly_pipeline_tests.fakes.ortto import BodyLimit


def crowd(firm: Sends, count: int) -> Booked:
    """So many people with a booking each."""
    made = firm.booked()
    for number in range(count):
        made.booking(f"m{number}", address=f"p{number}@x.example", who=None)
    return made


def asked(firm: Sends) -> dict[str, int]:
    """Requests by path."""
    paths = [one.path for one in firm.there.server.asked]
    return {path: paths.count(path) for path in sorted(set(paths))}


def test_requests_are_those_that_are_stated(tables: Tables, tmp_path: Path) -> None:
    """120 people and activities: two batches of each, the reads that the README names, the vendor's pace."""
    with sends(tables, tmp_path) as firm:
        firm.there.server.limit = BodyLimit(10, 1.0, clock=firm.clock.monotonic)
        counts = firm.send(crowd(firm, 120))
        found = asked(firm)
        assert found == {
            "/activities/create": 2,
            "/instance-schema/get": 2,
            "/person/custom-field/get": 2,
            "/person/merge": 2,
            "/person/subscriptions": 6,
        }
        assert (counts.accepted, counts.requests) == (240, sum(found.values()))
        assert counts.waited_seconds <= sum(found.values()) * 0.1 * 1.05


def test_a_batch_with_bad_and_suppressed_people(tables: Tables, tmp_path: Path) -> None:
    """In whatever order Ortto answers, each person gets their own outcome, and the good ones arrive once."""
    with sends(tables, tmp_path, is_shuffled=True) as firm:
        firm.there.world.suppressed |= {"p1@x.example", "p3@x.example"}
        made = crowd(firm, 5)
        made.booking("bad", address="bad@x@example", who=None)
        firm.there.world.refused = {"bad@x@example"}
        counts = firm.send(made)
        assert (counts.rejected, counts.unknown) == (1, 0)
        assert firm.outcomes()["person|bad@x@example"].startswith("rejected: invalid")
        assert firm.outcomes()["person|p1@x.example"].startswith("skipped: on Ortto's suppression list")
        assert len(firm.there.world.people) == 3


def test_more_than_ortto_takes_in_a_day(tables: Tables, tmp_path: Path) -> None:
    """The 51st activity of a kind within 24 hours is not sent to be dropped in silence; it says so."""
    with sends(tables, tmp_path) as firm:
        made = firm.booked()
        for number in range(53):
            made.booking(f"m{number}", booked_at=utc(f"2026-06-01T09:{number:02}"), who=None)
        counts = firm.send(made)
        assert (len(firm.acts(ADA)), counts.skipped) == (50, 3)
        assert any("which Ortto would drop" in text for text in firm.said)


def test_half_of_a_batch_fails(tables: Tables, tmp_path: Path) -> None:
    """New and known people of a batch go in two requests; when the second fails the first one's people are accepted."""
    with sends(tables, tmp_path) as firm:
        firm.there.world.add_person("p1@x.example")
        made = crowd(firm, 2)
        firm.there.server.faults.fail_next(3, "500", "person/merge", after=1)
        counts = firm.send(made, activities=[])
        assert (counts.accepted, counts.unknown) == (1, 1)
        assert (firm.send(made, activities=[]).accepted, firm.send(made, activities=[]).planned) == (1, 0)


@pytest.mark.parametrize("kind", ["lost", "429"])
@pytest.mark.parametrize("path", ["person/merge", "activities/create"])
def test_trouble_on_the_way(tables: Tables, tmp_path: Path, kind: str, path: str) -> None:
    """After an answer that does not come, or a refusal for the number, the next send leaves everything there once."""
    with sends(tables, tmp_path) as firm:
        made = firm.booked().booking("m")
        firm.there.server.faults.fail_next(4, kind, path)
        firm.send(made)
        assert firm.send(made).rejected == 0
        assert firm.acts(ADA) == [("Meeting booked", "2026-06-01T09:00:00Z")]
        assert (firm.writes(made), len(firm.there.world.people)) == ([], 1)


def test_a_key_that_is_revoked_meanwhile(tables: Tables, tmp_path: Path) -> None:
    """The first 401 ends the send: what was not sent is left to the next, and nothing is asked any more."""
    with sends(tables, tmp_path) as firm:
        made = crowd(firm, 101)

        def revoked(request: Any) -> None:
            if request.path == "/v1/person/merge":
                firm.there.world.keys.clear()

        firm.there.server.gate.on_request(revoked)
        counts = firm.send(made)
        assert (counts.accepted, "ORTTO_API_KEY" in counts.stopped_because) == (0, True)
        assert counts.deferred >= 101
        assert [one.status for one in firm.there.server.asked].count(401) <= 4
