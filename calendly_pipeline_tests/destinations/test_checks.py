"""Checks of the destinations stage find what they are there to find, and nothing on good rows."""

import pytest

from calendly_pipeline.destinations.lacrm.fields import IDENTITY
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.given import mapped, met_once, plan, sent
from calendly_pipeline_tests.metrics.given import Firm

CHECKS = ("only_mapped_fields", "blanks_only_over_our_own", "every_card_has_a_verdict")
OURS = sent(1, payload={"Next meeting": "2026-06-15"})


def good_plan(tables: Tables) -> None:
    """A plan with an update, a blank over our own value, a skipped card, and people who have no place in it."""
    firm = met_once(tables, "ada", "bob", Next_meeting="2026-06-15", Meetings="7")
    firm.contacts += [Firm.person("acme", is_company=True), Firm.person("eve", source="address_book")]
    assert plan(firm, OURS)["payload"] == {"Next meeting": None, "Meetings": "1"}


def change(tables: Tables, statement: str) -> None:
    """Plant a bad row."""
    tables.connection.execute(statement)


@pytest.mark.parametrize("check", CHECKS)
def test_silent_on_good_rows(tables: Tables, check: str) -> None:
    """A good plan, blanks included, passes every check."""
    good_plan(tables)
    assert tables.bad_rows("destinations", check) == []


@pytest.mark.parametrize("check", CHECKS)
def test_silent_without_a_mapped_field(tables: Tables, check: str) -> None:
    """A firm that sends nothing passes every check."""
    plan(met_once(tables), chosen=mapped({}))
    assert tables.bad_rows("destinations", check) == []


def test_a_field_nobody_mapped(tables: Tables) -> None:
    """A payload with a field outside the mapping is found, whatever its value."""
    good_plan(tables)
    change(
        tables,
        """update destinations.plan set payload = '{"Meetings": "1", "Birthday": null}' where record_key = 'ada'""",
    )
    (row,) = tables.bad_rows("destinations", "only_mapped_fields")
    assert (row["record_key"], row["field"]) == ("ada", "Birthday")


@pytest.mark.parametrize("field", sorted(IDENTITY | {"Company Name", "Job Title", "Assigned To"}))
def test_a_field_that_is_not_ours_to_write(tables: Tables, field: str) -> None:
    """A name, an address, a phone or the owner in a payload is found, even where the mapping holds it."""
    good_plan(tables)
    tables.connection.execute("update destinations.lacrm_fields set field = $1 where field = 'Meetings'", [field])
    tables.connection.execute(
        "update destinations.plan set payload = json_object($1, '1') where record_key = 'ada'", [field]
    )
    assert [row["field"] for row in tables.bad_rows("destinations", "only_mapped_fields")] == [field]


@pytest.mark.parametrize(
    "wrong",
    [
        "update destinations.lacrm_values set last_written = null where field = 'Next meeting'",
        "update destinations.lacrm_values set last_written = '2026-06-14' where field = 'Next meeting'",
        "update destinations.lacrm_values set present = null where field = 'Next meeting'",
        "delete from destinations.lacrm_values where field = 'Next meeting'",
    ],
)
def test_a_blank_over_somebody_elses_value(tables: Tables, wrong: str) -> None:
    """A blank over a value that is not the one we last wrote is found."""
    good_plan(tables)
    change(tables, wrong)
    assert tables.bad_rows("destinations", "blanks_only_over_our_own") == [
        {"record_key": "ada", "field": "Next meeting"}
    ]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("delete from destinations.plan where record_key = 'ada'", ("ada", "missing")),
        ("update destinations.plan set record_key = 'eve' where record_key = 'bob'", ("eve", "not in the CRM")),
        (
            "insert into destinations.plan select * replace ('acme' as record_key) from destinations.plan limit 1",
            ("acme", "not in the CRM"),
        ),
        ("insert into destinations.plan from destinations.plan where record_key = 'ada'", ("ada", "twice")),
    ],
)
def test_a_card_too_many_or_too_few(tables: Tables, wrong: str, problem: tuple[str, str]) -> None:
    """A person of the CRM without a verdict or with two, a company and a stranger in the plan are each found."""
    good_plan(tables)
    change(tables, wrong)
    assert problem in [
        (row["record_key"], row["problem"]) for row in tables.bad_rows("destinations", "every_card_has_a_verdict")
    ]
