"""Nobody is ever subscribed by us, whichever of Ortto's two sentences about an omitted permission is true."""

from pathlib import Path
from typing import Any

import pytest

from calendly_pipeline.state import sync_ledger
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.ortto.given import Booked, chosen
from calendly_pipeline_tests.destinations.ortto.sending import Sends, sends

PEOPLE = ("left", "stays", "leaves", "new", "agrees")
QUESTION = "May we write to you?"


def address(name: str) -> str:
    """An address of theirs."""
    return f"{name}@x.example"


def bookings(firm: Sends, last_name: str = "Alder") -> Booked:
    """A recent booking and an old one of everybody; `agrees` said yes on the form."""
    made = firm.booked()
    for name in PEOPLE:
        answers = {QUESTION: "Yes" if name == "agrees" else "No"}
        who = {"address": address(name), "name": f"{name.title()} {last_name}", "who": None}
        made.booking(f"{name}-new", answers=answers, **who)
        made.booking(f"{name}-old", "2026-01-20T14:00", booked_at=utc("2026-01-10T09:00"), **who)
    return made


def allowed(firm: Sends) -> dict[str, bool]:
    """Who may be written to."""
    found = {person.fields["str::email"]: person.fields["bol::p"] for person in firm.there.world.people.values()}
    return {name: found[address(name)] for name in PEOPLE if address(name) in found}


def sent_permissions(firm: Sends) -> set[Any]:
    """Every value of a permission that ever went out."""
    people = [one["fields"] for asked in firm.there.server.writes() for one in asked.body.get("people", [])]
    return {fields[key] for fields in people for key in fields if key.startswith("bol::")}


@pytest.mark.parametrize(
    ("worse", "strategy"),
    [(True, "append_only"), (True, "overwrite"), (False, "overwrite")],
    ids=["subscribes-append", "subscribes-overwrite", "keeps-overwrite"],
)
def test_an_unsubscribed_person_stays_so(tables: Tables, tmp_path: Path, worse: bool, strategy: str) -> None:
    """Through the first send, a send after a change, another retention, another strategy and a lost ledger."""
    with sends(tables, tmp_path, omitted_subscribes=worse) as firm:
        firm.there.world.add_person(address("left"), may_email=False)
        firm.there.world.add_person(address("stays"))
        firm.there.world.add_person(address("leaves"))
        wanted = {"left": False, "stays": True, "leaves": True, "new": False, "agrees": True}
        rules: dict[str, Any] = {"merge_strategy": strategy, "consent_question": QUESTION, "keep_existing": False}
        firm.send(bookings(firm), **rules)
        assert allowed(firm) == wanted

        for name in ("leaves", "agrees"):
            firm.there.world.person(address(name)).fields["bol::p"] = False
            wanted[name] = False
        firm.there.world.consent_log.clear()
        firm.send(bookings(firm, "Birch"), **rules)
        firm.send(bookings(firm, "Birch"), **rules, retention_days=400)
        other = "overwrite" if strategy == "append_only" else "append_only"
        firm.send(bookings(firm, "Cedar"), **{**rules, "merge_strategy": other}, retention_days=400)
        _forget(firm)
        firm.send(bookings(firm, "Dale"), **rules, retention_days=400)
        assert allowed(firm) == wanted
        assert firm.there.world.consent_log == []
        assert sent_permissions(firm) <= {False}
        assert len(firm.acts(address("left"))) == 2


def test_the_form_speaks_only_for_somebody_new(tables: Tables, tmp_path: Path) -> None:
    """Without the setting nobody new is opted in; a later yes of somebody there changes nothing, and is noted."""
    with sends(tables, tmp_path) as firm:
        firm.send(bookings(firm))
        assert set(allowed(firm).values()) == {False}
        with_question: dict[str, Any] = {"consent_question": QUESTION}
        writes = firm.writes(bookings(firm), **with_question)
        assert writes == []
        assert firm.plan(bookings(firm), chosen(**with_question))[f"person|{address('agrees')}"]["operation"] == "skip"
        assert set(allowed(firm).values()) == {False}
        assert "consent of the form noted" in firm.outcomes()[f"person|{address('agrees')}"]


def test_consent_withdrawn_between_reading_and_writing(tables: Tables, tmp_path: Path) -> None:
    """What counts is read again right before the write: somebody who leaves while we read stays out."""
    with sends(tables, tmp_path) as firm:
        person = firm.there.world.add_person(address("stays"))

        def leaves(request: Any) -> None:
            if request.path == "/v1/person/get-by-ids":
                person.fields["bol::p"] = False

        firm.there.server.gate.on_request(leaves)
        firm.send(bookings(firm), keep_existing=False)
        assert allowed(firm)["stays"] is False


def test_the_unsubscribed_may_be_left_out(tables: Tables, tmp_path: Path) -> None:
    """With skip_unsubscribed nothing of theirs is written; their activities still show what happened."""
    with sends(tables, tmp_path) as firm:
        firm.there.world.add_person(address("left"), may_email=False)
        firm.send(bookings(firm), skip_unsubscribed=True)
        assert "Last name" not in firm.person(address("left"))
        assert any("unsubscribed" in text for text in firm.said)


def test_who_does_not_say_is_not_written(tables: Tables, tmp_path: Path) -> None:
    """When Ortto does not tell what somebody agreed to, nothing is written to them."""
    with sends(tables, tmp_path) as firm:
        firm.there.world.add_person(address("stays"))
        firm.there.server.hides_permissions = True
        firm.send(bookings(firm))
        assert "Last name" not in firm.person(address("stays"))
        assert any("did not say" in text for text in firm.said)


def _forget(firm: Sends) -> None:
    """The state store is lost."""
    with firm.state.transaction() as connection:
        connection.execute(sync_ledger.delete())
