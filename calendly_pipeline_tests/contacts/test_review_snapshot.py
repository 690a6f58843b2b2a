"""What a refresh publishes for the desk, and the log of decisions that the desk reads beside it."""

import re
import stat
import threading

import pytest

from calendly_pipeline.contacts.decisions import Decision, Log, all_decisions, undo
from calendly_pipeline.contacts.review_cases import Answered, case, search, waiting
from calendly_pipeline.contacts.review_snapshot import PUBLISHED, Snapshot
from calendly_pipeline.explain import explain_address, explain_contact, explain_meeting
from calendly_pipeline.failures import StoreError
from calendly_pipeline.state import decisions
from calendly_pipeline_tests.conftest import PACKAGE
from calendly_pipeline_tests.contacts.desk_firm import NOW, WHO, DeskFirm


def test_all_that_explain_reads_is_published() -> None:
    """Every table that `explain` names is in the snapshot."""
    text = (PACKAGE / "explain.py").read_text(encoding="utf-8")
    named = set(
        re.findall(r"(?:from|join) ((?:sources|meetings|contacts|classification|metrics|destinations)\.\w+)", text)
    )
    assert len(named) > 10
    assert named <= set(PUBLISHED)


def test_explain_says_the_same_of_the_snapshot(desk_firm: DeskFirm) -> None:
    """A contact, an address and a meeting are explained by the snapshot as by the warehouse, line by line."""
    live = desk_firm.world.tables.connection
    for teller, key in (
        (explain_contact, "1"),
        (explain_address, "alders@example.com"),
        (explain_meeting, "meeting a1"),
    ):
        with desk_firm.snapshot.read() as published:
            told = list(teller(published.connection, key))
        assert told == list(teller(live, key))
        assert len(told) > 1


def test_a_reader_never_sees_half_a_snapshot(desk_firm: DeskFirm) -> None:
    """While files are replaced, every reading is of one whole refresh; no temporary file stays; the mode is private."""
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            with desk_firm.snapshot.read() as published:
                label = published.newest_decision_id
                (row,) = published.rows("select count(*) as n from contacts.decisions")
                seen.add((label, row["n"]))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(3):
        desk_firm.record(Decision("new_contact", f"p{number}@example.com"))
        desk_firm.refresh()
    stop.set()
    reader.join(10)
    assert {label == count for label, count in seen} == {True}
    assert [path.name for path in desk_firm.home.desk.parent.iterdir()] == ["desk.duckdb"]
    assert stat.S_IMODE(desk_firm.home.desk.stat().st_mode) == 0o600


def test_the_live_warehouse_is_out_of_reach(desk_firm: DeskFirm) -> None:
    """The snapshot is read only, and no query on it reaches another file."""
    with desk_firm.snapshot.read() as published:
        for query in ("delete from contacts.contacts", f"attach '{desk_firm.home.data / 'x.duckdb'}' as x"):
            with pytest.raises(Exception, match=r"read-only|disabled"):
                published.rows(query)


def test_nothing_is_published_yet(desk_firm: DeskFirm) -> None:
    """A missing file is said with its remedy."""
    with pytest.raises(StoreError, match="calendly-pipeline run"), Snapshot(desk_firm.home.data / "no").read():
        pass


def test_one_question_for_one_address_and_name(desk_firm: DeskFirm) -> None:
    """Bookings under one address and name, told apart by a telephone number only, are one case with all meetings."""
    desk_firm.world.booked("h1", "robert.hale@gmial.com", "Robert", phone="+1 212 555 0199")
    desk_firm.refresh()
    found = desk_firm.case("robert.hale@gmial.com")
    assert found.meetings_count == 2
    desk_firm.answer("robert.hale@gmial.com", "confirm", ("3",))
    assert "robert.hale@gmial.com" not in desk_firm.queue()
    assert "robert.hale@gmial.com" not in desk_firm.refresh().queue()


@pytest.mark.parametrize(
    ("decision", "gone"),
    [
        (Decision("always_map", "paul@example.net", "", "6"), (True, True)),
        (Decision("never_match", "example.net"), (True, True)),
        (Decision("confirm", "paul@example.net", "paul cedar", "5"), (False, False)),
        (Decision("shared_address", "paul@example.net", "", "6"), (False, True)),  # then the name decides
        (Decision("household", "paul@example.net", "", "6"), (False, False)),
        (Decision("reject", "paul@example.net", "olga cedar", "5"), (False, False)),
    ],
    ids=lambda value: value.kind if isinstance(value, Decision) else None,
)
def test_what_settles_a_case(desk_firm: DeskFirm, decision: Decision, gone: tuple[bool, bool]) -> None:
    """Decisions about the address or its domain settle a case too; those about others, or about less, do not."""
    desk_firm.record(decision)
    at_once = "paul@example.net" not in desk_firm.queue()
    assert (at_once, "paul@example.net" not in desk_firm.refresh().queue()) == gone


def test_search_knows_accents_and_order(desk_firm: DeskFirm) -> None:
    """Letters without accents find those with, words in any order; what begins with the text comes first."""
    desk_firm.world.card("20", "Zoë Müller", "z@example.com").card("21", "Anna Zoeller", "a@example.com")
    desk_firm.refresh()
    with desk_firm.snapshot.read() as published:
        assert [one.contact_id for one in search(published, "muller ZOE")] == ["20"]
        assert [one.contact_id for one in search(published, "zoe")] == ["20", "21"]
        assert search(published, "   ") == []
        assert case(published, [], "nobody") is None
        assert waiting(published, [], "no such rule") == []
        assert not Answered(published, []).settles({"canonical_address": "", "name_normalised": "", "address": ""})


def test_the_log_reads_what_is_new(desk_firm: DeskFirm) -> None:
    """The log says the same as the table after every answer and undo, and when a lower number appears late."""
    log = Log(desk_firm.state)
    assert log.all() == []
    desk_firm.answer("alders@example.com", "reject")
    assert log.all() == all_decisions(desk_firm.state)
    undo(desk_firm.state, 1, WHO, NOW)
    assert log.all() == all_decisions(desk_firm.state)
    row = {"kind": "new_contact", "canonical_address": "x@example.com", "decided_by": WHO, "decided_at": NOW}
    for number in (20, 10):
        with desk_firm.state.transaction() as connection:
            connection.execute(decisions.insert().values(decision_id=number, **row))
        assert log.all() == all_decisions(desk_firm.state)
    assert [one.decision_id for one in log.all()][-2:] == [10, 20]
