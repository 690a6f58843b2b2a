"""The queue as it stands this moment: what was published, less what was answered since.

What belongs here: cases, candidates, search. What does not: what an answer writes (review_answers.py), or HTTP.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from calendly_pipeline.contacts.decisions import Kept, in_force
from calendly_pipeline.contacts.review_snapshot import Published, Row

SETTLING = ("confirm", "always_map", "books_for", "never_match", "new_contact")
"""Kinds after which nothing is left to ask."""

MEETINGS_SHOWN = 20

CASE = """
    select
        asked.* exclude (meetings_count),
        (
            select sum(others.meetings_count)
            from contacts.review_queue as others
            where others.canonical_address = asked.canonical_address and others.name_normalised = asked.name_normalised
        )::integer as meetings_count
    from contacts.review_queue as asked
    where asked.identity_id = $key
"""
WAITING = """
    select
        identity_id, rank, tier, rule, address, canonical_address, name, name_normalised, explanation, candidates,
        (sum(meetings_count) over (partition by canonical_address, name_normalised))::integer as meetings_count
    from contacts.review_queue
    where $rule is null or rule = $rule
    order by rank
"""
SEARCH = """
    with told as (
        select
            contacts.contact_id,
            contacts.full_name,
            contacts.source,
            lower(strip_accents(concat_ws(
                ' ', contacts.full_name, contacts.company, contacts.contact_id, string_agg(addresses.address, ' ')
            ))) as text
        from contacts.contacts as contacts
        left join contacts.addresses as addresses on contacts.contact_id = addresses.contact_id
        group by contacts.contact_id, contacts.full_name, contacts.company, contacts.source
    )
    select contact_id
    from told
    where list_bool_and(list_transform($words, lambda word: contains(text, lower(strip_accents(word)))))
    order by starts_with(text, lower(strip_accents($words[1]))) desc, source <> 'crm', full_name, contact_id
    limit $most
"""
MEETINGS = """
    select distinct
        meetings.meeting_id, meetings.title, meetings.starts_at, meetings.host_name, meetings.host_email,
        meetings.status, matches.role, kinds.meeting_type, attendees.answers, attendees.name, attendees.email
    from contacts.matches as matches
    inner join meetings.attendees as attendees on matches.attendee_id = attendees.attendee_id
    inner join meetings.meetings as meetings on matches.meeting_id = meetings.meeting_id
    left join classification.meeting_types as kinds on matches.meeting_id = kinds.meeting_id
    where matches.identity_id in (
        select others.identity_id
        from contacts.identities as others
        inner join contacts.identities as asked on others.canonical_address = asked.canonical_address
            and others.name_normalised is not distinct from asked.name_normalised
        where asked.identity_id = $key
    )
    order by meetings.starts_at desc, meetings.meeting_id
    limit $most
