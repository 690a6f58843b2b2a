"""What is decided at the desk: settles, is undone, and is never asked again."""

import pytest

from calendly_pipeline.contacts.decisions import KINDS, Decision, all_decisions, checked, in_force, undo
from calendly_pipeline.contacts.review_answers import records
from calendly_pipeline.failures import InputError
from calendly_pipeline_tests.contacts.desk_firm import NOW, WHO, DeskFirm

ANSWERS = [
    ("alders@example.com", "confirm", ("1",)),
    ("alders@example.com", "confirm", ("1", "2")),
    ("alders@example.com", "reject", ()),
    ("alders@example.com", "always_map", ("2",)),
    ("robert.hale@gmial.com", "confirm", ("3",)),
    ("robert.hale@gmial.com", "books_for", ("3",)),
    ("vera@birch.example", "new_contact", ()),
    ("vera@birch.example", "never_match", ()),
    ("paul@example.net", "confirm", ("6",)),
]
CASES = [pytest.param(*case, id=f"{case[1]}-{''.join(case[2]) or 'nobody'}-{case[0]}") for case in ANSWERS]


@pytest.mark.parametrize(("address", "kind", "contacts"), CASES)
def test_an_answer_leaves_the_queue_at_once_and_for_good(
    desk_firm: DeskFirm, address: str, kind: str, contacts: tuple[str, ...]
) -> None:
    """A case that was answered is not shown again: not before the refresh, not after it, not after the next one."""
    assert address in desk_firm.queue()
    desk_firm.answer(address, kind, contacts)
    assert address not in desk_firm.queue()
    assert address not in desk_firm.refresh().queue()
    assert address not in desk_firm.refresh().queue()


@pytest.mark.parametrize(("address", "kind", "contacts"), CASES)
def test_undo_restores_exactly(desk_firm: DeskFirm, address: str, kind: str, contacts: tuple[str, ...]) -> None:
    """Undoing an answer brings the case back at once, and every row of every table with the next refresh."""
    before, queue = desk_firm.verdicts(), desk_firm.queue()
    ids = desk_firm.answer(address, kind, contacts)
    assert desk_firm.refresh().verdicts() != before
    assert undo(desk_firm.state, ids[-1], WHO, desk_firm.now) == ids
    assert in_force(all_decisions(desk_firm.state)) == []
    assert desk_firm.refresh().verdicts() == before
    assert desk_firm.queue() == queue


def test_an_undone_answer_is_back_without_a_refresh(desk_firm: DeskFirm) -> None:
    """A slip of the finger is mended on the spot."""
    queue = desk_firm.queue()
    ids = desk_firm.answer("alders@example.com", "reject")
    undo(desk_firm.state, ids[0], WHO, NOW)
    assert desk_firm.queue() == queue


def test_undo_and_redo_any_number_of_times(desk_firm: DeskFirm) -> None:
    """An undo can be undone, that too, and so on; what is undone already is refused."""
    (first,) = desk_firm.answer("robert.hale@gmial.com", "confirm", ("3",))
    last = first
    for turn in range(5):
        undo(desk_firm.state, last, WHO, NOW)
        last = all_decisions(desk_firm.state)[-1].decision_id
        is_in_force = turn % 2 == 1
        assert [one.decision_id for one in in_force(all_decisions(desk_firm.state))] == [first] * is_in_force
        found = desk_firm.refresh().world.tables.rows("contacts.decisions_in_force")
        assert [row["decision_id"] for row in found] == [first] * is_in_force
    with pytest.raises(InputError, match="undone already"):
        undo(desk_firm.state, first, WHO, NOW)
    with pytest.raises(InputError, match="no decision 99"):
        undo(desk_firm.state, 99, WHO, NOW)


def test_past_and_future_meetings_are_settled(desk_firm: DeskFirm) -> None:
    """One answer links every meeting of that person, those booked later included."""
    desk_firm.answer("alders@example.com", "confirm", ("2",))
    desk_firm.world.booked("later", "alders@example.com")
    desk_firm.refresh()
    found = {
        row["attendee_id"]: (row["decision"], row["contact_id"])
        for row in desk_firm.world.tables.rows("contacts.matches")
    }
    assert [found[one] for one in ("a1", "a2", "later")] == [("confirmed", "2")] * 3


