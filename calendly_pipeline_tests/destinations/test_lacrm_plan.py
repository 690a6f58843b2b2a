"""What would be written on a card, and when nothing is."""

from typing import Any

import pytest

from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.given import mapped, met_once, plan, sent
from calendly_pipeline_tests.destinations.moments import exported, settled, through


def test_a_card_that_says_the_same_is_left_alone(tables: Tables) -> None:
    """A card up to date is skipped with an empty payload."""
    row = plan(met_once(tables))
    assert (row["operation"], row["payload"], row["before"]) == ("skip", {}, {})
    assert (row["reason"], row["changed_fields_count"], row["counts_for_guard"]) == ("the card is up to date", 0, False)


def test_only_what_differs_is_written(tables: Tables) -> None:
    """An update holds the fields that differ, before and after, and names them."""
    row = plan(met_once(tables, Last_meeting="2026-03-01", Meetings=""))
    assert row["operation"] == "update"
    assert row["payload"] == {"Last meeting": "2026-05-01", "Meetings": "1"}
    assert row["before"] == {"Last meeting": "2026-03-01", "Meetings": None}
    assert row["reason"] == "2 fields differ: Last meeting, Meetings"
    assert (row["changed_fields_count"], row["counts_for_guard"]) == (2, False)
    assert plan(met_once(tables, Meetings=""))["reason"] == "1 field differs: Meetings"


def test_a_plan_carried_out_plans_nothing_more(tables: Tables) -> None:
    """Once the planned values stand on the card, and once blanks do, the next plan is empty."""
    first = plan(
        met_once(tables, Last_meeting="", Meetings="", Data_through="", Next_meeting="2026-06-01"),
        sent(1, payload={"Next meeting": "2026-06-01"}),
    )
    after = {name.replace(" ", "_"): value or "" for name, value in first["payload"].items()}
    assert first["payload"] == {
        "Last meeting": "2026-05-01",
        "Next meeting": None,
        "Meetings": "1",
        "Data through": "2026-06-30",
    }
    assert (
        plan(
            met_once(tables, **after),
            sent(1, payload={"Next meeting": "2026-06-01"}),
            sent(2, payload=first["payload"]),
        )["operation"]
        == "skip"
    )


@pytest.mark.parametrize(
    ("present", "same"),
    [("3", True), ("3.0", True), (" 3 ", True), ("3.00", True), ("4", False), ("three", False), ("", False)],
)
def test_numbers_are_compared_as_numbers(tables: Tables, present: str, same: bool) -> None:
    """`3` and `3.0` are the same number, whatever the CRM's export makes of it."""
    firm = met_once(tables, Meetings=present).meeting("n", "2026-04-01T14:00").meeting("o", "2026-04-02T14:00")
    assert plan(firm)["payload"] == ({} if same else {"Meetings": "3"})


@pytest.mark.parametrize(
    ("present", "same"),
    [("2026-05-01", True), ("5/1/2026", True), ("05/01/2026", True), ("2026-05-02", False), ("in May", False)],
)
def test_days_are_compared_as_days(tables: Tables, present: str, same: bool) -> None:
    """A day the export writes month first is the same day; anything else is a difference."""
    assert plan(met_once(tables, Last_meeting=present))["operation"] == ("skip" if same else "update")


def test_a_blank_over_what_somebody_typed_is_never_planned(tables: Tables) -> None:
    """A value we never wrote stays, though we know of none."""
    assert plan(met_once(tables, Next_meeting="2026-08-08"))["operation"] == "skip"


def test_a_blank_over_our_own_value_is_planned(tables: Tables) -> None:
    """Where our last accepted value still stands and is no longer true, a null is planned for the field."""
    row = plan(met_once(tables, Next_meeting="2026-06-15"), sent(1, payload={"Next meeting": "2026-06-15"}))
    assert (row["operation"], row["payload"]) == ("update", {"Next meeting": None})
    assert row["before"] == {"Next meeting": "2026-06-15"}
    (text,) = tables.rows("select payload from destinations.plan where record_key = 'ada'")
    assert text["payload"] == '{"Next meeting":null}'


@pytest.mark.parametrize(
    "entries",
    [
        [sent(1, "rejected", payload={"Next meeting": "2026-06-15"})],
        [sent(1, "unknown", payload={"Next meeting": "2026-06-15"})],
        [sent(1, "intent", payload={"Next meeting": "2026-06-15"})],
        [sent(1, who="bob", payload={"Next meeting": "2026-06-15"})],
        [sent(1, destination="brevo", payload={"Next meeting": "2026-06-15"})],
        [sent(1, payload={"Last meeting": "2026-06-15"})],
        [sent(1, payload={"Next meeting": "2026-06-15"}), sent(2, payload={"Next meeting": "2026-06-16"})],
        [sent(1, payload={"Next meeting": "2026-06-15"}), sent(2, payload={"Next meeting": None})],
    ],
)
def test_only_our_last_accepted_value_is_our_own(tables: Tables, entries: list[dict[str, Any]]) -> None:
    """Attempts not accepted, other cards or fields, and values written since do not make a value ours."""
    assert plan(met_once(tables, Next_meeting="2026-06-15"), *entries)["operation"] == "skip"


def test_the_newest_accepted_entry_is_the_last(tables: Tables) -> None:
    """The order of entries decides, not their place in the table; fields written at other times are remembered."""
    entries = [
        sent(3, payload={"Meetings": 1}),
        sent(2, payload={"Next meeting": "2026-06-15"}),
        sent(1, payload={"Next meeting": "2026-06-01"}),
    ]
    assert plan(met_once(tables, Next_meeting="2026-06-15"), *entries)["payload"] == {"Next meeting": None}


