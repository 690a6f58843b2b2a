"""What an answer at the desk writes, and how well each rule's proposals were answered.

What belongs here: from a case and an answer to decisions; the record of a rule. What does not: asking (web/, cli).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calendly_pipeline.contacts.decisions import Decision, Kept, in_force
from calendly_pipeline.contacts.review_cases import Case
from calendly_pipeline.contacts.review_snapshot import Published
from calendly_pipeline.failures import InputError

BULK_ANSWERS = 50
"""Answers a rule's record must hold before its cases may be confirmed together."""

BULK_SHARE = 0.99
"""Share of them that must have been what the rule proposed."""

LINKING = ("confirm", "always_map", "books_for")


def answer(
    published: Published,
    case: Case,
    kind: str,
    contact_ids: Sequence[str] = (),
    *,
    reason: str = "",
    whole_address: bool = False,
) -> list[Decision]:
    """The decisions of one answer about a case.

    `reject` without contacts rejects every candidate; `whole_address` leaves the name out, where the kind allows it.
    """
    named = list(contact_ids)
    if kind == "reject" and not named:
        named = [one.contact_id for one in case.candidates]
        if not named:
            raise InputError("Nobody is proposed, so nobody can be rejected.", "Answer new or ignore.")
    name = "" if whole_address and kind in ("always_map", "books_for", "never_match") else case.name_normalised
    return [
        Decision(
            kind,
            case.canonical_address,
            name,
            contact_id,
            reason,
            evidence_of(published, case),
            published.rule_set_version,
        )
        for contact_id in (named or [None])
    ]


def evidence_of(published: Published, case: Case) -> dict[str, object]:
    """What the person had before their eyes, kept with the decision."""
    return {
        "rule": case.rule,
        "tier": case.tier,
        "explanation": case.explanation,
        "address": case.address,
        "name": case.name,
        "meetings": case.meetings_count,
        "proposed": case.proposed,
        "candidates": [
            {"contact_id": one.contact_id, "name": one.name, "compared": [_compared(row) for row in one.evidence]}
            for one in case.candidates
        ],
        "published_at": published.label["published_at"].isoformat(),
    }


@dataclass(frozen=True)
class Record:
    """How often people answered a rule's cases as the rule proposed."""

    right: int = 0
    answers: int = 0

    @property
    def share(self) -> float | None:
        """Measured precision; None without an answer."""
        return self.right / self.answers if self.answers else None

    @property
    def allows_bulk(self) -> bool:
        """Whether its cases may be confirmed together."""
        return self.answers >= BULK_ANSWERS and self.right >= BULK_SHARE * self.answers


def records(kept: Iterable[Kept]) -> dict[str, Record]:
    """Rule -> its record, from the answers in force; of several answers about one person the first counts.

    The first: a later one was given when the rule's own proposal was no longer among the candidates.
    """
    told: dict[tuple[str, str, str], list[Kept]] = {}
    for decision in in_force(kept):
        rule = (decision.evidence or {}).get("rule")
        if rule and decision.kind in (*LINKING, "reject", "never_match", "new_contact"):
            told.setdefault((rule, decision.canonical_address, decision.name_normalised), []).append(decision)
    found: dict[str, Record] = {}
    for (rule, *_), decisions in told.items():
        first = [one for one in decisions if one.decided_at == decisions[0].decided_at]
        former = found.get(rule, Record())
        found[rule] = Record(former.right + any(map(_is_as_proposed, first)), former.answers + 1)
    return found


def _is_as_proposed(decision: Kept) -> bool:
    proposed = (decision.evidence or {}).get("proposed")
    return decision.kind in LINKING and proposed is not None and decision.contact_id == proposed


def _compared(row: dict[str, object]) -> dict[str, object]:
    return {name: row[name] for name in ("field", "invitee_value", "contact_value", "comparison")}
