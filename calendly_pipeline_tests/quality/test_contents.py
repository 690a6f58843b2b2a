"""Which contents are late at a moment, and in which words."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from calendly_pipeline.findings import Finding
from calendly_pipeline.quality.contents import late_contents, reach_of_numbers
from calendly_pipeline.quality.facts import Access, Facts, Hearing, Reach, Tables, Waiting
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import utc

NOW = utc("2026-11-10T15:00")
HOUR = timedelta(hours=1)
NEW_YORK = Settings.model_validate({"firm": {"time_zone": "America/New_York"}})
TOKEN = Access("calendly", "default", "CALENDLY_ACCESS_TOKEN", has_token=True, pulled_at=NOW - HOUR)
NO_TOKEN = Access("calendly", "default", "CALENDLY_ACCESS_TOKEN", has_token=False)
CRM = Access("lacrm", "default", "LACRM_API_KEY", has_token=True, pulled_at=NOW - HOUR)


def reach(last: str | None = "2026-11-09", **named: Any) -> Reach:
    """A Calendly account whose files and pulls vouch up to a day."""
    day = date.fromisoformat(last) if last else None
    return Reach(
        **{"platform": "calendly", "account": "default", "is_in_service": True, **named}, last_day=day, through_on=day
    )


def hearing(missed: int, first: datetime | None, platform: str = "calendly", disabled: int = 0) -> Hearing:
    """Webhooks last heard a day ago."""
    return Hearing(platform, "default", NOW - 24 * HOUR, disabled, missed, first)


def late(*accesses: Access, as_of: datetime = NOW, settings: Settings = NEW_YORK, **tables: Any) -> list[Finding]:
    """What is late of a firm with these accounts and tables."""
    return late_contents(Facts(accesses, Tables(**tables), is_in_use=True), settings, as_of)


def test_a_firm_that_never_set_anything_up_lacks_nothing() -> None:
    """No token, no file, no delivery: nothing is expected."""
    assert late_contents(Facts((NO_TOKEN,), None, "unbuilt"), NEW_YORK, NOW) == []
    assert late(NO_TOKEN) == []


def test_everything_fresh_is_no_finding() -> None:
    """Recent pulls, exports, deliveries and contacts: nothing to say."""
    assert late(TOKEN, CRM, reaches=(reach(),), hearings=(hearing(0, None),), contacts_landed_at=NOW - HOUR) == []


@pytest.mark.parametrize(
    ("last", "missing"),
    [
        ("2026-11-02", "3 to 9 November 2026 (7 days)"),
        ("2026-10-28", "29 October to 9 November 2026 (12 days)"),
        ("2025-12-30", "31 December 2025 to 9 November 2026 (314 days)"),
        ("2026-11-03", None),
    ],
)
def test_an_export_that_ends_too_long_ago_is_asked_for_by_its_days(last: str, missing: str | None) -> None:
    """Once a whole week is missing the days are named, and where to drop the file; a day less is fine."""
    found = [finding.text for finding in late(NO_TOKEN, reaches=(reach(last),))]
    remedy = "export those days again in Calendly (Meetings, Export) and drop the file into data/calendly"
    assert found == ([f"no Calendly export covers {missing}: {remedy}"] if missing else [])


def test_whose_api_is_asked_needs_no_export() -> None:
    """With a token the pull's own finding speaks; out of service nothing is expected."""
    assert late(TOKEN, reaches=(reach("2026-09-01"),)) == []
    assert late(NO_TOKEN, reaches=(reach("2026-09-01", is_in_service=False),)) == []


def test_an_account_of_its_own_name_is_named_with_its_folder() -> None:
    """Several accounts: the one that is late is said, and its sub-folder."""
    (found,) = late(reaches=(reach("2026-11-01", platform="calcom", account="north"),))
    assert found.cause == "exports:calcom:north"
    assert "no Cal.com (north) export covers" in found.text
    assert found.text.endswith("data/calcom/north")


def test_gaps_are_listed_newest_first_and_may_be_accepted() -> None:
    """Days in between that nothing vouches for are one finding; `coverage.since` cuts what is older."""
    gaps = tuple((date(2026, month, 1), date(2026, month, 2)) for month in range(1, 6))
    (found,) = late(TOKEN, reaches=(reach(gaps=gaps),))
    assert "1 to 2 May 2026 (2 days), 1 to 2 April 2026 (2 days), 1 to 2 March 2026 (2 days) and 2 older" in found.text
    assert "`calendly-pipeline ingest --from 2026-01 --to 2026-05`" in found.text
    since = Settings.model_validate({"coverage": {"since": date(2026, 5, 2)}})
    (cut,) = late(NO_TOKEN, reaches=(reach(gaps=gaps),), settings=since)
    assert "covers 2 May 2026 (1 day):" in cut.text
    assert "ingest" not in cut.text
    later = Settings.model_validate({"coverage": {"since": date(2026, 6, 1)}})
    assert late(NO_TOKEN, reaches=(reach(gaps=gaps),), settings=later) == []


