"""Which metric goes into which field."""

import pytest

from calendly_pipeline.destinations.lacrm.fields import lacrm_fields, load_fields
from calendly_pipeline.failures import SettingsError
from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.conftest import Tables
from calendly_pipeline_tests.destinations.given import mapped, plan
from calendly_pipeline_tests.metrics.given import Firm


def test_the_shipped_fields_are_all_filled(tables: Tables) -> None:
    """Every shipped field takes its value from a metric that exists, under a name of its own."""
    shipped = lacrm_fields(Settings())
    assert len({item.field for item in shipped}) == len(shipped) == 16
    firm = (
        Firm(tables)
        .meeting("m", "2026-05-01T14:00", kind="portfolio_review")
        .meeting("n", "2026-08-01T14:00", "confirmed", kind="portfolio_review")
    )
    firm.contacts[0]["fields"] = {item.field: "" for item in shipped}
    assert set(plan(firm, chosen=Settings.model_validate({"firm": {"time_zone": "America/New_York"}}))["payload"]) == {
        item.field for item in shipped
    }


def test_the_firms_names_replace_the_shipped_ones() -> None:
    """A firm's mapping holds what it names and nothing else, each field with the metric's type."""
    (item,) = lacrm_fields(mapped({"last_meeting_on": "Letztes Treffen"}))
    assert (item.metric, item.field, item.field_type) == ("last_meeting_on", "Letztes Treffen", "Date")


def test_an_unknown_metric_names_the_nearest() -> None:
    """A metric that does not exist is an error with the name that was probably meant."""
    with pytest.raises(SettingsError, match="'last_meeting'; the nearest is 'last_meeting_on'"):
        lacrm_fields(mapped({"last_meeting": "Last"}))


@pytest.mark.parametrize("other", ["When", " when "])
def test_two_metrics_in_one_field(other: str) -> None:
    """Two metrics that would overwrite each other are an error that names the field."""
    with pytest.raises(SettingsError, match="two metrics go into"):
        lacrm_fields(mapped({"last_meeting_on": "When", "next_meeting_on": other}))


@pytest.mark.parametrize(
    "field", ["Email", "PHONE", "Company Name", "Assigned To", "assignedto", " Name ", "Background Info"]
)
def test_what_says_who_somebody_is_cannot_be_mapped(field: str) -> None:
    """A field that makes the card somebody's is refused with its metric's name."""
    with pytest.raises(SettingsError, match="last_meeting_on would go into"):
        lacrm_fields(mapped({"last_meeting_on": field}))


def test_a_field_has_a_name() -> None:
    """A metric that goes into nothing is an error; blanks around a name are not part of it."""
    with pytest.raises(SettingsError, match="last_meeting_on goes into no field"):
        lacrm_fields(mapped({"last_meeting_on": " "}))
    assert [item.field for item in lacrm_fields(mapped({"last_meeting_on": " Last "}))] == ["Last"]


def test_loading_replaces(tables: Tables) -> None:
    """The table holds the mapping in force, in the order it is written."""
    load_fields(tables.connection, lacrm_fields(Settings()))
    load_fields(tables.connection, lacrm_fields(mapped({"next_meeting_on": "N", "last_meeting_on": "L"})))
    rows = tables.rows("destinations.lacrm_fields")
    assert [(row["position"], row["metric"], row["field"]) for row in rows] == [
        (1, "next_meeting_on", "N"),
        (2, "last_meeting_on", "L"),
    ]
    load_fields(tables.connection, [])
    assert tables.rows("destinations.lacrm_fields") == []
