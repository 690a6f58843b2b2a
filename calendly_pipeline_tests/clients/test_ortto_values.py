"""Values in the form an Ortto field takes, and results matched to their records."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.clients.ortto_answers import Result, matched
from calendly_pipeline.clients.ortto_values import Field, UnfitValue, field_value, may_be_written
from calendly_pipeline_tests.fakes.ortto.records import fits


def field(prefix: str, display_type: str = "", **details: Any) -> Field:
    """A custom field."""
    return Field(f"{prefix}:cm:x", "X", display_type, **details)


NOON = datetime(2026, 6, 30, 2, tzinfo=UTC)
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("of", "value", "sent"),
    [
        (field("str", "text"), "a", "a"),
        (field("str", "text"), date(2026, 6, 30), "2026-06-30"),
        (field("str", "text"), True, "Yes"),
        (field("str", "single_select", options=("Due",)), "Due", "Due"),
        (field("txt", "large_text"), "x" * 600, "x" * 600),
        (field("int", "integer"), 7, 7),
        (field("int", "decimal"), 7.25, 7250),
        (field("int", "currency"), "19.99", 19990),
        (field("bol", "bool"), False, False),
        (field("dtz", "date"), date(2026, 6, 30), {"year": 2026, "month": 6, "day": 30, "timezone": NEW_YORK}),
        (field("dtz", "date"), "2026-06-30", {"year": 2026, "month": 6, "day": 30, "timezone": NEW_YORK}),
        (field("dtz", "date"), NOON, {"year": 2026, "month": 6, "day": 29, "timezone": NEW_YORK}),
        (field("tme", "time"), NOON, "2026-06-30T02:00:00Z"),
        (field("tme", "time"), "2026-06-29T22:00:00-04:00", "2026-06-30T02:00:00Z"),
        (field("phn", "phone"), "+12125550100", {"phone": "12125550100", "parse_with_country_code": True}),
        (field("geo", "geo"), "Oslo", {"name": "Oslo"}),
        (field("obj", "object"), {"a": 1}, {"a": 1}),
        (field("sst", "multi_select", options=("A", "B")), ["A"], ["A"]),
        (field("int", "integer"), None, None),
    ],
    ids=str,
)
def test_a_value_takes_the_form_of_its_field(of: Field, value: Any, sent: Any) -> None:
    """Each type has its form, whole numbers as they are and decimals a thousandfold."""
    made = field_value(of, value, NEW_YORK)
    assert (made, type(made)) == (sent, type(sent))
    assert fits(of.prefix, made)


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (field("str", "text"), "x" * 501),
        (field("str", "text"), {"a": 1}),
        (field("str", "single_select", options=("Due",)), "due"),
        (field("int", "integer"), "many"),
        (field("int", "integer"), True),
        (field("int", "integer"), 7.5),
        (field("int", "decimal"), 0.0001),
        (field("int", "decimal"), float("nan")),
        (field("bol", "bool"), "yes"),
        (field("dtz", "date"), "30 June"),
        (field("dtz", "date"), 5),
        (field("tme", "time"), "noon"),
        (field("tme", "time"), 5),
        (field("phn", "phone"), "212 555 0100"),
        (field("obj", "object"), {"a": "x" * 15_000}),
        (field("sst", "multi_select"), "A"),
        (field("str", "text", is_read_only=True), "a"),
        (field("u4s", "tags"), ["a"]),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit(of: Field, value: Any) -> None:
    """It is refused by us, with the field's id, before the vendor counts a malformed request."""
    with pytest.raises(UnfitValue, match=of.field_id):
        field_value(of, value)


@given(st.text(max_size=8), st.sampled_from([True, None, 1, 0, "false", "x"]))
def test_no_switch_of_ortto_is_ever_on(name: str, value: Any) -> None:
    """Whatever a built-in switch is called, only False passes, GDPR apart."""
    assert not may_be_written(f"bol::{name}", value) or name == "gdpr"
    assert may_be_written(f"bol::{name}", False)
    assert may_be_written(f"bol:cm:{name}", value)


STATUSES = st.sampled_from(["created", "merged", "invalid", "suppressed"])


@given(st.lists(STATUSES, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_no_result_is_given_to_another_record(statuses: list[str], chance: Any) -> None:
    """In whatever order answers come, each record gets its own result or `unclear`."""
    keys = [f"k{at}" for at in range(len(statuses))]
    answered = list(zip(keys, statuses, strict=True))
    chance.shuffle(answered)
    whose = [key if Result(status).is_accepted else None for key, status in answered]
    found = matched(keys, [Result(status) for _, status in answered], whose)
    assert all(result.is_unclear or result.status == status for result, status in zip(found, statuses, strict=True))
    refused = {status for status in statuses if not Result(status).is_accepted}
    if len(refused) < 2:
        assert not any(result.is_unclear for result in found)


def test_answers_that_are_missing() -> None:
    """Records without an answer are unclear, not accepted."""
    found = matched(["a", "b"], [Result("merged")], ["b"])
    assert [result.status for result in found] == ["unclear", "merged"]
    assert [result.status for result in matched(["a", "b"], [], [])] == ["unclear", "unclear"]