def test_a_pull_is_late_after_three_hours_the_contact_index_after_a_day() -> None:
    """The moment of the last complete pull is said on the firm's clock."""
    old = Access("calendly", "default", "CALENDLY_ACCESS_TOKEN", has_token=True, pulled_at=NOW - 3 * HOUR)
    assert late(old) == []
    (found,) = late(old, as_of=NOW + timedelta(minutes=1))
    assert (found.cause, found.level) == ("pull:calendly:default", "error")
    assert "nothing pulled from Calendly since 10 November 2026, 07:00 (3 hours)" in found.text
    crm = Access("lacrm", "default", "LACRM_API_KEY", has_token=True, pulled_at=NOW - 26 * HOUR)
    assert late(crm) == []
    (found,) = late(crm, as_of=NOW + HOUR)
    assert "contact index not read from LACRM since 9 November 2026, 08:00 (27 hours)" in found.text


def test_a_running_pull_is_not_late() -> None:
    """A weekly pass takes hours; while it holds the account's lock nobody is alarmed."""
    assert late(Access("calcom", "default", "CAL_COM_API_KEY", True, pulled_at=NOW - 9 * HOUR, is_pulling=True)) == []


def test_an_account_out_of_service_is_not_pulled() -> None:
    """After `until` no pull is expected."""
    gone = Access("calcom", "default", "CAL_COM_API_KEY", True, pulled_at=NOW - 99 * HOUR, until=date(2026, 11, 8))
    assert late(gone) == []


def test_a_token_that_never_pulled_has_its_window_first() -> None:
    """A token just put in is given the time its first pull needs."""
    (found,) = late(Access("calendly", "default", "CALENDLY_ACCESS_TOKEN", has_token=True))
    assert found.grace == 3 * HOUR
    assert "nothing pulled from Calendly yet, though CALENDLY_ACCESS_TOKEN is set" in found.text


@pytest.mark.parametrize(("missed", "hours", "is_late"), [(3, 2, True), (2, 9, False), (9, 1, False), (0, 0, False)])
def test_a_webhook_is_silent_when_the_api_shows_what_it_did_not_bring(missed: int, hours: int, is_late: bool) -> None:
    """Three newer bookings, the first two hours old: fewer may still be on their way."""
    found = late(TOKEN, hearings=(hearing(missed, NOW - hours * HOUR if missed else None),))
    assert [finding.cause for finding in found] == ["webhook:calendly:default"] * is_late
    assert all("silent since 9 November 2026, 10:00, while the API shows 3 newer" in finding.text for finding in found)


def test_a_disabled_webhook_is_repaired_not_awaited() -> None:
    """Calendly's own word that it gave up is the cause; it is one finding with the silence."""
    (found,) = late(TOKEN, hearings=(hearing(5, NOW - 5 * HOUR, disabled=1),))
    assert (found.level, found.cause) == ("error", "webhook:calendly:default")
    assert "`calendly-pipeline webhooks repair`" in found.text


def test_contact_files_are_late_after_a_month_unless_the_crm_is_asked() -> None:
    """Without a key the newest contact file's age counts."""
    landed = NOW - timedelta(days=32)
    (found,) = late(NO_TOKEN, contacts_landed_at=landed)
    assert found.cause == "exports:contacts"
    assert "contact index not read since 9 October 2026" in found.text
    assert late(CRM, contacts_landed_at=landed) == []
    monthly = Settings.model_validate({"alerts": {"contact_export_days": 60}})
    assert late(contacts_landed_at=landed, settings=monthly) == []


def test_deliveries_are_in_the_tables_within_half_an_hour() -> None:
    """What waits longer is counted, under the cause that a refresh would set right."""
    waiting = Facts(tables=Tables(), waiting=Waiting(4, NOW - timedelta(minutes=30)))
    (found,) = late_contents(waiting, NEW_YORK, NOW)
    assert found.cause == "tables"
    assert found.text.startswith("4 webhook deliveries wait since 10 November 2026, 09:30")
    assert late_contents(waiting, NEW_YORK, NOW - timedelta(minutes=1)) == []


def test_an_unreadable_or_unbuilt_warehouse_is_a_finding() -> None:
    """Damage is told at once; tables never built have the time a first refresh needs."""
    (broken,) = late_contents(Facts(warehouse="unreadable", is_in_use=True), NEW_YORK, NOW)
    assert ("rebuild" in broken.text, broken.grace) == (True, timedelta(0))
    (unbuilt,) = late_contents(Facts(warehouse="unbuilt", is_in_use=True), NEW_YORK, NOW)
    assert unbuilt.grace == 6 * HOUR
    assert late_contents(Facts(warehouse="busy", is_in_use=True), NEW_YORK, NOW) == []


def test_doctor_says_how_far_the_numbers_reach_and_who_holds_them_back() -> None:
    """The slowest account in service counts; a week is fine."""
    other = reach("2026-11-01", platform="calcom")
    (found,) = reach_of_numbers(Facts(tables=Tables((reach(), other))), NEW_YORK, NOW)
    assert (found.level, found.cause) == ("warning", "")
    assert "complete through 01 Nov 2026, as far as Cal.com reaches: 9 days ago" in found.text
    (fine,) = reach_of_numbers(Facts(tables=Tables((reach(),))), NEW_YORK, NOW)
    assert fine.level == "ok"
    (none,) = reach_of_numbers(Facts(tables=Tables((reach(None),))), NEW_YORK, NOW)
    assert "nothing vouches" in none.text
