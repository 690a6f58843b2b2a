"""What stands on a card when the CRM's API says it: as old as the last reading's beginning."""

import json

import pytest

from calendly_pipeline.contacts.lists import load_lists
from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline_tests.conftest import Tables, utc
from calendly_pipeline_tests.destinations.given import mapped, met_once, plan
from calendly_pipeline_tests.destinations.moments import exported, settled
from calendly_pipeline_tests.metrics.given import Firm


def read(firm: Firm, moment: str) -> Firm:
    """The last reading of the CRM began at this moment, in UTC."""
    for contact in firm.contacts:
        contact["read_at"] = utc(moment)
    return firm


@pytest.mark.parametrize(
    ("read_at", "operation"), [("2026-06-09T05:40", "skip"), ("2026-06-11T05:40", "update")], ids=["before", "after"]
)
def test_our_write_stands_until_the_next_reading(tables: Tables, read_at: str, operation: str) -> None:
    """A value we wrote stands there until a reading begun later says otherwise: a write that was ignored shows."""
    firm = read(met_once(tables, Last_meeting="2026-01-01"), read_at)
    row = plan(firm, settled("2026-06-10T08:00", Last_meeting="2026-05-01"))
    assert (row["operation"], row["before"].get("Last meeting")) == (
        operation,
        "2026-01-01" if operation == "update" else None,
    )


def test_a_reading_counts_before_the_age_of_a_file(tables: Tables) -> None:
    """A card that both know is as old as its reading, however old the export is."""
    firm = read(exported(met_once(tables, Last_meeting="2026-01-01"), "2026-01-01T08:00"), "2026-06-20T05:40")
    assert plan(firm, settled("2026-06-10T08:00", Last_meeting="2026-05-01"))["operation"] == "update"


def test_a_blank_of_the_api_is_known(tables: Tables) -> None:
    """A field that is blank in LACRM is written; one that LACRM does not have blocks the card and is named."""
    firm = read(met_once(tables, Last_meeting=""), "2026-06-20T05:40")
    assert plan(firm)["before"] == {"Last meeting": None}
    del firm.contacts[0]["fields"]["Meetings"]
    row = plan(firm)
    assert (row["operation"], "the present value of Meetings is unknown" in row["reason"]) == ("blocked", True)


def test_from_the_answer_to_the_plan(tables: Tables) -> None:
    """What the API says of a card's fields is what the plan compares with; a field LACRM lacks is unknown."""
    ada = {"ContactId": "7", "Name": {"FirstName": "Ada", "LastName": "Alder"}, "Last meeting": "2026-03-01"}
    fields = [{"Name": "Last meeting", "Type": "Date"}, {"Name": "Next meeting", "Type": "Date"}]
    said = [("contact", "7", ada), ("listing", "contact_ids", {"contact_ids": ["7"]})]
    said.append(("listing", "contact_fields", {"HasMoreResults": False, "Results": fields}))
    base = {"platform": "lacrm", "account": "default", "observed_at": utc("2026-06-20T05:40")}
    records = [{**base, "kind": kind, "record_id": key, "body": json.dumps(body)} for kind, key, body in said]
    chosen = mapped({"last_meeting_on": "Last meeting", "next_meeting_on": "Next meeting", "review_due_on": "Due"})
    load_lists(tables.connection)
    load_fields(tables.connection, lacrm_fields(chosen))
    tables.given("sources.api_records", *records).run("sources.lacrm_contacts")
    tables.run_stage("contacts", "metrics", "destinations", settings=chosen)
    found = {row["field"]: (row["is_known"], row["present"]) for row in tables.rows("destinations.lacrm_values")}
    assert found == {"Last meeting": (True, "2026-03-01"), "Next meeting": (True, None), "Due": (False, None)}
