"""Why a meeting, a contact or an address is what it is: routes, rule, evidence, what it changed.

Every sentence is read from the warehouse; nothing is computed again.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from calendly_pipeline.failures import InputError

Row = dict[str, Any]

BOOKED_AS = """
    select distinct identities.identity_id, identities.name, identities.address, identities.meetings_count
    from contacts.matches as matches
    inner join contacts.identities as identities on matches.identity_id = identities.identity_id
    where matches.contact_id = $key
    order by identities.address, identities.identity_id
"""
COMPARED = """
    select evidence.*, contacts.full_name
    from contacts.match_evidence as evidence
    inner join contacts.contacts as contacts on evidence.contact_id = contacts.contact_id
    where evidence.identity_id = $key
    order by evidence.contact_id, evidence.field
"""
DECIDED = """
    select distinct decisions.decided_by, decisions.decided_at, decisions.kind, decisions.reason
    from contacts.decided_identities as decided
    inner join contacts.decisions as decisions on decided.decision_id = decisions.decision_id
    where decided.identity_id = $key
    order by decisions.decided_at
"""
PLANNED = (
    "select * from destinations.plan where $key in (contact_id, record_key) "
    "and (operation <> 'skip' or kind = 'card') order by destination, record_key"
)
"""What would be written of a contact; of acts and profiles that are up to date nothing is said."""


def explain_meeting(connection: duckdb.DuckDBPyConnection, key: str) -> Iterator[str]:
    """Lines about one meeting, by its id, an earlier id, or the vendor's id; raises InputError when there is none."""
    meeting = _the(
        connection,
        "meeting",
        key,
        "select distinct meetings.* from meetings.meetings as meetings "
        "left join meetings.meeting_aliases as aliases on meetings.meeting_id = aliases.meeting_id "
        "where $key in (meetings.meeting_id, meetings.source_event_id, aliases.alias_id)",
    )
    yield f"Meeting {meeting['meeting_id']}: {meeting['title'] or 'untitled'}, {_span(meeting)}"
    doubt = "" if meeting["is_status_certain"] else " (uncertain: known from an Insights file only)"
    yield f"  status       {meeting['status']}{doubt}"
    yield f"  host         {meeting['host_name'] or ''} <{meeting['host_email'] or 'unknown'}>"
    yield f"  known by     {', '.join(meeting['routes'])} ({meeting['platform']}, account {meeting['account']})"
    if meeting["last_seen_at"]:
        yield f"  gone         the API no longer returns it; last seen {meeting['last_seen_at']:%d %b %Y}"
    yield from _history(meeting)
    yield from _files_of(connection, meeting)
    for kind in _rows(
        connection, "select * from classification.meeting_types where meeting_id = $key", meeting["meeting_id"]
    ):
        yield f"  type         {kind['meeting_type']} by rule {kind['rule']}: {kind['reason']}"
    yield from _people_of(connection, meeting["meeting_id"])
    for row in _rows(
        connection,
        "select * from meetings.conflicts where $key in (meeting_id, other_meeting_id)",
        meeting["meeting_id"],
    ):
        yield f"  conflict     {row['field']}: {row['value']} against {row['other_value']}: {row['reason']}"


def explain_contact(connection: duckdb.DuckDBPyConnection, key: str) -> Iterator[str]:
    """Lines about one contact: addresses, who booked as it and why, what each number counts, the plan for the card."""
    contact = _the(connection, "contact", key, "select * from contacts.contacts where contact_id = $key")
    yield f"Contact {contact['contact_id']}: {contact['full_name'] or contact['company']} (from {contact['source']})"
    for row in _rows(connection, "select * from contacts.addresses where contact_id = $key order by address", key):
        yield f"  address      {row['address']} ({row['source']})"
    for row in _rows(connection, BOOKED_AS, key):
        yield f"  booked as    {row['name'] or 'nameless'} <{row['address']}>, meetings: {row['meetings_count']}"
        yield from _why(connection, row["identity_id"], key)
    for metrics in _rows(connection, "select * from metrics.contact_metrics where contact_id = $key", key):
        for name, value in metrics.items():
            if name not in ("contact_id", "as_of") and value not in (None, 0, False):
                yield f"  {name:36} {value}"
    yield from _timeline(connection, key)
    yield from _destinations_of(connection, key)


