"""What goes where at CleverTap, and every mistake in it that can be told before anything is sent.

What belongs here: names of profile keys, event properties and events, and the vendor's limits on them. What does not:
values (SQL), requests (the client).
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from calendly_pipeline.clients.clevertap_keys import is_consent
from calendly_pipeline.settings_clevertap import ClevertapDestination

PROFILE_SOURCES = (
    "name",
    "email",
    "first_name",
    "last_name",
    "phone",
    "company",
    "time_zone",
    "booking_status",
    "last_event_type",
    "first_meeting_on",
    "last_meeting_on",
    "next_meeting_on",
    "meetings_this_quarter_count",
    "meetings_12m_count",
    "last_portfolio_review_on",
    "next_portfolio_review_on",
    "review_due_on",
    "review_status",
    "no_show_12m_count",
    "cancellation_12m_count",
    "reschedule_12m_count",
    "is_reschedule_escalation",
    "last_meeting_type",
    "last_host_name",
    "meeting_data_through_on",
)
"""What we know of a person; `clevertap_profiles.sql` gives the values."""
EVENT_PROPERTIES = (
    "record",
    "transition",
    "event_type",
    "meeting_type",
    "starts_at",
    "ends_at",
    "starts_on",
    "duration_minutes",
    "host_name",
    "host_email",
    "invitee_name",
    "invitee_email",
    "location_type",
    "location",
    "meeting_url",
    "platform",
    "reschedule_count",
    "previous_starts_at",
    "cancelled_by",
    "cancellation_reason",
    "is_backfill",
)
"""What `clevertap_events.sql` says of an event, answers to booking questions apart."""
MOST_PROPERTIES = 100
"""Per event, unless the account has another limit (developer.clevertap.com, Upload Events, June 2026)."""
MOST_KEY_BYTES = 120
"""Of a key of a profile or an event (developer.clevertap.com, Upload Events, Upload User Profiles)."""
REFUSED_CHARACTERS = ".:$'\"\\"
"""CleverTap's own apps take them out of keys (its Android library); its Error Stream calls them unaccepted."""
OWN_KEYS = frozenset(("identity", "objectid", "fbid", "gpid"))
"""Say whose profile it is, and are no keys of it."""


def mapping_mistakes(rules: ClevertapDestination) -> list[str]:
    """Every mistake in the names of profile keys and event properties, with its remedy."""
    return [*_profile_mistakes(rules.profile), *_answer_mistakes(rules.answers)]


def event_property_names(rules: ClevertapDestination) -> list[str]:
    """Every property an event may have."""
    return [*EVENT_PROPERTIES, *rules.answers.values()]


def _profile_mistakes(profile: Mapping[str, str]) -> Iterator[str]:
    table = "destinations.clevertap.profile"
    for source in profile.keys() - set(PROFILE_SOURCES):
        near = difflib.get_close_matches(source, PROFILE_SOURCES, n=1, cutoff=0.0)[0]
        yield f"{table}: nothing is called {source!r}; the nearest is {near!r}"
    yield from _key_mistakes(table, profile, taken=())
    for source, key in profile.items():
        if key.strip().casefold() in OWN_KEYS:
            yield f"{table}: {source} would go into {key!r}, which says whose profile it is; name another key"


def _answer_mistakes(answers: Mapping[str, str]) -> Iterator[str]:
    table = "destinations.clevertap.answers"
    yield from _key_mistakes(table, answers, taken=EVENT_PROPERTIES)
    asked = [" ".join(question.casefold().split()) for question in answers]
    for question in sorted({one for one in asked if asked.count(one) > 1}):
        yield f"{table}: the question {question!r} is there twice; leave one"
    count = len(EVENT_PROPERTIES) + len(answers)
    if count > MOST_PROPERTIES:
        yield (
            f"{table}: an event would have {count} properties, and CleverTap takes {MOST_PROPERTIES}; "
            f"take out {count - MOST_PROPERTIES}"
        )


def _key_mistakes(table: str, named: Mapping[str, str], taken: Collection[str]) -> Iterator[str]:
    """`named`: ours -> key there; `taken`: keys that are ours already."""
    seen = {key.casefold(): "ours" for key in taken}
    for source, key in named.items():
        yield from (f"{table}: {source} {text}" for text in _key_texts(key))
        other = seen.get(key.strip().casefold())
        if other is not None:
            yield f"{table}: {source} and {other} go into {key!r}; give each a key of its own"
        seen[key.strip().casefold()] = source


def _key_texts(key: str) -> Iterable[str]:
    if not key.strip():
        yield "goes into no key; name one, or leave the line out"
    if key != key.strip():
        yield f"goes into {key!r}; take the blanks around it off"
    if len(key.encode()) > MOST_KEY_BYTES:
        yield f"goes into a key of {len(key.encode())} bytes, and CleverTap takes {MOST_KEY_BYTES}; shorten {key!r}"
    refused = sorted({character for character in key if character in REFUSED_CHARACTERS or not character.isprintable()})
    if refused:
        yield f"goes into {key!r}; CleverTap takes no {' '.join(refused)} in a key"
    if is_consent(key):
        yield f"would go into {key!r}, which says what somebody agreed to and is never written; leave the line out"


TRANSITION_WORDS = {
    "scheduled": "scheduled",
    "rescheduled": "rescheduled",
    "cancelled": "cancelled",
    "no_show": "no-show",
    "no_show_removed": "no-show removed",
    "completed": "completed",
}
"""As event names say them."""