def test_a_rejected_candidate_is_gone_and_the_other_is_asked_about(desk_firm: DeskFirm) -> None:
    """Rejecting one of two leaves the case with the other, before and after a refresh."""
    desk_firm.answer("alders@example.com", "reject", ("1",))
    assert [one.contact_id for one in desk_firm.case("alders@example.com").candidates] == ["2"]
    desk_firm.refresh()
    assert [one.contact_id for one in desk_firm.case("alders@example.com").candidates] == ["2"]


def test_what_was_shown_is_kept(desk_firm: DeskFirm) -> None:
    """Who, when, why, the evidence and the rule set stand with the decision."""
    desk_firm.answer("robert.hale@gmial.com", "confirm", ("3",), reason="called him")
    (kept,) = all_decisions(desk_firm.state)
    assert (kept.decided_by, kept.reason, kept.decided_at) == (WHO, "called him", desk_firm.now)
    assert kept.evidence is not None
    assert kept.evidence["rule"] == "typo_domain_name_missing"
    assert kept.evidence["proposed"] == "3"
    assert kept.evidence["candidates"][0]["compared"][0]["comparison"] == "typo_domain"
    assert kept.rule_set_version


def test_a_record_counts_first_answers(desk_firm: DeskFirm) -> None:
    """A rule is right when its first candidate was confirmed; a later answer about the same person changes nothing."""
    desk_firm.answer("robert.hale@gmial.com", "confirm", ("3",))
    desk_firm.answer("alders@example.com", "reject", ("1",))
    desk_firm.answer("alders@example.com", "confirm", ("2",))
    found = records(all_decisions(desk_firm.state))
    assert {rule: (one.right, one.answers) for rule, one in found.items()} == {
        "typo_domain_name_missing": (1, 1),
        "shared_address_undecided": (0, 1),
    }


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision("marry", "a@example.com"), "no decision 'marry'"),
        (Decision("confirm", "a@example.com"), "needs a contact"),
        (Decision("confirm", "a@example.com", contact_id="99"), "no contact 99"),
        (Decision("confirm", "example.com", contact_id="1"), "'example.com' is not an address"),
        (Decision("confirm", "a@b@example.com", contact_id="1"), "is not an address"),
        (Decision("never_match", "nonsense"), "not an address or a domain"),
        (Decision("never_match", "a@example.com", contact_id="1"), "names no contact"),
        (Decision("shared_address", "a@example.com", "jane", "1"), "does not go by name"),
        (Decision("household", " ", contact_id="1"), "has no name"),
        (Decision("same_person", "99", contact_id="1"), "no contact 99"),
        (Decision("new_contact", "a@example.com", reason="x" * 1001), "longer than 1000"),
    ],
    ids=lambda value: value.kind if isinstance(value, Decision) else None,
)
def test_what_cannot_be_kept_is_refused(desk_firm: DeskFirm, decision: Decision, words: str) -> None:
    """A decision about nobody, or in a form that no table would read, is refused with what is wrong."""
    with desk_firm.snapshot.read() as published, pytest.raises(InputError, match=words):
        checked(decision, published.contact_id_of)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_kept_as_it_was_said(desk_firm: DeskFirm, kind: str) -> None:
    """Every kind of decision goes into the state store and comes out of it unchanged, and a refresh takes it."""
    rules = KINDS[kind]
    subject = {"household": "The Alders", "contact": "2"}.get(rules.subject, "jane@example.com")
    said = Decision(kind, subject, "jane alder" if rules.has_name else "", "1" if rules.has_contact else None, "why")
    with desk_firm.snapshot.read() as published:
        fit = checked(said, published.contact_id_of)
    assert fit == said
    desk_firm.record(fit)
    (kept,) = all_decisions(desk_firm.state)
    assert (kept.kind, kept.canonical_address, kept.name_normalised, kept.contact_id or "") == said.keys
    (row,) = desk_firm.refresh().world.tables.rows("contacts.decisions_in_force")
    assert (row["kind"], row["subject"], row["contact_id"]) == (kind, subject, said.contact_id)
