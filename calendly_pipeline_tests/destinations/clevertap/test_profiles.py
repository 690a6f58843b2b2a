"""Whose profile CleverTap should hold, and what stands in it."""

from typing import Any

from calendly_pipeline.destinations.clevertap.mapping import PROFILE_SOURCES
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.clevertap.given import ADA, HOST, accepted, booked, firm_of, planned, tapped

OVER, SOON = "2026-06-29T14:00", "2026-07-05T14:00"
PROFILE = f"profile:{ADA}"


def profile(
    tables: Tables, *ledger: dict[str, Any], chosen: dict[str, Any] | None = None, **named: Any
) -> dict[str, Any]:
    """Ada's profile after one meeting."""
    return planned(booked(firm_of(tables), "m", SOON, **named), *ledger, chosen=tapped(**(chosen or {})))[PROFILE]


def test_name_address_and_telephone(tables: Tables) -> None:
    """A firm that maps nothing of its own writes these three; the number goes in E.164, blanks are left out."""
    tables.given("contacts.phone_numbers", {"said": "(212) 555-0100", "e164": "+12125550100"})
    row = profile(tables, phone="(212) 555-0100", name="Ada Park")
    assert row["payload"] == {"Name": "Ada Park", "Email": ADA, "Phone": "+12125550100"}
    assert (row["contact_id"], row["label"], row["kind"]) == ("ada", "Ada Park", "profile")


def test_what_the_firm_maps(tables: Tables) -> None:
    """Every source there is has a value of its own kind: numbers stay numbers, days are ISO texts."""
    tables.given("contacts.phone_numbers", {"said": "1", "e164": "+12125550100"})
    firm = booked(firm_of(tables), "old", "2026-05-01T14:00", "completed")
    named = {"phone": "1", "first_name": "Ada", "last_name": "Park", "time_zone": "America/New_York"}
    booked(firm, "m", SOON, booked_at=utc("2026-06-02T09:00"), **named)
    chosen = tapped(profile={source: source.upper() for source in PROFILE_SOURCES})
    fields = planned(firm, chosen=chosen)[PROFILE]["fields"]
    assert set(fields) == {source.upper() for source in PROFILE_SOURCES}
    assert (fields["LAST_MEETING_ON"], fields["NEXT_MEETING_ON"]) == ("2026-05-01", "2026-07-05")
    assert (fields["MEETINGS_12M_COUNT"], fields["IS_RESCHEDULE_ESCALATION"]) == (1, False)
    assert (fields["BOOKING_STATUS"], fields["LAST_EVENT_TYPE"]) == ("booked", "Portfolio Review")
    assert (fields["FIRST_NAME"], fields["TIME_ZONE"]) == ("Ada", "America/New_York")


def test_the_status_of_the_newest_booking(tables: Tables) -> None:
    """What somebody booked last says where the person stands."""
    firm, expected = firm_of(tables), {}
    for status, start in (
        ("confirmed", SOON),
        ("completed", OVER),
        ("no_show", OVER),
        ("cancelled", SOON),
        ("rescheduled", SOON),
    ):
        booked(firm, f"{status} old", OVER, "completed", who=status, booked_at=utc("2026-01-01T09:00"))
        booked(firm, f"{status} new", start, status, who=status, booked_at=utc("2026-06-02T09:00"))
        expected[f"profile:{status}@client.example"] = {"Status": "booked" if status == "confirmed" else status}
    rows = planned(firm, chosen=tapped(profile={"booking_status": "Status"}))
    assert {key: row["fields"] for key, row in rows.items() if row["kind"] == "profile"} == expected


def test_hosts_have_a_name_and_an_address(tables: Tables) -> None:
    """A host's profile says no more, whatever is mapped; without a part in it, hosts have none."""
    chosen = {"subject": "host", "profile": {"name": "Name", "email": "Email", "last_meeting_on": "Last"}}
    rows = planned(booked(firm_of(tables), "m", SOON), chosen=tapped(**chosen))
    assert {key: row["payload"] for key, row in rows.items() if row["kind"] == "profile"} == {
        f"profile:{HOST}": {"Name": "Dana Host", "Email": HOST}
    }