def _destinations_of(connection: duckdb.DuckDBPyConnection, contact_id: str) -> Iterator[str]:
    """What each destination holds by our own writes, and what its plan is."""
    held = "select * from destinations.sent where $key in (contact_id, record_key) order by destination, record_key"
    for row in _rows(connection, held, contact_id):
        yield f"  {row['destination']} {row['kind']} {row['record_key']}: {_last_attempt(row)}"
        for field, value in json.loads(row["fields"] or "{}").items():
            yield f"    {field}: {'(blank)' if value is None else value}"
    for plan in _rows(connection, PLANNED, contact_id):
        yield f"  plan {plan['destination']} {plan['kind']}: {plan['operation']}: {plan['reason']}"
        for field, value in json.loads(plan["payload"] or "{}").items():
            before = json.loads(plan["before"] or "{}").get(field)
            yield f"    {field}: {before or '(blank)'} -> {'(blank)' if value is None else value}"


def _last_attempt(row: Row) -> str:
    said = f" ({row['last_answer']})" if row["last_answer"] else ""
    accepted = (
        f"holds, since {row['accepted_at']:%d %b %Y %H:%M} UTC" if row["accepted_at"] else "holds nothing of ours"
    )
    return accepted if row["last_outcome"] == "accepted" else f"{accepted}; last attempt {row['last_outcome']}{said}"


def explain_address(connection: duckdb.DuckDBPyConnection, key: str) -> Iterator[str]:
    """Lines about one address: whose it is, under which names it booked, and how each was decided."""
    address = key.strip().lower()
    owners = _rows(
        connection,
        "select addresses.contact_id, addresses.source, contacts.full_name from contacts.addresses as addresses "
        "inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id "
        "where addresses.address = $key order by 1",
        address,
    )
    identities = _rows(
        connection, "select * from contacts.identities where address = $key order by identity_id", address
    )
    if not owners and not identities:
        raise InputError(f"No contact holds the address {address}, and nobody booked with it.")
    yield f"Address {address}"
    for row in owners:
        yield f"  held by      {row['full_name']} ({row['contact_id']}), said by {row['source']}"
    for identity in identities:
        yield f"  booked as    {identity['name'] or 'nameless'}, meetings: {identity['meetings_count']}"
        yield from _why(connection, identity["identity_id"])
        for contact_id in _linked(connection, identity["identity_id"]):
            yield from _changed(connection, contact_id)


def _why(connection: duckdb.DuckDBPyConnection, identity_id: str, contact_id: str | None = None) -> Iterator[str]:
    """Verdicts on a person, what was compared (with one contact only, where named), and who decided."""
    verdicts = (
        "select distinct decision, tier, rule, contact_id, explanation from contacts.matches where identity_id = $key "
        "order by all"
    )
    for row in _rows(connection, verdicts, identity_id):
        if contact_id in (None, row["contact_id"]):
            yield _verdict(row)
    for row in _rows(connection, COMPARED, identity_id):
        if contact_id in (None, row["contact_id"]):
            compared = f"{row['invitee_value']} / {row['contact_value']}: {row['comparison']}"
            yield f"      {row['field']} of {row['full_name'] or row['contact_id']}: {compared}"
    for row in _rows(connection, DECIDED, identity_id):
        reason = f": {row['reason']}" if row["reason"] else ""
        yield f"      decided by {row['decided_by']}, {row['decided_at']:%d %b %Y %H:%M} UTC ({row['kind']}){reason}"


def _linked(connection: duckdb.DuckDBPyConnection, identity_id: str) -> list[str]:
    query = "select distinct contact_id from contacts.matches where identity_id = $key order by contact_id"
    return [row["contact_id"] for row in _rows(connection, query, identity_id) if row["contact_id"]]


def _changed(connection: duckdb.DuckDBPyConnection, contact_id: str) -> Iterator[str]:
    """What a link counts for, and what it would write."""
    for row in _rows(connection, "select * from metrics.contact_metrics where contact_id = $key", contact_id):
        last = row["last_meeting_on"] or "never"
        yield f"      counts for {contact_id}: {row['meetings_count']} meetings held, last {last}"
    for row in _rows(connection, PLANNED, contact_id):
        yield f"      plan {row['destination']} for {contact_id}: {row['operation']}: {row['reason']}"


