"""What is sent and what came of it: the words that engine, ledger and adapters share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Operation = Literal["create", "update"]
Result = Literal["accepted", "rejected", "unknown", "skipped"]
Verdict = Literal["reject", "unknown", "later", "stop"]
"""What an error means for the records of a request.

reject: they will never pass as they are; unknown: they may have arrived; later: they did not arrive, and another
attempt can help; stop: no other request would pass either.
"""


@dataclass(frozen=True)
class Record:
    """One planned write."""

    destination: str
    key: str
    kind: str
    operation: Operation
    payload: Mapping[str, Any]
    """Field -> new value; None blanks it."""
    before: Mapping[str, Any] = field(default_factory=dict)
    """Field -> what stands there, as far as the plan knows."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The whole record as wanted."""
    written: Mapping[str, Any] = field(default_factory=dict)
    """What we wrote of it before."""
    standing: Mapping[str, Any] = field(default_factory=dict)
    """Fields that were found to hold already what is wanted: not sent, but known to stand there."""
    remote_id: str | None = None
    contact_id: str | None = None
    label: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    key: str
    result: Result
    answer: str = ""
    """The destination's words, or ours where it has none."""
    remote_id: str | None = None
    payload: Mapping[str, Any] | None = None
    """What was written, where that is not the record's payload."""


@dataclass(frozen=True)
class Kind:
    """How records of one kind are sent."""

    batch_size: int = 1
    """Most records that `send` is given at once."""
    repeatable: frozenset[Operation] = frozenset({"create", "update"})
    """Operations that leave the same state when they are carried out twice."""
    has_record_results: bool = True
    """Whether a refused batch says which record was at fault; if not, it is halved until the bad one stands alone."""
    phase: int = 0
    """Kinds of a lower phase are sent first."""


@dataclass
class Counts:
    """What a send came to."""

    planned: int = 0
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    blocked: int = 0
    deferred: int = 0
    """Not sent in this run: it stopped before."""
    requests: int = 0
    refused: int = 0
    """Requests refused for their number (429)."""
    waited_seconds: float = 0.0
    stopped_because: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one outcome."""
        setattr(self, result, getattr(self, result) + 1)
