"""What the desk's pages say: cases, answers and records as the templates want them.

What belongs here: reading, and from a form to decisions. What does not: HTTP (desk.py) and HTML (templates/).
"""

import json
from collections.abc import Iterable
from typing import Any

from calendly_pipeline.contacts.decisions import (
    Decision,
    Kept,
    Log,
    answers,
    checked,
    in_force,
)
from calendly_pipeline.contacts.review_answers import BULK_ANSWERS, BULK_SHARE, Record, answer, records
from calendly_pipeline.contacts.review_cases import case, identity, meetings_of, search, waiting
from calendly_pipeline.contacts.review_snapshot import Published, Row, Snapshot
from calendly_pipeline.explain import explain_address, explain_contact, explain_meeting
from calendly_pipeline.failures import InputError
from calendly_pipeline.state import State
from calendly_pipeline.web.desk_guard import Form

QUEUE_SHOWN = 100
ANSWERS_SHOWN = 100
BULK_SHOWN = 200
LINKS = ("confirm", "books_for", "always_map")
ANSWERED = "This case is answered, or no longer asked about."


class Views:
    """Reads the snapshot and the state store."""

    def __init__(self, snapshot: Snapshot, state: State) -> None:
        self._snapshot = snapshot
        self._log = Log(state)

    def queue(self, done: int | None) -> dict[str, Any]:
        """The queue in its order."""
        kept = self._log.all()
        with self._snapshot.read() as published:
            rows = waiting(published, kept)
            shown = [row | {"offered": _offered(row)} for row in rows[:QUEUE_SHOWN]]
            label = published.label
            flash = _flash(published, kept, done)
        return {"rows": shown, "waiting": len(rows), "label": label, "done": flash}

    def case(self, identity_id: str, done: int | None) -> dict[str, Any] | None:
        """A case, its meetings, and its neighbours in the queue."""
        kept = self._log.all()
        with self._snapshot.read() as published:
            found = case(published, kept, identity_id)
            if found is None:
                return None
            ids = [row["identity_id"] for row in waiting(published, kept)]
            place = ids.index(identity_id)
            return {
                "case": found,
                "meetings": [_with_answers(row) for row in meetings_of(published, identity_id)],
                "place": place + 1,
                "waiting": len(ids),
                "former": ids[place - 1] if place else None,
                "following": ids[place + 1] if place + 1 < len(ids) else None,
                "record": records(kept).get(found.rule, Record()),
                "done": _flash(published, kept, done),
            }

    def following(self, identity_id: str) -> str | None:
        """The case after this one; before the last one's end the first of the others."""
        with self._snapshot.read() as published:
            ids = [row["identity_id"] for row in waiting(published, self._log.all())]
        place = ids.index(identity_id) if identity_id in ids else -1
        rest = ids[place + 1 :] + ids[: max(place, 0)]
        return rest[0] if rest else None

    def answer(self, identity_id: str, form: Form) -> list[Decision]:
        """The decisions a form stands for; raises InputError."""
        kind, _, contact_id = form.one("answer").partition(":")
        with self._snapshot.read() as published:
            found = case(published, self._log.all(), identity_id)
            if found is None:
                raise InputError(ANSWERED)
            if kind == "link":
                kind = form.one("kind") or "confirm"
                if kind not in LINKS:
                    raise InputError("There is no such answer.")
            if kind == "both":
                kind, contacts = "confirm", [one.contact_id for one in found.candidates]
            else:
                contacts = [contact_id] if contact_id else []
            said = answer(
                published,
                found,
                kind,
                contacts,
                reason=form.one("reason"),
                whole_address=form.one("whole_address") == "yes" or kind == "always_map",
            )
            return [checked(one, published.contact_id_of) for one in said]

    def found(self, identity_id: str, text: str) -> dict[str, Any]:
        """Contacts that a search finds."""
        with self._snapshot.read() as published:
            found = case(published, self._log.all(), identity_id)
            return {"case": found, "text": text[:200], "contacts": search(published, text[:200])}

    def decisions(self, done: int | None) -> dict[str, Any]:
        """Answers, newest first, and whether each holds."""
        kept = self._log.all()
        holding = {one.decision_id for one in in_force(kept)}
        with self._snapshot.read() as published:
            groups = answers(one for one in kept if one.undoes is None)
            shown = [_told(published, group, holding) for group in groups[:ANSWERS_SHOWN]]
            return {"answers": shown, "count": len(groups), "done": _flash(published, kept, done)}

    def last_of(self, who: str) -> int | None:
        """The newest answer in force of somebody."""
        mine = [one.decision_id for one in in_force(self._log.all()) if one.decided_by == who]
        return max(mine, default=None)

    def waiting_again(self, decision_id: int) -> str | None:
        """The case that an undone decision was about, when it waits."""
        kept = self._log.all()
        (undone,) = [one for one in kept if one.decision_id == decision_id]
        with self._snapshot.read() as published:
            for row in waiting(published, kept):
                if undone.concerns(row["canonical_address"], row["address"], row["name_normalised"]):
                    return row["identity_id"]
        return None

    def rules(self) -> dict[str, Any]:
        """Every rule with what it did and how people answered."""
        kept = self._log.all()
        measured = records(kept)
        with self._snapshot.read() as published:
            open_counts = _counts(waiting(published, kept))
            rows = published.rows(
                "select rules.rule, rules.tier, rules.decision, rules.explanation, "
                "count(distinct matches.attendee_id) filter (where matches.decision in ('auto', 'confirmed')) as links "
                "from contacts.rules as rules left join contacts.matches as matches on rules.rule = matches.rule "
                "group by all order by rules.tier, rules.rule"
            )
        shown = [
            row | {"record": measured.get(row["rule"], Record()), "waiting": open_counts.get(row["rule"], 0)}
            for row in rows
        ]
        shown.sort(key=lambda row: not (row["links"] or row["waiting"] or row["record"].answers))
        return {"rules": shown, "bulk_answers": BULK_ANSWERS, "bulk_share": BULK_SHARE}

    def rule(self, rule: str) -> dict[str, Any]:
        """The cases of a rule that could be confirmed together."""
        kept = self._log.all()
        with self._snapshot.read() as published:
            rows = [row | {"offered": _offered(row)} for row in waiting(published, kept, rule)]
            known = published.rows("from contacts.rules where rule = $rule", rule=rule)
        if not known:
            raise InputError("There is no such rule.")
        return {
            "rule": known[0],
            "rows": [row for row in rows if row["offered"]][:BULK_SHOWN],
            "record": records(kept).get(rule, Record()),
            "bulk_answers": BULK_ANSWERS,
            "bulk_share": BULK_SHARE,
        }

    def confirm_all(self, rule: str, identity_ids: Iterable[str]) -> list[Decision]:
        """Confirmations of what a rule proposes, for cases that were shown; refused until its record allows it."""
        kept = self._log.all()
        if not records(kept).get(rule, Record()).allows_bulk:
            raise InputError("This rule's record does not allow that yet.")
        with self._snapshot.read() as published:
            found = [case(published, kept, identity_id) for identity_id in dict.fromkeys(identity_ids)]
            said = [
                checked(one, published.contact_id_of)
                for item in found
                if item is not None and item.rule == rule and item.proposed and item.candidate(item.proposed)
                for one in answer(published, item, "confirm", [item.proposed], reason="confirmed with its rule's cases")
            ]
        if not said:
            raise InputError("None of these cases waits any more.")
        return list({one.keys: one for one in said}.values())

    def explain(self, kind: str, key: str) -> dict[str, Any]:
        """The lines of `calendly-pipeline explain`, and the decisions about an address."""
        tellers = {"meeting": explain_meeting, "contact": explain_contact, "address": explain_address}
        kept = self._log.all()
        with self._snapshot.read() as published:
            if kind == "identity":
                found = identity(published, key)
                if found is None or not found["address"]:
                    raise InputError("There is no such person in the bookings.")
                kind, key = "address", found["address"]
            if kind not in tellers:
                raise InputError("Meetings, contacts and addresses can be explained.")
            lines = list(tellers[kind](published.connection, key))
            about = []
            if kind == "address":
                canonical = published.canonical_address(key)
                about = [one for one in kept if one.undoes is None and one.canonical_address == canonical]
            elif kind == "contact":
                about = [one for one in kept if one.undoes is None and one.contact_id == key]
            holding = {one.decision_id for one in in_force(kept)}
            told = [_told(published, [one], holding) for one in reversed(about)]
        return {"kind": kind, "lines": lines, "decisions": told}