def test_what_we_wrote_since_the_export_stands_there(tables: Tables) -> None:
    """After a write was accepted nothing more is planned, though no newer export of the CRM shows it yet."""
    firm = exported(met_once(tables, Last_meeting="2026-01-01", Meetings=""), "2026-06-01T08:00")
    written = settled("2026-06-10T08:00", Last_meeting="2026-05-01", Meetings="1")
    assert plan(firm)["operation"] == "update"
    assert plan(firm, written)["operation"] == "skip"
    assert plan(firm, {**written, "outcome": "unknown"})["operation"] == "update"
    assert plan(firm, {**written, "settled_at": None})["operation"] == "update"


def test_an_export_made_after_our_write_is_believed(tables: Tables) -> None:
    """What the CRM's newer export says stands there, whoever wrote it; and a blank over that is not ours to plan."""
    firm = exported(met_once(tables, Last_meeting="2026-01-01", Next_meeting="2026-09-09"), "2026-06-20T08:00")
    written = settled("2026-06-10T08:00", Last_meeting="2026-05-01", Next_meeting="2026-06-15")
    assert plan(firm, written)["payload"] == {"Last meeting": "2026-05-01"}


def test_our_own_write_makes_a_value_known(tables: Tables) -> None:
    """A field that the older export has no column for is known once we wrote it, and may be blanked."""
    firm = exported(met_once(tables), "2026-06-01T08:00")
    del firm.contacts[0]["fields"]["Next meeting"]
    assert plan(firm)["operation"] == "blocked"
    assert plan(firm, settled("2026-06-10T08:00", Next_meeting="2026-06-15"))["payload"] == {"Next meeting": None}
    assert plan(firm, settled("2026-06-10T08:00", Next_meeting=None))["operation"] == "skip"


@pytest.mark.parametrize(("present", "planned"), [("6/15/2026", {"Next meeting": None}), ("6/16/2026", {})])
def test_our_own_value_is_ours_in_any_form(tables: Tables, present: str, planned: dict[str, None]) -> None:
    """A day of ours that the CRM shows in its own form may be blanked, another one may not."""
    assert (
        plan(met_once(tables, Next_meeting=present), sent(1, payload={"Next meeting": "2026-06-15"}))["payload"]
        == planned
    )


def test_an_unknown_column_blocks_the_card(tables: Tables) -> None:
    """Without a column for a field its present value is unknown: nothing is planned and the fields are named."""
    firm = met_once(tables, Last_meeting="2026-01-01")
    firm.contacts[0]["fields"] = {"Last meeting": "2026-01-01", "Data through": ""}
    row = plan(firm)
    assert (row["operation"], row["payload"], row["counts_for_guard"]) == ("blocked", {}, False)
    assert "of Next meeting, Meetings is unknown" in row["reason"]


def test_a_card_without_any_column_is_blocked(tables: Tables) -> None:
    """A contact file that holds names and addresses alone blocks every card that would be written."""
    for fields in (None, {}):
        firm = met_once(tables)
        firm.contacts[0]["fields"] = fields
        assert plan(firm)["operation"] == "blocked"


@pytest.mark.parametrize(
    ("present", "refresh", "operation"),
    [("2026-06-24", 7, "skip"), ("2026-06-23", 7, "update"), ("2026-06-29", 0, "update"), ("2026-06-01", 30, "skip")],
)
def test_a_newer_day_alone_waits(tables: Tables, present: str, refresh: int, operation: str) -> None:
    """A newer data-through date alone is written once the card's copy is `lacrm.refresh_after_days` old, not before."""
    row = plan(met_once(tables, Data_through=present), chosen=mapped(refresh_after_days=refresh))
    assert row["operation"] == operation
    assert row["counts_for_guard"] is False
    assert row["reason"] == (
        "1 field differs: Data through" if operation == "update" else "only the data-through date is newer"
    )


def test_another_change_takes_the_newer_day_along(tables: Tables) -> None:
    """When something else is written anyway the data-through date goes with it."""
    row = plan(met_once(tables, Data_through="2026-06-29", Meetings="7"), sent(1, Meetings="7"))
    assert (row["payload"], row["counts_for_guard"]) == ({"Meetings": "1", "Data through": "2026-06-30"}, True)


def test_a_day_that_goes_back_is_written_at_once(tables: Tables) -> None:
    """When a gap comes to light the earlier day is written without waiting, so that nothing stale looks fresh."""
    row = plan(through(met_once(tables, Data_through="2026-06-29"), "2026-06-28"))
    assert (row["payload"], row["counts_for_guard"]) == ({"Data through": "2026-06-28"}, False)


@pytest.mark.parametrize("present", ["", "last week"])
def test_a_first_or_unreadable_day_is_written_at_once(tables: Tables, present: str) -> None:
    """A card without a readable data-through date gets one."""
    assert plan(met_once(tables, Data_through=present))["payload"] == {"Data through": "2026-06-30"}


def test_a_day_no_longer_known_is_blanked_if_ours(tables: Tables) -> None:
    """When nothing vouches any more our own data-through date is taken off the card."""
    firm = met_once(tables, Data_through="2026-06-29")
    firm.coverage = []
    assert plan(firm)["operation"] == "skip"
    assert plan(firm, sent(1, payload={"Data through": "2026-06-29"}))["payload"] == {"Data through": None}
