"""The sample's ground truth: what a pipeline must find in its files, told from the world and not from the files."""

from collections import Counter
from collections.abc import Iterable

from calendly_pipeline.sample.contact_truth import contact_metrics
from calendly_pipeline.sample.coverage import uncovered_days
from calendly_pipeline.sample.days import AS_OF
from calendly_pipeline.sample.files import row_count
from calendly_pipeline.sample.findings import Truth
from calendly_pipeline.sample.knowledge import known_meetings
from calendly_pipeline.sample.outcomes import link_moves, mark_duplicates, read_off
from calendly_pipeline.sample.world import Firm


def truth(firm: Firm) -> Truth:
    """The ground truth of a firm at AS_OF."""
    known = known_meetings(firm)
    table = read_off(known)
    link_moves(table, known)
    conflicts = mark_duplicates(table, known)
    counting = [one for one in table.meetings.values() if one.duplicate_of is None]
    return Truth(
        as_of=AS_OF,
        meetings=table.meetings,
        attendees=table.attendees,
        contact_metrics=contact_metrics(firm.book.contacts, table),
        households=_households(firm),
        status_counts=_counted(one.status for one in table.meetings.values()),
        counting_status_counts=_counted(one.status for one in counting),
        decision_counts=_counted(one.decision for one in table.attendees.values()),
        conflicts=conflicts,
        uncovered_days=uncovered_days(firm),
        exported_rows={export.path: row_count(firm, export) for export in firm.exports},
        rejected_rows=_counted(row.path for row in firm.spoilt),
        rejected_files=firm.unreadable,
        repeated_hour_meetings=tuple(one.key for one in known.values() if one.meeting.is_in_repeated_hour),
        skipped_hour_meetings=tuple(one.key for one in known.values() if one.meeting.is_in_skipped_hour),
        unexported=tuple(meeting.uid for meeting in firm.meetings if meeting not in known),
    )


def _households(firm: Firm) -> dict[str, tuple[str, ...]]:
    households: dict[str, tuple[str, ...]] = {}
    for contact in firm.book.contacts:
        if contact.household:
            households[contact.household] = (*households.get(contact.household, ()), contact.contact_id)
    return households


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
