"""What a person decided about who is who: checked, kept for good, undone.

What belongs here: the kinds of decision, their keys, and the state store's `decisions` table. What does not: what a
decision means for a match (sql/decided_identities.sql and the models before it), or how a person is asked.

Append only. A decision is kept under keys that outlive every rebuild: canonical address, normalised name, contact.
Decisions of one instant are one answer: both spouses confirmed, every candidate rejected; they are undone together.
"""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from calendly_pipeline.failures import InputError
from calendly_pipeline.state import State, in_utc
from calendly_pipeline.state import decisions as table

LONGEST = 1000
"""Characters of an address, a household or a reason. A name is as long as the booking form let it be."""

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_DOMAIN = re.compile(r"@?[^\s@.]+(\.[^\s@.]+)+")


@dataclass(frozen=True)
class Kind:
    """A kind of decision and which keys it is kept under."""

    subject: str  # address | address_or_domain | household | contact: what stands in `canonical_address`
    has_name: bool
    has_contact: bool


KINDS = {
    "confirm": Kind("address", True, True),
    "reject": Kind("address", True, True),
    "always_map": Kind("address", True, True),
    "books_for": Kind("address", True, True),
    "never_match": Kind("address_or_domain", True, False),
    "new_contact": Kind("address", True, False),
    "shared_address": Kind("address", False, True),
    "household": Kind("household", False, True),
    "same_person": Kind("contact", False, True),
    "not_same_person": Kind("contact", False, True),
}
"""Every kind but `undo`. A blank name: whoever gave none; of `always_map`, `books_for`, `never_match`: anybody."""


@dataclass(frozen=True)
class Decision:
    """One decision to be kept."""

    kind: str
    canonical_address: str
    name_normalised: str = ""
    contact_id: str | None = None
    reason: str = ""
    evidence: dict[str, Any] | None = field(default=None, compare=False)
    rule_set_version: str = ""

    @property
    def keys(self) -> tuple[str, str, str, str]:
        """What it is about."""
        return self.kind, self.canonical_address, self.name_normalised, self.contact_id or ""


@dataclass(frozen=True)
class Kept:
    """A decision as the state store holds it."""

    decision_id: int
    kind: str
    canonical_address: str
    name_normalised: str
    contact_id: str | None
    decided_by: str
    decided_at: datetime
    reason: str
    evidence: dict[str, Any] | None
    rule_set_version: str
    undoes: int | None

    @property
    def scope(self) -> str:
        """What it holds for, as sql/decisions_in_force.sql has it: identity, address, domain, or something else."""
        kind = KINDS.get(self.kind)
        if kind is None or kind.subject in ("household", "contact"):
            return kind.subject if kind else "none"
        if "@" not in self.canonical_address.lstrip("@"):
            return "domain"
        if self.name_normalised or self.kind in ("confirm", "reject", "new_contact"):
            return "identity"
        return "address"

    def concerns(self, canonical_address: str, address: str, name_normalised: str) -> bool:
        """Whether it is about this person."""
        subject = self.canonical_address.lower().lstrip("@")
        if self.scope == "domain":
            return address.rpartition("@")[2] == subject
        if self.scope == "identity" and name_normalised != self.name_normalised:
            return False
        return self.scope in ("identity", "address") and canonical_address == subject


def checked(decision: Decision, contact_id_of: Callable[[str], str | None]) -> Decision:
    """The decision as it is kept; raises InputError where it cannot be.

    `contact_id_of` gives the present id for an id that a contact goes or went by; None: there is no such contact.
    """
    kind = KINDS.get(decision.kind.replace("-", "_"))
    if kind is None:
        raise InputError(f"There is no decision {decision.kind!r}.", f"The kinds are: {', '.join(KINDS)}.")
    name = decision.kind.replace("-", "_")
    if max(len(decision.canonical_address), len(decision.reason)) > LONGEST:
        raise InputError(f"{name}: an address or a reason is longer than {LONGEST} characters.")
    if decision.name_normalised and not kind.has_name:
        raise InputError(f"{name} does not go by name.", "Leave the name out.")
    return Decision(
        name,
        _subject(name, kind, decision.canonical_address.strip(), contact_id_of),
        decision.name_normalised,
        _contact(name, kind, decision.contact_id, contact_id_of),
        decision.reason.strip(),
        decision.evidence,
        decision.rule_set_version,
    )


def record(state: State, answer: Sequence[Decision], who: str, now: datetime) -> list[int]:
    """Keep one answer: its decisions share an instant, which no other answer has. Returns their ids."""
    who = who.strip()
    if not who:
        raise InputError("Nobody is named as the one who decided.")
    if len({decision.keys for decision in answer}) < len(answer):
        raise InputError("One answer says the same thing twice.")
    with state.transaction() as connection:
        instant = _free_instant(connection, now)
        said = {"decided_by": who[:LONGEST], "decided_at": instant, "undoes": None}
        return [_insert(connection, asdict(decision) | said) for decision in answer]


def undo(state: State, decision_id: int, who: str, now: datetime) -> list[int]:
    """Undo the answer that a decision belongs to, or the undoing of it; returns the ids of the decisions undone.

    Raises InputError when there is none such, or it is undone already.
    """
    with state.transaction() as connection:
        kept = {row["decision_id"]: _kept(row) for row in connection.execute(sa.select(table)).mappings()}
        targets, instant = _to_undo(kept, decision_id), _free_instant(connection, now)
        for target in targets:
            _insert(
                connection,
                {
                    "kind": "undo",
                    "canonical_address": target.canonical_address,
                    "name_normalised": target.name_normalised,
                    "contact_id": target.contact_id,
                    "decided_by": who,
                    "decided_at": instant,
                    "rule_set_version": target.rule_set_version,
                    "undoes": target.decision_id,
                },
            )
    return [target.decision_id for target in targets]