def _verdict(row: Row) -> str:
    target = f" -> {row['contact_id']}" if row["contact_id"] else ""
    return f"    {row['decision']}{target} by {row['tier'] or 'no tier'} {row['rule'] or ''}: {row['explanation']}"


def _people_of(connection: duckdb.DuckDBPyConnection, meeting_id: str) -> Iterator[str]:
    people = _rows(
        connection,
        "select attendees.role, attendees.name, attendees.email, attendees.status, attendees.is_held, "
        "attendees.is_no_show, attendees.duplicate_of, matches.decision, matches.tier, matches.rule, "
        "matches.contact_id, matches.explanation, matches.identity_id "
        "from meetings.attendees as attendees "
        "left join contacts.matches as matches on attendees.attendee_id = matches.attendee_id "
        "where attendees.meeting_id = $key order by attendees.role desc, attendees.email, matches.contact_id",
        meeting_id,
    )
    for row in people:
        came = "came" if row["is_held"] else "did not come" if row["is_no_show"] else row["status"]
        counted = " (counted in the other tool)" if row["duplicate_of"] else ""
        yield f"  {row['role']:12} {row['name'] or ''} <{row['email']}>: {came}{counted}"
        if row["decision"]:
            yield _verdict(row)
            for line in _why(connection, row["identity_id"], row["contact_id"]):
                if line != _verdict(row):
                    yield line
        if row["contact_id"]:
            yield from _changed(connection, row["contact_id"])


def _files_of(connection: duckdb.DuckDBPyConnection, meeting: Row) -> Iterator[str]:
    query = (
        "select files.folder, files.name, rows.line from sources.calendly_rows as rows "
        "inner join sources.files as files on rows.file_id = files.file_id "
        "where 'calendly:' || coalesce(rows.event_uuid, rows.booking_key) in "
        "(select $key union select alias_id from meetings.meeting_aliases where meeting_id = $key) "
        "union all select files.folder, files.name, rows.line from sources.calcom_rows as rows "
        "inner join sources.files as files on rows.file_id = files.file_id "
        "where 'calcom:' || rows.uid = $key order by all"
    )
    for row in _rows(connection, query, meeting["meeting_id"]):
        yield f"  said in      data/{row['folder']}/{row['name']} line {row['line']}"


def _history(meeting: Row) -> Iterator[str]:
    if meeting["rescheduled_from_id"]:
        yield f"  moved from   {meeting['rescheduled_from_id']} ({meeting['reschedule_evidence']})"
    if meeting["rescheduled_to_id"]:
        yield f"  moved to     {meeting['rescheduled_to_id']} ({meeting['reschedule_evidence']})"
    if meeting["duplicate_of"]:
        yield f"  duplicate    counted as {meeting['duplicate_of']}"
    if meeting["status"] == "cancelled":
        reason = meeting["cancellation_reason"] or "no reason given"
        yield f"  cancelled by {meeting['cancelled_by'] or 'unknown'}: {reason}"


def _timeline(connection: duckdb.DuckDBPyConnection, contact_id: str) -> Iterator[str]:
    query = "select * from metrics.client_timeline where contact_id = $key order by happened_at, event, meeting_id"
    for row in _rows(connection, query, contact_id):
        what = f"{row['meeting_type']} with {row['host_name'] or 'an unknown host'} ({row['meeting_id']})"
        yield f"  {row['happened_at']:%Y-%m-%d %H:%M} UTC  {row['event']:11} {what}"


def _span(meeting: Row) -> str:
    return f"{meeting['starts_at']:%Y-%m-%d %H:%M} UTC, {meeting['duration_minutes']} minutes"


def _the(connection: duckdb.DuckDBPyConnection, kind: str, key: str, query: str) -> Row:
    found = _rows(connection, query, key)
    if not found:
        raise InputError(f"There is no {kind} {key}.", f'`calendly-pipeline query "from {kind}s.{kind}s"` lists them.')
    return found[0]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, key: str) -> list[Row]:
    result = connection.execute(query, {"key": key})
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
