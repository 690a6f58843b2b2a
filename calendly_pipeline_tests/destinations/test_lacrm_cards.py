"""Which cards are planned, and how values look on them."""

import pytest

from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.given import FIELDS, SAME, mapped, met_once, plan, plans, sent
from calendly_pipeline_tests.metrics.given import Firm, settings


def test_cards_without_a_meeting_are_left_alone(tables: Tables) -> None:
    """A contact nobody met is skipped, even where its card lacks the columns; its zeros are not written."""
    firm = met_once(tables, "ada", "bob")
    firm.contacts[1]["fields"] = {}
    row = plans(firm)["bob"]
    assert (row["operation"], row["reason"]) == ("skip", "no meeting is matched to this contact")


def test_a_booking_of_any_kind_is_a_meeting(tables: Tables) -> None:
    """A contact with a coming or a cancelled booking alone is written."""
    firm = (
        Firm(tables, "ada", "bob")
        .meeting("m", "2026-08-01T14:00", "confirmed")
        .meeting("n", "2026-05-01T14:00", "cancelled", who="bob")
    )
    for contact in firm.contacts:
        contact["fields"] = dict.fromkeys(SAME, "")
    found = plans(firm)
    assert found["ada"]["payload"] == {"Next meeting": "2026-08-01", "Meetings": "0", "Data through": "2026-06-30"}
    assert found["bob"]["payload"] == {"Meetings": "0", "Data through": "2026-06-30"}


def test_a_card_written_before_is_corrected(tables: Tables) -> None:
    """When a match is taken back the card we wrote is set right rather than forgotten."""
    firm = met_once(tables, "ada", "bob")
    row = plans(firm, sent(1, who="bob", payload={"Last meeting": "2026-05-01", "Meetings": "1"}))["bob"]
    assert (row["operation"], row["payload"]) == ("update", {"Last meeting": None, "Meetings": "0"})
    assert plans(firm, sent(1, "rejected", who="bob", payload={"Meetings": "1"}))["bob"]["operation"] == "skip"


def test_the_partners_card_gets_the_review(tables: Tables) -> None:
    """A review one of a couple attended is on both cards; with credit to the attendee the partner is skipped."""
    fields = {"last_portfolio_review_on": "Last review"}
    firm = Firm(tables, "ada", "bob").household("ada", "bob").meeting("m", "2026-05-01T14:00", kind="portfolio_review")
    for contact in firm.contacts:
        contact["fields"] = {"Last review": ""}
    assert plans(firm, chosen=mapped(fields))["bob"]["payload"] == {"Last review": "2026-05-01"}
    own = settings(lacrm={"fields": fields}, metrics={"credit": {"portfolio_review": "attendee"}})
    assert plans(firm, chosen=own)["bob"]["operation"] == "skip"
    assert plans(firm, chosen=own)["ada"]["operation"] == "update"


def test_the_partners_other_meetings_leave_a_card_alone(tables: Tables) -> None:
    """A meeting that is no review is its attendee's own, unless counts are credited to the household."""
    fields = {"meetings_12m_count": "Meetings"}
    firm = Firm(tables, "ada", "bob").household("ada", "bob").meeting("m", "2026-05-01T14:00", kind="check_in")
    for contact in firm.contacts:
        contact["fields"] = {"Meetings": ""}
    assert plans(firm, chosen=mapped(fields))["bob"]["operation"] == "skip"
    shared = settings(lacrm={"fields": fields}, metrics={"credit": {"counts": "household"}})
    assert plans(firm, chosen=shared)["bob"]["payload"] == {"Meetings": "1"}


def test_only_people_of_the_crm_are_planned(tables: Tables) -> None:
    """Companies and people of an address book never appear in the plan."""
    firm = met_once(tables).meeting("n", "2026-05-02T14:00", who="acme").meeting("o", "2026-05-02T14:00", who="eve")
    firm.contacts += [Firm.person("acme", is_company=True), Firm.person("eve", source="address_book")]
    assert set(plans(firm)) == {"ada"}


def test_without_a_mapped_field_every_card_is_skipped(tables: Tables) -> None:
    """An empty mapping plans nothing and every card still has its verdict."""
    row = plan(met_once(tables), chosen=mapped({}))
    assert (row["operation"], row["reason"]) == ("skip", "lacrm.fields names no field")


@pytest.mark.parametrize(
    "field", ['Meetings "12 m"', "Nächstes Treffen", "次の予定", "a.b", "back\\slash", "it's", "$."]
)
def test_field_names_may_hold_any_letters(tables: Tables, field: str) -> None:
    """Quotes, accents, dots and backslashes in a field's name break neither plan nor blanks nor checks."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00")
    chosen = mapped({"next_meeting_on": field, "meetings_12m_count": f"{field} 2"})
    firm.contacts[0]["fields"] = {field: "2026-06-15", f"{field} 2": ""}
    row = plan(firm, sent(1, payload={field: "2026-06-15"}), chosen=chosen)
    assert row["payload"] == {field: None, f"{field} 2": "1"}
    for check in ("only_mapped_fields", "blanks_only_over_our_own", "every_card_has_a_verdict"):
        assert tables.bad_rows("destinations", check) == []


def test_labels_on_the_card(tables: Tables) -> None:
    """Statuses, types and escalations are written as words a person reads."""
    names = {
        "review_status": "Status",
        "is_reschedule_escalation": "Escalation",
        "last_meeting_type": "Type",
        "last_host_name": "Adviser",
    }
    firm = Firm(tables, "ada", "bob", "eve", "joe")
    for contact, start in (("ada", "2026-05-01T14:00"), ("bob", "2025-07-10T14:00"), ("eve", "2025-01-10T14:00")):
        firm.meeting(contact, start, who=contact, kind="portfolio_review")
    firm.meeting("joe", "2026-05-01T14:00", who="joe", kind="check_in")
    for name in ("x", "y"):
        firm.meeting(name, "2026-05-01T14:00", "rescheduled", who=None).attendee(
            name, "joe", chain_id="x", reschedule_evidence="linked"
        )
    for contact in firm.contacts:
        contact["fields"] = dict.fromkeys(names.values(), "")
    found = {name: row["payload"] for name, row in plans(firm, chosen=mapped(names)).items()}
    assert [found[name]["Status"] for name in ("ada", "bob", "eve", "joe")] == [
        "Current",
        "Due",
        "Overdue",
        "None on record",
    ]
    assert (found["ada"]["Escalation"], found["joe"]["Escalation"]) == ("No", "Yes")
    assert (found["ada"]["Type"], found["joe"]["Type"], found["ada"]["Adviser"]) == (
        "Portfolio review",
        "Check in",
        "Dana Host",
    )


def test_nothing_is_typed_with_a_blank_at_its_end(tables: Tables) -> None:
    """Blanks around a name make no difference, so that the same card is not written every day."""
    firm = Firm(tables).meeting("m", "2026-05-01T14:00", host_name=" Dana ")
    firm.contacts[0]["fields"] = {"Adviser": "Dana"}
    assert plan(firm, chosen=mapped({"last_host_name": "Adviser"}))["operation"] == "skip"


def test_values_are_those_of_the_clock(tables: Tables) -> None:
    """A later clock alone ages the copy of the data-through date, and then it is refreshed."""
    firm = met_once(tables, Data_through="2026-06-29")
    assert plan(firm)["operation"] == "skip"
    assert plan(firm, as_of=utc("2026-07-06T12:00"))["payload"] == {"Data through": "2026-06-30"}
    assert set(FIELDS.values()) == set(SAME)