def all_decisions(state: State) -> list[Kept]:
    """Every decision and every undoing, oldest first."""
    return [_kept(row) for row in state.rows(table)]


def newest_decision_id(state: State) -> int:
    """The highest decision id, undoings included; 0 when there is none."""
    with state.engine.connect() as store:
        return store.execute(sa.select(sa.func.max(table.c.decision_id))).scalar() or 0


class Log:
    """Every decision of a state store, for a process that asks often: the table only grows, so rows are read once."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._kept: list[Kept] = []

    def all(self) -> list[Kept]:
        """As `all_decisions`."""
        with self._lock, self._state.transaction() as connection:
            newest = self._kept[-1].decision_id if self._kept else 0
            count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            since = connection.execute(
                sa.select(table).where(table.c.decision_id > newest).order_by(table.c.decision_id)
            )
            kept = [*self._kept, *map(_kept, since.mappings())]
            # On PostgreSQL a lower number may be committed after a higher one.
            self._kept = kept if len(kept) == count else all_decisions(self._state)
            return self._kept


def in_force(kept: Iterable[Kept]) -> list[Kept]:
    """Those that were not undone, as sql/decisions_in_force.sql has it: an undone undo counts for nothing."""
    everything = list(kept)
    undone = _undone(everything)
    return [decision for decision in everything if decision.undoes is None and decision.decision_id not in undone]


def answers(kept: Iterable[Kept]) -> list[list[Kept]]:
    """Decisions grouped into answers, newest answer first."""
    grouped: dict[tuple[datetime, str], list[Kept]] = {}
    for decision in kept:
        grouped.setdefault((decision.decided_at, decision.decided_by), []).append(decision)
    return [grouped[key] for key in sorted(grouped, reverse=True)]


def _undone(kept: Iterable[Kept]) -> set[int]:
    everything = list(kept)
    overruled = {decision.undoes for decision in everything if decision.undoes is not None}
    return {
        decision.undoes
        for decision in everything
        if decision.undoes is not None and decision.decision_id not in overruled
    }


def _to_undo(kept: dict[int, Kept], decision_id: int) -> list[Kept]:
    if decision_id not in kept:
        raise InputError(f"There is no decision {decision_id}.", "`calendly-pipeline review decisions` lists them.")
    found = kept[decision_id]
    undone = _undone(kept.values())
    (answer,) = [group for group in answers(kept.values()) if found in group]
    # Undoing an undone undo is undoing the decision once more: the SQL looks one undo deep.
    targets = [_first_said(kept, decision) for decision in answer if decision.decision_id not in undone]
    targets = [target for target in targets if target.decision_id not in undone]
    if decision_id in undone or not targets:
        raise InputError(f"Decision {decision_id} is undone already.")
    return targets


def _first_said(kept: dict[int, Kept], decision: Kept) -> Kept:
    if decision.undoes is None or kept[decision.undoes].undoes is None:
        return decision
    return kept[kept[decision.undoes].undoes or 0]


def _subject(name: str, kind: Kind, said: str, contact_id_of: Callable[[str], str | None]) -> str:
    if kind.subject == "household":
        if not said:
            raise InputError("household: the household has no name.")
        return said
    if kind.subject == "contact":
        return _known(name, said, contact_id_of)
    subject = said.lower()
    if _ADDRESS.fullmatch(subject) or (kind.subject == "address_or_domain" and _DOMAIN.fullmatch(subject)):
        return subject.lstrip("@") if subject.count("@") == 1 and subject.startswith("@") else subject
    expected = "an address or a domain" if kind.subject == "address_or_domain" else "an address"
    raise InputError(f"{name}: {said!r} is not {expected}.")


def _contact(name: str, kind: Kind, said: str | None, contact_id_of: Callable[[str], str | None]) -> str | None:
    if not kind.has_contact:
        if said:
            raise InputError(f"{name} names no contact.", "Leave the contact out.")
        return None
    return _known(name, (said or "").strip(), contact_id_of)


def _known(name: str, said: str, contact_id_of: Callable[[str], str | None]) -> str:
    if not said:
        raise InputError(f"{name} needs a contact.")
    found = contact_id_of(said)
    if found is None:
        raise InputError(f"{name}: there is no contact {said}.", "Refresh first when the CRM got it a moment ago.")
    return found


def _free_instant(connection: sa.Connection, now: datetime) -> datetime:
    """Now, or just after the newest decision when the clock says otherwise: newer answers must be newer."""
    newest = in_utc(connection.execute(sa.select(sa.func.max(table.c.decided_at))).scalar())
    instant = now.astimezone(UTC)
    return instant if newest is None or instant > newest else newest + timedelta(microseconds=1)


def _insert(connection: sa.Connection, row: dict[str, Any]) -> int:
    key = connection.execute(table.insert().values(row)).inserted_primary_key
    assert key is not None  # noqa: S101 - the table has one
    return key[0]


def _kept(row: Any) -> Kept:
    values: dict[str, Any] = dict(row)
    values["kind"] = values["kind"].lower().replace("-", "_")
    values["decided_at"] = in_utc(values["decided_at"])
    return Kept(**values)