def test_no_profiles(tables: Tables) -> None:
    """A firm that maps nothing at all writes no profiles; its events go out all the same."""
    rows = planned(booked(firm_of(tables), "m", SOON), chosen=tapped(profile={}))
    assert [row["kind"] for row in rows.values()] == ["event"]


def test_somebody_without_a_name(tables: Tables) -> None:
    """Who left the name blank keeps the one of an earlier booking; without any the profile has none."""
    assert profile(tables, name=None)["payload"] == {"Email": ADA}
    firm = booked(firm_of(tables), "old", OVER, "completed", name="Ada Park")
    rows = planned(booked(firm, "m", SOON, name=None, booked_at=utc("2026-06-02T09:00")))
    assert rows[PROFILE]["payload"] == {"Name": "Ada Park", "Email": ADA}
    assert sorted(row["label"] for row in rows.values() if row["kind"] == "event")[-1].startswith(f"{ADA}, Portfolio")


def test_an_address_that_is_none(tables: Tables) -> None:
    """What CleverTap would refuse as an e-mail address is identity, not Email."""
    rows = planned(booked(firm_of(tables), "m", SOON, address="ada"))
    assert rows["profile:ada"]["payload"] == {"Name": "Ada"}


def test_only_what_changed(tables: Tables) -> None:
    """A profile that is there gets the fields that differ, and a blank only over what we wrote."""
    there = {"Name": "Ada", "Email": ADA, "Phone": "+12125550100", "Old": "x"}
    row = profile(tables, accepted(1, PROFILE, **there), name="Ada Park")
    assert (row["operation"], row["payload"]) == ("update", {"Name": "Ada Park", "Phone": None})
    assert profile(tables, accepted(1, PROFILE, Name="Ada", Email=ADA))["operation"] == "skip"


def test_a_profile_of_unknown_outcome_is_sent_again(tables: Tables) -> None:
    """A repeated profile does no harm."""
    assert profile(tables, accepted(1, PROFILE, outcome="unknown", Name="Ada"))["operation"] == "create"


def test_a_merged_contact(tables: Tables) -> None:
    """When two cards become one, the profile belongs to the one that is left, and only what that changes is sent."""
    chosen = tapped(profile={"name": "Name", "meetings_12m_count": "Meetings"})
    firm = booked(firm_of(tables, "ada", "old"), "one", "2026-05-01T14:00", "completed", who="ada")
    booked(firm, "two", "2026-05-08T14:00", "completed", who="old", address="ada@old.example", name="Ada")
    before = planned(firm, chosen=chosen)
    sent = [
        accepted(number, key, **row["payload"]) for number, (key, row) in enumerate(before.items()) if row["payload"]
    ]
    for match in firm.matches:
        match["contact_id"] = "ada"
    firm.contacts = [card for card in firm.contacts if card["contact_id"] == "ada"]
    after = planned(firm, *sent, chosen=chosen)
    assert {key: row["payload"] for key, row in after.items() if row["operation"] != "skip"} == {
        PROFILE: {"Meetings": 2},
        "profile:ada@old.example": {"Meetings": 2},
    }
    assert {row["contact_id"] for row in after.values()} == {"ada"}


def test_retention(tables: Tables) -> None:
    """What happened before the window is not sent, nor are people of whom nothing happened in it; others are."""
    firm = booked(firm_of(tables), "m", "2026-03-01T14:00", "completed", booked_at=utc("2026-02-01T09:00"))
    booked(firm, "new", SOON, who="bo", booked_at=utc("2026-06-20T09:00"))
    rows = planned(firm, chosen=tapped(retention_days=90))
    assert sorted(key.split(":")[-1] for key, row in rows.items() if row["operation"] == "create") == [
        "bo@client.example",
        "new",
    ]
    skipped = {row["reason"] for row in rows.values() if row["operation"] == "skip"}
    assert skipped == {"outside the time that is sent (retention)"}