def _offered(row: Row) -> list[Row]:
    return json.loads(row["candidates"] or "[]")


def _counts(rows: Iterable[Row]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["rule"]] = found.get(row["rule"], 0) + 1
    return found


def _with_answers(row: Row) -> Row:
    said = json.loads(row["answers"]) if isinstance(row["answers"], str) else row["answers"]
    return row | {"answers": said if isinstance(said, dict) else {}}


def _flash(published: Published, kept: list[Kept], done: int | None) -> dict[str, Any] | None:
    """What was just done, said once above the page."""
    group = next((group for group in answers(kept) if any(one.decision_id == done for one in group)), None)
    if group is None:
        return None
    return _told(published, group, {one.decision_id for one in in_force(kept)})


def _told(published: Published, group: list[Kept], holding: set[int]) -> dict[str, Any]:
    ids = [one.contact_id for one in group if one.contact_id]
    names = published.rows(
        "select contact_id, coalesce(full_name, company, contact_id) as name from contacts.contacts "
        "where list_contains($ids, contact_id)",
        ids=ids,
    )
    by_id = {row["contact_id"]: row["name"] for row in names}
    subjects = list(dict.fromkeys((one.canonical_address, one.name_normalised) for one in group))
    first = group[0]
    evidence = first.evidence or {}
    return {
        "id": first.decision_id,
        "kind": first.kind,
        "subjects": len(subjects),
        "address": evidence.get("address") or first.canonical_address,
        "name": evidence.get("name") or first.name_normalised,
        "contacts": [by_id.get(one, one) for one in dict.fromkeys(ids)],
        "who": first.decided_by,
        "at": first.decided_at,
        "reason": first.reason,
        "rule": evidence.get("rule", ""),
        "holds": any(one.decision_id in holding for one in group),
    }
