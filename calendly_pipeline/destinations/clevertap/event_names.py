"""What events are called at CleverTap: the firm's Liquid templates, one name per event type and transition."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args

import duckdb
from liquid import Environment, StrictDefaultUndefined
from liquid.exceptions import LiquidError

from calendly_pipeline.destinations.clevertap.liquid_dialect import place_of
from calendly_pipeline.destinations.clevertap.mapping import MOST_KEY_BYTES, TRANSITION_WORDS
from calendly_pipeline.settings import Settings
from calendly_pipeline.settings_clevertap import ClevertapDestination
from calendly_pipeline.settings_kinds import MeetingType
from calendly_pipeline.warehouse import replace_rows

MOST_EVENT_NAMES = 480
"""Of the 512 kinds of event that an account takes, its own among them (developer.clevertap.com, Upload Events)."""
TOO_MANY = (
    "destinations.clevertap.event_name: {!r} would be one name more than an account takes; write a template with "
    "meeting_type in place of event_type.name"
)
TABLE = "destinations.clevertap_event_names"
KEPT = " _-"
"""Characters of a name beside letters and digits; any other becomes a blank."""
RESTRICTED = frozenset(
    name.casefold()
    for name in (
        "App Installed",
        "App Launched",
        "App Uninstalled",
        "Charged",
        "Geocluster Entered",
        "Geocluster Exited",
        "Notification Bounced",
        "Notification Clicked",
        "Notification Sent",
        "Notification Viewed",
        "Reachable By",
        "Reply Sent",
        "SCCampaignOptOut",
        "SCEnd",
        "SCIncoming",
        "SCOutgoing",
        "Session Concluded",
        "Stayed",
        "UTM Visited",
        "Web Page Viewed",
        "wzrk_d",
    )
)
"""Names of CleverTap's own events; one of ours would be refused with 513, or be taken for a purchase (`Charged`)."""


class NameEnvironment(Environment):
    """One line, from few words."""

    loop_iteration_limit = 1000
    output_stream_limit = 10_000
    local_namespace_limit = 10_000


_environment = NameEnvironment(undefined=StrictDefaultUndefined)


def load_event_names(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Replace `destinations.clevertap_event_names`: a name for every kind of meeting there is."""
    rules = settings.destinations.clevertap
    query = (
        "select meetings.event_type_name, meetings.event_type_slug, types.meeting_type "
        "from meetings.meetings as meetings "
        "inner join classification.meeting_types as types on meetings.meeting_id = types.meeting_id "
        "group by all order by min(meetings.starts_at), 1, 2, 3"
    )
    rows = [] if rules is None else list(_few(_rows(rules, connection.execute(query).fetchall())))
    replace_rows(connection, {TABLE: rows})


def name_mistakes(rules: ClevertapDestination) -> list[str]:
    """What is wrong with the templates themselves, tried on an event type of a plain name; each with its remedy."""
    found = []
    for meeting_type in get_args(MeetingType):
        for transition in rules.transitions:
            _, mistake = event_name(rules, "Meeting", "meeting", meeting_type, transition)
            if mistake is not None and mistake not in found:
                found.append(mistake)
    return found


def event_name(
    rules: ClevertapDestination, event_type_name: str | None, slug: str | None, meeting_type: str, transition: str
) -> tuple[str | None, str | None]:
    """The name of an event, or what keeps it from having one."""
    own = {str(key): template for key, template in rules.event_names.items()}
    key, template = f"event_names.{meeting_type}", own.get(meeting_type)
    if template is None:
        key, template = "event_name", rules.event_name
    known = {
        "event_type": {k: v for k, v in {"name": event_type_name, "slug": slug}.items() if v},
        "meeting_type": meeting_type.replace("_", " "),
        "transition": TRANSITION_WORDS[transition],
    }
    try:
        name = tidied(_environment.from_string(template).render(**known))
    except LiquidError as error:
        line, column = place_of(error, template, _environment)
        return None, f"destinations.clevertap.{key} {line}:{column}: {error.message}{_advice(error)}"
    mistake = _mistake(name)
    return (name, None) if mistake is None else (None, f"destinations.clevertap.{key}: {mistake}")


def tidied(name: str) -> str:
    """A name of letters, digits, `_`, `-` and single blanks."""
    return " ".join("".join(c if c.isalnum() or c in KEPT else " " for c in name).split())


def _few(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Names that came first keep their place; those beyond what an account takes are told, for CleverTap drops them."""
    taken: set[str] = set()
    for row in rows:
        name = row["event_name"]
        if name is not None and name not in taken:
            if len(taken) >= MOST_EVENT_NAMES:
                yield {**row, "event_name": None, "mistake": TOO_MANY.format(name)}
                continue
            taken.add(name)
        yield row


def _mistake(name: str) -> str | None:
    if not name:
        return "an event would have no name; write text beside the braces"
    if len(name.encode()) > MOST_KEY_BYTES:
        size = len(name.encode())
        return f"{name[:40]!r}... has {size} bytes, and CleverTap takes {MOST_KEY_BYTES}; shorten the template"
    if name.casefold() in RESTRICTED:
        return f"{name!r} is an event of CleverTap's own; add a word to the template"
    return None


def _advice(error: LiquidError) -> str:
    if "undefined" not in str(error.message):
        return ""
    return '; known are event_type.name, event_type.slug, meeting_type and transition, or add | default: "..."'


def _rows(rules: ClevertapDestination, kinds: Iterable[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    for event_type_name, slug, meeting_type in kinds:
        for transition in rules.transitions:
            name, mistake = event_name(rules, event_type_name, slug, meeting_type, transition)
            yield {
                "event_type_name": event_type_name,
                "event_type_slug": slug,
                "meeting_type": meeting_type,
                "transition": transition,
                "event_name": name,
                "mistake": mistake,
            }
