"""Whether what the tables hold is late, whenever they were built: one list of causes for doctor, checks and alerts.

What belongs here: judging facts at a moment, in words. What does not: gathering them (`facts.py`), telling anybody.
What was never configured is not expected: no token, no file, no delivery, no finding.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.facts import Access, Facts, Hearing, Reach, Tables
from calendly_pipeline.quality.freshness import DAY_WINDOW, PULL_WINDOW, REFRESH_WINDOW
from calendly_pipeline.quality.wording import EXPORT, days, moment, ranges, span, tool
from calendly_pipeline.settings import Settings

SILENT_COUNT = 3
"""One booking that only the API knows may be a delivery still on its way; three are a webhook that fell silent."""
SILENT_AFTER = timedelta(hours=2)
WAITING_AFTER = timedelta(minutes=30)
"""A delivery is in the tables within minutes; a refresh that was already running may come first."""
REACH_DAYS = 7
OF_WAREHOUSE = ("exports:", "gaps:", "webhook:")
"""Causes that only the warehouse shows."""
TABLES = "tables"
"""The cause of everything that a refresh would set right."""


def late_contents(facts: Facts, settings: Settings, as_of: datetime) -> list[Finding]:
    """Everything that is late or silent, worst sources first."""
    tables = facts.tables or Tables()
    return [
        *(found for access in facts.accesses for found in _late_pull(access, settings, as_of)),
        *(found for reach in tables.reaches for found in _late_exports(reach, facts, settings, as_of)),
        *(found for reach in tables.reaches for found in _missing_days(reach, facts, settings)),
        *(found for hearing in tables.hearings for found in _silent_webhook(hearing, settings, as_of)),
        *_late_contacts(facts, tables, settings, as_of),
        *_waiting_deliveries(facts, settings, as_of),
        *_never_built(facts),
    ]


def reach_of_numbers(facts: Facts, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    """Up to which day the numbers on the cards are complete, and who holds them back."""
    served = [reach for reach in (facts.tables or Tables()).reaches if reach.is_in_service]
    if not served:
        return
    slowest = min(served, key=lambda reach: reach.through_on or date.min)
    name = tool(slowest.platform, slowest.account)
    if slowest.through_on is None:
        yield Finding("warning", "metrics", f"no number is complete: nothing vouches for any day of {name}")
        return
    age = (_today(settings, as_of) - slowest.through_on).days
    text = f"numbers on the cards are complete through {slowest.through_on:%d %b %Y}, as far as {name} reaches"
    late = age > REACH_DAYS
    yield Finding("warning" if late else "ok", "metrics", f"{text}: {age} days ago" if late else text)


def _late_pull(access: Access, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    if not access.has_token or access.is_pulling or _is_out_of_service(access, settings, as_of):
        return
    is_crm = access.platform == "lacrm"
    window = DAY_WINDOW if is_crm else PULL_WINDOW
    if access.pulled_at is not None and as_of - access.pulled_at <= window:
        return
    name = tool(access.platform, access.account)
    what = "contact index not read" if is_crm else "nothing pulled"
    token = "the consent" if access.by_consent else access.variable
    if access.pulled_at is None:
        text = f"{what} from {name} yet, though {token} is set"
    else:
        since = moment(access.pulled_at, settings)
        text = f"{what} from {name} since {since} ({span(as_of - access.pulled_at)})"
    remedy = "`calendly-pipeline doctor` says whether the token works, `calendly-pipeline ingest` pulls now"
    yield Finding(
        "error",
        "contact index" if is_crm else f"{name} API",
        f"{text}; {remedy}",
        cause=pull_cause(access.platform, access.account),
        asset="contacts.contacts" if is_crm else "sources.pulls",
        grace=window if access.pulled_at is None else timedelta(0),
    )


def _late_exports(reach: Reach, facts: Facts, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    if not reach.is_in_service or reach.last_day is None or _is_asked(reach, facts):
        return
    first, last = reach.last_day + timedelta(1), _today(settings, as_of) - timedelta(1)
    if (last - first).days + 1 < settings.alerts.export_days:
        return
    name = tool(reach.platform, reach.account)
    yield Finding(
        "warning",
        f"{name} export",
        f"no {name} export covers {days(first, last)}: {_export(reach)}",
        cause=f"exports:{reach.platform}:{reach.account}",
        asset=f"sources.{reach.platform}_exports",
    )


def _missing_days(reach: Reach, facts: Facts, settings: Settings) -> Iterator[Finding]:
    since = settings.coverage.since or date.min
    missing = [(max(first, since), last) for first, last in reach.gaps if last >= since]
    if not missing:
        return
    name = tool(reach.platform, reach.account)
    pull = f"`calendly-pipeline ingest --from {min(missing)[0]:%Y-%m} --to {max(missing)[1]:%Y-%m}` pulls them, or "
    yield Finding(
        "warning",
        f"{name} coverage",
        f"no {name} export or pull covers {ranges(missing)}: "
        f"{pull if _is_asked(reach, facts) else ''}{_export(reach)}; `coverage.since` accepts what nobody can export",
        cause=f"gaps:{reach.platform}:{reach.account}" if reach.is_in_service else "",
        asset="meetings.coverage",
    )


def _silent_webhook(hearing: Hearing, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    name = tool(hearing.platform, hearing.account)
    since = f"silent since {moment(hearing.heard_at, settings)}"
    first = hearing.first_missed_at
    is_silent = hearing.missed_count >= SILENT_COUNT and first is not None and as_of - first >= SILENT_AFTER
    newer = f"{since}, while the API shows {hearing.missed_count} newer bookings. "
    newer += "See that `calendly-pipeline serve` runs and is reached from outside"
    if hearing.disabled_count:
        text = f"disabled by {name}, {since}. Mend the receiver, then run `calendly-pipeline webhooks repair`"
    elif is_silent and hearing.platform == "calendly":
        text = f"{newer}; `calendly-pipeline webhooks list` shows the subscription"
    elif is_silent:
        text = f"{newer}, and look at the webhook in {name} under Settings, Developer"
    else:
        return
    yield Finding(
        "error" if hearing.disabled_count else "warning",
        f"{name} webhook",
        f"{name}'s webhook is {text}. Pulls bring what it misses, later",
        cause=webhook_cause(hearing.platform, hearing.account),
        asset="sources.webhook_deliveries",
    )


def _late_contacts(facts: Facts, tables: Tables, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    landed_at = tables.contacts_landed_at
    asked = any(access.has_token for access in facts.accesses if access.platform == "lacrm")
    if asked or landed_at is None or as_of - landed_at <= timedelta(settings.alerts.contact_export_days):
        return
    yield Finding(
        "warning",
        "contact index",
        f"contact index not read since {moment(landed_at, settings)}, when the newest contact file came "
        f"({span(as_of - landed_at)}): export the contacts again and drop the file into data/contacts",
        cause="exports:contacts",
        asset="contacts.contacts",
    )


def _waiting_deliveries(facts: Facts, settings: Settings, as_of: datetime) -> Iterator[Finding]:
    since = facts.waiting.since
    if since is None or as_of - since < WAITING_AFTER:
        return
    yield Finding(
        "warning",
        "webhooks",
        f"{facts.waiting.count} webhook deliveries wait since {moment(since, settings)} to be taken into the tables; "
        "see the newest run of refresh, or run `calendly-pipeline run`",
        cause=TABLES,
        asset="sources.webhook_deliveries",
    )


def _never_built(facts: Facts) -> Iterator[Finding]:
    if facts.warehouse == "unreadable":
        text = "the warehouse cannot be read; `calendly-pipeline rebuild` makes it anew from what has landed"
        yield Finding("error", "tables", text, cause=TABLES)
    elif facts.warehouse == "unbuilt" and facts.is_in_use:
        text = "files, pulls or deliveries are there, and no table was ever built whole; run `calendly-pipeline run`"
        yield Finding("error", "tables", text, cause=TABLES, grace=REFRESH_WINDOW)


def pull_cause(platform: str, account: str) -> str:
    """The cause of whatever keeps an account from being pulled."""
    return f"pull:{platform}:{account}"


def webhook_cause(platform: str, account: str) -> str:
    """The cause of whatever keeps an account's webhooks from coming."""
    return f"webhook:{platform}:{account}"


def _is_asked(reach: Reach, facts: Facts) -> bool:
    key = (reach.platform, reach.account)
    return any(access.has_token for access in facts.accesses if (access.platform, access.account) == key)


def _is_out_of_service(access: Access, settings: Settings, as_of: datetime) -> bool:
    return access.until is not None and access.until < _today(settings, as_of)


def _export(reach: Reach) -> str:
    folder = "" if reach.account == "default" else f"/{reach.account}"
    return f"{EXPORT[reach.platform]}{folder}"


def _today(settings: Settings, as_of: datetime) -> date:
    return as_of.astimezone(ZoneInfo(settings.firm.time_zone or "UTC")).date()
