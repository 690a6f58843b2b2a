"""How well the matcher did on a generated firm, case by case."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from calendly_pipeline_tests.contacts.matching_cases.bookings import Booking

HEAD = "| case | invitees | linked right | linked wrong | queued, right one offered | queued otherwise | left alone |"


@dataclass
class Figures:
    """Counts by case and outcome, and the wrong links themselves."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    by_rule: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[tuple[Booking, str, str]] = field(default_factory=list)

    def add(self, booking: Booking, rule: str, outcome: str) -> None:
        """Count one invitee."""
        self.counts.setdefault(booking.case, Counter())[outcome] += 1
        self.counts[booking.case]["linkable"] += bool(booking.truth)
        self.by_rule.setdefault(rule, Counter())[outcome] += 1

    def total(self, *outcomes: str) -> int:
        """Invitees of these outcomes."""
        return sum(counter[outcome] for counter in self.counts.values() for outcome in outcomes)

    @property
    def precision(self) -> float:
        """Share of the automatic links that are right."""
        return self.total("right") / max(self.total("right", "wrong"), 1)

    @property
    def linked(self) -> float:
        """Share of the linkable invitees that are linked to the right card."""
        return self.total("right") / max(self.total("linkable"), 1)

    @property
    def found(self) -> float:
        """Share of the linkable invitees that are linked, or queued with the right card among those offered."""
        return self.total("right", "offered") / max(self.total("linkable"), 1)

    @property
    def queued_per_thousand(self) -> float:
        """Invitees in the queue per 1,000."""
        return 1000 * self.total("offered", "queued") / self.total("right", "wrong", "offered", "queued", "left")

    def as_markdown(self) -> str:
        """The whole, then every case, then every rule."""
        whole = (
            f"Automatic links right: {self.precision:.4%}. Of the linkable: linked {self.linked:.1%}, "
            f"linked or queued {self.found:.1%}. In the queue: {self.queued_per_thousand:.0f} per 1,000 invitees.\n"
        )
        rows = [f"| {case} | {_cells(counter)} |" for case, counter in sorted(self.counts.items())]
        rules = [f"| {rule} | {_cells(counter)} |" for rule, counter in sorted(self.by_rule.items())]
        line = "|---" * 7 + "|"
        return "\n".join([whole, HEAD, line, *rows, "", HEAD.replace("case", "rule"), line, *rules]) + "\n"


def figures_of(connection: duckdb.DuckDBPyConnection, bookings: Sequence[Booking]) -> Figures:
    """Compare every invitee's match with the truth."""
    queue = dict(connection.execute("select identity_id, candidates::varchar from contacts.review_queue").fetchall())
    found = connection.execute(
        "select attendee_id, contact_id, decision, rule, identity_id from contacts.matches"
    ).fetchall()
    figures = Figures()
    for attendee_id, contact_id, decision, rule, identity_id in found:
        booking = bookings[int(attendee_id[1:])]
        outcome = "left"
        if contact_id:
            outcome = "right" if contact_id in booking.truth else "wrong"
        elif decision == "review":
            offered = {candidate["contact_id"] for candidate in json.loads(queue[identity_id])}
            outcome = "offered" if offered & booking.truth else "queued"
        figures.add(booking, rule, outcome)
        if outcome == "wrong":
            figures.wrong.append((booking, rule, contact_id))
    return figures


def _cells(counter: Counter[str]) -> str:
    outcomes = ("right", "wrong", "offered", "queued", "left")
    total = sum(counter[outcome] for outcome in outcomes)
    return " | ".join(f"{count:,}" for count in (total, *(counter[outcome] for outcome in outcomes)))