"""


@dataclass(frozen=True)
class Candidate:
    """A contact that may be the invitee."""

    contact_id: str
    name: str
    company: str
    household: str
    source: str
    addresses: tuple[str, ...]
    phones: tuple[str, ...]
    evidence: tuple[Row, ...]
    """Compared fields: field, invitee_value, contact_value, comparison."""


@dataclass(frozen=True)
class Case:
    """An identity that waits for an answer."""

    identity_id: str
    rank: int
    tier: str
    rule: str
    address: str
    canonical_address: str
    name: str
    name_normalised: str
    company: str
    phone: str
    meetings_count: int
    first_seen_on: date | None
    last_seen_on: date | None
    explanation: str
    is_both_offered: bool
    proposed: str | None
    """The contact the rule puts first, also when a person has rejected it since."""
    candidates: tuple[Candidate, ...]

    def candidate(self, contact_id: str) -> Candidate | None:
        """The candidate of this id."""
        return next((one for one in self.candidates if one.contact_id == contact_id), None)


class Answered:
    """What was answered after the snapshot was published."""

    def __init__(self, published: Published, kept: Sequence[Kept]) -> None:
        since = [one for one in in_force(kept) if one.decision_id > published.newest_decision_id]
        self._settling = [one for one in since if one.kind in SETTLING]
        self._identities = {
            (one.canonical_address, one.name_normalised) for one in self._settling if one.scope == "identity"
        }
        self._addresses = {one.canonical_address for one in self._settling if one.scope == "address"}
        self._domains = {one.canonical_address for one in self._settling if one.scope == "domain"}
        self._rejected: dict[tuple[str, str], set[str]] = {}
        for one in since:
            if one.kind == "reject" and one.contact_id:
                self._rejected.setdefault((one.canonical_address, one.name_normalised), set()).add(one.contact_id)

    def settles(self, row: Row) -> bool:
        """Whether nothing is left to ask about a row of the queue."""
        key = (row["canonical_address"], row["name_normalised"])
        if key in self._identities or key[0] in self._addresses:
            return True
        if self._domains and row["address"].rpartition("@")[2] in self._domains:
            return True
        gone = self._rejected.get(key)
        return gone is not None and not self.left(row)

    def left(self, row: Row) -> list[Row]:
        """Candidates of a row that were not rejected."""
        offered = json.loads(row["candidates"] or "[]")
        gone = self._rejected.get((row["canonical_address"], row["name_normalised"]), set())
        return [one for one in offered if one["contact_id"] not in gone]


def waiting(published: Published, kept: Sequence[Kept], rule: str | None = None) -> list[Row]:
    """Rows of the queue that still wait, in its order; of one rule where one is named.

    Identities of one address and name (another telephone, another company) are one question.
    """
    answered = Answered(published, kept)
    rows = published.rows(WAITING, rule=rule)
    first = {(row["canonical_address"], row["name_normalised"]): row for row in reversed(rows)}
    return sorted((row for row in first.values() if not answered.settles(row)), key=lambda row: row["rank"])


def case(published: Published, kept: Sequence[Kept], identity_id: str) -> Case | None:
    """A case with its candidates and their evidence; None when it was never queued or is answered."""
    found = published.rows(CASE, key=identity_id)
    answered = Answered(published, kept)
    if not found or answered.settles(found[0]):
        return None
    row = found[0]
    offered = json.loads(row["candidates"] or "[]")
    left = [str(one["contact_id"]) for one in answered.left(row)]
    blank_if_null = ("tier", "rule", "name", "company", "phone", "explanation")
    return Case(
        **{name: row[name] or "" for name in blank_if_null},
        **{name: row[name] for name in ("identity_id", "rank", "address", "canonical_address", "name_normalised")},
        **{name: row[name] for name in ("meetings_count", "first_seen_on", "last_seen_on")},
        is_both_offered=bool(row["is_both_offered"]) and len(left) == 2,
        proposed=offered[0]["contact_id"] if offered else None,
        candidates=tuple(candidates(published, left, identity_id)),
    )


def candidates(published: Published, contact_ids: Sequence[str], identity_id: str | None = None) -> list[Candidate]:
    """Contacts as candidates, in the order given, with what was compared with an identity."""
    rows = published.rows(
        "select contact_id, full_name, company, household, source, "
        "(select list(address order by source <> 'crm', address) from contacts.addresses "
        "where addresses.contact_id = contacts.contact_id) as addresses "
        "from contacts.contacts where list_contains($ids, contact_id)",
        ids=list(contact_ids),
    )
    evidence = published.rows(
        "from contacts.match_evidence where identity_id = $identity and list_contains($ids, contact_id) "
        "order by list_position(['address', 'name', 'company', 'phone', 'link'], field), field",
        identity=identity_id,
        ids=list(contact_ids),
    )
    by_id = {row["contact_id"]: _candidate(row, evidence) for row in rows}
    return [by_id[one] for one in contact_ids if one in by_id]


def search(published: Published, text: str, most: int = 8) -> list[Candidate]:
    """Contacts whose name, company, address or id holds every word of the text, best first."""
    words = text.casefold().split()[:6]
    if not words:
        return []
    found = published.rows(SEARCH, words=words, most=most)
    return candidates(published, [row["contact_id"] for row in found])


def meetings_of(published: Published, identity_id: str) -> list[Row]:
    """Meetings an identity booked or came to, newest first, with what was answered on the form."""
    return published.rows(MEETINGS, key=identity_id, most=MEETINGS_SHOWN)


def identity(published: Published, identity_id: str) -> Row | None:
    """A row of the identities."""
    found = published.rows("from contacts.identities where identity_id = $key", key=identity_id)
    return found[0] if found else None


def _candidate(row: Row, evidence: list[Row]) -> Candidate:
    own = tuple(item for item in evidence if item["contact_id"] == row["contact_id"])
    named: dict[str, Any] = {name: row[name] or "" for name in ("company", "household", "source")}
    return Candidate(
        contact_id=row["contact_id"],
        name=row["full_name"] or row["company"] or "",
        addresses=tuple(row["addresses"] or ()),
        phones=tuple(item["contact_value"] for item in own if item["field"] == "phone"),
        evidence=own,
        **named,
    )
